"""Witnesses in memory, at both ends: for tests, practice and simulation; the same rules as the archive and the county's store."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

from sync.contract.decisions import DecisionId, SignedDecision
from sync.contract.histories import RevisionStanding
from sync.contract.messages import SyncReply, SyncRequest, Witness, send_revision
from sync.contract.revisions import DeviceId, RecordId, Revision, RevisionId, TownshipId
from sync.contract.witnesses import MOST_NAMES, NAME_BYTES, NAMES_TO_TRY, Witnessing, names_of, witness_list_id

DECISION_BYTES = 1024
"""What a signed decision with its certificate counts for on the line."""


@dataclass(frozen=True, slots=True)
class MemoryWitness:
    """What a desk witnesses in its epoch, and how far the county has it."""

    list_id: bytes = b""
    revisions: tuple[Revision, ...] = ()
    decisions: tuple[SignedDecision, ...] = ()
    want: int = 0
    confirmed: bool = False
    unwanted: bool = False
    sure: bool = True  # the county has had all that was named so far

    @classmethod
    def of(cls, epoch: str, revisions: Iterable[Revision], decisions: Iterable[SignedDecision]) -> Self:
        """Return the list that is fixed at the beginning of an epoch."""
        held, decided = tuple(revisions), tuple(decisions)
        names = [*(revision.id for revision in held), *(signed.decision.id for signed in decided)]
        return cls(witness_list_id(epoch, names), held, decided)

    @property
    def total(self) -> int:
        return len(self.revisions) + len(self.decisions)

    def run(self, most_bytes: int, first: int | None = None, *, naming: bool = False) -> Witness | None:
        """Return the next run, or the one from a place on; None if nothing is left to say. `naming`: with names of what follows."""
        if not self.list_id or self.confirmed or self.unwanted:
            return None
        sizes = [*(len(one.body) for one in self.revisions), *(DECISION_BYTES for _ in self.decisions)]
        start = self.want if first is None else first
        most_bytes = 1 if naming and self.sure else most_bytes
        end, size_bytes = start, 0
        while end < self.total and (end == start or size_bytes + sizes[end] <= most_bytes):
            size_bytes += sizes[end]
            end += 1
        count = len(self.revisions)
        said = tuple(send_revision(one) for one in self.revisions[start:end])
        decided = self.decisions[max(0, start - count) : max(0, end - count)]
        named = self._named(end, MOST_NAMES if self.sure else NAMES_TO_TRY) if naming else b""
        return Witness(self.list_id, start, self.total, said, decided, named)

    def _named(self, place: int, most: int) -> bytes:
        names = [*(one.id for one in self.revisions), *(one.decision.id for one in self.decisions)]
        return names_of(names[place : place + most])

    def after(self, asked: SyncRequest, reply: SyncReply) -> MemoryWitness:
        """Return how far it has come after a reply."""
        if asked.witness is None or asked.witness.list_id != self.list_id:
            return self
        if reply.witness_want is None:
            return replace(self, unwanted=True)
        want = min(reply.witness_want, self.total)
        passed = len(asked.witness.names) // NAME_BYTES
        sure = passed > 0 and want == asked.witness.end + passed
        return replace(self, want=want, confirmed=want == self.total, sure=sure)


class MemoryWitnesses:
    """The part of a county's book in memory about witnesses."""

    desk_rows: dict[TownshipId, list[DeviceId]]
    witnessed_rows: dict[str, dict[DeviceId, Witnessing]]
    witness_lists: dict[tuple[str, str], int]
    revisions: dict[RevisionId, Any]
    records: dict[RecordId, tuple[TownshipId, RevisionId | None]]
    decisions: dict[str, SignedDecision]

    def desks(self, township: TownshipId) -> frozenset[DeviceId]:
        return frozenset(self.desk_rows.get(township, ()))

    def witnessed(self, epoch: str, device: DeviceId | None = None) -> Mapping[DeviceId, Witnessing]:
        return dict(self.witnessed_rows.get(epoch, {}))

    def set_witnessed(self, epoch: str, device: DeviceId, how: Witnessing) -> None:
        self.witnessed_rows.setdefault(epoch, {})[device] = how

    def witness_taken(self, epoch: str, list_name: str) -> int:
        return self.witness_lists.get((epoch, list_name), 0)

    def set_witness_taken(self, epoch: str, list_name: str, taken: int) -> None:
        self.witness_lists[epoch, list_name] = taken

    def known_names(self, township: TownshipId, names: Collection[str]) -> frozenset[str]:
        held: list[str] = [name for name, row in self.revisions.items() if row.township == township]
        held += [name for name, signed in self.decisions.items() if signed.decision.township == township]
        return frozenset(names) & {name[: NAME_BYTES * 2] for name in held}

    def known_decisions(self, decisions: Collection[DecisionId]) -> frozenset[DecisionId]:
        return frozenset(one for one in decisions if one in self.decisions)

    def claim_record(self, township: TownshipId, record: RecordId) -> bool:
        return self.records.setdefault(record, (township, None))[0] == township

    def hold_staged(self, township: TownshipId, record: RecordId) -> None:
        for name, row in self.revisions.items():
            ours = row.kept.record == record and row.township == township
            if ours and row.standing is RevisionStanding.STAGED:
                self.revisions[name] = replace(row, standing=RevisionStanding.HELD)
