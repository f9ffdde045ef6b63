"""The check of a sealed copy from the file alone (副本验证), as the program does it: by the very file a stranger runs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

import pyrage

from sync.contract.errors import SealBroken
from sync.vault import lantai_verify
from sync.vault.lantai_verify import FLAWS, Bag
from sync.vault.signing import PublicKey

_ONE_OF_SEVERAL = re.compile(r"(.+-)(\d+)(of\d+\.tar\.age)")

CopyFlaw = StrEnum("CopyFlaw", {code.upper(): code for code in FLAWS})  # type: ignore[misc]  # what a check can find

AGE_HEADER_BYTES_MAX: Final = 1 << 16  # some six hundred recipients


@dataclass(frozen=True, slots=True)
class CopyFinding:
    """One flaw, and the file inside it was found at."""

    flaw: CopyFlaw
    name: str = ""


@dataclass(frozen=True, slots=True)
class CopyVerdict:
    """What a check found; `comment` is the signed line that came with the signature of the copy that was asked for.

    `choice`: None of a whole range; else whether its records were chosen by more than the roll can tell. `masked`: a masked copy.
    `complete`: it is proved as well that nothing of its range was left out; `bags`: how many lay there and were judged together.
    """

    findings: tuple[CopyFinding, ...]
    complete: bool = False
    comment: str = ""
    files: int = 0
    size_bytes: int = 0
    records: int = 0
    rows: int = 0
    bags: int = 0
    choice: bool | None = None
    masked: bool = False

    @property
    def ok(self) -> bool:
        """Whole, unchanged, and signed by the key's holder."""
        return not self.findings


def verify_copy(path: Path, *, public_key: str, identity: str) -> CopyVerdict:
    """Return what is to be said of the copy, and of the other bags of its export that lie beside it.

    Args:
        public_key: the text of a minisign public key file, from another hand than the copy.
        identity: the text of an age key file, or its secret line.
    Raises:
        SealBroken: the public key or the identity is not one.
    """
    public = PublicKey.from_minisign(public_key).to_minisign()
    for one in _with_its_bags(path):
        if _header_never_ends(one):
            return CopyVerdict((CopyFinding(CopyFlaw("not_opened"), one.name),))
    return _told(*lantai_verify.judge(_with_its_bags(path), public, _read_identity(identity)))


def _header_never_ends(path: Path) -> bool:
    """Whether an age header is longer than any of ours: age reads one of 50,000 recipients for minutes, and cannot be stopped."""
    with path.open("rb") as sealed:
        head = sealed.read(AGE_HEADER_BYTES_MAX)
    return len(head) == AGE_HEADER_BYTES_MAX and b"\n--- " not in head


def _with_its_bags(path: Path) -> list[Path]:
    found = _ONE_OF_SEVERAL.fullmatch(path.name)
    if not found:
        return [path]
    beside = (path.with_name(f"{found[1]}{number}{found[3]}") for number in range(1, 1000))
    return [path, *(one for one in beside if one != path and one.exists())]


def _told(bags: list[Bag], findings: list[tuple[str, str]]) -> CopyVerdict:
    """A bag without the proof may be whole all the same: that it proves no more is told apart."""
    flaws = tuple(CopyFinding(CopyFlaw(code), where) for code, where in findings if code != "no_proof")
    return CopyVerdict(
        flaws, not findings, bags[0].comment, sum(bag.files for bag in bags), sum(bag.size_bytes for bag in bags),
        sum(len(bag.records) for bag in bags), bags[0].log.size, len(bags),
        bags[0].proof.get("choice", {}).get("more"), any(name.startswith("data/masked/") for name in bags[0].digests),
    )  # fmt: skip


def _read_identity(text: str) -> Any:
    secret = next((line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")), "")
    try:
        return pyrage.x25519.Identity.from_str(secret)
    except pyrage.IdentityError:
        raise SealBroken("identity") from None  # the cause would carry the secret line
