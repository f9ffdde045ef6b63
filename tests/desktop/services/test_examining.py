"""The four properties of a real archive: a clean one passes, each planted fault is found by its check, and a cut run goes on."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from desktop.archive import check_reports, fixity
from desktop.archive.fixity import Event, Target
from desktop.archive.fixity import Outcome as Read
from desktop.documents.pages import PageReader
from desktop.services import examining
from desktop.services.antivirus import Scanner
from desktop.services.examining import Examining
from sync.contract.errors import ChecksFailed
from sync.contract.four_properties import Outcome, Report, Stage, items_at
from sync.vault.signing import SigningKey, new_digest, verify_detached
from tests.desktop.documents.drawn import drawn_pdf
from tests.desktop.services.office import MARRIAGE, PAPERS, SmallOffice, begin_office
from tests.desktop.services.planted_faults import Planter, evidence_of, plant_all

NOBODY = Scanner([])
STEPS_MOST = 60


def five_pages(text: str) -> bytes:
    return drawn_pdf(text, "two", "three", "four", "five")


def never() -> bool:
    return False


def unseen(_: object) -> None:
    """Nobody watches."""


@pytest.fixture(scope="module")
def reader() -> Iterator[PageReader]:
    with PageReader() as made:
        yield made


@pytest.fixture
def office(tmp_path: Path) -> Iterator[SmallOffice]:
    made = begin_office(tmp_path / "office")
    yield made
    made.archive.close()


def examine(office: SmallOffice, reader: PageReader, scanner: Scanner = NOBODY) -> Examining:
    return Examining(office.archive, office.kinds, reader, scanner, office.person, office.clock)


def disk_was_read(office: SmallOffice) -> None:
    with office.archive.act(office.person, office.clock()) as act:
        fixity.note(act, Event(Target.DATABASE, Read.PASS))


def outcomes(report: Report) -> dict[str, Outcome]:
    return {one.item: one.outcome for one in report.results}


def test_a_clean_archive_passes_every_check_and_says_that_nobody_scanned(
    office: SmallOffice, reader: PageReader
) -> None:
    planter = Planter(office, five_pages)
    for _ in range(3):
        planter.file()
    disk_was_read(office)
    report = examine(office, reader).run(unseen, never)
    assert [one.item for one in report.results] == list(items_at(Stage.NIGHTLY))
    assert len(report.results) == 31
    assert report.clean
    assert report.records == 3
    assert {item for item, outcome in outcomes(report).items() if outcome is not Outcome.PASSED} == {"A1"}
    assert next(one for one in report.results if one.item == "A1").why == "no_scanner"
    assert "何" not in report.to_json()
    assert "J339921" not in report.to_json()


def test_each_planted_fault_is_found_by_its_check_and_at_its_place(office: SmallOffice, reader: PageReader) -> None:
    planter = Planter(office, five_pages)
    sound = planter.file()
    examiner = examine(office, reader)
    examiner.run(unseen, never)  # opens what is there, so that what is planted after it stands
    planted = plant_all(planter)
    old = (office.clock() - timedelta(hours=2)).timestamp()
    os.utime(office.archive.folder / "files" / "ab" / ("ab" * 16), (old, old))
    with office.archive.act("planter", office.clock()) as act:
        for sha256 in check_reports.unopened(act.connection, 1000):
            check_reports.note_opened(act, sha256, ())
    report = examiner.run(unseen, never)
    told = evidence_of(report.to_json())
    missing = {(one.item, one.code, one.subject) for one in planted} - told
    assert not missing
    assert {one.item for one in planted} | {"Z11", "Z12", "K2", "A4"} == set(items_at(Stage.NIGHTLY))
    assert not any(subject == str(sound.record) for _, _, subject in told)


def test_a_log_that_was_cut_is_told(office: SmallOffice, reader: PageReader) -> None:
    Planter(office, five_pages).file()
    with office.archive.act("planter", office.clock()) as act:
        act.connection.exec_driver_sql("DROP TRIGGER audit_keeps_rows")
        act.connection.exec_driver_sql("DELETE FROM audit WHERE sequence = (SELECT max(sequence) FROM audit)")
    with office.archive.reading() as connection:
        tally = examining.Tally()
        examining.read_medium(connection, tally)
    assert [fault.code for fault in tally.faults["A4"]] == ["log_cut"]


def test_a_nights_run_goes_on_where_it_was_cut_and_ends_with_one_report_a_day(
    office: SmallOffice, reader: PageReader
) -> None:
    planter = Planter(office, five_pages)
    for _ in range(5):
        planter.file()
    disk_was_read(office)
    seen: list[int] = []
    for _ in range(STEPS_MOST):  # a new examiner each time: the desk was shut in between
        hurried = Examining(
            office.archive, office.kinds, reader, NOBODY, office.person, office.clock, block_records=2, step_seconds=0.0
        )
        stepped = hurried.step(never)
        if stepped is None:
            break
        seen.append(stepped.records)
    report = examine(office, reader).last("")
    assert report is not None
    assert report.records == 5
    assert report.stage is Stage.NIGHTLY
    assert sorted(filter(None, seen), reverse=True) == [2, 2, 1]
    assert examine(office, reader).step(never) is None
    office.clock.forward(timedelta(days=1))
    assert examine(office, reader).step(never) is not None


def test_filing_refuses_a_record_whose_scan_is_cut_short_and_keeps_the_draft(office: SmallOffice) -> None:
    item = office.receive(five_pages("cut"))
    form = office.cataloguing.start("marriage", item)
    with office.archive.reading() as connection:
        found = connection.exec_driver_sql("SELECT file_id FROM attachment").scalar_one()
    path = office.archive.files.place_of(bytes.fromhex(found))
    path.write_bytes(path.read_bytes()[:-1])
    for key, value in MARRIAGE.items():
        office.cataloguing.put(form.draft.uid, key, value)
    for paper, ranges in PAPERS.items():
        office.cataloguing.attach(form.draft.uid, paper, ranges)
    with pytest.raises(ChecksFailed) as refused:
        office.filing.file(form.draft.uid)
    assert refused.value.facts["items"] == "W7"
    with office.archive.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM draft").scalar_one() == 1
        assert connection.exec_driver_sql("SELECT count(*) FROM record").scalar_one() == 0


def test_a_saved_report_is_a_sheet_its_data_and_a_signature_that_stands(
    office: SmallOffice, reader: PageReader, tmp_path: Path
) -> None:
    Planter(office, five_pages).file()
    examiner = examine(office, reader)
    report = examiner.run(unseen, never, Stage.EXPORT)
    path, data = examiner.write(tmp_path / "检测报告.pdf", b"%PDF-", report)
    assert path.read_bytes() == b"%PDF-"
    assert data.read_bytes().decode() == report.to_json()
    with office.archive.reading() as connection:
        seed = connection.exec_driver_sql(
            "SELECT value FROM setting WHERE key = ?", (f"signing.{office.person}",)
        ).scalar_one()
    digest = new_digest()
    digest.update(data.read_bytes())
    public = SigningKey(bytes.fromhex(seed)).public
    assert verify_detached(public, digest, Path(f"{data}.minisig").read_text(encoding="utf-8")).startswith(
        "lantai checks export"
    )
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", report.at)
