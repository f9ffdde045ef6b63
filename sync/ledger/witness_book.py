"""What the county's store keeps of witnesses, inside one transaction (docs/protocol.md, section 11)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Protocol

from sync.contract.decisions import DecisionId
from sync.contract.revisions import DeviceId, RecordId, TownshipId
from sync.contract.witnesses import Witnessing


class WitnessBook(Protocol):
    """The part of a CountyBook about witnesses."""

    def desks(self, township: TownshipId) -> frozenset[DeviceId]:
        """Return the township's desks whose enrolment stands."""
        ...

    def witnessed(self, epoch: str, device: DeviceId | None = None) -> Mapping[DeviceId, Witnessing]:
        """Return the desks that are not waited for in an epoch, and why."""
        ...

    def set_witnessed(self, epoch: str, device: DeviceId, how: Witnessing) -> None: ...

    def witness_taken(self, epoch: str, list_name: str) -> int:
        """Return how many things of a list have been taken in an epoch."""
        ...

    def set_witness_taken(self, epoch: str, list_name: str, taken: int) -> None: ...

    def known_names(self, township: TownshipId, names: Collection[str]) -> frozenset[str]:
        """Return those beginnings of ids by which a revision or a decision of the township is here, wherever it stands."""
        ...

    def known_decisions(self, decisions: Collection[DecisionId]) -> frozenset[DecisionId]: ...

    def claim_record(self, township: TownshipId, record: RecordId) -> bool:
        """The record belongs to the township, unless it belongs to another already; True if it does."""
        ...

    def hold_staged(self, township: TownshipId, record: RecordId) -> None:
        """Revisions of the record that are hidden in open batches are held: hidden still, but part of its history."""
        ...
