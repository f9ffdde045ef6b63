"""What is printed of a volume, read back from its PDF: every word in its place, ruled to half a millimetre, nothing cut."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pymupdf
import pytest
from PySide6.QtPrintSupport import QPrinter

from desktop.services.hand_overs import HandedOver, HandOver
from desktop.services.volume_lists import VolumeList, VolumeLists
from desktop.services.volumes import Facts, Volumes
from desktop.ui.paper.hand_over_list import LIST, LIST_MM, HandOverSheet
from desktop.ui.paper.pen import Box, Sheet, Type
from desktop.ui.paper.printing import layout_of, pdf_of, print_on
from desktop.ui.paper.told import told_plainly
from desktop.ui.paper.volume_labels import COVER, NOTE, CoverSheet, FaceSheet, NoteSheet, SpineSheet, StampSheet
from desktop.ui.paper.volume_tables import CATALOGUE, CATALOGUE_MM, CONTENTS, CONTENTS_MM, catalogue, contents
from desktop.ui.theme import Look
from desktop.ui.words import Words
from tests.desktop.services.office import begin_office
from tests.desktop.ui.paper.sheets import Read, read_back

HALF_A_MM = 0.5
LONG = "欧阳阿依古丽·买买提、司马相如登科结婚登记（补办，原登记地为新疆维吾尔自治区喀什地区疏附县托克扎克镇）"


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VolumeList]:
    """A closed volume of three marriages, opened once again in between."""
    office = begin_office(tmp_path_factory.mktemp("paper") / "office")
    for number, name in enumerate(("何晨", "仇志远", "单雅琴")):
        office.file_marriage(
            data=b"%PDF-" + bytes([65 + number]), cert_no=f"J339921-2016-00001{number}", husband__name=name
        )
    acts = Volumes(office.archive, office.kinds, "云泽县青石镇", office.person, office.clock)
    lists = VolumeLists(office.archive, office.kinds, "云泽县青石镇", office.person, office.clock)
    uid = acts.make(lists.waiting()[0], 100)
    acts.describe(uid, Facts("云泽县青石镇2016年结婚登记", "17", 40, "李主任", "第 2 件缺双方合影。"))
    acts.close(uid)
    acts.reopen(uid, "漏了一件")
    acts.close(uid)
    yield lists.of(uid)
    office.archive.close()


@pytest.fixture
def read(look: Look) -> Callable[[Sheet], Read]:
    return lambda sheet: read_back(sheet, look.family)


def many(found: VolumeList, count: int) -> VolumeList:
    """Return the list of as many items, each seventh with a title of several lines."""
    one = found.rows[0]
    rows = tuple(
        replace(
            one, place=place, number=f"J001-HY·2016-D100-{place:04}", title=LONG if place % 7 == 0 else one.title, pages=5,
            first_page=5 * place - 4,
        )
        for place in range(1, count + 1)
    )  # fmt: skip
    return replace(found, rows=rows)


def columns_of(page: Read, place: Box, number: int) -> list[float]:
    return sorted(
        {round(one.left, 1) for one in page.lines(number) if one.upright and one.top >= place.top - HALF_A_MM}
    )


def edges(left: float, widths: tuple[float, ...]) -> list[float]:
    made = [left]
    for width in widths:
        made.append(made[-1] + width)
    return made


def assert_nothing_is_cut(page: Read, number: int, place: Box, widths: tuple[float, ...]) -> None:
    """Every word of the table lies within one column and above the table's end."""
    uprights = edges(place.left, widths)
    bottom = max(one.bottom for one in page.lines(number) if one.upright)
    for word in page.words(number):
        if place.top < word.top < bottom:
            assert word.bottom <= bottom + HALF_A_MM, word
            crossed = [x for x in uprights if word.left + 0.2 < x < word.right - 0.2]
            assert not crossed, (word, crossed)


@pytest.mark.parametrize("count", [3, 1000])
def test_a_catalogue_says_every_item_on_ruled_pages_with_heads_and_numbers(
    found: VolumeList, words: Words, look: Look, read: Callable[[Sheet], Read], count: int
) -> None:
    sheet = catalogue(words, look.family, many(found, count))
    page = read(sheet)
    assert page.pages == sheet.pages == (1 if count == 3 else page.pages)
    assert page.size() == pytest.approx((297, 210), abs=HALF_A_MM)
    said: list[str] = []
    for number in range(1, page.pages + 1):
        assert columns_of(page, CATALOGUE, number) == pytest.approx(edges(CATALOGUE.left, CATALOGUE_MM), abs=HALF_A_MM)
        text = page.text(number)
        assert text.startswith(
            "归档文件目录全宗名称:云泽县青石镇类别:结婚登记年度:2016保管期限:100年盒号:17序号档号文号责任者题名日期密级页数备注"
        )
        assert f"第{number}页共{page.pages}页" in text
        assert max(one.bottom for one in page.lines(number)) <= CATALOGUE.bottom + HALF_A_MM
        said += [word.said for word in page.words(number) if word.said.startswith("J001-HY")]
        if number in (1, page.pages):
            assert_nothing_is_cut(page, number, CATALOGUE, CATALOGUE_MM)
    assert said == [f"J001-HY·2016-D100-{place:04}" for place in range(1, count + 1)]
    if count == 1000:
        titles = [word for word in page.words(1) if word.left > 152 and word.right < 219]
        column = "".join(word.said for word in sorted(titles, key=lambda word: word.top))
        assert column.count(unicodedata.normalize("NFKC", LONG)) == 2  # whole, over its lines


def test_contents_are_numbered_through_the_volume_and_the_last_line_tells_the_last_page(
    found: VolumeList, words: Words, look: Look, read: Callable[[Sheet], Read]
) -> None:
    page = read(contents(words, look.family, many(found, 40)))
    assert page.size() == pytest.approx((210, 297), abs=HALF_A_MM)
    assert page.pages == 3
    for number in (1, 2, 3):
        assert columns_of(page, CONTENTS, number) == pytest.approx(edges(CONTENTS.left, CONTENTS_MM), abs=HALF_A_MM)
        assert page.text(number).startswith("卷内文件目录档号:J001-HY·2016-D100-001")
        assert_nothing_is_cut(page, number, CONTENTS, CONTENTS_MM)
    assert "196-200" in page.text(3)


def test_a_note_tells_the_totals_every_reopening_and_who_answers_for_it(
    found: VolumeList, words: Words, look: Look, read: Callable[[Sheet], Read]
) -> None:
    page = read(NoteSheet(words, look.family, found))
    said = page.text()
    for part in (
        "盒内文件情况说明", "共3件,15页。", "第2件缺双方合影。", "陈晓兰重开:漏了一件", "整理人陈晓兰", "整理日期2026年3月2日",
        "检查人李主任", "检查日期",
    ):  # fmt: skip
        assert part in said
    frame = [one for one in page.lines() if one.upright]
    assert (min(one.left for one in frame), max(one.right for one in frame)) == pytest.approx((25, 195), abs=HALF_A_MM)
    assert (min(one.top for one in frame), max(one.bottom for one in frame)) == pytest.approx((40, 272), abs=HALF_A_MM)
    long = replace(found, volume=replace(found.volume, note="缺页说明。" * 100), reopened=found.reopened * 40)
    longer = read(NoteSheet(words, look.family, long))
    assert longer.pages == 3
    assert "".join(longer.text(number) for number in (1, 2, 3)).count("重开:漏了一件") == 40
    for number in (1, 2, 3):
        assert all(word.right < NOTE.right for word in longer.words(number))


def test_a_cover_holds_the_longest_title_within_its_frame(
    found: VolumeList, words: Words, read: Callable[[Sheet], Read]
) -> None:
    titled = replace(found, volume=replace(found.volume, title="题" * 120))
    page = read(CoverSheet(words, titled))
    said = page.text()
    assert said.count("题") == 120
    for part in ("云泽县青石镇", "自2016.02.27至2016.02.27", "100年", "共3件15页", "J001", "HY·2016-D100", "001"):
        assert part in said
    assert all(COVER.left < word.left and word.right < COVER.right for word in page.words())


@pytest.mark.parametrize("thickness", [20, 30, 40, 50])
def test_a_spine_is_as_wide_as_the_box_is_thick_and_names_first_and_last(
    found: VolumeList, words: Words, read: Callable[[Sheet], Read], thickness: int
) -> None:
    page = read(SpineSheet(words, replace(found, volume=replace(found.volume, thickness_mm=thickness))))
    frame = [one for one in page.lines() if one.upright]
    assert sorted({round(one.left, 1) for one in frame}) == pytest.approx([20, 20 + thickness], abs=HALF_A_MM)
    assert {round(one.bottom - one.top) for one in frame} == {280}
    inside = [word for word in page.words() if word.left < 20 + thickness]
    assert all(word.right < 20 + thickness for word in inside)
    said = "".join(word.said for word in inside)
    for part in ("全宗号J001", "年度2016", "起止件号00010003", "盒号17"):
        assert part in "".join(said.split())


def test_a_face_has_the_name_of_the_fonds_over_two_lines(
    found: VolumeList, words: Words, read: Callable[[Sheet], Read]
) -> None:
    page = read(FaceSheet(words, found))
    levels = sorted(one.top for one in page.lines() if one.level)
    assert levels == pytest.approx([98, 100], abs=HALF_A_MM)
    name = next(word for word in page.words() if word.said == "云泽县青石镇")
    assert 70 < name.top < name.bottom < 98
    assert "云泽县民政局婚姻登记处" in page.text()


@pytest.mark.parametrize("alone", [False, True])
def test_a_stamp_has_six_equal_cells_of_45_by_16_mm(
    found: VolumeList, words: Words, read: Callable[[Sheet], Read], alone: bool
) -> None:
    page = read(StampSheet(words, found, found.rows[1], alone))
    left, top = (0, 0) if alone else (82.5, 6)
    if alone:
        assert page.size() == pytest.approx((45, 16), abs=HALF_A_MM)
    uprights = sorted({round(one.left, 1) for one in page.lines() if one.upright})
    levels = sorted({round(one.top, 1) for one in page.lines() if one.level})
    assert uprights == pytest.approx([left, left + 15, left + 30, left + 45], abs=HALF_A_MM)
    assert levels == pytest.approx([top, top + 8, top + 16], abs=HALF_A_MM)
    cells = {(int((word.left - left) // 15), int((word.top - top) // 8)): word.said for word in page.words()}
    assert cells == {(0, 0): "J001", (1, 0): "2016", (2, 0): "0002", (0, 1): "结婚", (1, 1): "100 年", (2, 1): "5"}


def test_what_is_not_closed_says_so_across_every_sheet(
    found: VolumeList, words: Words, look: Look, read: Callable[[Sheet], Read]
) -> None:
    draft = replace(found, volume=replace(found.volume, state=type(found.volume.state).OPEN))
    for sheet in (
        catalogue(words, look.family, draft), NoteSheet(words, look.family, draft), CoverSheet(words, draft), SpineSheet(words, draft),
        FaceSheet(words, draft),
    ):  # fmt: skip
        assert "未结卷" in read(sheet).text()
    assert "未结卷" not in read(catalogue(words, look.family, found)).text()


def test_lines_break_where_a_rare_character_is_two_units_of_the_toolkit(look: Look) -> None:
    said = "𠮷𠮷𠮷𠮷田" * 12
    kind = Type(look.family, 3.2)
    lines = kind.lines(said, 30)
    assert "".join(lines) == said
    assert all(kind.width_mm(line) <= 30 for line in lines)


@pytest.mark.parametrize("across", [True, False])
def test_a_printer_gets_the_sheet_at_its_true_size_and_only_the_pages_asked_for(
    found: VolumeList, words: Words, look: Look, tmp_path: Path, across: bool
) -> None:
    sheet = catalogue(words, look.family, many(found, 60)) if across else contents(words, look.family, many(found, 60))
    printer = QPrinter(QPrinter.PrinterMode.HighResolution)
    printer.setOutputFormat(QPrinter.OutputFormat.PdfFormat)
    printer.setOutputFileName(str(tmp_path / "printed.pdf"))
    printer.setPageLayout(layout_of(sheet))
    printer.setFullPage(True)
    printer.setFromTo(2, 3)
    assert print_on(printer, sheet, look.family)
    page = Read(told_plainly((tmp_path / "printed.pdf").read_bytes()))
    place, widths = (CATALOGUE, CATALOGUE_MM) if across else (CONTENTS, CONTENTS_MM)
    assert page.pages == 2
    assert page.size() == pytest.approx(sheet.size_mm, abs=HALF_A_MM)
    assert columns_of(page, place, 1) == pytest.approx(edges(place.left, widths), abs=HALF_A_MM)
    assert f"第2页共{sheet.pages}页" in page.text(1)


def test_a_hand_over_list_names_every_record_on_pages_with_room_for_both_signatures(
    words: Words, look: Look, read: Callable[[Sheet], Read]
) -> None:
    rows = tuple(HandedOver(f"J001-HY·2016-D100-{n:04}", LONG, "20160227", 5, n == 2) for n in range(1, 41))
    batch = HandOver("云泽县青石镇", "0190aaaa", 7, "2026-03-02T04:00:00.000Z", "ab" * 32, rows)
    page = read(HandOverSheet(words, look.family, batch))
    assert page.pages == 4
    for number in range(1, 5):
        assert columns_of(page, LIST, number) == pytest.approx([*edges(LIST.left, LIST_MM)], abs=HALF_A_MM)
        text = page.text(number)
        for part in ("档案移交清单", "批次:0007", "共40件200页", "移交人", "接收人", "ab" * 32):
            assert part in text
        assert_nothing_is_cut(page, number, LIST, LIST_MM)
        assert max(one.bottom for one in page.lines(number) if one.upright) <= LIST.bottom + HALF_A_MM
    said = [word.said for number in range(1, 5) for word in page.words(number) if word.said.startswith("J001")]
    assert said == [row.number for row in rows]


def test_a_reader_finds_in_the_pdf_the_characters_that_were_written(
    found: VolumeList, words: Words, look: Look
) -> None:
    """Radicals, Kangxi radicals, blanks and digits after letters: each as it was written, not as the font draws it."""
    said = "马秀英、民政局文书自石日目户用走飞食高鬼龙龟见角贝车门风页鱼鸟麦黄齐齿骨韦青长　J001-HY·2016"
    row = replace(found.rows[0], title=said)
    content = pdf_of(catalogue(words, look.family, replace(found, rows=(row,))), look.family, "sheet")
    with pymupdf.open(stream=content) as document:
        page = document[0]
        assert not document.is_repaired
        lines = [line for line in page.get_text().splitlines() if line.strip()]
        assert [one for one in page.get_text() if 0x2E80 <= ord(one) < 0x2FE0 or one == "\t"] == []
        first = next(number for number, line in enumerate(lines) if line.startswith("马秀英"))
        assert "".join(lines[first : first + 3]).startswith(said.replace("\u3000", ""))
        for word in ("民政", "马秀英", "J001-HY·2016-D100-0001"):
            assert page.search_for(word)
