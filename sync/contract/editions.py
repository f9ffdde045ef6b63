"""Editions (规则版本): kinds, rules and standards that a county publishes, signed by an officer (docs/editions.md)."""

from __future__ import annotations

import dataclasses
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar, Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync.contract.certificates import Holder, Role, check_issued, check_signature, read_certificate, sign_bytes
from sync.contract.decisions import read_time
from sync.contract.errors import BadRequest, FactoryFault, NotAllowed
from sync.contract.kind_files import read_kinds
from sync.contract.kinds import FieldType, Kind
from sync.contract.revisions import hash_parts
from sync.contract.validation import Origin, judge

FORM: Final = 1
"""The newest form of files that this program reads."""
MOST_FILES: Final = 64
MOST_CHARACTERS: Final = 256 * 1024
LONGEST_TITLE: Final = 100


@dataclass(frozen=True, slots=True)
class EditionFile:
    """A file of an edition by its name, `marriage.toml`."""

    POSITIONAL: ClassVar[bool] = True
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Edition:
    """A whole set of files; `number` 0 is what the program ships with, `needs` the form that a program must know.

    Raises:
        BadRequest: too many files, one too long, two of one name, a title too long.
    """

    number: int
    needs: int
    county: str
    title: str
    files: tuple[EditionFile, ...]

    def __post_init__(self) -> None:
        check_files(self.files)
        if not 0 <= self.number < 2**31 or not 0 <= self.needs < 2**31 or len(self.title) > LONGEST_TITLE:
            raise BadRequest("not an edition")

    def digest(self) -> bytes:
        """Return the hash over all it says."""
        said = [
            self.number.to_bytes(8, "big"),
            self.needs.to_bytes(8, "big"),
            self.county.encode(),
            self.title.encode(),
        ]
        for one in self.files:
            said += [one.name.encode(), one.text.encode()]
        return hash_parts(b"lantai.edition.1", tuple(said))


def check_files(files: tuple[EditionFile, ...]) -> None:
    """The files stand in the order of their names, not too many of them, none too long.

    Raises:
        BadRequest: they do not.
    """
    names = [one.name for one in files]
    if len(names) > MOST_FILES or names != sorted(set(names)) or any(len(one.text) > MOST_CHARACTERS for one in files):
        raise BadRequest("an edition has 64 files of 256 KiB at most, in order", most=MOST_FILES)


@dataclass(frozen=True, slots=True)
class SignedEdition:
    """An edition, the officer's certificate (DER), when that person says it was published, and the signature over all."""

    edition: Edition
    signer: bytes
    at: str
    signature: bytes

    def __post_init__(self) -> None:
        read_time(self.at)


@dataclass(frozen=True, slots=True)
class EditionHeld:
    """Which edition a desk works with, and the highest it has seen, whatever came of it."""

    POSITIONAL: ClassVar[bool] = True
    works_with: int
    seen: int


@dataclass(frozen=True, slots=True)
class TownshipEdition:
    """The oldest edition that a desk of the township works with; `desks`: how many have said so."""

    township: str
    name: str
    works_with: int
    desks: int


@dataclass(frozen=True, slots=True)
class StandingEdition:
    """The edition that stands, number 0 as shipped, the number that the next one bears, and what townships work with."""

    edition: Edition
    next_number: int
    published_at: str
    published_by: str
    townships: tuple[TownshipEdition, ...] = ()


@dataclass(frozen=True, slots=True)
class TriedFiles:
    """Files that somebody wants to try."""

    files: tuple[EditionFile, ...]


@dataclass(frozen=True, slots=True)
class WhoChanges:
    """Of one township and kind: how many records get a finding that they had not, how many lose one; some of each by number."""

    township: str
    township_name: str
    kind: str
    gained: int
    lost: int
    gained_numbers: tuple[str, ...]
    lost_numbers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tried:
    """What files would change: the kinds, and who; `looked_at` records of `records` there are of these kinds.

    `flaw` says why the files cannot stand, with file and line; then nothing else is said.
    """

    changed: tuple[str, ...] = ()
    lines: tuple[WhoChanges, ...] = ()
    looked_at: int = 0
    records: int = 0
    flaw: str = ""


def sign_edition(edition: Edition, signer: bytes, at: datetime, key: Ed25519PrivateKey) -> SignedEdition:
    """Return the edition under an officer's signature."""
    stamp = at.isoformat(timespec="seconds")
    return SignedEdition(edition, signer, stamp, sign_bytes(key, _signed_digest(edition, signer, stamp)))


def check_edition(signed: SignedEdition, authority: x509.Certificate) -> Holder:
    """Return who published; the county's authority vouches for that person as an officer. The time is a claim.

    Raises:
        SealBroken: signature or certificate do not fit. NotAllowed: the signer is no officer.
    """
    certificate = read_certificate(signed.signer)
    holder = check_issued(certificate, authority)
    check_signature(certificate, signed.signature, _signed_digest(signed.edition, signed.signer, signed.at))
    if holder.role is not Role.OFFICER:
        raise NotAllowed("an officer publishes", role=holder.role.value)
    return holder


def _signed_digest(edition: Edition, signer: bytes, at: str) -> bytes:
    parts = (edition.digest(), hashlib.sha256(signer).digest(), at.encode())
    return hash_parts(b"lantai.edition-signature.1", parts)


def read_files(files: tuple[EditionFile, ...]) -> dict[str, Kind]:
    """Return the kinds of a set of files, with the standards that are theirs.

    Raises:
        FactoryFault: a file has a slip; says file and line.
    """
    try:
        kinds = read_kinds({one.name: one.text for one in files})
    except RecursionError as error:
        raise FactoryFault("a file nests too deep", where="", line=1) from error
    for kind in kinds.values():
        _rehearse(kind)
    return kinds


def _rehearse(kind: Kind) -> None:
    """The kind judges a record in which every field says something: a pattern or a check that cannot run is found here."""
    written = {
        key: field.choices[0] if field.choices else _SAMPLES.get(field.type, "甲")
        for group in kind.groups
        for key, field in kind.instances(group, {f"{group.key}.1.x": ""} if group.repeated else {})
    }
    try:
        judge(kind, written, origin=Origin.NEW, today=date(2026, 1, 2), papers={})
    except (re.error, ValueError, ArithmeticError, TypeError, LookupError, AttributeError) as error:
        raise _fault(f"a pattern or a check cannot run: {error}", kind.key) from error


_SAMPLES: Final = {
    FieldType.IDENTITY: "11010519491231002X", FieldType.DATE: "2020-01-02", FieldType.MONEY: "1",
    FieldType.INTEGER: "1", FieldType.PHONE: "13800000000", FieldType.ACCOUNT: "12345678",
}  # fmt: skip


def newer_of(shipped: Mapping[str, Kind], published: Mapping[str, Kind]) -> dict[str, Kind]:
    """Return each kind in its higher version, the published one where both are alike, in the kinds' own order."""
    both = {**shipped, **published}
    for key, kind in shipped.items():
        if key in published and kind.version > published[key].version:
            both[key] = kind
    return dict(sorted(both.items(), key=lambda pair: pair[1].order))


def changed_kinds(before: Mapping[str, Kind], after: Mapping[str, Kind]) -> tuple[str, ...]:
    """Return the kinds that are new or other than before, in their order."""
    return tuple(key for key, kind in after.items() if before.get(key) != kind)


def check_follows(before: Mapping[str, Kind], after: Mapping[str, Kind]) -> None:
    """The kinds may stand after those before: nothing that records or drafts say loses its place (docs/editions.md, section 2).

    Raises:
        FactoryFault: says which kind, and what of it.
    """
    for key, old in before.items():
        new = after.get(key)
        if new is None or new.category != old.category:
            raise _fault("a kind is gone, or has another category", key)
        groups = {group.key: group.repeated for group in new.groups}
        if any(groups.get(group.key) != group.repeated for group in old.groups):
            raise _fault("a group of fields is gone, or is repeated no more", key)
        types = {field.key: field.type for _, field in new.all_fields()}
        gone = next((field.key for _, field in old.all_fields() if types.get(field.key) != field.type), "")
        if gone:
            raise _fault("a field is gone, or has another type: fold it instead", key, field=gone)
        alike = dataclasses.replace(new, version=old.version) == old
        if new.version < old.version or (new.version == old.version and not alike):
            raise _fault("a kind that changes bears a higher version", key, version=old.version + 1)


def spell_fault(fault: FactoryFault) -> str:
    """Return where a file is wrong, and what of it."""
    more = "　".join(f"{key}={value}" for key, value in fault.facts.items() if key not in ("where", "line"))
    return f"{fault.facts.get('where', '')}:{fault.facts.get('line', '')}　{fault.args[0]}　{more}".strip()[:500]


def _fault(detail: str, kind: str, **facts: object) -> FactoryFault:
    return FactoryFault(detail, where=f"{kind}.toml", line=1, kind=kind, **facts)
