"""Where a county's book stands among the revisions of its schema, and how it comes to the newest (升级).

A revision is one file in `schema/versions`, applied by Alembic in one transaction with the note that it was: a book killed on
the way stands at one of them. Alembic is imported only when there is something to do.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import sqlalchemy
from sqlalchemy import Column, Connection, MetaData, PrimaryKeyConstraint, String, Table, func, select

from sync.contract.errors import ArchiveTooNew, BadRequest

NEWEST: Final = "0006"
BEFORE: Final = ""
"""Where a book stands that was made before revisions were counted."""

_NOTE: Final = Table(
    "alembic_version",
    MetaData(),
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)
"""As Alembic makes it."""

_SCRIPTS: Final = Path(__file__).parent / "schema"


_LOCK: Final = 20_261_122
"""PostgreSQL's number for «somebody upgrades a county here»; the second one is of its schema, so that two counties do not wait."""


def is_empty(connection: Connection) -> bool:
    """Whether no county was made in this database, or in the schema of it that is ours.

    Raises:
        BadRequest: the schema that the database's address names is not there.
    """
    if (
        connection.dialect.name == "postgresql"
        and connection.execute(select(func.current_schema())).scalar_one() is None
    ):
        raise BadRequest(
            "the schema that the address names is not in the database: let its administrator type CREATE SCHEMA"
        )
    return not sqlalchemy.inspect(connection).has_table("setting")


def standing(connection: Connection) -> str:
    """Return the revision that the book stands at.

    Raises:
        BadRequest: no county is in this database. ArchiveTooNew: a newer program made or upgraded it; nothing was touched.
    """
    if is_empty(connection):
        raise BadRequest("there is no county in this database: make one with init, or name the right database")
    if not sqlalchemy.inspect(connection).has_table(_NOTE.name):
        return BEFORE
    revision = str(connection.execute(select(_NOTE.c.version_num)).scalar_one())
    if revision > NEWEST:
        raise ArchiveTooNew(
            "a newer program works with this county: the book is untouched, use that program again",
            book=revision,
            known=NEWEST,
        )
    return revision


def stamp(connection: Connection) -> None:
    """A book whose tables were made by this program stands at the newest revision."""
    _NOTE.create(connection)
    connection.execute(_NOTE.insert().values(version_num=NEWEST))


def bring_up(connection: Connection) -> str:
    """The book stands one revision further, in this transaction; returns that revision, "" if it stood at the newest.

    Two programs that upgrade at once take turns. Raises as `standing` does.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(_LOCK, func.hashtext(func.current_schema()))))
    at = standing(connection)
    if at == NEWEST:
        return ""
    from alembic import command  # 0.3 s of import that only an upgrade pays
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    newer = [one.revision for one in ScriptDirectory.from_config(config).walk_revisions() if one.revision > at]
    command.upgrade(config, newer[-1])
    return newer[-1]
