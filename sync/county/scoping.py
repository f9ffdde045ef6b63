"""The second belt (第二道防线): in PostgreSQL itself a desk's transaction sees the rows of its own township and no others. docs/county.md, section 6.

A desk's call runs as a role of its own, which owns nothing and may log in nowhere, so that row-level security holds for it whoever
owns the tables; the township is that of the certificate. A table that is not named here does not exist for a desk.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sqlalchemy import Connection, text

from sync.contract.errors import NotAllowed
from sync.contract.revisions import TownshipId

ROLE: Final = "lantai_desk"
"""The role; a county in a schema of its own has its own: `lantai_desk_SCHEMA`."""
POLICY: Final = "own_township"

_SCOPE: Final = "(SELECT current_setting('lantai.township', true))"  # in a sub-select: asked once, not once a row
_WRITTEN: Final = (
    "current_setting('lantai.township', true)"  # a row is written by a statement of its own: asked so it is cheaper
)
_OWN: Final = f"township = {_SCOPE}"
_BATCH: Final = "EXISTS (SELECT FROM batch AS own WHERE own.id = batch)"
_ALL: Final = "SELECT, INSERT, UPDATE, DELETE"

SCOPED: Final = {
    "township": f"code = {_SCOPE}",
    **dict.fromkeys(
        ("device", "contact", "batch", "revision", "record", "decision", "feed", "seen_log", "fetched"), _OWN
    ),
    **dict.fromkeys(("taken_back", "desk_edition"), _OWN),
    **dict.fromkeys(("seat", "number_account", "number_withdrawn", "attachment", "attachment_piece"), _OWN),
    **dict.fromkeys(("batch_part", "batch_revision", "batch_problem", "batch_check"), _BATCH),
    "revision_attachment": "EXISTS (SELECT FROM revision AS own WHERE own.id = revision)",
    "archive_number": "EXISTS (SELECT FROM record AS own WHERE own.id = record)",
}
"""Which rows of a table are a township's own; through another table where it names none, which is scoped itself."""

SHARED: Final = {
    "setting": "SELECT",  # the epoch
    "witness_list": _ALL,  # how far a list known by its hash was taken
    "witnessed": _ALL,  # which device, by its id, has witnessed
    "to_compare": "INSERT",  # put there, never read
}
"""Tables that hold nothing of a township's records, and what a desk may do with them."""


def enter(connection: Connection, township: TownshipId) -> None:
    """Until this transaction ends, only rows of the township are there."""
    connection.execute(_ENTER, {"township": township})


_ROLE: Final = f"CASE current_schema() WHEN 'public' THEN '{ROLE}' ELSE '{ROLE}_' || current_schema() END"
_ENTER: Final = text(
    "SELECT set_config('lantai.township', :township, true),"
    # the path goes by the name of the role, which is about to be another
    f" set_config('search_path', quote_ident(current_schema()), true), set_config('role', {_ROLE}, true)"
)


def is_drawn(connection: Connection) -> bool:
    """Whether the role is there, this login may take it, it cannot pass over policies, and every scoped table has its own."""
    return next(find_holes(connection), None) is None


def find_holes(connection: Connection) -> Iterator[str]:
    """Yield what is wrong with the belt, a line each; nothing if it holds."""
    name = _role_of(connection)
    role = connection.execute(_ROLE_STANDS, {"role": name}).one_or_none()
    if role is None:
        yield f"role {name}: away"
        return
    if role.passes:
        yield f"role {name}: passes over row-level security"
    if not role.ours:
        yield f"role {name}: this login may not take it"
    guarded = {row.relname for row in connection.execute(_GUARDED, {"policy": POLICY})}
    granted = {(row.table_name, row.privilege_type) for row in connection.execute(_GRANTED, {"role": name})}
    wanted = {(name, one) for name in SCOPED for one in _ALL.split(", ")}
    wanted |= {(name, one) for name, several in SHARED.items() for one in several.split(", ")}
    yield from (f"table {name}: no row-level security" for name in sorted(SCOPED.keys() - guarded))
    yield from (f"table {name}: a desk may {one}" for name, one in sorted(granted - wanted))
    yield from (f"table {name}: a desk may not {one}" for name, one in sorted(wanted - granted))


_ROLE_STANDS: Final = text(
    "SELECT rolsuper OR rolbypassrls AS passes, pg_has_role(current_user, oid, 'MEMBER') AS ours"
    " FROM pg_roles WHERE rolname = :role"
)
_GUARDED: Final = text(
    "SELECT relname FROM pg_class JOIN pg_policy ON polrelid = pg_class.oid"
    " WHERE relnamespace = current_schema()::regnamespace AND relrowsecurity AND polname = :policy"
)
_GRANTED: Final = text(
    "SELECT table_name, privilege_type FROM information_schema.role_table_grants"
    " WHERE grantee = :role AND table_schema = current_schema()"
)


def draw(connection: Connection) -> None:
    """The role and every policy are as they are said here.

    Raises:
        NotAllowed: this login may not make the role; the sentence says what an administrator types.
    """
    _have_role(connection)
    role = connection.execute(text(f"SELECT quote_ident({_ROLE})")).scalar_one()
    schema = connection.execute(text("SELECT quote_ident(current_schema())")).scalar_one()
    _do(connection, f"GRANT USAGE ON SCHEMA {schema} TO {role}")
    _do(connection, f"REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM {role}")
    for name, own in SCOPED.items():
        _do(connection, f"GRANT {_ALL} ON {name} TO {role}")
        _do(connection, f"DROP POLICY IF EXISTS {POLICY} ON {name}")
        _do(
            connection,
            f"CREATE POLICY {POLICY} ON {name} TO {role} USING ({own}) WITH CHECK ({own.replace(_SCOPE, _WRITTEN)})",
        )
        _do(connection, f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY")
    for name, several in SHARED.items():
        _do(connection, f"GRANT {several} ON {name} TO {role}")


def _role_of(connection: Connection) -> str:
    return str(connection.execute(text(f"SELECT {_ROLE}")).scalar_one())


def _have_role(connection: Connection) -> None:
    name = _role_of(connection)
    role = connection.execute(_ROLE_STANDS, {"role": name}).one_or_none()
    if role is not None and role.ours:
        return
    login = connection.execute(
        text(
            "SELECT quote_ident(rolname) AS name, quote_ident(:role) AS role, rolcreaterole OR rolsuper AS may"
            " FROM pg_roles WHERE rolname = current_user"
        ),
        {"role": name},
    ).one()
    if not login.may:
        raise NotAllowed(
            "PostgreSQL has no role for desks yet:"
            f" let its administrator type CREATE ROLE {login.role}; GRANT {login.role} TO {login.name};"
        )
    if role is None:
        _do(connection, f"CREATE ROLE {login.role} NOLOGIN")
    _do(connection, f"GRANT {login.role} TO {login.name}")


def _do(connection: Connection, statement: str) -> None:
    connection.exec_driver_sql(statement)
