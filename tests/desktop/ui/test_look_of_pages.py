"""Every page as it is drawn: nothing cut, nothing without a name, at 100 % and at 150 %, in light and in dark."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt, QThreadPool
from PySide6.QtGui import QTextDocumentFragment
from PySide6.QtWidgets import QAbstractButton, QAbstractItemView, QApplication, QLabel, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from desktop.services.desk import Desk
from desktop.services.opening import Opening, RecoverySheet
from desktop.services.reviewing import Compared, ReviewedRecord
from desktop.ui.desk_frame import DeskFrame
from desktop.ui.pages.begin import CreatePage, RecoverPage
from desktop.ui.pages.crash import CrashPage
from desktop.ui.pages.page import Page
from desktop.ui.pages.recovery_sheet import RecoverySheetPage
from desktop.ui.pages.restore import RestorePage
from desktop.ui.pages.review import ReviewPage
from desktop.ui.pages.unlock import Somebody, UnlockPage
from desktop.ui.rooms import furnish
from desktop.ui.theme import Look
from desktop.ui.widgets.field import Field
from desktop.ui.widgets.text import Elided
from desktop.ui.words import Words
from sync.contract.batches import BatchId
from sync.contract.errors import WrongPassword
from sync.contract.findings import Finding, Level
from sync.contract.histories import RevisionStanding
from sync.contract.review import BatchDetail, BatchRecord, BatchSummary
from sync.contract.revisions import ChangeKind, DeviceId, RecordId, RevisionId, TownshipId
from sync.vault.slots import Role
from tests.desktop.ui.desks import PASSWORD, PEOPLE, Until

WIDE, NARROW = (1366, 768), (911, 512)  # 1366 x 768 at 100 % and at 150 %
SIZES = pytest.mark.parametrize("size", [WIDE, NARROW], ids=["100%", "150%"])


def plain(label: QLabel) -> str:
    return QTextDocumentFragment.fromHtml(label.text()).toPlainText() if "<" in label.text() else label.text()


def cut_labels(root: QWidget) -> Iterator[str]:
    for label in root.findChildren(QLabel):
        if not label.isVisible() or not label.text() or isinstance(label, Elided):
            continue
        room, wanted = label.size(), label.sizeHint()
        if label.wordWrap():
            if label.heightForWidth(room.width()) > room.height() + 2:
                yield f"cut paragraph: {plain(label)}"
        elif wanted.width() > room.width() + 1 or wanted.height() > room.height() + 4:
            yield f"cut: {plain(label)} needs {wanted.width()} x {wanted.height()}, has {room.width()} x {room.height()}"


def nameless(root: QWidget) -> Iterator[str]:
    for kind in (QLineEdit, QAbstractButton, QAbstractItemView):
        for widget in root.findChildren(kind):
            internal = widget.objectName().startswith("qt_") or type(widget).__module__.startswith("PySide6")
            if widget.isVisible() and not widget.accessibleName() and not internal:
                yield f"without a name: {type(widget).__name__} {widget.objectName()}"


def cut_hints(root: QWidget) -> Iterator[str]:
    for field in root.findChildren(Field):
        hint = field.placeholderText()
        if field.isVisible() and not field.text() and field.fontMetrics().horizontalAdvance(hint) + 18 > field.width():
            yield f"cut hint: {hint} in {field.width()} px"


def outside(root: QWidget) -> Iterator[str]:
    """Buttons that stand in no scroll area must lie inside the window whole."""
    whole = root.rect()
    for button in root.findChildren(QAbstractButton):
        if button.isVisible() and not any(_scrolls(parent) for parent in _above(button, root)):
            corner = button.mapTo(root, button.rect().bottomRight())
            if not whole.contains(corner) or not whole.contains(button.mapTo(root, button.rect().topLeft())):
                yield f"outside the window: {button.accessibleName()}"


def _above(widget: QWidget, root: QWidget) -> Iterator[QWidget]:
    parent = widget.parentWidget()
    while parent is not None and parent is not root:
        yield parent
        parent = parent.parentWidget()


def _scrolls(widget: QWidget) -> bool:
    return widget.objectName() == "qt_scrollarea_viewport"


def faults(root: QWidget, size: tuple[int, int]) -> list[str]:
    for _ in range(4):  # a changed size travels up one floor of boxes at a time
        QApplication.processEvents()
    least = root.minimumSizeHint()
    found = [*cut_labels(root), *nameless(root), *cut_hints(root), *outside(root)]
    if least.width() > size[0] or least.height() > size[1]:
        found.append(f"wants {least.width()} x {least.height()}, has {size[0]} x {size[1]}")
    return found


def grown(root: QWidget, size: tuple[int, int]) -> list[str]:
    """A window wider than its screen hides what stands at its edge, though nothing in it is cut."""
    there = (root.width(), root.height())
    return [] if there == size else [f"grew to {there[0]} x {there[1]} from {size[0]} x {size[1]}"]


def show(qtbot: QtBot, widget: QWidget, size: tuple[int, int]) -> None:
    qtbot.addWidget(widget)
    if isinstance(widget, Page | DeskFrame):
        widget.set_narrow(size == NARROW)
    widget.resize(*size)
    with qtbot.waitExposed(widget):
        widget.show()


@SIZES
def test_the_first_pages_fit_and_say_everything(
    qtbot: QtBot, look: Look, words: Words, opening: Opening, size: tuple[int, int]
) -> None:
    unlock = UnlockPage(look, words, True, "0.1.0")
    unlock.show_people([Somebody("陈晓兰", "clerk"), Somebody("周敏", "reviewer"), Somebody("何审计", "auditor")])
    sheet = RecoverySheet("云泽县青石镇", "XJE2-UMUZ-D2LJ-TXXM-YJQW-RV57-GWGY-AJUZ-TF7N", "2026-11-21T10:00:00+00:00")
    pages: list[Page] = [
        unlock,
        UnlockPage(look, words, False, "0.1.0"),
        CreatePage(look, words, opening),
        RecoverPage(look, words, opening, "陈晓兰"),
        RestorePage(look, words, opening.folder),
        RecoverySheetPage(look, words, sheet),
        CrashPage(look, words, ZeroDivisionError("a number of nobody")),
    ]
    for page in pages:
        show(qtbot, page, size)
        assert faults(page, size) == [], type(page).__name__
    unlock.show_refusal(words.of_error(WrongPassword()).what)
    assert faults(unlock, size) == []


@SIZES
@pytest.mark.parametrize("mode", ["light", "dark"])
def test_the_clerks_pages_fit_and_say_everything(
    qtbot: QtBot, look: Look, words: Words, clerk: Desk, until: Until, size: tuple[int, int], mode: str
) -> None:
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    look.turn(app, mode)
    frame = furnish(look, words, clerk)
    frame.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
    show(qtbot, frame, size)
    frame.go("inbox")
    try:
        inbox = frame.page("inbox")
        until(lambda: len(inbox._items) == 3)
        until(lambda: inbox.viewer.canvas.image is not None)
        assert [*faults(frame, size), *grown(frame, size)] == []
        qtbot.keyClick(inbox.entries, Qt.Key.Key_1)
        page = frame.page("catalogue")
        until(lambda: page.form is not None)
        assert [*faults(frame, size), *grown(frame, size)] == []
        page.file()
        until(lambda: bool(frame.notice.words()))
        assert [*faults(frame, size), *grown(frame, size)] == []
        frame.go("search", "")
        search = frame.page("search")
        until(lambda: search.panel.uid != "" and bool(search.panel.title.text()))
        search.ask_purpose()
        assert [*faults(frame, size), *grown(frame, size)] == []
        frame.go("extract", search.panel.uid)
        until(lambda: bool(frame.page("extract").title.text()))
        assert [*faults(frame, size), *grown(frame, size)] == []
        frame.go("sync")
        until(lambda: frame.page("sync")._view is not None)
        assert [*faults(frame, size), *grown(frame, size)] == []
        frame.go("today")
        until(lambda: frame.page("today")._view is not None)
        assert [*faults(frame, size), *grown(frame, size)] == []
        frame.go("numbers")
        until(lambda: frame.page("numbers").model.rowCount() > 0)
        assert [*faults(frame, size), *grown(frame, size)] == []
    finally:
        frame.leave()
        look.turn(app, "light")


@SIZES
def test_the_auditors_and_the_reviewers_pages_fit_and_say_everything(
    qtbot: QtBot, look: Look, words: Words, opening: Opening, until: Until, size: tuple[int, int]
) -> None:
    for role, place in ((Role.AUDITOR, "export"), (Role.REVIEWER, "review")):
        desk = opening.unlock(PEOPLE[role], PASSWORD)
        frame = furnish(look, words, desk)
        show(qtbot, frame, size)
        frame.go(place)
        qtbot.wait(200)
        found = faults(frame, size)
        frame.leave()
        frame.hide()
        QThreadPool.globalInstance().waitForDone()
        desk.close()
        assert found == []


@SIZES
def test_a_batch_under_review_fits_while_a_return_is_written(
    qtbot: QtBot, look: Look, words: Words, opening: Opening, size: tuple[int, int]
) -> None:
    desk = opening.unlock(PEOPLE[Role.REVIEWER], PASSWORD)
    frame = furnish(look, words, desk)
    show(qtbot, frame, size)
    frame.go("review")
    qtbot.wait(100)
    page = frame.page("review")
    assert isinstance(page, ReviewPage)
    page._take_batches([SUMMARY])
    page._take_batch(DETAIL)
    page._take_record(reviewed(desk))
    found = faults(frame, size)
    page.decision.begin_return()
    page.decision.choose_reason(1)
    found += faults(frame, size)
    frame.leave()
    frame.hide()
    QThreadPool.globalInstance().waitForDone()
    desk.close()
    assert found == []


RECORD, REVISION = RecordId("01900000-0000-7000-8000-000000000001"), RevisionId("ab" * 32)
SUMMARY = BatchSummary(
    BatchId("01900000-0000-7000-8000-000000000002"), TownshipId("339921102"), "青石镇", DeviceId("desk"), 12, "received",
    "2026-11-21T10:31:00+00:00", 128, 26, 96, 3, 2, 1,
)  # fmt: skip
LISTED = BatchRecord(
    RECORD,
    REVISION,
    RevisionStanding.RECEIVED,
    ChangeKind.PUT,
    "marriage",
    "J001-HY·2016-D100-0014",
    "何晨、陈思结婚登记",
    0,
)
DETAIL = BatchDetail(SUMMARY, (LISTED,) * 30, (), False)


def reviewed(desk: Desk) -> ReviewedRecord:
    """A correction with a wrong number that the township gave a reason for."""
    wrong = Finding(Level.WARNING, "wife.id_no", "identity_check", {"expected": "5", "length": "18"})
    fields = (
        Compared("cert_no", "证字号", "J339921-2016-000010", "J339921-2016-000010", "", ()),
        Compared("reg_date", "登记日期", "二〇一六年二月二十七日", "2016-02-21", "", ()),
        Compared("wife.id_no", "女方证件号", "339921199103070026", "339921199103070026", "原件如此", (wrong,)),
    )
    return ReviewedRecord(
        RECORD, REVISION, RevisionStanding.RECEIVED, desk.kinds["marriage"], LISTED.number, LISTED.title, fields,
        (wrong,), False, (), (), (),
    )  # fmt: skip
