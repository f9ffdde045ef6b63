"""What this archive says of its audit log to the county, and what it keeps of the county's (日志见证); docs/audit.md, section 3."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.engine import Connection

from desktop.archive import settings
from desktop.archive.archive import Act, stamp
from sync.contract.errors import SealBroken
from sync.contract.log_heads import REFUSED, LogFlaw, LogHead, LogSaid, LogTold
from sync.vault import audit
from sync.vault.checkpoints import Public, Signer, parse_note, spell_note
from sync.vault.log_heads import UNSEEN, Seen, follow, say
from sync.vault.merkle import Frontier

EVERY: Final = timedelta(minutes=15)
KNOWN: Final = "log.known"  # rows that the county has seen
SAID_AT: Final = "log.said_at"
FLAW: Final = "log.flaw"  # what the county says against this log
COUNTY_FLAW: Final = "log.county_flaw"  # what this desk says against the county's


def say_head(connection: Connection, origin: str, key: Signer, now: datetime) -> LogSaid | None:
    """Return what is to be said of the log; None if it stands where the county saw it, or it was said a moment ago.

    Something that was signed since (a login, the end of a day, a sealed copy) is said at once, the rest every fifteen minutes.
    """
    known, said_at = int(settings.get(connection, KNOWN, "0")), settings.get(connection, SAID_AT)
    size = audit.head(connection).size
    rested = not said_at or abs(now - datetime.fromisoformat(said_at)) >= EVERY
    if size == known or not (rested or audit.last_signed(connection) > known or size < known):
        return None
    return LogSaid(say(connection, known, origin, key), held(connection).frontier.size)


def take_in(act: Act, asked: LogSaid, told: LogTold, origin: str, county: Public) -> None:
    """What the county has seen of this log is known here, and its own head is kept if it follows from the one kept before.

    An answer on a stick may be older than what came since: it is passed over.
    """
    if asked.held != held(act.connection).frontier.size:
        return
    settings.put(act.connection, KNOWN, str(told.kept))
    settings.put(act.connection, SAID_AT, "" if told.flaw is LogFlaw.AGAIN else act.moment)
    if told.flaw is not LogFlaw.AGAIN:
        if told.flaw in REFUSED and settings.get(act.connection, FLAW) != told.flaw:
            act.note("log-refused", "audit", flaw=told.flaw.value, seen=told.kept)
        settings.put(act.connection, FLAW, told.flaw.value)
    if told.head is not None:
        _keep_head(act, told.head, origin, county)


def held(connection: Connection) -> Seen:
    """Return how far the county's log was seen here in the present epoch."""
    row = connection.exec_driver_sql(
        "SELECT size, note, peaks FROM county_head WHERE epoch = :epoch ORDER BY id DESC LIMIT 1",
        {"epoch": settings.get(connection, "line.epoch")},
    ).one_or_none()
    if row is None:
        return UNSEEN
    return Seen(Frontier.from_bytes(row.size, bytes(row.peaks)), parse_note(row.note).chain)


def county_notes(connection: Connection) -> list[str]:
    """Return every head of the county that is kept here, oldest first, as the county signed it."""
    return list(connection.exec_driver_sql("SELECT note FROM county_head ORDER BY id").scalars())


def flaws(connection: Connection) -> tuple[str, str]:
    """Return what the county says against this log, and what this desk says against the county's; empty if nothing."""
    return settings.get(connection, FLAW), settings.get(connection, COUNTY_FLAW)


def _keep_head(act: Act, head: LogHead, origin: str, county: Public) -> None:
    seen = held(act.connection)
    try:
        checkpoint, then = follow(seen, head, origin, county)
    except SealBroken:
        flaw = LogFlaw.SHORTER if head.size < seen.frontier.size else LogFlaw.DIFFERS
        if settings.get(act.connection, COUNTY_FLAW) != flaw:
            settings.put(act.connection, COUNTY_FLAW, flaw.value)
            act.note("county-head-refused", "county", flaw=flaw.value, size=head.size, held=seen.frontier.size)
        return
    note = spell_note(checkpoint, head.signature, county)
    act.connection.exec_driver_sql(
        "INSERT INTO county_head (epoch, size, note, peaks, at) VALUES (:epoch, :size, :note, :peaks, :at)",
        {
            "epoch": settings.get(act.connection, "line.epoch"), "size": head.size, "note": note,
            "peaks": then.frontier.to_bytes(), "at": stamp(act.at),
        },
    )  # fmt: skip
    settings.put(act.connection, COUNTY_FLAW, "")
