"""Proofs that a run of leaves of a sorted tree is whole (区间证明): the RFC 6962 root from the run and the subtrees beside it.

What it is for stands in docs/sealed-copy.md, section 5.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator

from sync.vault.merkle import HASH_BYTES


class Leaves:
    """The leaves of a tree by their hashes: 32 bytes each, and nothing of what they say."""

    def __init__(self) -> None:
        self._hashes = bytearray()

    def __len__(self) -> int:
        return len(self._hashes) // HASH_BYTES

    def add(self, leaf: bytes) -> None:
        """The tree has one leaf more, behind the others."""
        self._hashes += hashlib.sha256(b"\0" + leaf).digest()

    def root(self) -> bytes:
        """Return the root over all leaves; of none, the hash of nothing."""
        return self._over(0, len(self)) if len(self) else hashlib.sha256(b"").digest()

    def path(self, first: int, end: int) -> list[bytes]:
        """Return the hashes of the subtrees that hold no leaf of the run, from left to right."""
        return list(_outside(0, len(self), first, end, self._over))

    def _over(self, low: int, high: int) -> bytes:
        if high - low == 1:
            return bytes(self._hashes[low * HASH_BYTES : high * HASH_BYTES])
        middle = low + _left_size(high - low)
        return hashlib.sha256(b"\1" + self._over(low, middle) + self._over(middle, high)).digest()


def _outside(low: int, high: int, first: int, end: int, over: Callable[[int, int], bytes]) -> Iterator[bytes]:
    if low >= high:
        return
    if high <= first or low >= end:
        yield over(low, high)
    elif high - low > 1:
        middle = low + _left_size(high - low)
        yield from _outside(low, middle, first, end, over)
        yield from _outside(middle, high, first, end, over)


def _left_size(size: int) -> int:
    return 1 << (size - 1).bit_length() - 1
