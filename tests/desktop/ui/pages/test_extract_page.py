"""An extract by keys: who asks, what for, issued, saved, read back from the PDF, and checked from its printed code."""

from __future__ import annotations

import subprocess
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import numpy
import pymupdf
import pytest
import zxingcpp
from PySide6.QtCore import Qt, QThreadPool
from pytestqt.qtbot import QtBot

from desktop.services.desk import Desk
from desktop.services.extracts import PublicKey, check_code
from desktop.ui.keeping import keeping_pool
from desktop.ui.pages.extract import ExtractPage
from desktop.ui.pages.search import SearchPage
from sync.vault.slots import Role
from tests.desktop.ui.desks import PASSWORD, PEOPLE, Furnished, Until, file_marriage, make_office

Key, Modifier = Qt.Key, Qt.KeyboardModifier
PROJECT = Path(__file__).parents[4]
Shown = tuple[Desk, ExtractPage]


@pytest.fixture
def shown(tmp_path: Path, furnished: Furnished, qtbot: QtBot, until: Until) -> Iterator[Shown]:
    """The page of the one record, reached by Ctrl+P from the search."""
    desk = make_office(tmp_path).unlock(PEOPLE[Role.CLERK], PASSWORD)
    file_marriage(desk)
    frame = furnished(desk)
    frame.enter()
    frame.go("search", "何晨")
    search = frame.page("search")
    assert isinstance(search, SearchPage)
    until(lambda: search.panel.uid != "")
    qtbot.keyClick(search.table, Key.Key_P, Modifier.ControlModifier)
    until(lambda: frame.here == "extract")
    page = frame.page("extract")
    assert isinstance(page, ExtractPage)
    until(lambda: page.title.text() == "何晨、陈思结婚登记")
    yield desk, page
    frame.leave()
    keeping_pool().waitForDone()
    QThreadPool.globalInstance().waitForDone()
    desk.close()


def write(page: ExtractPage, name: str, text: str) -> None:
    """The text is typed as an input method does it: whole."""
    page.fields[name].insert(text)
    page.fields[name].textEdited.emit(page.fields[name].text())


def issue(page: ExtractPage, qtbot: QtBot, until: Until) -> None:
    for name, text in (("applicant", "何晨"), ("relation", "本人"), ("purpose", "办理房产登记")):
        write(page, name, text)
        qtbot.keyClick(page.fields[name], Key.Key_Return)
    qtbot.keyClick(page, Key.Key_Return, Modifier.ControlModifier)
    until(lambda: page._issued is not None)


def test_without_who_and_what_for_nothing_is_issued_and_the_field_says_so(
    shown: Shown, qtbot: QtBot, until: Until
) -> None:
    _desk, page = shown
    assert not page.print_button.isEnabled()
    qtbot.keyClick(page, Key.Key_Return, Modifier.ControlModifier)
    until(lambda: page.refused.isVisible())
    assert page.fields["applicant"].state() == "danger"
    assert page.model.rowCount() == 0


def test_an_issued_extract_stands_in_its_pdf_and_its_printed_code_is_right(
    shown: Shown, qtbot: QtBot, until: Until, tmp_path: Path
) -> None:
    desk, page = shown
    issue(page, qtbot, until)
    assert page._issued is not None
    page.save_pdf(str(tmp_path / "extract.pdf"))
    with pymupdf.open(tmp_path / "extract.pdf") as document:
        assert document.page_count == 1
        paper = document[0]
        assert [round(side) for side in (paper.rect.width, paper.rect.height)] == [595, 842]
        said = unicodedata.normalize("NFKC", paper.get_text().replace("\n", ""))
        number = page._issued.extract.number
        for words in (number, "云泽县民政局", "339921198903080032", "办理房产登记", "何晨", "陈思"):
            assert words in said
        picture = paper.get_pixmap(dpi=200, colorspace=pymupdf.csGRAY)
    pixels = numpy.frombuffer(picture.samples, numpy.uint8).reshape(picture.height, picture.width)
    (code,) = [one.text for one in zxingcpp.read_barcodes(pixels)]
    assert code == page._issued.code
    assert check_code(code, PublicKey.from_minisign(desk.extracts.public_key())) == page._issued.extract


def test_a_stranger_checks_the_code_by_one_command(shown: Shown, qtbot: QtBot, until: Until, tmp_path: Path) -> None:
    desk, page = shown
    issue(page, qtbot, until)
    key = desk.extracts.save_public_key(tmp_path / "office.pub")
    assert page._issued is not None
    code = page._issued.code
    altered = code[:200] + ("A" if code[200] != "A" else "B") + code[201:]
    for given, result, words in ((code, 0, "339921198903080032"), (altered, 1, "不是该单位签出的")):
        command = [sys.executable, "-m", "desktop", "check-extract", given, "--key", str(key)]
        done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == result, done.stderr
        assert words in done.stdout


def test_what_is_typed_after_an_extract_is_another_and_the_first_can_be_shown_again(
    shown: Shown, qtbot: QtBot, until: Until
) -> None:
    _desk, page = shown
    issue(page, qtbot, until)
    first = page._issued
    write(page, "purpose", "二")
    assert page._issued is None
    assert page.issue_button.isEnabled()
    assert not page.print_button.isEnabled()
    until(lambda: page.model.row_at(0) is not None)
    page.table.setFocus()
    page.table.choose(0)
    qtbot.keyClick(page.table, Key.Key_Return)
    until(lambda: page._issued == first)
    assert page.print_button.isEnabled()
