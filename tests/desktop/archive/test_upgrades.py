"""An archive of every older layout becomes one of today's, whole or not at all, and keeps what was in it.

`layouts/N.sql` is what the program of layout N made; it is never changed.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy.engine import Connection

from desktop.archive import records, reindexing, search, search_question, settings, upgrades
from desktop.archive.archive import DATABASE, Archive
from desktop.archive.facets import Facet
from desktop.archive.reindexing import BLOCK_RECORDS
from desktop.archive.snapshot import Snapshot
from desktop.archive.upgrades import FIRST_LAYOUT, LAYOUT, STEPS, Step
from desktop.services.filing import file_new
from sync.contract.kind_files import load_kinds
from sync.vault import audit
from sync.vault.engine import open_engine, read, write
from tests.bench import corpus
from tests.desktop.services.office import begin_office

LAYOUTS = Path(__file__).parent / "layouts"
KEY = bytes(range(32))
AT = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


def old_archive(folder: Path) -> Path:
    """Return a folder with an archive as the program of the first layout made it, one record in it."""
    folder.mkdir()
    engine = open_engine(folder / DATABASE, KEY)
    with engine.connect() as connection:
        borrowed = connection.connection.driver_connection
        assert borrowed is not None
        borrowed.executescript((LAYOUTS / f"{FIRST_LAYOUT}.sql").read_text(encoding="utf-8"))
    engine.dispose()
    return folder


@pytest.fixture
def old(tmp_path: Path) -> Path:
    return old_archive(tmp_path / "old")


def tables_of(connection: Connection) -> dict[str, list[tuple[object, ...]]]:
    """Return each table's columns and indexes, whatever the words they were made with."""
    names = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'").scalars().all()
    found: dict[str, list[tuple[object, ...]]] = {}
    for name in sorted(names):
        columns = connection.exec_driver_sql(f"SELECT name, type, \"notnull\", pk FROM pragma_table_info('{name}')")
        indexes = connection.exec_driver_sql(
            f"SELECT i.name, i.\"unique\", i.partial, group_concat(c.name) FROM pragma_index_list('{name}') i,"
            " pragma_index_xinfo(i.name) c WHERE c.key GROUP BY i.name ORDER BY i.name"
        )
        found[name] = [*map(tuple, sorted(map(tuple, columns), key=str)), *map(tuple, indexes)]
    return found


@pytest.fixture
def opened(old: Path) -> Iterator[Archive]:
    archive = Archive.open(old, KEY)
    yield archive
    archive.close()


def test_an_old_archive_gets_the_tables_of_a_new_one(opened: Archive, tmp_path: Path) -> None:
    new = Archive.create(tmp_path / "new", KEY, {}, "陈晓兰", AT)
    try:
        with opened.reading() as theirs, new.reading() as ours:
            assert tables_of(theirs) == tables_of(ours)
    finally:
        new.close()


def test_every_step_stands_in_the_log_once_and_a_second_opening_does_nothing(old: Path) -> None:
    for _ in range(2):
        archive = Archive.open(old, KEY)
        with archive.reading() as connection:
            told = [one.details["step"] for one in audit.events(connection) if one.act == "archive-upgraded"]
            assert told == [step.name for step in STEPS]
            assert settings.get(connection, "layout") == str(LAYOUT)
            assert audit.verify(connection).ok
        archive.close()


def test_what_was_filed_is_there_and_found_in_every_way(opened: Archive) -> None:
    assert reindexing.bring_up(opened, load_kinds(), "陈晓兰", AT)
    assert not reindexing.bring_up(opened, load_kinds(), "陈晓兰", AT)
    with opened.reading() as connection:
        (line,) = records.every(connection)
        said = records.body(connection, line.head)
        assert said is not None
        assert said["number"] == line.number
        husband = said["fields"]["husband.name"]
        for question in (line.number, husband, said["fields"]["husband.id_no"], said["fields"]["wife.id_no"][-4:]):
            assert search.every(connection, search_question.read(question)).rows[:] == [line.id], question
        opened.facets.refresh(connection)
        assert opened.facets.count(Snapshot([line.id]), Facet.YEAR) == {"1986": 1}
        assert list(opened.facets.count(Snapshot([line.id]), Facet.VILLAGE).values()) == [1]


def test_an_index_that_was_cut_short_while_it_was_made_is_gone_on_with_and_is_the_same(tmp_path: Path) -> None:
    office = begin_office(tmp_path / "office")
    several = BLOCK_RECORDS + 7
    drafts = [(one.draft, one.judgement) for one in corpus.papers(0, several, pages=0)]
    with office.archive.act(office.person, AT) as act:
        file_new(act, office.kinds["marriage"], drafts, "test")
        settings.put(act.connection, reindexing.FINGERPRINT, "another")
        act.connection.exec_driver_sql("DELETE FROM lookup")
    told: list[tuple[int, int]] = []

    def pulled(done: int, whole: int) -> None:
        told.append((done, whole))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        reindexing.bring_up(office.archive, office.kinds, office.person, AT, pulled)
    assert told == [(BLOCK_RECORDS, several)]
    assert reindexing.bring_up(office.archive, office.kinds, office.person, AT, lambda *now: told.append(now))
    assert told == [(BLOCK_RECORDS, several), (several, several)]
    names = {draft.fields["husband.name"] for draft, _ in drafts}
    with office.archive.reading() as connection:
        lines = records.every(connection)
        assert sorted(search.every(connection, search_question.read("结婚登记")).rows[:]) == [one.id for one in lines]
        for name in sorted(names)[::40]:
            found = search.every(connection, search_question.read(name)).rows[:]
            assert {line.id for line in lines if name in line.title} == set(found)
        for line in lines[::40]:
            assert search.every(connection, search_question.read(line.number)).rows[:] == [line.id]
        made_again = [one for one in audit.events(connection, limit=10_000) if one.act == "index-made-again"]
        assert len(made_again) == 1
    assert not reindexing.bring_up(office.archive, office.kinds, office.person, AT)
    office.archive.close()


def test_steps_have_layouts_without_a_gap_and_names_of_their_own() -> None:
    assert [step.layout for step in STEPS] == list(range(FIRST_LAYOUT + 1, LAYOUT + 1))
    assert len({step.name for step in STEPS}) == len(STEPS)


def test_a_step_that_fails_leaves_the_archive_as_it_was(old: Path) -> None:
    def half(connection: Connection) -> None:
        connection.exec_driver_sql("CREATE TABLE half (id INTEGER)")
        raise RuntimeError("the plug was pulled")

    engine = open_engine(old / DATABASE, KEY)
    with read(engine) as connection:
        before = tables_of(connection)
    with pytest.raises(RuntimeError, match="plug"), write(engine) as connection:
        upgrades.apply(connection, (*upgrades.missing(connection), Step(LAYOUT + 1, "half", half)), AT)
    with read(engine) as connection:
        assert tables_of(connection) == before
        assert settings.get(connection, "layout") == str(FIRST_LAYOUT)
    engine.dispose()
