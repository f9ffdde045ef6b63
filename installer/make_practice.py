"""Draw the practice papers (练习材料) anew: `python installer/make_practice.py`, from resources/practice/papers.toml.

Scan-like PDFs without a text layer, the same bytes each time with the same PyMuPDF. For maintainers; the results are kept
in the repository. All people are invented.
"""

from __future__ import annotations

import random
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pymupdf
from practice_sheets import FORMS, HEIGHT, WIDTH, Sheet, draw_page  # beside this script

FOLDER = Path(__file__).parents[1] / "resources" / "practice"
FORM_DPI, OTHER_DPI = 150, 100
FORM_QUALITY, OTHER_QUALITY = 42, 38


def scan(sheet: Sheet, chance: random.Random, *, dpi: int, quality: int, colour: bool) -> bytes:
    """Return a JPEG of the page as an old scanner makes it: a little askew, greyish paper, specks."""
    zoom = dpi / 72
    matrix = pymupdf.Matrix(zoom, zoom).prerotate(chance.uniform(-0.5, 0.5))
    space = pymupdf.csRGB if colour else pymupdf.csGRAY
    drawn = sheet.page.get_pixmap(matrix=matrix, colorspace=space, alpha=False)
    tones = bytes(min(247, 20 + value * 230 // 255) for value in range(256))
    samples = bytearray(bytes(drawn.samples).translate(tones))
    for _ in range(len(samples) // 60_000):
        place = chance.randrange(len(samples) - 3)
        samples[place : place + 3] = b"\x60\x60\x60"
    return pymupdf.Pixmap(space, drawn.width, drawn.height, bytes(samples), False).tobytes("jpg", jpg_quality=quality)


def make_pdf(document: Mapping[str, Any], texts: Mapping[str, Any]) -> bytes:
    """Return one practice document, the same bytes each time."""
    chance = random.Random(document["file"])
    sealed = "红色公章" in document["special"]
    papers = pages_of(document)
    made = pymupdf.open()
    for number in range(document["pages"]):
        paper, nth, count = papers[number + 1]
        form = paper in FORMS and number == 0
        shown = draw_page(paper, nth, count, document, texts, sealed and number in (0, document["pages"] - 1))
        picture = scan(
            shown,
            chance,
            dpi=FORM_DPI if form or paper == "body" else OTHER_DPI,
            quality=FORM_QUALITY if form or paper == "body" else OTHER_QUALITY,
            colour=sealed and number == 0,
        )
        page = made.new_page(width=WIDTH, height=HEIGHT)
        page.insert_image(page.rect, stream=picture, keep_proportion=False)
    made.set_metadata({})
    content: bytes = made.tobytes(garbage=3, deflate=True, no_new_id=True)
    return content


def pages_of(document: Mapping[str, Any]) -> dict[int, tuple[str, int, int]]:
    """Return, for each page, the first paper on it, which page of that paper it is, and of how many."""
    found: dict[int, tuple[str, int, int]] = {}
    for paper, ranges in document["papers"].items():
        first, _, last = ranges.partition("-")
        numbers = range(int(first), int(last or first) + 1)
        for nth, number in enumerate(numbers):
            found.setdefault(number, (paper, nth, len(numbers)))
    return found


def main(told: Callable[[str], None] = print) -> None:
    """Every practice PDF stands beside papers.toml, drawn anew."""
    described = tomllib.loads((FOLDER / "papers.toml").read_text(encoding="utf-8"))
    for document in described["document"]:
        content = make_pdf(document, described["text"])
        (FOLDER / document["file"]).write_bytes(content)
        told(f"{document['file']}  {len(content) // 1024} KiB")


if __name__ == "__main__":
    main()
