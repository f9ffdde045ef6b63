"""A tree over a growing list (默克尔树), as in RFC 6962: its root, and proofs about it.

A frontier keeps one hash per set bit of the size, so that a root costs nothing. A **range** of leaves is told by the
fewest full subtrees that cover it, left to right (`fold`); with the frontier before it, it gives the frontier after it
(`Frontier.follow`). That is how one end shows the other that its list only grew, and that a copy of rows a to b leaves
none of them out. Single leaves and two roots of strangers are proved in the words of the standard.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from sync.contract.errors import SealBroken

HASH_BYTES: Final = 32
_LEAF: Final = b"\0"
_NODE: Final = b"\1"
_sha256 = hashlib.sha256


@dataclass(frozen=True, slots=True)
class Frontier:
    """What must be kept of a list of `size` leaves to go on and to know its root: the full subtrees, largest first."""

    size: int = 0
    peaks: tuple[bytes, ...] = ()

    def push(self, leaf: bytes) -> Frontier:
        """Return the frontier of the list with one more leaf."""
        node, peaks, size = _hash(_LEAF + leaf), list(self.peaks), self.size
        while size & 1:
            node = _hash(_NODE + peaks.pop() + node)
            size >>= 1
        return Frontier(self.size + 1, (*peaks, node))

    def follow(self, size: int, nodes: Sequence[bytes]) -> Frontier:
        """Return the frontier of the list of `size` leaves, from the subtrees that cover those after this one.

        Args:
            nodes: as `fold` gave them for the leaves from `self.size` on.
        Raises:
            SealBroken: not as many as that range has, or not hashes.
        """
        peaks, wanted = list(self.peaks), list(cover(self.size, size))
        if size < self.size or len(nodes) != len(wanted) or any(len(node) != HASH_BYTES for node in nodes):
            raise SealBroken("merkle_range")
        for (start, level), subtree in zip(wanted, nodes, strict=True):
            node = subtree
            while start >> level & 1:
                node, level = _hash(_NODE + peaks.pop() + node), level + 1
            peaks.append(node)
        return Frontier(size, tuple(peaks))

    def root(self) -> bytes:
        """Return the root over all leaves; of none, the hash of nothing."""
        if not self.peaks:
            return _hash(b"")
        *larger, root = self.peaks
        for peak in reversed(larger):
            root = _hash(_NODE + peak + root)
        return root

    def to_bytes(self) -> bytes:
        """Return the peaks end to end; the size is kept beside them."""
        return b"".join(self.peaks)

    @classmethod
    def from_bytes(cls, size: int, peaks: bytes) -> Frontier:
        """Return the frontier that `to_bytes` wrote."""
        return cls(size, tuple(peaks[start : start + HASH_BYTES] for start in range(0, len(peaks), HASH_BYTES)))


class Growing:
    """A frontier that a long list is read into."""

    __slots__ = ("_peaks", "_size")

    def __init__(self) -> None:
        """Nothing was read yet."""
        self._size, self._peaks = 0, list[bytes]()

    def push(self, leaf: bytes) -> None:
        """One leaf more was read."""
        peaks, size = self._peaks, self._size
        node = _sha256(_LEAF + leaf).digest()
        while size & 1:
            node = _sha256(_NODE + peaks.pop() + node).digest()
            size >>= 1
        peaks.append(node)
        self._size += 1

    def frontier(self) -> Frontier:
        """Return the frontier of what was read."""
        return Frontier(self._size, tuple(self._peaks))


class Tree:
    """All full subtrees over a list that is at hand, for proofs about it; 64 bytes a leaf."""

    def __init__(self, leaves: Iterable[bytes]) -> None:
        """Take the leaves in order."""
        level = [_hash(_LEAF + leaf) for leaf in leaves]
        self._levels = [level]
        while len(level) > 1:
            level = [_hash(_NODE + left + right) for left, right in zip(level[::2], level[1::2], strict=False)]
            self._levels.append(level)

    @property
    def size(self) -> int:
        """How many leaves there are."""
        return len(self._levels[0])

    def root(self, size: int | None = None) -> bytes:
        """Return the root over the first `size` leaves, or over all."""
        wanted = self.size if size is None else size
        return self._over(0, wanted) if wanted else _hash(b"")

    def range(self, first: int, end: int) -> tuple[bytes, ...]:
        """Return the fewest subtrees that cover the leaves from `first` up to, not with, `end`; as `fold` does."""
        return tuple(self._levels[level][start >> level] for start, level in cover(first, end))

    def inclusion(self, index: int, size: int) -> tuple[bytes, ...]:
        """Return the proof that a leaf stands at `index` in the list of `size` leaves (RFC 6962, 2.1.1)."""
        if not 0 <= index < size <= self.size:
            raise ValueError("no such leaf")
        path: list[bytes] = []
        first, end = 0, size
        while end - first > 1:
            middle = first + _split(end - first)
            if index < middle:
                path.append(self._over(middle, end))
                end = middle
            else:
                path.append(self._over(first, middle))
                first = middle
        return tuple(reversed(path))

    def consistency(self, old: int, size: int) -> tuple[bytes, ...]:
        """Return the proof that the list of `size` leaves begins with that of `old` leaves (RFC 6962, 2.1.2)."""
        if not 0 <= old <= size <= self.size:
            raise ValueError("no such range")
        path: list[bytes] = []
        first, end = 0, size
        while 0 < old < end:
            middle = first + _split(end - first)
            if old <= middle:
                path.append(self._over(middle, end))
                end = middle
            else:
                path.append(self._over(first, middle))
                first = middle
        if first:
            path.append(self._over(first, end))
        return tuple(reversed(path))

    def _over(self, first: int, end: int) -> bytes:
        *left, node = self.range(first, end)
        for subtree in reversed(left):
            node = _hash(_NODE + subtree + node)
        return node


def cover(first: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield start and level of the fewest full subtrees that cover the leaves from `first` up to, not with, `end`.

    A subtree of level n holds 2ⁿ leaves and starts at a multiple of that.
    """
    while first < end:
        room = (end - first).bit_length() - 1
        level = min(room, (first & -first).bit_length() - 1) if first else room
        yield first, level
        first += 1 << level


def fold(first: int, leaves: Iterable[bytes]) -> tuple[bytes, ...]:
    """Return the subtrees that cover these leaves, of which the first stands at index `first` of its list."""
    return _join((index, 0, _hash(_LEAF + leaf)) for index, leaf in enumerate(leaves, first))


def fold_ranges(ranges: Iterable[tuple[int, int, Sequence[bytes]]]) -> tuple[bytes, ...]:
    """Return the subtrees over several ranges that follow one another, each told by its first, its end and its subtrees."""
    return _join(
        (start, level, node)
        for first, end, nodes in ranges
        for (start, level), node in zip(cover(first, end), nodes, strict=True)
    )


def _join(subtrees: Iterable[tuple[int, int, bytes]]) -> tuple[bytes, ...]:
    """Join neighbours, told by start, level and hash, wherever two are the halves of one."""
    joined: list[tuple[int, bytes]] = []  # level and hash
    for start, own_level, own in subtrees:
        level, node = own_level, own
        while start >> level & 1 and joined and joined[-1][0] == level:
            node, level = _hash(_NODE + joined.pop()[1] + node), level + 1
        joined.append((level, node))
    return tuple(node for _level, node in joined)


def proves_inclusion(root: bytes, size: int, index: int, leaf: bytes, proof: Sequence[bytes]) -> bool:
    """Tell whether the leaf stands at `index` in the list with this root (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    node, place, last, steps = _hash(_LEAF + leaf), index, size - 1, iter(proof)
    while last:
        if place & 1 or place < last:
            step = next(steps, None)
            if step is None:
                return False
            node = _hash(_NODE + step + node) if place & 1 else _hash(_NODE + node + step)
        place, last = place >> 1, last >> 1
    return next(steps, None) is None and hmac.compare_digest(node, root)


def proves_consistency(old_size: int, old_root: bytes, size: int, root: bytes, proof: Sequence[bytes]) -> bool:
    """Tell whether the list with `root` begins with the one with `old_root` (RFC 9162, 2.1.4.2)."""
    if not 0 <= old_size <= size:
        return False
    if old_size in (0, size):
        return not proof and old_root == (root if old_size else _hash(b""))
    steps = list(proof)
    if old_size & (old_size - 1) == 0:
        steps.insert(0, old_root)
    if not steps:
        return False
    old = new = steps[0]
    place, last = old_size - 1, size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    for step in steps[1:]:
        if not last:
            return False
        if place & 1 or place == last:
            old, new = _hash(_NODE + step + old), _hash(_NODE + step + new)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            new = _hash(_NODE + new + step)
        place, last = place >> 1, last >> 1
    return not last and hmac.compare_digest(old, old_root) and hmac.compare_digest(new, root)


def _split(size: int) -> int:
    return 1 << ((size - 1).bit_length() - 1)


def _hash(content: bytes) -> bytes:
    return _sha256(content).digest()
