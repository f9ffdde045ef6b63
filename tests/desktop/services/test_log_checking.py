"""`python -m desktop audit`: a whole log, one that was changed, and whose checkpoints they are."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop.archive import settings
from desktop.archive.archive import Archive
from desktop.services.log_checking import Finding, Flaw, LogChecking, PaperDigits
from desktop.services.opening import NewPerson, OfficeFacts, Opening
from desktop.ui.log_words import report_lines
from desktop.ui.words import Words
from sync.vault import audit
from sync.vault.checkpoints import Checkpoint, sign_note
from sync.vault.log_heads import desk_origin
from sync.vault.signing import SigningKey
from sync.vault.slots import Role
from tests.desktop.services.office import NOON, SteadyClock, begin_office
from tests.sync.county.witnessed import alter

KEY = SigningKey(bytes(range(32)))
ORIGIN = desk_origin("339921102", "desk-1")
ENROLMENT = {"township": "339921102", "device": "desk-1", "signing_seed": KEY.seed.hex()}
PASSWORD = "青石镇的档案柜有三把旧铜锁"
PROJECT = Path(__file__).parents[3]


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    made = Archive.bare(tmp_path / "archive", bytes(32))
    with made.act("陈晓兰", NOON) as act:
        settings.put_table(act.connection, "enrolment.desk", ENROLMENT)
        for number in range(12):
            act.note("record-filed", f"record-{number}")
    yield made
    made.close()


@pytest.fixture
def checking(archive: Archive) -> LogChecking:
    return LogChecking(archive, "审计员", SteadyClock())


def note_of(archive: Archive, key: SigningKey = KEY, origin: str = ORIGIN) -> str:
    with archive.reading() as connection:
        head = audit.head(connection)
    return sign_note(Checkpoint(origin, head.size, head.root, head.chain), key)


def test_a_whole_log_fits_what_the_county_and_the_paper_kept(archive: Archive, checking: LogChecking) -> None:
    note, paper = note_of(archive), checking.digits()
    with archive.act("陈晓兰", NOON) as act:
        act.note("record-filed", "another")
    report = checking.verify(note, PaperDigits(paper.size, paper.digits.replace(" ", "")))
    assert (report.first, report.size, report.compared, report.up_to) == (None, 13, 2, 12)
    assert "12" in report_lines(Words("zh"), report)[0]
    assert checking.digits().size == 14  # that it was checked stands in it


def test_a_rewritten_past_shows_only_against_what_others_kept(archive: Archive, checking: LogChecking) -> None:
    note = note_of(archive)
    with archive.act("somebody", NOON) as act:
        alter(act.connection, "UPDATE audit SET who = 'x' WHERE sequence = 3")
    assert checking.verify().first is None
    assert "重写" in report_lines(Words("zh"), checking.verify())[0]
    found = checking.verify(note)
    assert found.first == Finding(Flaw.HISTORY_DIFFERS, 12)
    for language in ("zh", "en"):
        assert "12" in report_lines(Words(language), found)[0]


def test_checkpoints_of_other_logs_prove_nothing_and_forged_ones_are_found(
    archive: Archive, checking: LogChecking
) -> None:
    other = note_of(archive, SigningKey.new(), desk_origin("339921103", "desk-9"))
    assert checking.verify(other).first == Finding(Flaw.NOTE_FOREIGN, 0)
    both = checking.verify(note_of(archive) + "\n" + other)
    assert (both.first, both.passed_over) == (None, 1)
    assert len(report_lines(Words("zh"), both)) == 2
    found = checking.verify(note_of(archive, SigningKey.new()))
    assert found.first is not None
    assert found.first.flaw is Flaw.NOTE_FOREIGN


def test_the_command_says_one_sentence_and_ends_with_a_code(tmp_path: Path) -> None:
    folder = tmp_path / "office"
    facts = OfficeFacts("云泽县", "青石镇", "339921102", "J001")
    Opening(folder).create(facts, [NewPerson("审计员", Role.AUDITOR, PASSWORD)])

    def run(*arguments: str) -> tuple[int, str]:
        command = [sys.executable, "-m", "desktop", "audit", *arguments, "--archive", str(folder), "--person", "审计员"]
        done = subprocess.run(
            command, input=PASSWORD + "\n", capture_output=True, encoding="utf-8", cwd=PROJECT, timeout=60, check=False
        )
        return done.returncode, done.stdout

    code, told = run("verify", "--rows", "1", "--digits", "0000 0000 0000 0000")
    assert (code, told.count("\n")) == (1, 1)


def test_what_a_look_was_for_cannot_be_changed_in_the_register_unseen(tmp_path: Path) -> None:
    office = begin_office(tmp_path / "office")
    uid = office.file_marriage().record
    office.finding.show(uid, "低保复核")
    office.finding.show(uid, "补发结婚证")
    checking = LogChecking(office.archive, "审计员", office.clock)
    assert checking.verify().first is None
    with office.archive.reading() as connection:
        line = audit.events(connection, subject=uid)[-1]
    assert (line.act, line.details["fields"].split()[0]) == ("masked-fields-shown", "husband.id_no")
    with office.archive.act("somebody", office.clock()) as act:
        act.connection.exec_driver_sql("UPDATE look SET purpose = '' WHERE id = 2")
    assert checking.verify().first == Finding(Flaw.REGISTER_DIFFERS, line.sequence)
    with office.archive.act("somebody", office.clock()) as act:
        act.connection.exec_driver_sql("DELETE FROM look WHERE id = 2")
    assert checking.verify().first == Finding(Flaw.REGISTER_DIFFERS, line.sequence)
    office.archive.close()
