"""Facts about this archive by key: layout, office, fonds, device, the line's cursor."""

from __future__ import annotations

import json
from collections.abc import Mapping

from sqlalchemy.engine import Connection


def get(connection: Connection, key: str, default: str = "") -> str:
    """Return the fact, or the default when it was never put."""
    value = connection.exec_driver_sql("SELECT value FROM setting WHERE key = :key", {"key": key}).scalar()
    return default if value is None else str(value)


def put(connection: Connection, key: str, value: str) -> None:
    """The fact stands under its key."""
    connection.exec_driver_sql(
        "INSERT INTO setting (key, value) VALUES (:key, :value) ON CONFLICT (key) DO UPDATE SET value = :value",
        {"key": key, "value": value},
    )


def get_table(connection: Connection, key: str) -> dict[str, str]:
    """Return the facts kept together under one key; none when they were never put."""
    table: dict[str, str] = json.loads(get(connection, key, "{}"))
    return table


def put_table(connection: Connection, key: str, table: Mapping[str, str]) -> None:
    """The facts stand together under the key."""
    put(connection, key, json.dumps(table, ensure_ascii=False))
