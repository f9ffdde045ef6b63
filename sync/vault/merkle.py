"""The root over a growing list (默克尔树), as in RFC 6962, from one hash per set bit of its size."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

HASH_BYTES: Final = 32
_LEAF: Final = b"\0"
_NODE: Final = b"\1"


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


def _hash(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()
