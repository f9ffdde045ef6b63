"""The audit log (审计日志): who did what, chained so that a change of the past shows.

A row is written in the transaction of the act it tells of: both are kept or neither. What a chain can and cannot show
stands in docs/vault.md, section 6.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy.engine import Connection, Row

from sync.contract.errors import SealBroken
from sync.vault.audit_check import Finding as Finding  # what a check is asked for and says is named with the log
from sync.vault.audit_check import Flaw as Flaw
from sync.vault.audit_check import PaperDigits as PaperDigits
from sync.vault.audit_check import Verdict as Verdict
from sync.vault.audit_check import hash_row as hash_row
from sync.vault.audit_check import verify as verify
from sync.vault.checkpoints import Checkpoint, Signer, sign_note
from sync.vault.engine import driver
from sync.vault.merkle import HASH_BYTES, Frontier, fold

DETAIL_CHARACTERS_MAX: Final = 200
_DAY: Final = len("2026-03-02")
_STATE_AND_DAY: Final = (
    "SELECT size, chain, peaks, (SELECT day FROM audit_day ORDER BY first DESC LIMIT 1) FROM audit_state"
)
_SPELL: Final = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode
_SCHEMA: Final = (
    """CREATE TABLE IF NOT EXISTS audit (
        sequence INTEGER PRIMARY KEY, at TEXT NOT NULL, who TEXT NOT NULL, act TEXT NOT NULL, subject TEXT NOT NULL,
        details TEXT NOT NULL, previous BLOB NOT NULL CHECK (length(previous) = 32),
        hash BLOB NOT NULL CHECK (length(hash) = 32))""",
    "CREATE INDEX IF NOT EXISTS audit_subject ON audit (subject, sequence)",
    """CREATE TABLE IF NOT EXISTS audit_state (
        only INTEGER PRIMARY KEY CHECK (only = 1), size INTEGER NOT NULL, chain BLOB NOT NULL, peaks BLOB NOT NULL)""",
    "CREATE TABLE IF NOT EXISTS audit_checkpoint (size INTEGER PRIMARY KEY, note TEXT NOT NULL)",
    # where each day begins: what somebody did on a day is found without an index, which would cost each act a page more
    "CREATE TABLE IF NOT EXISTS audit_day (first INTEGER PRIMARY KEY, day TEXT NOT NULL)",
    """CREATE TRIGGER IF NOT EXISTS audit_keeps_rows BEFORE DELETE ON audit
        BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END""",
    """CREATE TRIGGER IF NOT EXISTS audit_keeps_words BEFORE UPDATE ON audit
        BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END""",
    "INSERT OR IGNORE INTO audit_state VALUES (1, 0, zeroblob(32), x'')",
)

FILL_DAYS: Final = (
    "INSERT INTO audit_day (first, day) SELECT sequence, day FROM (SELECT sequence, substr(at, 1, 10) AS day,"
    " lag(substr(at, 1, 10)) OVER (ORDER BY sequence) AS before FROM audit) WHERE before IS NOT day"
)

Detail = str | int | bool | None | Sequence[str] | Sequence[int]


@dataclass(frozen=True, slots=True)
class Head:
    """Where the log stands: how many rows, the hash of the last, the root over all."""

    size: int
    chain: bytes
    root: bytes


@dataclass(frozen=True, slots=True)
class Event:
    """One row."""

    sequence: int
    at: datetime
    who: str
    act: str
    subject: str
    details: dict[str, object]


def create_log(connection: Connection) -> None:
    """The database has an audit log; one that is there already is left as it is."""
    for statement in _SCHEMA:
        connection.exec_driver_sql(statement)


def bring_up(connection: Connection) -> None:
    """A log that was begun before days were kept has them."""
    known = connection.exec_driver_sql("SELECT 1 FROM sqlite_schema WHERE name = 'audit_day'").first()
    if known is None:
        create_log(connection)
        connection.exec_driver_sql(FILL_DAYS)


def append(
    connection: Connection, who: str, act: str, subject: str, details: Mapping[str, Detail], at: datetime
) -> int:
    """The act stands in the log as soon as the caller's transaction is kept; returns the row's number.

    Args:
        who: the person's name in the keystore, or the device.
        act: a stable word, like `record.file`.
        subject: the id of what was acted on, like a record's.
        details: ids, counts and names of fields; never what a person typed.
        at: aware time; a claim, not a proof.
    """
    return append_spelled(connection, _spell_time(at), who, act, subject, _spell_details(details))


def append_spelled(connection: Connection, at: str, who: str, act: str, subject: str, details: str) -> int:
    """A row whose time and details are spelled already stands in the log; returns its number. Everybody else calls `append`."""
    with driver(connection) as own:  # asked politely, the same three statements cost four times the CPU
        *found, today = own.execute(_STATE_AND_DAY).fetchone() or (None, None)
        state = _read_state(found)
        sequence = state.frontier.size + 1
        row_hash = hash_row(state.chain, sequence, at, who, act, subject, details)
        peaks = state.frontier.push(row_hash).to_bytes()
        row = (sequence, at, who, act, subject, details, state.chain, row_hash)
        own.execute("INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
        own.execute("UPDATE audit_state SET size = ?, chain = ?, peaks = ?", (sequence, row_hash, peaks))
        if today != at[:_DAY]:
            own.execute("INSERT INTO audit_day VALUES (?, ?)", (sequence, at[:_DAY]))
    return sequence


def head(connection: Connection) -> Head:
    """Return where the log stands, without reading it."""
    state = _state(connection)
    return Head(state.frontier.size, state.chain, state.frontier.root())


def events(connection: Connection, *, after: int = 0, limit: int = 1000, subject: str | None = None) -> list[Event]:
    """Return rows in order, after the given number; only of one subject if that is given."""
    rows = connection.exec_driver_sql(
        "SELECT sequence, at, who, act, subject, details FROM audit "
        "WHERE sequence > ? AND (? IS NULL OR subject = ?) ORDER BY sequence LIMIT ?",
        (after, subject, subject, limit),
    )
    return [_event(row) for row in rows]


def of_act(connection: Connection, act: str, subject: str | None = None) -> Iterator[Event]:
    """Yield every row of one act, in order; only of one subject if that is given."""
    rows = connection.exec_driver_sql(
        "SELECT sequence, at, who, act, subject, details FROM audit WHERE act = ? AND (? IS NULL OR subject = ?)"
        " ORDER BY sequence",
        (act, subject, subject),
    )
    yield from map(_event, rows)


def subtrees(connection: Connection, first: int) -> tuple[bytes, ...]:
    """Return the fewest full subtrees over the rows after the first so many; all rows' are at hand, others' are read."""
    if first <= 0:
        return _state(connection).frontier.peaks
    rows = connection.exec_driver_sql("SELECT hash FROM audit WHERE sequence > ? ORDER BY sequence", (first,))
    return fold(first, rows.scalars())


def sign_checkpoint(connection: Connection, key: Signer, origin: str) -> str:
    """Return a signed note of where the log stands; it is kept beside the log and should be kept elsewhere as well.

    Args:
        origin: which log this is, like `lantai/339921/desk-1`; no spaces.
    """
    now = head(connection)
    checkpoint = Checkpoint(origin, now.size, now.root, now.chain)
    note = sign_note(checkpoint, key)
    keep_note(connection, checkpoint, note)
    return note


def keep_note(connection: Connection, checkpoint: Checkpoint, note: str) -> None:
    """The note that was signed here is kept beside the log."""
    connection.exec_driver_sql("INSERT OR REPLACE INTO audit_checkpoint VALUES (?, ?)", (checkpoint.size, note))


def last_signed(connection: Connection) -> int:
    """Return how many rows the newest note signed here has; 0 if there is none."""
    return int(connection.exec_driver_sql("SELECT coalesce(max(size), 0) FROM audit_checkpoint").scalar_one())


def kept_notes(connection: Connection) -> list[str]:
    """Return the notes signed here, oldest first."""
    return list(connection.exec_driver_sql("SELECT note FROM audit_checkpoint ORDER BY size").scalars())


def _event(row: Row[Any]) -> Event:
    sequence, at, who, act, subject, details = tuple(row)
    return Event(sequence, datetime.fromisoformat(at), who, act, subject, json.loads(details))


@dataclass(frozen=True, slots=True)
class _State:
    chain: bytes
    frontier: Frontier


def _state(connection: Connection) -> _State:
    with driver(connection) as own:
        return _read_state(own.execute("SELECT size, chain, peaks FROM audit_state").fetchone())


def _read_state(found: Sequence[Any] | None) -> _State:
    if found is None or len(found) != 3:
        raise SealBroken("audit_state")
    size, chain, peaks = found
    if len(peaks) != HASH_BYTES * size.bit_count():
        raise SealBroken("audit_state")
    return _State(chain, Frontier.from_bytes(size, peaks))


def _spell_time(at: datetime) -> str:
    if at.tzinfo is None:
        raise ValueError("a time in the log knows its zone")
    return at.astimezone(UTC).isoformat()


def _spell_details(details: Mapping[str, Detail]) -> str:
    if not details:
        return "{}"
    for value in details.values():
        for word in [value] if isinstance(value, str) else value if isinstance(value, Sequence) else []:
            if isinstance(word, str) and len(word) > DETAIL_CHARACTERS_MAX:
                raise ValueError("details carry ids and names of fields, not text")
    return _SPELL(dict(details))
