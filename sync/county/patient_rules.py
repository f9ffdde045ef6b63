"""The county's rules over a store where acts collide: what writes is done again (docs/protocol.md, section 4)."""

from __future__ import annotations

from sync.contract.decisions import DecisionId
from sync.contract.messages import SyncReply, SyncRequest
from sync.contract.revisions import DeviceId, TownshipId
from sync.contract.taking_back import SignedTakeBack
from sync.county.collisions import again
from sync.ledger import Desk, Proposal
from sync.ledger.county_rules import CountyRules


class PatientRules(CountyRules):
    """CountyRules whose acts are done again when they collided; a desk's request is repeatable as a whole."""

    @again
    def sync(self, desk: Desk, request: SyncRequest) -> SyncReply:
        return super().sync(desk, request)

    @again
    def decide(self, proposal: Proposal) -> None:
        super().decide(proposal)

    @again
    def take_back(self, signed: SignedTakeBack) -> dict[DecisionId, str]:
        return super().take_back(signed)

    @again
    def mark_attachment_held(self, township: TownshipId, sha256: str, size_bytes: int) -> None:
        super().mark_attachment_held(township, sha256, size_bytes)

    @again
    def waive(self, township: TownshipId, by: str, why: str) -> tuple[DeviceId, ...]:
        return super().waive(township, by, why)

    @again
    def take_new_epoch(self, epoch: str) -> None:
        super().take_new_epoch(epoch)
