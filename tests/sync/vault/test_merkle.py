"""The root over a growing list, and what is proved by it."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.contract.errors import SealBroken
from sync.vault.merkle import Frontier, Tree, fold, fold_ranges, proves_consistency, proves_inclusion


def defined_root(leaves: list[bytes]) -> bytes:
    """RFC 6962, section 2.1, word for word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\0" + leaves[0]).digest()
    half = 1 << ((len(leaves) - 1).bit_length() - 1)
    return hashlib.sha256(b"\1" + defined_root(leaves[:half]) + defined_root(leaves[half:])).digest()


@given(st.lists(st.binary(max_size=4), max_size=70))
def test_the_kept_frontier_gives_the_root_of_the_standard(leaves: list[bytes]):
    frontier = Frontier()
    for leaf in leaves:
        frontier = Frontier.from_bytes(frontier.size, frontier.to_bytes()).push(leaf)
    assert frontier.root() == defined_root(leaves)
    assert frontier.size == len(leaves)
    assert len(frontier.peaks) == len(leaves).bit_count()


SIZES = st.integers(min_value=0, max_value=70)


def leaves_of(size: int) -> list[bytes]:
    return [index.to_bytes(2) for index in range(size)]


def defined_path(index: int, leaves: list[bytes]) -> list[bytes]:
    """RFC 6962, section 2.1.1."""
    if len(leaves) == 1:
        return []
    half = 1 << ((len(leaves) - 1).bit_length() - 1)
    if index < half:
        return [*defined_path(index, leaves[:half]), defined_root(leaves[half:])]
    return [*defined_path(index - half, leaves[half:]), defined_root(leaves[:half])]


def defined_subproof(old: int, leaves: list[bytes], *, whole: bool) -> list[bytes]:
    """RFC 6962, section 2.1.2."""
    if old == len(leaves):
        return [] if whole else [defined_root(leaves)]
    half = 1 << ((len(leaves) - 1).bit_length() - 1)
    if old <= half:
        return [*defined_subproof(old, leaves[:half], whole=whole), defined_root(leaves[half:])]
    return [*defined_subproof(old - half, leaves[half:], whole=False), defined_root(leaves[:half])]


def frontier_of(size: int) -> Frontier:
    return Frontier().follow(size, fold(0, leaves_of(size)))


def test_a_tree_gives_the_roots_and_proofs_of_the_standard():
    tree = Tree(leaves_of(40))
    for size in range(41):
        leaves = leaves_of(size)
        assert tree.root(size) == defined_root(leaves) == frontier_of(size).root()
        for index in range(size):
            assert list(tree.inclusion(index, size)) == defined_path(index, leaves)
        for old in range(1, size):
            assert list(tree.consistency(old, size)) == defined_subproof(old, leaves, whole=True)


def test_every_leaf_and_every_beginning_is_proved():
    tree = Tree(leaves_of(33))
    for size in range(34):
        for index in range(size):
            leaf = index.to_bytes(2)
            assert proves_inclusion(tree.root(size), size, index, leaf, tree.inclusion(index, size))
        for old in range(size + 1):
            assert proves_consistency(old, tree.root(old), size, tree.root(size), tree.consistency(old, size))


@given(st.integers(1, 70), st.data())
def test_no_other_leaf_place_size_or_root_is_proved(size: int, data: st.DataObject):
    tree = Tree(leaves_of(size + 1))
    index = data.draw(st.integers(0, size - 1))
    leaf, root, proof = index.to_bytes(2), tree.root(size), tree.inclusion(index, size)
    other = data.draw(st.integers(0, size).filter(lambda place: place != index))
    assert not proves_inclusion(root, size, other, leaf, proof)
    assert not proves_inclusion(root, size, index, other.to_bytes(2), proof)
    assert not proves_inclusion(tree.root(size + 1), size, index, leaf, proof)
    assert not proves_inclusion(root, size, index, leaf, (*proof, root))
    if proof:
        assert not proves_inclusion(root, size, index, leaf, proof[1:])


@given(st.integers(2, 70), st.data())
def test_a_past_that_was_rewritten_is_not_the_beginning_of_the_list(size: int, data: st.DataObject):
    old = data.draw(st.integers(1, size - 1))
    changed = data.draw(st.integers(0, old - 1))
    leaves = leaves_of(size)
    honest, rewritten = Tree(leaves), Tree([*leaves[:changed], b"x", *leaves[changed + 1 :]])
    assert not proves_consistency(old, honest.root(old), size, rewritten.root(), rewritten.consistency(old, size))
    assert not proves_consistency(old, honest.root(old), size, honest.root(), honest.consistency(old, size)[1:])
    assert frontier_of(old).follow(size, rewritten.range(old, size)).root() != rewritten.root()


@given(SIZES, SIZES, SIZES)
def test_a_range_follows_from_what_is_before_and_after_it(one: int, two: int, three: int):
    first, end, size = sorted((one, two, three))
    leaves = leaves_of(size)
    tree = Tree(leaves)
    assert fold(first, leaves[first:end]) == tree.range(first, end)
    two_ranges = [(first, end, tree.range(first, end)), (end, size, tree.range(end, size))]
    assert fold_ranges(two_ranges) == tree.range(first, size)
    assert len(tree.range(first, end)) <= 2 * max(1, (end - first).bit_length())
    before, after = Frontier().follow(first, tree.range(0, first)), tree.range(end, size)
    inside = before.follow(end, fold(first, leaves[first:end]))
    assert inside == frontier_of(end)
    assert inside.follow(size, after).root() == tree.root()
    if end > first:  # one left out, however the rest is counted
        short = before.follow(end - 1, fold(first, leaves[first : end - 1]))
        assert short.root() != tree.root(end)
        with pytest.raises(SealBroken):
            before.follow(end, (*tree.range(first, end), bytes(32)))


def test_a_leaf_or_a_range_that_is_not_there_is_refused():
    tree = Tree(leaves_of(5))
    for wrong in ((-1, 5), (5, 5), (0, 6)):
        with pytest.raises(ValueError, match="leaf"):
            tree.inclusion(*wrong)
        with pytest.raises(ValueError, match="range"):
            tree.consistency(wrong[0] if wrong[0] < 0 else 6, wrong[1])
    with pytest.raises(SealBroken):
        frontier_of(5).follow(4, ())
    assert not proves_inclusion(tree.root(), 5, 5, b"", ())
    assert not proves_consistency(6, tree.root(), 5, tree.root(), ())
    assert not proves_consistency(3, tree.root(3), 5, tree.root(), ())
