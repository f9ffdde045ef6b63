"""What may be changed inside a sealed copy, and what whoever can will compute anew afterwards: manifests, proof, log."""

from __future__ import annotations

import hashlib
import json
import random
import re
from collections.abc import Callable
from typing import Any, Final

from cryptography.hazmat.primitives import hashes

from sync.vault.checkpoints import Checkpoint, sign_note
from sync.vault.merkle import Frontier
from sync.vault.ranges import Leaves
from sync.vault.signing import SigningKey
from tests.tampering.originals import Members

Change = Callable[[Members, random.Random], Members]
STATED: Final = re.compile(rb'"state":"[^"]*","accepted":"[^"]*"')


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
