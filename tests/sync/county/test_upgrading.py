"""A county made by an older program is brought up at its opening, and serves with what it had; on both stores."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Connection, MetaData, select

from sync.contract.errors import ArchiveTooNew, BadRequest
from sync.county import tables, upgrading
from sync.county.__main__ import main
from sync.county.service import County, create_county
from sync.county.storage import Storage
from sync.county.tables import TABLES, Setting, table
from sync.vault import audit
from tests.sync.contract.office import NOW
from tests.sync.county.older_county import make_older, shape

ROOT = Path(__file__).parents[3]


@pytest.fixture(params=["sqlcipher", "postgresql"])
def url(request: pytest.FixtureRequest) -> str | None:
    return request.getfixturevalue("postgres_database") if request.param == "postgresql" else None


def test_an_older_county_is_brought_up_and_keeps_all_it_had(url: str | None, tmp_path: Path) -> None:
    whole = make_older(tmp_path / "county", tmp_path / "key", url)
    for _ in range(2):
        with closing(County(tmp_path / "county", tmp_path / "key", url)) as county:
            with county.storage.connection() as connection:
                assert shape(connection) == whole
                assert upgrading.standing(connection) == upgrading.NEWEST
                row = connection.execute(select(table(tables.RevisionRow))).one()
            assert (row.record, row.number, row.township) == ("r1", "", "339921101")
            with county.storage.keeping() as connection:
                told = connection.exec_driver_sql("SELECT count(*) FROM audit WHERE act = 'county.upgraded'")
                assert told.scalar_one() == int(upgrading.NEWEST)


def differences(connection: Connection) -> list[object]:
    """Return what Alembic would change of a book to make it what the models say."""
    from alembic.autogenerate import compare_metadata  # here, so that only this module's worker pays for it
    from alembic.runtime.migration import MigrationContext

    wanted = MetaData()
    for one in TABLES:
        one.to_metadata(wanted)
    ours = {one.name for one in TABLES}
    context = MigrationContext.configure(
        connection, opts={"include_name": lambda name, kind, _: kind != "table" or name in ours}
    )
    return list(compare_metadata(context, wanted))


def declared(connection: Connection) -> list[tuple[object, ...]]:
    """Return how the database itself spells columns and indexes."""
    if connection.dialect.name == "postgresql":
        spelled = (
            "SELECT table_name, column_name, data_type, is_nullable, collation_name FROM information_schema.columns"
            " WHERE table_schema = 'public' UNION ALL"
            " SELECT tablename, indexname, indexdef, '', '' FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1, 2"
        )
        return [tuple(row) for row in connection.exec_driver_sql(spelled)]
    rows = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name")
    return [(row.name, row.sql) for row in rows if row.name != "alembic_version"]


@pytest.fixture
def two_counties(
    request: pytest.FixtureRequest, url: str | None, tmp_path: Path
) -> Callable[[], tuple[Storage, Storage]]:
    """One made by the models of today, one by every revision since the first."""
    other = request.getfixturevalue("another_postgres_database") if url else None

    def make() -> tuple[Storage, Storage]:
        (tmp_path / "made").mkdir()
        (tmp_path / "grown").mkdir()
        made = Storage(tmp_path / "made", bytes(range(32)), url, lambda: NOW)
        grown = Storage(tmp_path / "grown", bytes(range(32)), other, lambda: NOW)
        made.create("e" * 32)
        with grown.connection(writing=True) as connection:
            table(Setting).create(connection)
        return made, grown

    return make


def test_models_and_revisions_make_the_same_book(two_counties: Callable[[], tuple[Storage, Storage]]) -> None:
    made, grown = two_counties()
    with grown.keeping(writing=True) as connection:
        audit.create_log(connection)
    grown.bring_up()
    with made.connection() as ours, grown.connection() as theirs:
        assert differences(ours) == []
        assert differences(theirs) == []
        assert declared(theirs) == declared(ours)
    with grown.connection(writing=True) as connection:
        connection.exec_driver_sql("DROP INDEX pair_waiting")
        assert len(differences(connection)) == 1  # it can find something
    made.close()
    grown.close()


def test_revisions_follow_each_other_and_the_program_knows_the_newest() -> None:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(ROOT / "sync/county/schema"))
    ordered = [one.revision for one in ScriptDirectory.from_config(config).walk_revisions()][::-1]
    assert ordered == [f"{number:04}" for number in range(1, len(ordered) + 1)]
    assert ordered[-1] == upgrading.NEWEST


def test_a_book_of_a_newer_program_is_refused_untouched(
    url: str | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, key = tmp_path / "county", tmp_path / "key"
    create_county(folder, "云泽县", key, url)
    with closing(Storage(folder, key.read_bytes(), url, lambda: NOW)) as storage:
        with storage.connection(writing=True) as connection:
            connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9000'")
            connection.exec_driver_sql("DROP TABLE pair_said")
            before = shape(connection)
        with pytest.raises(ArchiveTooNew):
            storage.bring_up()
        words = ["report", "--data", str(folder), "--key-file", str(key), *(["--database", url] if url else [])]
        assert main(words) == 2
        assert "a newer program works with this county" in capsys.readouterr().err
        with storage.connection() as connection:
            assert shape(connection) == before


def test_a_database_without_a_county_is_not_made_one_by_opening_it(
    tmp_path: Path, postgres_database: str, another_postgres_database: str
) -> None:
    create_county(tmp_path / "county", "云泽县", tmp_path / "key", postgres_database)
    with pytest.raises(BadRequest, match="no county in this database"):
        County(tmp_path / "county", tmp_path / "key", another_postgres_database)


def test_an_upgrade_killed_at_any_statement_leaves_the_old_book_or_the_new(
    tmp_path: Path, postgres_database: str
) -> None:
    command = [sys.executable, "-m", "tests.sync.county.killed_upgrade", str(tmp_path), postgres_database]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=120)
    assert done.returncode == 0, done.stderr
    for line in done.stdout.splitlines():
        _store, killed, *stood = line.split()
        assert int(killed) >= 4
        assert stood[:2] == ["before", "0001"]  # and the last one, which nobody killed, came to the newest
    assert len(done.stdout.splitlines()) == 2
