"""Checking the audit log (核验日志): against itself, and against what the county and the paper kept of it; docs/audit.md, section 4."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from desktop.archive import log_witness, looks, settings
from desktop.archive.archive import Archive
from desktop.archive.clock import Clock
from desktop.services.enrolments import SIGNING_SEED
from sync.contract.errors import SealBroken
from sync.vault import audit
from sync.vault.audit import Finding, Flaw, PaperDigits
from sync.vault.checkpoints import DIGITS, Checkpoint, parse_note, read_note, split_notes
from sync.vault.log_heads import desk_origin
from sync.vault.signing import SigningKey

__all__ = ["Finding", "Flaw", "LogChecking", "LogDigits", "LogReport", "PaperDigits"]


@dataclass(frozen=True, slots=True)
class LogDigits:
    """Where the log stands, as it is written on paper: rows, and sixteen digits in four groups (校验码)."""

    size: int
    digits: str


@dataclass(frozen=True, slots=True)
class LogReport:
    """What a check found.

    Args:
        compared: how many checkpoints and sheets the log was held against, and `up_to` which row the furthest one that fits goes.
        passed_over: notes in the file that are of other logs.
        first: the first broken place; None if there is none.
    """

    size: int
    compared: int
    up_to: int
    passed_over: int
    first: Finding | None


class LogChecking:
    """Reads one archive's log; changes nothing but that it was checked stands in it."""

    def __init__(self, archive: Archive, person: str, clock: Clock) -> None:
        self._archive, self._person, self._clock = archive, person, clock

    def digits(self) -> LogDigits:
        """Return where the log stands now."""
        with self._archive.reading() as connection:
            head = audit.head(connection)
        spelled = head.root.hex()[:DIGITS]
        return LogDigits(head.size, " ".join(spelled[start : start + 4] for start in range(0, DIGITS, 4)))

    def verify(self, notes: str = "", paper: PaperDigits | None = None) -> LogReport:
        """Return what reading the whole log found.

        Args:
            notes: the text of a file that the county wrote.
            paper: what a printed sheet says.
        Raises:
            SealBroken: the file holds something else than notes.
        """
        ours, passed_over, forged = self._sort(notes)
        with self._archive.reading() as connection:
            own = [parse_note(note) for note in audit.kept_notes(connection)]
            verdict = audit.verify(connection, [*own, *ours, *([paper] if paper else [])])
            told = [Finding(Flaw.REGISTER_DIFFERS, row) for row in looks.changed(connection)] if verdict.ok else []
        found = _first([*verdict.findings, *told, *([forged] if forged else [])])
        with self._archive.act(self._person, self._clock()) as act:
            act.note("log-checked", "audit", size=verdict.size, findings=int(found is not None))
        return LogReport(verdict.size, verdict.checkpoints, verdict.up_to, passed_over, found)

    def county_heads(self) -> str:
        """Return every head of the county that is kept here, for the county's own check."""
        with self._archive.reading() as connection:
            return "\n".join(log_witness.county_notes(connection))

    def _sort(self, text: str) -> tuple[list[Checkpoint], int, Finding | None]:
        """Return the notes that are of this log and rightly signed, how many are of others, and the first that is forged."""
        notes = list(split_notes(text))
        with self._archive.reading() as connection:
            table = settings.get_table(connection, "enrolment.desk")
        origin = desk_origin(table["township"], table["device"]) if table else ""
        mine = [note for note in notes if parse_note(note).origin == origin]
        if notes and not mine:
            return [], len(notes), Finding(Flaw.NOTE_FOREIGN, 0)
        public = SigningKey(bytes.fromhex(table[SIGNING_SEED])).public if table else None
        ours: list[Checkpoint] = []
        forged: list[Finding] = []
        for note in mine:
            try:
                if public is not None:
                    ours.append(read_note(note, public))
            except SealBroken:
                forged.append(Finding(Flaw.NOTE_FOREIGN, parse_note(note).size))
        return ours, len(notes) - len(mine), _first(forged)


def _first(findings: Iterable[Finding]) -> Finding | None:
    return min(findings, key=lambda one: one.sequence, default=None)
