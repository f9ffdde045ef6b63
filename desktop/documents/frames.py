"""Messages between the desk and its page readers: a length and a msgpack map, over the child's stdin and stdout.

The bytes of a document travel here and nowhere else: no plain file of it is ever made.
"""

from __future__ import annotations

import struct
from typing import IO, Any, Final

import msgpack

FRAME_BYTES_MAX: Final = 1 << 30
_LENGTH: Final = struct.Struct(">I")


def send_frame(stream: IO[bytes], message: dict[str, Any]) -> None:
    """The message is with the other side's pipe."""
    body = msgpack.packb(message)
    stream.write(_LENGTH.pack(len(body)))
    stream.write(body)
    stream.flush()


def receive_frame(stream: IO[bytes]) -> dict[str, Any] | None:
    """Return the next message, or None when the other side has closed its end or died in the middle of one.

    Raises:
        ValueError: what came is not a message.
    """
    prefix = _read_exactly(stream, _LENGTH.size)
    if prefix is None:
        return None
    (length,) = _LENGTH.unpack(prefix)
    if length > FRAME_BYTES_MAX:
        raise ValueError("a message over the limit")
    body = _read_exactly(stream, length)
    if body is None:
        return None
    message = msgpack.unpackb(body, max_bin_len=FRAME_BYTES_MAX, max_str_len=FRAME_BYTES_MAX)
    if not isinstance(message, dict):
        raise ValueError("not a message")
    return message


def _read_exactly(stream: IO[bytes], size: int) -> bytes | None:
    parts, missing = [], size
    while missing:
        part = stream.read(missing)
        if not part:
            return None
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)
