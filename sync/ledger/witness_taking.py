"""Taking in what desks witness after the county went back in time, and who is waited for (docs/protocol.md, section 11)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from cryptography import x509

from sync.contract.decisions import SignedDecision, check_decision
from sync.contract.errors import BadRequest, NotAllowed, SealBroken
from sync.contract.histories import RevisionStanding
from sync.contract.messages import SentRevision, SyncRequest, Witness
from sync.contract.revisions import DeviceId, TownshipId
from sync.contract.rulings import check_reason
from sync.contract.witnesses import MOST_NAMES, NAME_BYTES, Witnessing, split_names
from sync.ledger import Desk, RecordFile
from sync.ledger.county_book import CountyBook, KeptRevision, LogDetail
from sync.ledger.feed import Feed


class WitnessTaker:
    """Takes one run of a desk's witness, inside one transaction."""

    def __init__(self, book: CountyBook, desk: Desk, authority: x509.Certificate) -> None:
        self._book, self._desk, self._authority = book, desk, authority

    def take(self, witness: Witness) -> int:
        """Return how many things of the desk's list the county has after this run.

        Raises:
            BadRequest: the run is not one of a list.
        """
        named, rest = divmod(len(witness.names), NAME_BYTES)
        if rest or named > MOST_NAMES or not 0 <= witness.first <= witness.end <= witness.total - named:
            raise BadRequest("a run of a witness outside its list")
        epoch, device = self._book.epoch(), self._desk.holder.device
        name = f"{device}:{witness.list_id.hex()}"
        taken = self._book.witness_taken(epoch, name)
        if witness.first <= taken < witness.end:
            self._hold(witness.revisions)
            known = self._book.known_decisions([signed.decision.id for signed in witness.decisions])
            for signed in witness.decisions:
                if signed.decision.id not in known:
                    self._take_decision(signed)
            taken = witness.end
            self._book.set_witness_taken(epoch, name, taken)
        if taken == witness.end and witness.names:
            taken += self._known(split_names(witness.names))
            self._book.set_witness_taken(epoch, name, taken)
        if taken >= witness.total and self._book.witnessed(epoch).get(device) is not Witnessing.WITNESSED:
            self._book.set_witnessed(epoch, device, Witnessing.WITNESSED)
            self._book.log(device, "witness.complete", epoch, {"held": witness.total})
        return taken

    def _known(self, names: tuple[str, ...]) -> int:
        """Return how many of the things named are here, up to the first that is not."""
        here = self._book.known_names(self._desk.township, names)
        return next((place for place, name in enumerate(names) if name not in here), len(names))

    def hear(self, revisions: tuple[SentRevision, ...], signed: SignedDecision) -> None:
        """A decision that something else than a desk remembers stands beside all that is known, or is set aside."""
        self._hold(revisions)
        self._take_decision(signed)

    def _hold(self, revisions: tuple[SentRevision, ...]) -> None:
        """The revisions are kept, hidden: they prove themselves by their hash, and were judged when they were sealed."""
        kept = []
        for sent in revisions:
            revision = sent.read()
            kept.append(
                KeptRevision(
                    sent, revision.id, revision.record_id, RevisionStanding.HELD, revision.attachments, revision.number
                )
            )
        self._book.add_revisions(self._desk.township, kept)

    def _take_decision(self, signed: SignedDecision) -> None:
        """The decision stands beside all that is known, or is set aside with the reason."""
        decision = signed.decision
        reason = self._objection(signed)
        if reason:
            self._book.log(self._desk.holder.device, "witness.refused", decision.id, {"reason": reason})
            return
        before = self._book.record_files([decision.record_id])[decision.record_id]
        self._stand(signed, before)

    def _objection(self, signed: SignedDecision) -> str:
        """Return why the decision is not taken, \"\" if nothing stands against it."""
        decision, township = signed.decision, self._desk.township
        if not self._is_signed(signed):
            return "signature"
        if decision.township != township or not self._book.claim_record(township, decision.record_id):
            return "township"
        self._book.hold_staged(township, decision.record_id)
        history = self._book.record_files([decision.record_id])[decision.record_id].history
        if not set(decision.previous) <= {held.id for held in history.decisions}:
            return "gap"
        named = {decision.revision, decision.revision if decision.head is None else decision.head}
        return "" if named <= history.parents.keys() else "revision_missing"

    def _is_signed(self, signed: SignedDecision) -> bool:
        try:
            check_decision(signed, self._authority)
        except (SealBroken, NotAllowed, BadRequest):
            return False
        return True

    def _stand(self, signed: SignedDecision, before: RecordFile) -> None:
        """The decision is known to all; a fork becomes a dispute."""
        decision = signed.decision
        late = not set(before.history.tips) <= set(decision.previous)
        self._book.add_decision(signed)
        details: dict[str, str | int] = {"decision": decision.id, "kind": decision.kind.value, "dispute": int(late)}
        self._book.log(self._desk.holder.device, "decision.witnessed", decision.record_id, details)
        feed = Feed(self._book, decision.township)
        feed.tell_decision(signed)
        feed.restate(self._book.record_files([decision.record_id])[decision.record_id])
        feed.close()
        # somebody outside holds it: neither it nor what it follows is taken back any more
        self._book.set_fetched(decision.township, self._book.township(decision.township).feed_end)


def awaited(book: CountyBook, township: TownshipId) -> tuple[DeviceId, ...]:
    """Return the township's desks that have not witnessed since the store went back; none if it never did."""
    if book.epoch_began() is None:
        return ()
    return tuple(sorted(book.desks(township) - book.witnessed(book.epoch()).keys()))


def waive(
    book: CountyBook, township: TownshipId, by: str, why: str, proof: Mapping[str, LogDetail] = MappingProxyType({})
) -> tuple[DeviceId, ...]:
    """The desks that are waited for are waited for no more; returns which. `proof` stands in the log beside it."""
    check_reason(why)
    missing = awaited(book, township)
    for device in missing:
        book.set_witnessed(book.epoch(), device, Witnessing.WAIVED)
    if missing:
        book.log(by, "witness.waived", township, {"why": why, "desks": missing, **proof})
    return missing


def is_forgotten(book: CountyBook, desk: Desk, request: SyncRequest) -> bool:
    """True if the desk was told in this epoch that its witness is complete, and this store does not know it."""
    device = desk.holder.device
    return request.witnessed and book.witnessed(request.epoch, device).get(device) is not Witnessing.WITNESSED
