"""The tables of the local archive. Columns say what is kept; the modules beside this one say how it comes about.

Whoever changes a table adds a step to desktop.archive.upgrades, so that older archives get the same.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Index, LargeBinary, text
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel


class ArchiveTable(SQLModel, registry=registry()):
    """Tables of the desk have a registry of their own: the county has tables of the same names."""


class Setting(ArchiveTable, table=True):
    """One fact about this archive: layout, office, fonds, device, cursor."""

    key: str = Field(primary_key=True)
    value: str


class UpgradeRow(ArchiveTable, table=True):
    """A step that changed the tables of this archive (升级步骤), and when."""

    __tablename__ = "upgrade"
    layout: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    name: str
    at: str


class RecordRow(ArchiveTable, table=True):
    """A filed record (件) as it stands now; `id` is dense, local, and the row of the search index."""

    __tablename__ = "record"
    id: int | None = Field(default=None, primary_key=True)
    uid: str = Field(unique=True)
    kind: str
    number: str = Field(unique=True)
    title: str
    year: int
    retention: str
    case_date: str
    state: str = Field(index=True)
    head: str
    accepted: str = ""
    filed_at: str
    filed_by: str
    grounds: str = "[]"  # why the county returned it: JSON list of {field, code, text}
    set_aside: str = ""  # why the county could not take it in: a problem's code
    village: str = ""  # where its first person lives, and
    custodian: str = ""  # where the paper stands: as far as lists count by them
    touched: int = 0  # a stamp that grows with every change of the row; a trigger sets it where it is 0
    __table_args__ = (
        Index("record_kind_year", "kind", "year"),
        Index("record_village", "village"),
        Index("record_custodian", "custodian"),
        Index("record_touched", "touched"),
    )


class RevisionRow(ArchiveTable, table=True):
    """An immutable revision, its bytes as they were made or received."""

    __tablename__ = "revision"
    id: str = Field(primary_key=True)
    record_uid: str = Field(index=True)
    parents: str
    change: str
    body: bytes = Field(sa_type=LargeBinary)
    arrived: int = Field(index=True)  # order of arrival here: parents come before children
    heard: bool = Field(default=False, sa_column_kwargs={"server_default": "0"})  # the county told of it


class DraftRow(ArchiveTable, table=True):
    """What a clerk has typed and not yet filed (草稿)."""

    __tablename__ = "draft"
    uid: str = Field(primary_key=True)  # the record's id from the first key stroke on
    kind: str
    content: str
    item_id: str = ""
    parent: str = ""  # the revision it corrects or amends
    started_at: str
    changed_at: str


class AttachmentRow(ArchiveTable, table=True):
    """A write-once file, encrypted beside the database; its key lives only here."""

    __tablename__ = "attachment"
    sha256: str = Field(primary_key=True)
    file_id: str = Field(unique=True)
    file_key: bytes = Field(sa_type=LargeBinary)
    size_bytes: int
    pages: int
    media: str
    added_at: str
    sent: bool = False
    texts: int = 0  # pages whose text was looked for, found or not
    sm3: str = Field(
        default="", sa_column_kwargs={"server_default": ""}
    )  # beside SHA-256 in the manifests of sealed copies
    __table_args__ = (Index("attachment_unread", "added_at", sqlite_where=text("texts < pages")),)


class PageTextRow(ArchiveTable, table=True):
    """Text of one page, from the file itself or recognised; `lines` keeps the places as JSON; both compressed: bodies.py."""

    __tablename__ = "page_text"
    sha256: str = Field(primary_key=True)
    page: int = Field(primary_key=True)
    source: str  # file, recognised, or none: nothing here could read it
    text: str
    lines: str = "[]"


class InboxRow(ArchiveTable, table=True):
    """A file that came through the scanner folder (收件), taken in, doubled or set aside."""

    __tablename__ = "inbox_item"
    id: str = Field(primary_key=True)
    name: str
    state: str = Field(index=True)
    sha256: str = Field(default="", index=True)
    size_bytes: int
    pages: int = 0
    reason: str = ""
    received_at: str
    record_uid: str = ""


class NumberBlockRow(ArchiveTable, table=True):
    """A run of item numbers of a series that this desk may give out: its own, or leased from the county."""

    __tablename__ = "number_block"
    id: int | None = Field(default=None, primary_key=True)
    fonds: str
    category: str
    year: int
    retention: str
    first: int
    last: int
    next: int
    source: str
    seat: int = 0  # of this desk when it began the block; 0 before it had one
    closed: str = "open"  # or why the rest is not given out
    note: str = ""  # the reason as typed, of a block given back
    version: int = 1  # counts the changes of the block's account
    told: int = 0  # the version the county has in this epoch
    __table_args__ = (Index("number_block_series", "fonds", "category", "year", "retention"),)


class NumberTakenRow(ArchiveTable, table=True):
    """A block that another desk holds outside its lease, from before it had a seat; no number of it is given here."""

    __tablename__ = "number_taken"
    fonds: str = Field(primary_key=True)
    category: str = Field(primary_key=True)
    year: int = Field(primary_key=True)
    retention: str = Field(primary_key=True)
    first: int = Field(primary_key=True)
    last: int = Field(primary_key=True)
    seat: int


class NumberWithdrawnRow(ArchiveTable, table=True):
    """A number that was given and whose record was taken back before anybody else saw it; never given again."""

    __tablename__ = "number_withdrawn"
    fonds: str = Field(primary_key=True)
    category: str = Field(primary_key=True)
    year: int = Field(primary_key=True)
    retention: str = Field(primary_key=True)
    item: int = Field(primary_key=True)
    note: str  # which import
    told: bool = False  # the county has it in this epoch


class LookupRow(ArchiveTable, table=True):
    """A number a record is found by, folded; in the order of numbers, so that the beginning of one finds it too."""

    __tablename__ = "lookup"
    value: str = Field(primary_key=True)
    record_id: int = Field(primary_key=True, index=True)
    __table_args__ = {"sqlite_with_rowid": False}


class DueRow(ArchiveTable, table=True):
    """Something to be done with a record by a day (到期): which rule of its kind says so."""

    __tablename__ = "due"
    due_on: str = Field(primary_key=True)
    record_id: int = Field(primary_key=True, index=True)
    rule: str = Field(primary_key=True)
    __table_args__ = {"sqlite_with_rowid": False}


class BatchRow(ArchiveTable, table=True):
    """A sealed hand-over batch (移交批次); its sealed header never changes."""

    __tablename__ = "batch"
    id: str = Field(primary_key=True)
    sequence: int = Field(unique=True)
    seal: bytes = Field(sa_type=LargeBinary)
    state: str = Field(index=True)  # open, received, rejected: as the county says
    want: int = 0  # the first part the county still wants
    sealed_at: str
    received_at: str = ""


class BatchRevisionRow(ArchiveTable, table=True):
    """Which revisions a batch carries, in their order."""

    __tablename__ = "batch_revision"
    batch_id: str = Field(primary_key=True)
    part: int = Field(primary_key=True)
    place: int = Field(primary_key=True)
    revision_id: str = Field(index=True)
    problem: str = ""  # why the county set it aside


class WitnessItemRow(ArchiveTable, table=True):
    """What this desk says it holds since the county was put back (见证), in its order; fixed once in an epoch."""

    __tablename__ = "witness_item"
    place: int = Field(primary_key=True)
    ref: str  # of a revision, or of a decision
    decision: bool


class DecisionRow(ArchiveTable, table=True):
    """A decision of the county, signed; never dropped, known by its own id."""

    __tablename__ = "decision"
    id: str = Field(primary_key=True)
    record_uid: str = Field(index=True)
    packed: bytes = Field(sa_type=LargeBinary)


class LookRow(ArchiveTable, table=True):
    """A masked value shown to a person, and what for (利用登记)."""

    __tablename__ = "look"
    id: int | None = Field(default=None, primary_key=True)
    record_uid: str = Field(index=True)
    person: str
    purpose: str
    at: str


class ExtractRow(ArchiveTable, table=True):
    """A certified extract that was issued (出证登记); docs/extracts.md says what its code holds."""

    __tablename__ = "extract"
    number: str = Field(primary_key=True)
    record_uid: str = Field(index=True)
    revision: str
    applicant: str
    purpose: str
    person: str
    at: str
    code: str


class VolumeRow(ArchiveTable, table=True):
    """A volume (案卷): records of one series kept together; docs/volumes.md says what its life is."""

    __tablename__ = "volume"
    uid: str = Field(primary_key=True)
    fonds: str
    kind: str
    year: int
    retention: str
    number: int
    title: str
    box: str
    thickness_mm: int
    state: str
    checker: str
    note: str
    made_by: str
    made_at: str
    closed_by: str
    closed_at: str
    __table_args__ = (Index("volume_number", "fonds", "kind", "year", "retention", "number", unique=True),)


class VolumeItemRow(ArchiveTable, table=True):
    """A record's place in the one volume it stands in; `pages` 0: not known."""

    __tablename__ = "volume_item"
    record_uid: str = Field(primary_key=True)
    volume_uid: str
    place: int
    pages: int
    __table_args__ = (Index("volume_item_place", "volume_uid", "place"),)


class VolumeEventRow(ArchiveTable, table=True):
    """What befell a volume: closed, opened again and why, printed."""

    __tablename__ = "volume_event"
    id: int | None = Field(default=None, primary_key=True)
    volume_uid: str = Field(index=True)
    event: str
    by: str
    at: str
    note: str


class VisitRow(ArchiveTable, table=True):
    """Somebody who came to look something up (查档登记), entered by hand; one that was taken back stays, with who did it."""

    __tablename__ = "visit"
    id: int | None = Field(default=None, primary_key=True)
    applicant: str
    relation: str
    document: str  # by what they showed who they are: a code
    purpose: str
    result: str  # given, not_found, refused
    record_uid: str = Field(index=True)  # empty where it is of no record
    person: str
    at: str = Field(index=True)
    undone_by: str
    undone_at: str


class FixityRow(ArchiveTable, table=True):
    """When a sealed attachment was last read whole (完整性核对), and what its sealed bytes are."""

    __tablename__ = "fixity"
    file_id: str = Field(primary_key=True)
    sealed_bytes: int
    sealed_sha256: str
    checked_at: str = Field(index=True)
    sound: bool


class FixityEventRow(ArchiveTable, table=True):
    """A fixity event after PREMIS: what was checked, when, by whom, and the outcome; a run is one event."""

    __tablename__ = "fixity_event"
    id: int | None = Field(default=None, primary_key=True)
    at: str
    who: str
    target: str = Field(index=True)  # database, attachment, keystore, backup
    subject: str  # a file's hash, a generation's name; empty for a run
    outcome: str = Field(index=True)  # pass, fail, repaired
    detail: str  # which flaw
    objects: int
    size_bytes: int


class BackupPlaceRow(ArchiveTable, table=True):
    """A place that carries our label (备份处)."""

    __tablename__ = "backup_place"
    id: str = Field(primary_key=True)
    kind: str
    path: str  # where it was last seen
    named_at: str
    change: str = ""  # the state of the archive that its last good generation holds


class BackupRow(ArchiveTable, table=True):
    """A generation at a place, and what its last check found."""

    __tablename__ = "backup"
    place: str = Field(primary_key=True)
    name: str = Field(primary_key=True)
    number: int
    made_at: str
    size_bytes: int
    files: int
    lost: int
    audit_size: int
    state: str  # good, bad
    reason: str
    checked_at: str


class PoolFileRow(ArchiveTable, table=True):
    """When a file of a place's pool was last read whole."""

    __tablename__ = "pool_file"
    place: str = Field(primary_key=True)
    file_id: str = Field(primary_key=True)
    checked_at: str
    __table_args__ = (Index("pool_file_checked", "place", "checked_at"),)


class ImportRunRow(ArchiveTable, table=True):
    """One file imported by one template (导入): how far it came, and what became of its entries."""

    __tablename__ = "import_run"
    id: str = Field(primary_key=True)
    name: str
    sheet: str
    sha256: str = Field(index=True)
    template: str  # as docs/imports.md lays it out
    state: str
    by: str
    started_at: str
    ended_at: str
    read: int
    filed: int
    rejected: int
    open: int
    there: int
    kept: int
    source: str = ""  # the source (来源表) whose rows it brought; "" where it brought records


class ImportEntryRow(ArchiveTable, table=True):
    """An entry of a foreign table by its key: the record or draft it became, and the number that record was given."""

    __tablename__ = "import_entry"
    key: str = Field(primary_key=True)
    content: str
    run_id: str
    record_uid: str
    number: str
    state: str
    __table_args__ = (Index("import_entry_run", "run_id", "state", "key"),)


class SourceRow(ArchiveTable, table=True):
    """A row that another office handed over (来源表), as it came; docs/sources.md."""

    __tablename__ = "source_row"
    id: int | None = Field(default=None, primary_key=True)
    key: bytes = Field(unique=True)
    run_id: str = Field(index=True)
    source: str
    person: int = 0  # the first 17 digits of a valid identity number
    cells: str  # a JSON list, in the order of the run's labels
    __table_args__ = (Index("source_row_person", "person", "source"),)


class CheckReportRow(ArchiveTable, table=True):
    """What the checks of the four properties found in one run (检测报告), as data; docs/checks.md."""

    __tablename__ = "check_report"
    id: int | None = Field(default=None, primary_key=True)
    stage: str
    subject: str = Field(index=True)  # a batch's id; empty of the whole archive
    at: str
    report: str


class CheckedFileRow(ArchiveTable, table=True):
    """What opening a file has shown, and what a virus scanner said of it; its bytes never change, so once is enough."""

    __tablename__ = "checked_file"
    sha256: str = Field(primary_key=True)
    opened_at: str  # empty: not opened yet
    faults: str  # JSON: check, code, whether it is grave
    scanned_at: str  # empty: no scanner has seen it
    virus: str  # clean, found; refused: the scanner did not take it


class AppraisalRow(ArchiveTable, table=True):
    """What a person said of a record whose time is over (鉴定); docs/retention.md."""

    __tablename__ = "appraisal"
    record_uid: str = Field(primary_key=True)
    verdict: str  # keep, destroy
    until: int  # a year; 9999: for good
    reason: str
    by: str
    at: str
    list: str = Field(index=True)  # of what is to be destroyed; empty: on none yet


class DestructionRow(ArchiveTable, table=True):
    """A list of records to be destroyed (销毁清单), and whose word it has."""

    __tablename__ = "destruction"
    id: str = Field(primary_key=True)
    state: str  # proposed, approved, done
    proposed_by: str
    proposed_at: str
    approved_by: str
    approved_at: str
    done_by: str
    done_at: str


class DestroyedRow(ArchiveTable, table=True):
    """A record that was destroyed (销毁清册): all that is known of it."""

    __tablename__ = "destroyed"
    record_uid: str = Field(primary_key=True)
    number: str = Field(unique=True)
    kind: str
    year: int
    retention: str
    head: str
    accepted: str
    revisions: int
    files: int
    list: str = Field(index=True)
    appraised_by: str
    reason: str
    at: str


class ExportRequestRow(ArchiveTable, table=True):
    """A request to export (导出复核), and whose word it has; docs/approval.md."""

    __tablename__ = "export_request"
    id: str = Field(primary_key=True)
    terms: str  # canonical JSON: what, scope, readers
    state: str  # asked, approved, refused, withdrawn, done
    asked_by: str
    asked_at: str
    until: str
    said_by: str  # empty with an approval: nobody else had the right
    said_at: str
    reason: str
    done_at: str


class AuditFindingRow(ArchiveTable, table=True):
    """What an auditor noted about a record or a page of it (审计意见); docs/auditor.md."""

    __tablename__ = "audit_finding"
    id: str = Field(primary_key=True)
    record: str = Field(index=True)
    sha256: str  # empty: about the record as a whole
    page: int
    gravity: int  # 1 note, 2 flaw, 3 grave
    text: str
    by: str
    at: str
    withdrawn_at: str


class SavedSearchRow(ArchiveTable, table=True):
    """A question a person keeps by a name (常用检索)."""

    __tablename__ = "saved_search"
    person: str = Field(primary_key=True)
    name: str = Field(primary_key=True)
    asked: str  # JSON: question, choice, order
    saved_at: str


class PersonRow(ArchiveTable, table=True):
    """A person whom people found in several records (人员); all that is known of them stands in the records."""

    __tablename__ = "person"
    uid: str = Field(primary_key=True)  # the act that first linked two of its mentions
    made_at: str
    made_by: str


class PersonMentionRow(ArchiveTable, table=True):
    """Who is named where (提及): made from the records and the journal, and made again from them at any time."""

    __tablename__ = "person_mention"
    id: int | None = Field(default=None, primary_key=True)
    record_id: int = Field(index=True)
    place: str
    key: str
    number: int = 0  # the first 17 digits of a valid identity number
    sound: str
    born_from: int = 0  # years; 0 where the paper tells nothing
    born_to: int = 0
    person: str = ""
    grade: str = ""  # of its best proposal; empty where there is none to decide
    looked: bool = False  # whether candidates were looked for
    __table_args__ = (
        Index("person_mention_number", "number", sqlite_where=text("number > 0")),
        Index("person_mention_sound", "sound", "born_from"),
        Index("person_mention_person", "person", sqlite_where=text("person != ''")),
        Index("person_mention_waiting", "grade", sqlite_where=text("grade != ''")),
        Index("person_mention_unlooked", "looked", sqlite_where=text("looked = 0")),
    )


class PersonDecisionRow(ArchiveTable, table=True):
    """What a person said of two mentions (认定), and why; never changed, undone by another row."""

    __tablename__ = "person_decision"
    id: int | None = Field(default=None, primary_key=True)
    act: str = Field(index=True)
    verb: str  # linked, apart, later, undone
    one_record: str = ""
    one_key: str = ""
    other_record: str = ""
    other_key: str = ""
    points: int = 0
    reasons: str = ""  # codes, a blank between
    undoes: str = Field(default="", index=True)
    by: str
    at: str
    __table_args__ = (
        Index("person_decision_one", "one_record", "one_key"),
        Index("person_decision_other", "other_record", "other_key"),
    )


class CountyHead(ArchiveTable, table=True):
    """A head of the county's own audit log that was received (县级日志头), with the frontier to follow it from."""

    __tablename__ = "county_head"
    id: int | None = Field(default=None, primary_key=True)
    epoch: str
    size: int
    note: str
    peaks: bytes
    at: str


class SlicePersonRow(ArchiveTable, table=True):
    """Somebody whom a record of another township names (目录切片), in the order of name keys: a name's hits lie side by side. docs/one-window.md."""

    __tablename__ = "slice_person"
    name_key: int = Field(primary_key=True)
    year: int = Field(primary_key=True)
    record: bytes = Field(primary_key=True, sa_type=LargeBinary)  # its 16 bytes
    born: int = Field(primary_key=True)
    span: int = Field(primary_key=True)
    kind: int  # places in the list of words that the archive keeps beside the slice
    township: int
    __table_args__ = {"sqlite_with_rowid": False}


class SliceRecordRow(ArchiveTable, table=True):
    """Under which keys a record stands in the slice, so that it can be taken out."""

    __tablename__ = "slice_record"
    record: bytes = Field(primary_key=True, sa_type=LargeBinary)
    year: int
    people: bytes = Field(sa_type=LargeBinary)
    __table_args__ = {"sqlite_with_rowid": False}


class CountyLookRow(ArchiveTable, table=True):
    """Who opened a record of this township at another desk of the county, and what for (他镇调阅)."""

    __tablename__ = "county_look"
    grant: str = Field(primary_key=True)
    record_uid: str
    at: str = Field(index=True)
    township: str
    township_name: str
    person: str
    purpose: str


class EditionKeptRow(ArchiveTable, table=True):
    """An edition of kinds and rules from the county (规则版本), packed as it came; docs/editions.md."""

    __tablename__ = "edition"
    number: int = Field(primary_key=True)
    form: int
    refused: str
    at: str
    packed: bytes


SEARCH_INDEX: Final = (
    # pgsz: SQLCipher keeps 80 bytes of each page, so FTS5's own 4050-byte leaf would spill into a second page
    "CREATE VIRTUAL TABLE fulltext USING fts5(said, content='', contentless_delete=1, tokenize='ascii')",
    "INSERT INTO fulltext(fulltext, rank) VALUES ('pgsz', 3900)",
    # one save stays short: merging is done when the desk is idle
    "INSERT INTO fulltext(fulltext, rank) VALUES ('automerge', 0)",
    "INSERT INTO fulltext(fulltext, rank) VALUES ('crisismerge', 200)",
)

_STAMP: Final = "UPDATE record SET touched = (SELECT max(touched) + 1 FROM record) WHERE id = NEW.id"
STAMPS: Final = (
    f"CREATE TRIGGER record_made AFTER INSERT ON record WHEN NEW.touched = 0 BEGIN {_STAMP}; END",
    "CREATE TRIGGER record_changed AFTER UPDATE OF kind, year, state, village, custodian ON record"
    f" BEGIN {_STAMP}; END",
    "CREATE TRIGGER record_gone AFTER DELETE ON record BEGIN INSERT INTO setting (key, value)"
    " VALUES ('records.gone', '1') ON CONFLICT (key) DO UPDATE SET value = value + 1; END",
    "CREATE TRIGGER record_unmentioned AFTER DELETE ON record BEGIN"
    " DELETE FROM person_mention WHERE record_id = OLD.id; END",
)
