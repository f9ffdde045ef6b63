"""A table over very many rows fetches only what is looked at, and shows nothing of a question asked before."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from desktop.ui.models.paged import KEPT_PAGES, PAGE_ROWS, Cell, PagedRows
from desktop.ui.theme import Look
from desktop.ui.widgets.table import Column, Table
from sync.contract.errors import ArchiveBusy


class Rows:
    """Remembers what was asked of it."""

    def __init__(self) -> None:
        self.asked: list[list[int]] = []

    def fetch(self, ids: list[int]) -> Sequence[str]:
        self.asked.append(ids)
        return [f"row {one}" for one in ids]


def draw(row: str) -> Sequence[Cell]:
    return (Cell(row),)


def shows(model: PagedRows[str], line: int, words: str) -> bool:
    return bool(model.data(model.index(line, 0)) == words)


def test_a_million_rows_are_there_and_two_pages_were_fetched(qtbot: QtBot) -> None:
    rows = Rows()
    model: PagedRows[str] = PagedRows(("head",), draw, rows.fetch)
    model.show_ids(range(1_000_000))
    assert model.rowCount() == 1_000_000
    for line in (0, 999_999):
        assert shows(model, line, "")
        qtbot.waitUntil(partial(shows, model, line, f"row {line}"))
    assert len(rows.asked) == 2
    assert len(rows.asked[0]) == PAGE_ROWS


def test_pages_looked_at_long_ago_are_let_go(qtbot: QtBot) -> None:
    rows = Rows()
    model: PagedRows[str] = PagedRows(("head",), draw, rows.fetch)
    model.show_ids(range(PAGE_ROWS * (KEPT_PAGES + 10)))
    for page in range(KEPT_PAGES + 10):
        model.row_at(page * PAGE_ROWS)
    qtbot.waitUntil(lambda: len(rows.asked) == KEPT_PAGES + 10)
    qtbot.waitUntil(lambda: len(model._pages) == KEPT_PAGES)


def test_an_answer_to_an_older_question_is_not_shown(qtbot: QtBot) -> None:
    rows = Rows()
    model: PagedRows[str] = PagedRows(("head",), draw, rows.fetch)
    model.show_ids([1])
    model.row_at(0)
    model.show_ids([2])
    qtbot.waitUntil(partial(shows, model, 0, "row 2"))


def test_a_refusal_while_fetching_is_told(qtbot: QtBot) -> None:
    def fetch(_ids: list[int]) -> Sequence[str]:
        raise ArchiveBusy

    model: PagedRows[str] = PagedRows(("head",), draw, fetch)
    with qtbot.waitSignal(model.failed) as told:
        model.show_ids([1])
        model.row_at(0)
    assert isinstance(told.args[0], ArchiveBusy)


def test_arrows_choose_and_enter_opens_and_letters_are_left_to_the_page(qtbot: QtBot, look: Look) -> None:
    table = Table(look, "names", (Column("head"),))
    model: PagedRows[str] = PagedRows(("head",), draw)
    table.setModel(model)
    model.show_rows(["a", "b", "c"])
    qtbot.addWidget(table)
    with qtbot.waitExposed(table):
        table.show()
    table.choose(0)
    qtbot.keyClick(table, Qt.Key.Key_Down)
    assert table.line() == 1
    with qtbot.waitSignal(table.opened) as opened:
        qtbot.keyClick(table, Qt.Key.Key_Return)
    assert opened.args == [1]
    qtbot.keyClick(table, Qt.Key.Key_C)
    assert table.line() == 1
