#!/usr/bin/env python3
"""Is a sealed copy (密封副本) of a Lantai archive intact, and is nothing left out? docs/sealed-copy.md says how it is made.
    python3 lantai_verify.py COPY.tar.age [MORE.tar.age ...] --signer office.pub --key KEY [--checkpoint NOTE --witness PUB]
--signer      the minisign public key of who made it, or its one line RW...; it must come by another way than the copy
--key         the age key file of the reader (AGE-SECRET-KEY-1...), or KEY.age, whose passphrase is then asked for
--checkpoint  signed notes of the audit log that somebody else (the county) kept and gave you; --witness: the key that signed
Needs Python 3.11, `cryptography`, `pyrage`. Writes and unpacks nothing. Exit status: 0 intact and complete, 1 not, 2 not looked at.
"""

from __future__ import annotations

import argparse
import base64
import functools
import getpass
import hashlib
import json
import os
import re
import tarfile
import threading
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import IO, Any

import pyrage
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

VERSIONS, BLOCK, LINE_MAX, TEXT_MAX = ("", "2", "3"), 1 << 20, 64 << 20, 512 << 20  # of copies that are known; bytes
BAGIT = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
PART = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")
DEVICE = re.compile(r"(con|prn|aux|nul|com[1-9]|lpt[1-9])(\.|$)", re.IGNORECASE)  # of Windows, whatever the ending
LINES = re.compile(r"data/(?:(records|chosen|masked)/[\w.-]+|log)\.jsonl")
Finding = tuple[str, str]  # a flaw, and where
UNREADABLE = (ValueError, KeyError, TypeError, IndexError, AttributeError, RuntimeError, StopIteration)
FLAWS = {  # code: Chinese, English
    "not_in_log": ("日志里没有这次导出，或所记不同", "the log does not tell of this export, or tells another"),
    "left_out": ("范围内有遗漏，或多出、换过记录", "the range is not whole: left out, added or exchanged"), "not_a_bag": ("不是封存包", "not a bag"),
    "history_differs": ("与留存的检查点不是同一段历史", "not the history of the kept checkpoint"), "wrong_total": ("总数不符", "the totals differ"),
    "record_away": ("日志里立过卷的记录不在副本里", "the log names a record that is not here"),
    "signature": ("签名不符，或签后被改动", "not signed by this key, or changed since"), "changed": ("内容与清单不符", "not what the manifest says"),
    "bad_record": ("记录与其修订号不符", "a record is not what its revision id says"), "broken_tar": ("包装残缺", "the tar inside is broken"),
    "no_proof": ("没有齐全证明", "it carries no proof that nothing was left out"), "not_opened": ("这把钥匙打不开", "this key does not open it"),
    "page_away": ("记录所列的原件不在包里", "a file that a record names is not here"), "too_new": ("版本较新，请用新的核验程序", "made by a newer version"),
    "log_broken": ("日志与检查点不符", "the log is not what its checkpoint says"), "older": ("比留存的检查点旧", "older than the kept checkpoint"),
    "unlisted": ("包里有，清单上没有", "in the bag, not in the manifest"), "no_signature": ("旁边没有签名文件", "no signature lies beside it"),
    "missing": ("清单上有，包里没有", "in the manifest, not in the bag"), "part_away": ("同一批副本不齐", "bags of this export are missing"),
    "unsafe_name": ("有不安全的文件名", "an unsafe file name"),
}  # fmt: skip
PROVED = {  # whether a copy of a choice has `more` conditions than the roll can tell, None: no choice
    None: ("完好且齐全", "INTACT AND COMPLETE"),
    False: ("完好，正是所列的范围或所抽的各件", "INTACT, EXACTLY THE RECORDS THAT WERE NAMED OR DRAWN"),
    True: ("完好，总登记齐全；各件按另外的条件选取，选得对不对看不出", "INTACT, THE ROLL COMPLETE; CHOSEN BY MORE THAN CAN BE CHECKED"),
}  # fmt: skip


def sha(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()


class Log:
    """The audit log as it flows by: its chain, its root, what it says of records filed and of copies begun."""

    def __init__(self, asked: Collection[int]) -> None:
        self.size, self.chain, self.asked, self.peaks = 0, bytes(32), asked, list[bytes]()
        self.filed, self.back = set[str](), set[str]()  # records and revisions filed; taken back or destroyed
        self.bulks: dict[int, tuple[int, str]] = {}  # row: how many, SHA-256 over their revision ids
        self.begun: dict[str, tuple[int, Any, Any]] = {}  # export: row, size and root of the roll
        self.then: dict[int, tuple[bytes, bytes]] = {}  # chain and root at the rows that were asked for

    def take(self, words: bytes) -> bool:
        row, _at, _who, act, subject, details = json.loads(words)
        self.chain = sha(b"lantai-audit-v1\0" + self.chain + words)
        node, size = sha(b"\0" + self.chain), self.size
        while size & 1:
            node, size = sha(b"\1" + self.peaks.pop() + node), size >> 1
        self.peaks.append(node)
        self.size += 1
        if row in self.asked:
            self.then[self.size] = (self.chain, self.root())
        told = json.loads(details)
        if act == "record-filed":
            self.filed |= {subject, told["revision"]}
        elif act == "records-filed":
            self.bulks[row] = (told["count"], told["revisions"])
        elif act in ("record-taken-back", "record-destroyed"):
            self.back |= {subject, told["revision"]}
        elif act == "copy-begun":
            self.begun[subject] = (row, told["records"], told["root"])
        return bool(row == self.size)

    def root(self) -> bytes:
        return functools.reduce(lambda node, peak: sha(b"\1" + peak + node), reversed(self.peaks))


class Bag:
    """What flowed by of one copy."""

    def __init__(self, name: str, log: Log) -> None:
        self.name, self.log, self.comment, self.findings = name, log, "", list[Finding]()  # comment: what was signed
        self.files, self.size_bytes, self.digests = 0, 0, dict[str, tuple[str, str]]()  # name: SHA-256, SM3
        self.texts, self.proof, self.leaves = dict[str, bytes](), dict[str, Any](), list[bytes]()
        self.records, self.named = dict[str, str](), dict[str, str]()  # record: first revision; file: whose it is
        self.lowest, self.highest = "", ""  # places
        self.roll, self.chosen = set[str](), set[str]()  # of a choice: all records, and the places of those here

    def find(self, code: str, where: str = "") -> None:
        self.findings.append((code, where or self.name))

    def says(self, label: str) -> str:  # in bag-info.txt
        found = re.search(rf"^{label}: (.*)$", self.texts.get("bag-info.txt", b"").decode("utf-8", "replace"), re.M)
        return found[1] if found else ""

    def take_tar(self, stream: IO[bytes]) -> None:
        root, folded = "", set()
        with tarfile.open(fileobj=stream, mode="r|", encoding="utf-8") as tar:
            for member in tar:
                first, _, name = member.name.partition("/")
                root = root or first
                safe = all(PART.fullmatch(one) and one[-1] != "." and not DEVICE.match(one) for one in name.split("/"))
                safe = safe and member.type == tarfile.REGTYPE and member.sparse is None and len(name) <= 200
                if safe and first == root and name.casefold() not in folded and (content := tar.extractfile(member)):
                    self.take_file(name, member.size, content)
                else:
                    self.find("unsafe_name", member.name)
                folded.add(name.casefold())

    def take_file(self, name: str, size: int, content: IO[bytes]) -> None:
        sha256, sm3, kept, rest = hashlib.sha256(), hashes.Hash(hashes.SM3()), bytearray(), b""
        whole = size <= TEXT_MAX and re.fullmatch(r"[^/]+|data/(proof\.json|filed\.jsonl|roll\.txt)", name)
        payload, lines = name.startswith("data/"), LINES.fullmatch(name)
        while block := content.read(BLOCK):
            sha256.update(block)
            if payload:
                sm3.update(block)
            if whole:
                kept += block
            elif lines:
                *whole_lines, rest = (rest + block).split(b"\n")
                for line in whole_lines:
                    try:  # what cannot be read is found, never believed
                        good = self.take_record(lines[1], line) if lines[1] else self.log.take(line)
                    except UNREADABLE:
                        good = False
                    if not good:
                        self.find("log_broken" if name == "data/log.jsonl" else "bad_record", name)
                if len(rest) > LINE_MAX:
                    raise ValueError("a line without end")
        told = re.search(r"-([0-9a-f]{16})\.\w+$", name)  # pages say in their names what they are
        if rest or (told and not sha256.hexdigest().startswith(told[1])):
            self.find("bad_record" if rest else "changed", name)
        self.digests[name] = (sha256.hexdigest(), sm3.finalize().hex() if payload else "")
        self.texts |= {name: bytes(kept)} if whole else {}
        self.files, self.size_bytes = self.files + payload, self.size_bytes + size * payload

    def take_record(self, folder: str, line: bytes) -> bool:
        """The record has its place in the roll; True if it is what its revision id says (masked: nobody can tell)."""
        head, _, rest = line.partition(b',"body":')
        said, words = json.loads(head + b"}"), rest[:-1]
        body, record, revision = json.loads(words), said["record"], said["revision"]
        digest, parents = hashlib.sha256(), bytes.fromhex("".join(said["parents"]))
        for part in (b"lantai.revision.1", record.encode(), parents, said["change"].encode(), words):
            digest.update(len(part).to_bytes(8, "big") + part)
        year = re.search(r"·(\d{4})-", body["number"])
        place = f"{body['kind']} {year[1] if year else '0000'} {record} {revision}"
        right = (digest.hexdigest() == revision or folder == "masked") and rest[-1:] == b"}"
        right = right and record not in self.records and (bool(said["parents"]) or said["first"] == revision)
        self.records[record] = said["first"]
        for file in body.get("attachments", ()):
            self.named.setdefault(file["sha256"], body["number"])
        if folder != "records":
            self.chosen.add(place)
            return right
        behind, self.lowest, self.highest = place > self.highest, self.lowest or place, place
        self.leaves.append(sha(b"\0" + place.encode()))
        return right and behind

    def check_manifests(self) -> None:
        """Every manifest names every file of its part and no other, with the digest that was found."""
        manifests = sorted(name for name in self.texts if re.fullmatch(r"(tag)?manifest-\w+\.txt", name))
        if self.texts.get("bagit.txt") != BAGIT or len([one for one in manifests if "sha256" in one]) != 2:
            self.find("not_a_bag")
        for manifest in manifests:
            tags, sm3 = manifest.startswith("tag"), manifest.endswith("-sm3.txt")
            if (not sm3 and not manifest.endswith("-sha256.txt")) or self.says("Lantai-Copy") not in VERSIONS:
                self.find("too_new", manifest)
            lines = self.texts[manifest].decode("utf-8", "replace").splitlines()
            listed = {name: digest for digest, _, name in (line.partition("  ") for line in lines)}
            mine = {name: both[sm3] for name, both in self.digests.items() if name.startswith("data/") != tags}
            found = {name: digest for name, digest in mine.items() if not name.startswith("tagmanifest-")}
            for name in sorted(listed.keys() | found.keys()):
                if listed.get(name) != found.get(name):
                    self.find("missing" if name not in found else "unlisted" if name not in listed else "changed", name)
        if self.says("Payload-Oxum") != f"{self.size_bytes}.{self.files}":
            self.find("wrong_total")

    def is_whole(self) -> bool:
        """Tell whether the records are all that lies in the bag's range, in the roll whose root the proof names."""
        low, high, left, right = (self.proof[name] for name in ("from", "to", "left", "right"))
        first, size, path = self.proof["first"], self.proof["size"], iter(map(bytes.fromhex, self.proof["path"]))
        beside = [[sha(b"\0" + one.encode())] if one else [] for one in (left, right)]
        given = beside[0] + self.leaves + beside[1]
        ends = (left or first == 0) and (right or first + len(given) == size)
        inside = not self.leaves or (low <= self.lowest and (high is None or self.highest < high))
        outside = (not left or left < low) and (not right or (high is not None and right >= high))

        def over(start: int, end: int) -> Any:  # the root of a run of leaves: given where none of ours is in it
            if end <= first or start >= first + len(given):
                return next(path)
            if end - start == 1:
                return given[start - first]
            middle = start + (1 << (end - start - 1).bit_length() - 1)
            return sha(b"\1" + over(start, middle) + over(middle, end))

        root = over(0, size) if size else sha(b"")
        return bool(ends and inside and outside) and root.hex() == self.proof["root"] and next(path, None) is None

    def is_chosen(self) -> bool:
        """The roll is what is listed of it, in a copy of a choice; True if the records are what that means, as far as it tells."""
        listed = self.texts.get("data/roll.txt", b"").split(b"\n")[:-1]
        if (asked := self.proof.get("choice")) is None:
            return not listed and not self.chosen
        self.leaves, ends = [sha(b"\0" + one) for one in listed], [one.decode() for one in listed[:1] + listed[-1:]]
        self.lowest, self.highest = ends or ("", "")
        places, years = [one.decode().split(" ") for one in listed], range(asked["first"], asked["last"] + 1)
        self.roll = {record for _, _, record, _ in places}
        those = [one for one in places if one[0] in (asked["kinds"] or one) and int(one[1]) in years]
        those.sort(key=lambda one: sha(f"lantai.sample.1\n{asked['seed']}\n{one[2]}".encode()))
        meant = {" ".join(one) for one in those[: None if asked["more"] else asked["sample"] or None]}
        open_ends = (self.proof["from"], self.proof["to"], len(self.records)) == ("", None, len(self.chosen))
        right = self.chosen <= meant and (asked["more"] is True or self.chosen == meant)
        return open_ends and right and listed == sorted(set(listed))

    def check_proof(self, key: bytes) -> None:
        """The range is whole; the log is the one its checkpoint was signed over, and tells of this export as the proof does."""
        try:
            self.proof = json.loads(self.texts["data/proof.json"])
            here = {sha256 for sha256, _ in self.digests.values()} | set(self.proof["away"])
            for away in sorted(self.named.keys() - here):
                self.find("page_away", self.named[away])
            if not (self.is_chosen() and self.is_whole()):
                self.find("left_out")
            if read_notes(self.proof["checkpoint"], key) != {self.log.size: (self.log.chain, self.log.root())}:
                self.find("log_broken", "data/log.jsonl")
            export, begun = self.proof["export"], (self.log.size, self.proof["size"], self.proof["root"])
            if self.log.begun.get(export) != begun or self.says("External-Identifier") != export:
                self.find("not_in_log", "data/log.jsonl")
        except UNREADABLE:
            self.find("left_out" if "data/proof.json" in self.texts else "no_proof")


def read_key(text: str) -> bytes:
    """Return the 32 bytes of a minisign public key: from its file, its text or its one line."""
    text = Path(text).read_text(encoding="utf-8") if os.path.exists(text) else text
    blob = base64.b64decode(text.strip().splitlines()[-1], validate=True)
    if len(blob) != 42 or blob[:2] != b"Ed":
        raise ValueError("not a minisign public key")
    return blob[10:]


def read_signature(path: Path, key: bytes) -> str | None:
    """Return the trusted comment of a signature that is right; None if it is not."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "blake2b").digest()
    try:
        lines = path.with_name(path.name + ".minisig").read_text(encoding="utf-8").strip("\n").split("\n")
        blob, over_comment = (base64.b64decode(lines[number], validate=True) for number in (1, 3))
        comment = lines[2].removeprefix("trusted comment: ")
        public = Ed25519PublicKey.from_public_bytes(key)
        public.verify(blob[10:], digest)
        public.verify(over_comment, blob[10:] + comment.encode())
        return comment if blob[:2] == b"ED" and comment != lines[2] else None
    except (InvalidSignature, ValueError, IndexError):
        return None


def read_notes(text: str, key: bytes | None) -> dict[int, tuple[bytes, bytes]]:
    """Return chain and root by size of checkpoints (C2SP signed notes, one after another), signed by the key if one is given."""
    notes = re.findall(r"(\S+\n(\d+)\n(\S+)\nchain ([0-9a-f]{64})\n)\n— \S+ (\S+)\n", text)
    try:
        for body, _, _, _, signature in notes if key else ():
            Ed25519PublicKey.from_public_bytes(key or b"").verify(base64.b64decode(signature)[4:], body.encode())
    except InvalidSignature as error:
        raise ValueError("a checkpoint is not signed by this key") from error
    return {int(size): (bytes.fromhex(chain), base64.b64decode(root)) for _, size, root, chain, _ in notes}


def take_in(path: Path, key: bytes, identity: Any, asked: Collection[int]) -> Bag:
    """Return all that can be said of one bag by itself; nothing is opened before its signature is known to be right."""
    bag, failed = Bag(path.name, Log(asked)), []  # type: Bag, list[Exception]
    signed = read_signature(path, key) if path.with_name(path.name + ".minisig").exists() else ""
    if not signed:
        bag.find("signature" if signed is None else "no_signature")
        return bag
    bag.comment, (reading, writing) = signed, os.pipe()

    def decrypt() -> None:
        with path.open("rb") as sealed, os.fdopen(writing, "wb") as plain:
            try:
                pyrage.decrypt_io(sealed, plain, [identity])
            except (pyrage.DecryptError, OSError) as error:
                failed.append(error)

    (thread := threading.Thread(target=decrypt, daemon=True)).start()
    with os.fdopen(reading, "rb") as stream:
        try:
            bag.take_tar(stream)
        except (tarfile.TarError, EOFError, ValueError, RecursionError):
            bag.find("broken_tar")
        while stream.read(BLOCK):  # age proves its last chunk only when it is reached
            pass
    thread.join()
    if failed:
        bag.findings = [("not_opened", bag.name)]
    else:
        bag.check_manifests()
        bag.check_proof(key)
    return bag


def check_group(bags: list[Bag]) -> Iterator[Finding]:
    """The bags are of one export and cover its range; a copy of everything holds every record its log names."""
    bags = sorted(bags, key=lambda bag: str(bag.proof["from"]))
    ends = [bag.proof["to"] for bag in bags]
    whole = f"{bags[0].proof['from'] or '-'} to {ends[-1] or '-'}"
    joined = all(bag.proof["from"] == end for bag, end in zip(bags[1:], ends, strict=False))
    one = len({(bag.proof["export"], bag.proof["root"]) for bag in bags}) == 1
    if not (joined and one and all(bag.says("Lantai-Group-Range") == whole for bag in bags)):
        yield "part_away", bags[0].name
    elif whole == "- to -":
        held, log = {record: first for bag in bags for record, first in bag.records.items()}, bags[0].log
        known = set(held.values()) | log.back
        named = {one for one in log.filed if len(one) == 36} - log.back  # records; a revision's id is longer
        listed = bags[0].roll or held.keys()  # of a choice: the log is compared with the roll
        yield from (("record_away", record) for record in sorted(named - listed))
        lists = dict(json.loads(line) for line in bags[0].texts.get("data/filed.jsonl", b"").splitlines())
        counted = 0  # filed in bulk, and no list says which: known by their number alone
        for row, (count, digest) in ({} if bags[0].roll else log.bulks).items():
            if not (ids := lists.get(row)):
                counted += count
            elif sha("".join(ids).encode()).hex() != digest or not known.issuperset(ids):
                yield "record_away", f"data/log.jsonl:{row}"
        if counted > len(known - log.filed - {one for ids in lists.values() for one in ids}):
            yield "record_away", "data/log.jsonl"


def judge(paths: list[Path], signer: str, identity: Any, kept: Any = None) -> tuple[list[Bag], list[Finding]]:
    """Return these bags of one export and what is to be held against them; `kept` is what `read_notes` returned."""
    key, kept = read_key(signer), kept or {}
    bags = [take_in(path, key, identity, kept) for path in paths]
    findings = [one for bag in bags for one in bag.findings]
    try:
        findings = findings or list(check_group(bags))
    except UNREADABLE:
        findings = [("record_away", "data/filed.jsonl")]
    for bag, size in [] if findings else [(bag, size) for bag in bags for size in kept]:
        if bag.log.size < size or bag.log.then.get(size) != kept[size]:
            findings.append(("older" if bag.log.size < size else "history_differs", bag.name))
    return bags, findings


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("copies", nargs="+", type=Path)
    for name in ("--signer", "--key", "--checkpoint", "--witness"):
        parser.add_argument(name, required=name in ("--signer", "--key"))
    asked = parser.parse_args()
    try:
        notes = Path(asked.checkpoint).read_text(encoding="utf-8") if asked.checkpoint else ""
        kept = read_notes(notes, read_key(asked.witness) if asked.witness else None)
        if asked.checkpoint and not kept:
            raise ValueError("没有检查点 no checkpoint in " + asked.checkpoint)
        secret = Path(asked.key).read_bytes()
        if secret.startswith(b"age-encryption.org/"):
            secret = pyrage.passphrase.decrypt(secret, getpass.getpass("口令 passphrase: "))
        found = re.search(r"^AGE-SECRET-KEY-\S+", secret.decode("ascii", "replace"), re.M)
        identity = pyrage.x25519.Identity.from_str(found[0] if found else "")
        bags, findings = judge(asked.copies, asked.signer, identity, kept)
    except (OSError, *UNREADABLE, pyrage.IdentityError, pyrage.DecryptError) as error:
        print(f"没有核验：{error}\nNOT LOOKED AT: {error}")
        return 2
    for number, (code, where) in enumerate(findings[:50]):
        zh, en = ("  ", "  ") if number else ("不能采信：", "NOT TO BE RELIED ON: ")
        print(f"{zh}{FLAWS[code][0]}（{where}）。\n{en}{FLAWS[code][1]} ({where}).")
    if not findings:
        log, counts = bags[0].log, (sum(len(bag.records) for bag in bags), sum(bag.files for bag in bags))
        told = (*counts, log.size, max(kept, default=0), sum(len(one) == 36 for one in log.back))
        zh, en = PROVED[bags[0].proof.get("choice", {}).get("more")]
        if {"data/masked"} & {name.rpartition("/")[0] for name in bags[0].digests}:  # its words: nobody can tell
            zh, en = f"脱敏副本，{zh}；文字为隐去后所写", f"MASKED COPY, {en}, IN THE OFFICE'S WORDS"
        zh += "：{} 件，{} 个文件；日志 {} 行，有旁证到第 {} 行，撤回或销毁 {} 件。"
        en += ": {} records, {} files; log of {} rows, up to checkpoint {}; {} taken back or destroyed."
        print(f"{zh}\n{en}".format(*told, *told))
    return 1 if findings else 0


if __name__ == "__main__":
    raise SystemExit(main())
