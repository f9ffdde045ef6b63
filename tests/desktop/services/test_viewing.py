"""Text of pages: first pages first, asked once, asked again when something that can read is there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop.documents.pages import PageReader
from desktop.documents.recognition import TextReader
from desktop.services.finding import Asked
from desktop.services.viewing import Viewing
from sync.contract.errors import ReaderStopped
from tests.desktop.services.office import SmallOffice, begin_office
from tests.journeys.practice_papers import practice_papers


@pytest.fixture
def office(tmp_path: Path) -> Iterator[SmallOffice]:
    made = begin_office(tmp_path / "office")
    yield made
    made.archive.close()


@pytest.fixture
def reader() -> Iterator[PageReader]:
    made = PageReader()
    yield made
    made.close()


def viewing_of(office: SmallOffice, reader: PageReader, recogniser: TextReader | None) -> Viewing:
    return Viewing(office.archive, office.kinds, reader, recogniser, office.person, office.clock)


def test_first_pages_come_before_second_ones_and_nothing_is_asked_for_ever(
    office: SmallOffice, reader: PageReader
) -> None:
    papers = practice_papers()[:2]
    for paper in papers:
        office.receive(paper.file.read_bytes(), pages=2)
    viewing = viewing_of(office, reader, None)
    assert [page for _, page in viewing.unread()] == [1, 1, 2, 2]
    for sha256, page in viewing.unread():
        assert viewing.read_text(sha256, page) is False
    assert viewing.unread() == []


def test_what_could_not_be_read_is_asked_again_once_something_can(office: SmallOffice, reader: PageReader) -> None:
    office.receive(practice_papers()[0].file.read_bytes(), pages=1)
    without = viewing_of(office, reader, None)
    sha256, page = without.unread()[0]
    without.read_text(sha256, page)
    recogniser = TextReader()
    viewing = viewing_of(office, reader, recogniser)
    try:
        viewing.begin_reading()
        assert viewing.unread() == [(sha256, page)]
        viewing.stop_reading()
        with pytest.raises(ReaderStopped):
            viewing.read_text(sha256, page)
        assert viewing.unread() == [(sha256, page)]
    finally:
        viewing.close()


@pytest.mark.skipif(not TextReader.available(), reason="the extra `ocr` is not installed")
def test_a_record_is_found_by_text_read_after_it_was_filed(office: SmallOffice, reader: PageReader) -> None:
    paper = practice_papers()[0]
    filed = office.file_marriage(data=paper.file.read_bytes())
    assert office.finding.find(Asked("审查处理表")).total == 0
    viewing = viewing_of(office, reader, TextReader())
    try:
        sha256, page = viewing.unread()[0]
        assert viewing.read_text(sha256, page) is True
    finally:
        viewing.close()
    hits = office.finding.find(Asked("审查处理表"))
    assert [row.record.uid for row in office.finding.rows(hits, 0, 5)] == [filed.record]
