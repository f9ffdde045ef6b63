"""The backup's page by keys, and what goes on behind it: made when due, told when it cannot be, a last one at closing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QThreadPool
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from desktop.app import make_window
from desktop.folders import OFFICE
from desktop.services.desk import Desk
from desktop.services.opening import Opening
from desktop.ui.desk_frame import DeskFrame
from desktop.ui.keeping import IDLE_SECONDS, Keeper, keeping_pool
from desktop.ui.pages.backup import BackupPage
from desktop.ui.pages.farewell import FarewellPage
from desktop.ui.pages.restore import RestorePage
from desktop.ui.rooms import furnish
from desktop.ui.theme import Look
from desktop.ui.window import Window
from desktop.ui.words import Words
from sync.contract.errors import PlaceUnavailable
from sync.vault import audit
from sync.vault.slots import Role
from tests.desktop.ui.desks import PASSWORD, PEOPLE, Until, file_marriage, make_office
from tests.desktop.ui.test_look_of_pages import SIZES, show
from tests.gallery.faults import faults, grown

Key, Modifier = Qt.Key, Qt.KeyboardModifier


@pytest.fixture
def office(tmp_path: Path) -> Opening:
    return make_office(tmp_path)


@pytest.fixture
def desk(office: Opening) -> Iterator[Desk]:
    made = office.unlock(PEOPLE[Role.CLERK], PASSWORD)
    yield made
    keeping_pool().waitForDone()
    QThreadPool.globalInstance().waitForDone()
    made.close()


@pytest.fixture
def page(qtbot: QtBot, look: Look, words: Words, desk: Desk) -> Iterator[BackupPage]:
    frame = furnish(look, words, desk)
    qtbot.addWidget(frame)
    frame.resize(1366, 768)
    with qtbot.waitExposed(frame):
        frame.show()
    frame.enter()
    frame.go("backup")
    made = frame.page("backup")
    assert isinstance(made, BackupPage)
    qtbot.waitUntil(lambda: made.view is not None, timeout=20_000)
    yield made
    frame.leave()


def frame_of(page: BackupPage) -> DeskFrame:
    frame = page.window()
    assert isinstance(frame, DeskFrame)
    return frame


def keeper_of(page: BackupPage) -> Keeper:
    return frame_of(page).findChildren(Keeper)[0]


def test_without_a_backup_the_page_is_red_and_one_is_made_by_keys(
    qtbot: QtBot, page: BackupPage, desk: Desk, until: Until, tmp_path: Path
) -> None:
    assert "还没有一份完好的备份" in page.state.text()
    assert page.state.property("tone") == "danger"
    file_marriage(desk)
    (tmp_path / "second").mkdir()
    page.folder.setFocus()
    qtbot.keyClicks(page.folder, str(tmp_path / "second"))
    qtbot.keyClick(page.folder, Key.Key_Return)
    until(lambda: page.view is not None and page.view.folder() is not None)
    qtbot.keyClick(page, Key.Key_Return, Modifier.ControlModifier)
    until(lambda: bool(page.view and page.view.lines) and keeper_of(page).doing == "")
    assert page.view is not None
    assert page.view.lines[0].good
    assert "刚刚" in page.state.text()
    assert page.state.property("tone") == "ink"
    until(lambda: "备份" in frame_of(page).foot._state.text())


def test_a_stick_is_labelled_checked_and_drilled_by_keys(
    qtbot: QtBot, page: BackupPage, desk: Desk, until: Until, tmp_path: Path
) -> None:
    file_marriage(desk)
    (tmp_path / "E").mkdir()
    qtbot.keyClick(page, Key.Key_F6)
    assert page.stick.hasFocus(), "which stick is asked for first"
    qtbot.keyClicks(page.stick, str(tmp_path / "E"))
    qtbot.keyClick(page.stick, Key.Key_F6)
    until(lambda: page.view is not None and len(page.view.sticks()) == 1)
    qtbot.keyClick(page, Key.Key_Return, Modifier.ControlModifier)
    until(lambda: bool(page.view and page.view.lines) and keeper_of(page).doing == "")
    qtbot.keyClick(page, Key.Key_F5)
    until(lambda: "完好" in page.result.accessibleName())
    qtbot.keyClick(page, Key.Key_F7)
    until(lambda: "演练通过" in page.result.accessibleName())
    with desk._archive.reading() as connection:
        assert "backup-drilled" in [one.act for one in audit.events(connection)]
    name = desk.backing_up.lines()[0].name
    database = tmp_path / "E" / "lantai-backup" / name / "archive.db"
    written = bytearray(database.read_bytes())
    written[9000] ^= 1
    database.write_bytes(written)
    qtbot.keyClick(page, Key.Key_F5)
    until(lambda: "不能用" in page.result.accessibleName())
    until(lambda: page.state.property("tone") == "danger")


def test_a_backup_is_stopped_by_esc_and_leaves_nothing_half(
    qtbot: QtBot, page: BackupPage, desk: Desk, until: Until, tmp_path: Path
) -> None:
    (tmp_path / "second").mkdir()
    desk.backing_up.where.choose_folder(tmp_path / "second")
    # a large main file, so that there is something to stop
    with desk._archive.act("陈晓兰", desk._clock()) as act:
        act.connection.exec_driver_sql("CREATE TABLE padding (x BLOB)")
        for _ in range(60):
            act.connection.exec_driver_sql("INSERT INTO padding VALUES (?)", (os.urandom(1_000_000),))
    page.look_again()
    until(lambda: page.view is not None and page.view.folder() is not None)
    page.back_up()
    assert keeper_of(page).doing == "backup"
    page.escape()
    until(lambda: keeper_of(page).doing == "")
    assert "已停下" in page.result.accessibleName()
    left = [path.name for path in (tmp_path / "second" / "lantai-backup").glob("0*")]
    assert left == []


def test_what_is_due_is_made_by_itself_once_nobody_presses_a_key(
    page: BackupPage, desk: Desk, until: Until, tmp_path: Path
) -> None:
    keeper = keeper_of(page)
    (tmp_path / "second").mkdir()
    file_marriage(desk)
    desk.backing_up.where.choose_folder(tmp_path / "second")
    keeper.look()
    until(lambda: keeper.last_survey is not None and bool(keeper.last_survey.due))
    assert desk.backing_up.lines() == [], "not while somebody types"
    keeper._input_at -= IDLE_SECONDS
    keeper.look()
    until(lambda: bool(desk.backing_up.lines()))
    assert desk.backing_up.lines()[0].good


def test_a_backup_that_cannot_be_made_is_told_on_whatever_page_one_is(
    page: BackupPage, desk: Desk, until: Until, tmp_path: Path
) -> None:
    place = tmp_path / "second"
    place.mkdir()
    place_id = desk.backing_up.where.choose_folder(place).id
    frame = frame_of(page)
    frame.go("search")
    (place / "LANTAI-BACKUP.toml").unlink()
    keeper_of(page).back_up([place_id])
    until(lambda: "备份处不在" in frame.notice.words())


def test_reading_again_goes_on_when_idle_and_gives_way_to_a_backup(
    page: BackupPage, desk: Desk, until: Until, tmp_path: Path
) -> None:
    keeper, done = keeper_of(page), []
    keeper.ended.connect(lambda doing, _: done.append(doing))
    keeper._input_at -= IDLE_SECONDS
    keeper.look()
    until(lambda: done.count("tend") >= 2)
    assert desk.tending.health().database_at
    (tmp_path / "second").mkdir()
    desk.backing_up.where.choose_folder(tmp_path / "second")
    keeper.look()
    until(lambda: "backup" in done)


def test_when_everything_was_read_an_idle_desk_rests(qtbot: QtBot, page: BackupPage, until: Until) -> None:
    keeper, answers, looks = keeper_of(page), [object()], []
    keeper.ended.connect(lambda _doing, answer: answers.append(answer))
    keeper.surveyed.connect(looks.append)
    keeper._input_at -= IDLE_SECONDS
    keeper.look()
    until(lambda: answers[-1] is None)
    looks.clear()
    qtbot.wait(500)
    assert len(looks) <= 1


def test_the_last_backup_is_made_before_the_window_closes(
    qtbot: QtBot, qapp: QApplication, until: Until, tmp_path: Path
) -> None:
    window = opened_window(qtbot, qapp, until, tmp_path)
    window.close()
    page = window._stack.currentWidget()
    assert isinstance(page, FarewellPage)
    assert window.isVisible()
    until(lambda: not window.isVisible())
    assert window.desk is None
    made = [path.name for path in (tmp_path / "second" / "lantai-backup").glob("0*")]
    assert len(made) == 1
    assert not made[0].endswith(".part")


def test_esc_closes_the_window_at_once_and_leaves_nothing_half(
    qtbot: QtBot, qapp: QApplication, until: Until, tmp_path: Path
) -> None:
    window = opened_window(qtbot, qapp, until, tmp_path)
    window.close()
    page = window._stack.currentWidget()
    qtbot.keyClick(page, Key.Key_Escape)
    assert not window.isVisible()
    keeping_pool().waitForDone()
    left = list((tmp_path / "second" / "lantai-backup").glob("0*"))
    assert not [one for one in left if one.name.endswith(".part")]


def opened_window(qtbot: QtBot, qapp: QApplication, until: Until, folder: Path) -> Window:
    """Return a window on an office whose last change is not backed up."""
    opening = make_office(folder / "data")
    assert opening.folder.name == OFFICE
    desk = opening.unlock(PEOPLE[Role.CLERK], PASSWORD)
    (folder / "second").mkdir()
    desk.backing_up.where.choose_folder(folder / "second")
    file_marriage(desk)
    desk.close()
    window = make_window(qapp, folder / "data", "light")
    qtbot.addWidget(window)
    with qtbot.waitSignal(window.ready, timeout=60_000):
        window.start()
    window.unlock_page.unlocked.emit(PEOPLE[Role.CLERK], PASSWORD)
    until(lambda: window.desk is not None)
    keeper = window._frame.findChildren(Keeper)[0]
    until(lambda: keeper.last_survey is not None and bool(keeper.last_survey.at_closing))
    return window


@SIZES
@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_page_fits_empty_full_and_while_something_is_done(
    qtbot: QtBot, look: Look, desk: Desk, until: Until, size: tuple[int, int], language: str, tmp_path: Path
) -> None:
    words = Words(language)
    frame = furnish(look, words, desk)
    show(qtbot, frame, size)
    frame.go("backup")
    page = frame.page("backup")
    assert isinstance(page, BackupPage)
    until(lambda: page.view is not None)
    found = [*faults(frame, size), *(grown(frame, size) if language == "zh" else [])]
    for name in ("second", "E"):
        (tmp_path / name).mkdir()
    desk.backing_up.where.choose_folder(tmp_path / "second")
    desk.backing_up.where.label_stick(tmp_path / "E")
    page.look_again()
    until(lambda: len(page.view.places) == 2 if page.view else False)
    page.back_up()
    found += faults(frame, size)
    until(lambda: keeper_of(page).doing == "" and len(page.view.lines) == 2 if page.view else False)
    found += faults(frame, size)
    page._take_failure("check", desk_fault())
    found += faults(frame, size)
    page.result.say(words("backup.unsound", flaws=words("backup_flaw.database")), "danger")
    found += faults(frame, size)
    frame.leave()
    assert found == []


def desk_fault() -> PlaceUnavailable:
    return PlaceUnavailable("gone", reason="gone")


def test_a_bare_machine_gets_its_archive_back_by_keys_from_the_first_page(
    qtbot: QtBot, qapp: QApplication, until: Until, desk: Desk, tmp_path: Path
) -> None:
    file_marriage(desk)
    (tmp_path / "E").mkdir()
    place = desk.backing_up.where.label_stick(tmp_path / "E").id
    desk.backing_up.back_up(place, lambda _: None, lambda: False)
    window = make_window(qapp, tmp_path / "bare", "light")
    qtbot.addWidget(window)
    with qtbot.waitSignal(window.ready, timeout=60_000):
        window.start()
    qtbot.keyClick(window, Key.Key_F9)
    until(lambda: isinstance(window._stack.currentWidget(), RestorePage))
    page = window._stack.currentWidget()
    assert isinstance(page, RestorePage)
    qtbot.keyClick(page, Key.Key_Return, Modifier.ControlModifier)
    assert "备份在" in page.refusal_words()
    page.source.clear()
    qtbot.keyClicks(page.source, str(tmp_path / "E"))
    qtbot.keyClick(page.source, Key.Key_Return)
    until(lambda: "恢复好了" in page.refusal_words())
    qtbot.keyClick(page, Key.Key_Return, Modifier.ControlModifier)
    until(lambda: [one.name for one in window.unlock_page.people] == list(PEOPLE.values()))
    window.unlock_page.password.setText(PASSWORD)
    qtbot.keyClick(window.unlock_page.password, Key.Key_Return)
    until(lambda: window.desk is not None)
    assert window.desk.counts().records == 1
    window._parting = True
    window.close()


def test_a_place_without_a_good_backup_is_told_on_the_first_page(
    qtbot: QtBot, look: Look, words: Words, until: Until, tmp_path: Path
) -> None:
    page = RestorePage(look, words, tmp_path / "bare" / OFFICE)
    qtbot.addWidget(page)
    page.show()
    qtbot.keyClicks(page.source, str(tmp_path))
    qtbot.keyClick(page.source, Key.Key_Return)
    until(lambda: "备份处不在" in page.refusal_words())
    assert not (tmp_path / "bare").exists()
