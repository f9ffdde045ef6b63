"""Upgrades (升级): how an archive of an older layout becomes one of today's.

Each step has a name and a layout, is applied once, and all that are missing are applied in one transaction: a pulled plug
leaves the archive as it was. A step's statements are frozen: they say what the tables were then, not what they are now.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.engine import Connection

from desktop.archive import settings
from sync.contract.errors import ArchiveTooNew
from sync.vault import audit

FIRST_LAYOUT: Final = 1
UPGRADER: Final = "lantai"  # who the log names: nobody asked for an upgrade, the program did it


_INDEX_ANEW: Final = (
    "ALTER TABLE record ADD COLUMN village VARCHAR NOT NULL DEFAULT ''",
    "ALTER TABLE record ADD COLUMN custodian VARCHAR NOT NULL DEFAULT ''",
    "ALTER TABLE record ADD COLUMN touched INTEGER NOT NULL DEFAULT 0",
    "CREATE INDEX record_village ON record (village)",
    "CREATE INDEX record_custodian ON record (custodian)",
    "CREATE INDEX record_touched ON record (touched)",
    "CREATE TRIGGER record_made AFTER INSERT ON record WHEN NEW.touched = 0 BEGIN"
    " UPDATE record SET touched = (SELECT max(touched) + 1 FROM record) WHERE id = NEW.id; END",
    "CREATE TRIGGER record_changed AFTER UPDATE OF kind, year, state, village, custodian ON record BEGIN"
    " UPDATE record SET touched = (SELECT max(touched) + 1 FROM record) WHERE id = NEW.id; END",
    "CREATE TRIGGER record_gone AFTER DELETE ON record BEGIN INSERT INTO setting (key, value)"
    " VALUES ('records.gone', '1') ON CONFLICT (key) DO UPDATE SET value = value + 1; END",
    "DROP TABLE lookup",
    "CREATE TABLE lookup (value VARCHAR NOT NULL, record_id INTEGER NOT NULL, PRIMARY KEY (value, record_id))"
    " WITHOUT ROWID",
    "CREATE INDEX ix_lookup_record_id ON lookup (record_id)",
    "DROP TABLE fulltext",
    "CREATE VIRTUAL TABLE fulltext USING fts5(said, content='', contentless_delete=1, tokenize='ascii')",
    "INSERT INTO fulltext(fulltext, rank) VALUES ('pgsz', 3900)",
    "INSERT INTO fulltext(fulltext, rank) VALUES ('automerge', 0)",
    "INSERT INTO fulltext(fulltext, rank) VALUES ('crisismerge', 200)",
)  # an index without a fingerprint is filled when the desk is opened: desktop.archive.indexing


@dataclass(frozen=True, slots=True)
class Step:
    """One change of the tables: applied to an archive of the layout before, it leaves one of `layout`."""

    layout: int
    name: str
    apply: Callable[[Connection], None]


def statements(*frozen: str) -> Callable[[Connection], None]:
    """Return a step's work that is nothing but these statements, in their order."""

    def apply(connection: Connection) -> None:
        for statement in frozen:
            connection.exec_driver_sql(statement)

    return apply


STEPS: Final = (
    Step(
        2,
        "steps-are-kept",
        statements("CREATE TABLE upgrade (layout INTEGER NOT NULL PRIMARY KEY, name VARCHAR NOT NULL, at VARCHAR NOT NULL)"),
    ),
    Step(
        3,
        "backups-and-fixity",
        statements(
            "CREATE TABLE fixity (file_id VARCHAR NOT NULL PRIMARY KEY, sealed_bytes INTEGER NOT NULL,"
            " sealed_sha256 VARCHAR NOT NULL, checked_at VARCHAR NOT NULL, sound BOOLEAN NOT NULL)",
            "CREATE INDEX ix_fixity_checked_at ON fixity (checked_at)",
            "CREATE TABLE fixity_event (id INTEGER NOT NULL PRIMARY KEY, at VARCHAR NOT NULL, who VARCHAR NOT NULL,"
            " target VARCHAR NOT NULL, subject VARCHAR NOT NULL, outcome VARCHAR NOT NULL, detail VARCHAR NOT NULL,"
            " objects INTEGER NOT NULL, size_bytes INTEGER NOT NULL)",
            "CREATE INDEX ix_fixity_event_target ON fixity_event (target)",
            "CREATE INDEX ix_fixity_event_outcome ON fixity_event (outcome)",
            "CREATE TABLE backup_place (id VARCHAR NOT NULL PRIMARY KEY, kind VARCHAR NOT NULL, path VARCHAR NOT NULL,"
            " named_at VARCHAR NOT NULL, change VARCHAR NOT NULL)",
            "CREATE TABLE backup (place VARCHAR NOT NULL, name VARCHAR NOT NULL, number INTEGER NOT NULL,"
            " made_at VARCHAR NOT NULL, size_bytes INTEGER NOT NULL, files INTEGER NOT NULL, lost INTEGER NOT NULL,"
            " audit_size INTEGER NOT NULL, state VARCHAR NOT NULL, reason VARCHAR NOT NULL, checked_at VARCHAR NOT NULL,"
            " PRIMARY KEY (place, name))",
            "CREATE TABLE pool_file (place VARCHAR NOT NULL, file_id VARCHAR NOT NULL, checked_at VARCHAR NOT NULL,"
            " PRIMARY KEY (place, file_id))",
            "CREATE INDEX pool_file_checked ON pool_file (place, checked_at)",
        ),
    ),
    Step(
        4,
        "imports",
        statements(
            "CREATE TABLE import_run (id VARCHAR NOT NULL PRIMARY KEY, name VARCHAR NOT NULL, sheet VARCHAR NOT NULL,"
            " sha256 VARCHAR NOT NULL, template VARCHAR NOT NULL, state VARCHAR NOT NULL, by VARCHAR NOT NULL,"
            " started_at VARCHAR NOT NULL, ended_at VARCHAR NOT NULL, read INTEGER NOT NULL, filed INTEGER NOT NULL,"
            " rejected INTEGER NOT NULL, open INTEGER NOT NULL, there INTEGER NOT NULL, kept INTEGER NOT NULL)",
            "CREATE INDEX ix_import_run_sha256 ON import_run (sha256)",
            "CREATE TABLE import_entry (key VARCHAR NOT NULL PRIMARY KEY, content VARCHAR NOT NULL, run_id VARCHAR NOT NULL,"
            " record_uid VARCHAR NOT NULL, number VARCHAR NOT NULL, state VARCHAR NOT NULL)",
            "CREATE INDEX import_entry_run ON import_entry (run_id, state, key)",
        ),
    ),
    Step(
        5,
        "numbers-of-seats",
        statements(
            "ALTER TABLE number_block ADD COLUMN seat INTEGER NOT NULL DEFAULT 0",
            "ALTER TABLE number_block ADD COLUMN closed VARCHAR NOT NULL DEFAULT 'open'",
            "ALTER TABLE number_block ADD COLUMN note VARCHAR NOT NULL DEFAULT ''",
            "ALTER TABLE number_block ADD COLUMN version INTEGER NOT NULL DEFAULT 1",
            "ALTER TABLE number_block ADD COLUMN told INTEGER NOT NULL DEFAULT 0",
            "CREATE TABLE number_taken (fonds VARCHAR NOT NULL, category VARCHAR NOT NULL, year INTEGER NOT NULL,"
            " retention VARCHAR NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, seat INTEGER NOT NULL,"
            " PRIMARY KEY (fonds, category, year, retention, first, last))",
            "CREATE TABLE number_withdrawn (fonds VARCHAR NOT NULL, category VARCHAR NOT NULL, year INTEGER NOT NULL,"
            " retention VARCHAR NOT NULL, item INTEGER NOT NULL, note VARCHAR NOT NULL, told BOOLEAN NOT NULL,"
            " PRIMARY KEY (fonds, category, year, retention, item))",
            # a desk that enrolled before there were seats waits for its own, like one that enrols today
            "UPDATE number_block SET last = CASE WHEN next <= 5001 THEN next - 1 ELSE (2 * (next - 1) + 999) / 1000 * 1000"
            " END WHERE EXISTS (SELECT 1 FROM setting WHERE key = 'enrolment.desk')",
            "DELETE FROM number_block WHERE last < first",
            "INSERT INTO setting (key, value) SELECT 'numbers.seat', '0' FROM setting WHERE key = 'enrolment.desk'",
        ),
    ),
    Step(6, "people-found-in-the-full-text", statements(*_INDEX_ANEW)),
    Step(7, "bodies-are-compressed", statements()),  # plain ones stay readable; an older program could not read new ones
    Step(
        8,
        "searches-are-saved",
        statements(
            "CREATE TABLE saved_search (person VARCHAR NOT NULL, name VARCHAR NOT NULL, asked VARCHAR NOT NULL,"
            " saved_at VARCHAR NOT NULL, PRIMARY KEY (person, name))"
        ),
    ),
    Step(
        9,
        "persons",  # mentions are read from the records in idle moments: desktop.archive.mentions
        statements(
            "CREATE TABLE person (uid VARCHAR NOT NULL PRIMARY KEY, made_at VARCHAR NOT NULL, made_by VARCHAR NOT NULL)",
            "CREATE TABLE person_mention (id INTEGER NOT NULL PRIMARY KEY, record_id INTEGER NOT NULL, place VARCHAR NOT NULL,"
            " key VARCHAR NOT NULL, number INTEGER NOT NULL, sound VARCHAR NOT NULL, born_from INTEGER NOT NULL,"
            " born_to INTEGER NOT NULL, person VARCHAR NOT NULL, grade VARCHAR NOT NULL, looked BOOLEAN NOT NULL)",
            "CREATE INDEX ix_person_mention_record_id ON person_mention (record_id)",
            "CREATE INDEX person_mention_number ON person_mention (number) WHERE number > 0",
            "CREATE INDEX person_mention_sound ON person_mention (sound, born_from)",
            "CREATE INDEX person_mention_person ON person_mention (person) WHERE person != ''",
            "CREATE INDEX person_mention_waiting ON person_mention (grade) WHERE grade != ''",
            "CREATE INDEX person_mention_unlooked ON person_mention (looked) WHERE looked = 0",
            "CREATE TABLE person_decision (id INTEGER NOT NULL PRIMARY KEY, act VARCHAR NOT NULL, verb VARCHAR NOT NULL,"
            " one_record VARCHAR NOT NULL, one_key VARCHAR NOT NULL, other_record VARCHAR NOT NULL,"
            " other_key VARCHAR NOT NULL, points INTEGER NOT NULL, reasons VARCHAR NOT NULL, undoes VARCHAR NOT NULL,"
            " by VARCHAR NOT NULL, at VARCHAR NOT NULL)",
            "CREATE INDEX ix_person_decision_act ON person_decision (act)",
            "CREATE INDEX ix_person_decision_undoes ON person_decision (undoes)",
            "CREATE INDEX person_decision_one ON person_decision (one_record, one_key)",
            "CREATE INDEX person_decision_other ON person_decision (other_record, other_key)",
            "CREATE TRIGGER record_unmentioned AFTER DELETE ON record BEGIN"
            " DELETE FROM person_mention WHERE record_id = OLD.id; END",
        ),
    ),
    Step(
        10,
        "what-is-due-is-known",  # filled with the search index, which is made again for it
        statements(
            "CREATE TABLE due (due_on VARCHAR NOT NULL, record_id INTEGER NOT NULL, rule VARCHAR NOT NULL,"
            " PRIMARY KEY (due_on, record_id, rule)) WITHOUT ROWID",
            "CREATE INDEX ix_due_record_id ON due (record_id)",
        ),
    ),
    Step(
        11,
        "extracts",
        statements(
            "CREATE TABLE extract (number VARCHAR NOT NULL PRIMARY KEY, record_uid VARCHAR NOT NULL, revision VARCHAR NOT NULL,"
            " applicant VARCHAR NOT NULL, purpose VARCHAR NOT NULL, person VARCHAR NOT NULL, at VARCHAR NOT NULL,"
            " code VARCHAR NOT NULL)",
            "CREATE INDEX ix_extract_record_uid ON extract (record_uid)",
        ),
    ),
    Step(12, "pages-are-compressed", statements()),  # plain ones stay readable; an older program could not read new ones
    Step(
        13,
        "volumes",
        statements(
            "CREATE TABLE volume (uid VARCHAR NOT NULL PRIMARY KEY, fonds VARCHAR NOT NULL, kind VARCHAR NOT NULL,"
            " year INTEGER NOT NULL, retention VARCHAR NOT NULL, number INTEGER NOT NULL, title VARCHAR NOT NULL,"
            " box VARCHAR NOT NULL, thickness_mm INTEGER NOT NULL, state VARCHAR NOT NULL, checker VARCHAR NOT NULL,"
            " note VARCHAR NOT NULL, made_by VARCHAR NOT NULL, made_at VARCHAR NOT NULL, closed_by VARCHAR NOT NULL,"
            " closed_at VARCHAR NOT NULL)",
            "CREATE UNIQUE INDEX volume_number ON volume (fonds, kind, year, retention, number)",
            "CREATE TABLE volume_item (record_uid VARCHAR NOT NULL PRIMARY KEY, volume_uid VARCHAR NOT NULL,"
            " place INTEGER NOT NULL, pages INTEGER NOT NULL)",
            "CREATE INDEX volume_item_place ON volume_item (volume_uid, place)",
            "CREATE TABLE volume_event (id INTEGER NOT NULL PRIMARY KEY, volume_uid VARCHAR NOT NULL, event VARCHAR NOT NULL,"
            " by VARCHAR NOT NULL, at VARCHAR NOT NULL, note VARCHAR NOT NULL)",
            "CREATE INDEX ix_volume_event_volume_uid ON volume_event (volume_uid)",
        ),
    ),
    Step(
        14,
        "witnesses",
        statements(
            "CREATE TABLE witness_item (place INTEGER NOT NULL PRIMARY KEY, ref VARCHAR NOT NULL, decision BOOLEAN NOT NULL)"
        ),
    ),
    Step(
        15,
        "visits",
        statements(
            "CREATE TABLE visit (id INTEGER NOT NULL PRIMARY KEY, applicant VARCHAR NOT NULL, relation VARCHAR NOT NULL,"
            " document VARCHAR NOT NULL, purpose VARCHAR NOT NULL, result VARCHAR NOT NULL, record_uid VARCHAR NOT NULL,"
            " person VARCHAR NOT NULL, at VARCHAR NOT NULL, undone_by VARCHAR NOT NULL, undone_at VARCHAR NOT NULL)",
            "CREATE INDEX ix_visit_record_uid ON visit (record_uid)",
            "CREATE INDEX ix_visit_at ON visit (at)",
        ),
    ),
    Step(
        16,
        "revisions-heard-of",
        statements("ALTER TABLE revision ADD COLUMN heard BOOLEAN NOT NULL DEFAULT 0"),
    ),
    Step(
        17,
        "heads-of-the-county",
        statements(
            "CREATE TABLE county_head (id INTEGER NOT NULL PRIMARY KEY, epoch VARCHAR NOT NULL, size INTEGER NOT NULL,"
            " note VARCHAR NOT NULL, peaks BLOB NOT NULL, at VARCHAR NOT NULL)"
        ),
    ),
    Step(
        18,
        "four-properties",
        statements(
            "CREATE TABLE check_report (id INTEGER NOT NULL PRIMARY KEY, stage VARCHAR NOT NULL, subject VARCHAR NOT NULL,"
            " at VARCHAR NOT NULL, report VARCHAR NOT NULL)",
            "CREATE INDEX ix_check_report_subject ON check_report (subject)",
            "CREATE TABLE checked_file (sha256 VARCHAR NOT NULL PRIMARY KEY, opened_at VARCHAR NOT NULL,"
            " faults VARCHAR NOT NULL, scanned_at VARCHAR NOT NULL, virus VARCHAR NOT NULL)",
        ),
    ),
    Step(
        19,
        "sm3-of-files",
        statements("ALTER TABLE attachment ADD COLUMN sm3 VARCHAR NOT NULL DEFAULT ''"),
    ),
    Step(
        20,
        "destruction",
        statements(
            "CREATE TABLE appraisal (record_uid VARCHAR NOT NULL PRIMARY KEY, verdict VARCHAR NOT NULL, until INTEGER NOT NULL,"
            ' reason VARCHAR NOT NULL, "by" VARCHAR NOT NULL, at VARCHAR NOT NULL, list VARCHAR NOT NULL)',
            "CREATE INDEX ix_appraisal_list ON appraisal (list)",
            "CREATE TABLE destruction (id VARCHAR NOT NULL PRIMARY KEY, state VARCHAR NOT NULL, proposed_by VARCHAR NOT NULL,"
            " proposed_at VARCHAR NOT NULL, approved_by VARCHAR NOT NULL, approved_at VARCHAR NOT NULL, done_by VARCHAR NOT NULL,"
            " done_at VARCHAR NOT NULL)",
            "CREATE TABLE destroyed (record_uid VARCHAR NOT NULL PRIMARY KEY, number VARCHAR NOT NULL UNIQUE, kind VARCHAR NOT NULL,"
            " year INTEGER NOT NULL, retention VARCHAR NOT NULL, head VARCHAR NOT NULL, accepted VARCHAR NOT NULL,"
            " revisions INTEGER NOT NULL, files INTEGER NOT NULL, list VARCHAR NOT NULL, appraised_by VARCHAR NOT NULL,"
            " reason VARCHAR NOT NULL, at VARCHAR NOT NULL)",
            "CREATE INDEX ix_destroyed_list ON destroyed (list)",
        ),
    ),
    Step(21, "days-of-the-log", statements()),  # made before the first step, because each step writes a line
    Step(
        22,
        "sources",
        statements(
            "ALTER TABLE import_run ADD COLUMN source VARCHAR NOT NULL DEFAULT ''",
            "CREATE TABLE source_row (id INTEGER NOT NULL PRIMARY KEY, key BLOB NOT NULL, run_id VARCHAR NOT NULL,"
            " source VARCHAR NOT NULL, person INTEGER NOT NULL, cells VARCHAR NOT NULL, UNIQUE (key))",
            "CREATE INDEX ix_source_row_run_id ON source_row (run_id)",
            "CREATE INDEX source_row_person ON source_row (person, source)",
        ),
    ),
    Step(
        23,
        "export-requests",
        statements(
            "CREATE TABLE export_request (id VARCHAR NOT NULL PRIMARY KEY, terms VARCHAR NOT NULL, state VARCHAR NOT NULL,"
            " asked_by VARCHAR NOT NULL, asked_at VARCHAR NOT NULL, until VARCHAR NOT NULL, said_by VARCHAR NOT NULL,"
            " said_at VARCHAR NOT NULL, reason VARCHAR NOT NULL, done_at VARCHAR NOT NULL)"
        ),
    ),
    Step(
        24,
        "one-window",
        statements(
            "CREATE TABLE slice_record (id INTEGER NOT NULL PRIMARY KEY, record BLOB NOT NULL UNIQUE, kind VARCHAR NOT NULL,"
            " year INTEGER NOT NULL, township VARCHAR NOT NULL, people BLOB NOT NULL)",
            "CREATE TABLE slice_name (name_key INTEGER NOT NULL, slice_id INTEGER NOT NULL, PRIMARY KEY (name_key, slice_id))"
            " WITHOUT ROWID",
            'CREATE TABLE county_look ("grant" VARCHAR NOT NULL PRIMARY KEY, record_uid VARCHAR NOT NULL, at VARCHAR NOT NULL,'
            " township VARCHAR NOT NULL, township_name VARCHAR NOT NULL, person VARCHAR NOT NULL, purpose VARCHAR NOT NULL)",
            "CREATE INDEX ix_county_look_at ON county_look (at)",
        ),
    ),
    Step(
        25,
        "findings-of-auditors",
        statements(
            "CREATE TABLE audit_finding (id VARCHAR NOT NULL PRIMARY KEY, record VARCHAR NOT NULL, sha256 VARCHAR NOT NULL,"
            " page INTEGER NOT NULL, gravity INTEGER NOT NULL, text VARCHAR NOT NULL, \"by\" VARCHAR NOT NULL, at VARCHAR NOT NULL,"
            " withdrawn_at VARCHAR NOT NULL)",
            "CREATE INDEX ix_audit_finding_record ON audit_finding (record)",
        ),
    ),
    Step(
        26,
        "editions",
        statements(
            "CREATE TABLE edition (number INTEGER NOT NULL PRIMARY KEY, form INTEGER NOT NULL, refused VARCHAR NOT NULL,"
            " at VARCHAR NOT NULL, packed BLOB NOT NULL)",
        ),
    ),
    Step(
        27,
        "slice-in-the-order-of-names",  # what was fetched comes again: the county has it
        statements(
            "DROP TABLE slice_name",
            "DROP TABLE slice_record",
            "DELETE FROM setting WHERE key LIKE 'county_slice%'",
            "CREATE TABLE slice_person (name_key INTEGER NOT NULL, year INTEGER NOT NULL, record BLOB NOT NULL,"
            " born INTEGER NOT NULL, span INTEGER NOT NULL, kind INTEGER NOT NULL, township INTEGER NOT NULL,"
            " PRIMARY KEY (name_key, year, record, born, span)) WITHOUT ROWID",
            "CREATE TABLE slice_record (record BLOB NOT NULL, year INTEGER NOT NULL, people BLOB NOT NULL,"
            " PRIMARY KEY (record)) WITHOUT ROWID",
        ),
    ),
)  # fmt: skip
LAYOUT: Final = STEPS[-1].layout


def missing(connection: Connection) -> tuple[Step, ...]:
    """Return the steps this archive still needs, in their order.

    Raises:
        ArchiveTooNew: a newer version of the program wrote it.
    """
    layout = int(settings.get(connection, "layout"))
    if layout > LAYOUT:
        raise ArchiveTooNew("archive", layout=layout, known=LAYOUT)
    return tuple(step for step in STEPS if step.layout > layout)


def apply(connection: Connection, steps: tuple[Step, ...], at: datetime) -> None:
    """The steps are applied in this transaction and stand in the log and in the table of steps."""
    audit.bring_up(connection)
    for step in steps:
        step.apply(connection)
        note(connection, step, at)
        audit.append(
            connection,
            who=UPGRADER,
            act="archive-upgraded",
            subject="archive",
            details={"layout": step.layout, "step": step.name},
            at=at,
        )


def note(connection: Connection, step: Step, at: datetime) -> None:
    """The archive says that it has the step's layout, and since when."""
    settings.put(connection, "layout", str(step.layout))
    connection.exec_driver_sql(
        "INSERT INTO upgrade (layout, name, at) VALUES (:layout, :name, :at)",
        {"layout": step.layout, "name": step.name, "at": at.isoformat(timespec="seconds")},
    )
