"""What two ends say of their audit logs on the line (日志头); docs/audit.md, section 3."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class LogHead:
    """Where a log stands, and what proves that it only grew since the other end last saw it.

    Args:
        known: rows that the other end has seen.
        nodes: the fewest full subtrees over the rows from `known` to `size`, end to end.
        signature: over the checkpoint that follows from all that.
    """

    POSITIONAL: ClassVar[bool] = True
    known: int
    size: int
    nodes: bytes
    chain: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class LogSaid:
    """A desk's head, and how many rows the newest head of the county has that it keeps."""

    POSITIONAL: ClassVar[bool] = True
    head: LogHead
    held: int


class LogFlaw(StrEnum):
    """What is wrong with a head that was said."""

    NONE = ""
    AGAIN = "again"  # to be said from `kept` on; nobody's fault
    SHORTER = "shorter"  # fewer rows than were seen
    DIFFERS = "differs"  # not what follows from what was seen


REFUSED = frozenset({LogFlaw.SHORTER, LogFlaw.DIFFERS})


@dataclass(frozen=True, slots=True)
class LogTold:
    """How many rows the county has seen now, what was wrong, and its own head of the day if it is news."""

    POSITIONAL: ClassVar[bool] = True
    kept: int
    flaw: LogFlaw
    head: LogHead | None
