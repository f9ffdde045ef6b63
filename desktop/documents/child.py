"""The page reader's own process: the only place where a foreign page is parsed. Run by `PageReader`, not by hand."""

from __future__ import annotations

import re
import sys
from typing import Any, Final

from desktop.documents.formats import Format, recognise
from desktop.documents.limits import READER_BYTES, own_pipes, serve, take_limits
from desktop.documents.ofd import OfdFile, open_ofd
from desktop.documents.surrogates import clean_text

# PyMuPDF would load them if they are there: a second of CPU and 100 MB for nothing we use
for _unwanted in ("pymupdf.layout", "pymupdf4llm", "onnxruntime"):
    sys.modules[_unwanted] = None  # type: ignore[assignment]

import pymupdf  # noqa: E402  # after the line above

from desktop.documents.stamping import stamped  # noqa: E402

NICENESS: Final = 5
SIZES_MAX: Final = 2_000  # pages whose size is told
OBJECTS_MAX: Final = 20_000  # objects looked through for active content
PIXELS_MAX: Final = 40_000_000  # A4 at 600 dpi has 35 million
EDGE_POINTS_MAX: Final = 14_400.0  # 5 m, the largest page of PDF 1.7
_PICTURES: Final = (Format.JPEG, Format.PNG)
_ACTIVE: Final = {
    "javascript": re.compile(rb"/(?:JS|JavaScript)\b"),
    "launch": re.compile(rb"/S\s*/Launch\b"),
    "embedded_file": re.compile(rb"/EmbeddedFiles?\b"),
    "rich_media": re.compile(rb"/(?:RichMedia|Movie|Sound|3D)\b"),
    "submit_form": re.compile(rb"/S\s*/SubmitForm\b"),
}


class CannotRead(Exception):
    """The page or file cannot be read; the argument is the reason's stable code."""


class Shelf:
    """The document last asked for, kept open: pages of one document are asked for one after another."""

    def __init__(self) -> None:
        self._key = b""
        self._document: Any = None
        self.format = Format.PDF
        self.cut = False  # a picture whose end is missing; the part that is there can be seen

    def holds(self, key: bytes) -> bool:
        return self._document is not None and self._key == key

    def put(self, key: bytes, content: bytes) -> None:
        """The document is open, in place of the former one."""
        self._document = None
        form = recognise(content)
        if form is None:
            raise CannotRead("unknown_format" if content else "empty")
        self._document = open_ofd(content) if form is Format.OFD else _open(content, form)
        if self._document is None:
            raise CannotRead("broken")
        self._key, self.format = key, form
        self.cut = form in _PICTURES and bool(pymupdf.TOOLS.mupdf_warnings())

    @property
    def document(self) -> Any:
        return self._document


def main() -> None:
    """Questions were answered until the desk closed its end."""
    requests, answers = own_pipes()
    take_limits(memory_bytes=READER_BYTES, niceness=NICENESS)
    pymupdf.TOOLS.mupdf_display_errors(False)
    pymupdf.TOOLS.mupdf_display_warnings(False)
    shelf = Shelf()
    serve(requests, answers, lambda request: _answer(shelf, request))


def _answer(shelf: Shelf, request: dict[str, Any]) -> dict[str, Any]:
    try:
        if not shelf.holds(request["key"]):
            if request.get("content") is None:
                return {"missing": True}
            shelf.put(request["key"], request["content"])
        return {"found": _ACTS[request["act"]](shelf, request)}
    except CannotRead as refusal:
        return {"refused": str(refusal)}
    except (
        RuntimeError,
        ValueError,
        IndexError,
        KeyError,
        TypeError,
        OverflowError,
        pymupdf.mupdf.FzErrorBase,
    ) as error:
        # whatever the parser says of a broken page; its words may quote the page and stay here
        return {"stopped": "memory"} if re.search(r"[mc]alloc|memory", str(error)) else {"refused": "broken"}


def _open(content: bytes, form: Format) -> Any:
    document = pymupdf.open(stream=content, filetype=form.value)
    if form in _PICTURES:
        pymupdf.TOOLS.reset_mupdf_warnings()
        pymupdf.Pixmap(content)  # raises for a picture that cannot be unpacked; opening alone does not look
    if document.needs_pass:
        raise CannotRead("password")
    if document.page_count < 1:
        raise CannotRead("no_pages")
    return document


def _inspect(shelf: Shelf, _: dict[str, Any]) -> dict[str, Any]:
    document = shelf.document
    if isinstance(document, OfdFile):
        told = {"pages": document.pages, "sizes": document.sizes[:SIZES_MAX]}
        return told | {"format": shelf.format, "repaired": False, "encrypted": False, "active": [], "preview": False}
    metadata = document.metadata or {}
    return {
        "format": shelf.format,
        "pages": document.page_count,
        "sizes": [_size(document, number) for number in range(min(document.page_count, SIZES_MAX))],
        "repaired": bool(document.is_repaired) or shelf.cut,
        "encrypted": bool(metadata.get("encryption")),
        "active": _active_content(document) if shelf.format is Format.PDF else [],
        "preview": True,
    }


def _size(document: Any, number: int) -> tuple[float, float]:
    try:
        rectangle = document[number].rect
    except (IndexError, RuntimeError, ValueError, pymupdf.mupdf.FzErrorBase):
        return (0.0, 0.0)  # a page the file counts but does not hold
    return (float(rectangle.width), float(rectangle.height))


def _active_content(document: Any) -> list[str]:
    found: set[str] = set()
    for number in range(1, min(document.xref_length(), OBJECTS_MAX)):
        try:
            spelled = document.xref_object(number, compressed=True).encode("utf-8", "replace")
        except (RuntimeError, ValueError, pymupdf.mupdf.FzErrorBase):
            continue  # an object that cannot be read cannot act either
        found.update(name for name, pattern in _ACTIVE.items() if pattern.search(spelled))
    return sorted(found)


def _picture(shelf: Shelf, request: dict[str, Any]) -> dict[str, Any]:
    page = _page(shelf, request["page"])
    width, height = page.rect.width, page.rect.height
    if not (0 < width <= EDGE_POINTS_MAX and 0 < height <= EDGE_POINTS_MAX):
        raise CannotRead("page_too_large")
    dots = min(float(request["dpi"]), 72.0 * (PIXELS_MAX / (width * height)) ** 0.5)
    zoom = dots / 72.0
    pixels = page.get_pixmap(matrix=pymupdf.Matrix(zoom, zoom), colorspace=pymupdf.csRGB, alpha=False)
    return {"width": pixels.width, "height": pixels.height, "dpi": dots, "rgb": bytes(pixels.samples)}


def _text(shelf: Shelf, request: dict[str, Any]) -> dict[str, Any]:
    if isinstance(shelf.document, OfdFile):
        return {"text": clean_text(shelf.document.text(request["page"]))}
    return {"text": clean_text(_page(shelf, request["page"]).get_text("text"))}


def _stamp(shelf: Shelf, request: dict[str, Any]) -> dict[str, Any]:
    if isinstance(shelf.document, OfdFile):
        raise CannotRead("no_preview")
    return {"pdf": stamped(shelf.document, request["stamp"])}


def _page(shelf: Shelf, number: int) -> Any:
    if isinstance(shelf.document, OfdFile):
        raise CannotRead("no_preview")
    if not 0 <= number < shelf.document.page_count:
        raise CannotRead("page_missing")
    try:
        return shelf.document[number]
    except IndexError as error:
        raise CannotRead("page_missing") from error


_ACTS: Final = {"inspect": _inspect, "picture": _picture, "text": _text, "stamp": _stamp}

if __name__ == "__main__":
    main()
