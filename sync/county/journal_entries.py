"""What stands in the county's journal (审核流水): decisions and their taking back, enrolments, ends of them, seats; docs/county.md, section 3."""

from __future__ import annotations

from dataclasses import dataclass

from sync.contract.decisions import SignedDecision
from sync.contract.messages import SentRevision
from sync.contract.revisions import TownshipId
from sync.contract.taking_back import SignedTakeBack


@dataclass(frozen=True, slots=True)
class JournalDevice:
    """An enrolment: the device, its two certificates (DER), which the authority signed, and the code that was used up."""

    id: str
    role: str
    name: str
    township: str | None
    line_certificate: bytes
    signing_certificate: bytes
    enrolled_at: str
    code: str


@dataclass(frozen=True, slots=True)
class JournalSeat:
    """A seat that was given to a desk, and with it the lease of its numbers in every series."""

    township: TownshipId
    seat: int
    device: str
    epoch: str


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One of five: a decision with the revisions that its record did not hold under a head before, an enrolment, its end, a seat,
    decisions taken back."""

    decision: SignedDecision | None = None
    revisions: tuple[SentRevision, ...] = ()
    device: JournalDevice | None = None
    ended: str = ""
    ended_at: str = ""
    seat: JournalSeat | None = None
    taken_back: SignedTakeBack | None = None
