"""What is checked before a hand-over (移交检测): each record that was filed, and then the batch they are sealed in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from desktop.archive import check_reports, fixity, holdings, settings
from desktop.archive.archive import Act, Archive, Connection
from desktop.archive.clock import Clock
from desktop.archive.fixity import Outcome as Read
from desktop.archive.fixity import Target
from sync.contract.batches import BatchSeal
from sync.contract.four_properties import Fault, Stage, Tally, check_items
from sync.contract.kinds import Kind
from sync.contract.record_checks import RecordChecker, check_doubles
from sync.contract.revisions import RecordId

BLOCK_RECORDS: Final = 100
HELD_BACK: Final = "held-back"  # what the report is of that tells of them
MEDIUM: Final = "A3"


@dataclass(slots=True)
class ForHandOver:
    """Which filed records may go and which are held back, and what was found at each of the two."""

    passing: set[RecordId] = field(default_factory=set)
    held_back: set[RecordId] = field(default_factory=set)
    found: Tally = field(default_factory=Tally)
    found_back: Tally = field(default_factory=Tally)


def look_at_filed(archive: Archive, kinds: Mapping[str, Kind], clock: Clock) -> ForHandOver:
    """Return what may be handed over: a record that a blocking check stands against stays here by itself, the others go."""
    made = ForHandOver()
    pairs: list[tuple[str, str, str]] = []
    with archive.reading() as connection:
        checker = RecordChecker(kinds, clock().astimezone().date(), settings.get(connection, "fonds"))
        rows = holdings.filed_rows(connection)
        for start in range(0, len(rows), BLOCK_RECORDS):
            for one in holdings.held(archive, connection, rows[start : start + BLOCK_RECORDS]):
                alone = Tally()
                if one.facts is not None:
                    checker.check(one.facts, alone)
                blocked = one.facts is None or any(
                    alone.grave[item] and check_items()[item].blocking for item in alone.counts
                )
                (made.held_back if blocked else made.passing).add(RecordId(one.uid))
                (made.found_back if blocked else made.found).add(alone)
                if not blocked:
                    pairs.append((one.uid, one.number, one.title))
    check_doubles(pairs, made.found)
    return made


def keep_results(act: Act, looked: ForHandOver, seal: BatchSeal | None) -> None:
    """The report of the batch is kept, with what was checked of it as a whole; and one of what was held back."""
    if seal is not None:
        tally = looked.found
        tally.looked(("Z11", "Z12", "W1"))
        tally.found_all(holdings.check_batch(act.connection, seal))
        read_medium(act.connection, tally)
        check_reports.keep(act, tally.report(Stage.HAND_OVER, seal.batch_id, act.moment, act.by))
    if looked.held_back:
        check_reports.keep(act, looked.found_back.report(Stage.HAND_OVER, HELD_BACK, act.moment, act.by))


def read_medium(connection: Connection, tally: Tally) -> None:
    """What the last reading again of the disk showed, and whether the log stands, is in the tally."""
    tally.looked((MEDIUM, "A4"))
    for sha256 in fixity.broken_now(connection):
        tally.found_all((Fault(MEDIUM, "file_broken", sha256), Fault("Z1", "file_changed", sha256)))
    read = fixity.last_of(connection, Target.DATABASE)
    if read is None:
        tally.skip(MEDIUM, "not_read_yet")
    elif read.outcome is Read.FAIL:
        log = "audit" in read.detail
        tally.found(Fault("A4" if log else MEDIUM, "log_broken" if log else "database_broken"))
    if not holdings.log_stands(connection):
        tally.found(Fault("A4", "log_cut"))
