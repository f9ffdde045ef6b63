"""Twenty real archives and a county in its real file: 5,000 records, no number twice, every gap explained."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from tests.desktop.archive.numbering_desks import ArchiveDesk, StoredCounty
from tests.sync.numbering.world import Numbering, play

DESKS, RECORDS = 20, 5_000
MET = (
    "desk came", "county restored, declared", "county restored in silence", "desk restored", "line: no reply",
    "withdrawn", "given back", "county restarted",
)  # fmt: skip


def test_twenty_desks_give_no_number_twice_and_every_gap_is_explained(tmp_path: Path) -> None:
    county = StoredCounty(tmp_path / "county")
    world = Numbering(12, county, partial(ArchiveDesk, tmp_path), DESKS, RECORDS)
    try:
        play(world)
        assert len(world.clerks) == DESKS
        assert world.filed >= RECORDS
        assert (world.doubles, world.refused(), world.missing()) == ([], [], [])
        assert world.unexplained() == []
        assert [what for what in MET if not world.seen[what]] == []
    finally:
        for clerk in world.clerks:
            clerk.desk.close()
        county.close()
