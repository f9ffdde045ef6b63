"""导入 by keys alone: file, columns, trial, filing, taking back, each in a real window over a real archive."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QThreadPool
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from desktop.services.desk import Desk
from desktop.services.opening import Opening
from desktop.ui.desk_frame import DeskFrame
from desktop.ui.pages.importing import COLUMNS, RUNS, TRIAL, ImportPage
from desktop.ui.rooms import furnish
from desktop.ui.theme import Look
from desktop.ui.widgets.field import Field
from desktop.ui.words import Words
from sync.vault.slots import Role
from tests.desktop.services.imports.marriages import marriage, table
from tests.desktop.ui.desks import PASSWORD, PEOPLE, Until, make_office
from tests.gallery.faults import NARROW, WIDE, faults, grown

Key, Modifier = Qt.Key, Qt.KeyboardModifier
WRONG = "339921198903080033"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    opening: Opening = make_office(tmp_path)
    opened = opening.unlock(PEOPLE[Role.CLERK], PASSWORD)
    yield opened
    QThreadPool.globalInstance().waitForDone()
    opened.close()


@pytest.fixture
def frame(qtbot: QtBot, look: Look, words: Words, desk: Desk) -> Iterator[DeskFrame]:
    made = furnish(look, words, desk)
    qtbot.addWidget(made)
    made.resize(*WIDE)
    with qtbot.waitExposed(made):
        made.show()
    yield made
    made.leave()


@pytest.fixture
def page(frame: DeskFrame) -> ImportPage:
    frame.go("import")
    found = frame.page("import")
    assert isinstance(found, ImportPage)
    return found


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "2016 年结婚台账.csv"
    rows = [marriage(place) for place in range(1, 31)]
    rows += [marriage(31, man_id=WRONG), marriage(32, woman_was="已婚"), marriage(33, day="")]
    path.write_bytes(table(rows))
    return path


def press(qtbot: QtBot, key: Key, modifier: Modifier = Modifier.NoModifier) -> None:
    focus = QApplication.focusWidget()
    assert focus is not None
    qtbot.keyClick(focus, key, modifier)


def typed(field: Field, text: str) -> None:
    """The words stand in the field as an input method puts them there: no key of its own for a character."""
    assert field.hasFocus()
    field.insert(text)
    field.textEdited.emit(field.text())


def reach(qtbot: QtBot, page: ImportPage, until: Until, file: Path, step: int) -> None:
    """Go to that step by keys."""
    page.runs.file.setText(str(file))
    page.runs.file.setFocus()
    press(qtbot, Key.Key_Return)
    until(lambda: page.step == COLUMNS and not page.busy.running)
    if step == TRIAL:
        press(qtbot, Key.Key_Return, Modifier.ControlModifier)
        until(lambda: page.step == TRIAL and not page.busy.running)


def test_a_register_becomes_records_by_keys_alone(
    qtbot: QtBot, frame: DeskFrame, page: ImportPage, desk: Desk, until: Until, file: Path
) -> None:
    reach(qtbot, page, until, file, TRIAL)
    sorts = {page.trial.sort_rows.row_at(line).code: line for line in range(page.trial.sort_rows.rowCount())}  # type: ignore[union-attr]
    assert {"paper_missing", "identity_check", "not_a_choice", "needed"} <= set(sorts)
    page.trial.sorts.choose(sorts["paper_missing"])
    page.trial.sorts.setFocus()
    press(qtbot, Key.Key_Space)
    assert page.trial.sums.filed == 30
    press(qtbot, Key.Key_Return, Modifier.ControlModifier)
    until(lambda: "导入完成" in frame.notice.words())
    assert "读 33 = 归档 30 + 退回 2 + 待补 1 + 已有 0" in frame.notice.words()
    assert page.step == RUNS
    until(lambda: page.runs.model.rowCount() == 1)
    assert desk.counts().records == 30
    press(qtbot, Key.Key_Return)  # takes up the draft that stayed open
    until(lambda: frame.here == "catalogue")


def test_an_import_is_taken_back_by_del_twice(
    qtbot: QtBot, frame: DeskFrame, page: ImportPage, desk: Desk, until: Until, file: Path
) -> None:
    reach(qtbot, page, until, file, TRIAL)
    page.trial.excuses.update(paper_missing="原件未扫描")
    page.go()
    until(lambda: page.step == RUNS and page.runs.model.rowCount() == 1)
    page.runs.table.setFocus()
    press(qtbot, Key.Key_Delete)
    until(lambda: "再按一次" in frame.notice.words())
    assert desk.counts().records == 30
    press(qtbot, Key.Key_Delete)
    until(lambda: "已撤销" in frame.notice.words())
    assert desk.counts().records == desk.counts().drafts == 0
    until(lambda: page.runs.chosen() is not None and page.runs.chosen().state.value == "undone")  # type: ignore[union-attr]


def test_a_column_is_given_another_field_by_typing_its_name(
    qtbot: QtBot, page: ImportPage, until: Until, file: Path
) -> None:
    reach(qtbot, page, until, file, COLUMNS)
    assert page.columns.column().label == "编号"  # type: ignore[union-attr]
    press(qtbot, Key.Key_Return)
    typed(page.columns.search, "存放")
    press(qtbot, Key.Key_Return)
    assert page.columns.part.columns["编号"].field == "location"
    assert page.columns.column().label == "证字号"  # type: ignore[union-attr]
    page.columns.columns.choose(0)
    press(qtbot, Key.Key_Delete)
    assert "编号" not in page.columns.part.columns
    press(qtbot, Key.Key_Y, Modifier.AltModifier)
    assert page.columns.template.key == ("编号",)


def test_a_fixed_text_fills_what_the_table_lacks(qtbot: QtBot, page: ImportPage, until: Until, tmp_path: Path) -> None:
    file = tmp_path / "结婚.csv"
    file.write_bytes(table([marriage(1)[:-1], marriage(2)[:-1]]).replace(",责任者".encode(), b""))
    reach(qtbot, page, until, file, COLUMNS)
    assert "责任者" in page.columns._missing.accessibleName()
    press(qtbot, Key.Key_Return)
    typed(page.columns.search, "责任者")
    press(qtbot, Key.Key_F6)
    typed(page.columns.fixed, "云泽县民政局")
    press(qtbot, Key.Key_Return)
    assert page.columns.part.fixed == {"author": "云泽县民政局"}
    assert "责任者" not in page.columns._missing.accessibleName()
    press(qtbot, Key.Key_Return, Modifier.ControlModifier)
    until(lambda: page.step == TRIAL)
    assert page.trial.sums.rejected == 0


def test_the_list_of_errors_is_saved_beside_the_file(
    qtbot: QtBot, frame: DeskFrame, page: ImportPage, until: Until, file: Path
) -> None:
    reach(qtbot, page, until, file, TRIAL)
    press(qtbot, Key.Key_F7)
    until(lambda: "错误清单已存" in frame.notice.words())
    assert (file.parent / "2016 年结婚台账-错误清单.xlsx").is_file()


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"%PDF-1.4 " + bytes(90), "不是表格"), (b"", "空的"), (None, "找不到")],
    ids=["pdf", "empty", "gone"],
)
def test_a_file_that_cannot_be_read_gets_a_sentence(
    qtbot: QtBot, frame: DeskFrame, page: ImportPage, until: Until, tmp_path: Path, content: bytes | None, said: str
) -> None:
    file = tmp_path / "表.xlsx"
    if content is not None:
        file.write_bytes(content)
    page.runs.file.setText(str(file))
    press(qtbot, Key.Key_Return)
    until(lambda: said in frame.notice.words())
    assert page.step == RUNS


def test_a_table_of_another_office_is_kept_and_taken_back_by_keys(
    qtbot: QtBot, frame: DeskFrame, page: ImportPage, until: Until, tmp_path: Path
) -> None:
    file = tmp_path / "tax.csv"
    file.write_text(
        "身份证号,姓名,所属月份,收入额,所得项目\n339921197505210036,杨涛,202506,4,工资\n,杨,202506,4,工资\n"
    )
    reach(qtbot, page, until, file, COLUMNS)
    assert "个人所得税" in frame.notice.words()
    assert not page.columns._right.isVisible()
    for key in (Key.Key_Return, Key.Key_F6, Key.Key_Delete):  # there is nothing to tell of its columns
        press(qtbot, key)
    assert page.columns.columns.hasFocus()
    press(qtbot, Key.Key_Return, Modifier.ControlModifier)
    until(lambda: page.step == TRIAL and not page.busy.running)
    assert page.trial.sums.rejected == 1
    press(qtbot, Key.Key_Return, Modifier.ControlModifier)
    until(lambda: page.step == RUNS and "收存 1" in frame.notice.words())
    until(lambda: (run := page.runs.chosen()) is not None and run.source == "dept_tax")
    press(qtbot, Key.Key_Delete)
    press(qtbot, Key.Key_Delete)
    until(lambda: "都已删去" in frame.notice.words())


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["100%", "150%"])
@pytest.mark.parametrize("step", [RUNS, COLUMNS, TRIAL], ids=["runs", "columns", "trial"])
def test_each_step_fits_and_says_everything(
    qtbot: QtBot, frame: DeskFrame, page: ImportPage, until: Until, file: Path, size: tuple[int, int], step: int
) -> None:
    frame.set_narrow(size == NARROW)
    frame.resize(*size)
    if step != RUNS:
        reach(qtbot, page, until, file, step)
        qtbot.wait(100)
    assert [*faults(frame, size), *grown(frame, size)] == []
