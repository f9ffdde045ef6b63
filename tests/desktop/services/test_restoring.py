"""A restore gives back what was backed up, from the place alone; what it gives is proved before it is opened."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from importlib.resources import files
from pathlib import Path

import pytest

import resources
from desktop.archive import attachments, records, restored
from desktop.archive.archive import Archive
from desktop.archive.backup_check import Flaw
from desktop.archive.generations import DATABASE, KEYSTORE, LIST, MANIFEST, Place
from desktop.archive.manifests import Manifest
from desktop.archive.restored import NOTE
from desktop.services.backing_up import BackingUp
from desktop.services.opening import Opening
from desktop.services.restoring import drill, restore_from
from desktop.services.tending import Tending
from sync.contract.errors import BackupBroken, NotAllowed, PlaceUnavailable, WrongPassword
from sync.contract.numbers import read as read_number
from sync.vault import audit
from sync.vault.slots import Keystore, Role
from tests.desktop.services.office import SmallOffice, begin_office

KILLS = int(os.environ.get("LANTAI_BACKUP_KILLS", "12"))
PROJECT = Path(__file__).resolve().parents[3]
KEY = bytes(range(32))
PASSWORD = "这一句口令只在测试里用一用"


def unwatched(_: object) -> None:
    """Nobody looks."""


def never() -> bool:
    return False


class Kept:
    """An office with one place for its backups."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.office: SmallOffice = begin_office(folder / "office")
        keystore = Keystore.create(folder / "office", KEY)
        keystore.add(KEY, "陈晓兰", Role.CLERK, PASSWORD)
        self.code = keystore.make_recovery(KEY)
        self.backing = BackingUp(self.office.archive, self.office.person, self.office.clock)
        self.root = folder / "second"
        self.root.mkdir()
        self.place = self.backing.where.choose_folder(self.root).id

    def back_up(self) -> str:
        self.office.clock.forward(timedelta(hours=1))
        return self.backing.back_up(self.place, unwatched, never).line.name

    def generation(self, name: str) -> Path:
        return Place.at(self.root).generation(name).folder


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Kept]:
    made = Kept(tmp_path)
    yield made
    made.office.archive.close()


def numbers(archive: Archive) -> list[str]:
    with archive.reading() as connection:
        return [
            one.number for one in records.by_ids(connection, list([one.id for one in records.every(connection)][::-1]))
        ]


def flip(path: Path) -> None:
    written = bytearray(path.read_bytes())
    written[len(written) // 2] ^= 4
    path.write_bytes(written)


def test_a_restored_archive_opens_with_the_password_and_holds_everything(kept: Kept, tmp_path: Path) -> None:
    pages = os.urandom(1_500_000)
    kept.office.file_marriage(data=pages)
    name = kept.back_up()
    kept.office.file_marriage(cert_no="J339921-2016-000011")
    made = restore_from(kept.root, tmp_path / "bare" / "office", unwatched, never)
    assert (made.generation, made.skipped, made.lost, made.files) == (name, (), (), 1)
    desk = Opening(tmp_path / "bare" / "office").unlock("陈晓兰", PASSWORD)
    assert desk.counts().records == 1
    desk.close()
    archive = Archive.open(tmp_path / "bare" / "office", KEY)
    with archive.reading() as connection:
        (one,) = attachments.everything(connection)
        assert attachments.checked_content(archive, connection, one.sha256) == pages
        assert audit.verify(connection).ok
        told = [event for event in audit.events(connection) if event.act == "archive-restored"]
    assert [event.subject for event in told] == [name]
    assert told[0].details["audit_size"] > 0
    assert not (tmp_path / "bare" / "office" / NOTE).exists()
    archive.close()


def test_a_restored_archive_opens_with_the_recovery_code(kept: Kept, tmp_path: Path) -> None:
    kept.back_up()
    restore_from(kept.root / "lantai-backup", tmp_path / "bare", unwatched, never)
    desk = Opening(tmp_path / "bare").recover(kept.code, "陈晓兰", "另一句口令也只在测试里用")
    assert desk.person.name == "陈晓兰"
    desk.close()


def test_an_existing_archive_is_never_written_over(kept: Kept) -> None:
    kept.back_up()
    before = {path.name: path.stat().st_mtime_ns for path in (kept.folder / "office").iterdir()}
    with pytest.raises(NotAllowed):
        restore_from(kept.root, kept.folder / "office", unwatched, never)
    assert {path.name: path.stat().st_mtime_ns for path in (kept.folder / "office").iterdir()} == before


def test_a_folder_without_a_backup_is_told(tmp_path: Path) -> None:
    with pytest.raises(PlaceUnavailable):
        restore_from(tmp_path, tmp_path / "bare", unwatched, never)
    assert not (tmp_path / "bare").exists()


@pytest.mark.parametrize("broken", [MANIFEST, DATABASE, KEYSTORE, LIST])
def test_the_newest_good_generation_is_taken_and_the_others_are_named_with_what_is_wrong(
    kept: Kept, tmp_path: Path, broken: str
) -> None:
    kept.office.file_marriage()
    good = kept.back_up()
    kept.office.file_marriage(cert_no="J339921-2016-000011")
    bad = kept.back_up()
    kept.office.file_marriage(cert_no="J339921-2016-000012")
    away = kept.back_up()
    flip(kept.generation(bad) / broken)
    (kept.generation(away) / broken).unlink()
    made = restore_from(kept.root, tmp_path / "bare", unwatched, never)
    assert made.generation == good
    assert [one.name for one in made.skipped] == [away, bad]
    assert all(one.flaws for one in made.skipped)
    assert Opening(tmp_path / "bare").unlock("陈晓兰", PASSWORD).close() is None


def test_without_a_good_generation_nothing_stands_in_the_folder(kept: Kept, tmp_path: Path) -> None:
    name = kept.back_up()
    flip(kept.generation(name) / DATABASE)
    with pytest.raises(BackupBroken):
        restore_from(kept.root, tmp_path / "bare", unwatched, never)
    assert not list(tmp_path.glob("bare*"))


def test_a_broken_page_is_named_and_costs_only_itself(kept: Kept, tmp_path: Path) -> None:
    kept.office.file_marriage(data=b"%PDF- sound")
    kept.office.file_marriage(data=b"%PDF- rotten", cert_no="J339921-2016-000011")
    name = kept.back_up()
    place = Place.at(kept.root)
    rotten = list(place.generation(name).listed())[1]
    flip(place.pool_path(rotten.file_id))
    made = restore_from(kept.root, tmp_path / "bare", unwatched, never)
    assert made.lost == (rotten.file_id,)
    assert made.files == 1


def test_a_manifest_sealed_without_the_key_is_found_at_the_first_opening(kept: Kept, tmp_path: Path) -> None:
    """Somebody put an older database under the newest name and made all sums right: no key, no opening."""
    kept.office.file_marriage()
    old = kept.generation(kept.back_up())
    kept.office.file_marriage(cert_no="J339921-2016-000011")
    new = kept.generation(kept.back_up())
    (new / DATABASE).write_bytes((old / DATABASE).read_bytes())
    theirs, ours = (Manifest.from_bytes((one / MANIFEST).read_bytes()) for one in (old, new))
    forged = replace(ours, database=theirs.database, rows=theirs.rows, audit=theirs.audit)
    (new / MANIFEST).write_bytes(forged.to_bytes())
    restore_from(kept.root, tmp_path / "bare", unwatched, never)
    for _ in range(2):
        with pytest.raises(BackupBroken) as told:
            Opening(tmp_path / "bare").unlock("陈晓兰", PASSWORD)
        assert told.value.facts["flaw"] == Flaw.SEAL.value
    note = json.loads((tmp_path / "bare" / NOTE).read_text())
    (tmp_path / "bare" / NOTE).write_text(json.dumps(note | {"proof": "00" * 32}))
    with pytest.raises(BackupBroken):
        Opening(tmp_path / "bare").unlock("陈晓兰", PASSWORD)


def test_a_number_given_after_the_backup_is_never_given_again(kept: Kept, tmp_path: Path) -> None:
    kept.office.file_marriage()
    kept.back_up()
    for number in range(11, 31):  # filed, printed on the folders, and lost with the disk
        kept.office.file_marriage(cert_no=f"J339921-2016-0000{number}")
    lost = numbers(kept.office.archive)
    restore_from(kept.root, tmp_path / "bare", unwatched, never)
    desk = Opening(tmp_path / "bare").unlock("陈晓兰", PASSWORD)
    desk.close()
    archive = Archive.open(tmp_path / "bare", KEY)
    again = SmallOffice(archive, kept.office.clock)
    again.file_marriage(cert_no="J339921-2016-000099")
    given = numbers(archive)
    with archive.reading() as connection:
        assert any(one.act.startswith("numbers-") for one in audit.events(connection))
    archive.close()
    assert len(given) == 2
    assert set(given) & set(lost) == {min(lost)}
    newest = read_number(given[0])
    assert newest is not None
    assert newest[1] > 1000 + read_number(min(lost))[1]


def test_settling_a_restore_is_done_once_though_the_plug_is_pulled_in_between(kept: Kept, tmp_path: Path) -> None:
    kept.office.file_marriage()
    kept.back_up()
    bare = tmp_path / "bare"
    restore_from(kept.root, bare, unwatched, never)
    restored.prove(bare, KEY)
    archive = Archive.open(bare, KEY)
    with archive.act("陈晓兰", kept.office.clock()) as act:
        restored.settle(archive, act)
    archive.close()  # and the note is still there: the plug was pulled before it went
    Opening(bare).unlock("陈晓兰", PASSWORD).close()
    assert not restored.awaits_proof(bare)
    archive = Archive.open(bare, KEY)
    with archive.reading() as connection:
        acts = [one.act for one in audit.events(connection)]
    archive.close()
    assert acts.count("archive-restored") == 1


def test_backups_of_a_restored_archive_go_on_at_the_same_place(kept: Kept, tmp_path: Path) -> None:
    kept.office.file_marriage()
    kept.back_up()
    newest = kept.back_up()
    restore_from(kept.root, tmp_path / "bare", unwatched, never)
    Opening(tmp_path / "bare").unlock("陈晓兰", PASSWORD).close()
    archive = Archive.open(tmp_path / "bare", KEY)
    backing = BackingUp(archive, "陈晓兰", kept.office.clock)
    (place,) = backing.where.views()
    assert place.present
    made = backing.back_up(place.id, unwatched, never).line
    assert made.number == int(newest.split("-")[0]) + 1
    assert newest in backing.strangers(place.id)
    tending = Tending(archive, backing, "陈晓兰", kept.office.clock)
    while tending.step(never):
        pass
    assert backing.strangers(place.id) == []
    assert {one.name: one.good for one in backing.lines()}[newest], (
        "what was made after the restored one is known again"
    )
    assert backing.status().last == made
    archive.close()


def test_a_drill_finds_what_a_restore_would_find_and_leaves_nothing(kept: Kept, tmp_path: Path) -> None:
    pdf = files(resources).joinpath("practice", "marriage-2016.pdf").read_bytes()
    kept.office.file_marriage(data=pdf)
    kept.office.file_marriage(data=b"%PDF- no page opens", cert_no="J339921-2016-000011")
    name = kept.back_up()
    (tmp_path / "work").mkdir()
    report = drill(kept.root, lambda keystore: keystore.recover(kept.code), unwatched, never, work=tmp_path / "work")
    assert (report.generation, report.records, report.files, report.read) == (name, 2, 2, 2)
    assert (report.opened, report.unreadable) == (1, 1)
    assert report.passed
    assert not list((tmp_path / "work").iterdir())
    listed = next(iter(Place.at(kept.root).generation(name).listed()))
    flip(Place.at(kept.root).pool_path(listed.file_id))
    report = drill(kept.root, lambda keystore: keystore.recover(kept.code), unwatched, never, work=tmp_path / "work")
    assert not report.passed
    assert report.lost == 1


def test_a_drill_with_a_wrong_password_leaves_nothing(kept: Kept, tmp_path: Path) -> None:
    kept.back_up()
    (tmp_path / "work").mkdir()
    with pytest.raises(WrongPassword):
        drill(
            kept.root,
            lambda keystore: keystore.unlock("陈晓兰", "这不是那一句口令啊啊啊啊", kept.office.clock())[1],
            unwatched,
            never,
            work=tmp_path / "work",
        )
    assert not list((tmp_path / "work").iterdir())


def command(*words: str, said: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "desktop", *words], cwd=PROJECT, input=said, capture_output=True, text=True, timeout=120,
        check=False,
    )  # fmt: skip


def test_one_command_restores_and_one_drills(kept: Kept, tmp_path: Path) -> None:
    kept.office.file_marriage()
    name = kept.back_up()
    given_back = command("restore", "--from", str(kept.root), "--to", str(tmp_path / "bare" / "office"))
    assert given_back.returncode == 0, given_back.stderr
    assert name in given_back.stdout
    assert Opening(tmp_path / "bare" / "office").exists()
    again = command("restore", "--from", str(kept.root), "--to", str(tmp_path / "bare" / "office"))
    assert again.returncode == 1
    drilled = command("drill", "--from", str(kept.root), "--person", "陈晓兰", said=PASSWORD + "\n")
    assert drilled.returncode == 0, drilled.stderr + drilled.stdout
    assert "演练通过" in drilled.stdout
    by_code = command("drill", "--from", str(kept.root), "--language", "en", said=f"\n{kept.code}\n")
    assert by_code.returncode == 0, by_code.stderr + by_code.stdout
    for ran in (given_back, drilled, by_code):
        assert "Traceback" not in ran.stderr


@pytest.mark.skipif(os.name == "nt", reason="sends SIGKILL")
@pytest.mark.timeout(600)
def test_killed_at_many_moments_a_backup_leaves_every_earlier_one_and_loses_nothing_saved(tmp_path: Path) -> None:
    """After each kill the place holds whole generations only, and a restore gives every record of the last one told."""
    draw = random.Random(20261122)
    office = tmp_path / "life"
    office.mkdir()
    kills = told = 0
    filed_before = 0
    while kills < KILLS:
        with subprocess.Popen(
            [sys.executable, "-m", "tests.desktop.services.backup_life", str(office)],
            cwd=PROJECT, stdout=subprocess.PIPE, text=True,
        ) as process:  # fmt: skip
            assert process.stdout is not None
            said = [process.stdout.readline().split() for _ in range(draw.randint(2, 7))]
            time.sleep(draw.uniform(0, 0.3))
            process.send_signal(signal.SIGKILL)
            said += [line.split() for line in process.stdout.read().splitlines() if line.endswith(".")]
        kills += 1
        backed = [int(one[1]) for one in said if one and one[0] == "backed"]
        filed_before = max([filed_before, *(int(one[1]) for one in said if one and one[0] == "filed")])
        told = max([told, *backed])
        if not told:
            continue
        target = tmp_path / f"bare-{kills}"
        made = restore_from(office / "second", target, unwatched, never)
        assert made.skipped == ()
        assert made.lost == ()
        assert made.manifest.rows["record"] >= told
        restored.prove(target, KEY)
    assert told > 0
    archive = Archive.open(office / "office", KEY)
    with archive.reading() as connection:
        assert sum(records.count(connection).values()) >= filed_before
        assert audit.verify(connection).ok
    archive.close()
