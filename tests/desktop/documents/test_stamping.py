"""The stamp lies on the first page of a copy, where an eye looks for it; the original and its words stay."""

from __future__ import annotations

import hashlib

import pymupdf
import pytest

from desktop.documents.pages import PageReader
from tests.desktop.documents.drawn import drawn_pdf, drawn_png

POINTS_A_MM = 72 / 25.4


@pytest.fixture
def stamp() -> bytes:
    """A black page of 45 x 16 mm."""
    made = pymupdf.open()
    page = made.new_page(width=45 * POINTS_A_MM, height=16 * POINTS_A_MM)
    page.draw_rect(page.rect, fill=(0, 0, 0))
    return bytes(made.tobytes())


def black(page: pymupdf.Page) -> tuple[float, float, float, float]:
    """Return where the page, as it is seen, is black: left, top, right, bottom in millimetres."""
    picture = page.get_pixmap(dpi=144, colorspace=pymupdf.csGRAY)
    rows = [picture.samples[y * picture.stride : y * picture.stride + picture.width] for y in range(picture.height)]
    dark = [(x, y) for y, row in enumerate(rows) for x, one in enumerate(row) if one < 60]
    xs, ys = [x for x, _ in dark], [y for _, y in dark]
    mm = 25.4 / 144
    return min(xs) * mm, min(ys) * mm, (max(xs) + 1) * mm, (max(ys) + 1) * mm


def rotated(turn: int, cut: bool) -> bytes:
    made = pymupdf.open(stream=drawn_pdf("", ""), filetype="pdf")
    if cut:
        made[0].set_cropbox(pymupdf.Rect(40, 60, 540, 800))
    made[0].set_rotation(turn)
    return bytes(made.tobytes())


@pytest.mark.parametrize("cut", [False, True])
@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_the_stamp_stands_at_the_top_in_the_middle_however_the_page_is_turned(
    reader: PageReader, stamp: bytes, turn: int, cut: bool
) -> None:
    with pymupdf.open(stream=reader.stamped(rotated(turn, cut), stamp)) as copy:
        wide = copy[0].rect.width / POINTS_A_MM
        left, top, right, bottom = black(copy[0])
    assert [right - left, bottom - top] == pytest.approx([45, 16], abs=0.5)
    assert [top, (left + right) / 2] == pytest.approx([6, wide / 2], abs=0.5)


def test_the_original_is_not_touched_and_the_words_of_the_copy_stay_words(reader: PageReader, stamp: bytes) -> None:
    original = drawn_pdf("first page", "second page")
    before = hashlib.sha256(original).hexdigest()
    with pymupdf.open(stream=reader.stamped(original, stamp)) as copy:
        assert [page.get_text().strip() for page in copy] == ["first page", "second page"]
    assert hashlib.sha256(original).hexdigest() == before
    assert reader.text(original, 0).strip() == "first page"  # the reader's own document neither
    assert min(reader.picture(original, 1, 30).rgb) < 255


def test_a_picture_stands_on_an_a4_page_with_the_stamp_at_its_full_size(reader: PageReader, stamp: bytes) -> None:
    with pymupdf.open(stream=reader.stamped(drawn_png(1654, 2339), stamp)) as copy:
        assert [round(side) for side in (copy[0].rect.width, copy[0].rect.height)] == [595, 842]
        left, top, right, bottom = black(copy[0])
    assert [left, top, right, bottom] == pytest.approx([82.5, 6, 127.5, 22], abs=0.5)
