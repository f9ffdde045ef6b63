"""A journal is read back as it was added, whatever a power cut left at its end; what was changed in it is seen."""

from __future__ import annotations

from pathlib import Path

import pytest

from sync.contract.errors import DiskFull, PlaceUnavailable, SealBroken
from sync.vault.journal import MAGIC, Journal, Torn, read_journal
from tests.sync.conftest import fill

KEY = bytes(range(32))
ENTRIES = [b"first decision", b"second", "第三".encode() * 40]


@pytest.fixture
def written(tmp_path: Path) -> Path:
    journal = Journal(tmp_path, KEY)
    journal.add(ENTRIES[:1])
    journal.add(ENTRIES[1:])
    journal.close()
    return tmp_path


def test_entries_come_back_in_their_order_over_several_runs(written: Path) -> None:
    again = Journal(written, KEY)
    again.add([b"after a restart"])
    again.close()
    assert list(read_journal(written, KEY)) == [*ENTRIES, b"after a restart"]
    assert not any(b"decision" in path.read_bytes() for path in written.iterdir())


def test_wherever_a_power_cut_ends_it_the_entries_before_come_back(written: Path) -> None:
    (path,) = written.iterdir()
    whole = path.read_bytes()
    for length in range(0, len(whole), 3):
        path.write_bytes(whole[:length])
        found = list(read_journal(written, KEY))
        entries = [one for one in found if isinstance(one, bytes)]
        assert entries == ENTRIES[: len(entries)]
        assert all(one.at_the_end for one in found if isinstance(one, Torn))


def test_a_changed_byte_is_never_read_as_an_entry(written: Path) -> None:
    (path,) = written.iterdir()
    whole = path.read_bytes()
    for place in range(len(MAGIC), len(whole), 7):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        found = list(read_journal(written, KEY))
        entries = [one for one in found if isinstance(one, bytes)]
        assert entries == ENTRIES[: len(entries)]
        assert len(entries) < len(ENTRIES)


def test_an_entry_taken_out_or_put_before_another_is_seen(written: Path) -> None:
    (path,) = written.iterdir()
    whole = path.read_bytes()
    head = len(MAGIC) + 32
    first = 4 + len(ENTRIES[0]) + 16
    second = 4 + len(ENTRIES[1]) + 16
    for other in (whole[:head] + whole[head + first :], whole[:head] + whole[head + first :][:second] + whole[head:]):
        path.write_bytes(other)
        assert list(read_journal(written, KEY)) == [Torn(path.name, 0, at_the_end=False)]


def test_another_key_opens_nothing_and_what_is_no_journal_is_said_to_be_none(written: Path) -> None:
    (path,) = written.iterdir()
    assert list(read_journal(written, bytes(32))) == [Torn(path.name, 0, at_the_end=False)]
    path.write_bytes(b"something else that is long enough for a head")
    with pytest.raises(SealBroken):
        list(read_journal(written, KEY))
    with pytest.raises(PlaceUnavailable):
        Journal(written / "away", KEY)


def test_a_full_disk_takes_nothing_and_once_there_is_room_the_next_entry_is_whole(small_disk: Path) -> None:
    journal = Journal(small_disk, KEY)
    journal.add([b"kept"])
    filler = fill(small_disk)
    for _ in range(2):
        with pytest.raises(DiskFull):
            journal.add([bytes(8000)])
    filler.unlink()
    journal.add([b"goes on"])
    journal.close()
    assert [one for one in read_journal(small_disk, KEY) if isinstance(one, bytes)] == [b"kept", b"goes on"]
