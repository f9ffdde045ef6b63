"""The base (县库的起点): every table of a county as it was when revisions of the schema began to be counted.

What a county of before that lacks is made: tables and indexes; a column comes empty: "", 0, no bytes, or not known where it may be.
What is declared here is frozen: it says what the tables were, not what they are now.
"""

from __future__ import annotations

from typing import Final

import sqlalchemy
from alembic import op
from sqlalchemy import Boolean, Column, Index, Integer, LargeBinary, MetaData, String, Table, text

revision: str = "0001"
down_revision: str | None = None

BASE: Final = MetaData()

Table(
    "setting",
    BASE,
    Column("key", String, primary_key=True),
    Column("value", String, nullable=False),
)
Table(
    "township",
    BASE,
    Column("code", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("feed_end", Integer, nullable=False),
    Column("feed_hash", LargeBinary, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("heads", Integer, nullable=False),
)
Table(
    "device",
    BASE,
    Column("id", String, primary_key=True),
    Column("role", String, nullable=False),
    Column("name", String, nullable=False),
    Column("township", String),
    Column("line_certificate", LargeBinary, nullable=False),
    Column("signing_certificate", LargeBinary, nullable=False),
    Column("enrolled_at", String, nullable=False),
    Column("revoked_at", String),
    Index("ix_device_township", "township"),
)
Table(
    "enrolment_code",
    BASE,
    Column("id", String, primary_key=True),
    Column("secret", LargeBinary, nullable=False),
    Column("role", String, nullable=False),
    Column("name", String, nullable=False),
    Column("township", String),
    Column("expires_at", String, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("used_by", String),
)
Table(
    "batch",
    BASE,
    Column("id", String, primary_key=True),
    Column("township", String, nullable=False),
    Column("device", String, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("parts", Integer, nullable=False),
    Column("revisions", Integer, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("signature", LargeBinary, nullable=False),
    Column("state", String, nullable=False),
    Column("received_at", String),
    Index("ix_batch_township", "township"),
)
Table(
    "batch_part",
    BASE,
    Column("batch", String, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("digest", LargeBinary, nullable=False),
    Column("revisions", Integer, nullable=False),
)
Table(
    "batch_revision",
    BASE,
    Column("batch", String, primary_key=True),
    Column("part", Integer, primary_key=True),
    Column("place", Integer, primary_key=True),
    Column("revision", String, nullable=False),
    Column("record", String, nullable=False),
    Index("ix_batch_revision_revision", "revision"),
)
Table(
    "batch_problem",
    BASE,
    Column("batch", String, primary_key=True),
    Column("part", Integer, primary_key=True),
    Column("place", Integer, primary_key=True),
    Column("record", String, nullable=False),
    Column("revision", String, nullable=False),
    Column("code", String, nullable=False),
    Column("detail", String, nullable=False),
)
Table(
    "batch_check",
    BASE,
    Column("batch", String, primary_key=True),
    Column("part", Integer, primary_key=True),
    Column("told", String, nullable=False),
)
Table(
    "revision",
    BASE,
    Column("id", String, primary_key=True),
    Column("record", String, nullable=False),
    Column("township", String, nullable=False),
    Column("device", String),
    Column("kind", String, nullable=False),
    Column("parents", LargeBinary, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("standing", String, nullable=False),
    Column("number", String, nullable=False),
    Index("ix_revision_record", "record"),
    Index(
        "revision_unsettled",
        "standing",
        "record",
        "township",
        "id",
        sqlite_where=text("standing IN ('received', 'conflict', 'set_aside')"),
        postgresql_where=text("standing IN ('received', 'conflict', 'set_aside')"),
    ),
)
Table(
    "revision_attachment",
    BASE,
    Column("revision", String, primary_key=True),
    Column("sha256", String, primary_key=True),
    Index("ix_revision_attachment_sha256", "sha256"),
)
Table(
    "record",
    BASE,
    Column("id", String, primary_key=True),
    Column("township", String, nullable=False),
    Column("head", String),
    Index("ix_record_township", "township"),
)
Table(
    "decision",
    BASE,
    Column("id", String, primary_key=True),
    Column("record", String, nullable=False),
    Column("township", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("packed", LargeBinary, nullable=False),
    Index("ix_decision_record", "record"),
)
Table(
    "feed",
    BASE,
    Column("township", String, primary_key=True),
    Column("sequence", Integer, primary_key=True),
    Column("kind", String, nullable=False),
    Column("feed_hash", LargeBinary, nullable=False),
    Column("record", String, nullable=False),
    Column("revision", String, nullable=False),
    Column("decision", String),
)
Table(
    "attachment",
    BASE,
    Column("sha256", String, primary_key=True),
    Column("township", String, primary_key=True),
    Column("size_bytes", Integer, nullable=False),
    Column("file_id", LargeBinary, nullable=False),
    Column("key", LargeBinary, nullable=False),
)
Table(
    "attachment_piece",
    BASE,
    Column("sha256", String, primary_key=True),
    Column("township", String, primary_key=True),
    Column("start", Integer, primary_key=True),
    Column("size_bytes", Integer, nullable=False),
    Column("file_id", LargeBinary, nullable=False),
    Column("key", LargeBinary, nullable=False),
)
Table(
    "witnessed",
    BASE,
    Column("epoch", String, primary_key=True),
    Column("device", String, primary_key=True),
    Column("how", String, nullable=False),
)
Table(
    "witness_list",
    BASE,
    Column("list_id", String, primary_key=True),
    Column("epoch", String, primary_key=True),
    Column("taken", Integer, nullable=False),
)
Table(
    "archive_number",
    BASE,
    Column("number", String().with_variant(String(collation="C"), "postgresql"), primary_key=True),
    Column("record", String, nullable=False),
)
Table(
    "seat",
    BASE,
    Column("township", String, primary_key=True),
    Column("seat", Integer, primary_key=True),
    Column("device", String, nullable=False),
    Column("epoch", String, nullable=False),
    Column("claimed", Boolean, nullable=False),
    Index("ix_seat_device", "device"),
)
Table(
    "number_account",
    BASE,
    Column("device", String, primary_key=True),
    Column("fonds", String, primary_key=True),
    Column("category", String, primary_key=True),
    Column("year", Integer, primary_key=True),
    Column("retention", String, primary_key=True),
    Column("first", Integer, primary_key=True),
    Column("last", Integer, nullable=False),
    Column("given", Integer, nullable=False),
    Column("closed", String, nullable=False),
    Column("note", String, nullable=False),
    Column("version", Integer, nullable=False),
    Column("seat", Integer, nullable=False),
    Column("township", String, nullable=False),
    Column("place", Integer, nullable=False),
    Index("number_account_township", "township", "place"),
)
Table(
    "number_withdrawn",
    BASE,
    Column("device", String, primary_key=True),
    Column("fonds", String, primary_key=True),
    Column("category", String, primary_key=True),
    Column("year", Integer, primary_key=True),
    Column("retention", String, primary_key=True),
    Column("first", Integer, primary_key=True),
    Column("last", Integer, nullable=False),
    Column("note", String, nullable=False),
    Column("township", String, nullable=False),
    Index("ix_number_withdrawn_township", "township"),
)
Table(
    "contact",
    BASE,
    Column("device", String, primary_key=True),
    Column("township", String, nullable=False),
    Column("at", String, nullable=False),
    Column("epoch", String, nullable=False),
    Column("after", Integer, nullable=False),
    Column("waiting", Integer, nullable=False),
    Column("heads", Integer, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Index("ix_contact_township", "township"),
)
Table(
    "seen_log",
    BASE,
    Column("device", String, primary_key=True),
    Column("township", String, nullable=False),
    Column("size", Integer, nullable=False),
    Column("chain", LargeBinary, nullable=False),
    Column("peaks", LargeBinary, nullable=False),
    Column("seen_at", String, nullable=False),
    Column("flaw", String, nullable=False),
    Column("flaw_size", Integer, nullable=False),
    Column("flaw_at", String, nullable=False),
    Index("ix_seen_log_township", "township"),
)
Table(
    "log_day",
    BASE,
    Column("day", String, primary_key=True),
    Column("known", Integer, nullable=False),
    Column("size", Integer, nullable=False),
    Column("chain", LargeBinary, nullable=False),
    Column("nodes", LargeBinary, nullable=False),
    Column("signature", LargeBinary, nullable=False),
)
Table(
    "to_compare",
    BASE,
    Column("record", String, primary_key=True),
)
Table(
    "block",
    BASE,
    Column("word", String, primary_key=True),
    Column("record", String, primary_key=True),
    Column("revision", String, nullable=False),
    Index("ix_block_record", "record"),
)
Table(
    "pair",
    BASE,
    Column("one_record", String, primary_key=True),
    Column("one_key", String, primary_key=True),
    Column("other_record", String, primary_key=True),
    Column("other_key", String, primary_key=True),
    Column("sort", String, nullable=False),
    Column("grade", String, nullable=False),
    Column("points", Integer, nullable=False),
    Column("reasons", String, nullable=False),
    Column("found_at", String, nullable=False),
    Column("answer", String, nullable=False),
    Index("ix_pair_other_record", "other_record"),
    Index("pair_waiting", "sort", "points", sqlite_where=text("answer = ''"), postgresql_where=text("answer = ''")),
)
Table(
    "pair_said",
    BASE,
    Column("id", String, primary_key=True),
    Column("one_record", String, nullable=False),
    Column("one_key", String, nullable=False),
    Column("other_record", String, nullable=False),
    Column("other_key", String, nullable=False),
    Column("answer", String, nullable=False),
    Column("by", String, nullable=False),
    Column("at", String, nullable=False),
    Column("undoes", String, nullable=False),
    Index("ix_pair_said_undoes", "undoes"),
    Index("pair_said_pair", "one_record", "other_record"),
)


def upgrade() -> None:
    """Every table, column and index of the base is there; what stood is untouched."""
    bind = op.get_bind()
    found = sqlalchemy.inspect(bind)
    columns = {name: {one["name"] for one in several} for (_, name), several in found.get_multi_columns().items()}
    indexes = {one["name"] for several in found.get_multi_indexes().values() for one in several}
    for table in BASE.tables.values():
        if table.name not in columns:
            table.create(bind)
            continue
        for column in table.columns:
            if column.name not in columns[table.name]:
                op.add_column(table.name, _empty(column))
        for index in table.indexes:
            if index.name not in indexes:
                index.create(bind)


def _empty(column: Column[object]) -> Column[object]:
    """Return a column as it is added: with what it holds in rows that are older than it."""
    if column.nullable:
        return Column(column.name, column.type)
    empty = "0" if isinstance(column.type, Integer) else "''"
    if isinstance(column.type, LargeBinary) and op.get_context().dialect.name != "postgresql":
        empty = "x''"
    return Column(column.name, column.type, nullable=False, server_default=text(empty))
