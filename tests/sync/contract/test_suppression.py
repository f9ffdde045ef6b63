"""From a table that was published no hidden count can be reckoned: tried by filling it in, in every way, without the code that made it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sync.contract.suppression import SMALLEST, protect, with_totals

Table = list[list[int | None]]
MOST = 11  # a hidden count is tried up to here: four more than any that is drawn


def fillings(table: Table) -> Iterator[dict[tuple[int, int], int]]:
    """Yield the ways to fill in what is hidden, each at least 1 and small, so that the totals are right."""
    rows, columns = len(table) - 1, len(table[0]) - 1
    inner = [(row, column) for row, column in product(range(rows), range(columns)) if table[row][column] is None]

    def right(filled: dict[tuple[int, int], int]) -> dict[tuple[int, int], int] | None:
        counts = [
            [filled.get((row, column), table[row][column] or 0) for column in range(columns)] for row in range(rows)
        ]
        whole = with_totals(counts)
        for row, column in product(range(rows + 1), range(columns + 1)):
            told = table[row][column]
            if told is not None and told != whole[row][column]:
                return None
            if told is None and not whole[row][column]:
                return None
        return {
            (row, column): whole[row][column]
            for row, column in product(range(rows + 1), range(columns + 1))
            if table[row][column] is None
        }

    for values in product(range(1, MOST + 1), repeat=len(inner)):
        if (found := right(dict(zip(inner, values, strict=True)))) is not None:
            yield found


def possible(table: Table) -> dict[tuple[int, int], set[int]]:
    """Return the values that each hidden cell can have, as far as small ones tell."""
    seen: dict[tuple[int, int], set[int]] = {}
    for found in fillings(table):
        for cell, value in found.items():
            seen.setdefault(cell, set()).add(value)
    return seen


def known(table: Table) -> set[tuple[int, int]]:
    """Return the hidden cells that can have one value only."""
    return {cell for cell, values in possible(table).items() if len(values) == 1}


def small_only(cells: Sequence[Sequence[int]]) -> Table:
    """Return the table with nothing hidden but what is small: the mistake that the search must find."""
    return [[None if 0 < count < SMALLEST else count for count in row] for row in with_totals(cells)]


TABLES = st.integers(1, 3).flatmap(
    lambda width: st.lists(st.lists(st.integers(0, 7), min_size=width, max_size=width), min_size=1, max_size=3)
)


@settings(max_examples=30, deadline=None)
@given(TABLES)
def test_no_hidden_count_can_be_reckoned(cells: list[list[int]]) -> None:
    table = protect(cells)
    assume(sum(count is None for row in table[:-1] for count in row[:-1]) <= 4)  # what can be tried in every way
    for (row, column), values in possible(table).items():
        assert len(values) >= (SMALLEST if with_totals(cells)[row][column] < SMALLEST else 2)


@settings(max_examples=150, deadline=None)
@given(
    st.integers(1, 7).flatmap(
        lambda width: st.lists(st.lists(st.integers(0, 30), min_size=width, max_size=width), min_size=1, max_size=7)
    )
)
def test_nothing_small_is_told_what_is_told_is_true_and_no_line_hides_one_alone(cells: list[list[int]]) -> None:
    table, whole = protect(cells), with_totals(cells)
    for row, line in enumerate(table):
        for column, count in enumerate(line):
            assert count in (None, whole[row][column])
            assert count is None or not 0 < count < SMALLEST
            assert count is not None or whole[row][column]
    for line in (*table, *zip(*table, strict=True)):
        assert sum(count is None for count in line) != 1


def test_what_is_hidden_by_size_alone_is_found_out() -> None:
    assert known(small_only([[2, 9], [8, 7]])) == {(0, 0)}
    assert known(protect([[2, 9], [8, 7]])) == set()


@pytest.mark.parametrize(
    ("cells", "hidden"),
    [([[10, 20], [30, 40]], 0), ([[0, 0], [0, 9]], 0), ([[3]], 4), ([[2, 9, 9], [9, 9, 9], [9, 9, 9]], 4)],
)
def test_as_little_is_hidden_as_these_need(cells: list[list[int]], hidden: int) -> None:
    assert sum(count is None for row in protect(cells) for count in row) == hidden
