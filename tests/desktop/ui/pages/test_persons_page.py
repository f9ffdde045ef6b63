"""一人一档 by keys alone, in a real window over a real archive: answers, undoing, a person's file, numbers for a purpose."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QThreadPool
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from desktop.services.desk import Desk
from desktop.services.opening import Opening
from desktop.ui.desk_frame import DeskFrame
from desktop.ui.pages.persons import PersonsPage
from desktop.ui.pages.persons_file import marks_of
from desktop.ui.pages.search import SearchPage
from desktop.ui.rooms import furnish
from desktop.ui.theme import Look
from desktop.ui.words import Words
from sync.contract.likeness import Reason
from sync.vault.slots import Role
from tests.desktop.services.paper_people import DEATH, HUSBAND, ROSTER, WEDDING
from tests.desktop.ui.desks import PASSWORD, PEOPLE, Until, make_office
from tests.gallery.faults import NARROW, WIDE, faults, grown

Key, Modifier = Qt.Key, Qt.KeyboardModifier
NEEDED = {
    "marriage": {"type": "初婚"},
    "census": {"district": "1", "household_no": "7", "type": "家庭户", "present": "2"},
    "death": {"cert_no": "S1", "handler.name": "陈海", "handler.relation": "子"},
}
NAMESAKES = {
    **WEDDING, "husband.name": "周志明", "wife.name": "王秀英", "wife.age_as_written": "21岁", "husband.village": "石桥村",
}  # fmt: skip


def file_record(desk: Desk, kind: str, fields: Mapping[str, str]) -> str:
    """A record stands filed by hand, every warning excused; its id comes back."""
    form = desk.cataloguing.start(kind)
    uid = form.draft.uid
    for key, text in {"author": "白石镇", **NEEDED[kind], **fields}.items():
        form = desk.cataloguing.put(uid, key, text)
    for finding in form.hindrances:
        desk.cataloguing.give_reason(uid, finding.field, "原件如此")
    return str(desk.filing.file(uid).record)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Opening:
    return make_office(tmp_path_factory.mktemp("persons"))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    opened = make_office(tmp_path).unlock(PEOPLE[Role.CLERK], PASSWORD)
    for kind, fields in (("marriage", WEDDING), ("census", ROSTER), ("death", DEATH)):
        file_record(opened, kind, fields)
    while opened.persons.work_on(60.0):
        pass
    yield opened
    QThreadPool.globalInstance().waitForDone()
    opened.close()


@pytest.fixture
def frame(qtbot: QtBot, look: Look, words: Words, desk: Desk) -> Iterator[DeskFrame]:
    made = furnish(look, words, desk)
    qtbot.addWidget(made)
    made.resize(*WIDE)
    with qtbot.waitActive(made):
        made.show()
        made.activateWindow()
    yield made
    made.leave()


@pytest.fixture
def page(frame: DeskFrame, until: Until) -> PersonsPage:
    frame.go("persons")
    found = frame.page("persons")
    assert isinstance(found, PersonsPage)
    until(lambda: found.compare.candidate is not None)
    return found


def names(page: PersonsPage) -> list[str]:
    return [entry.title for entry in page.entries._shown if entry.id]


def choose(page: PersonsPage, name: str, until: Until) -> None:
    page.entries.choose(next(entry.id for entry in page.entries._shown if entry.title == name))
    until(lambda: page.compare.question is not None and page.compare.question.asked.name == name)


def shown(page: PersonsPage) -> list[list[str]]:
    model = page.compare.table.model()
    return [[str(model.index(line, column).data()) for column in range(4)] for line in range(model.rowCount())]


def test_two_papers_stand_side_by_side_with_the_reasons_at_their_lines(page: PersonsPage, until: Until) -> None:
    choose(page, "陈建國", until)
    lines = {line[0]: line[1:] for line in shown(page)}
    assert lines["姓名"] == ["陈建國", "陈建国", "同名，繁简或异体"]
    assert lines["出生"] == ["1936—1939，按年龄", "1937-03-05", "年龄相符，虚岁也算"]
    assert lines["配偶"][2] == "配偶同音"
    assert lines["证件号"][1] == "339921********0039"
    assert not any(HUSBAND in cell for line in shown(page) for cell in line)


def test_y_links_n_keeps_apart_l_puts_off_and_ctrl_z_takes_each_back(
    qtbot: QtBot, page: PersonsPage, frame: DeskFrame, desk: Desk, until: Until
) -> None:
    everybody = names(page)
    assert everybody == ["陈建国", "李秀贞", "陈建國"]
    for key, told in ((Key.Key_Y, "同一人"), (Key.Key_N, "不是"), (Key.Key_L, "放下")):
        choose(page, "李秀贞", until)
        qtbot.keyClick(page.entries, key)
        until(lambda told=told: told in frame.notice.words())  # type: ignore[misc]
        until(lambda: "李秀贞" not in names(page))
        qtbot.keyClick(page.entries, Key.Key_Z, Modifier.ControlModifier)
        until(lambda: "撤销" in frame.notice.words() and "李秀贞" in names(page))
        until(lambda: page.compare.question is not None and page.compare.question.asked.name == "李秀贞")
    assert names(page) == everybody
    assert desk.persons.undo() is None


def test_enter_opens_the_file_and_enter_in_it_the_record(
    qtbot: QtBot, page: PersonsPage, frame: DeskFrame, until: Until
) -> None:
    choose(page, "陈建國", until)
    qtbot.keyClick(page.entries, Key.Key_Y)
    until(lambda: "陈建國" not in names(page))
    choose(page, "李秀贞", until)
    wedding = page.compare.question
    assert wedding is not None
    frame.go("search", wedding.asked.number)
    search = frame.page("search")
    assert isinstance(search, SearchPage)
    until(lambda: search.panel.uid == wedding.asked.record)
    qtbot.keyClick(search.table, Key.Key_P, Modifier.AltModifier)
    until(lambda: frame.here == "persons" and page.file_panel.file is not None and len(page.file_panel.file.sides) == 3)
    assert page.file_panel.isVisible()
    assert [side.kind for side in page.file_panel.file.sides] == ["marriage", "census", "death"]  # type: ignore[union-attr]
    assert "认定" in page.file_panel._how.accessibleName()
    qtbot.keyClick(page.entries, Key.Key_Return)
    assert page.file_panel.table.hasFocus()
    qtbot.keyClick(page.file_panel.table, Key.Key_3)
    assert page.file_panel.table.line() == 2
    qtbot.keyClick(page.file_panel.table, Key.Key_Up)
    qtbot.keyClick(page.file_panel.table, Key.Key_Return)
    until(lambda: frame.here == "search" and search.asked.question.startswith("J001-RK"))
    until(lambda: search.panel.title.text() == "陈建国户人口普查登记")


def test_a_marriage_lasts_on_the_lines_of_a_life_until_a_death_or_the_next_one(page: PersonsPage) -> None:
    desk = page._desk
    wedding = next(one for one in page.entries._shown if one.title == "陈建國")
    candidate = desk.persons.question(int(wedding.id)).candidates[0]
    desk.persons.link(int(wedding.id), candidate.mention)
    marks = marks_of(desk.persons.file(int(wedding.id)).sides)
    assert [(mark.line, int(mark.at), mark.key) for mark in marks] == [
        ("结婚", 1962, "1"),
        ("人口普查", 2010, "2"),
        ("殡葬", 2015, "3"),
    ]
    assert marks[0].until == marks[2].at
    assert marks[1].until is None


def test_numbers_are_shown_for_a_purpose_and_letters_stay_letters_while_one_types(
    qtbot: QtBot, page: PersonsPage, frame: DeskFrame, until: Until
) -> None:
    choose(page, "陈建国", until)
    qtbot.keyClick(page.entries, Key.Key_F9)
    until(lambda: page.file_panel.purpose.isVisible() and page.file_panel.file is not None)
    qtbot.keyClicks(page.file_panel.purpose, "ynl")
    assert page.file_panel.purpose.text() == "ynl"
    assert HUSBAND not in page.file_panel._rest.text()
    qtbot.keyClick(page.file_panel.purpose, Key.Key_Return)
    until(lambda: HUSBAND in page.file_panel._rest.text())
    assert "日志" in frame.notice.words()


def test_an_empty_queue_says_what_will_fill_it(
    qtbot: QtBot, look: Look, words: Words, office: Opening, until: Until
) -> None:
    desk = office.unlock(PEOPLE[Role.CLERK], PASSWORD)
    frame = furnish(look, words, desk)
    qtbot.addWidget(frame)
    frame.show()
    frame.go("persons")
    page = frame.page("persons")
    assert isinstance(page, PersonsPage)
    until(lambda: page.empty.isVisible())
    assert "Alt+P" in page.empty.accessibleName()
    frame.leave()
    frame.hide()
    QThreadPool.globalInstance().waitForDone()
    desk.close()


def test_an_auditor_looks_and_has_no_answers(qtbot: QtBot, look: Look, words: Words, desk: Desk, until: Until) -> None:
    desk.persons.decides = False
    frame = furnish(look, words, desk)
    qtbot.addWidget(frame)
    frame.show()
    frame.go("persons")
    page = frame.page("persons")
    assert isinstance(page, PersonsPage)
    until(lambda: page.compare.candidate is not None)
    assert not page.compare.link_button.isVisible()
    qtbot.keyClick(page.entries, Key.Key_Y)
    QThreadPool.globalInstance().waitForDone()
    assert desk.persons.counts().all == len(names(page))
    frame.leave()


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["100%", "150%"])
@pytest.mark.parametrize("mode", ["light", "dark"])
def test_every_part_of_the_page_fits_and_says_everything(
    qtbot: QtBot, look: Look, words: Words, desk: Desk, until: Until, size: tuple[int, int], mode: str
) -> None:
    for number in ("33992119420506002", "33992119430207004"):
        said = {
            **ROSTER,
            "head.name": "王秀英",
            "head.id_no": number + "0",
            "household_no": number,
            "head.birth": f"{number[6:10]}-05-06",
        }
        file_record(desk, "census", {key: text for key, text in said.items() if not key.startswith("members")})
    file_record(desk, "marriage", NAMESAKES)
    while desk.persons.work_on(60.0):
        pass
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    look.turn(app, mode)
    frame = furnish(look, words, desk)
    frame.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
    frame.set_narrow(size == NARROW)
    qtbot.addWidget(frame)
    frame.resize(*size)
    with qtbot.waitActive(frame):
        frame.show()
        frame.activateWindow()
    try:
        frame.go("persons")
        page = frame.page("persons")
        assert isinstance(page, PersonsPage)
        until(lambda: "王秀英" in names(page))
        choose(page, "王秀英", until)
        assert [*faults(frame, size), *grown(frame, size)] == []
        qtbot.keyClick(page.entries, Key.Key_F)
        until(lambda: page.file_panel.file is not None)
        page.ask_purpose()
        assert [*faults(frame, size), *grown(frame, size)] == []
    finally:
        frame.leave()
        look.turn(app, "light")


def test_every_reason_has_a_sentence(words: Words) -> None:
    assert all(words.find(f"persons.reason_{reason}") for reason in Reason)
