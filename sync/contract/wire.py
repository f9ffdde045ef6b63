"""How messages become bytes: msgpack inside zstd, with limits before and after unpacking (docs/protocol.md, section 2).

A message is a frozen dataclass and travels as a map by field name; one marked POSITIONAL travels as a list. Reading
checks every value against the field's type, so what lies behind this door can be trusted to have its shape.
"""

from __future__ import annotations

import threading
import types
import typing
from collections.abc import Callable
from dataclasses import MISSING, fields, is_dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any, Final, TypeVar, Union

import msgpack
import zstandard

import resources
from sync.contract.errors import BadRequest, CountyOlder, ProgramOlder

PROTOCOL_OLDEST: Final = 1
PROTOCOL_NEWEST: Final = 1
LEVEL: Final = 3
LEVEL_OF_FEW: Final = 19
FEW_BYTES: Final = 16 * 1024  # unpacked: a desk's usual request, a record or a few
LARGEST: Final = 2**63 - 1
WITHOUT_BODIES_BYTES: Final = 512  # what fits into this carries no record, and the dictionary has nothing for it
MOST_PACKED_BYTES: Final = 8 * 1024 * 1024
MOST_UNPACKED_BYTES: Final = 64 * 1024 * 1024

Message = TypeVar("Message")
Reader = Callable[[Any], Any]


def pack(message: object) -> bytes:
    """Return the bytes of a message."""
    return _compress(msgpack.packb(_plain(message)), LEVEL, with_bodies=False)


def pack_request(message: object) -> bytes:
    """Return the bytes of a desk's request: with the dictionary of bodies, which takes four tenths off one with one record.

    One with few records is packed as small as can be: another tenth less, for some milliseconds of the desk's time.
    """
    plain = msgpack.packb(_plain(message))
    level = LEVEL_OF_FEW if len(plain) <= FEW_BYTES else LEVEL
    return _compress(plain, level, with_bodies=len(plain) >= WITHOUT_BODIES_BYTES)


def _compress(plain: bytes, level: int, *, with_bodies: bool) -> bytes:
    name = f"packing_{level}_{with_bodies}"
    codec = getattr(_of_thread, name, None)
    if codec is None:
        codec = zstandard.ZstdCompressor(level=level, dict_data=_dictionary(level) if with_bodies else None)
        setattr(_of_thread, name, codec)
    packed: bytes = codec.compress(plain)
    return packed


_of_thread = threading.local()  # a (de)compressor serves one thread at a time, and costs more than a small message


@cache
def _dictionary(level: int = LEVEL) -> zstandard.ZstdCompressionDict:
    """The dictionary that both ends ship; a frame names it by its id, and one without it is read too."""
    made = zstandard.ZstdCompressionDict(files(resources).joinpath("codes/bodies-1.zdict").read_bytes())
    made.precompute_compress(level=level)
    return made


def unpack(kind: type[Message], data: bytes, most_bytes: int = MOST_UNPACKED_BYTES) -> Message:
    """Return the message of the given kind that the bytes hold.

    Raises:
        BadRequest: too large before or after unpacking, nested too deep, or of another shape.
    """
    if len(data) > MOST_PACKED_BYTES:
        raise BadRequest("message too large", limit_bytes=MOST_PACKED_BYTES)
    plain = _unpack_msgpack(_decompress(data, most_bytes))
    read: Callable[[Any], Message] = _reader(typing.cast(Any, kind))
    return read(plain)


def _decompress(data: bytes, most_bytes: int) -> bytes:
    """Return the unpacked bytes; never more than the limit is unpacked, whatever the frame promises."""
    if not hasattr(_of_thread, "reading"):
        _of_thread.reading = zstandard.ZstdDecompressor(dict_data=_dictionary(), max_window_size=MOST_PACKED_BYTES)
    unpacking = _of_thread.reading.decompressobj()
    whole = bytearray()
    try:
        for start in range(0, len(data), _SLICE_BYTES):
            whole += unpacking.decompress(data[start : start + _SLICE_BYTES])
            if len(whole) > most_bytes:
                raise BadRequest("message too large unpacked", limit_bytes=most_bytes)
    except zstandard.ZstdError as error:
        raise BadRequest("not zstd") from error
    if not unpacking.eof or unpacking.unused_data:
        raise BadRequest("message cut short or too long")
    return bytes(whole)


_SLICE_BYTES: Final = 1024  # at worst 256 run-length blocks of 128 KiB: 32 MiB over the limit before it is seen


def _unpack_msgpack(data: bytes) -> object:
    try:
        return msgpack.unpackb(data, strict_map_key=True, use_list=True, raw=False)
    except (ValueError, msgpack.exceptions.UnpackException) as error:
        raise BadRequest("not msgpack") from error


def _plain(value: object) -> object:
    kind = type(value)
    if kind in _LEAVES:
        return value
    if kind is tuple or kind is list:
        return [_plain(item) for item in value]  # type: ignore[attr-defined]  # it is one
    if is_dataclass(value) and not isinstance(value, type):
        return _writer(type(value))(value)
    if isinstance(value, StrEnum):
        return value.value
    return value


_LEAVES: Final = frozenset({bytes, str, int, bool, type(None)})


@cache
def _writer(kind: type) -> Callable[[Any], object]:
    """Return what makes a message of the kind plain; looked up once, for a hand-over sends tens of thousands of one kind."""
    names, left_out = _sent_fields(kind), _left_out(kind)
    if getattr(kind, "POSITIONAL", False):
        return lambda value: [_plain(getattr(value, name)) for name in names]

    def write(value: Any) -> object:
        kept = {name: _plain(getattr(value, name)) for name in names}
        return {name: said for name, said in kept.items() if said or not _is(getattr(value, name), left_out, name)}

    return write


@cache
def _sent_fields(kind: type) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind) if field.init)


@cache
def _left_out(kind: type) -> dict[str, object]:
    """Return the fields that are not sent when they say what their default says, which is nothing."""
    return {field.name: field.default for field in fields(kind) if field.default is not MISSING and not field.default}


def _is(value: object, defaults: dict[str, object], name: str) -> bool:
    """True for the default itself: nothing (None) and none (0) are two answers."""
    return name in defaults and type(value) is type(defaults[name]) and value == defaults[name]


@cache
def _reader(kind: Any) -> Reader:
    """Return the function that reads a plain value as the given type, or raises BadRequest."""
    if is_dataclass(kind) and isinstance(kind, type):
        return _dataclass_reader(kind)
    origin = typing.get_origin(kind)
    if origin in (Union, types.UnionType):
        return _optional_reader(kind)
    if origin is tuple:
        return _tuple_reader(kind)
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return _enum_reader(kind)
    plain = getattr(kind, "__supertype__", kind)
    if plain not in (str, int, bytes, bool):
        raise TypeError(f"{kind} does not travel")
    return _exact_reader(plain)


def _exact_reader(plain: type) -> Reader:
    def read(value: Any) -> Any:
        if type(value) is not plain:
            raise BadRequest("value of another type", expected=plain.__name__)
        if isinstance(value, str) and "\0" in value:
            raise BadRequest("a text that no store keeps")
        if isinstance(value, int) and not -LARGEST - 1 <= value <= LARGEST:
            raise BadRequest("a number that no store keeps")
        return value

    return read


def _enum_reader(kind: type[StrEnum]) -> Reader:
    def read(value: Any) -> Any:
        try:
            return kind(value)
        except ValueError as error:
            raise BadRequest("unknown word", expected=kind.__name__) from error

    return read


def _optional_reader(kind: Any) -> Reader:
    inner = [argument for argument in typing.get_args(kind) if argument is not type(None)]
    if len(inner) != 1:
        raise TypeError(f"{kind} does not travel")
    read_inner = _reader(inner[0])
    return lambda value: None if value is None else read_inner(value)


def _tuple_reader(kind: Any) -> Reader:
    arguments = typing.get_args(kind)
    if len(arguments) != 2 or arguments[1] is not Ellipsis:
        raise TypeError(f"{kind} does not travel")
    read_item = _reader(arguments[0])

    def read(value: Any) -> Any:
        if type(value) is not list:
            raise BadRequest("value of another type", expected="list")
        return tuple([read_item(item) for item in value])

    return read


def _dataclass_reader(kind: type) -> Reader:
    hints = typing.get_type_hints(kind)
    readers = {name: _reader(hints[name]) for name in _sent_fields(kind)}
    positional = getattr(kind, "POSITIONAL", False)
    in_order = tuple(readers.values())

    def read(value: Any) -> Any:
        if not isinstance(value, list if positional else dict):
            raise BadRequest("value of another type", expected=kind.__name__)
        if positional and len(value) >= len(in_order):
            return kind(*[read_field(one) for read_field, one in zip(in_order, value, strict=False)])
        given: Any = dict(zip(readers, value, strict=False)) if positional else value
        known = {name: read_field(given[name]) for name, read_field in readers.items() if name in given}
        try:
            return kind(**known)
        except TypeError as error:
            raise BadRequest("a field is missing", message=kind.__name__) from error

    return read


def agree_version(oldest: int, newest: int, ours: tuple[int, int] = (PROTOCOL_OLDEST, PROTOCOL_NEWEST)) -> int:
    """Return the newest version of the line that both ends speak, as a desk learns from its county's `hello`.

    Args:
        oldest, newest: what the county speaks; ours: what this program speaks.
    Raises:
        CountyOlder: what this desk has waits until the county is brought up.
        ProgramOlder: the county speaks none of ours any more.
    """
    agreed = min(newest, ours[1])
    if agreed < ours[0]:
        raise CountyOlder("the county speaks an older version", theirs=newest, ours=ours[0])
    if agreed < oldest:
        raise ProgramOlder("the county speaks newer versions only", theirs=oldest, ours=ours[1])
    return agreed


def check_version(version: int, ours: tuple[int, int] = (PROTOCOL_OLDEST, PROTOCOL_NEWEST)) -> None:
    """A desk's request is in a version that this county speaks.

    Raises:
        CountyOlder: the desk is newer; it holds what it has, and comes again. ProgramOlder: it is too old.
    """
    if version > ours[1]:
        raise CountyOlder("the request is of a newer version", theirs=version, ours=ours[1])
    if version < ours[0]:
        raise ProgramOlder("the request is of a version no longer spoken", theirs=version, ours=ours[0])
