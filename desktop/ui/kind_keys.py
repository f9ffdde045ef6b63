"""The key of each kind of record (门类的键): its place in the kinds' own order, the same on every page.

Digits first, then the letters that no page needs for something else: not T in the inbox, nor A D M N T and E, which other
pages take with Alt.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sync.contract.kinds import Kind

KEYS = "123456789BCFGHJKLPQRSUVWXYZ"
EVERY_KIND_KEY = "0"


def key_of(kind: Kind) -> str:
    """Return the key a kind has; kinds past the last letter have none and are reached by Tab."""
    return KEYS[kind.order - 1] if 0 < kind.order <= len(KEYS) else ""


def keyed(kinds: Mapping[str, Kind]) -> Iterator[tuple[str, str]]:
    """Yield (key on the keyboard, key of the kind) for every kind that has one."""
    yield from ((key_of(kind), key) for key, kind in kinds.items() if key_of(kind))
