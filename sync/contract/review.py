"""What county staff and their county say to each other on the line (docs/protocol.md, section 3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sync.contract.batch_results import BatchResults
from sync.contract.batches import BatchId
from sync.contract.decisions import DecisionId, SignedDecision
from sync.contract.histories import History, RevisionStanding
from sync.contract.messages import Problem, SentRevision
from sync.contract.revisions import ChangeKind, DeviceId, RecordId, RevisionId, TownshipId, hash_parts

MOST_PROPOSALS: Final = 200


@dataclass(frozen=True, slots=True)
class Challenge:
    """A number used once, to be signed by the person who signs in."""

    nonce: bytes


@dataclass(frozen=True, slots=True)
class Login:
    """The nonce under the person's signature."""

    nonce: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class Bearer:
    """What a signed-in person shows with each request, from the same device only."""

    token: str
    name: str
    role: str
    expires_s: int
    clock: str


def login_digest(nonce: bytes, device: DeviceId) -> bytes:
    """Return what is signed to sign in."""
    return hash_parts(b"lantai.login.1", (nonce, device.encode()))


@dataclass(frozen=True, slots=True)
class BatchLine:
    """A batch in the worklist, with how many of its revisions wait to be decided on."""

    batch_id: BatchId
    township: TownshipId
    township_name: str
    sequence: int
    state: str
    received_at: str
    revisions: int
    undecided: int


@dataclass(frozen=True, slots=True)
class BatchSummary:
    """A batch, with how many of its revisions stand where."""

    batch_id: BatchId
    township: TownshipId
    township_name: str
    device: DeviceId
    sequence: int
    state: str
    received_at: str
    revisions: int
    undecided: int
    accepted: int
    returned: int
    conflicts: int
    set_aside: int

    @property
    def open(self) -> int:
        """How many are neither decided on nor in conflict: each revision is counted in one place."""
        return self.undecided - self.conflicts


@dataclass(frozen=True, slots=True)
class BatchList:
    """The worklist."""

    batches: tuple[BatchLine, ...]


@dataclass(frozen=True, slots=True)
class BatchRecord:
    """One revision of a batch: where it stands, how many pages are still on the way, and what a list shows of it."""

    record: RecordId
    revision: RevisionId
    standing: RevisionStanding
    change: ChangeKind
    kind: str
    number: str
    title: str
    missing: int


@dataclass(frozen=True, slots=True)
class BatchDetail:
    """A batch record by record; `more` if the list goes on. `results`: what the checks of the four properties found of it."""

    summary: BatchSummary
    records: tuple[BatchRecord, ...]
    problems: tuple[Problem, ...]
    more: bool
    results: BatchResults | None = None


@dataclass(frozen=True, slots=True)
class ShownRevision:
    """A revision with where it stands and which of its attachments have not arrived."""

    id: RevisionId
    sent: SentRevision
    standing: RevisionStanding
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RecordDetail:
    """A record with all it has been through."""

    record: RecordId
    township: TownshipId
    head: RevisionId | None
    revisions: tuple[ShownRevision, ...]
    decisions: tuple[SignedDecision, ...]

    def history(self) -> History:
        """Return the record's history, on which a decision is made."""
        return History(
            {shown.id: shown.sent.parent_ids for shown in self.revisions},
            {shown.id: ChangeKind(shown.sent.kind) for shown in self.revisions},
            tuple(signed.decision for signed in self.decisions),
        )


@dataclass(frozen=True, slots=True)
class ConflictLine:
    """A revision in conflict as a list shows it; `clashes` counts the values that a person has to decide."""

    record: RecordId
    revision: RevisionId
    township: TownshipId
    township_name: str
    kind: str
    number: str
    title: str
    clashes: int


@dataclass(frozen=True, slots=True)
class ConflictList:
    """A run of the revisions in conflict, the first received first, and how many there are in all."""

    conflicts: tuple[ConflictLine, ...]
    total: int


@dataclass(frozen=True, slots=True)
class DisputeLine:
    """A record on which two decisions stand against each other, as a list shows it."""

    record: RecordId
    township: TownshipId
    township_name: str
    kind: str
    number: str
    title: str


@dataclass(frozen=True, slots=True)
class DisputeList:
    """The first 200 records in dispute, in order of their ids, and how many there are in all."""

    disputes: tuple[DisputeLine, ...]
    total: int


@dataclass(frozen=True, slots=True)
class SentProposal:
    """A signed decision and the revisions it makes."""

    signed: SignedDecision
    revisions: tuple[SentRevision, ...] = ()


@dataclass(frozen=True, slots=True)
class Proposals:
    """Decisions to be made, each by itself; at most 200."""

    proposals: tuple[SentProposal, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one decision: `code` is empty if it stands, else the error's."""

    decision: DecisionId
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What became of each."""

    outcomes: tuple[Outcome, ...]
