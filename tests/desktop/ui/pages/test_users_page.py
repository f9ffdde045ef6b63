"""The users' page and one's own password, by keys, over a real archive."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QThreadPool
from PySide6.QtGui import QInputMethodEvent
from PySide6.QtWidgets import QApplication, QDialog
from pytestqt.qtbot import QtBot

from desktop.services.desk import Desk
from desktop.services.opening import NewPerson, OfficeFacts, Opening
from desktop.services.users import SlotState
from desktop.ui.desk_frame import DeskFrame
from desktop.ui.keeping import keeping_pool
from desktop.ui.pages.begin import CreatePage, RecoverPage
from desktop.ui.pages.own_password import FirstPasswordPage, OwnPasswordPage
from desktop.ui.pages.users import UsersPage
from desktop.ui.pages.users_panel import Act
from desktop.ui.rooms import furnish
from desktop.ui.theme import Look
from desktop.ui.words import Words
from sync.contract.errors import WrongCode, WrongPassword
from sync.vault import audit
from sync.vault.slots import Keystore, Role
from tests.desktop.ui.desks import PASSWORD, Until
from tests.desktop.ui.test_look_of_pages import SIZES, show
from tests.desktop.ui.test_window import front, open_window
from tests.gallery.faults import faults, grown

Key, Modifier = Qt.Key, Qt.KeyboardModifier
ADMIN, CLERK, AUDITOR = "赵主任", "陈晓兰", "何审计"
OWN = "自己定的一句口令只有我知道"


@pytest.fixture
def office(tmp_path: Path) -> Opening:
    opening = Opening(tmp_path / "office")
    people = [NewPerson(CLERK, Role.CLERK, PASSWORD), NewPerson(AUDITOR, Role.AUDITOR, PASSWORD)]
    facts = OfficeFacts("云泽县", "青石镇", "339921102", "J001")
    opening.code = opening.create(facts, [*people, NewPerson(ADMIN, Role.ADMIN, PASSWORD)]).code  # type: ignore[attr-defined]
    return opening


@pytest.fixture
def desk(office: Opening) -> Iterator[Desk]:
    made = office.unlock(ADMIN, PASSWORD)
    yield made
    keeping_pool().waitForDone()
    QThreadPool.globalInstance().waitForDone()
    made.close()


@pytest.fixture
def page(qtbot: QtBot, look: Look, words: Words, desk: Desk) -> Iterator[UsersPage]:
    frame = furnish(look, words, desk)
    qtbot.addWidget(frame)
    frame.resize(1366, 768)
    with qtbot.waitExposed(frame):
        frame.show()
    frame.enter()
    qtbot.keyClick(frame, Key.Key_0, Modifier.ControlModifier)
    made = frame.page("users")
    assert isinstance(made, UsersPage)
    qtbot.waitUntil(lambda: len(made.lines) == 3, timeout=20_000)
    made.table.setFocus()
    yield made
    frame.leave()


def press(qtbot: QtBot, key: Key, modifier: Modifier = Modifier.NoModifier) -> None:
    """The key goes to whatever has the cursor, as a person's would."""
    widget = QApplication.focusWidget()
    assert widget is not None
    qtbot.keyClick(widget, key, modifier)


def write(qtbot: QtBot, words: str) -> None:
    widget = QApplication.focusWidget()
    assert widget is not None
    if words.isascii():
        qtbot.keyClicks(widget, words)
    else:  # as an input method commits them
        event = QInputMethodEvent()
        event.setCommitString(words)
        QApplication.sendEvent(widget, event)


def acts(desk: Desk) -> list[str]:
    with desk._archive.reading() as connection:
        return [one.act for one in audit.events(connection)]


def frame_of(page: UsersPage) -> DeskFrame:
    frame = page.window()
    assert isinstance(frame, DeskFrame)
    return frame


def states(page: UsersPage) -> dict[str, tuple[Role, SlotState]]:
    return {one.name: (one.role, one.state) for one in page.lines}


def test_a_person_is_added_by_keys_and_what_is_wrong_stands_at_its_field(
    qtbot: QtBot, page: UsersPage, desk: Desk, until: Until
) -> None:
    panel = page.panel
    press(qtbot, Key.Key_F2)
    until(lambda: panel.boxes["name"].field.hasFocus())
    temporary = panel.text("password")
    write(qtbot, CLERK)
    press(qtbot, Key.Key_Return)
    assert panel.boxes["role"].field.hasFocus()
    write(qtbot, "3")
    assert panel.role() is Role.AUDITOR
    press(qtbot, Key.Key_Return, Modifier.ControlModifier)
    until(lambda: "已经有这个姓名" in panel.boxes["name"].note_words())
    assert panel.boxes["name"].field.hasFocus()
    assert panel.text("password") == temporary, "what was typed stays"
    panel.boxes["name"].field.selectAll()
    write(qtbot, "sunli")
    press(qtbot, Key.Key_Return, Modifier.ControlModifier)
    until(lambda: "sunli" in states(page))
    assert states(page)["sunli"] == (Role.AUDITOR, SlotState.TEMPORARY)
    assert temporary in page.result.accessibleName()
    assert page.chosen_name() == "sunli"
    assert acts(desk)[-1] == "person-added"


def test_a_weak_temporary_password_is_told_at_the_field(qtbot: QtBot, page: UsersPage, until: Until) -> None:
    press(qtbot, Key.Key_F4)
    until(lambda: page.panel.boxes["password"].field.hasFocus())
    page.panel.boxes["password"].field.selectAll()
    write(qtbot, "short")
    press(qtbot, Key.Key_Return)
    until(lambda: "口令太短" in page.panel.boxes["password"].note_words())


def test_role_password_and_removal_each_by_one_key_and_the_removal_is_taken_back(
    qtbot: QtBot, page: UsersPage, desk: Desk, office: Opening, until: Until
) -> None:
    press(qtbot, Key.Key_F3)
    until(lambda: page.panel.boxes["role"].field.hasFocus())
    write(qtbot, "2")
    press(qtbot, Key.Key_Return)
    until(lambda: states(page)[CLERK][0] is Role.REVIEWER)
    press(qtbot, Key.Key_F4)
    until(lambda: page.panel.boxes["password"].field.hasFocus())
    temporary = page.panel.text("password")
    press(qtbot, Key.Key_Return, Modifier.ControlModifier)
    until(lambda: states(page)[CLERK][1] is SlotState.TEMPORARY)
    assert Keystore.open(office.folder).enter(CLERK, temporary, desk._clock()).temporary
    press(qtbot, Key.Key_Delete)
    assert page.panel.act is Act.REMOVE
    press(qtbot, Key.Key_Escape)
    assert page.panel.act is Act.NONE
    assert CLERK in states(page)
    press(qtbot, Key.Key_Delete)
    press(qtbot, Key.Key_Return, Modifier.ControlModifier)
    until(lambda: CLERK not in states(page))
    press(qtbot, Key.Key_Z, Modifier.ControlModifier)
    until(lambda: CLERK in states(page))
    assert acts(desk)[-4:] == ["role-changed", "password-reset", "person-removed", "person-put-back"]


def test_a_dialog_left_open_is_closed_before_the_desk_locks_itself(qtbot: QtBot, page: UsersPage) -> None:
    dialog = QDialog(page)
    dialog.open()
    frame = frame_of(page)
    with qtbot.assertNotEmitted(frame.lock_wanted):
        frame.lock_if_idle()
    assert not dialog.isVisible()
    with qtbot.waitSignal(frame.lock_wanted):
        frame.lock_if_idle()


def test_oneself_is_left_alone_and_the_page_says_why(qtbot: QtBot, page: UsersPage, desk: Desk) -> None:
    page.table.choose([one.name for one in page.lines].index(ADMIN))
    for key in (Key.Key_Delete, Key.Key_F3, Key.Key_F4):
        press(qtbot, key)
        assert page.panel.act is Act.NONE
        assert "不能移除或改动自己" in page.result.accessibleName()
    assert acts(desk)[-1] == "archive-opened" or "index-made-again" in acts(desk)[-1]


def test_a_new_recovery_sheet_ends_the_former_one_and_is_left_only_when_it_was_kept(
    qtbot: QtBot, page: UsersPage, office: Opening, until: Until, tmp_path: Path
) -> None:
    press(qtbot, Key.Key_F6)
    press(qtbot, Key.Key_Return, Modifier.ControlModifier)
    until(lambda: page.sheet is not None)
    sheet = page.sheet
    assert sheet is not None
    with qtbot.assertNotEmitted(
        frame_of(page).lock_wanted
    ):  # a desk that locked itself now would lose the only code there is
        frame_of(page).lock_if_idle()
    press(qtbot, Key.Key_Escape)
    assert page.sheet is sheet
    sheet.save_pdf(str(tmp_path / "单.pdf"))
    assert (tmp_path / "单.pdf").read_bytes()[:5] == b"%PDF-"
    assert "立即删除" in sheet.told_row.accessibleName()
    sheet.typed.setFocus()
    write(qtbot, sheet.sheet.code[-4:])
    press(qtbot, Key.Key_Return)
    until(lambda: page.sheet is None)
    with pytest.raises(WrongCode):
        Keystore.open(office.folder).recover(office.code)  # type: ignore[attr-defined]
    assert Keystore.open(office.folder).recover(sheet.sheet.code)


def test_the_minutes_of_the_auto_lock_are_set_and_hold_at_once(
    qtbot: QtBot, page: UsersPage, desk: Desk, until: Until
) -> None:
    press(qtbot, Key.Key_F8)
    until(lambda: page.panel.boxes["idle"].field.hasFocus())
    page.panel.boxes["idle"].field.selectAll()
    write(qtbot, "1")
    press(qtbot, Key.Key_Return)
    until(lambda: page._watch.seconds == 300)
    assert desk.idle_seconds == 300
    press(qtbot, Key.Key_F8)
    until(lambda: page.panel.boxes["idle"].field.hasFocus())
    page.panel.boxes["idle"].field.selectAll()
    write(qtbot, "9")
    press(qtbot, Key.Key_Return)
    until(lambda: "请选一个时间" in page.panel.boxes["idle"].note_words())


def test_the_key_is_changed_and_somebody_removed_with_it_and_the_desk_locks_itself(
    qtbot: QtBot, qapp: QApplication, office: Opening, until: Until
) -> None:
    window = open_window(qtbot, qapp, office.folder.parent, until)
    window.unlock_page._choose(2)
    window.unlock_page.password.setText(PASSWORD)
    qtbot.keyClick(window.unlock_page.password, Key.Key_Return)
    until(lambda: window.desk is not None)
    former = window.desk._archive.data_key
    window._frame.go("users")
    page = window._frame.page("users")
    until(lambda: len(page.lines) == 3)
    page.table.setFocus()
    page.table.choose(0)
    press(qtbot, Key.Key_Delete)
    press(qtbot, Key.Key_F7)
    until(lambda: window.desk is None)
    assert "钥匙已换好" in window.unlock_page.note_words()
    assert [one.name for one in window.unlock_page.people] == [AUDITOR, ADMIN]
    window.unlock_page._choose(1)
    window.unlock_page.password.setText(PASSWORD)
    qtbot.keyClick(window.unlock_page.password, Key.Key_Return)
    until(lambda: window.desk is not None)
    assert window.desk._archive.data_key != former
    assert "key-changed" in acts(window.desk)
    window.close()


def test_a_change_of_key_stopped_by_esc_leaves_the_desk_as_it_is(
    qtbot: QtBot, page: UsersPage, desk: Desk, until: Until
) -> None:
    press(qtbot, Key.Key_F7)
    press(qtbot, Key.Key_Return, Modifier.ControlModifier)
    page.escape()  # pressed before the first page was written
    until(lambda: not page.key_change.running)
    assert desk.is_open
    assert "钥匙没有换" in page.panel.told.accessibleName()
    until(lambda: acts(desk)[-1] == "key-change-failed")


def test_everybody_changes_the_own_password_at_the_desk(
    qtbot: QtBot, look: Look, words: Words, office: Opening, until: Until
) -> None:
    desk = office.unlock(AUDITOR, PASSWORD)
    frame = furnish(look, words, desk)
    assert isinstance(frame, DeskFrame)
    show(qtbot, frame, (1366, 768))
    frame.enter()
    assert "users" not in frame._rooms
    assert "password" not in frame.nav.items, "it is gone to by a key, not shown as a place"
    was = frame.here
    qtbot.keyClick(frame, Key.Key_P, Modifier.ControlModifier | Modifier.ShiftModifier)
    page = frame.page("password")
    assert isinstance(page, OwnPasswordPage)
    until(lambda: page.typed["former"].hasFocus())
    write(qtbot, PASSWORD + "x")
    press(qtbot, Key.Key_Return)
    write(qtbot, OWN)
    press(qtbot, Key.Key_Return)
    write(qtbot, OWN)
    press(qtbot, Key.Key_Return)
    until(lambda: "口令不对" in page.refusal_words())
    assert page.typed["former"].hasFocus()
    page.typed["former"].setText(PASSWORD)
    press(qtbot, Key.Key_Return, Modifier.ControlModifier)
    until(lambda: frame.here == was)
    assert "口令换好了" in frame.notice.words()
    assert page.typed["password"].text() == ""
    frame.leave()
    QThreadPool.globalInstance().waitForDone()
    desk.close()
    with pytest.raises(WrongPassword):
        office.unlock(AUDITOR, PASSWORD)
    office.unlock(AUDITOR, OWN).close()


def test_a_temporary_password_leads_to_ones_own_before_the_desk_is_shown(
    qtbot: QtBot, qapp: QApplication, office: Opening, until: Until
) -> None:
    desk = office.unlock(ADMIN, PASSWORD)
    desk.users.reset_password(CLERK, "K7QD-2MXP-HH3T-9WZA")
    desk.close()
    window = open_window(qtbot, qapp, office.folder.parent, until)
    window.unlock_page.password.setText("K7QD-2MXP-HH3T-9WZA")
    qtbot.keyClick(window.unlock_page.password, Key.Key_Return)
    until(lambda: isinstance(front(window), FirstPasswordPage))
    page = front(window)
    assert isinstance(page, FirstPasswordPage)
    assert window.desk is None
    until(lambda: page.typed["password"].hasFocus())
    write(qtbot, "K7QD-2MXP-HH3T-9WZA")
    press(qtbot, Key.Key_Return)
    write(qtbot, "K7QD-2MXP-HH3T-9WZA")
    press(qtbot, Key.Key_Return)
    until(lambda: "刚才那一句口令" in page.refusal_words())
    for field in page.typed.values():
        field.setText(OWN)
    press(qtbot, Key.Key_Return, Modifier.ControlModifier)
    until(lambda: window.desk is not None)
    assert window.desk.person.name == CLERK
    window.close()


def test_the_recovery_page_appoints_an_administrator_only_where_there_is_none(
    qtbot: QtBot, look: Look, words: Words, office: Opening, tmp_path: Path, until: Until
) -> None:
    with_one = RecoverPage(look, words, office, CLERK)
    qtbot.addWidget(with_one)
    assert with_one.appoint_button.parent() is None or not with_one.appoint_button.isVisibleTo(with_one)
    without = Opening(tmp_path / "without")
    sheet = without.create(
        OfficeFacts("云泽县", "青石镇", "339921102", "J001"), [NewPerson(CLERK, Role.CLERK, PASSWORD)]
    )
    page = RecoverPage(look, words, without, CLERK)
    show(qtbot, page, (911, 512))
    assert faults(page, (911, 512)) == []
    page.code.setFocus()
    press(qtbot, Key.Key_F4)
    page.code.setText(sheet.code)
    page.password.setText(OWN)
    page.again.setText(OWN)
    with qtbot.waitSignal(page.went, timeout=60_000) as came:
        page.submit()
    desk = came.args[1]
    assert desk.person.role is Role.ADMIN
    desk.close()


def test_an_administrator_may_be_named_when_the_office_is_made(
    qtbot: QtBot, look: Look, words: Words, tmp_path: Path, until: Until
) -> None:
    opening = Opening(tmp_path / "office")
    page = CreatePage(look, words, opening)
    show(qtbot, page, (1366, 768))
    for key, text in {"county": "云泽县", "township": "青石镇", "township_code": "339921102", "fonds": "J001"}.items():
        page.office[key].setText(text)
    for role in (Role.CLERK, Role.REVIEWER, Role.AUDITOR):
        page.names[role].setText(f"某{role.value}")
        for field in page.passwords[role]:
            field.setText(PASSWORD)
    page.passwords[Role.ADMIN][0].setText(PASSWORD)
    page.submit()
    assert "系统管理员姓名" in page.refusal_words()
    page.names[Role.ADMIN].setText(ADMIN)
    page.passwords[Role.ADMIN][1].setText(PASSWORD)
    page.submit()
    until(lambda: page.sheet is not None)
    assert not opening.lacks_administrator()


@SIZES
@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_page_and_each_of_its_acts_fit_and_say_everything(
    qtbot: QtBot, look: Look, desk: Desk, until: Until, size: tuple[int, int], language: str
) -> None:
    words = Words(language)
    frame = furnish(look, words, desk)
    show(qtbot, frame, size)
    frame.go("users")
    page = frame.page("users")
    assert isinstance(page, UsersPage)
    until(lambda: len(page.lines) == 3)
    try:
        for act in Act:
            page.prepare(act)
            qtbot.wait(20)
            assert [*faults(frame, size), *grown(frame, size)] == [], act
        page.panel.show_busy(True, measured=True)
        page.panel.tell(words("users.changing"), "accent")
        assert [*faults(frame, size), *grown(frame, size)] == []
        frame.go("password", "users")
        assert [*faults(frame, size), *grown(frame, size)] == []
    finally:
        frame.leave()
