"""A month in a county ends with everybody agreeing to the row, on both stores."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.journeys.month import Month
from tests.sync.county_process import running_county

STEPS = [
    "paper_backlog", "by_hand", "a_record_comes_back", "two_change_one_record", "one_wedding_twice", "a_household_moves",
    "an_annulment_cites_the_original", "a_pc_is_lost", "all_agree",
]  # fmt: skip


@pytest.mark.timeout(600)
@pytest.mark.parametrize("store", ["sqlcipher", "postgresql"])
def test_a_month_with_a_lost_pc_ends_in_agreement(request: pytest.FixtureRequest, store: str, tmp_path: Path) -> None:
    url = request.getfixturevalue("postgres_database") if store == "postgresql" else None
    with running_county(tmp_path / "county", database=url) as county:
        month = Month(tmp_path, county, lambda _line: None)
        try:
            month.play()
        finally:
            month.close()
    assert list(month.steps) == STEPS
