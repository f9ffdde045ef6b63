"""Random histories of a desk and its county, every kind of attack on each, and what came of it."""

from __future__ import annotations

import random
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy.engine import Connection

from sync.contract.errors import SealBroken
from sync.contract.log_heads import REFUSED, LogSaid
from sync.contract.revisions import DeviceId, TownshipId
from sync.county.service import County
from sync.vault import audit
from sync.vault.checkpoints import Checkpoint, Public, read_note, sign_note
from sync.vault.engine import open_engine, read, write
from sync.vault.log_heads import say
from sync.vault.signing import SigningKey
from tests.attacks.kinds import KINDS, Kind, recompute_edit
from tests.sync.county.witnessed import Clock, WitnessedDesk, alter, open_county

HISTORIES_A_COUNTY: Final = 20
OTHER: Final = TownshipId("339921103")
FORGERIES: Final = ("another desk's checkpoint", "a checkpoint signed by an outsider")
OLDER: Final = "older file put back"
COUNTY_EDIT, COUNTY_REWRITE, COUNTY_CUT = "county: edit a row", "county: edit, recompute all", "county: cut the tail"

Outcome = tuple[bool, bool, bool]  # shows in the log alone, shows against what others keep, refused on the line
EXPECTED: Final[dict[str, Outcome]] = {
    **{kind.name: (kind.alone, kind.kept, kind.refused) for kind in KINDS},
    OLDER: (False, True, True),
    **dict.fromkeys(FORGERIES, (False, True, True)),
    COUNTY_EDIT: (True, True, False),
    COUNTY_REWRITE: (False, True, True),
    COUNTY_CUT: (False, True, True),
}


@dataclass
class Report:
    """How often each attack had which outcome."""

    outcomes: dict[str, Counter[Outcome]] = field(default_factory=lambda: {name: Counter() for name in EXPECTED})
    honest_blamed: int = 0

    def lines(self) -> Iterator[str]:
        yield f"{'attack':38} {'runs':>6}  {'alone':>6} {'kept':>6} {'refused':>8}   as promised"
        for name, counts in self.outcomes.items():
            alone, kept, refused = (sum(times for one, times in counts.items() if one[place]) for place in range(3))
            right = "yes" if set(counts) == {EXPECTED[name]} else f"NO, {EXPECTED[name]}"
            yield f"{name:38} {counts.total():6}  {alone:6} {kept:6} {refused:8}   {right}"
        yield f"honest logs blamed: {self.honest_blamed}"

    @property
    def ok(self) -> bool:
        """Every attack ended as promised, each time, and no honest log was blamed."""
        return not self.honest_blamed and all(set(self.outcomes[name]) == {EXPECTED[name]} for name in EXPECTED)


class _Undo(Exception):
    """Ends a transaction without keeping it."""


@contextmanager
def undone(transaction: Callable[[], AbstractContextManager[Any]]) -> Iterator[Any]:
    """Within the block anything may be done; nothing of it is kept."""
    try:
        with transaction() as opened:
            yield opened
            raise _Undo
    except _Undo:
        return


class History:
    """A desk that worked, and spoke to its county now and then."""

    def __init__(self, county: County, clock: Clock, folder: Path, draw: random.Random) -> None:
        self.county, self.draw = county, draw
        self.desk = WitnessedDesk(county, folder)
        self.older: list[Path] = []
        self.done = 0
        for _ in range(draw.randint(2, 4)):
            self.desk.act(draw.randint(2, 15), draw.choice(("陈晓兰", "何志远")))
            clock.now += timedelta(days=draw.choice((0, 1)))
            self.done = self.desk.send().kept
            self.older.append(self._copy(folder))
        self.desk.act(draw.randint(0, 4))  # what no checkpoint has seen
        device = DeviceId(self.desk.desk.holder.device)
        self.kept = [read_note(note, self.desk.key.public) for note in county.logs.notes(device)]

    def _copy(self, folder: Path) -> Path:
        """A copy of the file as it is now, as a backup makes it."""
        with self.desk.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        return Path(shutil.copy(folder / "archive.db", folder / f"older-{self.done}.db"))

    def is_blamed(self) -> bool:
        """Whether the honest log is found fault with."""
        with read(self.desk.engine) as connection:
            return not audit.verify(connection, self.kept).ok

    def attacked(self, kind: Kind) -> Outcome:
        """Return what becomes of an attack."""
        with undone(lambda: write(self.desk.engine)) as connection:
            kind.attack(connection, self.draw, self.done)
            return self._judged(connection, speaks=not kind.alone)

    def put_back(self) -> Outcome:
        """Return what becomes of an older file put back; the desk may have worked on since."""
        engine = open_engine(self.draw.choice(self.older[:-1]), bytes(32))
        try:
            with undone(lambda: write(engine)) as connection:
                for _ in range(self.draw.randrange(30)):
                    audit.append(connection, "陈晓兰", "record-filed", f"y{self.draw.random()}", {}, Clock().now)
                return self._judged(connection, speaks=True)
        finally:
            engine.dispose()

    def forged(self, other: WitnessedDesk) -> Iterator[tuple[str, Outcome]]:
        """Yield what becomes of notes that were handed in to hide a rewritten past, and said on the line."""
        mine, theirs = self.desk.key.public, SigningKey.new()
        with undone(lambda: write(self.desk.engine)) as connection:
            recompute_edit(connection, self.draw, self.done)
            head = audit.head(connection)
            ours = Checkpoint(self.desk.origin, head.size, head.root, head.chain)
            said = say(connection, self.done, self.desk.origin, theirs)
        with read(other.engine) as connection:
            head = audit.head(connection)
            foreign = sign_note(Checkpoint(other.origin, head.size, head.root, head.chain), other.key)
            said_theirs = say(connection, self.done, other.origin, other.key)
        for name, note, head_said in (
            (FORGERIES[0], foreign, said_theirs),
            (FORGERIES[1], sign_note(ours, theirs), said),
        ):
            refused = self.desk.send(head_said).flaw in REFUSED
            yield name, (_opens(note, mine), not _opens(note, mine), refused)

    def _judged(self, connection: Connection, *, speaks: bool) -> Outcome:
        alone = not audit.verify(connection).ok
        kept = not audit.verify(connection, self.kept).ok
        if not speaks:  # a log that breaks by itself is not sent: its checks fail before
            return alone, kept, False
        said = LogSaid(say(connection, self.done, self.desk.origin, self.desk.key), self.desk.seen.frontier.size)
        flaw = None
        with undone(lambda: self.county.storage.writing(self.desk.desk.township)) as book:
            flaw = self.county.logs.judge(book, self.desk.desk, said.head)[1]
        return alone, kept, flaw in REFUSED


def _opens(note: str, public: Public) -> bool:
    try:
        read_note(note, public)
    except SealBroken:
        return False
    return True


def county_attacks(
    county: County, clock: Clock, desk: WitnessedDesk, draw: random.Random
) -> Iterator[tuple[str, Outcome]]:
    """Yield what becomes of attacks on the county's own log, by whoever keeps it."""
    with county.storage.keeping() as connection:
        notes = audit.kept_notes(connection)
    heads = [read_note(note, desk.authority) for note in notes]
    done, held = heads[-1].size, desk.seen
    for name, statement, recomputed in (
        (COUNTY_EDIT, "UPDATE audit SET who = who || ' ' WHERE sequence = {row}", False),
        (COUNTY_REWRITE, "UPDATE audit SET who = who || ' ' WHERE sequence = {row}", True),
        (COUNTY_CUT, "DELETE FROM audit WHERE sequence > {row}", True),
    ):
        row = draw.randint(1, done - 1)
        with undone(lambda: county.storage.keeping(writing=True)) as connection:
            connection.exec_driver_sql("DROP TRIGGER IF EXISTS audit_keeps_rows")
            connection.exec_driver_sql("DROP TRIGGER IF EXISTS audit_keeps_words")
            connection.exec_driver_sql(statement.format(row=row))
            if recomputed:
                alter(connection)
            alone = not audit.verify(connection).ok
            kept = not audit.verify(connection, heads).ok
            refused = False
            if recomputed:
                for _ in range(draw.randint(1, 30)):
                    audit.append(connection, "county", "code.made", "x", {}, clock.now)
                said = say(
                    connection,
                    min(held.frontier.size, audit.head(connection).size),
                    county.logs.origin,
                    county.authority.key,
                )
                refused = not desk.believes(said)
        yield name, (alone, kept, refused)


def run(histories: int, seed: int, told: Callable[[int], None] = lambda _done: None) -> Report:
    """Play so many histories and return what came of every kind of attack on each."""
    report, draw = Report(), random.Random(seed)
    done = 0
    while done < histories:
        several = min(HISTORIES_A_COUNTY, histories - done)
        with tempfile.TemporaryDirectory(prefix="lantai-attacks-") as name:
            _play(report, Path(name), several, draw)
        done += several
        told(done)
    return report


def _play(report: Report, folder: Path, histories: int, draw: random.Random) -> None:
    clock = Clock()
    county = open_county(folder / "county", clock)
    other = WitnessedDesk(county, folder / "other", OTHER)
    other.act(draw.randint(1, 60))
    try:
        for number in range(histories):
            history = History(county, clock, folder / f"desk-{number}", draw)
            report.honest_blamed += history.is_blamed()
            outcomes: Sequence[tuple[str, Outcome]] = [
                *((kind.name, history.attacked(kind)) for kind in KINDS),
                (OLDER, history.put_back()),
                *history.forged(other),
                *county_attacks(county, clock, history.desk, draw),
            ]
            for name, outcome in outcomes:
                report.outcomes[name][outcome] += 1
            history.desk.engine.dispose()
    finally:
        other.engine.dispose()
        county.close()
