"""OFD files (版式文档, GB/T 33190): a zip of XML, listed and read for text with the standard library; not drawn.

Runs in the reader process only: a hostile zip or XML ends that process, nothing else.
"""

from __future__ import annotations

import io
import posixpath
import zipfile
import zlib
from dataclasses import dataclass
from typing import Final
from xml.etree import ElementTree

MEMBER_BYTES_MAX: Final = 64 << 20
POINTS_PER_MILLIMETRE: Final = 72 / 25.4


@dataclass(frozen=True, slots=True)
class OfdFile:
    """An opened OFD: its pages in order."""

    archive: zipfile.ZipFile
    content_paths: tuple[str, ...]
    size: tuple[float, float]

    @property
    def pages(self) -> int:
        return len(self.content_paths)

    @property
    def sizes(self) -> list[tuple[float, float]]:
        return [self.size] * self.pages

    def text(self, number: int) -> str:
        """Return the words of a page in the order they stand in the file.

        Raises:
            IndexError: no such page.
        """
        root = _parse(self.archive, self.content_paths[number])
        return "\n".join(element.text or "" for element in root.iter() if _name(element) == "TextCode")


def open_ofd(content: bytes) -> OfdFile | None:
    """Return the opened file, or None if it is not one that can be read."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
        main = next(element for element in _parse(archive, "OFD.xml").iter() if _name(element) == "DocRoot")
        document_path = (main.text or "").strip().lstrip("/")
        document = _parse(archive, document_path)
    except (zipfile.BadZipFile, zlib.error, ElementTree.ParseError, KeyError, StopIteration, ValueError, RuntimeError):
        return None  # RuntimeError: a member with a password; NotImplementedError of an unknown packing is one too
    folder = posixpath.dirname(document_path)
    paths = tuple(
        _join(folder, element.get("BaseLoc", ""))
        for pages in document
        if _name(pages) == "Pages"
        for element in pages
        if _name(element) == "Page"
    )
    return OfdFile(archive, paths, _page_size(document)) if paths else None


def _page_size(document: ElementTree.Element) -> tuple[float, float]:
    for element in document.iter():
        if _name(element) == "PhysicalBox":
            words = (element.text or "").split()
            if len(words) == 4:
                return (float(words[2]) * POINTS_PER_MILLIMETRE, float(words[3]) * POINTS_PER_MILLIMETRE)
    return (210 * POINTS_PER_MILLIMETRE, 297 * POINTS_PER_MILLIMETRE)


def _parse(archive: zipfile.ZipFile, path: str) -> ElementTree.Element:
    with archive.open(path) as member:
        content = member.read(MEMBER_BYTES_MAX + 1)
    if len(content) > MEMBER_BYTES_MAX:
        raise ValueError("a member over the limit")
    return ElementTree.fromstring(content)


def _join(folder: str, location: str) -> str:
    return location.lstrip("/") if location.startswith("/") else posixpath.normpath(posixpath.join(folder, location))


def _name(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]
