"""A backup is whole and read back, or not there at all; people go on saving while it is made."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from desktop.archive import fixity
from desktop.archive.backup_check import Flaw
from desktop.archive.fixity import Outcome, Target
from desktop.archive.generations import DATABASE, KEYSTORE, LABEL, LIST, MANIFEST, Place
from desktop.services.backing_up import BackedUp, BackingUp
from desktop.services.changed import Progress
from sync.contract.errors import NotAllowed, PlaceUnavailable, Refused
from sync.vault import audit
from sync.vault.slots import Keystore, Role
from sync.vault.stretching import FLOOR
from tests.desktop.services.office import SmallOffice, begin_office

KEY = bytes(range(32))
PASSWORD = "这一句口令只在测试里用一用"


@pytest.fixture
def office(tmp_path: Path) -> Iterator[SmallOffice]:
    made = begin_office(tmp_path / "office")
    Keystore.create(tmp_path / "office", KEY).add(KEY, "陈晓兰", Role.CLERK, PASSWORD, cost=FLOOR)
    yield made
    made.archive.close()


@pytest.fixture
def backing(office: SmallOffice, tmp_path: Path) -> BackingUp:
    (tmp_path / "second").mkdir()
    made = BackingUp(office.archive, office.person, office.clock)
    made.where.choose_folder(tmp_path / "second")
    return made


def place_of(backing: BackingUp) -> Place:
    return Place.at(Path(backing.where.views()[0].path))


def back_up(backing: BackingUp) -> BackedUp:
    return backing.back_up(backing.where.views()[0].id, lambda _: None, lambda: False)


def check(backing: BackingUp, name: str) -> tuple[Flaw, ...]:
    return backing.check(backing.where.views()[0].id, name, lambda _: None, lambda: False).flaws


def acts(office: SmallOffice) -> list[str]:
    with office.archive.reading() as connection:
        return [one.act for one in audit.events(connection)]


def flip(path: Path, place: int = -1) -> None:
    written = bytearray(path.read_bytes())
    written[place if place >= 0 else len(written) // 2] ^= 1
    path.write_bytes(written)


def test_a_backup_holds_database_keystore_and_every_page_and_is_found_good(
    office: SmallOffice, backing: BackingUp
) -> None:
    office.file_marriage(data=os.urandom(3_000_000))
    office.file_marriage(data=b"%PDF- another", cert_no="J339921-2016-000011")
    made = back_up(backing).line
    assert made.good
    assert made.files == 2
    place = place_of(backing)
    generation = place.generation(made.name)
    assert {one.name for one in generation.folder.iterdir()} == {DATABASE, KEYSTORE, LIST, MANIFEST}
    for listed in generation.listed():
        own = office.archive.files.place_of(bytes.fromhex(listed.file_id)).read_bytes()
        assert place.pool_path(listed.file_id).read_bytes() == own
        assert hashlib.sha256(own).hexdigest() == listed.sha256
    assert check(backing, made.name) == ()
    assert "backup-made" in acts(office)
    assert not list(place.root.rglob("*.part"))
    assert not list(place.root.rglob("*-wal")), "opening a copy to check it writes nothing beside it"


def test_a_second_backup_takes_only_the_new_pages(office: SmallOffice, backing: BackingUp) -> None:
    office.file_marriage(data=b"%PDF- one")
    back_up(backing)
    place = place_of(backing)
    before = {path: path.stat().st_mtime_ns for path in (place.home / "files").rglob("*") if path.is_file()}
    office.file_marriage(data=b"%PDF- two", cert_no="J339921-2016-000011")
    office.clock.forward(timedelta(hours=1))
    made = back_up(backing).line
    after = {path: path.stat().st_mtime_ns for path in (place.home / "files").rglob("*") if path.is_file()}
    assert made.files == len(after) == 2
    assert before.items() <= after.items()


def test_people_save_while_the_file_is_copied_and_the_copy_is_of_one_moment(
    office: SmallOffice, backing: BackingUp
) -> None:
    """The screen saves at every block of the copy; each save returns, and none of them is in the copy."""
    for number in range(30):
        office.file_marriage(cert_no=f"J339921-2016-{number:06}", data=b"%PDF-" + bytes([number]) * 40_000)
    saved: list[int] = []
    with office.archive.reading() as connection:
        size_before = audit.head(connection).size

    def save(progress: Progress) -> None:
        if len(saved) < 20:
            with office.archive.act("陈晓兰", office.clock()) as act:
                act.connection.exec_driver_sql("CREATE TABLE IF NOT EXISTS padding (x BLOB)")
                act.connection.exec_driver_sql("INSERT INTO padding VALUES (randomblob(300000))")
                act.note("saved-meanwhile", str(len(saved)))
            saved.append(progress.done)

    made = backing.back_up(backing.where.views()[0].id, save, lambda: False)
    assert len(saved) >= 5
    manifest = place_of(backing).generation(made.line.name).manifest()
    assert manifest.audit.size == size_before
    assert "padding" not in manifest.rows
    assert check(backing, made.line.name) == ()
    with office.archive.reading() as connection:
        assert audit.verify(connection).ok
        assert sum(one.act == "saved-meanwhile" for one in audit.events(connection)) == len(saved)


def test_a_reader_that_holds_an_older_state_delays_the_backup_and_does_not_break_it(
    office: SmallOffice, backing: BackingUp
) -> None:
    reading, done = threading.Event(), threading.Event()

    def read_for_long() -> None:
        with office.archive.reading() as connection:
            connection.exec_driver_sql("SELECT count(*) FROM record").one()
            reading.set()
            done.wait(1.0)

    reader = threading.Thread(target=read_for_long)
    reader.start()
    reading.wait(10)
    office.file_marriage()
    made = back_up(backing).line
    reader.join()
    assert made.good


def test_a_stopped_backup_leaves_nothing(office: SmallOffice, backing: BackingUp) -> None:
    office.file_marriage(data=os.urandom(2_000_000))
    asked = iter([False] * 3)
    with pytest.raises(Refused):
        backing.back_up(backing.where.views()[0].id, lambda _: None, lambda: next(asked, True))
    place = place_of(backing)
    assert place.generations() == []
    assert not list(place.home.glob("*.part"))
    assert back_up(backing).line.good


@pytest.mark.parametrize(
    ("name", "flaw"),
    [
        (MANIFEST, Flaw.MANIFEST),
        (DATABASE, Flaw.DATABASE),
        (KEYSTORE, Flaw.KEYSTORE),
        (LIST, Flaw.LIST),
    ],
)
def test_a_changed_file_of_a_generation_is_found(
    office: SmallOffice, backing: BackingUp, name: str, flaw: Flaw
) -> None:
    office.file_marriage()
    made = back_up(backing).line
    flip(place_of(backing).generation(made.name).folder / name)
    assert flaw in check(backing, made.name)
    assert not backing.lines()[0].good
    assert backing.status().alarm
    with office.archive.reading() as connection:
        assert fixity.events(connection)[0].outcome is Outcome.FAIL


def test_a_database_put_back_with_a_manifest_written_for_it_is_found_with_the_key(
    office: SmallOffice, backing: BackingUp
) -> None:
    """The thief of a stick swaps in an older database and makes the sums right; he has no key to seal them with."""
    office.file_marriage()
    old = back_up(backing).line
    office.file_marriage(cert_no="J339921-2016-000011")
    office.clock.forward(timedelta(hours=1))
    new = back_up(backing).line
    place = place_of(backing)
    older, newer = place.generation(old.name), place.generation(new.name)
    (newer.folder / DATABASE).write_bytes(older.database.read_bytes())
    forged = replace(
        newer.manifest(), database=older.manifest().database, rows=older.manifest().rows, audit=older.manifest().audit
    )
    (newer.folder / MANIFEST).write_bytes(forged.to_bytes())
    assert check(backing, new.name) == (Flaw.SEAL,)
    assert check(backing, old.name) == ()


def test_a_broken_file_in_the_pool_is_mended_from_the_archive(office: SmallOffice, backing: BackingUp) -> None:
    office.file_marriage()
    made = back_up(backing).line
    place = place_of(backing)
    listed = next(iter(place.generation(made.name).listed()))
    flip(place.pool_path(listed.file_id))
    assert check(backing, made.name) == ()
    assert hashlib.sha256(place.pool_path(listed.file_id).read_bytes()).hexdigest() == listed.sha256
    with office.archive.reading() as connection:
        events = fixity.events(connection)
    assert (Target.POOL, Outcome.REPAIRED) in {(one.target, one.outcome) for one in events}


def test_a_page_that_is_broken_in_the_archive_is_told_and_stops_nothing_else(
    office: SmallOffice, backing: BackingUp
) -> None:
    office.file_marriage(data=b"%PDF- sound")
    office.file_marriage(data=b"%PDF- rotten", cert_no="J339921-2016-000011")
    with office.archive.reading() as connection:
        sha256 = hashlib.sha256(b"%PDF- rotten").hexdigest()
        found = connection.exec_driver_sql("SELECT file_id FROM attachment WHERE sha256 = ?", (sha256,)).scalar_one()
    flip(office.archive.files.place_of(bytes.fromhex(found)))
    made = back_up(backing).line
    assert (made.files, made.lost, made.good) == (1, 1, True)
    with office.archive.reading() as connection:
        findings = fixity.events(connection, findings_only=True)
    assert [(one.target, one.subject) for one in findings] == [(Target.ATTACHMENT, sha256)]


def test_a_page_that_rotted_after_its_backup_keeps_its_good_copy_at_the_place(
    office: SmallOffice, backing: BackingUp
) -> None:
    office.file_marriage()
    first = back_up(backing).line
    place = place_of(backing)
    listed = next(iter(place.generation(first.name).listed()))
    flip(office.archive.files.place_of(bytes.fromhex(listed.file_id)))
    office.clock.forward(timedelta(hours=1))
    made = back_up(backing).line
    assert (made.files, made.lost) == (1, 0)
    assert hashlib.sha256(place.pool_path(listed.file_id).read_bytes()).hexdigest() == listed.sha256


def test_nothing_is_written_to_a_folder_whose_label_is_gone(office: SmallOffice, backing: BackingUp) -> None:
    place = place_of(backing)
    (place.root / LABEL).unlink()
    with pytest.raises(PlaceUnavailable):
        back_up(backing)
    assert not place.home.exists()
    assert "backup-failed" in acts(office)
    assert backing.due() == []


def test_a_pulled_stick_is_told_and_the_earlier_backup_stays(
    office: SmallOffice, backing: BackingUp, tmp_path: Path
) -> None:
    office.file_marriage(data=os.urandom(2_500_000))
    first = back_up(backing).line
    office.file_marriage(data=os.urandom(2_500_000), cert_no="J339921-2016-000011")
    pulled = tmp_path / "pulled"

    def pull(progress: Progress) -> None:
        if progress.done > 2_000_000 and not pulled.exists():
            place.root.rename(pulled)

    place = place_of(backing)
    with pytest.raises(PlaceUnavailable) as told:
        backing.back_up(backing.where.views()[0].id, pull, lambda: False)
    assert told.value.facts["reason"] == "gone"
    assert backing.where.views()[0].present is False
    pulled.rename(place.root)
    assert check(backing, first.name) == ()
    office.clock.forward(timedelta(hours=1))
    assert back_up(backing).line.good
    assert not list(place.home.glob("*.part"))


@pytest.fixture
def small_stick(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own with room for 12 MiB."""
    stick = tmp_path / "stick"
    stick.mkdir()
    if not sys.platform.startswith("linux"):
        pytest.skip("needs a small disk, which is made on Linux only")
    command = ["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", str(stick)]
    if subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("needs a small disk, which this machine does not let us mount")
    yield stick
    subprocess.run(["umount", str(stick)], check=True)


def test_a_full_stick_is_told_and_the_last_good_backup_stays(office: SmallOffice, small_stick: Path) -> None:
    backing = BackingUp(office.archive, office.person, office.clock)
    place_id = backing.where.label_stick(small_stick).id
    office.file_marriage()
    first = backing.back_up(place_id, lambda _: None, lambda: False).line
    room = Place.at(small_stick).free_bytes()

    def fill(progress: Progress) -> None:  # somebody else fills the stick while the copy is made
        filler = small_stick / "holiday.mp4"
        if not filler.exists():
            filler.write_bytes(bytes(room - (1 << 20)))

    office.clock.forward(timedelta(hours=1))
    office.file_marriage(cert_no="J339921-2016-000011", data=os.urandom(2_000_000))
    with pytest.raises(PlaceUnavailable) as told:
        backing.back_up(place_id, fill, lambda: False)
    assert told.value.facts["reason"] == "full"
    with pytest.raises(PlaceUnavailable) as early:  # and the next one is not even begun
        backing.back_up(place_id, lambda _: None, lambda: False)
    assert early.value.facts["reason"] == "full"
    assert [one.name for one in backing.lines()] == [first.name]
    assert backing.check(place_id, first.name, lambda _: None, lambda: False).flaws == ()
    (small_stick / "holiday.mp4").unlink()
    assert backing.back_up(place_id, lambda _: None, lambda: False).line.good


def test_a_stick_that_may_not_be_written_is_told(office: SmallOffice, small_stick: Path) -> None:
    backing = BackingUp(office.archive, office.person, office.clock)
    place_id = backing.where.label_stick(small_stick).id
    first = backing.back_up(place_id, lambda _: None, lambda: False).line
    subprocess.run(["mount", "-o", "remount,ro", str(small_stick)], check=True)
    with pytest.raises(PlaceUnavailable) as told:
        backing.back_up(place_id, lambda _: None, lambda: False)
    assert told.value.facts["reason"] == "read_only"
    assert backing.check(place_id, first.name, lambda _: None, lambda: False).flaws == (), (
        "and it is read where it lies"
    )


@pytest.mark.skipif(sys.platform == "win32", reason="limits of a process exist on Unix only")
def test_a_file_system_that_takes_no_larger_file_is_told(tmp_path: Path) -> None:
    """FAT32 holds no file over 4 GiB; a limit of the process says the same."""
    code = (
        "import resource, signal, sys; from pathlib import Path\n"
        "from tests.desktop.services.office import begin_office\n"
        "from desktop.services.backing_up import BackingUp\n"
        "from sync.vault.slots import Keystore\n"
        "from sync.contract.errors import PlaceUnavailable\n"
        "root = Path(sys.argv[1]); office = begin_office(root / 'office'); office.file_marriage()\n"
        "Keystore.create(root / 'office', bytes(range(32)))\n"
        "(root / 'second').mkdir(); backing = BackingUp(office.archive, '陈晓兰', office.clock)\n"
        "place = backing.where.choose_folder(root / 'second').id\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "def shrink(progress): resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, resource.RLIM_INFINITY))\n"
        "try: backing.back_up(place, shrink, lambda: bool(shrink(None)))\n"
        "except PlaceUnavailable as fault: print(fault.facts['reason'])\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=False, timeout=120,
        cwd=Path(__file__).parents[3],
    )  # fmt: skip
    assert ran.stdout.strip() == "too_large", ran.stderr[-2000:]


def test_a_stick_of_another_office_is_never_written(office: SmallOffice, tmp_path: Path) -> None:
    backing = BackingUp(office.archive, office.person, office.clock)
    (tmp_path / "stick").mkdir()
    backing.where.label_stick(tmp_path / "stick")
    other = begin_office(tmp_path / "other")
    theirs = BackingUp(other.archive, other.person, other.clock)
    with pytest.raises(NotAllowed):
        theirs.where.label_stick(tmp_path / "stick")
    assert theirs.where.look_at([tmp_path / "stick"]) is False
    assert theirs.where.views() == []
    other.archive.close()


def test_a_labelled_stick_is_known_wherever_it_is_put_in(office: SmallOffice, tmp_path: Path) -> None:
    backing = BackingUp(office.archive, office.person, office.clock)
    (tmp_path / "e").mkdir()
    place_id = backing.where.label_stick(tmp_path / "e").id
    assert backing.due() == [place_id]
    (tmp_path / "e").rename(tmp_path / "f")
    assert backing.due() == []
    assert backing.where.look_at([tmp_path, tmp_path / "f", tmp_path / "nothing"]) is True
    assert backing.where.look_at([tmp_path / "f"]) is False
    assert [(one.id, one.path, one.present) for one in backing.where.views()] == [(place_id, str(tmp_path / "f"), True)]


def test_a_backup_is_due_when_something_was_kept_and_an_hour_has_passed(
    office: SmallOffice, backing: BackingUp
) -> None:
    place_id = backing.where.views()[0].id
    assert backing.due() == [place_id]
    back_up(backing)
    office.clock.forward(timedelta(hours=3))
    assert backing.due() == [], "nothing was kept since"
    form = office.cataloguing.start("marriage", office.receive())
    assert backing.due() == [place_id]
    back_up(backing)
    office.cataloguing.put(form.draft.uid, "cert_no", "J")
    assert backing.due() == [], "not within the hour"
    office.clock.forward(timedelta(hours=1))
    assert backing.due() == [place_id]
    back_up(backing)
    office.cataloguing.put(form.draft.uid, "cert_no", "J3")
    office.clock.forward(timedelta(days=-4000))
    assert backing.due() == [place_id], "a clock put back does not stop the backups"


def test_the_page_is_red_without_a_good_backup_and_when_the_last_one_is_old(
    office: SmallOffice, backing: BackingUp
) -> None:
    assert backing.status().alarm
    back_up(backing)
    assert not backing.status().alarm
    office.clock.forward(timedelta(days=30))
    assert not backing.status().alarm, "nothing was kept since: the copy is as good as the archive"
    office.file_marriage()
    assert backing.status().alarm


def test_rotation_lets_generations_go_and_with_them_pages_that_nothing_else_needs(
    office: SmallOffice, backing: BackingUp
) -> None:
    place = place_of(backing)
    for number in range(4):
        office.file_marriage(cert_no=f"J339921-2016-{number:06}")
        back_up(backing)  # all within one hour: one of them is kept besides the last two
        office.clock.forward(timedelta(minutes=1))
    assert [one.number for one in place.generations()] == [4, 3]
    assert {one.name for one in backing.lines()} == {one.name for one in place.generations()}
    stray = place.pool_path("ab" * 16)
    stray.parent.mkdir(exist_ok=True)
    stray.write_bytes(b"nobody lists it")
    back_up(backing)
    assert not stray.exists()
    for one in place.generations():
        assert check(backing, one.name) == ()


def test_generations_that_the_register_does_not_know_are_never_pruned(office: SmallOffice, backing: BackingUp) -> None:
    """After a restore the register knows less than lies at the place."""
    place = place_of(backing)
    back_up(backing)
    with office.archive.act("陈晓兰", office.clock()) as act:
        act.connection.exec_driver_sql("DELETE FROM backup")
    names = backing.strangers(backing.where.views()[0].id)
    for _ in range(4):
        back_up(backing)
    assert set(names) <= {one.name for one in place.generations()}
