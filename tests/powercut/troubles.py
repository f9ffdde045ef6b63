"""In which ways a disk refuses, and what was found when it did."""

from __future__ import annotations

import errno
import json
from collections import Counter
from dataclasses import dataclass, field

from tests.powercut.tap import Calls

EXAMPLES = 6
RIGHT = frozenset(
    {"disk_full", "disk_fails", "place_unavailable", "backup_broken", "unreadable_table", "unreadable_file"}
)
"""What a person may be told when a disk refuses: the archive is not damaged, and it is not the person's doing."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """One way in which a disk refuses."""

    name: str
    kinds: Calls
    error: int
    lasts: bool = False
    half: bool = False

    def counts_as(self, other: Trouble) -> bool:
        """Whether there are as many calls for the one to fail as for the other."""
        return self.kinds == other.kinds and (self.error == errno.ENOSPC) == (other.error == errno.ENOSPC)

    @property
    def right(self) -> frozenset[str]:
        """What a person may be told; a file that cannot be read at all is on a bad sector, and damaged."""
        unread = self.error == errno.EIO and self.kinds & Calls.OPENS
        return RIGHT | {"seal_broken"} if unread else RIGHT


TROUBLES = (
    Trouble("full from then on", Calls.WRITES | Calls.OPENS | Calls.NAMES | Calls.SYNCS, errno.ENOSPC, lasts=True),
    Trouble("full for a moment", Calls.WRITES | Calls.OPENS | Calls.NAMES | Calls.SYNCS, errno.ENOSPC),
    Trouble("half a write", Calls.WRITES, errno.ENOSPC, half=True),
    Trouble("half a write, then full", Calls.WRITES, errno.ENOSPC, lasts=True, half=True),
    Trouble("a write fails", Calls.WRITES, errno.EIO),
    Trouble("a flush fails", Calls.SYNCS, errno.EIO),
    Trouble("the disk is gone", Calls.WRITES | Calls.OPENS | Calls.NAMES | Calls.SYNCS, errno.EIO, lasts=True),
    Trouble("a file cannot be opened", Calls.OPENS, errno.EACCES),
    Trouble("a name cannot be changed", Calls.NAMES, errno.EIO),
    Trouble("read-only from then on", Calls.WRITES | Calls.OPENS | Calls.NAMES, errno.EROFS, lasts=True),
)


@dataclass(slots=True)
class Tried:
    """What the failing calls of one workflow came to."""

    name: str
    runs: int = 0
    calls: dict[str, int] = field(default_factory=dict)  # by trouble, how many calls there are to fail
    told: Counter[str] = field(default_factory=Counter)  # how it ended: "done", or the code of the error
    faults: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)

    def line(self) -> str:
        """Return what `read` reads."""
        return json.dumps([self.name, self.runs, self.calls, self.told, self.faults, self.examples], ensure_ascii=False)

    @classmethod
    def read(cls, line: str) -> Tried:
        """Return what another process found and printed."""
        name, runs, calls, told, faults, examples = json.loads(line)
        return cls(name, runs, calls, Counter(told), Counter(faults), examples)

    def fault(self, sort: str, trouble: Trouble, nth: int, what: str) -> None:
        self.faults[sort] += 1
        if sum(sort in one for one in self.examples) < EXAMPLES:
            said = {"workflow": self.name, "trouble": trouble.name, "nth": nth, sort: what}
            self.examples.append(json.dumps(said, ensure_ascii=False))
