"""What a file is, by its first and last bytes; never by its name (格式识别)."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

_TAIL_BYTES: Final = 2048
_ZIP_END_BYTES: Final = 22 + 65_535  # the record at the end of a zip, and the longest comment after it
_HEAD_BYTES: Final = 1024


class Format(StrEnum):
    """The kinds of file the desk takes in."""

    PDF = "pdf"
    JPEG = "jpeg"
    PNG = "png"
    TIFF = "tiff"
    OFD = "ofd"  # GB/T 33190, a zip of XML; kept and listed, not drawn


def recognise(content: bytes) -> Format | None:
    """Return the format, or None if it is none of ours."""
    if b"%PDF-" in content[:_HEAD_BYTES]:  # some scanners write a few bytes before it
        return Format.PDF
    if content.startswith(b"\xff\xd8\xff"):
        return Format.JPEG
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return Format.PNG
    if content.startswith((b"II*\0", b"MM\0*")):
        return Format.TIFF
    if content.startswith(b"PK\x03\x04") and b"OFD.xml" in content:
        return Format.OFD
    return None


def looks_finished(content: bytes, form: Format) -> bool:
    """Tell whether the file has the end that its form asks for; a file cut in the middle has not."""
    tail = content[-_TAIL_BYTES:]
    if form is Format.PDF:
        return b"%%EOF" in tail
    if form is Format.JPEG:
        return b"\xff\xd9" in tail
    if form is Format.PNG:
        return b"IEND" in tail
    if form is Format.OFD:
        return b"PK\x05\x06" in content[-_ZIP_END_BYTES:]
    return True  # a TIFF has no mark at its end: only reading it tells
