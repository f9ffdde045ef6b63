"""The encrypted database file: keyed, durable, one writer, failures named."""

from __future__ import annotations

import errno
import os
import secrets
import threading
from pathlib import Path

import pytest
import sqlalchemy
from sqlalchemy.exc import IntegrityError

from sync.contract.errors import ArchiveBusy, DiskFails, DiskFull, SealBroken
from sync.vault.engine import check_integrity, checkpoint, move_log, name_storage_error, open_engine, read, write

KEY = bytes(range(32))


@pytest.fixture
def archive(tmp_path: Path):
    engine = open_engine(tmp_path / "archive.db", KEY)
    with write(engine) as connection:
        connection.exec_driver_sql("CREATE TABLE record (number TEXT UNIQUE, body BLOB)")
    yield engine
    engine.dispose()


def count(engine: sqlalchemy.Engine) -> int:
    with read(engine) as connection:
        return connection.exec_driver_sql("SELECT count(*) FROM record").scalar_one()


def test_what_one_act_wrote_is_there_when_the_archive_is_opened_again(archive, tmp_path: Path):
    with write(archive) as connection:
        connection.exec_driver_sql("INSERT INTO record VALUES ('A-1', NULL)")
    archive.dispose()
    again = open_engine(tmp_path / "archive.db", KEY)
    assert count(again) == 1
    again.dispose()


def test_an_act_that_fails_leaves_nothing_behind(archive):
    def half_an_act() -> None:
        with write(archive) as connection:
            connection.exec_driver_sql("INSERT INTO record VALUES ('A-1', NULL)")
            raise RuntimeError("power")

    with pytest.raises(RuntimeError, match="power"):
        half_an_act()
    assert count(archive) == 0


def test_a_wrong_key_is_told_at_once_and_the_right_one_still_opens(archive, tmp_path: Path, capfd):
    checkpoint(archive)
    archive.dispose()
    with pytest.raises(SealBroken):
        open_engine(tmp_path / "archive.db", secrets.token_bytes(32))
    again = open_engine(tmp_path / "archive.db", KEY)
    assert count(again) == 0
    again.dispose()
    assert capfd.readouterr().err == ""


def test_a_key_of_the_wrong_length_is_never_tried(tmp_path: Path):
    with pytest.raises(ValueError, match="32 bytes"):
        open_engine(tmp_path / "archive.db", b"short")
    assert not (tmp_path / "archive.db").exists()


def test_nothing_readable_stands_in_the_file_or_its_log(archive, tmp_path: Path):
    with write(archive) as connection:
        connection.exec_driver_sql("INSERT INTO record VALUES ('结婚登记审查处理表', NULL)")
    for path in tmp_path.iterdir():
        content = path.read_bytes()
        assert "结婚登记".encode() not in content
        assert b"CREATE TABLE" not in content


def test_a_second_writer_is_told_that_the_archive_is_busy(archive):
    with write(archive), archive.connect() as impatient:
        impatient.connection.driver_connection.execute("PRAGMA busy_timeout=50")
        impatient = impatient.execution_options(lantai_immediate=True)
        with pytest.raises(ArchiveBusy):
            impatient.exec_driver_sql("INSERT INTO record VALUES ('A-2', NULL)")


def test_a_reader_sees_one_moment_while_the_writer_goes_on(archive):
    with read(archive) as connection:
        before = connection.exec_driver_sql("SELECT count(*) FROM record").scalar_one()
        with write(archive) as writer:
            writer.exec_driver_sql("INSERT INTO record VALUES ('A-1', NULL)")
        assert connection.exec_driver_sql("SELECT count(*) FROM record").scalar_one() == before
    assert count(archive) == before + 1


def test_writers_in_several_threads_each_keep_what_they_wrote(archive):
    def file_ten(desk: int) -> None:
        for number in range(10):
            with write(archive) as connection:
                connection.exec_driver_sql("INSERT INTO record VALUES (?, NULL)", (f"{desk}-{number}",))

    threads = [threading.Thread(target=file_ten, args=(desk,)) for desk in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert count(archive) == 30


def test_a_full_disk_is_named_and_the_archive_stays_whole(archive):
    with archive.connect() as connection:
        driver = connection.connection.driver_connection
        pages = driver.execute("PRAGMA page_count").fetchone()[0]
        driver.execute(f"PRAGMA max_page_count={pages + 2}")
        with pytest.raises(DiskFull), connection.begin():
            connection.exec_driver_sql("INSERT INTO record VALUES ('A-1', ?)", (os.urandom(60_000),))
    assert count(archive) == 0
    check_integrity(archive)


def test_an_archive_on_a_disk_that_fills_up_keeps_every_save_it_acknowledged(small_disk: Path):
    engine = open_engine(small_disk / "archive.db", KEY)
    with write(engine) as connection:
        connection.exec_driver_sql("CREATE TABLE record (number TEXT UNIQUE, body BLOB)")
    saved = 0

    def save_until_full() -> None:
        nonlocal saved
        while True:
            with write(engine) as connection:
                connection.exec_driver_sql("INSERT INTO record VALUES (?, ?)", (f"A-{saved}", os.urandom(20_000)))
            saved += 1

    with pytest.raises(DiskFull):
        save_until_full()
    assert saved > 5
    assert count(engine) == saved
    engine.dispose()


def test_a_disk_that_goes_away_before_one_more_connection_is_opened_is_named(tmp_path: Path):
    (tmp_path / "there").mkdir()
    engine = open_engine(tmp_path / "there" / "archive.db", KEY)
    with read(engine):  # the pool's only connection is in use
        (tmp_path / "there").rename(tmp_path / "gone")
        with pytest.raises(DiskFails):
            move_log(engine)
    (tmp_path / "gone").rename(tmp_path / "there")
    move_log(engine)
    engine.dispose()


def test_a_full_disk_under_a_plain_file_has_the_same_name():
    assert isinstance(name_storage_error(OSError(28, "No space left on device")), DiskFull)
    for number in (errno.EIO, errno.EROFS, errno.EACCES):
        assert isinstance(name_storage_error(OSError(number, "disk")), DiskFails)
    assert name_storage_error(OSError(2, "No such file")) is None


def test_one_changed_bit_is_found(archive, tmp_path: Path):
    with write(archive) as connection:
        connection.exec_driver_sql("INSERT INTO record VALUES ('A-1', ?)", (os.urandom(200_000),))
    check_integrity(archive)
    archive.dispose()
    path = tmp_path / "archive.db"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    damaged = open_engine(path, KEY)
    with pytest.raises(SealBroken):
        check_integrity(damaged)
    damaged.dispose()


def test_an_error_text_carries_no_value_that_a_person_typed(archive):
    with write(archive) as connection:
        connection.exec_driver_sql("INSERT INTO record VALUES (?, NULL)", ("339921198410140017",))
    with pytest.raises(IntegrityError) as caught, write(archive) as connection:
        connection.exec_driver_sql("INSERT INTO record VALUES (?, NULL)", ("339921198410140017",))
    assert "339921198410140017" not in str(caught.value)


def test_a_save_is_on_the_disk_when_it_returns_and_a_bulk_import_may_be_quicker(archive, tmp_path: Path):
    quick = open_engine(tmp_path / "import.db", KEY, durable=False)
    for engine, level in ((archive, 2), (quick, 1)):
        with read(engine) as connection:
            assert connection.exec_driver_sql("PRAGMA synchronous").scalar_one() == level
            assert connection.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"
            assert connection.exec_driver_sql("PRAGMA temp_store").scalar_one() == 2
    quick.dispose()
