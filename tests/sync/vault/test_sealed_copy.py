"""Sealed copies: opened and proved by strangers with stock tools, and every change found."""

from __future__ import annotations

import importlib.util
import io
import os
import shutil
import subprocess
import sys
import tarfile
import tracemalloc
from pathlib import Path

import pyrage
import pytest

from sync.contract.errors import DiskFull, Refused, SealBroken
from sync.vault.bag import BagFile, Payload
from sync.vault.copy_check import CopyFlaw, verify_copy
from sync.vault.sealed_copy import GuardedWriter, SealedCopy, encrypt_blocks, new_identity, write_copy
from sync.vault.signing import SigningKey, new_digest, sign_detached
from sync.vault.whole_file import WholeFile

SIGNER = SigningKey(bytes(range(32)))
SECRET, PUBLIC = new_identity()
FILES = {
    "data/index.csv": "档号,题名\n".encode(),
    "data/empty.txt": b"",
    "data/files/000/0000001.pdf": os.urandom(300_000),
    "data/files/000/0000002.pdf": os.urandom(512),
    "data/lines/00001.jsonl": b'{"a": 1}\n' * 1000,
}
INFO = {"Source-Organization": "云泽县青石镇", "Bagging-Date": "2026-03-02"}

tools = pytest.mark.skipif(
    not all(shutil.which(tool) for tool in ("age", "tar", "minisign", "sha256sum")),
    reason="age, tar, minisign or sha256sum is not installed (Debian: age minisign)",
)
bagit_tool = pytest.mark.skipif(
    not all(importlib.util.find_spec(module) for module in ("bagit", "pkg_resources")),
    reason="bagit is not installed, or setuptools<81, whose pkg_resources it needs",
)


def payload(files: dict[str, bytes] = FILES) -> Payload:
    for name, content in files.items():
        yield BagFile(name, len(content), (content[start : start + 70_000] for start in range(0, len(content), 70_000)))


def seal(folder: Path, files=None, **changes) -> SealedCopy:
    given = {
        "recipients": [PUBLIC],
        "signer": SIGNER,
        "bag_info": INFO,
        "progress": lambda done, whole: None,
        "cancelled": lambda: False,
    }
    return write_copy(folder / "lantai-339921.tar.age", files or payload(), **(given | changes))


def flaws(copy: SealedCopy, **changes) -> set[CopyFlaw]:
    given = {"public_key": SIGNER.public.to_minisign(), "identity": SECRET}
    return {finding.flaw for finding in verify_copy(copy.path, **(given | changes)).findings}


def test_a_copy_is_proved_from_the_file_alone(tmp_path: Path):
    copy = seal(tmp_path)
    verdict = verify_copy(copy.path, public_key=SIGNER.public.to_minisign(), identity=f"# created: today\n{SECRET}\n")
    assert (verdict.ok, verdict.files, verdict.size_bytes) == (True, len(FILES), sum(map(len, FILES.values())))
    assert (copy.files, copy.size_bytes) == (verdict.files, verdict.size_bytes)
    assert copy.blake2b in verdict.comment
    assert sorted(path.name for path in tmp_path.iterdir()) == [copy.path.name, copy.signature_path.name]


def unpacked(folder: Path) -> Path:
    """The bag, as a stranger gets it with the stock tools."""
    copy = seal(folder)
    (folder / "office.pub").write_text(SIGNER.public.to_minisign())
    (folder / "KEY").write_text(SECRET + "\n")
    subprocess.run(["minisign", "-Vm", str(copy.path), "-p", str(folder / "office.pub")], check=True)
    opened = subprocess.run(["age", "-d", "-i", str(folder / "KEY"), str(copy.path)], check=True, capture_output=True)
    subprocess.run(["tar", "xf", "-"], input=opened.stdout, cwd=folder, check=True)
    return folder / "lantai-339921"


@tools
def test_a_stranger_opens_and_proves_it_with_stock_tools(tmp_path: Path):
    bag = unpacked(tmp_path)
    assert {name: (bag / name).read_bytes() for name in FILES} == FILES
    assert "Source-Organization: 云泽县青石镇\n" in (bag / "bag-info.txt").read_text(encoding="utf-8")
    for manifest in ("tagmanifest-sha256.txt", "manifest-sha256.txt"):
        subprocess.run(["sha256sum", "--strict", "--quiet", "-c", manifest], cwd=bag, check=True)


@tools
@bagit_tool
def test_the_reference_reader_of_bags_finds_it_valid_and_one_changed_byte_not(tmp_path: Path):
    bag = unpacked(tmp_path)
    command = [sys.executable, "-W", "ignore", "-m", "bagit", "--quiet", "--validate", str(bag)]
    subprocess.run(command, check=True)
    (bag / "data/files/000/0000002.pdf").write_bytes(os.urandom(512))
    assert subprocess.run(command, capture_output=True, check=False).returncode == 1


def test_one_changed_byte_anywhere_is_found(tmp_path: Path):
    copy = seal(tmp_path)
    whole = copy.path.read_bytes()
    for place in (0, 100, len(whole) // 2, len(whole) - 1):
        changed = bytearray(whole)
        changed[place] ^= 1
        copy.path.write_bytes(changed)
        assert flaws(copy) == {CopyFlaw.SIGNATURE}
    copy.path.write_bytes(whole[:-1])
    assert flaws(copy) == {CopyFlaw.SIGNATURE}
    copy.signature_path.unlink()
    assert flaws(copy) == {CopyFlaw.NO_SIGNATURE}


def test_another_signer_and_another_reader_are_told_apart(tmp_path: Path):
    copy = seal(tmp_path)
    assert flaws(copy, public_key=SigningKey.new().public.to_minisign()) == {CopyFlaw.SIGNATURE}
    assert flaws(copy, identity=new_identity()[0]) == {CopyFlaw.NOT_OPENED}
    with pytest.raises(SealBroken) as caught:
        flaws(copy, identity=SECRET[:-3] + "QQQ")
    assert SECRET[20:40] not in str(caught.value)


def test_a_copy_for_two_readers_opens_for_each(tmp_path: Path):
    second_secret, second_public = new_identity()
    copy = seal(tmp_path, recipients=[PUBLIC, second_public])
    assert flaws(copy) == flaws(copy, identity=second_secret) == set()


def resealed(folder: Path, change) -> SealedCopy:
    """A copy whose inside was changed and sealed and signed again by the signer: only the bag can tell."""
    copy = seal(folder)
    plain = io.BytesIO(pyrage.decrypt(copy.path.read_bytes(), [pyrage.x25519.Identity.from_str(SECRET)]))
    with tarfile.open(fileobj=plain) as tar:
        members = [(member, tar.extractfile(member).read() if member.isreg() else b"") for member in tar]
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for member, content in change(members):
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    copy.path.write_bytes(pyrage.encrypt(out.getvalue(), [pyrage.x25519.Recipient.from_str(PUBLIC)]))
    digest = new_digest()
    digest.update(copy.path.read_bytes())
    copy.signature_path.write_text(sign_detached(SIGNER, digest, "resealed"))
    return copy


def renamed(name: str):
    def change(members):
        for member, content in members:
            if member.name.endswith("index.csv"):
                member.name = name
            yield member, content

    return change


def linked(members):
    for member, content in members:
        if member.name.endswith("index.csv"):
            member.type, member.linkname = tarfile.SYMTYPE, "../../etc/passwd"
        yield member, b"" if member.issym() else content


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda members: members, None),
        (lambda members: [(m, c + b"!" if m.name.endswith("0000002.pdf") else c) for m, c in members], CopyFlaw.CHANGED),
        (lambda members: [one for one in members if "0000002" not in one[0].name], CopyFlaw.MISSING),
        (lambda members: [*members, (tarfile.TarInfo("lantai-339921/data/more.txt"), b"x")], CopyFlaw.UNLISTED),
        (lambda members: [*members, members[1]], CopyFlaw.UNSAFE_NAME),
        (lambda members: [one for one in members if "bagit" not in one[0].name], CopyFlaw.NOT_A_BAG),
        (lambda members: [(m, c.replace(b"Payload-Oxum: 3", b"Payload-Oxum: 4")) for m, c in members], CopyFlaw.WRONG_TOTAL),
        (renamed("/etc/passwd"), CopyFlaw.UNSAFE_NAME),
        (renamed("lantai-339921/data/../../x"), CopyFlaw.UNSAFE_NAME),
        (renamed("lantai-339921/data/CON.txt"), CopyFlaw.UNSAFE_NAME),
        (renamed("lantai-339921/data/a:b"), CopyFlaw.UNSAFE_NAME),
        (renamed("lantai-339921/data/a."), CopyFlaw.UNSAFE_NAME),
        (renamed("lantai-339921/data/EMPTY.TXT"), CopyFlaw.UNSAFE_NAME),
        (renamed("lantai-339921/data\\..\\x"), CopyFlaw.UNSAFE_NAME),
        (linked, CopyFlaw.UNSAFE_NAME),
    ],
)  # fmt: skip
def test_a_bag_that_is_not_what_its_manifests_say_is_found(tmp_path: Path, change, expected: CopyFlaw | None):
    found = flaws(resealed(tmp_path, change))
    assert (expected in found) if expected else found == set()


@pytest.mark.parametrize("size", [10, 3_000_000])
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
def test_a_last_block_that_does_not_fit_is_told_though_age_swallows_it(tmp_path: Path, size: int):
    (tmp_path / "copy.part").symlink_to("/dev/full")
    written = GuardedWriter(WholeFile(tmp_path / "copy"))

    def seal_onto_the_full_disk() -> None:
        encrypt_blocks(iter([bytes(size)]), written, [pyrage.x25519.Recipient.from_str(PUBLIC)], lambda: False)
        written.file.finish()

    with pytest.raises(DiskFull):
        seal_onto_the_full_disk()
    written.file.abandon()
    assert list(tmp_path.iterdir()) == []


def test_a_stick_that_fills_up_is_told_and_holds_no_half_of_a_copy(small_disk: Path):
    with pytest.raises(DiskFull):
        seal(small_disk, payload({"data/large.pdf": os.urandom(3 << 20)}))
    assert list(small_disk.iterdir()) == []


def test_a_cancelled_copy_leaves_nothing(tmp_path: Path):
    told: list[int] = []
    with pytest.raises(Refused) as caught:
        seal(tmp_path, progress=lambda done, whole: told.append(done), cancelled=lambda: len(told) > 2)
    assert caught.value.facts["reason"] == "cancelled"
    assert list(tmp_path.iterdir()) == []


def test_progress_counts_each_file(tmp_path: Path):
    told: list[tuple[int, int]] = []
    seal(tmp_path, progress=lambda done, whole: told.append((done, whole)))
    assert told == [(done, 0) for done in range(len(FILES) + 1)]


def test_a_payload_that_is_not_as_long_as_was_said_is_not_sealed(tmp_path: Path):
    with pytest.raises(SealBroken):
        seal(tmp_path, iter([BagFile("data/a", 5, [b"four"])]))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["a", "data/../a", "data/结婚.pdf", "/data/a", "data/nul.txt", "data//a", "data/a b"])
def test_a_payload_name_that_some_system_cannot_unpack_is_a_mistake_of_the_caller(tmp_path: Path, name: str):
    with pytest.raises(ValueError, match="payload name"):
        seal(tmp_path, payload({name: b"x"}))
    assert list(tmp_path.iterdir()) == []


def test_nothing_that_is_there_is_overwritten_and_stale_parts_of_ours_are_swept(tmp_path: Path):
    (tmp_path / "lantai-old.tar.age.part").write_bytes(b"half")
    (tmp_path / "film.part").write_bytes(b"somebody else's")
    copy = seal(tmp_path)
    before = copy.path.read_bytes()
    with pytest.raises(Refused):
        seal(tmp_path)
    assert copy.path.read_bytes() == before
    assert (tmp_path / "film.part").exists()
    assert not (tmp_path / "lantai-old.tar.age.part").exists()


def test_what_is_not_an_age_key_is_refused_before_anything_is_written(tmp_path: Path):
    with pytest.raises(Refused):
        seal(tmp_path, recipients=[PUBLIC, "age1nonsense"])
    assert list(tmp_path.iterdir()) == []


def test_a_large_copy_takes_no_more_memory_than_a_small_one(tmp_path: Path):
    block = os.urandom(1 << 20)
    tracemalloc.start()
    copy = seal(tmp_path, (BagFile(f"data/{n}", 16 << 20, (block for _ in range(16))) for n in range(4)))
    assert flaws(copy) == set()
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak_bytes < 16 << 20
