"""Pages of foreign files (页面): asked of a child process that can be ended, never parsed in the desk itself."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, Self

from desktop.documents.child_process import ChildProcess
from desktop.documents.formats import Format
from sync.contract.errors import ReaderStopped, UnreadableFile

LIMIT_SECONDS: Final = 20.0
VIEW_DPI: Final = 110
SCAN_DPI: Final = 200


@dataclass(frozen=True, slots=True)
class Inspection:
    """What a file is, before anything of it is shown."""

    format: Format
    pages: int
    sizes: tuple[tuple[float, float], ...]  # width and height in points, of the first 2,000 pages; 0, 0 where broken
    repaired: bool  # the file was damaged and parts of it may be missing: the clerk should look
    encrypted: bool  # opens without a password, but was protected against copying or printing
    active_content: tuple[str, ...]  # javascript, launch, embedded_file, rich_media, submit_form: never run by us
    preview: bool  # False: the file is kept whole, its pages cannot be drawn (OFD)


@dataclass(frozen=True, slots=True)
class PagePicture:
    """A drawn page: `height` rows of `width` pixels, three bytes each, without padding."""

    width: int
    height: int
    dpi: float  # lower than asked where the page is very large
    rgb: bytes


class PageReader:
    """Reads pages; a page that hangs or bursts its reader costs that one page, and the next question finds a new reader.

    Every method raises:
        UnreadableFile: with `reason`: empty, unknown_format, password, no_pages, broken, page_missing, page_too_large
            or no_preview. The file itself stays as it is.
        ReaderStopped: with `reason`: time, memory, crash or start.
    """

    def __init__(self, *, limit_seconds: float = LIMIT_SECONDS) -> None:
        self._limit_seconds = limit_seconds
        self._child = ChildProcess("desktop.documents.child")

    def inspect(self, content: bytes) -> Inspection:
        """Return what the file is and how many pages it has."""
        found = self._ask("inspect", content)
        return Inspection(
            format=Format(found["format"]),
            pages=found["pages"],
            sizes=tuple((width, height) for width, height in found["sizes"]),
            repaired=found["repaired"],
            encrypted=found["encrypted"],
            active_content=tuple(found["active"]),
            preview=found["preview"],
        )

    def picture(self, content: bytes, page: int, dpi: float = VIEW_DPI) -> PagePicture:
        """Return the page (counted from 0), drawn."""
        found = self._ask("picture", content, page=page, dpi=dpi)
        return PagePicture(found["width"], found["height"], found["dpi"], found["rgb"])

    def text(self, content: bytes, page: int) -> str:
        """Return the words the page (counted from 0) carries as text; of a scan without a text layer, nothing."""
        text: str = self._ask("text", content, page=page)["text"]
        return text

    def stamped(self, content: bytes, stamp: bytes) -> bytes:
        """Return a copy as a PDF, the stamp (a PDF of one page) on its first page; the content given is not touched."""
        copy: bytes = self._ask("stamp", content, stamp=stamp)["pdf"]
        return copy

    def close(self) -> None:
        """No child process is left."""
        self._child.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.close()

    def _ask(self, act: str, content: bytes, **more: object) -> dict[str, Any]:
        key = hashlib.sha256(content).digest()
        question = {"act": act, "key": key, **more}
        answer = self._child.ask(question, self._limit_seconds)
        if answer.get("missing"):  # the child holds another document: only now are the bytes sent
            answer = self._child.ask({**question, "content": content}, self._limit_seconds)
        if "stopped" in answer:
            self._child.close()  # what it has taken, it would keep
            raise ReaderStopped("reader", reason=answer["stopped"])
        if "refused" in answer:
            raise UnreadableFile("page", reason=answer["refused"])
        found: dict[str, Any] = answer["found"]
        return found
