"""The kinds of attack on a log's file, by somebody with its key and every tool (docs/audit.md, section 5).

Each works on an open transaction, which the campaign takes back afterwards. `done` is how many rows the last checkpoint has.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy.engine import Connection

from sync.vault import audit
from tests.sync.county.witnessed import AT, alter

Row = tuple[object, ...]
Attack = Callable[[Connection, random.Random, int], None]
COLUMNS: Final = ("at", "who", "act", "subject", "details")


@dataclass(frozen=True, slots=True)
class Kind:
    """An attack, and what must become of it.

    Args:
        alone: it shows in the log alone. kept: it shows against what the county keeps. refused: the county refuses the next head.
    """

    name: str
    attack: Attack
    alone: bool
    kept: bool
    refused: bool


def _without_guards(connection: Connection, *statements: str) -> None:
    connection.exec_driver_sql("DROP TRIGGER IF EXISTS audit_keeps_rows")
    connection.exec_driver_sql("DROP TRIGGER IF EXISTS audit_keeps_words")
    for statement in statements:
        connection.exec_driver_sql(statement)


def _rows(connection: Connection) -> list[Row]:
    return [tuple(row) for row in connection.exec_driver_sql("SELECT * FROM audit ORDER BY sequence")]


def _put(connection: Connection, rows: Sequence[Row], *, recomputed: bool) -> None:
    """These rows stand in the log, numbered anew; with all hashes and the frontier made right, or as they are."""
    _without_guards(connection, "DELETE FROM audit")
    for number, row in enumerate(rows, 1):
        connection.exec_driver_sql("INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?, ?, ?)", (number, *row[1:]))
    if recomputed:
        alter(connection)


def _edit(connection: Connection, draw: random.Random, first: int, last: int) -> None:
    column, row = draw.choice(COLUMNS), draw.randint(first, last)
    _without_guards(connection, f"UPDATE audit SET {column} = {column} || ' ' WHERE sequence = {row}")


def edit(connection: Connection, draw: random.Random, done: int) -> None:
    _edit(connection, draw, 1, done)


def edit_hash(connection: Connection, draw: random.Random, done: int) -> None:
    column = draw.choice(("previous", "hash"))
    _without_guards(connection, f"UPDATE audit SET {column} = randomblob(32) WHERE sequence = {draw.randint(1, done)}")


def delete(connection: Connection, draw: random.Random, done: int) -> None:
    _without_guards(connection, f"DELETE FROM audit WHERE sequence = {draw.randint(1, done)}")


def _inserted(connection: Connection, draw: random.Random, done: int) -> list[Row]:
    rows = _rows(connection)
    place = draw.randrange(done)
    return [*rows[:place], (0, AT.isoformat(), "假", "record-filed", "x", "{}", *rows[place][6:]), *rows[place:]]


def insert(connection: Connection, draw: random.Random, done: int) -> None:
    _put(connection, _inserted(connection, draw, done), recomputed=False)


def _moved(connection: Connection, draw: random.Random, done: int) -> list[Row]:
    rows = _rows(connection)
    start, target = draw.sample(range(done), 2)
    rows.insert(target, rows.pop(start))
    return rows


def move(connection: Connection, draw: random.Random, done: int) -> None:
    _put(connection, _moved(connection, draw, done), recomputed=False)


def swap(connection: Connection, draw: random.Random, done: int) -> None:
    """The words of two rows change places; hashes and numbers stay."""
    rows = _rows(connection)
    one, two = draw.sample(range(done), 2)
    rows[one], rows[two] = (*rows[two][:6], *rows[one][6:]), (*rows[one][:6], *rows[two][6:])
    _put(connection, rows, recomputed=False)


def frontier(connection: Connection, draw: random.Random, _done: int) -> None:
    change = draw.choice(
        ("peaks = randomblob(length(peaks))", "chain = randomblob(32)", "size = size + 1", "peaks = x''")
    )
    connection.exec_driver_sql(f"UPDATE audit_state SET {change}")


def cut_roughly(connection: Connection, draw: random.Random, done: int) -> None:
    _without_guards(connection, f"DELETE FROM audit WHERE sequence > {draw.randrange(done)}")


def recompute_edit(connection: Connection, draw: random.Random, done: int) -> None:
    edit(connection, draw, done)
    alter(connection)


def recompute_delete(connection: Connection, draw: random.Random, done: int) -> None:
    delete(connection, draw, done)
    alter(connection)


def recompute_insert(connection: Connection, draw: random.Random, done: int) -> None:
    _put(connection, _inserted(connection, draw, done), recomputed=True)


def recompute_move(connection: Connection, draw: random.Random, done: int) -> None:
    _put(connection, _moved(connection, draw, done), recomputed=True)


def cut_tail(connection: Connection, draw: random.Random, done: int) -> None:
    """The tail behind a checkpoint is gone, and the log's own state says so; an older file put back looks the same."""
    _without_guards(connection, f"DELETE FROM audit WHERE sequence > {draw.randrange(done)}")
    alter(connection)


def fork(connection: Connection, draw: random.Random, done: int) -> None:
    """From some row on another history, as long as the true one or longer."""
    size = audit.head(connection).size
    cut_tail(connection, draw, done)
    for _ in range(size + draw.randrange(4) - audit.head(connection).size):
        audit.append(connection, "假", "record-filed", f"x{draw.random()}", {}, AT)


def add_and_cut(connection: Connection, draw: random.Random, _done: int) -> None:
    """What was done since the last checkpoint is undone before the next."""
    size = audit.head(connection).size
    for _ in range(draw.randint(1, 5)):
        audit.append(connection, "假", "masked-fields-shown", "x", {}, AT)
    _without_guards(connection, f"DELETE FROM audit WHERE sequence > {size}")
    alter(connection)


def edit_in_the_window(connection: Connection, draw: random.Random, done: int) -> None:
    """A row that no checkpoint has seen yet is changed, and all made right."""
    audit.append(connection, "真", "masked-fields-shown", "x", {}, AT)
    _edit(connection, draw, done + 1, audit.head(connection).size)
    alter(connection)


def false_row(connection: Connection, _draw: random.Random, _done: int) -> None:
    """The program itself writes what did not happen."""
    audit.append(connection, "别人", "masked-fields-shown", "x", {}, AT)


KINDS: Final = (
    Kind("edit a row", edit, alone=True, kept=True, refused=False),
    Kind("edit a hash", edit_hash, alone=True, kept=True, refused=False),
    Kind("delete a row", delete, alone=True, kept=True, refused=False),
    Kind("insert a row", insert, alone=True, kept=True, refused=False),
    Kind("move a row", move, alone=True, kept=True, refused=False),
    Kind("swap two rows", swap, alone=True, kept=True, refused=False),
    Kind("change the stored frontier", frontier, alone=True, kept=True, refused=False),
    Kind("cut the tail", cut_roughly, alone=True, kept=True, refused=False),
    Kind("edit, recompute all", recompute_edit, alone=False, kept=True, refused=True),
    Kind("delete, recompute all", recompute_delete, alone=False, kept=True, refused=True),
    Kind("insert, recompute all", recompute_insert, alone=False, kept=True, refused=True),
    Kind("move, recompute all", recompute_move, alone=False, kept=True, refused=True),
    Kind("cut the tail, frontier too", cut_tail, alone=False, kept=True, refused=True),
    Kind("fork", fork, alone=False, kept=True, refused=True),
    Kind("add and cut between checkpoints", add_and_cut, alone=False, kept=False, refused=False),
    Kind("edit between checkpoints, recompute", edit_in_the_window, alone=False, kept=False, refused=False),
    Kind("false row by the program", false_row, alone=False, kept=False, refused=False),
)
