"""The root over a growing list."""

from __future__ import annotations

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from sync.vault.merkle import Frontier


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
