"""A desk put back from a backup over the real line: no number and no batch sequence from before the loss is used again."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from desktop.archive import batches, records
from desktop.archive.archive import Archive
from desktop.services.backing_up import BackingUp
from desktop.services.county_process import CountyProcess
from desktop.services.opening import Opening
from desktop.services.restoring import restore_from
from desktop.services.syncing import Syncing
from sync.contract.errors import Offline
from sync.vault import audit
from sync.vault.engine import open_engine, read
from sync.vault.slots import Keystore, Role
from tests.desktop.county_beside import enrol_code, start_county
from tests.desktop.services.office import SmallOffice, begin_office

KEY = bytes(range(32))
PASSWORD = "这一句口令只在测试里用一用"


def sequences(archive: Archive) -> list[int]:
    with archive.reading() as connection:
        return [one.seal.sequence for one in batches.every(connection)]


def numbers(archive: Archive) -> set[str]:
    with archive.reading() as connection:
        return {one.number for one in records.every(connection)}


def county_log(folder: Path) -> list[str]:
    engine = open_engine(folder / "county.db", (folder / "county.key").read_bytes())
    with read(engine) as connection:
        acts = [one.act for one in audit.events(connection)]
    engine.dispose()
    return acts


@pytest.mark.timeout(300)
def test_a_restored_desk_asks_first_and_goes_on_behind_what_the_county_knows(tmp_path: Path) -> None:
    office = begin_office(tmp_path / "office")
    Keystore.create(tmp_path / "office", KEY).add(KEY, office.person, Role.CLERK, PASSWORD)
    county = start_county(tmp_path / "county")
    try:
        lost_numbers, lost_records = lose_a_desk(office, county, tmp_path)
        restore_from(tmp_path / "second", tmp_path / "bare", lambda _: None, lambda: False)
        Opening(tmp_path / "bare").unlock(office.person, PASSWORD).close()
        archive = Archive.open(tmp_path / "bare", KEY)
        again = SmallOffice(archive, office.clock)
        syncing = Syncing(archive, again.kinds, again.person, again.clock)
        try:
            assert sequences(archive) == [1]
            address = county.address
            syncing.move_to("https://127.0.0.1:9")
            with pytest.raises(Offline):  # without the county nobody knows how far this desk had come
                syncing.seal_batch()
            syncing.move_to(address)
            syncing.sync(lambda _: None, lambda: False)
            again.file_marriage(cert_no="J339921-2016-000099")
            made = syncing.seal_batch()
            assert made is not None
            assert made.sequence == 4, "two batches were sent after the backup"
            assert syncing.sync(lambda _: None, lambda: False).outcome.digest_equal is True
            assert not numbers(archive) & lost_numbers
            with archive.reading() as connection:
                known = [records.by_uid(connection, uid) for uid in lost_records]
            assert known == [None, None], "what the county has not decided on comes back with its decision"
        finally:
            archive.close()
    finally:
        county.close()
    assert "batch.sequence-again" not in county_log(tmp_path / "county")


def lose_a_desk(office: SmallOffice, county: CountyProcess, folder: Path) -> tuple[set[str], list[str]]:
    """A desk sends a batch, is backed up, sends two more, and is gone; what came after the backup is returned."""
    syncing = Syncing(office.archive, office.kinds, office.person, office.clock)
    code = enrol_code(folder / "county", "--role", "desk", "--township", "339921102", "--township-name", "青石镇")
    syncing.enrol(county.address, code)
    office.file_marriage()
    syncing.seal_batch()
    syncing.sync(lambda _: None, lambda: False)
    (folder / "second").mkdir()
    backing = BackingUp(office.archive, office.person, office.clock)
    before = numbers(office.archive)
    backing.back_up(backing.where.choose_folder(folder / "second").id, lambda _: None, lambda: False)
    lost = []
    for number in (11, 12):
        office.clock.forward(timedelta(minutes=5))
        lost.append(str(office.file_marriage(cert_no=f"J339921-2016-0000{number}").record))
        syncing.seal_batch()
        syncing.sync(lambda _: None, lambda: False)
    after = numbers(office.archive)
    office.archive.close()
    return after - before, lost
