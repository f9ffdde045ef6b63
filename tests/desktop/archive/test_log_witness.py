"""When this desk says how far its log has come, and what it keeps and refuses of the county's."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy.engine import Engine

from desktop.archive import log_witness, settings
from desktop.archive.archive import Archive
from sync.contract.log_heads import LogFlaw, LogHead, LogSaid, LogTold
from sync.vault import audit
from sync.vault.checkpoints import read_note
from sync.vault.engine import open_engine, read, write
from sync.vault.log_heads import say
from sync.vault.signing import SigningKey

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
KEY, COUNTY = SigningKey(bytes(range(32))), ec.derive_private_key(7, ec.SECP256R1())
ORIGIN, COUNTY_ORIGIN = "lantai/339921102/desk-1", "lantai/county/00"


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    made = Archive.bare(tmp_path / "archive", bytes(32))
    with made.act("陈晓兰", NOON) as act:
        settings.put(act.connection, "line.epoch", "e" * 32)
        act.note("archive-created", "archive")
    yield made
    made.close()


@pytest.fixture
def county_log(tmp_path: Path) -> Iterator[Engine]:
    engine = open_engine(tmp_path / "county.db", bytes(32))
    with write(engine) as connection:
        audit.create_log(connection)
    yield engine
    engine.dispose()


def said(archive: Archive, minutes: int = 0) -> LogSaid | None:
    with archive.reading() as connection:
        return log_witness.say_head(connection, ORIGIN, KEY, NOON + timedelta(minutes=minutes))


def hear(archive: Archive, told: LogTold, held: int = 0, minutes: int = 0) -> None:
    with archive.act("县数据中心", NOON + timedelta(minutes=minutes)) as act:
        asked = LogSaid(LogHead(0, 0, b"", b"", b""), held)
        log_witness.take_in(act, asked, told, COUNTY_ORIGIN, COUNTY.public_key())


def head_of(county_log: Engine, known: int, rows: int, who: str = "county") -> LogHead:
    with write(county_log) as connection:
        for _ in range(rows):
            audit.append(connection, who, "code.made", "x", {}, NOON)
        return say(connection, known, COUNTY_ORIGIN, COUNTY)


def acts(archive: Archive) -> list[str]:
    with archive.reading() as connection:
        return [event.act for event in audit.events(connection)]


def test_the_log_is_said_when_it_grew_every_quarter_of_an_hour_and_after_each_signature(archive: Archive) -> None:
    first = said(archive)
    assert first is not None
    assert (first.head.known, first.head.size, first.held) == (0, 1, 0)
    hear(archive, LogTold(1, LogFlaw.NONE, None))
    assert said(archive, 60) is None  # nothing new
    with archive.act("陈晓兰", NOON) as act:
        act.note("record-filed", "x")
    assert said(archive, 14) is None
    assert said(archive, 15) is not None
    with archive.act("陈晓兰", NOON) as act:
        audit.sign_checkpoint(act.connection, KEY, ORIGIN)
    assert said(archive, 1) is not None


def test_a_log_that_went_back_is_said_too_so_that_the_county_sees_it(archive: Archive) -> None:
    hear(archive, LogTold(9, LogFlaw.NONE, None))
    found = said(archive)
    assert found is not None
    assert (found.head.known, found.head.size, found.head.nodes) == (9, 1, b"")


def test_what_the_county_refuses_is_logged_once_and_shown_until_it_is_settled(archive: Archive) -> None:
    for _ in range(2):
        hear(archive, LogTold(1, LogFlaw.DIFFERS, None))
    assert acts(archive) == ["archive-created", "log-refused"]
    with archive.reading() as connection:
        assert log_witness.flaws(connection) == ("differs", "")
    hear(archive, LogTold(0, LogFlaw.AGAIN, None))
    assert said(archive) is not None  # at once
    hear(archive, LogTold(2, LogFlaw.NONE, None))
    with archive.reading() as connection:
        assert log_witness.flaws(connection) == ("", "")


def test_heads_of_the_county_are_kept_while_they_follow(archive: Archive, county_log: Engine) -> None:
    hear(archive, LogTold(1, LogFlaw.NONE, head_of(county_log, 0, 5)))
    hear(archive, LogTold(1, LogFlaw.NONE, head_of(county_log, 5, 9)), held=5)
    hear(archive, LogTold(0, LogFlaw.NONE, head_of(county_log, 0, 0)), held=0)  # an old answer, off a stick
    with archive.reading() as connection:
        notes = [read_note(note, COUNTY.public_key()) for note in log_witness.county_notes(connection)]
        assert (log_witness.held(connection).frontier.size, settings.get(connection, "log.known")) == (14, "1")
    assert [note.size for note in notes] == [5, 14]
    with read(county_log) as connection:
        assert audit.verify(connection, notes).ok


@pytest.mark.parametrize("known", [0, 5])
def test_a_county_that_began_another_log_is_refused_and_that_is_logged(
    archive: Archive, county_log: Engine, tmp_path: Path, known: int
) -> None:
    hear(archive, LogTold(1, LogFlaw.NONE, head_of(county_log, 0, 5)))
    other = open_engine(tmp_path / "other.db", bytes(32))
    with write(other) as connection:
        audit.create_log(connection)
    for _ in range(2):
        hear(archive, LogTold(1, LogFlaw.NONE, head_of(other, known, 7, "another")), held=5)
    other.dispose()
    assert acts(archive) == ["archive-created", "county-head-refused"]
    with archive.reading() as connection:
        assert log_witness.flaws(connection) == ("", "differs")
        assert log_witness.held(connection).frontier.size == 5


def test_a_county_put_back_from_a_backup_begins_again_under_its_new_epoch(archive: Archive, county_log: Engine) -> None:
    hear(archive, LogTold(1, LogFlaw.NONE, head_of(county_log, 0, 5)))
    with archive.act("县数据中心", NOON) as act:
        settings.put(act.connection, "line.epoch", "f" * 32)
    hear(archive, LogTold(1, LogFlaw.NONE, head_of(county_log, 0, 0)))
    with archive.reading() as connection:
        assert len(log_witness.county_notes(connection)) == 2
