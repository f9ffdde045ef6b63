"""The pages over a real archive, by keys: from the scan to the filed record, found again, exported and proved."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from desktop.services.desk import Desk
from desktop.services.finding import Asked, Facet, Order
from desktop.ui.pages.catalogue import CataloguePage
from desktop.ui.pages.catalogue_opening import ToStart
from desktop.ui.pages.export import ExportPage
from desktop.ui.pages.inbox import InboxPage
from desktop.ui.pages.search import SearchPage
from desktop.ui.pages.sync import SyncPage
from desktop.ui.rooms import look_around
from desktop.ui.words import Words
from tests.desktop.ui.desks import MARRIAGE, Furnished, Until

Key, Modifier = Qt.Key, Qt.KeyboardModifier


def test_a_scan_becomes_a_filed_record_and_is_found_again(
    qtbot: QtBot, furnished: Furnished, clerk: Desk, until: Until
) -> None:
    frame = furnished(clerk)
    frame.go("inbox")
    inbox = frame.page("inbox")
    assert isinstance(inbox, InboxPage)
    until(lambda: len(inbox._items) >= 3)
    inbox.entries.choose(next(key for key, item in inbox._items.items() if item.name == "marriage-2016.pdf"))
    qtbot.keyClick(inbox.entries, Key.Key_1)
    page = frame.page("catalogue")
    assert isinstance(page, CataloguePage)
    until(lambda: page.form is not None and page.form.page_count == 5)
    for key, text in MARRIAGE.items():
        page.card.focus(key)
        field = page.card.entry.boxes[key].field  # type: ignore[union-attr]
        field.clear()
        field.insert(text)
        field.textEdited.emit(field.text())
    for number, line in enumerate(page.card.papers.lines.values(), start=1):
        line.range.setFocus()
        line.range.clear()
        qtbot.keyClicks(line.range, str(number))
        qtbot.keyClick(line.range, Key.Key_Return)
    until(lambda: not page._saver.busy())
    qtbot.keyClick(page.card.file_button, Key.Key_Return, Modifier.ControlModifier)
    until(lambda: "J001-HY" in frame.notice.words())
    frame.go("search")
    search = frame.page("search")
    assert isinstance(search, SearchPage)
    search.visit("hechen")
    until(lambda: search._hits is not None and search._hits.question == "hechen" and search._hits.total >= 2)
    until(lambda: search.model.row_at(0) is not None)


def test_numbers_are_masked_until_a_purpose_is_given(
    qtbot: QtBot, furnished: Furnished, clerk: Desk, until: Until
) -> None:
    frame = furnished(clerk)
    frame.go("search", "单雅琴")
    page = frame.page("search")
    assert isinstance(page, SearchPage)
    until(lambda: page.panel.title.text().startswith("仇志远、单雅琴"))
    names = [label.accessibleName() for label in page.panel._facts.children() if hasattr(label, "accessibleName")]
    assert not any("339921198903080032" in name for name in names)
    page.table.setFocus()
    qtbot.keyClick(page.table, Key.Key_F9)
    page.panel.purpose.setText("本人查询")
    qtbot.keyClick(page.panel.purpose, Key.Key_Return)
    until(lambda: "日志" in frame.notice.words())
    names = [label.accessibleName() for label in page.panel._facts.children() if hasattr(label, "accessibleName")]
    assert any("339921198903080032" in name for name in names)


def test_a_search_that_finds_nothing_says_so(furnished: Furnished, clerk: Desk, until: Until) -> None:
    frame = furnished(clerk)
    frame.go("search", "查无此人")
    page = frame.page("search")
    assert isinstance(page, SearchPage)
    until(lambda: page.empty.isVisible())


def test_a_name_of_a_field_that_does_not_exist_is_told_beside_how_to_write_one(
    furnished: Furnished, clerk: Desk, until: Until
) -> None:
    frame = furnished(clerk)
    frame.go("search", "男房=单雅琴")
    page = frame.page("search")
    assert isinstance(page, SearchPage)
    assert not page.empty.isVisible()  # an answer that is still on its way is not an empty one
    until(lambda: page.empty.isVisible())
    assert "男房" in page.empty.accessibleName()
    frame.go("search", "女方=单雅琴")
    until(lambda: page.table.isVisible() and page._hits is not None and page._hits.total >= 1)


def test_an_office_without_a_county_is_told_what_to_do_and_can_work_on(
    furnished: Furnished, clerk: Desk, words: Words, until: Until
) -> None:
    frame = furnished(clerk)
    frame.go("sync")
    page = frame.page("sync")
    assert isinstance(page, SyncPage)
    until(lambda: page.enrol_form.isVisible())
    page.enrol_form.address.setText("https://127.0.0.1:9")
    page.enrol_form.code.setText("AAAA-BBBB-CCCC")
    page.enrol_form.submit()
    until(lambda: page.enrol_form.button.isEnabled())
    assert page.enrol_form.code.text() == "AAAA-BBBB-CCCC"
    waiting = look_around(words, clerk)
    assert waiting.line.icon == "offline"
    assert waiting.line.words


def test_the_auditor_makes_a_copy_and_proves_it_from_its_file_alone(
    qtbot: QtBot, furnished: Furnished, auditor: Desk, until: Until, tmp_path: Path
) -> None:
    frame = furnished(auditor)
    frame.go("export")
    page = frame.page("export")
    assert isinstance(page, ExportPage)
    page.folder.setText(str(tmp_path))
    page.folder.setFocus()
    qtbot.keyClick(page.folder, Key.Key_F2)
    until(lambda: page.recipient.text().startswith("age1"))
    page.export()
    until(lambda: page._task is None)
    until(lambda: page.copy.text().endswith(".tar.age"))
    page.verify()
    until(lambda: page.verify_button.isEnabled() and "签名相符" in page.verdict.accessibleName())
    copy = Path(page.copy.text())
    sealed = copy.read_bytes()
    copy.write_bytes(sealed[:-1] + bytes([sealed[-1] ^ 1]))  # one bit, whatever the byte was
    page.verify()
    until(lambda: page.verify_button.isEnabled() and "不能采信" in page.verdict.accessibleName())


def test_each_person_enters_only_the_rooms_of_the_role(furnished: Furnished, reviewer: Desk) -> None:
    assert set(furnished(reviewer).nav.items) == {
        "board",
        "review",
        "conflict",
        "search",
        "persons",
        "duplicates",
        "witness",
        "editions",
    }


@pytest.mark.parametrize(("kind", "offered"), [("dibao", True), ("document", False)])
def test_the_foot_offers_one_more_member_only_where_a_kind_has_several(
    furnished: Furnished, clerk: Desk, until: Until, kind: str, offered: bool
) -> None:
    frame = furnished(clerk)
    frame.go("catalogue", ToStart(kind))
    page = frame.page("catalogue")
    assert isinstance(page, CataloguePage)
    until(lambda: page.form is not None and page.form.kind.key == kind)
    keys = page.keys()
    assert (("Alt+A", "catalogue.key_add") in keys) == offered


def test_conditions_orders_and_kept_searches_are_all_reached_by_keys(
    qtbot: QtBot, furnished: Furnished, clerk: Desk, until: Until
) -> None:
    frame = furnished(clerk)
    frame.go("search", "结婚登记")
    page = frame.page("search")
    assert isinstance(page, SearchPage)
    until(lambda: page.conditions.line_of("state=filed") >= 0)
    every = page.model.rowCount()
    qtbot.keyClick(page.table, Key.Key_V, Modifier.AltModifier)
    until(page.conditions.hasFocus)
    page.conditions.choose("year=2016")
    qtbot.keyClick(page.conditions, Key.Key_Return)
    until(lambda: page.asked.choice == {Facet.YEAR: "2016"} and page.model.rowCount() > 0)
    assert page.model.rowCount() <= every
    qtbot.keyClick(page.conditions, Key.Key_Escape)
    until(page.table.hasFocus)
    qtbot.keyClick(page.table, Key.Key_O, Modifier.AltModifier)
    assert page.asked.order is Order.BEST
    qtbot.keyClick(page.table, Key.Key_S, Modifier.AltModifier)
    until(lambda: page.conditions.line_of("saved=结婚登记　2016　最贴切在前") >= 0)
    asked = page.asked
    for _ in ("the sentence that it is kept", "the conditions"):
        qtbot.keyClick(page.table, Key.Key_Escape)
    until(lambda: page.asked == Asked())
    qtbot.keyClick(page.table, Key.Key_V, Modifier.AltModifier)
    page.conditions.choose("saved=结婚登记　2016　最贴切在前")
    qtbot.keyClick(page.conditions, Key.Key_Return)
    until(lambda: page.asked == asked)
    qtbot.keyClick(page.table, Key.Key_S, Modifier.AltModifier)
    until(lambda: page.conditions.line_of("saved=结婚登记　2016　最贴切在前") < 0)
    assert clerk.finding.saved() == {}


def test_an_answer_of_many_pages_stands_with_its_first_rows_and_grows(
    furnished: Furnished, clerk: Desk, until: Until
) -> None:
    frame = furnished(clerk)
    frame.go("search", "")
    page = frame.page("search")
    assert isinstance(page, SearchPage)
    until(lambda: page.model.rowCount() == page._finding.find(Asked()).total > 0)
    until(lambda: page.model.row_at(0) is not None)


def test_searches_that_differ_only_in_their_order_are_kept_beside_each_other_by_names_that_say_so(
    qtbot: QtBot, furnished: Furnished, clerk: Desk, until: Until
) -> None:
    frame = furnished(clerk)
    frame.go("search", "")
    page = frame.page("search")
    assert isinstance(page, SearchPage)
    until(lambda: page.conditions.line_of("state=filed") >= 0)
    names = []
    for _ in range(2):
        qtbot.keyClick(page.table, Key.Key_O, Modifier.AltModifier)
        qtbot.keyClick(page.table, Key.Key_S, Modifier.AltModifier)
        names.append(page._name())
        until(lambda: page.conditions.line_of(f"saved={names[-1]}") >= 0)
    assert all(names)
    assert {name: one.order for name, one in clerk.finding.saved().items()} == dict(
        zip(names, (Order.BEST, Order.NUMBER), strict=True)
    )
    for name in names:
        clerk.finding.forget(name)


def test_nothing_found_under_a_condition_names_the_condition_and_the_key_that_takes_it_off(
    furnished: Furnished, clerk: Desk, until: Until
) -> None:
    frame = furnished(clerk)
    frame.go("search", "结婚登记")
    page = frame.page("search")
    assert isinstance(page, SearchPage)
    until(lambda: page.conditions.line_of("year=2016") >= 0)
    page._toggle("year", "2016")
    frame.go("search", "查无此人")
    until(lambda: page.empty.isVisible() and "2016" in page.empty.accessibleName())
    assert "Alt+V" in page.empty.accessibleName()
    page._toggle("year", "2016")
    until(lambda: page.empty.isVisible() and "2016" not in page.empty.accessibleName())
