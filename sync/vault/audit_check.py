"""Reading a whole audit log against itself, and against what was signed or printed and kept elsewhere (审计日志核验)."""

from __future__ import annotations

import hashlib
import json.encoder
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sqlalchemy.engine import Connection
from sqlcipher3 import dbapi2

from sync.contract.errors import SealBroken
from sync.vault.checkpoints import DIGITS, Checkpoint
from sync.vault.engine import driver
from sync.vault.merkle import HASH_BYTES, Growing

_ROW_MARK: Final = b"lantai-audit-v1\0"
_ROWS: Final = (
    "SELECT sequence, at, who, act, subject, details, previous, hash FROM audit WHERE sequence > ? ORDER BY sequence"
)
_NO_TEXT: Final = "Could not decode"  # what the driver says of words that are not UTF-8
_sha256 = hashlib.sha256
_quote = json.encoder.encode_basestring  # the C one, where there is one


class Flaw(StrEnum):
    """What a check of the log can find."""

    GAP = "gap"  # a row is missing
    BROKEN_LINK = "broken_link"  # a row does not follow the one before
    ROW_ALTERED = "row_altered"
    STATE_DIFFERS = "state_differs"  # rows were added or cut without the log's own words
    HISTORY_DIFFERS = "history_differs"  # not the history that was signed
    LOG_SHORTER = "log_shorter"  # fewer rows than were signed
    REGISTER_DIFFERS = "register_differs"  # the register of use does not tell a look as the log does
    NOTE_FOREIGN = "note_foreign"  # a checkpoint of another log, or signed by somebody else


@dataclass(frozen=True, slots=True)
class Finding:
    """One flaw, and the row it was found at."""

    flaw: Flaw
    sequence: int


@dataclass(frozen=True, slots=True)
class PaperDigits:
    """What stands on a printed sheet: how many rows, and the first sixteen digits of the root."""

    size: int
    digits: str


Awaited = Checkpoint | PaperDigits


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check of the whole log found.

    Args:
        checkpoints: how many it was held against; `up_to`: the rows of the longest one that fits.
    """

    size: int
    checkpoints: int
    findings: tuple[Finding, ...]
    up_to: int = 0

    @property
    def ok(self) -> bool:
        """Nothing was found."""
        return not self.findings

    @property
    def first(self) -> Finding | None:
        """The first broken place."""
        return min(self.findings, key=lambda one: one.sequence, default=None)


def hash_row(previous: bytes, sequence: int, at: str, who: str, act: str, subject: str, details: str) -> bytes:
    """Return the hash of a row: over the one before and an array of JSON, which has one reading only."""
    words = f"[{sequence},{_quote(at)},{_quote(who)},{_quote(act)},{_quote(subject)},{_quote(details)}]"
    return _sha256(_ROW_MARK + previous + words.encode()).digest()


def verify(connection: Connection, kept: Iterable[Awaited] = ()) -> Verdict:
    """Return what reading the whole log shows, against itself and against what was signed or printed and kept elsewhere.

    Args:
        kept: checkpoints as `read_note` returned them, so that their signatures are right, and digits from paper.
    """
    reading = _Reading(kept)
    reading.compare()
    with driver(connection) as own:
        try:
            reading.read(own.execute(_ROWS, (0,)))
        except dbapi2.OperationalError as error:
            if not str(error).startswith(_NO_TEXT):
                raise
            own.text_factory = _as_it_stands  # five times slower, and only for a log that somebody altered
            try:
                reading.read(own.execute(_ROWS, (reading.last,)))
            finally:
                own.text_factory = str
        state = own.execute("SELECT size, chain, peaks FROM audit_state").fetchone()
    if state is None:
        raise SealBroken("audit_state")
    reading.end(*state)
    return reading.verdict()


def _as_it_stands(stored: bytes) -> str:
    return stored.decode("utf-8", "surrogateescape")


class _Reading:
    """Rows read one after another."""

    def __init__(self, kept: Iterable[Awaited]) -> None:
        self._awaited: dict[int, list[Awaited]] = {}
        for one in kept:
            self._awaited.setdefault(one.size, []).append(one)
        self._given = sum(map(len, self._awaited.values()))
        self._findings: list[Finding] = []
        self._chain, self._growing = bytes(HASH_BYTES), Growing()
        self._count = self._up_to = self.last = 0

    def found(self, flaw: Flaw, sequence: int) -> None:
        self._findings.append(Finding(flaw, sequence))

    def read(self, rows: Iterator[tuple[int, str, str, str, str, str, bytes, bytes]]) -> None:
        """Read the rows; one that was altered does not keep the others from being read."""
        chain, last, count, push, awaited = self._chain, self.last, self._count, self._growing.push, self._awaited
        for sequence, at, who, act, subject, details, previous, row_hash in rows:
            count += 1
            if sequence != last + 1:
                self.found(Flaw.GAP, last + 1)
            if previous != chain:
                self.found(Flaw.BROKEN_LINK, sequence)
            try:
                sound = hash_row(previous, sequence, at, who, act, subject, details) == row_hash
                push(row_hash)
            except (TypeError, UnicodeEncodeError):  # a value of another kind than the log writes
                sound = False
            if not sound:
                self.found(Flaw.ROW_ALTERED, sequence)
            chain, last = row_hash, sequence
            self._chain, self.last, self._count = chain, last, count
            if count in awaited:
                self.compare()

    def compare(self) -> None:
        """What was kept of a log of so many rows is this one's."""
        kept = self._awaited.pop(self._count, None)
        if kept is None:
            return
        root = self._growing.frontier().root()
        for one in kept:
            if isinstance(one, PaperDigits):
                same = len(one.digits) == DIGITS and root.hex().startswith(one.digits.lower())
            else:
                same = (one.chain, one.root) == (self._chain, root)
            if same:
                self._up_to = self._count
            else:
                self.found(Flaw.HISTORY_DIFFERS, self._count)

    def end(self, size: int, chain: bytes, peaks: bytes) -> None:
        """All rows were read; this is what the log says of itself."""
        self._findings += [Finding(Flaw.LOG_SHORTER, size) for size in sorted(self._awaited)]
        if (size, chain, peaks) != (self._count, self._chain, self._growing.frontier().to_bytes()):
            self.found(Flaw.STATE_DIFFERS, self._count)

    def verdict(self) -> Verdict:
        return Verdict(self._count, self._given, tuple(self._findings), self._up_to)
