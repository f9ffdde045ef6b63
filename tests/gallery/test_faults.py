"""Faults that were planted are found: a test that finds nothing may be unable to find anything."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton, QWidget
from pytestqt.qtbot import QtBot

from desktop.ui.models.paged import Cell, PagedRows
from desktop.ui.theme import Look
from desktop.ui.widgets.field import Field
from desktop.ui.widgets.keys import Button
from desktop.ui.widgets.table import Column, Table
from desktop.ui.widgets.text import Runs, Text
from tests.gallery.faults import faults, unseen_focus

SIZE = (600, 400)


@pytest.fixture
def page(qtbot: QtBot, look: Look) -> QWidget:
    """An empty page with a ground, on which faults can be laid."""
    made = QWidget()
    made.setObjectName("window")
    made.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
    made.look = look  # type: ignore[attr-defined]
    made.resize(*SIZE)
    qtbot.addWidget(made)
    return made


def lay(page: QWidget, widget: QWidget, x: int, y: int, width: int, height: int) -> None:
    widget.setParent(page)
    widget.setFixedSize(width, height)
    widget.move(x, y)


def shown(qtbot: QtBot, page: QWidget) -> list[str]:
    with qtbot.waitActive(page):
        page.show()
        page.activateWindow()
    return faults(page, SIZE)


def test_a_sound_page_is_called_sound(qtbot: QtBot, page: QWidget, look: Look) -> None:
    for place, widget in enumerate(
        (Text(look, "登记日期"), Field(look, "姓名", "如 何晨"), Button(look, "归档", "Ctrl+Enter", "main"))
    ):
        lay(page, widget, 20, 20 + 60 * place, 240, 32)
    assert shown(qtbot, page) == []
    assert unseen_focus(page) == []


def test_words_without_room_are_found(qtbot: QtBot, page: QWidget, look: Look) -> None:
    table = Table(look, "件", (Column("责任者与签发人", 60), Column("状态", 60), Column("题名")))
    rows: PagedRows[str] = PagedRows(["", "", ""], lambda one: (Cell(one), Cell("县里已收", "pill"), Cell(one)))
    rows.show_rows(["一"])
    table.setModel(rows)
    lay(page, table, 20, 200, 400, 120)
    lay(page, Text(look, "登记日期"), 20, 20, 30, 20)
    lay(page, Field(look, "姓名", "写全名，不写小名"), 20, 60, 60, 30)
    found = "\n".join(shown(qtbot, page))
    for words in ("cut: 登记日期", "cut hint: 写全名", "cut head: 责任者", "cut state: 县里已收"):
        assert words in found


def test_what_stands_on_something_else_is_found(qtbot: QtBot, page: QWidget, look: Look) -> None:
    lay(page, Text(look, "男方"), 20, 20, 80, 20)
    lay(page, Text(look, "女方"), 60, 30, 80, 20)
    assert [one for one in shown(qtbot, page) if one.startswith("overlap of 40 x 10")]


def test_what_has_no_name_is_found(qtbot: QtBot, page: QWidget, look: Look) -> None:
    lay(page, Field(look, ""), 20, 20, 80, 30)
    lay(page, QPushButton("无名"), 20, 60, 80, 30)
    found = [one for one in shown(qtbot, page) if one.startswith("without a name")]
    assert len(found) == 1  # the second is Qt's own and says its text


@pytest.mark.parametrize("rich", [False, True])
def test_words_that_can_hardly_be_read_are_found(qtbot: QtBot, page: QWidget, look: Look, rich: bool) -> None:
    label = Runs(look, ("看不清", "body", "line")) if rich else Text(look, "看不清")
    if not rich:
        label.setStyleSheet("color: #C8C8C8")
    lay(page, label, 20, 20, 80, 24)
    assert [one for one in shown(qtbot, page) if one.startswith("contrast 1.") and "看不清" in one]


def test_a_focus_that_nobody_sees_is_found(qtbot: QtBot, page: QWidget) -> None:
    class Flat(QWidget):
        """Takes the keyboard and does not show it."""

    flat = Flat()
    flat.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    flat.setAccessibleName("看不见的")
    lay(page, flat, 20, 20, 80, 24)
    shown(qtbot, page)
    assert unseen_focus(page) == ["focus not seen: Flat 看不见的"]
