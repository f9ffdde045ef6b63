"""Saying where an audit log stands, and believing it: how heads (日志头) are made and followed. docs/audit.md, section 3."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy.engine import Connection

from sync.contract.errors import SealBroken
from sync.contract.log_heads import LogHead
from sync.vault import audit
from sync.vault.checkpoints import Checkpoint, Public, Signer, check, sign
from sync.vault.merkle import HASH_BYTES, Frontier

COUNTY_ORIGIN: Final = "lantai/county/"


@dataclass(frozen=True, slots=True)
class Seen:
    """How far another end's log was seen: enough to tell whether it only grew."""

    frontier: Frontier
    chain: bytes


UNSEEN: Final = Seen(Frontier(), bytes(HASH_BYTES))


def desk_origin(township: str, device: str) -> str:
    """Return the name under which a desk's log is signed; of one that is not enrolled, `device` is `office`."""
    return f"lantai/{township}/{device}"


def say(connection: Connection, known: int, origin: str, key: Signer) -> LogHead:
    """Return where the log of this database stands, for somebody who has seen its first `known` rows."""
    now = audit.head(connection)
    nodes = b"".join(audit.subtrees(connection, known))
    return LogHead(known, now.size, nodes, now.chain, sign(Checkpoint(origin, now.size, now.root, now.chain), key))


def follow(seen: Seen, said: LogHead, origin: str, public: Public) -> tuple[Checkpoint, Seen]:
    """Return the checkpoint that was signed, and how far the log is seen then.

    Raises:
        SealBroken: it does not follow from what was seen, or another signed it.
    """
    if said.known != seen.frontier.size or len(said.chain) != HASH_BYTES or len(said.nodes) % HASH_BYTES:
        raise SealBroken("log_head")
    frontier = seen.frontier.follow(said.size, split_hashes(said.nodes))
    checkpoint = Checkpoint(origin, said.size, frontier.root(), said.chain)
    check(checkpoint, said.signature, public)
    return checkpoint, Seen(frontier, said.chain)


def is_same(seen: Seen, said: LogHead, origin: str, public: Public) -> bool:
    """Tell whether a head of as many rows as were seen is the one that was seen."""
    if said.chain != seen.chain:
        return False
    try:
        check(Checkpoint(origin, said.size, seen.frontier.root(), seen.chain), said.signature, public)
    except SealBroken:
        return False
    return True


def split_hashes(joined: bytes) -> Sequence[bytes]:
    """Return hashes that stand end to end."""
    return [joined[start : start + HASH_BYTES] for start in range(0, len(joined), HASH_BYTES)]
