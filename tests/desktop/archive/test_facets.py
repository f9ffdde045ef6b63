"""What is counted is what stands in the rows, however they changed since; and a choice keeps exactly the rows that have it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from desktop.archive.archive import Act, Archive
from desktop.archive.facets import READ_ANEW, Facet, Facets
from desktop.archive.snapshot import Snapshot

AT = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
VALUES = {
    Facet.KIND: ("marriage", "dibao", "death"),
    Facet.YEAR: ("1986", "2016"),
    Facet.STATE: ("filed", "queued", "accepted"),
    Facet.VILLAGE: ("", "柳林村", "白沙村"),
    Facet.CUSTODIAN: ("", "档案室"),
}
Row = tuple[str, ...]
rows_of_values = st.tuples(*(st.sampled_from(values) for values in VALUES.values()))
changes = st.lists(st.tuples(st.integers(1, 12), rows_of_values), max_size=12)


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    made = Archive.create(tmp_path_factory.mktemp("facets") / "office", bytes(range(32)), {}, "陈晓兰", AT)
    yield made
    made.close()


def put(act: Act, row: int, values: Row) -> None:
    act.connection.exec_driver_sql(
        "INSERT INTO record (id, uid, number, title, retention, case_date, head, accepted, filed_at, filed_by, grounds,"
        " set_aside, touched, kind, year, state, village, custodian)"
        " VALUES (?, ?, ?, '', '', '', '', '', '', '', '[]', '', 0, ?, ?, ?, ?, ?)"
        " ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, year = excluded.year, state = excluded.state,"
        " village = excluded.village, custodian = excluded.custodian",
        (row, f"uid-{row}", f"number-{row}", *values),
    )


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(changes, max_size=5), st.dictionaries(st.sampled_from(Facet), st.integers(0, 2)))
def test_counts_follow_every_change(
    archive: Archive, acts: list[list[tuple[int, Row]]], chosen: dict[Facet, int]
) -> None:
    facets, truth = Facets(), dict[int, Row]()
    with archive.act("陈晓兰", AT) as act:
        act.connection.exec_driver_sql("DELETE FROM record")
    for change in acts:
        with archive.act("陈晓兰", AT) as act:
            for row, values in change:
                put(act, row, values)
                truth[row] = values
        with archive.reading() as connection:
            facets.refresh(connection)
        every = facets.everything()
        assert every[:] == sorted(truth, reverse=True)
        for place, facet in enumerate(VALUES):
            told = [values[place] for values in truth.values() if values[place]]
            assert facets.count(every, facet) == {value: told.count(value) for value in set(told)}
    choice = {facet: VALUES[facet][min(place, len(VALUES[facet]) - 1)] for facet, place in chosen.items()}
    kept = [
        row
        for row in sorted(truth, reverse=True)
        if all(truth[row][list(VALUES).index(facet)] == value for facet, value in choice.items())
    ]
    assert facets.keep(facets.everything(), choice)[:] == kept
    assert [row for row in facets.everything() if facets.keeps(choice)(row)] == kept


def test_very_many_changes_are_read_at_once(archive: Archive) -> None:
    facets = Facets()
    with archive.act("陈晓兰", AT) as act:
        act.connection.exec_driver_sql("DELETE FROM record")
        put(act, 1, ("marriage", "1986", "filed", "", ""))
    with archive.reading() as connection:
        facets.refresh(connection)
    with archive.act("陈晓兰", AT) as act:
        for row in range(2, READ_ANEW + 3):
            put(act, row, ("dibao", "2016", "filed", "柳林村", ""))
    with archive.reading() as connection:
        facets.refresh(connection)
    assert facets.count(facets.everything(), Facet.KIND) == {"marriage": 1, "dibao": READ_ANEW + 1}


def test_rows_that_are_gone_count_no_more_even_where_another_took_their_place(archive: Archive) -> None:
    facets = Facets()
    with archive.act("陈晓兰", AT) as act:
        act.connection.exec_driver_sql("DELETE FROM record")
        for row in (1, 2, 3):
            put(act, row, ("marriage", "1986", "filed", "", ""))
    with archive.reading() as connection:
        facets.refresh(connection)
    with archive.act("陈晓兰", AT) as act:
        act.connection.exec_driver_sql("DELETE FROM record WHERE id > 1")
        put(act, 2, ("dibao", "2016", "filed", "", ""))
    with archive.reading() as connection:
        facets.refresh(connection)
    assert facets.count(facets.everything(), Facet.KIND) == {"marriage": 1, "dibao": 1}


def test_rows_come_in_the_order_of_a_facet_and_keep_the_rest_of_their_order(archive: Archive) -> None:
    facets = Facets()
    with archive.act("陈晓兰", AT) as act:
        act.connection.exec_driver_sql("DELETE FROM record")
        for row, year in enumerate(("2016", "1986", "2016", "1986"), start=1):
            put(act, row, ("marriage", year, "filed", "", ""))
    with archive.reading() as connection:
        facets.refresh(connection)
    assert facets.by(Snapshot([4, 3, 2, 1]), Facet.YEAR)[:] == [4, 2, 3, 1]


def test_more_villages_than_two_bytes_tell_apart_are_counted_like_few(archive: Archive) -> None:
    facets, villages = Facets(), 40_000
    with archive.act("陈晓兰", AT) as act:
        act.connection.exec_driver_sql("DELETE FROM record")
        put(act, 1, ("marriage", "1986", "filed", "柳林村", ""))
    with archive.reading() as connection:
        facets.refresh(connection)
    with archive.act("陈晓兰", AT) as act:
        act.connection.exec_driver_sql(
            "INSERT INTO record (uid, number, title, retention, case_date, head, accepted, filed_at, filed_by, grounds,"
            " set_aside, touched, kind, year, state, village, custodian) WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL"
            f" SELECT i + 1 FROM n WHERE i < {villages}) SELECT 'uid-' || i, 'number-' || i, '', '', '', '', '', '', '',"
            " '[]', '', i + 1000, 'dibao', '2016', 'filed', '村' || i, '' FROM n"
        )
    with archive.reading() as connection:
        facets.refresh(connection)
    every = facets.everything()
    assert facets.count(every, Facet.VILLAGE) == {"柳林村": 1, **{f"村{n}": 1 for n in range(2, villages + 1)}}
    assert facets.keep(every, {Facet.VILLAGE: "村39999"})[:] == [39_999]
