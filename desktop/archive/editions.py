"""Editions of kinds and rules that came from the county (规则版本), packed as they came; docs/editions.md, section 4."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.engine import Connection

from desktop.archive.archive import Act


@dataclass(frozen=True, slots=True)
class EditionKept:
    """An edition as it lies here: `refused` is empty or the code of the reason; `form`, what the program knew then."""

    number: int
    form: int
    refused: str
    at: str
    packed: bytes


def keep(act: Act, number: int, form: int, refused: str, packed: bytes) -> None:
    """The edition lies here, taken or refused; one of the same number gives way."""
    act.connection.exec_driver_sql("DELETE FROM edition WHERE number = ?", (number,))
    act.connection.exec_driver_sql(
        "INSERT INTO edition (number, form, refused, at, packed) VALUES (?, ?, ?, ?, ?)",
        (number, form, refused, act.moment, packed),
    )


def newest(connection: Connection) -> EditionKept | None:
    """Return the newest edition that was taken, None where there is none."""
    row = connection.exec_driver_sql("SELECT * FROM edition WHERE refused = '' ORDER BY number DESC LIMIT 1").first()
    return None if row is None else EditionKept(**row._mapping)


def last_seen(connection: Connection, form: int) -> EditionKept | None:
    """Return the highest edition that was seen by a program of this form; what an older one refused is asked for again."""
    row = connection.exec_driver_sql(
        "SELECT * FROM edition WHERE refused = '' OR form >= ? ORDER BY number DESC LIMIT 1", (form,)
    ).first()
    return None if row is None else EditionKept(**row._mapping)
