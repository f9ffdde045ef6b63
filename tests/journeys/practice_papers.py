"""The twelve practice papers as a clerk reads them, and the bad files that come with any scanner."""

from __future__ import annotations

import time
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path

import resources

PRACTICE = Path(str(files(resources).joinpath("practice")))


@dataclass(frozen=True, slots=True)
class PracticePaper:
    """One scan: which kind it is, what it says field by field, which pages are which paper."""

    file: Path
    kind: str
    pages: int
    fields: Mapping[str, str]
    papers: Mapping[str, str]
    reasons: Mapping[str, str] = field(default_factory=dict)


def practice_papers() -> list[PracticePaper]:
    """Return the twelve, in the order they are listed."""
    table = tomllib.loads((PRACTICE / "papers.toml").read_text(encoding="utf-8"))
    return [
        PracticePaper(
            PRACTICE / one["file"], one["kind"], one["pages"], one["fields"], one["papers"], one.get("reasons", {})
        )
        for one in table["document"]
    ]


def papers_in(folder: Path) -> list[PracticePaper]:
    """Return the PDFs of any folder as official documents named after their files."""
    return [
        PracticePaper(
            one,
            "document",
            0,
            {"subject": one.stem, "type": "通知", "issued": "2024-01-02", "author": "云泽县青石镇人民政府"},
            {},
            {"papers.body": "整份扫描，未分材料"},
        )
        for one in sorted(folder.glob("*.pdf"))
    ]


@dataclass(slots=True)
class SlowScan:
    """A scan that a slow scanner is still writing: a little more each second, whole when `finish` is called."""

    place: Path
    whole: bytes
    written: int = 0
    wrote_at: float = 0.0

    def write_on(self) -> bool:
        """A little more is written, if a second has passed; always True, so that a wait can carry it."""
        if time.monotonic() - self.wrote_at >= 1:
            self.written += 500
            self.wrote_at = time.monotonic()
            self.place.write_bytes(self.whole[: self.written])
        return True

    def finish(self) -> None:
        self.place.write_bytes(self.whole)


def lay_bad_files(folder: Path, good: Path) -> SlowScan:
    """A half-written scan, a cut one, a text with a PDF's name and a double of a good one lie in the folder."""
    whole = good.read_bytes()
    (folder / "截断.pdf").write_bytes(whole[: len(whole) // 2])
    (folder / "不是文件.pdf").write_text("这不是扫描件。", encoding="utf-8")
    (folder / "重复.pdf").write_bytes(whole)
    slow = SlowScan(folder / "还在写.pdf", whole + b"\n% scanned again\n%%EOF\n")
    slow.write_on()
    return slow
