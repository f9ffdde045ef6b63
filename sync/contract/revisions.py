"""Records, their immutable revisions, and the states a record may pass through.

A revision (修订) is known by its bytes: its id is SHA-256 over (record, parents, kind of change, body). The body is
canonical JSON (RFC 8785 for the values we use); its bytes are kept and sent as they are, never re-serialised.
Text is not normalised: what the paper says is kept.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, NewType, Self

import orjson

from sync.contract import numbers
from sync.contract.errors import BadRequest

RecordId = NewType("RecordId", str)
"""UUIDv7 as text, made offline by the office that opened the record."""
RevisionId = NewType("RevisionId", str)
"""SHA-256 in hex, 64 characters."""
DeviceId = NewType("DeviceId", str)
"""UUID as text, given by the county when a desk is enrolled."""
TownshipId = NewType("TownshipId", str)
"""Administrative division code of the township (行政区划代码), digits as text."""

LARGEST_INTEGER: Final = 2**53 - 1
DEEPEST_NESTING: Final = 32
SHA256_HEX: Final = re.compile(r"[0-9a-f]{64}")
_UUID_TEXT: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


class ChangeKind(StrEnum):
    """What a revision does to its record."""

    PUT = "put"
    VOID = "void"
    RESTORE = "restore"


class RecordState(StrEnum):
    """Where a record stands on its way from the desk to the county (design.md, section 3)."""

    DRAFT = "draft"
    FILED = "filed"
    QUEUED = "queued"
    RECEIVED = "received"
    RETURNED = "returned"
    CONFLICT = "conflict"
    ACCEPTED = "accepted"
    VOIDED = "voided"


def _pairs(drawn: str) -> frozenset[tuple[RecordState, RecordState]]:
    steps = (line.split(">") for line in drawn.split())
    return frozenset((RecordState(old), RecordState(new)) for old, new in steps)


ALLOWED_STEPS: Final = _pairs(
    # the desk's own acts
    "draft>filed filed>draft filed>queued queued>draft received>draft returned>draft accepted>draft conflict>draft"
    " voided>draft"
    # the county's acts, as the feed tells them; one reply may tell of receipt and decision at once
    " queued>received received>accepted received>returned received>conflict received>voided"
    " queued>accepted queued>returned queued>conflict queued>voided"
    " conflict>accepted conflict>returned conflict>voided accepted>voided voided>accepted"
    # another desk of the township corrected what came back to this one, or a person settled two decisions
    " returned>accepted returned>voided"
)
STEPS_AFTER_OWN_RESTORE: Final = _pairs(
    "draft>accepted draft>returned draft>voided draft>conflict draft>received"
    " filed>accepted filed>returned filed>voided filed>conflict filed>received returned>received"
)
"""Only at a desk restored from its own backup, which forgot what it had sent."""


def may_step(old: RecordState, new: RecordState) -> bool:
    """True if a record may pass from one state to the other in ordinary work; staying is always allowed."""
    return old == new or (old, new) in ALLOWED_STEPS


def canonical_bytes(body: Mapping[str, object]) -> bytes:
    """Return the one byte string that RFC 8785 gives for a body.

    Args:
        body: str, int within 2^53 - 1, bool, None, lists and string-keyed mappings of these.
    Raises:
        TypeError: a float, bytes or another kind of value stands in the body.
        ValueError: an integer too large, a lone surrogate, or nesting deeper than 32.
    """
    if not _refuse_odd(body, 1):
        return _AS_GIVEN.encode(_in_order(body)).encode("utf-8")
    try:
        return orjson.dumps(body, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError as error:
        raise ValueError("surrogates not allowed") from error


_AS_GIVEN: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)
"""Where keys have to be sorted by UTF-16; orjson sorts by code points, which differs only beyond the basic plane."""


def _refuse_odd(value: object, depth: int) -> bool:
    """Raise for what has no canonical form; return whether all keys are ASCII and all containers the encoder's own."""
    if depth > DEEPEST_NESTING:
        raise ValueError("nested too deep")
    if type(value) is str or value is None or isinstance(value, bool):
        return True
    if type(value) is dict or isinstance(value, Mapping):
        plain = type(value) is dict
        for key, item in value.items():
            if not isinstance(key, str):
                raise TypeError("keys of an object are text")
            plain &= key.isascii()
            if type(item) is not str:
                plain &= _refuse_odd(item, depth + 1)
        return plain
    if isinstance(value, list | tuple):
        plain = True
        for item in value:
            plain &= _refuse_odd(item, depth + 1)
        return plain
    if isinstance(value, int):
        if abs(value) > LARGEST_INTEGER:
            raise ValueError("integer beyond 2^53 - 1")
        return type(value) is int
    if isinstance(value, str):
        return True
    raise TypeError(f"{type(value).__name__} has no canonical form")


def _in_order(value: object) -> object:
    """Return the same value with the keys of every object in UTF-16 order."""
    if isinstance(value, Mapping):
        return {key: _in_order(value[key]) for key in sorted(value, key=_utf16)}
    if isinstance(value, list | tuple):
        return [_in_order(item) for item in value]
    return int(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _utf16(key: str) -> bytes:
    return key.encode("utf-16-be")


def read_body(body: bytes) -> dict[str, Any]:
    """Return the values of a canonical body.

    Raises:
        BadRequest: the bytes are not the canonical form of a JSON object.
    """
    try:
        if _is_plain(body):
            values = orjson.loads(body)
            canonical = isinstance(values, dict) and orjson.dumps(values, option=orjson.OPT_SORT_KEYS) == body
            canonical = canonical and not _has_odd_number(values)
        else:
            values = json.loads(
                body.decode("utf-8"),
                parse_int=_small_integer,
                parse_float=_refuse_number,
                parse_constant=_refuse_number,
            )
            canonical = isinstance(values, dict) and canonical_bytes(values) == body
    except (ValueError, RecursionError) as error:
        raise BadRequest("body is not canonical JSON") from error
    if not canonical:
        raise BadRequest("body is not canonical JSON")
    return dict(values)


def _is_plain(body: bytes) -> bool:
    """True where orjson sorts as RFC 8785 does: no sign lies beyond the basic plane; and nothing nests too deep."""
    flat = body.count(b"{") + body.count(b"[") <= DEEPEST_NESTING
    return flat and len(body.translate(None, _BEYOND_BASIC_PLANE)) == len(body)


_BEYOND_BASIC_PLANE: Final = bytes(range(0xF0, 0x100))


def _has_odd_number(value: Any) -> bool:
    """True if a float or an integer beyond 2^53 - 1 stands anywhere in what was read."""
    for item in value.values() if type(value) is dict else value:
        kind = type(item)
        if kind is str:  # nearly always
            continue
        if kind is dict or kind is list:
            if _has_odd_number(item):
                return True
        elif kind is float or (kind is int and abs(item) > LARGEST_INTEGER):
            return True
    return False


def _small_integer(text: str) -> int:
    value = int(text)
    if abs(value) > LARGEST_INTEGER:
        raise ValueError("integer beyond 2^53 - 1")
    return value


def _refuse_number(text: str) -> object:
    raise ValueError(f"not an integer of {len(text)} characters")


@dataclass(frozen=True, slots=True)
class Revision:
    """One immutable change of a record.

    Args:
        record_id: the record it belongs to.
        parents: none for a new record, one for a change, two for a merge.
        kind_of_change: put, void or restore.
        body: canonical JSON bytes, see `canonical_bytes`.
        attachments, number: the hashes and the archive number that the body names; "" if it names no number.
    Raises:
        BadRequest: malformed ids, more than two parents, a body that is not canonical.
    """

    record_id: RecordId
    parents: tuple[RevisionId, ...]
    kind_of_change: ChangeKind
    body: bytes
    attachments: tuple[str, ...] = field(init=False, compare=False)
    number: str = field(init=False, compare=False)
    id: RevisionId = field(init=False, compare=False)

    _said: Mapping[str, Any] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "kind_of_change", _change_kind(self.kind_of_change))
        self._settle(read_body(self.body))

    @classmethod
    def saying(
        cls, record_id: RecordId, parents: tuple[RevisionId, ...], kind_of_change: ChangeKind, said: Mapping[str, Any]
    ) -> Self:
        """Return the revision whose body says these values, without reading back what was just written.

        Raises:
            TypeError, ValueError: the values have no canonical form; BadRequest: as for any revision.
        """
        made = cls.__new__(cls)
        given = {"record_id": record_id, "parents": parents, "kind_of_change": kind_of_change}
        for name, value in {**given, "body": canonical_bytes(said)}.items():
            object.__setattr__(made, name, value)
        made._settle(said)
        return made

    def _settle(self, said: Mapping[str, Any]) -> None:
        """Check what is not the body, and note what the body's values name."""
        object.__setattr__(self, "_said", said)
        if not is_uuid_text(self.record_id):
            raise BadRequest("record id is not a UUID in lower-case text")
        if len(self.parents) > 2 or len(set(self.parents)) != len(self.parents):
            raise BadRequest("a revision has at most two different parents")
        if not all(SHA256_HEX.fullmatch(parent) for parent in self.parents):
            raise BadRequest("a parent is not a revision id")
        object.__setattr__(self, "attachments", _attachments(said))
        object.__setattr__(self, "number", _number(said))
        object.__setattr__(self, "id", hash_revision(self.record_id, self.parents, self.kind_of_change, self.body))

    def values(self) -> Mapping[str, Any]:
        """Return what the body says; it was read once already, so nothing is read again, and nobody changes it."""
        return self._said


def hash_revision(record_id: RecordId, parents: Iterable[RevisionId], kind_of_change: str, body: bytes) -> RevisionId:
    """Return SHA-256 over the domain-separated, length-prefixed parts of a revision, in hex."""
    joined = b"".join(bytes.fromhex(parent) for parent in parents)
    parts = (record_id.encode("ascii"), joined, kind_of_change.encode(), body)
    return RevisionId(hash_parts(b"lantai.revision.1", parts).hex())


def hash_parts(domain: bytes, parts: Iterable[bytes]) -> bytes:
    """Return SHA-256 over a domain name and parts, each led by its length, so that no two lists hash alike."""
    digest = hashlib.sha256()
    for part in (domain, *parts):
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.digest()


def is_uuid_text(text: object) -> bool:
    """True for a UUID written the one way we write it: lower case with hyphens."""
    return isinstance(text, str) and _UUID_TEXT.fullmatch(text) is not None


def _change_kind(kind: str) -> ChangeKind:
    try:
        return ChangeKind(kind)
    except ValueError as error:
        raise BadRequest("unknown kind of change") from error


def _attachments(values: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the hashes a body names under "attachments": bare, or each under "sha256" beside what else is known."""
    listed = values.get("attachments", [])
    if not isinstance(listed, list):
        raise BadRequest("attachments is not a list")
    named = [item.get("sha256") if isinstance(item, dict) else item for item in listed]
    hashes = [name for name in named if isinstance(name, str) and SHA256_HEX.fullmatch(name)]
    if len(hashes) != len(named):
        raise BadRequest("an attachment is not named by its SHA-256")
    return tuple(dict.fromkeys(hashes))


def _number(values: Mapping[str, Any]) -> str:
    """Return the archive number a body names, "" for none or one that cannot be read."""
    written = values.get("number", "")
    read = numbers.read(written) if isinstance(written, str) else None
    return read[0].number(read[1]) if read else ""
