"""The open copy holds everything, is proved by anyone, and comes back with equal digests; what was changed does not come back."""

from __future__ import annotations

import base64
import csv
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest

from desktop.archive import attachments, open_tables, records, settings
from desktop.archive.archive import Archive
from desktop.services.finding import Asked
from desktop.services.open_copies import OpenCopies, OpenCopy, Reimported, _unpack, reimport
from desktop.services.opening import NewPerson, OfficeFacts, Opening
from sync.contract.errors import BadRequest, LantaiError, Refused, SealBroken, UnreadableFile
from sync.contract.revisions import Revision, hash_revision
from sync.vault import audit
from sync.vault.bag import BagFile, BagStream
from sync.vault.slots import Keystore, Role
from tests.desktop.services.office import SmallOffice, begin_office

PASSWORD = "这一句口令只在测试里用一用"
PROJECT = Path(__file__).resolve().parents[3]
PAPER = b"%PDF- five pages"


@pytest.fixture
def office(tmp_path: Path) -> Iterator[SmallOffice]:
    made = begin_office(tmp_path / "office")
    made.file_marriage(text="白沙村 何晨 陈思")
    made.file_marriage(data=b"%PDF- another", husband__name="仇志远", remark="=1+1", cert_no="J339921-2016-000011")
    form = made.cataloguing.start("document")
    made.cataloguing.put(form.draft.uid, "subject", "关于低保提标的通知")
    with made.archive.act(made.person, made.clock()) as act:
        settings.put(act.connection, "signing.何审计", "11" * 32)
        settings.put(act.connection, "enrolment.desk", json.dumps({"signing_seed": "22" * 32}))
    yield made
    made.archive.close()


def exported(office: SmallOffice, to: Path) -> OpenCopy:
    return OpenCopies(office.archive, office.kinds, "何审计", office.clock).export(to, lambda _: None, lambda: False)


def brought_back(copy: Path, to: Path, office: SmallOffice) -> Reimported:
    return reimport(copy, to, "周主任", PASSWORD, office.kinds, lambda _: None, clock=office.clock)


def opened(made: Reimported) -> Archive:
    _, data_key = Keystore.open(made.folder).unlock("周主任", PASSWORD, datetime.now().astimezone())
    return Archive.open(made.folder, data_key)


def test_everything_comes_back_with_equal_digests(office: SmallOffice, tmp_path: Path) -> None:
    copy = exported(office, tmp_path / "open")
    made = brought_back(copy.folder, tmp_path / "again", office)
    assert made.digests == {name: one for name, one in copy.digests.items() if name not in open_tables.OF_THIS_MACHINE}
    assert (made.records, made.originals) == (2, 2)
    archive = opened(made)
    again = SmallOffice(archive, office.clock)
    try:
        assert again.finding.find(Asked("hechen")).total == again.finding.find(Asked("白沙村")).total == 1
        hits = again.finding.rows(again.finding.find(Asked("")), 0, 9)
        with archive.reading() as ours, office.archive.reading() as theirs:
            for row in hits:
                mine, other = (records.revision(one, row.record.head) for one in (ours, theirs))
                assert isinstance(mine, Revision)
                assert (mine, mine.id) == (other, row.record.head)
            assert attachments.checked_content(archive, ours, hashlib.sha256(PAPER).hexdigest()) == PAPER
            assert audit.verify(ours).ok
            assert [one.act for one in audit.events(ours)][-2:] == ["archive-reimported", "numbers-begun-anew"]
        assert [one.fields["subject"] for one in again.cataloguing.drafts()] == ["关于低保提标的通知"]
        assert again.file_marriage(data=b"%PDF- third", cert_no="J339921-2016-000012").number not in {
            row.record.number for row in hits
        }
    finally:
        archive.close()


@pytest.mark.parametrize("size_bytes", [512 - 64, 512, 10_240 - 512])
def test_files_of_every_size_are_in_the_copy(size_bytes: int, tmp_path: Path) -> None:
    """A tar pads each file to 512 bytes: where there is nothing to pad, the copy goes on."""
    payload = [BagFile(f"data/files/{number:03}", size_bytes, [bytes(size_bytes)]) for number in range(40)]
    bag = BagStream("bag", iter(payload), {}, lambda _: None)
    _unpack(bag.blocks(), tmp_path)
    assert len(list((tmp_path / "bag" / "data" / "files").iterdir())) == 40
    assert (tmp_path / "bag" / "tagmanifest-sha256.txt").exists()


def test_every_table_is_exported_or_known_to_be_made_anew(office: SmallOffice, tmp_path: Path) -> None:
    copy = exported(office, tmp_path / "open")
    with office.archive.reading() as connection:
        names = set(connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'").scalars())
    held = {path.stem for path in (copy.folder / "data/tables").glob("*.jsonl")}
    assert held == {path.stem for path in (copy.folder / "data/tables").glob("*.csv")}
    assert {name for name in names - held if not open_tables.is_made_anew(name)} == set()
    assert {"record", "revision", "attachment", "audit", "look", "import_run", "draft"} <= held


def test_the_copy_is_a_bag_and_reads_without_this_program(office: SmallOffice, tmp_path: Path) -> None:
    copy = exported(office, tmp_path / "open")
    subprocess.run([sys.executable, "-m", "bagit", "--validate", str(copy.folder)], check=True, capture_output=True)
    original = hashlib.sha256(PAPER).hexdigest()
    assert (copy.folder / f"data/files/{original[:2]}/{original}.pdf").read_bytes() == PAPER
    with (copy.folder / "data/records/marriage.csv").open(encoding="utf-8-sig", newline="") as read:
        rows = list(csv.DictReader(read))
    assert [row["男方·姓名"] for row in rows] == ["何晨", "仇志远"]
    assert rows[1]["备注"] == "'=1+1"
    assert rows[0]["登记日期"] == "二〇一六年二月二十七日"
    lines = (copy.folder / "data/tables/record.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["title"] for line in lines] == [row["题名"] for row in rows]


def test_every_revision_can_be_proved_from_its_line_alone(office: SmallOffice, tmp_path: Path) -> None:
    copy = exported(office, tmp_path / "open")
    lines = (copy.folder / "data/tables/revision.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 2
    for line in map(json.loads, lines):
        body = base64.b64decode(line["body"]["base64"])
        assert hash_revision(line["record_uid"], line["parents"].split(), line["change"], body) == line["id"]
        assert json.loads(body)["layout"] == 1


def test_no_key_leaves_the_archive_in_the_open(office: SmallOffice, tmp_path: Path) -> None:
    copy = exported(office, tmp_path / "open")
    with office.archive.reading() as connection:
        keys = [bytes(row[0]) for row in connection.exec_driver_sql("SELECT file_key FROM attachment")]
    said = b"".join(path.read_bytes() for path in copy.folder.rglob("*") if path.is_file())
    secrets = [b"11" * 32, b"22" * 32, *keys, *(key.hex().encode() for key in keys)]
    assert not [secret for secret in secrets if secret in said]
    assert b"enrolment.desk" not in said


def a_byte(name: str) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        path = next(folder.glob(name))
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(content)

    return spoil


def another_file(folder: Path) -> None:
    (folder / "data/tables/strange.jsonl").write_bytes(b"{}\n")


def forged(folder: Path) -> None:
    """A row is changed and the manifest written again: only the log's own chain and the row's own form can tell."""
    path, manifest = folder / "data/tables/audit.jsonl", folder / "manifest-sha256.txt"
    before = path.read_bytes()
    path.write_bytes(before.replace("陈晓兰".encode(), "陈晓南".encode(), 1))
    said = manifest.read_text(encoding="utf-8")
    old, new = (hashlib.sha256(one).hexdigest() for one in (before, path.read_bytes()))
    manifest.write_text(said.replace(old, new), encoding="utf-8")


def other_layout(folder: Path) -> None:
    info = folder / "bag-info.txt"
    info.write_text(info.read_text(encoding="utf-8").replace("Lantai-Layout: ", "Lantai-Layout: 9"), encoding="utf-8")


def another_column(folder: Path) -> None:
    path, manifest = folder / "data/tables/look.jsonl", folder / "manifest-sha256.txt"
    path.write_bytes(b'{"id":1,"person":"x) VALUES (1); --"}\n')
    lines = [line for line in manifest.read_text(encoding="utf-8").splitlines() if not line.endswith("/look.jsonl")]
    lines.append(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  data/tables/look.jsonl")
    manifest.write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.mark.parametrize(
    ("spoil", "error"),
    [
        (a_byte("data/tables/revision.jsonl"), SealBroken),
        (a_byte("data/files/*/*.pdf"), SealBroken),
        (another_file, SealBroken),
        (forged, SealBroken),
        (other_layout, BadRequest),
        (another_column, BadRequest),
        (lambda folder: (folder / "manifest-sha256.txt").unlink(), UnreadableFile),
    ],
)
def test_a_copy_that_was_changed_becomes_no_archive(
    office: SmallOffice, tmp_path: Path, spoil: Callable[[Path], None], error: type[LantaiError]
) -> None:
    copy = exported(office, tmp_path / "open")
    spoil(copy.folder)
    with pytest.raises(error):
        brought_back(copy.folder, tmp_path / "again", office)
    assert not (tmp_path / "again").exists()
    assert {path.name for path in tmp_path.iterdir()} == {"office", "open"}


def test_an_archive_is_never_written_over(office: SmallOffice, tmp_path: Path) -> None:
    copy = exported(office, tmp_path / "open")
    with pytest.raises(Refused):
        brought_back(copy.folder, tmp_path / "office", office)


def test_a_stopped_export_leaves_nothing(office: SmallOffice, tmp_path: Path) -> None:
    copies = OpenCopies(office.archive, office.kinds, "何审计", office.clock)
    with pytest.raises(Refused):
        copies.export(tmp_path / "open", lambda _: None, lambda: True)
    assert list((tmp_path / "open").iterdir()) == []


def test_a_damaged_original_is_found_by_the_export(office: SmallOffice, tmp_path: Path) -> None:
    sealed = next(path for path in (office.archive.folder / "files").rglob("*") if path.is_file())
    content = bytearray(sealed.read_bytes())
    content[-1] ^= 1
    sealed.write_bytes(content)
    with pytest.raises(SealBroken):
        exported(office, tmp_path / "open")
    assert list((tmp_path / "open").iterdir()) == []


def command(*arguments: str, typed: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "desktop", *arguments],
        cwd=PROJECT, input=typed, capture_output=True, text=True, timeout=120, check=False, env={**os.environ, "PYTHONUTF8": "1"},
    )  # fmt: skip


def test_both_ways_are_one_command_each(tmp_path: Path) -> None:
    facts = OfficeFacts("云泽县", "青石镇", "339921102", "J001")
    Opening(tmp_path / "office").create(
        facts,
        [
            NewPerson("何审计", Role.AUDITOR, PASSWORD),
            NewPerson("陈晓兰", Role.CLERK, PASSWORD),
            NewPerson("赵管理", Role.ADMIN, PASSWORD),
        ],
    )
    place = str(tmp_path / "office")
    refused = command(
        "export-all", "--archive", place, "--to", str(tmp_path / "open"), "--person", "陈晓兰", typed=PASSWORD + "\n"
    )
    assert refused.returncode == 1  # a clerk may not export
    made = command(
        "export-all",
        "--archive",
        place,
        "--to",
        str(tmp_path / "open"),
        "--second",
        "赵管理",
        typed=f"何审计\n{PASSWORD}\n{PASSWORD}\n",
    )
    assert made.returncode == 0, made.stdout + made.stderr
    (copy,) = (tmp_path / "open").iterdir()
    back = command(
        "import-all", "--from", str(copy), "--to", str(tmp_path / "again"), "--person", "周主任", typed=PASSWORD + "\n"
    )
    assert back.returncode == 0, back.stdout + back.stderr
    digests = [
        {line for line in one.stdout.splitlines() if line[:1].isalnum() and "  " in line} for one in (made, back)
    ]
    assert digests[1]
    assert digests[1] <= digests[0]
    assert Opening(tmp_path / "again").people()[0].name == "周主任"
