"""Receiving through the scanner folder: a file that stops its reader is told, set aside, and holds up no other."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

from desktop.archive.inbox import ItemState
from desktop.documents.pages import PageReader
from desktop.services.receiving import Receiving
from tests.desktop.services.office import begin_office
from tests.journeys.practice_papers import practice_papers


def test_a_file_that_stops_its_reader_again_and_again_is_set_aside_whole(tmp_path: Path) -> None:
    office = begin_office(tmp_path / "office")
    folder = tmp_path / "scans"
    folder.mkdir()
    shutil.copyfile(practice_papers()[0].file, folder / "heavy.pdf")
    # a limit that no file can keep stands for a file that keeps no limit
    with PageReader(limit_seconds=0.0) as hurried:
        receiving = Receiving(office.archive, hurried, folder, office.person, office.clock, 0.0)
        swept = []
        for _ in range(4):
            office.clock.forward(timedelta(seconds=5))
            swept.append(receiving.sweep())
        waited = [one.waiting for one in swept]
        receiving.close()
    (item,) = receiving.items(ItemState.ASIDE)
    assert (item.name, item.reason) == ("heavy.pdf", "time")
    assert waited.count(1) >= 2
    assert (folder / "另放" / "heavy.pdf").read_bytes() == practice_papers()[0].file.read_bytes()
    office.archive.close()
