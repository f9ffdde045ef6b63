"""Everything kept is read again within its time; every flipped bit is found, and what has a good copy is mended."""

from __future__ import annotations

import hashlib
import os
import random
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from desktop.archive import attachments, fixity
from desktop.archive.archive import Archive, stamp
from desktop.archive.fixity import Outcome, Target
from desktop.archive.generations import Place
from desktop.services.backing_up import BackingUp
from desktop.services.tending import ROUND_DAYS, Tending
from sync.contract.errors import SealBroken
from sync.vault import audit
from sync.vault.keystore_file import COPY_NAME, FILE_NAME
from sync.vault.slots import Keystore
from tests.desktop.services.office import SmallOffice, begin_office

KEY = bytes(range(32))
FLIPS = 500


def never() -> bool:
    return False


class Kept:
    """An office with a place, one backup on it, and its tending."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "office"
        self.office: SmallOffice = begin_office(self.folder)
        Keystore.create(self.folder, KEY).make_recovery(KEY)
        self.backing = BackingUp(self.office.archive, self.office.person, self.office.clock)
        (folder / "second").mkdir()
        self.place_id = self.backing.where.choose_folder(folder / "second").id
        self.place = Place.at(folder / "second")
        self.tending = Tending(self.office.archive, self.backing, self.office.person, self.office.clock)

    def back_up(self) -> str:
        return self.backing.back_up(self.place_id, lambda _: None, never).line.name

    def day(self) -> list[fixity.Event]:
        """A day of use: everything that has its turn is read."""
        self.office.clock.forward(timedelta(days=1))
        events: list[fixity.Event] = []
        while (tended := self.tending.step(never)) is not None:
            events += tended.events
        return events


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Kept]:
    made = Kept(tmp_path)
    yield made
    made.office.archive.close()


def flip(path: Path, draw: random.Random) -> None:
    written = bytearray(path.read_bytes())
    written[draw.randrange(len(written))] ^= 1 << draw.randrange(8)
    with open(path, "r+b") as file:  # in its place, as rot does it: the inode and SQLite's locks on it stay
        file.write(written)


@pytest.mark.timeout(900)
def test_every_flipped_bit_of_pages_keystore_and_backups_is_found(kept: Kept) -> None:
    for number in range(3):
        kept.office.file_marriage(data=os.urandom(20_000), cert_no=f"J339921-2016-{number:06}")
    name = kept.back_up()
    assert kept.tending.read_everything(never) == []
    targets = [
        [path for path in (kept.folder / "files").rglob("*") if path.is_file()],
        [kept.folder / FILE_NAME, kept.folder / COPY_NAME],
        list((kept.place.home / name).iterdir()),
        [path for path in (kept.place.home / "files").rglob("*") if path.is_file()],
    ]
    sound = {path: path.read_bytes() for paths in targets for path in paths}
    draw, missed = random.Random(90), []
    for number in range(FLIPS * 4 // 5):
        path = draw.choice(targets[number % len(targets)])
        flip(path, draw)
        if not kept.tending.read_everything(never):
            missed.append(path.name)
        for one, content in sound.items():
            if one.read_bytes() != content:
                one.write_bytes(content)
    assert missed == []
    assert kept.tending.read_everything(never) == []


@pytest.mark.timeout(900)
def test_every_flipped_bit_of_the_database_is_found(kept: Kept) -> None:
    for number in range(3):
        kept.office.file_marriage(cert_no=f"J339921-2016-{number:06}")
    kept.office.archive.close()
    database = kept.folder / "archive.db"
    sound, draw, missed = database.read_bytes(), random.Random(91), []
    for number in range(FLIPS // 5):
        flip(database, draw)
        if not found_when_opened(kept):
            missed.append(number)
        for left in kept.folder.glob("archive.db*"):
            left.unlink()
        database.write_bytes(sound)
    assert missed == []
    assert not found_when_opened(kept)


def found_when_opened(kept: Kept) -> bool:
    """Whether opening the archive refuses, or else reading its database again finds something."""
    try:
        archive = Archive.open(kept.folder, KEY)
    except SealBroken:
        return True
    try:
        return archive.read_again()[1] != []
    finally:
        archive.close()


def test_everything_is_read_within_sixty_days_of_use_and_never_much_in_one_day(kept: Kept) -> None:
    draw = random.Random(5)
    with kept.office.archive.act("陈晓兰", kept.office.clock()) as act:
        for number in range(150):
            data = b"%PDF-" + number.to_bytes(2, "big") + bytes(draw.randrange(100, 9_000))
            attachments.keep(
                kept.office.archive,
                act,
                data,
                sha256=hashlib.sha256(data).hexdigest(),
                pages=1,
                media="application/pdf",
            )
    kept.back_up()
    with kept.office.archive.reading() as connection:
        whole = fixity.whole_bytes(connection)
    begun = stamp(kept.office.clock())
    for _ in range(ROUND_DAYS):
        events = kept.day()
        read = sum(one.size_bytes for one in events if one.target is Target.ATTACHMENT)
        assert read <= whole / ROUND_DAYS + 10_000
    with kept.office.archive.reading() as connection:
        longest = fixity.longest_unread(connection, stamp(kept.office.clock()), 1)[0]
        pool = fixity.pool_read(connection, kept.place_id)
    assert longest.since > begun
    assert len(pool) == 150
    assert min(pool.values()) > begun
    assert kept.tending.health().share == 1.0


def test_a_day_ends_and_the_next_begins_with_what_was_read_longest_ago(kept: Kept) -> None:
    kept.office.file_marriage()
    assert kept.day() != []
    assert kept.tending.step(never) is None
    kept.office.clock.forward(timedelta(days=1))
    assert kept.tending.step(never) is not None


def test_a_file_that_claims_to_have_been_read_in_the_future_has_its_turn_first(kept: Kept) -> None:
    for number in range(3):
        kept.office.file_marriage(data=b"%PDF-" + bytes([number]) * 900, cert_no=f"J339921-2016-{number:06}")
    kept.office.clock.forward(timedelta(days=20_000))  # the clock's battery was empty
    while kept.tending.step(never):
        pass
    kept.office.clock.forward(timedelta(days=-19_999))
    with kept.office.archive.reading() as connection:
        (first,) = fixity.longest_unread(connection, stamp(kept.office.clock()), 1)
    assert first.since > stamp(kept.office.clock())


def test_a_broken_page_is_mended_from_a_backup_and_the_log_says_so(kept: Kept) -> None:
    kept.office.file_marriage(data=b"%PDF- one")
    kept.back_up()
    (path,) = [one for one in (kept.folder / "files").rglob("*") if one.is_file()]
    before = path.read_bytes()
    flip(path, random.Random(1))
    findings = [one for one in kept.day() if one.outcome is not Outcome.PASS]
    assert [(one.target, one.outcome) for one in findings] == [(Target.ATTACHMENT, Outcome.REPAIRED)]
    assert path.read_bytes() == before
    assert kept.tending.health().broken == ()
    with kept.office.archive.reading() as connection:
        assert "fixity-repaired" in [one.act for one in audit.events(connection)]


def test_a_broken_page_without_a_good_copy_is_told_until_it_is_mended(kept: Kept) -> None:
    kept.office.file_marriage(data=b"%PDF- one")
    (path,) = [one for one in (kept.folder / "files").rglob("*") if one.is_file()]
    before = path.read_bytes()
    flip(path, random.Random(1))
    kept.day()
    sha256 = hashlib.sha256(b"%PDF- one").hexdigest()
    assert kept.tending.health().broken == (sha256,)
    path.write_bytes(before)
    for _ in range(ROUND_DAYS):
        kept.day()
    assert kept.tending.health().broken == ()


def test_a_copy_that_is_broken_too_mends_nothing_and_is_mended_itself_from_a_good_archive(kept: Kept) -> None:
    kept.office.file_marriage(data=b"%PDF- one")
    kept.back_up()
    (own,) = [one for one in (kept.folder / "files").rglob("*") if one.is_file()]
    (copy,) = [one for one in (kept.place.home / "files").rglob("*") if one.is_file()]
    before = own.read_bytes()
    flip(own, random.Random(1))
    flip(copy, random.Random(2))
    broken = own.read_bytes()
    outcomes = {(one.target, one.outcome) for one in kept.day()}
    assert (Target.ATTACHMENT, Outcome.FAIL) in outcomes
    assert own.read_bytes() == broken
    own.write_bytes(before)
    assert (Target.POOL, Outcome.REPAIRED) in {(one.target, one.outcome) for one in kept.day()}
    assert copy.read_bytes() == before


def test_a_keystore_copy_that_rotted_is_made_good_from_the_other(kept: Kept) -> None:
    flip(kept.folder / COPY_NAME, random.Random(3))
    assert (Target.KEYSTORE, Outcome.REPAIRED) in {(one.target, one.outcome) for one in kept.day()}
    assert (kept.folder / COPY_NAME).read_bytes() == (kept.folder / FILE_NAME).read_bytes()


def test_people_go_on_saving_while_the_database_is_read_again(kept: Kept) -> None:
    """The check of a main file that changes under it would cry wolf; this one stands still."""
    for number in range(20):
        kept.office.file_marriage(cert_no=f"J339921-2016-{number:06}")
    stop, saved = threading.Event(), []

    def save() -> None:
        while not stop.is_set():
            with kept.office.archive.act("陈晓兰", kept.office.clock()) as act:
                act.note("saved-meanwhile", str(len(saved)))
            saved.append(1)

    clerk = threading.Thread(target=save)
    clerk.start()
    found = [kept.office.archive.read_again()[1] for _ in range(20)]
    stop.set()
    clerk.join()
    assert found == [[]] * 20
    assert len(saved) > 20
