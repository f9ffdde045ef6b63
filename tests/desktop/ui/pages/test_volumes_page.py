"""Volumes by keys alone: put together, ordered, closed, printed into a PDF and read back, opened again, taken back."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QThreadPool
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

import resources
from desktop.services.desk import Desk
from desktop.ui.desk_frame import DeskFrame
from desktop.ui.keeping import keeping_pool
from desktop.ui.pages.catalogue import CataloguePage
from desktop.ui.pages.catalogue_opening import ToResume
from desktop.ui.pages.search import SearchPage
from desktop.ui.pages.volumes import VolumesPage
from desktop.ui.pages.volumes_form import Asks
from desktop.ui.paper.volume_prints import PictureSheet
from sync.contract.kinds import Print
from sync.vault.slots import Role
from tests.desktop.services.test_volumes import ADOPTION
from tests.desktop.ui.desks import PASSWORD, PEOPLE, Furnished, Until, file_marriage, lay, make_office
from tests.desktop.ui.paper.sheets import Read

Key, Modifier = Qt.Key, Qt.KeyboardModifier
SCAN = "document-2019.pdf"
Shown = tuple[Desk, DeskFrame, VolumesPage]
NAMES = (("何晨", "陈思"), ("仇志远", "单雅琴"), ("王建国", "李秀英"))


@pytest.fixture
def shown(tmp_path: Path, furnished: Furnished, until: Until) -> Iterator[Shown]:
    """The page of an office with three marriages in no volume."""
    desk = make_office(tmp_path).unlock(PEOPLE[Role.CLERK], PASSWORD)
    for number, (husband, wife) in enumerate(NAMES):
        file_marriage(desk, husband__name=husband, wife__name=wife, cert_no=f"J339921-2016-00002{number}")
    frame = furnished(desk)
    frame.enter()
    frame.go("volumes")
    page = frame.page("volumes")
    assert isinstance(page, VolumesPage)
    until(lambda: page.lists.series_model.rowCount() == 1)
    yield desk, frame, page
    frame.leave()
    keeping_pool().waitForDone()
    QThreadPool.globalInstance().waitForDone()
    desk.close()


def file_scan(desk: Desk, until: Until) -> str:
    """An official letter stands filed with its scan of two pages; its id comes back."""
    lay(desk, SCAN)
    until(lambda: desk.receiving.sweep() is not None and bool(desk.receiving.items()))
    uid = desk.cataloguing.start("document", desk.receiving.items()[0].id).draft.uid
    for key, text in {"subject": "关于低保提标的通知", "issued": "2019年3月1日", "author": "青石镇人民政府"}.items():
        form = desk.cataloguing.put(uid, key, text)
    for finding in form.judgement.unexcused(form.draft.reasons):
        desk.cataloguing.give_reason(uid, finding.field, "原件如此")
    return str(desk.filing.file(uid).record)


def made(page: VolumesPage, qtbot: QtBot, until: Until, most: str = "100") -> None:
    """N, so many items, Enter."""
    qtbot.keyClick(page, Key.Key_N)
    assert page.form.asks is Asks.MAKE
    page.form.fields["most"].setFocus()
    page.form.fields["most"].selectAll()
    qtbot.keyClicks(page.form.fields["most"], most)
    before = page.lists.volume_model.rowCount()
    qtbot.keyClick(page.form.fields["most"], Key.Key_Return)
    until(lambda: page.lists.volume_model.rowCount() == before + 1 and page._found is not None)


def titles(page: VolumesPage) -> list[str]:
    return [row.title[:2] for row in page._found.rows] if page._found else []


def counted(page: VolumesPage, qtbot: QtBot, until: Until) -> None:
    """F3 and a number on every item, none of which has a scan."""
    assert page._found is not None
    for place in range(len(page._found.rows)):
        page.lists.items.setFocus()
        page.lists.items.choose(place)
        qtbot.keyClick(page, Key.Key_F3)
        qtbot.keyClicks(page.form.fields["pages"], "6")
        qtbot.keyClick(page.form.fields["pages"], Key.Key_Return)
        until(lambda place=place: page._found is not None and page._found.rows[place].pages == 6)  # type: ignore[misc]


def closed(page: VolumesPage, qtbot: QtBot, until: Until) -> None:
    counted(page, qtbot, until)
    qtbot.keyClick(page, Key.Key_Return, Modifier.ControlModifier)
    until(lambda: page._found is not None and page._found.closed)


def test_a_volume_is_made_of_a_series_and_ordered_and_taken_back_by_keys(
    shown: Shown, qtbot: QtBot, until: Until
) -> None:
    _desk, frame, page = shown
    made(page, qtbot, until, "2")
    assert titles(page) == ["何晨", "仇志"]
    qtbot.keyClick(page, Key.Key_A)
    qtbot.keyClicks(page.form.fields["numbers"], "3")
    qtbot.keyClick(page.form.fields["numbers"], Key.Key_Return)
    until(lambda: len(titles(page)) == 3)
    page.lists.items.choose(2)
    for _ in range(2):
        qtbot.keyClick(page.lists.items, Key.Key_Up, Modifier.AltModifier)
    until(lambda: titles(page) == ["王建", "何晨", "仇志"])
    assert page.lists.items.line() == 0  # the moved one stays chosen
    qtbot.keyClick(page.lists.items, Key.Key_O)
    until(lambda: titles(page) == ["何晨", "仇志", "王建"])
    qtbot.keyClick(page.lists.items, Key.Key_Z, Modifier.ControlModifier)
    until(lambda: titles(page) == ["王建", "何晨", "仇志"])
    page.lists.items.setFocus()
    page.lists.items.choose(0)
    qtbot.keyClick(page.lists.items, Key.Key_Delete)
    until(lambda: titles(page) == ["何晨", "仇志"])
    for _ in range(5):
        qtbot.keyClick(page, Key.Key_Z, Modifier.ControlModifier)
    until(lambda: page._found is None)
    assert page.lists.none.isVisible()
    qtbot.keyClick(page, Key.Key_Z, Modifier.ControlModifier)
    until(lambda: frame.notice.words() == page.words("volumes.nothing_to_undo"))


def test_a_volume_whose_pages_are_not_known_is_not_closed_and_it_is_said_which(
    shown: Shown, qtbot: QtBot, until: Until
) -> None:
    _desk, frame, page = shown
    made(page, qtbot, until)
    qtbot.keyClick(page, Key.Key_Return, Modifier.ControlModifier)
    until(lambda: "第 1 件还不知道有几页" in frame.notice.words())
    assert page._found is not None
    assert not page._found.closed
    assert not page.preview.print_button.isVisible()


def test_a_closed_volume_is_saved_sheet_by_sheet_and_says_so(
    shown: Shown, qtbot: QtBot, until: Until, tmp_path: Path
) -> None:
    desk, frame, page = shown
    made(page, qtbot, until)
    qtbot.keyClick(page, Key.Key_S, Modifier.ControlModifier)
    assert frame.notice.words().startswith(page.words("volumes.close_first"))
    closed(page, qtbot, until)
    page.lists.volumes.setFocus()
    sheets = [one for one in desk.kinds["marriage"].prints if one is not Print.EXTRACT]
    for digit, which in enumerate(sheets, start=1):
        qtbot.keyClick(page, str(digit))
        assert page.preview.which is which
        path = tmp_path / f"{which.value}.pdf"
        page.save_pdf(str(path))
        until(lambda path=path: path.exists())  # type: ignore[misc]
        until(lambda path=path: frame.notice.words().startswith(path.name))  # type: ignore[misc]
    said = Read((tmp_path / "catalogue.pdf").read_bytes()).text()
    for husband, wife in NAMES:
        assert f"{husband}、{wife}结婚登记" in said
    assert "共3件,18页" in Read((tmp_path / "note.pdf").read_bytes()).text()
    assert "0003" in Read((tmp_path / "stamp.pdf").read_bytes()).text()  # the chosen item's
    page._read(page._volume)
    until(lambda: desk.volume_lists.every()[0].totals.printed)
    assert not list(tmp_path.glob("*.part"))


def test_a_reopened_volume_asks_why_and_keeps_the_reason(shown: Shown, qtbot: QtBot, until: Until) -> None:
    _desk, _frame, page = shown
    made(page, qtbot, until)
    closed(page, qtbot, until)
    qtbot.keyClick(page, Key.Key_F8)
    qtbot.keyClick(page.form.fields["reason"], Key.Key_Return)
    until(lambda: page.form.told.isVisible())
    assert page.form.fields["reason"].state() == "danger"
    page.form.fields["reason"].insert("漏了一件")
    qtbot.keyClick(page.form.fields["reason"], Key.Key_Return)
    until(lambda: page._found is not None and not page._found.closed)
    assert page._found is not None
    assert [one.note for one in page._found.reopened] == ["漏了一件"]


def test_what_was_found_becomes_a_volume_by_one_key(shown: Shown, qtbot: QtBot, until: Until) -> None:
    _desk, frame, page = shown
    frame.go("search", "结婚登记")
    search = frame.page("search")
    assert isinstance(search, SearchPage)
    until(lambda: search._hits is not None and search._hits.total == 3)
    qtbot.keyClick(search.table, Key.Key_F6)
    until(lambda: frame.here == "volumes" and page._found is not None)
    assert titles(page) == ["王建", "仇志", "何晨"]  # in the order of the answer, the newest first


def test_the_chosen_item_s_scan_is_shown_with_its_stamp_and_saved_as_a_copy(
    tmp_path: Path, furnished: Furnished, qtbot: QtBot, until: Until
) -> None:
    desk = make_office(tmp_path).unlock(PEOPLE[Role.CLERK], PASSWORD)
    desk.settle_seconds = 0.0
    uid = file_scan(desk, until)
    frame = furnished(desk)
    frame.enter()
    frame.go("volumes")
    page = frame.page("volumes")
    assert isinstance(page, VolumesPage)
    until(lambda: page.lists.series_model.rowCount() == 1)
    made(page, qtbot, until)
    qtbot.keyClick(page, Key.Key_Return, Modifier.ControlModifier)
    until(lambda: page._found is not None and page._found.closed)
    qtbot.keyClick(page, str(desk.kinds["document"].prints.index(Print.STAMP) + 1))
    until(lambda: isinstance(page.preview.view._sheet, PictureSheet))
    page.save_pdf(str(tmp_path / "stamped.pdf"))
    until(lambda: (tmp_path / "stamped.pdf").exists())
    copy = Read((tmp_path / "stamped.pdf").read_bytes())
    first = {word.said: word for word in copy.words()}
    assert set(first) == {"J001", "2019", "0001", "文书", "30 年", "2"}  # the scan itself has no words
    assert 6 < first["J001"].top < first["文书"].top < 22
    assert copy.pages == 2
    shipped = (files(resources) / "practice" / SCAN).read_bytes()
    assert desk.finding.record(uid).attachments[0]["sha256"] == hashlib.sha256(shipped).hexdigest()
    assert desk.paper_copies.stamped(uid, (tmp_path / "stamped.pdf").read_bytes())  # it compares the file with its hash
    frame.leave()
    keeping_pool().waitForDone()
    QThreadPool.globalInstance().waitForDone()
    desk.close()


def test_a_list_of_adoptions_names_nobody_on_the_page_or_on_paper_until_f9(
    shown: Shown, qtbot: QtBot, until: Until, tmp_path: Path
) -> None:
    desk, frame, page = shown
    form = desk.cataloguing.start("adoption")
    for key, text in ADOPTION.items():
        form = desk.cataloguing.put(form.draft.uid, key, text)
    for finding in form.judgement.unexcused(form.draft.reasons):
        desk.cataloguing.give_reason(form.draft.uid, finding.field, "原件如此")
    desk.filing.file(form.draft.uid)
    frame.go("volumes")
    until(lambda: page.lists.series_model.rowCount() == 2)
    qtbot.keyClick(page, Key.Key_N)
    kinds = [page.lists.series_model.row_at(line).kind for line in range(2)]  # type: ignore[union-attr]
    page.lists.series.choose(kinds.index("adoption"))
    qtbot.keyClick(page.lists.series, Key.Key_Return)
    until(lambda: page._found is not None)
    closed(page, qtbot, until)
    assert page._found is not None
    assert [row.title for row in page._found.rows] == ["收养登记"]
    for purpose, named in (("", False), ("移交县档案馆", True)):
        if purpose:
            qtbot.keyClick(page, Key.Key_F9)
            page.form.fields["purpose"].insert(purpose)
            qtbot.keyClick(page.form.fields["purpose"], Key.Key_Return)
            until(lambda: page._found is not None and not page._found.hides)
        path = tmp_path / f"contents-{named}.pdf"
        page.save_pdf(str(path))
        until(lambda path=path: path.exists())  # type: ignore[misc]
        assert ("仇小雨" in Read(path.read_bytes()).text()) is named
    with desk._archive.reading() as connection:
        assert connection.exec_driver_sql("SELECT purpose FROM look").scalars().all() == ["移交县档案馆"]


def test_a_window_made_narrow_leaves_the_keyboard_on_the_page_in_front(shown: Shown, until: Until) -> None:
    desk, frame, page = shown
    frame.go("catalogue", ToResume(desk.cataloguing.start("dibao").draft.uid))
    catalogue = frame.page("catalogue")
    assert isinstance(catalogue, CataloguePage)
    until(lambda: QApplication.focusWidget().objectName() == "field:case_no")
    assert catalogue.card.focus("head.name")
    frame.go("volumes")
    page.lists.form.show_asking(Asks.MAKE, {})
    page.lists.show_form(True)
    field = page.form.fields["most"]
    field.setFocus()
    for narrow in (True, False):
        frame.set_narrow(narrow)
        QApplication.processEvents()
        assert QApplication.focusWidget() is field
