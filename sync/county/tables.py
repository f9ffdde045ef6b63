"""The county's tables; docs/protocol.md says what each thing is. The same on SQLCipher and on PostgreSQL."""

from __future__ import annotations

from typing import ClassVar, Final

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, String, Table, text
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel


class CountyTable(SQLModel, registry=registry()):
    """A table of the county; in a registry of its own, for a desk's tables may bear the same names."""


def _bytes() -> Column[bytes]:
    return Column(LargeBinary, nullable=False)


def _rows() -> Column[int]:
    """How many rows of a log, up to 2^53; in the encrypted file every INTEGER is that long."""
    return Column(BigInteger().with_variant(Integer, "sqlite"), nullable=False)


UNSETTLED: Final = text("standing IN ('received', 'conflict', 'set_aside')")
"""Said word for word in a question too, so that SQLite takes the index for it."""

WAITING: Final = text("answer = ''")


class Setting(CountyTable, table=True):
    """The store's epoch and the like."""

    __tablename__: ClassVar[str] = "setting"
    key: str = Field(primary_key=True)
    value: str


class Township(CountyTable, table=True):
    """A township, its feed counter and digest; the row a writer locks."""

    __tablename__: ClassVar[str] = "township"
    code: str = Field(primary_key=True)
    name: str = ""
    feed_end: int = 0
    feed_hash: bytes = Field(default=b"", sa_column=_bytes())
    digest: bytes = Field(default=bytes(32), sa_column=_bytes())
    heads: int = 0


class Device(CountyTable, table=True):
    """An enrolled device: a desk or a staff member's PC."""

    __tablename__: ClassVar[str] = "device"
    id: str = Field(primary_key=True)
    role: str
    name: str
    township: str | None = Field(default=None, index=True)
    line_certificate: bytes = Field(sa_column=_bytes())
    signing_certificate: bytes = Field(sa_column=_bytes())
    enrolled_at: str
    revoked_at: str | None = None


class Contact(CountyTable, table=True):
    """When a desk was last here, and how it stood: kept once a minute, and when something changed."""

    __tablename__: ClassVar[str] = "contact"
    device: str = Field(primary_key=True)
    township: str = Field(index=True)
    at: str
    epoch: str
    after: int
    waiting: int
    heads: int
    digest: bytes = Field(sa_column=_bytes())  # the first bytes of the desk's


class EnrolmentCode(CountyTable, table=True):
    """A one-time code; known by a hash of its secret."""

    __tablename__: ClassVar[str] = "enrolment_code"
    id: str = Field(primary_key=True)
    secret: bytes = Field(sa_column=_bytes())
    role: str
    name: str
    township: str | None = None
    expires_at: str
    tries: int = 0
    used_by: str | None = None


class Batch(CountyTable, table=True):
    """A batch's seal and state."""

    __tablename__: ClassVar[str] = "batch"
    id: str = Field(primary_key=True)
    township: str = Field(index=True)
    device: str
    sequence: int
    parts: int
    revisions: int
    digest: bytes = Field(sa_column=_bytes())
    signature: bytes = Field(sa_column=_bytes())
    state: str
    received_at: str | None = None


class BatchPart(CountyTable, table=True):
    """A part that arrived."""

    __tablename__: ClassVar[str] = "batch_part"
    batch: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    digest: bytes = Field(sa_column=_bytes())
    revisions: int


class BatchRevision(CountyTable, table=True):
    """Which revision stands where in a batch."""

    __tablename__: ClassVar[str] = "batch_revision"
    batch: str = Field(primary_key=True)
    part: int = Field(primary_key=True)
    place: int = Field(primary_key=True)
    revision: str = Field(index=True)
    record: str


class BatchProblem(CountyTable, table=True):
    """Why a revision of a batch was set aside."""

    __tablename__: ClassVar[str] = "batch_problem"
    batch: str = Field(primary_key=True)
    part: int = Field(primary_key=True)
    place: int = Field(primary_key=True)
    record: str
    revision: str
    code: str
    detail: str


class BatchCheck(CountyTable, table=True):
    """What checks of the four properties found of a part of a batch, and what its desk said of the whole."""

    __tablename__: ClassVar[str] = "batch_check"
    batch: str = Field(primary_key=True)
    part: int = Field(primary_key=True)
    told: str


class RevisionRow(CountyTable, table=True):
    """A revision, its bytes as they came."""

    __tablename__: ClassVar[str] = "revision"
    id: str = Field(primary_key=True)
    record: str = Field(index=True)
    township: str
    device: str | None = None
    kind: str
    parents: bytes = Field(sa_column=_bytes())
    body: bytes = Field(sa_column=_bytes())
    standing: str
    number: str = ""  # the archive number that the body names
    __table_args__ = (
        Index(
            "revision_unsettled",
            "standing",
            "record",
            "township",
            "id",
            sqlite_where=UNSETTLED,
            postgresql_where=UNSETTLED,
        ),
    )


class RevisionAttachment(CountyTable, table=True):
    """An attachment that a revision names."""

    __tablename__: ClassVar[str] = "revision_attachment"
    revision: str = Field(primary_key=True)
    sha256: str = Field(primary_key=True, index=True)


class Record(CountyTable, table=True):
    """A record, whose it is, and its head."""

    __tablename__: ClassVar[str] = "record"
    id: str = Field(primary_key=True)
    township: str
    head: str | None = None
    # both in one: asked for one record within a township PostgreSQL cannot choose to walk through all of its records
    __table_args__ = (Index("record_township", "township", "id"),)


class ArchiveNumber(CountyTable, table=True):
    """An archive number (档号), and the one record that bears or bore it."""

    __tablename__: ClassVar[str] = "archive_number"
    # compared byte by byte, whatever the database's language, so that a series is one run of the index
    number: str = Field(sa_column=Column(String().with_variant(String(collation="C"), "postgresql"), primary_key=True))
    record: str


class Seat(CountyTable, table=True):
    """A desk's seat in its township (机位); never given to another."""

    __tablename__: ClassVar[str] = "seat"
    township: str = Field(primary_key=True)
    seat: int = Field(primary_key=True)
    device: str = Field(index=True)
    epoch: str
    claimed: bool


class NumberAccount(CountyTable, table=True):
    """What a desk said of one of its blocks of numbers (号段); `place` counts the taken ones of the township."""

    __tablename__: ClassVar[str] = "number_account"
    device: str = Field(primary_key=True)
    fonds: str = Field(primary_key=True)
    category: str = Field(primary_key=True)
    year: int = Field(primary_key=True)
    retention: str = Field(primary_key=True)
    first: int = Field(primary_key=True)
    last: int
    given: int
    closed: str
    note: str
    version: int
    seat: int
    township: str
    place: int
    __table_args__ = (Index("number_account_township", "township", "place"),)


class NumberWithdrawn(CountyTable, table=True):
    """Numbers that a desk gave and whose records it took back before anybody else saw them."""

    __tablename__: ClassVar[str] = "number_withdrawn"
    device: str = Field(primary_key=True)
    fonds: str = Field(primary_key=True)
    category: str = Field(primary_key=True)
    year: int = Field(primary_key=True)
    retention: str = Field(primary_key=True)
    first: int = Field(primary_key=True)
    last: int
    note: str
    township: str = Field(index=True)


class DecisionRow(CountyTable, table=True):
    """A signed decision, packed as it travels."""

    __tablename__: ClassVar[str] = "decision"
    id: str = Field(primary_key=True)
    record: str = Field(index=True)
    township: str
    kind: str
    packed: bytes = Field(sa_column=_bytes())


class FeedLine(CountyTable, table=True):
    """A line of a township's feed."""

    __tablename__: ClassVar[str] = "feed"
    township: str = Field(primary_key=True)
    sequence: int = Field(primary_key=True)
    kind: str
    feed_hash: bytes = Field(sa_column=_bytes())
    record: str
    revision: str
    decision: str | None = None


class Fetched(CountyTable, table=True):
    """The last line of a township's feed that a desk was told of, or may have been; what stands up to it stands for good."""

    __tablename__: ClassVar[str] = "fetched"
    township: str = Field(primary_key=True)
    sequence: int


class TakenBackRow(CountyTable, table=True):
    """A decision that was taken back before any desk was told of it (撤回), and what was signed to take it back."""

    __tablename__: ClassVar[str] = "taken_back"
    decision: str = Field(primary_key=True)
    signature: bytes = Field(sa_column=Column(LargeBinary, primary_key=True, nullable=False))
    township: str
    record: str
    cut_at: int  # where the feed was written anew from
    followed: int = Field(default=0, index=True)  # 1 once the catalogue has looked at the record again
    packed: bytes = Field(sa_column=_bytes())
    said: bytes = Field(sa_column=_bytes())


class EditionRow(CountyTable, table=True):
    """An edition of kinds, rules and standards as it was published (规则版本), packed as it travels; docs/editions.md."""

    __tablename__: ClassVar[str] = "edition"
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    published_at: str
    published_by: str
    packed: bytes = Field(sa_column=_bytes())


class DeskEdition(CountyTable, table=True):
    """Which edition a desk works with, and the highest it has seen."""

    __tablename__: ClassVar[str] = "desk_edition"
    device: str = Field(primary_key=True)
    township: str
    works_with: int
    seen: int


class Attachment(CountyTable, table=True):
    """An attachment that a township's desks sent whole; its key is of no use without its file, and the other way round."""

    __tablename__: ClassVar[str] = "attachment"
    sha256: str = Field(primary_key=True)
    township: str = Field(primary_key=True)
    size_bytes: int
    file_id: bytes = Field(sa_column=_bytes())
    key: bytes = Field(sa_column=_bytes())


class AttachmentPiece(CountyTable, table=True):
    """A run of bytes of an attachment still on its way from a township."""

    __tablename__: ClassVar[str] = "attachment_piece"
    sha256: str = Field(primary_key=True)
    township: str = Field(primary_key=True)
    start: int = Field(primary_key=True)
    size_bytes: int
    file_id: bytes = Field(sa_column=_bytes())
    key: bytes = Field(sa_column=_bytes())


class Witnessed(CountyTable, table=True):
    """Which desk has completed its witness for which epoch, or was waived by an officer."""

    __tablename__: ClassVar[str] = "witnessed"
    epoch: str = Field(primary_key=True)
    device: str = Field(primary_key=True)
    how: str


class WitnessList(CountyTable, table=True):
    """How far a desk's witness has come in an epoch."""

    __tablename__: ClassVar[str] = "witness_list"
    list_id: str = Field(primary_key=True)
    epoch: str = Field(primary_key=True)
    taken: int


class SeenLog(CountyTable, table=True):
    """How far a desk's audit log was seen, and what is wrong with it until an officer has settled it; docs/audit.md, section 3."""

    __tablename__: ClassVar[str] = "seen_log"
    device: str = Field(primary_key=True)
    township: str = Field(index=True)
    size: int = Field(sa_column=_rows())
    chain: bytes = Field(sa_column=_bytes())
    peaks: bytes = Field(sa_column=_bytes())
    seen_at: str
    flaw: str = ""
    flaw_size: int = Field(default=0, sa_column=_rows())
    flaw_at: str = ""


class LogDay(CountyTable, table=True):
    """The county's own head of a day, and the subtrees over the rows since the day before."""

    __tablename__: ClassVar[str] = "log_day"
    day: str = Field(primary_key=True)
    known: int = Field(sa_column=_rows())
    size: int = Field(sa_column=_rows())
    chain: bytes = Field(sa_column=_bytes())
    nodes: bytes = Field(sa_column=_bytes())
    signature: bytes = Field(sa_column=_bytes())


class ToCompare(CountyTable, table=True):
    """A record that nobody has compared with the others since it changed (待比对)."""

    __tablename__: ClassVar[str] = "to_compare"
    record: str = Field(primary_key=True)


class Block(CountyTable, table=True):
    """A word under which somebody whom a record names is looked up; made from the records at any time."""

    __tablename__: ClassVar[str] = "block"
    word: str = Field(primary_key=True)
    record: str = Field(primary_key=True, index=True)
    revision: str  # that names them


class Pair(CountyTable, table=True):
    """Two records that may be one case, or name one person (疑似重件); `answer` is empty while nobody has said."""

    __tablename__: ClassVar[str] = "pair"
    one_record: str = Field(primary_key=True)
    one_key: str = Field(primary_key=True)
    other_record: str = Field(primary_key=True, index=True)
    other_key: str = Field(primary_key=True)
    sort: str
    grade: str
    points: int
    reasons: str
    found_at: str
    answer: str = ""
    __table_args__ = (Index("pair_waiting", "sort", "points", sqlite_where=WAITING, postgresql_where=WAITING),)


class PairSaid(CountyTable, table=True):
    """An answer about a pair, or the undoing of one; only ever added to."""

    __tablename__: ClassVar[str] = "pair_said"
    id: str = Field(primary_key=True)  # UUIDv7: the order of the answers
    one_record: str
    one_key: str
    other_record: str
    other_key: str
    answer: str  # same, different; "" undoes
    by: str
    at: str
    undoes: str = Field(default="", index=True)
    __table_args__ = (Index("pair_said_pair", "one_record", "other_record"),)


class CatalogueEntry(CountyTable, table=True):
    """What townships may know of a record of another (目录切片); docs/one-window.md. Without people it is out of every slice."""

    __tablename__: ClassVar[str] = "catalogue"
    record: str = Field(primary_key=True)
    edition: int = Field(sa_column=Column(BigInteger().with_variant(Integer, "sqlite"), nullable=False, unique=True))
    township: str
    kind: str
    year: int
    people: bytes = Field(sa_column=_bytes())


class CatalogueCursor(CountyTable, table=True):
    """How far a township's feed was followed for the catalogue."""

    __tablename__: ClassVar[str] = "catalogue_cursor"
    township: str = Field(primary_key=True)
    sequence: int


class CatalogueRule(CountyTable, table=True):
    """What a township may do with records of a kind that another holds; `all` stands for every township, or every kind."""

    __tablename__: ClassVar[str] = "catalogue_rule"
    township: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    may: str


class GrantGiven(CountyTable, table=True):
    """A grant (调阅许可): who may read which record of another township, what for, until when."""

    __tablename__: ClassVar[str] = "grant_given"
    holder: str = Field(primary_key=True)
    number: int = Field(primary_key=True)  # counted for each holder, on the row of the township that is locked for it
    id: str = Field(unique=True)
    record: str
    revision: str
    township: str
    device: str
    person: str
    purpose: str
    given_at: str
    until: str
    pages: bool


class KeptAuthority(CountyTable, table=True):
    """The authority; lies in the encrypted file whatever holds the rest."""

    __tablename__: ClassVar[str] = "authority"
    only: int = Field(default=1, primary_key=True)
    county: str
    key: bytes = Field(sa_column=_bytes())
    certificate: bytes = Field(sa_column=_bytes())


def table(model: type[CountyTable]) -> Table:
    """Return the table of a model, for the explicit statements of the hot path."""
    return CountyTable.metadata.tables[str(model.__tablename__)]


TABLES = [
    table(model)
    for model in (
        *(
            Setting,
            Township,
            Device,
            EnrolmentCode,
            Batch,
            BatchPart,
            BatchRevision,
            BatchProblem,
            BatchCheck,
            RevisionRow,
        ),
        *(RevisionAttachment, Record, DecisionRow, FeedLine, Attachment, AttachmentPiece, Witnessed, WitnessList),
        *(ArchiveNumber, Seat, NumberAccount, NumberWithdrawn, Contact, SeenLog, LogDay),
        *(ToCompare, Block, Pair, PairSaid),
        *(CatalogueEntry, CatalogueCursor, CatalogueRule, GrantGiven),
        *(Fetched, TakenBackRow),
        *(EditionRow, DeskEdition),
    )
]
