"""A run of leaves and the subtrees beside it give the root, and nothing else does."""

from __future__ import annotations

import hashlib

import pytest

from sync.vault.merkle import Frontier
from sync.vault.ranges import Leaves


def tree(size: int) -> Leaves:
    leaves = Leaves()
    for number in range(size):
        leaves.add(f"leaf {number}".encode())
    return leaves


@pytest.mark.parametrize("size", [0, 1, 2, 3, 5, 8, 13, 100])
def test_the_root_is_that_of_the_log_over_the_same_leaves(size: int) -> None:
    frontier = Frontier()
    for number in range(size):
        frontier = frontier.push(f"leaf {number}".encode())
    assert tree(size).root() == frontier.root()


def root_from(path: list[bytes], given: list[bytes], first: int, size: int) -> bytes:
    """The root as a stranger computes it; written apart from the code it judges."""
    left = iter(path)

    def over(low: int, high: int) -> bytes:
        if high <= first or low >= first + len(given):
            return next(left)
        if high - low == 1:
            return hashlib.sha256(b"\0" + given[low - first]).digest()
        middle = low + max(2**power for power in range(32) if 2**power < high - low)
        return hashlib.sha256(b"\1" + over(low, middle) + over(middle, high)).digest()

    root = over(0, size)
    assert next(left, None) is None
    return root


def test_every_run_of_every_small_tree_gives_its_root_and_a_run_with_one_leaf_less_does_not() -> None:
    for size in range(1, 18):
        leaves = tree(size)
        for first in range(size):
            for end in range(first + 1, size + 1):
                given = [f"leaf {number}".encode() for number in range(first, end)]
                path = leaves.path(first, end)
                assert root_from(path, given, first, size) == leaves.root()
                if end - first > 1:
                    given[0] = given[1]
                    assert root_from(path, given, first, size) != leaves.root()
