"""The register of extracts (出证登记): what was issued to whom, what for, with the code that stands on the sheet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.engine import Connection, Row

from desktop.archive.archive import Act


@dataclass(frozen=True, slots=True)
class ExtractLine:
    """One extract as it was issued; `code` holds all that its sheet says."""

    number: str
    record_uid: str
    revision: str
    applicant: str
    purpose: str
    person: str
    at: str
    code: str


_COLUMNS = "number, record_uid, revision, applicant, purpose, person, at, code"


def next_number(connection: Connection, fonds: str, year: int) -> str:
    """Return the number of the next extract of the year; it is given when `add` keeps it."""
    stem = f"{fonds}-证·{year}-"
    last = connection.exec_driver_sql(
        "SELECT number FROM extract WHERE number >= ? AND number < ? ORDER BY length(number) DESC, number DESC LIMIT 1",
        (stem, stem + ":"),  # the character after 9
    ).scalar()
    return f"{stem}{int(str(last).removeprefix(stem)) + 1 if last else 1:04}"


def add(act: Act, line: ExtractLine) -> None:
    """The extract stands in the register."""
    act.connection.exec_driver_sql(
        f"INSERT INTO extract ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (line.number, line.record_uid, line.revision, line.applicant, line.purpose, line.person, line.at, line.code),
    )


def of_record(connection: Connection, record_uid: str) -> list[ExtractLine]:
    """Return the extracts of a record, the newest first."""
    asked = f"SELECT {_COLUMNS} FROM extract WHERE record_uid = ? ORDER BY at DESC, number DESC"
    return _lines(connection.exec_driver_sql(asked, (record_uid,)).all())


def _lines(rows: Sequence[Row[Any]]) -> list[ExtractLine]:
    return [ExtractLine(**row._mapping) for row in rows]
