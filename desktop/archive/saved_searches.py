"""Saved searches (常用检索): questions that a person keeps by a name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy.engine import Connection

from desktop.archive.archive import Act


def put(act: Act, name: str, asked: Mapping[str, Any]) -> None:
    """The question stands under the name, in the place of an older one of that name."""
    act.connection.exec_driver_sql(
        "INSERT INTO saved_search (person, name, asked, saved_at) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (person, name) DO UPDATE SET asked = excluded.asked, saved_at = excluded.saved_at",
        (act.by, name, json.dumps(asked, ensure_ascii=False), act.moment),
    )


def drop(act: Act, name: str) -> None:
    """No question stands under the name."""
    act.connection.exec_driver_sql("DELETE FROM saved_search WHERE person = ? AND name = ?", (act.by, name))


def of(connection: Connection, person: str) -> dict[str, dict[str, Any]]:
    """Return a person's questions by name, in the order of names."""
    rows = connection.exec_driver_sql("SELECT name, asked FROM saved_search WHERE person = ? ORDER BY name", (person,))
    return {str(row.name): json.loads(row.asked) for row in rows}
