"""见证与争议 by keys alone, in a real window over a real county: wait no longer, settle a dispute, see a log anew."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QThreadPool
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from desktop.services.desk import Desk
from desktop.ui.desk_frame import DeskFrame
from desktop.ui.pages.editions import EditionsPage
from desktop.ui.pages.witness import WitnessPage
from desktop.ui.rooms import furnish
from desktop.ui.theme import Look
from desktop.ui.words import Words
from sync.contract.certificates import Role as CountyRole
from sync.contract.revisions import read_body
from sync.county.service import County, create_county
from sync.vault.slots import Role
from tests.desktop.county_beside import start_county
from tests.desktop.ui.desks import PASSWORD, PEOPLE, Until, make_office
from tests.gallery.faults import WIDE, faults, grown
from tests.sync.county.troubled import Troubled, trouble

Key = Qt.Key
NAME = "云泽县民政局"


@dataclass
class Room:
    """A county with something of each sort to look after, and its officer at a desk."""

    desk: Desk
    troubled: Troubled
    folder: Path

    def rulings(self) -> list[tuple[str, str]]:
        county = County(self.folder, self.folder / "county.key")
        kept = [(one.why, one.verdict) for one in county.rulings.kept()]
        county.close()
        return kept


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    folder = tmp_path_factory.mktemp("witness-page")
    create_county(folder / "county", NAME, folder / "county" / "county.key", None)
    county = County(folder / "county", folder / "county" / "county.key")
    troubled = trouble(county, folder)
    code = county.new_code(CountyRole.OFFICER, "赵敏", None, 1).spell()
    county.close()
    process = start_county(folder / "county")
    desk = make_office(folder / "officer").unlock(PEOPLE[Role.REVIEWER], PASSWORD)
    desk.county_line.enrol(process.address, code)
    yield Room(desk, troubled, folder / "county")
    QThreadPool.globalInstance().waitForDone()
    desk.close()
    process.close()
    for one in (troubled.log, troubled.away):
        one.engine.dispose()


@pytest.fixture
def frame(qtbot: QtBot, look: Look, words: Words, room: Room) -> Iterator[DeskFrame]:
    made = furnish(look, words, room.desk)
    qtbot.addWidget(made)
    made.resize(*WIDE)
    with qtbot.waitActive(made):
        made.show()
        made.activateWindow()
    yield made
    made.leave()
    QThreadPool.globalInstance().waitForDone()


def at_the_desk(qtbot: QtBot, frame: DeskFrame, until: Until) -> WitnessPage:
    qtbot.keyClick(frame, Key.Key_J, Qt.KeyboardModifier.ControlModifier)
    page = frame.page("witness")
    assert isinstance(page, WitnessPage)
    until(lambda: page.listing.id_here().startswith("awaited") and page.listing.hasFocus())
    return page


def step_to(qtbot: QtBot, page: WitnessPage, until: Until, sort: str, panel: QWidget) -> None:
    for _ in range(2):
        if not page.listing.id_here().startswith(sort):
            qtbot.keyClick(page, Key.Key_J)
    until(panel.isVisible)


def test_every_matter_is_settled_by_keys(qtbot: QtBot, frame: DeskFrame, until: Until, room: Room) -> None:
    page = at_the_desk(qtbot, frame, until)
    for sort, panel in (("awaited", page.waiving), ("dispute", page.dispute), ("log", page.beginning)):
        step_to(qtbot, page, until, sort, panel)
        until(lambda: sort != "dispute" or page.dispute.model.rowCount() == 3)  # noqa: B023  asked at once
    assert "陈偲" in {page.dispute.model.index(line, side).data() for line in range(3) for side in (1, 3)}

    qtbot.keyClick(page, Key.Key_N)  # the log is in hand
    until(page.beginning.why.hasFocus)
    qtbot.keyClick(page.beginning.why, Key.Key_Return)
    assert page.beginning.typing()  # no reason, nothing sent
    qtbot.keyClick(page.beginning.why, Key.Key_Escape)
    assert (page.beginning.typing(), room.rulings()) == (False, [])
    qtbot.keyClick(page, Key.Key_N)
    page.beginning.why.insert("从备份恢复过")
    qtbot.keyClick(page.beginning.why, Key.Key_Return)
    until(lambda: page.listing.line_of(f"log:{room.troubled.log.desk.holder.device}") < 0)

    step_to(qtbot, page, until, "awaited", page.waiving)
    qtbot.keyClick(page.listing, Key.Key_W)
    until(page.waiving.why.hasFocus)
    page.waiving.why.insert("电脑送修")
    qtbot.keyClick(page.waiving.why, Key.Key_Return)
    until(lambda: page.listing.id_here().startswith("dispute") and page.dispute.table.hasFocus())
    assert room.rulings() == [("电脑送修", "signed"), ("从备份恢复过", "signed")]

    assert not page.dispute.button.isEnabled()
    qtbot.keyClick(page.dispute.table, Key.Key_2)
    until(page.dispute.button.isEnabled)
    qtbot.keyClick(page.dispute.table, Key.Key_Z)
    until(lambda: not page.dispute.button.isEnabled())
    qtbot.keyClick(page.dispute.table, Key.Key_1)
    wanted = page.dispute.model.index(0, 1).data()
    qtbot.keyClick(page.dispute.table, Key.Key_Return)
    until(page.empty.isVisible)
    detail = room.desk.county_line.staff().record(room.troubled.record)
    head = next(one for one in detail.revisions if one.id == detail.head)
    fields = read_body(head.sent.body)["fields"]
    assert len(head.sent.parents) == 2
    assert (fields["wife.name"], fields["cert_no"]) == (wanted, "J339921-2016-000011")
    assert [*faults(frame, WIDE), *grown(frame, WIDE)] == []


def test_rules_are_tried_and_then_published_by_keys(
    qtbot: QtBot, frame: DeskFrame, until: Until, tmp_path: Path
) -> None:
    qtbot.keyClick(frame, Key.Key_G, Qt.KeyboardModifier.ControlModifier)
    page = frame.page("editions")
    assert isinstance(page, EditionsPage)
    until(lambda: page.rules is not None)
    assert page.rules is not None
    assert not page.publish_button.isEnabled()
    page.save_to(tmp_path)
    until(lambda: (tmp_path / "veteran.toml").exists())
    marriage = tmp_path / "marriage.toml"
    said = marriage.read_text(encoding="utf-8")
    marriage.write_text(said.replace('label = "', 'label = "另', 1), encoding="utf-8")
    page.try_folder(tmp_path)
    until(lambda: page.trial is not None and page.trial.tried.flaw != "")
    assert not page.publish_button.isEnabled()  # it changes, and bears no higher version
    marriage.write_text(said.replace("version = 1", "version = 2", 1), encoding="utf-8")
    page.try_folder(tmp_path)
    until(page.publish_button.isEnabled)
    assert page.trial is not None
    assert page.trial.tried.changed == ("marriage",)
    qtbot.keyClick(page, Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    until(lambda: not page._busy and page.title.hasFocus())  # nothing is published without a word on what changes
    assert page.rules.standing.edition.number == 0
    page.title.insert("2026 年标准")
    qtbot.keyClick(page.title, Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    until(lambda: page.rules is not None and page.rules.standing.edition.number == 1)
    assert page.rules.standing.edition.title == "2026 年标准"
    assert not page.publish_button.isEnabled()
