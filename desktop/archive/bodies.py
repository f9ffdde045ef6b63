"""Bodies and pages on the disk (正文压缩): what a record says and what its pages say, kept small and given back to the byte.

Zstandard; bodies with a dictionary of our own, for one alone has little to compress but every one says the same keys. Layout:
docs/archive-format.md, section 3.
"""

from __future__ import annotations

import threading
from functools import cache
from importlib.resources import files
from typing import Final

import zstandard

import resources

LEVEL: Final = 3
LARGEST_BODY_BYTES: Final = 16 * 1024 * 1024
LARGEST_TEXT_BYTES: Final = 64 * 1024 * 1024
SHORT_TEXT: Final = 48  # characters up to which a frame of its own saves nothing
_PLAIN: Final = b"{"  # canonical JSON of an object: how bodies were kept before
_of_thread = threading.local()  # a (de)compressor serves one thread at a time


@cache
def _dictionary() -> zstandard.ZstdCompressionDict:
    made = zstandard.ZstdCompressionDict(files(resources).joinpath("codes/bodies-1.zdict").read_bytes())
    made.precompute_compress(level=LEVEL)
    return made


def pack(body: bytes) -> bytes:
    """Return the bytes to keep for a body."""
    if not hasattr(_of_thread, "packer"):
        _of_thread.packer = zstandard.ZstdCompressor(level=LEVEL, dict_data=_dictionary())
    packed: bytes = _of_thread.packer.compress(body)
    return packed


def unpack(kept: bytes) -> bytes:
    """Return the body that was kept, byte for byte."""
    if kept[:1] == _PLAIN:
        return bytes(kept)
    if not hasattr(_of_thread, "unpacker"):
        _of_thread.unpacker = zstandard.ZstdDecompressor(dict_data=_dictionary())
    body: bytes = _of_thread.unpacker.decompress(kept, max_output_size=LARGEST_BODY_BYTES)
    return body


def pack_text(text: str) -> str | bytes:
    """Return what to keep for the text of a page: a frame without a dictionary, or a short text as it is."""
    if len(text) <= SHORT_TEXT:
        return text
    if not hasattr(_of_thread, "text_packer"):
        _of_thread.text_packer = zstandard.ZstdCompressor(level=LEVEL)
    packed: bytes = _of_thread.text_packer.compress(text.encode("utf-8", "surrogatepass"))
    return packed


def unpack_text(kept: str | bytes) -> str:
    """Return the text that was kept, character for character."""
    if isinstance(kept, str):
        return kept
    if not hasattr(_of_thread, "text_unpacker"):
        _of_thread.text_unpacker = zstandard.ZstdDecompressor()
    said: bytes = _of_thread.text_unpacker.decompress(kept, max_output_size=LARGEST_TEXT_BYTES)
    return said.decode("utf-8", "surrogatepass")
