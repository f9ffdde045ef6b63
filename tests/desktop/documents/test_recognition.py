"""Text recognition of scans, in its own process."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop.documents.fields import suggest_fields
from desktop.documents.pages import SCAN_DPI, PagePicture, PageReader
from desktop.documents.recognition import FoundLine, TextReader, in_reading_order, plain, read_corners, stood_straight
from sync.contract.errors import ReaderStopped
from tests.desktop.documents.drawn import drawn_pdf, drawn_png

installed = pytest.mark.skipif(not TextReader.available(), reason="the extra `ocr` is not installed")

SEAL = (
    b"q 1 0 0 RG 9 w 240 716 m 240 747 215 772 184 772 c 153 772 128 747 128 716 c 128 685 153 660 184 660 c "
    b"215 660 240 685 240 716 c S 1 0 0 rg 184 716 m 184 750 l 194 726 l 218 726 l 198 712 l 206 690 l 184 704 l "
    b"162 690 l 170 712 l 150 726 l 174 726 l f Q "
)


@pytest.fixture(scope="module")
def text_reader() -> Iterator[TextReader]:
    with TextReader() as text_reader:
        yield text_reader


@installed
def test_the_words_of_a_drawn_page_are_found_where_they_stand(reader: PageReader, text_reader: TextReader):
    (line,) = text_reader.read(reader.picture(drawn_pdf("LANTAI 339921"), 0, SCAN_DPI))
    assert line.plain == "LANTAI339921"
    assert 0.1 < line.left < 0.14 < line.right < 0.5
    assert abs(line.top - 125 / 842) < 0.02
    assert line.score > 0.8


@installed
def test_an_empty_page_has_no_lines(reader: PageReader, text_reader: TextReader):
    assert text_reader.read(reader.picture(drawn_png(800, 600), 0, 96)) == ()


@installed
def test_a_recogniser_that_takes_too_long_is_ended(reader: PageReader):
    picture = reader.picture(drawn_pdf("LANTAI"), 0, SCAN_DPI)
    with TextReader(limit_seconds=0.2) as hurried, pytest.raises(ReaderStopped):
        hurried.read(picture)


@installed
def test_words_under_a_red_seal_are_read(reader: PageReader, text_reader: TextReader):
    found = text_reader.read(reader.picture(drawn_pdf("JADE 5 STONE", drawn_first=SEAL), 0, SCAN_DPI))
    assert "JADE5STONE" in "".join(line.plain for line in found)


@installed
def test_a_seal_is_found_and_a_page_without_one_keeps_its_colours(reader: PageReader):
    import numpy  # comes with the extra, like the next one

    from desktop.documents.text_child import find_seals, lift_seal

    sealed = reader.picture(drawn_pdf("JADE 5 STONE", drawn_first=SEAL), 0, SCAN_DPI)
    pixels = numpy.frombuffer(sealed.rgb, numpy.uint8).reshape(sealed.height, sealed.width, 3)[:, :, ::-1].copy()
    (seal,) = find_seals(pixels, SCAN_DPI)
    assert [part * 72 / SCAN_DPI for part in seal] == [pytest.approx(each, abs=10) for each in (184, 842 - 716, 56)]
    lift_seal(pixels, seal)
    assert (pixels.max(axis=2) == pixels.min(axis=2)).all()
    plain_page = reader.picture(drawn_pdf("JADE 5 STONE"), 0, SCAN_DPI)
    pixels = numpy.frombuffer(plain_page.rgb, numpy.uint8).reshape(plain_page.height, plain_page.width, 3)
    assert find_seals(pixels, SCAN_DPI) == []


@installed
def test_real_forms_give_nearly_all_their_fields(reader: PageReader, text_reader: TextReader, real_files: Path):
    labelled = json.loads((real_files / "scans" / "labels.json").read_text(encoding="utf-8"))
    right = wanted = 0
    for page in [page for page in labelled if page["kind"] != "letter"][:3]:
        content = (real_files / "scans" / page["pdf"]).read_bytes()
        lines = text_reader.read(reader.picture(content, 0, SCAN_DPI))
        found = suggest_fields(lines, {label: [label] for label in page["fields"]})
        wanted += len(page["fields"])
        right += sum(label in found and found[label].text == plain(value) for label, value in page["fields"].items())
    assert right >= wanted * 0.9


@installed
def test_a_picture_with_a_wrong_size_costs_the_reader_not_the_desk(text_reader: TextReader):
    with pytest.raises(ReaderStopped):
        text_reader.read(PagePicture(100, 100, 200, b"\0" * 10))


def test_a_page_that_leans_is_read_along_its_rows():
    def corners(left: float, top: float, width: float, lean: float) -> list[float]:
        low, high = top + lean * left, top + lean * (left + width)
        return [left, low, left + width, high, left + width, high + 0.02, left, low + 0.02]

    places = [(left, 0.1 + 0.04 * row) for row in range(8) for left in (0.1, 0.4, 0.7)]
    for lean in (0.0, 0.06, -0.06):
        boxes = stood_straight([read_corners(corners(left, top, 0.2, lean)) for left, top in places])
        lines = [FoundLine(f"{top:.2f} {left}", *box, 0.9) for (left, top), box in zip(places, boxes, strict=True)]
        assert [line.text for line in in_reading_order(lines[::-1])] == [line.text for line in lines]
        assert all(abs(box[1] - (top + lean / 2)) < 1e-9 for (_, top), box in zip(places, boxes, strict=True))
