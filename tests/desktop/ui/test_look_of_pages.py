"""Pages in states that the gallery's tour does not come to: nothing cut, nothing without a name, at 100 % and at 150 %."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from PySide6.QtCore import Qt, QThreadPool
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from desktop.services.desk import Desk
from desktop.services.opening import Opening
from desktop.services.reviewing import Compared, ReviewedRecord
from desktop.ui.desk_frame import DeskFrame
from desktop.ui.pages.board import BoardPage
from desktop.ui.pages.page import Page
from desktop.ui.pages.review import ReviewPage
from desktop.ui.rooms import furnish
from desktop.ui.theme import Look
from desktop.ui.words import Words
from sync.contract.batches import BatchId
from sync.contract.board import Board, TownshipStanding
from sync.contract.findings import Finding, Level
from sync.contract.histories import RevisionStanding
from sync.contract.review import BatchDetail, BatchRecord, BatchSummary
from sync.contract.revisions import ChangeKind, DeviceId, RecordId, RevisionId, TownshipId
from sync.vault.slots import Role
from tests.desktop.ui.desks import PASSWORD, PEOPLE
from tests.gallery.faults import NARROW as NARROW  # handed on to the tests of the pages
from tests.gallery.faults import WIDE as WIDE
from tests.gallery.faults import faults as faults
from tests.gallery.faults import grown as grown

SIZES = pytest.mark.parametrize("size", [WIDE, NARROW], ids=["100%", "150%"])


def show(qtbot: QtBot, widget: QWidget, size: tuple[int, int]) -> None:
    qtbot.addWidget(widget)
    if isinstance(widget, Page | DeskFrame):
        widget.set_narrow(size == NARROW)
    widget.resize(*size)
    with qtbot.waitExposed(widget):
        widget.show()


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


@SIZES
def test_a_board_of_eighteen_townships_fits_in_light_and_in_dark(
    qtbot: QtBot, qapp: QApplication, look: Look, words: Words, opening: Opening, size: tuple[int, int]
) -> None:
    desk = opening.unlock(PEOPLE[Role.REVIEWER], PASSWORD)
    frame = furnish(look, words, desk)
    show(qtbot, frame, size)
    frame.go("board")
    page = frame.page("board")
    assert isinstance(page, BoardPage)
    qtbot.waitUntil(page.alone.isVisible)
    found = faults(frame, size)
    qtbot.keyClick(page, Qt.Key.Key_Return)
    assert frame.here == "review"  # where the county is joined
    frame.go("board")
    for mode in ("light", "dark"):
        look.turn(qapp, mode)
        for state in (BOARD, replace(BOARD, townships=())):
            page._take(state)
            found += [*faults(frame, size), *grown(frame, size)]
    look.turn(qapp, "light")
    page._take(BOARD)
    for line in range(len(BOARD.townships)):
        page.table.choose(line)
        found += faults(frame, size)
    frame.leave()
    frame.hide()
    QThreadPool.globalInstance().waitForDone()
    desk.close()
    assert found == []


NOW = datetime(2026, 11, 23, 2, 57, tzinfo=UTC)
NAMES = "上林乡 沙溪镇 白鹭镇 石桥镇 青石镇 柳浦镇 云泽街道 东湖街道 南门街道 大堰镇 金岭镇 梅坞乡 长滩镇 竹溪乡 枫林镇 双河镇 桃源乡 北垄镇"
BOARD = Board(
    tuple(
        TownshipStanding(
            TownshipId(f"3399211{place:02d}"), name, int(place != 3), (NOW - timedelta(hours=place * 11)).isoformat(),
            place * 37 % 213, None if place == 2 else place != 1, 181_204, 181_190, place * 64 % 121, int(place == 5) * 17,
            int(place == 6), tuple((place * day * 7) % 40 for day in range(14)),
        )
        for place, name in enumerate(NAMES.split())
    ),
    NOW.isoformat(),
)  # fmt: skip

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
