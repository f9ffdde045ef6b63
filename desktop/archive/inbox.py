"""The inbox (收件): files that came through the scanner folder, each with what became of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import text
from sqlalchemy.engine import Connection, Row

from desktop.archive.archive import Act


class ItemState(StrEnum):
    """taken: kept and waiting to be catalogued. doubled: the same bytes are kept already. aside: no document; the
    file lies in the folder's aside drawer. used: catalogued."""

    TAKEN = "taken"
    DOUBLED = "doubled"
    ASIDE = "aside"
    USED = "used"


@dataclass(frozen=True, slots=True)
class Item:
    """One file that came."""

    id: str
    name: str
    state: ItemState
    sha256: str
    size_bytes: int
    pages: int
    reason: str
    received_at: str
    record_uid: str


_COLUMNS = "id, name, state, sha256, size_bytes, pages, reason, received_at, record_uid"


def add(act: Act, item: Item) -> None:
    """The item stands in the inbox."""
    act.connection.exec_driver_sql(
        f"INSERT INTO inbox_item ({_COLUMNS}) VALUES (:id, :name, :state, :sha256, :size_bytes, :pages, :reason,"
        " :received_at, :record_uid)",
        {name: getattr(item, name) for name in _COLUMNS.split(", ")} | {"state": item.state.value},
    )


def items(connection: Connection, *states: ItemState) -> list[Item]:
    """Return the items in these states (all when none is named), the oldest first."""
    rows = connection.exec_driver_sql(
        f"SELECT {_COLUMNS} FROM inbox_item WHERE state IN (SELECT value FROM json_each(:states))"
        " ORDER BY received_at, name",
        {"states": json.dumps([state.value for state in states or ItemState])},
    )
    return [_item(row) for row in rows]


def count(connection: Connection, state: ItemState) -> int:
    """Return how many items stand in that state."""
    counted = text("SELECT count(*) FROM inbox_item WHERE state = :state")
    return int(connection.execute(counted, {"state": state.value}).scalar_one())


def find(connection: Connection, item_id: str) -> Item | None:
    """Return the item, or None."""
    row = connection.exec_driver_sql(f"SELECT {_COLUMNS} FROM inbox_item WHERE id = :id", {"id": item_id}).first()
    return _item(row) if row else None


def _item(row: Row[Any]) -> Item:
    return Item(**{**row._mapping, "state": ItemState(row.state)})


def use(act: Act, item_id: str, record_uid: str) -> None:
    """The item has become part of a record."""
    act.connection.exec_driver_sql(
        "UPDATE inbox_item SET state = 'used', record_uid = :record WHERE id = :id",
        {"id": item_id, "record": record_uid},
    )
