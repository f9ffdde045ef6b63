"""Who tampers with a sealed copy, and how: one function a kind, and whether it can be found without and with a kept checkpoint."""

from __future__ import annotations

import base64
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sync.vault.signing import SigningKey
from tests.tampering.changes import (
    Change,
    add_file,
    cut_lines,
    double_line,
    drop_line,
    drop_page,
    drop_proof,
    drop_record,
    edit,
    edit_record,
    edit_state,
    forge_record,
    forget_record,
    gone_record,
    is_derived,
    is_page,
    is_record,
    lines_of,
    list_anew,
    log_anew,
    of_log,
    of_tags,
    prove_anew,
    reword_record,
    single_record,
    swap_lines,
    swap_pages,
)
from tests.tampering.originals import Members, Originals
from tests.tampering.sealing_again import seal, sign

Tampered = tuple[bytes, str | None]  # the copy and its signature as they lie on the stick
AGE_CHUNK: Final = 65_536 + 16
OUTSIDER: Final = SigningKey(bytes(range(100, 132)))


@dataclass(frozen=True)
class Kind:
    """A way to tamper. `alone`: found without anything but the copy and the signer's key; `kept`: with the county's checkpoints too."""

    name: str
    tamper: Callable[[Originals, random.Random], Tampered]
    alone: bool = True
    kept: bool = True


def flip(one: Originals, draw: random.Random) -> Tampered:
    changed = bytearray(one.sealed)
    changed[draw.randrange(len(changed))] ^= 1 << draw.randrange(8)
    return bytes(changed), one.signature


def cut_tail(one: Originals, draw: random.Random) -> Tampered:
    return one.sealed[: draw.randrange(len(one.sealed))], one.signature


def cut_out(one: Originals, draw: random.Random) -> Tampered:
    at = draw.randrange(len(one.sealed))
    return one.sealed[:at] + one.sealed[at + draw.randint(1, 4096) :], one.signature


def put_in(one: Originals, draw: random.Random) -> Tampered:
    at = draw.randrange(len(one.sealed) + 1)
    return one.sealed[:at] + draw.randbytes(draw.randint(1, 4096)) + one.sealed[at:], one.signature


def swap_chunks(one: Originals, draw: random.Random) -> Tampered:
    start = one.sealed.index(b"\n---") + 60
    first = start + draw.randrange(max(1, (len(one.sealed) - start) // AGE_CHUNK - 1)) * AGE_CHUNK
    chunks = one.sealed[first : first + AGE_CHUNK], one.sealed[first + AGE_CHUNK : first + 2 * AGE_CHUNK]
    return one.sealed[:first] + chunks[1] + chunks[0] + one.sealed[first + 2 * AGE_CHUNK :], one.signature


def change_comment(one: Originals, draw: random.Random) -> Tampered:
    lines = one.signature.split("\n")
    at = draw.randrange(len("trusted comment: "), len(lines[2]))
    lines[2] = lines[2][:at] + chr(ord("a") + draw.randrange(26)) + lines[2][at:]
    return one.sealed, "\n".join(lines)


def take_signature_away(one: Originals, draw: random.Random) -> Tampered:
    return one.sealed, None


def sign_with_other_bytes(one: Originals, draw: random.Random) -> Tampered:
    lines = one.signature.split("\n")
    blob = bytearray(base64.b64decode(lines[1]))
    blob[draw.randrange(10, len(blob))] ^= 1 << draw.randrange(8)
    lines[1] = base64.b64encode(bytes(blob)).decode()
    return one.sealed, "\n".join(lines)


def older_copy(one: Originals, draw: random.Random) -> Tampered:
    return one.older


def outsider(change: Change) -> Callable[[Originals, random.Random], Tampered]:
    """Opened with the reader's key, changed, everything listed anew, sealed again and signed by somebody else."""

    def tamper(one: Originals, draw: random.Random) -> Tampered:
        sealed = seal(one.name, list_anew(change(one.members, draw)), one.reader)
        return sealed, sign(OUTSIDER, sealed)

    return tamper


def keyless(change: Change) -> Callable[[Originals, random.Random], Tampered]:
    """The same by an insider who has the export, computes proof and log anew, but cannot sign: the signature stays the old one."""

    def tamper(one: Originals, draw: random.Random) -> Tampered:
        members = log_anew(prove_anew(change(one.members, draw)), OUTSIDER, lambda lines: lines)
        return seal(one.name, list_anew(members), one.reader), one.signature

    return tamper


def unsigned(change: Change) -> Callable[[Originals, random.Random], Tampered]:
    """The same where proof and log need not be touched."""

    def tamper(one: Originals, draw: random.Random) -> Tampered:
        return seal(one.name, list_anew(change(one.members, draw)), one.reader), one.signature

    return tamper


def signed(change: Change, *steps: Callable[[Members], Members]) -> Callable[[Originals, random.Random], Tampered]:
    """By one who holds the signing key of the office."""

    def tamper(one: Originals, draw: random.Random) -> Tampered:
        members = change(one.members, draw)
        for step in steps:
            members = step(members)
        sealed = seal(one.name, members, one.reader)
        return sealed, sign(one.office, sealed)

    return tamper


def with_log(change: Change, *, forgets: bool) -> Callable[[Originals, random.Random], Tampered]:
    """By one who holds the signing key: roll, proof, the whole log and the manifests computed anew."""

    def tamper(one: Originals, draw: random.Random) -> Tampered:
        members = prove_anew(change(one.members, draw))
        gone = gone_record(one.members, members)
        members = log_anew(members, one.office, lambda lines: forget_record(lines, gone) if forgets else lines)
        sealed = seal(one.name, list_anew(members), one.reader)
        return sealed, sign(one.office, sealed)

    return tamper


KINDS: Final = (
    Kind("stick: a bit flipped", flip),
    Kind("stick: tail cut", cut_tail),
    Kind("stick: bytes cut out", cut_out),
    Kind("stick: bytes put in", put_in),
    Kind("stick: two chunks of age swapped", swap_chunks),
    Kind("stick: trusted comment changed", change_comment),
    Kind("stick: signature changed", sign_with_other_bytes),
    Kind("stick: signature taken away", take_signature_away),
    Kind("older copy in its place", older_copy, alone=False),
    *(
        Kind(f"{who}: {what}", by(change))
        for who, by in (("outsider signs", outsider), ("insider without the key", keyless))
        for what, change in (
            ("nothing changed", lambda members, draw: members),
            ("record edited", forge_record),
            ("record left out", drop_record),
            ("pages swapped", swap_pages),
        )
    ),
    Kind("insider without the key: derived text edited", unsigned(edit(is_derived))),
    *(
        Kind(f"key, nothing computed anew: {what}", signed(change))
        for what, change in (
            ("record edited", edit(is_record)),
            ("page edited", edit(is_page)),
            ("derived text edited", edit(is_derived)),
            ("tag file edited", edit(of_tags)),
            ("file added", add_file),
            ("page left out", drop_page),
            ("pages swapped", swap_pages),
        )
    ),
    *(
        Kind(f"key, manifests computed anew: {what}", signed(change, list_anew))
        for what, change in (
            ("record edited", edit_record),
            ("record reworded under its id", reword_record),
            ("record with its revision id", forge_record),
            ("record left out", drop_record),
            ("record doubled", lines_of(is_record, double_line)),
            ("records reordered", lines_of(is_record, swap_lines)),
            ("records cut", lines_of(is_record, cut_lines)),
            ("page edited", edit(is_page)),
            ("page left out", drop_page),
            ("pages swapped", swap_pages),
            ("log edited", edit(of_log)),
            ("log row left out", lines_of(of_log, drop_line)),
            ("log rows swapped", lines_of(of_log, swap_lines)),
            ("log cut", lines_of(of_log, cut_lines)),
            ("proof taken away", drop_proof),
        )
    ),
    Kind("key, proof computed anew: record left out", signed(drop_record, prove_anew, list_anew)),
    Kind("key, proof computed anew: record edited", signed(forge_record, prove_anew, list_anew)),
    Kind("key, log tells the thin roll but names the record", with_log(drop_record, forgets=False)),
    Kind(
        "key, manifests computed anew: state of a record edited", signed(edit_state, list_anew), alone=False, kept=False
    ),
    Kind("key, everything and the log computed anew", with_log(single_record, forgets=True), alone=False),
    Kind(
        "key, manifests computed anew: derived text edited",
        signed(edit(is_derived), list_anew),
        alone=False,
        kept=False,
    ),
)
