"""Who sees what (可见规则): what a township may do with records that another holds; nothing, until an officer says so."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping

from sqlalchemy import Connection, delete, insert, select

from sync.contract.errors import BadRequest
from sync.contract.kinds import Kind
from sync.contract.one_window import EVERYBODY, VIEW_BYTES, May
from sync.contract.revisions import TownshipId
from sync.contract.rulings import check_reason
from sync.county import registry, tables
from sync.county.book import SqlBook
from sync.county.storage import Storage
from sync.county.tables import table

_RULE = table(tables.CatalogueRule)


def allowed(connection: Connection, kinds: Mapping[str, Kind], township: TownshipId) -> dict[str, May]:
    """Return what the township may do with each kind, in the order of their keys; closed kinds are not among them."""
    rules = {(row.township, row.kind): May(row.may) for row in connection.execute(select(_RULE))}
    found: dict[str, May] = {}
    for key in sorted(kinds):
        asked = ((township, key), (township, EVERYBODY), (EVERYBODY, key), (EVERYBODY, EVERYBODY))
        may = next((rules[one] for one in asked if one in rules), May.NONE)
        if may is not May.NONE and not kinds[key].restricted:
            found[key] = may
    return found


def view_of(epoch: str, salt: bytes, township: TownshipId, may: Mapping[str, May]) -> bytes:
    """Return what changes when the township's slice is to be fetched anew: which kinds it finds, and of which book."""
    parts = (epoch, salt.hex(), township, *may)
    return hashlib.sha256("\n".join(parts).encode()).digest()[:VIEW_BYTES]


def set_rule(
    storage: Storage, kinds: Mapping[str, Kind], township: str, kind: str, may: May, *, officer: str, why: str
) -> None:
    """From now on that is the rule for the township and the kind; officer and reason stand in the county's log.

    Raises:
        BadRequest: no such township or kind, a restricted kind, no officer, no reason.
    """
    check_reason(why)
    if not officer.strip():
        raise BadRequest("a rule names the officer who says so")
    if kind != EVERYBODY and (kind not in kinds or kinds[kind].restricted):
        raise BadRequest("no such kind, or one that is closed by law", kind=kind)
    with storage.writing(None) as book:
        _check_township(book, township)
        book.connection.execute(delete(_RULE).where(_RULE.c.township == township, _RULE.c.kind == kind))
        book.connection.execute(insert(_RULE), {"township": township, "kind": kind, "may": may.value})
        book.log(officer, "catalogue.rule", township, {"kind": kind, "may": may.value, "why": why})


def list_rules(connection: Connection) -> Iterator[str]:
    """Yield every rule, a line each."""
    for row in connection.execute(select(_RULE).order_by(_RULE.c.township, _RULE.c.kind)):
        yield f"{row.township} {row.kind} {row.may}"


def _check_township(book: SqlBook, township: str) -> None:
    known = {code for code, _ in registry.list_townships(book.connection)}
    if township != EVERYBODY and township not in known:
        raise BadRequest("no such township", township=township)
