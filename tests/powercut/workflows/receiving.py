"""Receiving (收件): two scans are taken out of the scanner's folder; one of them comes twice."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

from desktop.archive import attachments
from desktop.documents.pages import PageReader
from desktop.documents.scanner import TAKEN_FOLDER
from desktop.services.receiving import Receiving
from tests.desktop.documents.drawn import drawn_pdf
from tests.desktop.services.office import SteadyClock, begin_office
from tests.powercut.judging import CLERK, OFFICE, Fault, Mark, Sort, Tell, acts, archive_faults, goes_on, opened

SCANS = "scans"
PAGES = {"a.pdf": drawn_pdf("one"), "b.pdf": drawn_pdf("two", "three"), "c.pdf": drawn_pdf("one")}


class TakingIn:
    """Three files of two different scans; a file is in the folder or in the archive at every moment."""

    name = "receive"
    share = 1

    def prepare(self, folder: Path) -> None:
        begin_office(folder / OFFICE).archive.close()
        (folder / SCANS).mkdir()
        for name, page in PAGES.items():
            (folder / SCANS / name).write_bytes(page)

    def run(self, folder: Path, tell: Tell) -> None:
        clock = SteadyClock()
        with opened(folder / OFFICE) as archive, PageReader() as reader:
            receiving = Receiving(archive, reader, folder / SCANS, CLERK, clock, 0.0)
            for _ in range(3):
                clock.forward(timedelta(seconds=5))
                receiving.sweep()
                for item in receiving.items():
                    tell("received", sha256=item.sha256)
            receiving.close()

    def judge(self, folder: Path, told: Sequence[Mark]) -> Iterator[Fault]:
        lying = {_hash(one.read_bytes()) for one in (folder / SCANS).glob("*.pdf")}
        lying |= {_hash(one.read_bytes()) for one in (folder / SCANS / TAKEN_FOLDER).glob("*.pdf")}
        if set(map(_hash, PAGES.values())) - lying:
            yield Fault(Sort.LOST, "a scan that the scanner had written")
        with opened(folder / OFFICE) as archive:
            yield from archive_faults(archive)
            with archive.reading() as connection:
                for mark in acts(told, "received"):
                    if attachments.find(connection, str(mark["sha256"])) is None:
                        yield Fault(Sort.LOST, "a page")
            goes_on(archive)
        shutil.rmtree(folder / SCANS)


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
