"""Recognised text of scan-like pages with exact labels: wrong characters, fields proposed as written, CPU a page; under a red seal too.

The labelled pages lie beside the project, not in it. The peer of the same run is the recogniser as it comes (line classifier on,
all threads) on the same pages.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy
import pymupdf
from rapidocr import RapidOCR

from desktop.documents.pages import SCAN_DPI, PageReader
from desktop.documents.recognition import (
    FoundLine,
    TextReader,
    in_reading_order,
    plain,
    read_corners,
    stood_straight,
)
from desktop.services.page_fields import propose_fields, read_labels_of
from sync.contract.kind_files import load_kinds
from sync.contract.kinds import FieldType, Kind

SHARED: Final = Path(__file__).resolve().parents[2].parent / "shared"
KINDS: Final = {"marriage": "marriage", "dibao": "dibao", "letter": "document"}
DOUBTFUL: Final = 0.85
NOT_OF_THE_FORM: Final = {"月收入合计", "家庭人口"}  # sums that the form reckons from its members


@dataclass(frozen=True, slots=True)
class Labelled:
    """A page with what is printed on it."""

    name: str
    kind: str
    content: bytes
    lines: tuple[str, ...]
    fields: dict[str, str]


@dataclass
class Told:
    """What was read of a set of pages."""

    pages: int = 0
    characters: int = 0
    wrong: int = 0
    fields: int = 0
    right: int = 0
    numbers: int = 0
    numbers_right: int = 0
    doubtful: int = 0
    doubtful_wrong: int = 0
    cpu_s: float = 0.0
    examples: list[str] = field(default_factory=list)

    @property
    def cer(self) -> float:
        return self.wrong / self.characters

    @property
    def fields_right(self) -> float:
        return self.right / self.fields


def labelled(folder: Path) -> list[Labelled]:
    """Return the pages of a folder that make_scans.py filled."""
    said = json.loads((folder / "labels.json").read_text(encoding="utf-8"))
    return [
        Labelled(one["pdf"], one["kind"], (folder / one["pdf"]).read_bytes(), tuple(one["lines"]), one["fields"])
        for one in said
    ]


def fresh(folder: Path, count: int, seed: int) -> list[Labelled]:
    """Return newly made pages of another seed, from the generated county beside the project."""
    with tarfile.open(next((SHARED / "data" / "town").glob("*.tar.gz"))) as packed:
        packed.extractall(folder, filter="data")
    town = next(path.parent for path in folder.rglob("residents.csv"))
    tool = SHARED / "tools" / "make_scans.py"
    made = folder / "scans"
    subprocess.run([sys.executable, str(tool), str(town), str(made), str(count), str(seed)], check=True)
    return labelled(made)


def sealed(one: Labelled) -> Labelled:
    """Return the page in colour with a red seal pressed over its values."""
    pages = pymupdf.open(stream=one.content)
    picture = pages[0].get_pixmap(dpi=SCAN_DPI, colorspace=pymupdf.csRGB)
    pixels = (
        numpy.frombuffer(picture.samples, numpy.uint8).reshape(picture.height, picture.width, 3).astype(numpy.float32)
    )
    rows, columns = numpy.ogrid[: picture.height, : picture.width]
    middle_y, middle_x, radius = 0.27 * picture.height, 0.52 * picture.width, 0.075 * picture.height
    away = numpy.hypot(rows - middle_y, columns - middle_x)
    ring = (abs(away - radius) < 0.004 * picture.height) | (away < 0.018 * picture.height)
    pixels[ring] *= numpy.array([0.93, 0.28, 0.28], numpy.float32)  # ink lets the print under it through
    inked = pymupdf.Pixmap(pymupdf.csRGB, picture.width, picture.height, pixels.astype(numpy.uint8).tobytes(), False)
    made = pymupdf.open()
    page = made.new_page(width=pages[0].rect.width, height=pages[0].rect.height)
    page.insert_image(page.rect, stream=inked.tobytes("jpg", jpg_quality=80))
    return Labelled(f"{one.name} sealed", one.kind, made.tobytes(), one.lines, one.fields)


def wrong_characters(read: str, printed: str) -> int:
    """Return how many characters must be put in, taken out or changed."""
    row = numpy.arange(len(printed) + 1)
    wanted = numpy.array([ord(one) for one in printed])
    for place, one in enumerate(read, 1):
        least = numpy.minimum(row[1:] + 1, row[:-1] + (wanted != ord(one)))
        row = numpy.concatenate(([place], least))
        row = numpy.minimum.accumulate(row - numpy.arange(len(row))) + numpy.arange(len(row))
    return int(row[-1])


def cpu_seconds(pid: int) -> float:
    """Return what a child has spent so far."""
    told = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(") ")[2].split()
    return (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")


def key_of(kind: Kind, label: str) -> str:
    """Return the field that a label of the form names."""
    return next((key for key, labels in read_labels_of(kind).items() if label in labels), "")


def read_all(several: list[Labelled], reader: PageReader, text_reader: TextReader) -> Told:
    """Return what the product makes of these pages."""
    told, kinds = Told(), load_kinds()
    for one in several:
        picture = reader.picture(one.content, 0, SCAN_DPI)
        began = cpu_seconds(text_reader._child.process_id) if text_reader._child.process_id else None
        lines = text_reader.read(picture)
        if began is not None:  # the first page carries the start
            told.cpu_s += cpu_seconds(text_reader._child.process_id) - began
            told.pages += 1
        _judge(told, kinds[KINDS[one.kind]], one, lines)
    return told


def _judge(told: Told, kind: Kind, one: Labelled, lines: tuple[FoundLine, ...]) -> None:
    printed = plain("".join(one.lines))
    told.characters += len(printed)
    told.wrong += wrong_characters("".join(line.plain for line in lines), printed)
    proposed = propose_fields(kind, lines)
    for label, value, key in _asked(kind, one):
        found = proposed.get(key)
        text = found.text if found else ""
        right = text == plain(value)
        told.fields += 1
        told.right += right
        if found is not None and found.score < DOUBTFUL:
            told.doubtful += 1
            told.doubtful_wrong += not right
        shown = kind.field(key)
        if shown is not None and shown.type is FieldType.IDENTITY:
            told.numbers += 1
            told.numbers_right += right
        if not right:
            told.examples.append(f"{one.name} {label}: {text or 'nothing'} for {plain(value)}")


def _asked(kind: Kind, one: Labelled) -> Iterator[tuple[str, str, str]]:
    for label, value in one.fields.items():
        if label not in NOT_OF_THE_FORM:
            yield label, value, key_of(kind, label)


def read_as_it_comes(several: list[Labelled], reader: PageReader) -> tuple[float, float]:
    """Return the wrong characters and the CPU seconds a page of the recogniser with its own defaults."""
    logging.getLogger("RapidOCR").setLevel(logging.ERROR)
    engine = RapidOCR()
    wrong = characters = 0
    spent: list[float] = []
    for one in several:
        picture = reader.picture(one.content, 0, SCAN_DPI)
        pixels = numpy.frombuffer(picture.rgb, numpy.uint8).reshape(picture.height, picture.width, 3)[:, :, ::-1]
        began = time.process_time()
        found = engine(pixels)
        spent.append(time.process_time() - began)
        size = [picture.width, picture.height] * 4
        corners = [read_corners((box.reshape(-1) / size).tolist()) for box in found.boxes]
        lines = [FoundLine(text, *box, 1.0) for text, box in zip(found.txts, stood_straight(corners), strict=True)]
        printed = plain("".join(one.lines))
        characters += len(printed)
        wrong += wrong_characters("".join(line.plain for line in in_reading_order(lines)), printed)
    return wrong / characters, sum(spent[1:] or spent) / max(1, len(spent) - 1)  # the first loads the models


def run(arguments: list[str]) -> tuple[dict[str, float], dict[str, float]]:
    """Return the figures of the labelled, the fresh and the sealed pages, and the ratios over the recogniser as it comes."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench ocr")
    parser.add_argument("--pages", type=int, default=0, help="only so many of the labelled pages; 0: all")
    parser.add_argument("--fresh", type=int, default=12, help="newly made pages")
    parser.add_argument("--seed", type=int, default=77, help="of the fresh pages")
    parser.add_argument("--sealed", type=int, default=6, help="pages in colour under a red seal")
    parser.add_argument("--without-peer", action="store_true", help="ours alone: a trial of the bench")
    asked = parser.parse_args(arguments)
    if not TextReader.available() or not SHARED.is_dir():
        raise SystemExit("needs the extra `ocr` and the labelled scans beside the project (../shared/data/scans)")
    known = labelled(SHARED / "data" / "scans")
    known = known[: asked.pages] if asked.pages else known
    forms = [one for one in known if one.kind != "letter"]
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="lantai-bench-") as name, PageReader() as reader, TextReader() as ours:
        sets = {"": known, "sealed_": [sealed(one) for one in forms[: asked.sealed]]}
        sets["fresh_"] = fresh(Path(name), asked.fresh, asked.seed) if asked.fresh else []
        ours.read(reader.picture(known[0].content, 0, SCAN_DPI))  # models are loaded within the first page
        for prefix, several in sets.items():
            if several:
                figures |= _figures(prefix, read_all(several, reader, ours))
        if asked.without_peer:
            return figures, {}
        figures["peer_cer"], figures["peer_cpu_s_per_page"] = read_as_it_comes(known, reader)
    ratios = {"cpu_over_as_it_comes": figures["cpu_s_per_page"] / figures["peer_cpu_s_per_page"]}
    if figures["peer_cer"]:
        ratios["cer_over_as_it_comes"] = figures["cer"] / figures["peer_cer"]
    return figures, ratios


def _figures(prefix: str, told: Told) -> dict[str, Any]:
    for example in told.examples:
        print(example)
    return {
        f"{prefix}pages": told.pages,
        f"{prefix}cer": told.cer,
        f"{prefix}fields": told.fields,
        f"{prefix}fields_right": told.fields_right,
        f"{prefix}identity_numbers": told.numbers,
        f"{prefix}identity_right": told.numbers_right,
        f"{prefix}doubtful": told.doubtful,
        f"{prefix}doubtful_wrong": told.doubtful_wrong,
        f"{prefix}cpu_s_per_page": told.cpu_s / max(1, told.pages),
    }
