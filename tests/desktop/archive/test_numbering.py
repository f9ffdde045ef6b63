"""Numbers given many at once are the numbers that would have been given one by one."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from desktop.archive import numbering
from desktop.archive.archive import Act, Archive
from sync.contract.numbers import Series

AT = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
SERIES = Series("J001", "HY", 1986, "D100")
LAST = 60


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    folder: Path = tmp_path_factory.mktemp("numbers") / "office"
    return Archive.create(folder, bytes(range(32)), {"fonds": "J001"}, "陈晓兰", AT)


def lay(act: Act, taken: list[tuple[int, int]], borne: set[int]) -> None:
    """Nothing was given yet; other desks hold these blocks, and records brought from elsewhere bear these numbers."""
    for table in ("number_block", "number_taken", "record"):
        act.connection.exec_driver_sql(f"DELETE FROM {table}")
    for first, more in taken:
        act.connection.exec_driver_sql(
            "INSERT OR IGNORE INTO number_taken (fonds, category, year, retention, first, last, seat)"
            " VALUES ('J001', 'HY', 1986, 'D100', ?, ?, 2)",
            (first, first + more),
        )
    for item in borne:
        act.connection.exec_driver_sql(
            "INSERT INTO record (uid, kind, number, title, year, retention, case_date, state, head, accepted, filed_at,"
            " filed_by, grounds, set_aside, village, custodian, touched)"
            " VALUES (?, 'marriage', ?, '', 1986, 'D100', '', 'accepted', '', '', '', '', '[]', '', '', '', 0)",
            (f"uid-{item}", SERIES.number(item)),
        )


blocks = st.lists(st.tuples(st.integers(1, LAST), st.integers(0, 12)), max_size=4)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(blocks, st.sets(st.integers(1, LAST), max_size=6), st.lists(st.integers(1, 25), min_size=1, max_size=4))
def test_a_run_of_numbers_is_what_one_by_one_would_have_given(
    archive: Archive, taken: list[tuple[int, int]], borne: set[int], counts: list[int]
) -> None:
    with archive.act("陈晓兰", AT) as act:
        lay(act, taken, borne)
        at_once = [number for count in counts for number in numbering.allot_run(act, SERIES, count)]
        lay(act, taken, borne)
        one_by_one = [numbering.allot(act, SERIES) for _ in range(sum(counts))]
    assert at_once == one_by_one
    assert len(set(at_once)) == sum(counts)
    held = {SERIES.number(item) for first, more in taken for item in range(first, first + more + 1)}
    assert not set(at_once) & (held | {SERIES.number(item) for item in borne})
