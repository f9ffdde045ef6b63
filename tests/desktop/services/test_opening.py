"""The door of the archive: what fails at it leaves it free for the next try."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import text

from desktop.archive.archive import Archive
from desktop.archive.clock import system_clock
from desktop.services.opening import NewPerson, OfficeFacts, Opening
from desktop.services.practising import Practice
from sync.vault.engine import open_engine, write
from sync.vault.slots import Keystore, Role

NAME, PASSWORD = "陈晓兰", "这一句口令只在测试里用一用"


class Closing:
    """A companion that cannot be closed."""

    def close(self) -> None:
        raise OSError("this companion does not close")


@pytest.fixture
def opening(tmp_path: Path) -> Opening:
    made = Opening(tmp_path / "office")
    made.create(OfficeFacts("云泽县", "青石镇", "339921102", "J001"), [NewPerson(NAME, Role.ADMIN, PASSWORD)])
    return made


def test_an_archive_that_could_not_be_opened_to_the_end_is_free_again(opening: Opening) -> None:
    _, data_key = Keystore.open(opening.folder).unlock(NAME, PASSWORD, system_clock())
    engine = open_engine(opening.folder / "archive.db", data_key)
    with write(engine) as connection:
        connection.execute(text("ALTER TABLE attachment RENAME TO attachment_elsewhere"))
    engine.dispose()
    with pytest.raises(Exception, match="attachment") as kept:  # while it is kept, nothing of the try is collected
        opening.unlock(NAME, PASSWORD)
    assert kept.value is not None
    Archive.open(opening.folder, data_key).close()


def test_whatever_fails_while_a_desk_is_closed_the_archive_is_let_go(opening: Opening) -> None:
    desk = opening.unlock(NAME, PASSWORD)
    desk.accompany(Closing())
    with pytest.raises(OSError, match="does not close"):
        desk.close()
    opening.unlock(NAME, PASSWORD).close()


def test_a_practice_office_that_could_not_be_prepared_is_free_again(tmp_path: Path) -> None:
    practice = Practice(tmp_path / "practice")
    practice.folder.mkdir()
    in_the_way = practice.folder / "扫描收件"
    in_the_way.write_bytes(b"")
    with pytest.raises(FileExistsError) as kept:
        practice.open()
    assert kept.value is not None
    in_the_way.unlink()
    practice.open().close()


def test_many_threads_that_ask_for_a_service_get_the_same_one(opening: Opening) -> None:
    desk = opening.unlock(NAME, PASSWORD)
    try:
        with ThreadPoolExecutor(8) as pool:
            asked = list(pool.map(lambda _: (desk.reader, desk.viewing, desk.receiving), range(64)))
        assert len({tuple(map(id, one)) for one in asked}) == 1
    finally:
        desk.close()
