"""Certified extracts (档案证明): what a sheet says, and the signed code that says the same to anybody who has the office's key.

The format stands in docs/extracts.md.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import ClassVar, Final

from sync.contract.errors import BadRequest
from sync.contract.wire import pack, unpack

MARK: Final = "LANTAI-E1:"
CODE_CHARACTERS_MAX: Final = 4_000
BODY_BYTES_MAX: Final = 64 * 1024
SIGNATURE_BYTES: Final = 64
_SIGNED: Final = b"lantai-extract-v1\0"


@dataclass(frozen=True, slots=True)
class Said:
    """One line of a sheet: what the field is called, and what the record says in it."""

    POSITIONAL: ClassVar[bool] = True
    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Extract:
    """What one sheet says; `values` stand in the order of the sheet, `day` is the day of issue (ISO)."""

    POSITIONAL: ClassVar[bool] = True
    number: str
    office: str
    archive_number: str
    title: str
    day: str
    by: str
    applicant: str
    relation: str
    purpose: str
    values: tuple[Said, ...]


def body_of(extract: Extract) -> bytes:
    """Return the bytes that are signed and printed."""
    return pack(extract)


def signed_bytes(body: bytes) -> bytes:
    """Return what the signature stands on."""
    return _SIGNED + body


def code_of(body: bytes, signature: bytes, mark: str = MARK) -> str:
    """Return the text that the QR code holds; `mark` says what sort of paper it is on."""
    return mark + base64.urlsafe_b64encode(signature + body).decode().rstrip("=")


def read_code(code: str, mark: str = MARK) -> tuple[bytes, bytes]:
    """Return (body, signature) of a code; nothing is known of its truth yet.

    Raises:
        BadRequest: it is not a code of ours.
    """
    text = "".join(code.split())
    if not text.startswith(mark) or len(text) > CODE_CHARACTERS_MAX:
        raise BadRequest("not an extract's code")
    plain = text.removeprefix(mark)
    try:
        blob = base64.b64decode(plain + "=" * (-len(plain) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadRequest("not an extract's code") from error
    if len(blob) <= SIGNATURE_BYTES:
        raise BadRequest("not an extract's code")
    return blob[SIGNATURE_BYTES:], blob[:SIGNATURE_BYTES]


def read_body(body: bytes) -> Extract:
    """Return what a body says; call it only for bytes whose signature is right.

    Raises:
        BadRequest: it says nothing, or was written by a newer version.
    """
    return unpack(Extract, body, BODY_BYTES_MAX)
