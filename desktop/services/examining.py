"""The four properties (四性检测): the whole archive every night in small blocks, what is handed over, what is exported.

Which checks there are and where they run: docs/checks.md. A night's run lies down at any moment and is taken up again where it was.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from desktop.archive import check_reports, holdings, settings
from desktop.archive.archive import Archive
from desktop.archive.clock import Clock
from desktop.documents.pages import PageReader
from desktop.services.antivirus import Scanner
from desktop.services.changed import Progress
from desktop.services.file_checks import FileChecks
from desktop.services.hand_over_checks import read_medium
from desktop.services.signers import signing_key
from sync.contract.errors import Refused
from sync.contract.four_properties import Outcome, Report, Result, Stage, Tally, read_tally
from sync.contract.kinds import Kind
from sync.contract.record_checks import RecordChecker
from sync.vault.signing import new_digest, sign_detached
from sync.vault.whole_file import replace_whole

BLOCK_RECORDS: Final = 100
STEP_SECONDS: Final = 1.0
STATE: Final = "checks.round"

Asked = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Stepped:
    """A step of a night's run: how many records it looked at; with its last one, the report."""

    records: int
    report: Report | None = None

    @property
    def findings(self) -> tuple[Result, ...]:
        """What failed, once the run has come to its end."""
        return tuple(one for one in self.report.results if one.outcome is Outcome.FAILED) if self.report else ()


class Examining:
    """The checks of one open archive.

    Args:
        block_records: read in one transaction. step_seconds: how long a step of a night's run takes, about.
    """

    def __init__(
        self,
        archive: Archive,
        kinds: Mapping[str, Kind],
        reader: PageReader,
        scanner: Scanner,
        person: str,
        clock: Clock,
        *,
        block_records: int = BLOCK_RECORDS,
        step_seconds: float = STEP_SECONDS,
    ) -> None:
        self._archive, self._kinds, self._person, self._clock = archive, kinds, person, clock
        self._block_records, self._step_seconds = block_records, step_seconds
        self._files = FileChecks(archive, reader, scanner, person, clock)

    def last(self, subject: str | None = None) -> Report | None:
        """Return the newest report: of that batch, of the archive (""), or whatever it is of."""
        with self._archive.reading() as connection:
            return check_reports.last(connection, subject)

    def newest(self, most: int = 50) -> list[Report]:
        """Return the newest reports."""
        with self._archive.reading() as connection:
            return check_reports.newest(connection, most)

    def numbers_of(self, report: Report) -> dict[str, str]:
        """Return the archive number of each record and file that the report names, as far as they are known here."""
        faults = [fault for result in report.results for fault in result.faults]
        subjects = {one.subject for one in faults} | {one.detail for one in faults}
        with self._archive.reading() as connection:
            return holdings.numbers_of(connection, subjects)

    # every night

    def step(self, asked: Asked) -> Stepped | None:
        """A block of today's run was looked at; None when today's run is done."""
        today = f"{self._clock().astimezone():%Y-%m-%d}"
        with self._archive.reading() as connection:
            state = settings.get_table(connection, STATE)
        if state.get("done") == today:
            return None
        until = time.monotonic() + self._step_seconds
        if state.get("files") != today:
            if not (self._files.open_some(asked, until) or self._files.scan_some(asked, until)):
                self._remember({**state, "files": today})
            return Stepped(0)
        after, tally = int(state.get("after", "0")), read_tally(state["tally"]) if "tally" in state else Tally()
        after, looked = self._records(after, tally, asked, until)
        if looked or asked():
            self._remember({**state, "after": str(after), "tally": tally.to_json()})
            return Stepped(looked)
        report = self._close(tally, Stage.NIGHTLY)
        self._remember({"done": today})
        return Stepped(0, report)

    def run(self, progress: Callable[[Progress], None], cancelled: Asked, stage: Stage = Stage.NIGHTLY) -> Report:
        """Everything is checked now, whatever its turn; the report is kept and returned.

        Raises:
            Refused: cancelled; what a night's run had found stands as it was.
        """
        with self._archive.reading() as connection:
            whole = holdings.count_records(connection)
        while self._files.open_some(cancelled, time.monotonic() + STEP_SECONDS):
            _unless(cancelled)
        while self._files.scan_some(cancelled, time.monotonic() + STEP_SECONDS):
            _unless(cancelled)
        tally, after = Tally(), 0
        while True:
            after, looked = self._records(after, tally, cancelled, time.monotonic() + STEP_SECONDS)
            _unless(cancelled)
            progress(Progress("checks", tally.records, whole))
            if not looked:
                return self._close(tally, stage)

    def _records(self, after: int, tally: Tally, asked: Asked, until: float) -> tuple[int, int]:
        """Look at records behind that row until that moment; the last row and how many is returned, 0 when there are no more."""
        looked = 0
        checker = self._checker()
        while not asked():
            with self._archive.reading() as connection:
                rows = holdings.rows_after(connection, after, self._block_records)
                for one in holdings.held(self._archive, connection, rows):
                    if one.facts is not None:  # else told by the count
                        checker.check(one.facts, tally)
            looked += len(rows)
            after = rows[-1] if rows else after
            if not rows or time.monotonic() >= until:
                break
        return after, looked

    def _checker(self) -> RecordChecker:
        with self._archive.reading() as connection:
            fonds = settings.get(connection, "fonds")
        return RecordChecker(self._kinds, self._clock().astimezone().date(), fonds)

    def _close(self, tally: Tally, stage: Stage) -> Report:
        """What is asked of the archive as a whole is asked, and the report is kept."""
        now = self._clock()
        with self._archive.reading() as connection:
            tally.looked(("Z8", "W1"), holdings.count_records(connection))
            tally.found_all([*holdings.doubles(connection), *holdings.miscounted(connection)])
            tally.looked(("W6",), holdings.count_series(connection))
            tally.found_all(holdings.missing_numbers(connection))
            count, _, faults = holdings.misfiled(self._archive, connection, now)
            tally.looked(("W2", "A2"), count)
            tally.found_all([*faults, *holdings.unnamed_files(connection)])
            seals = holdings.seals(connection)
            tally.looked(("Z11", "Z12"), len(seals))
            for seal in seals:
                tally.found_all(holdings.check_batch(connection, seal))
            read_medium(connection, tally)
        with self._archive.act(self._person, now) as act:
            tally.looked(("K2",))  # what is written here and kept proves it
            report = tally.report(stage, "", act.moment, self._person)
            check_reports.keep(act, report)
        return report

    def _remember(self, state: Mapping[str, str]) -> None:
        with self._archive.act(self._person, self._clock()) as act:
            settings.put_table(act.connection, STATE, state)

    # on its way out

    def write(self, path: Path, pdf: bytes, report: Report) -> tuple[Path, Path]:
        """The report stands there as a PDF, as data beside it (.json), and the data's signature (.json.minisig); each whole."""
        data, beside = report.to_json().encode(), path.with_suffix(".json")
        digest = new_digest()
        digest.update(data)
        key = signing_key(self._archive, f"signing.{self._person}", self._person, self._clock)
        signature = sign_detached(key, digest, f"lantai checks {report.stage.value} {report.at}")
        for place, content in ((path, pdf), (beside, data), (Path(f"{beside}.minisig"), signature.encode())):
            replace_whole(place, content)
        return path, beside


def _unless(cancelled: Asked) -> None:
    if cancelled():
        raise Refused("cancelled")
