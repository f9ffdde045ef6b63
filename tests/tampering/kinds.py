"""Who tampers with a sealed copy, and how: one function a kind, and whether it can be found without and with a kept checkpoint."""

from __future__ import annotations

import base64
import hashlib
import json
import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from cryptography.hazmat.primitives import hashes

from sync.vault.checkpoints import Checkpoint, sign_note
from sync.vault.merkle import Frontier
from sync.vault.ranges import Leaves
from sync.vault.signing import SigningKey
from tests.tampering.originals import Members, Originals
from tests.tampering.sealing_again import seal, sign

Tampered = tuple[bytes, str | None]  # the copy and its signature as they lie on the stick
Change = Callable[[Members, random.Random], Members]
AGE_CHUNK: Final = 65_536 + 16
STATED: Final = re.compile(rb'"state":"[^"]*","accepted":"[^"]*"')
OUTSIDER: Final = SigningKey(bytes(range(100, 132)))


@dataclass(frozen=True)
class Kind:
    """A way to tamper. `alone`: found without anything but the copy and the signer's key; `kept`: with the county's checkpoints too."""

    name: str
    tamper: Callable[[Originals, random.Random], Tampered]
    alone: bool = True
    kept: bool = True


# --- with the stick alone: bytes of the age file, and the signature file


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


# --- what is inside: changes of one file among the others


def is_record(name: str) -> bool:
    return name.startswith("data/records/")


def is_page(name: str) -> bool:
    return name.startswith("data/files/")


def is_derived(name: str) -> bool:
    return name.startswith(("data/list/", "data/da48/")) or name in (
        "data/index.csv",
        "data/index.html",
        "data/ead.xml",
    )


def edit(which: Callable[[str], bool]) -> Change:
    """One byte of one such file is another."""

    def change(members: Members, draw: random.Random) -> Members:
        at = draw.choice([number for number, (name, _) in enumerate(members) if which(name)])
        name, content = members[at]
        changed = bytearray(content)
        changed[draw.randrange(len(changed))] ^= 1 << draw.randrange(7)
        return [*members[:at], (name, bytes(changed)), *members[at + 1 :]]

    return change


def edit_record(members: Members, draw: random.Random) -> Members:
    """One byte of a record is another; not of its state, which is the desk's word and no part of what was filed."""
    while stated(changed := edit(is_record)(members, draw)) != stated(members):
        continue
    return changed


def stated(members: Members) -> list[bytes]:
    return [said for name, content in members if is_record(name) for said in STATED.findall(content)]


def edit_state(members: Members, draw: random.Random) -> Members:
    """A record that was only filed is said to be accepted."""

    def act(lines: list[bytes], draw: random.Random) -> list[bytes]:
        at = draw.randrange(len(lines))
        lines[at] = STATED.sub(b'"state":"accepted","accepted":"%064x"' % draw.randrange(2**256), lines[at])
        return lines

    return lines_of(is_record, act)(members, draw)


def lines_of(which: Callable[[str], bool], act: Callable[[list[bytes], random.Random], list[bytes]]) -> Change:
    """The lines of one such file are others."""

    def change(members: Members, draw: random.Random) -> Members:
        fit = [number for number, (name, content) in enumerate(members) if which(name) and content.count(b"\n") > 1]
        at = draw.choice(fit)
        name, content = members[at]
        return [*members[:at], (name, b"".join(act(content.splitlines(keepends=True), draw))), *members[at + 1 :]]

    return change


def drop_line(lines: list[bytes], draw: random.Random) -> list[bytes]:
    at = draw.randrange(len(lines))
    return lines[:at] + lines[at + 1 :]


def double_line(lines: list[bytes], draw: random.Random) -> list[bytes]:
    at = draw.randrange(len(lines))
    return lines[:at] + lines[at : at + 1] * 2 + lines[at + 1 :]


def swap_lines(lines: list[bytes], draw: random.Random) -> list[bytes]:
    first, second = sorted(draw.sample(range(len(lines)), 2))
    lines[first], lines[second] = lines[second], lines[first]
    return lines


def cut_lines(lines: list[bytes], draw: random.Random) -> list[bytes]:
    return lines[: draw.randrange(len(lines))]


def swap_pages(members: Members, draw: random.Random) -> Members:
    first, second = draw.sample([number for number, (name, _) in enumerate(members) if is_page(name)], 2)
    changed = list(members)
    changed[first], changed[second] = (members[first][0], members[second][1]), (members[second][0], members[first][1])
    return changed


def drop_page(members: Members, draw: random.Random) -> Members:
    gone = draw.choice([name for name, _ in members if is_page(name)])
    return [one for one in members if one[0] != gone]


def add_file(members: Members, draw: random.Random) -> Members:
    return [*members, (f"data/files/000/9{draw.randrange(10**6):06d}.pdf", draw.randbytes(50))]


def drop_proof(members: Members, draw: random.Random) -> Members:
    return [one for one in members if one[0] != "data/proof.json"]


def reword_record(members: Members, draw: random.Random) -> Members:
    """A record says something else under the revision id it had."""

    def act(lines: list[bytes], draw: random.Random) -> list[bytes]:
        at = draw.randrange(len(lines))
        lines[at] = lines[at].replace("结婚登记".encode(), "离婚登记".encode(), 1)
        return lines

    return lines_of(is_record, act)(members, draw)


def forge_record(members: Members, draw: random.Random) -> Members:
    """A record that says something else, under a revision id computed anew."""

    def act(lines: list[bytes], draw: random.Random) -> list[bytes]:
        at = draw.randrange(len(lines))
        head, _, rest = lines[at].partition(b',"body":')
        said, body = json.loads(head + b"}"), json.loads(rest[:-2])
        body["title"] += "（改）"
        words = json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
        digest = hashlib.sha256()
        parts = (
            b"lantai.revision.1",
            said["record"].encode(),
            bytes.fromhex("".join(said["parents"])),
            said["change"].encode(),
            words,
        )
        for part in parts:
            digest.update(len(part).to_bytes(8, "big") + part)
        said["first"] = digest.hexdigest() if said["first"] == said["revision"] else said["first"]
        said["revision"] = digest.hexdigest()
        lines[at] = (
            json.dumps(said, ensure_ascii=False, separators=(",", ":"))[:-1].encode() + b',"body":' + words + b"}\n"
        )
        return lines

    return lines_of(is_record, act)(members, draw)


def drop_record(members: Members, draw: random.Random) -> Members:
    return lines_of(is_record, drop_line)(members, draw)


# --- who else does what: manifests, proof and log computed anew


def unlisted(members: Members) -> Members:
    return [one for one in members if not re.search(r"manifest-\w+\.txt$", one[0])]


def list_anew(members: Members) -> Members:
    """Manifests and totals are those of the files that are there now."""
    members = unlisted(members)
    payload = [one for one in members if one[0].startswith("data/")]
    total = f"Payload-Oxum: {sum(len(content) for _, content in payload)}.{len(payload)}"
    members = [
        (name, re.sub(rb"Payload-Oxum: .*", total.encode(), content) if name == "bag-info.txt" else content)
        for name, content in members
    ]
    sha256 = "".join(f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in payload)
    sm3 = "".join(f"{_sm3(content)}  {name}\n" for name, content in payload)
    members += [("manifest-sha256.txt", sha256.encode()), ("manifest-sm3.txt", sm3.encode())]
    tags = [one for one in members if not one[0].startswith("data/")]
    listed = "".join(f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in tags)
    return [*members, ("tagmanifest-sha256.txt", listed.encode())]


def _sm3(content: bytes) -> str:
    digest = hashes.Hash(hashes.SM3())
    digest.update(content)
    return digest.finalize().hex()


def prove_anew(members: Members) -> Members:
    """The roll is that of the records that are there now, and the proof with it."""
    files, leaves = dict(members), Leaves()
    for name in sorted(filter(is_record, files)):
        for line in files[name].splitlines():
            said = json.loads(line)
            year = re.search(r"·(\d{4})-", said["body"]["number"])
            leaves.add(f"{said['body']['kind']} {year[1] if year else ''} {said['record']} {said['revision']}".encode())
    proof: dict[str, Any] = json.loads(files["data/proof.json"])
    proof |= {"size": len(leaves), "root": leaves.root().hex(), "path": []}
    return replaced(members, {"data/proof.json": json.dumps(proof).encode()})


def log_anew(members: Members, key: SigningKey, act: Callable[[list[bytes]], list[bytes]]) -> Members:
    """The log is another, its lines numbered anew; the checkpoint in the proof is signed over it."""
    files = dict(members)
    proof: dict[str, Any] = json.loads(files["data/proof.json"])
    chain, frontier, lines, rows = bytes(32), Frontier(), [], {}
    for number, line in enumerate(act(files["data/log.jsonl"].splitlines()), start=1):
        row = json.loads(line)
        told = json.loads(row[5])
        if row[3] == "copy-begun" and row[4] == proof["export"]:
            told |= {"records": proof["size"], "root": proof["root"]}
        rows[row[0]] = number
        row = [number, *row[1:5], json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":"))]
        words = json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode()
        chain = hashlib.sha256(b"lantai-audit-v1\0" + chain + words).digest()
        frontier = frontier.push(chain)
        lines.append(words + b"\n")
    proof["checkpoint"] = sign_note(Checkpoint("lantai.copy/0/0", len(lines), frontier.root(), chain), key)
    bulks = [json.loads(line) for line in files["data/filed.jsonl"].splitlines()]
    filed = "".join(json.dumps([rows.get(row, row), ids]) + "\n" for row, ids in bulks)
    texts = {"data/log.jsonl": b"".join(lines), "data/filed.jsonl": filed.encode()}
    return replaced(members, texts | {"data/proof.json": json.dumps(proof).encode()})


def replaced(members: Members, others: dict[str, bytes]) -> Members:
    return [(name, others.get(name, content)) for name, content in members]


def forget_record(lines: list[bytes], record: str) -> list[bytes]:
    """The log without the lines that tell of a record."""
    return [line for line in lines if record.encode() not in line]


def gone_record(before: Members, after: Members) -> str:
    """Return which record is not there any more."""

    def held(members: Members) -> set[str]:
        return {
            json.loads(line)["record"] for name, content in members if is_record(name) for line in content.splitlines()
        }

    return next(iter(held(before) - held(after)), "-")


# --- the kinds


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


def single_record(members: Members, draw: random.Random) -> Members:
    """A record that was filed singly is left out: the log names it."""
    named = [
        json.loads(line)[4]
        for line in dict(members)["data/log.jsonl"].splitlines()
        if json.loads(line)[3] == "record-filed"
    ]
    gone = draw.choice(named).encode()
    return [
        (
            name,
            b"".join(line for line in content.splitlines(keepends=True) if gone not in line)
            if is_record(name)
            else content,
        )
        for name, content in members
    ]


def of_log(name: str) -> bool:
    return name == "data/log.jsonl"


def of_tags(name: str) -> bool:
    return "/" not in name


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
