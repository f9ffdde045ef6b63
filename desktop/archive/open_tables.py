"""The archive's tables in the open (开放导出): each row a line of canonical JSON, and back (docs/open-export.md)."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from sqlalchemy.engine import Connection

from desktop.archive import bodies
from desktop.archive.archive import FILES
from sync.contract.errors import BadRequest, SealBroken
from sync.vault.sealed_files import SealedFiles

MADE_ANEW: Final = (
    "lookup",
    "fulltext",
    "due",
    "person_mention",
)  # and the tables that the text index keeps for itself
OF_THE_COUNTY: Final = ("slice_person", "slice_record")  # who is named in files of other townships: fetched again
OF_THIS_MACHINE: Final = frozenset({"fixity", "backup_place", "backup", "pool_file"})
WITHHELD: Final[Mapping[str, frozenset[str]]] = {"attachment": frozenset({"file_id", "file_key"})}
STAMPED: Final[Mapping[str, Mapping[str, Any]]] = {"record": {"touched": 0}}  # by a trigger, as the rows come in
SECRETS: Final = ("signing.", "enrolment.", "keys.")
OF_THE_INDEX: Final = ("index.", "records.", "persons.", "county_slice")
ROWS_A_BLOCK: Final = 500
_TOLD_SETTINGS: Final = " AND ".join(f"key NOT LIKE '{prefix}%'" for prefix in (*SECRETS, *OF_THE_INDEX))


@dataclass(frozen=True, slots=True)
class OpenTable:
    """A table as it is exported: its columns, and in which order its rows stand."""

    name: str
    columns: tuple[str, ...]
    order: str

    @property
    def comes_back(self) -> bool:
        """Whether a re-import brings its rows back."""
        return self.name not in OF_THIS_MACHINE


def tables(connection: Connection) -> list[OpenTable]:
    """Return every table that is exported, by name."""
    names = connection.exec_driver_sql(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
    ).scalars()
    return [_table(connection, name) for name in names.all() if not is_made_anew(name)]


def is_made_anew(name: str) -> bool:
    """Whether a table holds only what is made again from the others, or fetched again from the county."""
    return name in OF_THE_COUNTY or any(name == one or name.startswith(one + "_") for one in MADE_ANEW)


def _table(connection: Connection, name: str) -> OpenTable:
    rows = connection.exec_driver_sql(f"SELECT name, pk FROM pragma_table_info('{name}') ORDER BY cid").all()
    withheld = WITHHELD.get(name, frozenset()) | STAMPED.get(name, {}).keys()
    key = [f'"{row.name}"' for row in sorted(rows, key=lambda row: row.pk) if row.pk]
    return OpenTable(name, tuple(row.name for row in rows if row.name not in withheld), ", ".join(key) or "rowid")


def rows(connection: Connection, table: OpenTable) -> Iterator[dict[str, Any]]:
    """Yield the rows of a table in their order, secrets left out, bodies as they were made."""
    columns = ", ".join(f'"{column}"' for column in table.columns)
    where = f" WHERE {_TOLD_SETTINGS}" if table.name == "setting" else ""
    found = connection.exec_driver_sql(f"SELECT {columns} FROM {table.name}{where} ORDER BY {table.order}")
    for row in found:
        told = dict(zip(table.columns, row, strict=True))
        if table.name == "revision":
            told["body"] = bodies.unpack(told["body"])
        if table.name == "page_text":
            told |= {name: bodies.unpack_text(told[name]) for name in ("text", "lines")}
        yield told


def lines(connection: Connection, table: OpenTable) -> Iterator[bytes]:
    """Yield the rows of a table as lines of canonical JSON, in blocks."""
    block: list[str] = []
    for row in rows(connection, table):
        block.append(json.dumps(row, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=_spell) + "\n")
        if len(block) == ROWS_A_BLOCK:
            yield "".join(block).encode()
            block = []
    if block:
        yield "".join(block).encode()


def _spell(value: object) -> dict[str, str]:
    if isinstance(value, bytes | memoryview):
        return {"base64": base64.b64encode(bytes(value)).decode("ascii")}
    raise TypeError(f"{type(value).__name__} stands in no column")


def fill(
    connection: Connection, table: OpenTable, spoken: Iterable[bytes], more: Mapping[str, Mapping[str, Any]]
) -> int:
    """The lines are rows of the table; their number is returned.

    Args:
        more: for `attachment`, what stands in the withheld columns, by SHA-256.
    Raises:
        BadRequest: a line is no row of this table.
    """
    columns = set(table.columns)
    statement, count = "", 0
    if table.name == "audit_state":  # an empty log has a row of its own
        connection.exec_driver_sql("DELETE FROM audit_state")
    for line in spoken:
        row = _row(line, columns)
        row |= more.get(str(row.get("sha256", "")), {}) if table.name in WITHHELD else {}
        row |= STAMPED.get(table.name, {})
        if table.name == "revision":
            row["body"] = bodies.pack(row["body"])
        if table.name == "page_text":
            row |= {name: bodies.pack_text(row[name]) for name in ("text", "lines")}
        if not statement:
            names = ", ".join(f'"{name}"' for name in row)
            statement = f"INSERT INTO {table.name} ({names}) VALUES ({', '.join(':' + name for name in row)})"
        connection.exec_driver_sql(statement, row)
        count += 1
    return count


def _row(line: bytes, columns: set[str]) -> dict[str, Any]:
    try:
        row = json.loads(line)
        if not isinstance(row, dict) or set(row) != columns:
            raise ValueError
        return {name: _read(value) for name, value in row.items()}
    except (ValueError, TypeError, KeyError) as error:
        raise BadRequest("a line is no row of its table") from error


def _read(value: object) -> object:
    if isinstance(value, dict):
        return base64.b64decode(value["base64"], validate=True)
    if isinstance(value, list):
        raise ValueError
    return value


def seal_file(folder: Path, content: bytes, sha256: str) -> dict[str, Any]:
    """The original lies sealed in the folder; what stands in its row's withheld columns is returned.

    Raises:
        SealBroken: it is not what its name says.
    """
    sealed = SealedFiles(folder / FILES).write(BytesIO(content))
    if sealed.sha256.hex() != sha256:
        raise SealBroken("not what its name says", sha256=sha256)
    return {"file_id": sealed.file_id.hex(), "file_key": sealed.key}
