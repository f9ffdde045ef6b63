"""Tables from which no small group can be reckoned (隐去): small counts are not told, nor what would betray them; docs/statistics.md."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from itertools import product
from typing import Final

SMALLEST: Final = 5
Cell = tuple[int, int]
Counts = list[list[int]]
NO_BOUND: Final = 1 << 40


def with_totals(cells: Sequence[Sequence[int]]) -> Counts:
    """Return the counts with a last column and a last row of totals."""
    rows = [[*row, sum(row)] for row in cells]
    return [*rows, [sum(column) for column in zip(*rows, strict=True)]]


def protect(cells: Sequence[Sequence[int]], k: int = SMALLEST) -> list[list[int | None]]:
    """Return the table with totals as it may be told; None is not told.

    Args:
        cells: counts, each row of the same length; at least one row and one column.
    """
    whole = with_totals(cells)
    places = list(product(range(len(whole)), range(len(whole[0]))))
    small = {(row, column) for row, column in places if 0 < whole[row][column] < k}
    hidden, waiting = set(small), deque(sorted(small))
    while waiting:  # hiding more never narrows what was wide enough, so that each is looked at until it is
        weak = waiting[0]
        if width(whole, hidden, weak, k) + 1 >= (k if weak in small else 2):
            waiting.popleft()
        elif more := _rectangle(whole, hidden, weak):
            hidden |= more
            waiting.extend(sorted(more))
        else:
            hidden = {(row, column) for row, column in places if whole[row][column]}
            break
    return [[None if (row, at) in hidden else count for at, count in enumerate(line)] for row, line in enumerate(whole)]


def width(whole: Counts, hidden: set[Cell], cell: Cell, enough: int = NO_BOUND) -> int:
    """Return by how much the count of a hidden cell can differ, for one who sees the others and knows that it is at least 1.

    Args:
        enough: no more than this has to be known.
    """
    net = _Network(whole, hidden - {cell})
    row, column = ("row", cell[0]), ("column", cell[1])
    up, down = ((column, row), (row, column)) if _is_plus(whole, cell) else ((row, column), (column, row))
    least = min(enough, whole[cell[0]][cell[1]] - 1)
    return net.flow(*up, enough) + (net.flow(*down, least) if least else 0)


def _is_plus(whole: Counts, cell: Cell) -> bool:
    """A total counts against what it sums: with its sign turned every row and column of the table sums to nothing."""
    return (cell[0] == len(whole) - 1) == (cell[1] == len(whole[0]) - 1)


def _rectangle(whole: Counts, hidden: set[Cell], cell: Cell) -> set[Cell]:
    """Return the cells to hide with this one so that a change can go round: the cheapest rectangle; none if there is none."""
    row, column = cell
    last_row, last_column = len(whole) - 1, len(whole[0]) - 1

    def cost(one: Cell) -> int:
        count = whole[one[0]][one[1]]
        return count + (NO_BOUND >> 10) * ((one[0] == last_row) + (one[1] == last_column))  # totals as a last resort

    best: tuple[int, set[Cell]] = (NO_BOUND, set())
    for other_row, other_column in product(range(len(whole)), range(len(whole[0]))):
        corners = {(row, other_column), (other_row, column), (other_row, other_column)}
        fresh = corners - hidden
        if other_row == row or other_column == column or not fresh:
            continue
        if all(whole[one][two] for one, two in corners):
            best = min(best, (sum(map(cost, fresh)), fresh), key=lambda found: found[0])
    return best[1]


Node = tuple[str, int]


class _Network:
    """Rows and columns joined by hidden cells: how much can flow through them tells how much a cell can change."""

    def __init__(self, whole: Counts, hidden: set[Cell]) -> None:
        self._room: dict[Node, dict[Node, int]] = {}
        for row, column in hidden:
            down = whole[row][column] - 1
            plus = _is_plus(whole, (row, column))
            self._room.setdefault(("row", row), {})[("column", column)] = NO_BOUND if plus else down
            self._room.setdefault(("column", column), {})[("row", row)] = down if plus else NO_BOUND

    def flow(self, source: Node, sink: Node, enough: int) -> int:
        """Return the maximum flow (Edmonds and Karp), or `enough` where it is more."""
        room = {node: dict(others) for node, others in self._room.items()}
        total = 0
        while total < enough and (path := _path(room, source, sink)):
            least = min(room[one][other] for one, other in path)
            for one, other in path:
                room[one][other] -= least
                room[other][one] = room[other].get(one, 0) + least
            total += least
        return min(total, enough)


def _path(room: dict[Node, dict[Node, int]], source: Node, sink: Node) -> list[tuple[Node, Node]]:
    """Return the shortest way with room left, none if there is none."""
    came: dict[Node, Node] = {source: source}
    waiting = deque([source])
    while waiting and sink not in came:
        here = waiting.popleft()
        for there, left in room.get(here, {}).items():
            if left > 0 and there not in came:
                came[there] = here
                waiting.append(there)
    return list(_steps(came, source, sink)) if sink in came else []


def _steps(came: dict[Node, Node], source: Node, sink: Node) -> Iterator[tuple[Node, Node]]:
    here = sink
    while here != source:
        yield came[here], here
        here = came[here]
