"""Bugs planted on purpose in what happens when a county was put back from a backup, at both ends."""

from __future__ import annotations

from dataclasses import replace

from sync.contract.decisions import SignedDecision
from sync.contract.histories import History
from sync.contract.messages import BatchState, SyncReply, SyncRequest, Witness
from sync.contract.revisions import DeviceId, RevisionId, TownshipId
from sync.contract.witnesses import Witnessing
from sync.ledger import Desk, RecordFile, TakenIn
from sync.ledger.county_book import CountyBook
from sync.ledger.county_rules import CountyRules
from sync.ledger.feed import Feed
from sync.ledger.witness_taking import WitnessTaker
from tests.simulation.planted_county import JudgingBook
from tests.simulation.weather import FailingStore, WeatherLedger
from tests.simulation.world import Parts


class EpochIgnored(CountyRules):
    """An old epoch is answered as if it were the new one."""

    def sync(self, desk: Desk, request: SyncRequest) -> SyncReply:
        reply = super().sync(desk, replace(request, epoch=self.epoch) if request.epoch else request)
        return replace(reply, epoch=request.epoch) if request.epoch else reply


class ReceiptsNotChecked(CountyRules):
    """A county that was put back in silence never notices."""

    def _went_back(self, book: CountyBook, desk: Desk, request: SyncRequest) -> bool:
        return False


class NobodyIsWaitedFor(CountyRules):
    """Staff decide at once after a restore."""

    def _awaited(self, book: CountyBook, township: TownshipId) -> tuple[DeviceId, ...]:
        return ()


class _Ignoring(WitnessTaker):
    def take(self, witness: Witness) -> int:
        self._book.set_witnessed(self._book.epoch(), self._desk.holder.device, Witnessing.WITNESSED)
        return witness.total


class WitnessIgnored(CountyRules):
    """The county thanks for the witness and keeps nothing of it."""

    taker = _Ignoring


class _Credulous(WitnessTaker):
    def _is_signed(self, signed: SignedDecision) -> bool:
        return True


class _Trusting(WitnessTaker):
    def _known(self, names: tuple[str, ...]) -> int:
        return len(names)


class NamesBelieved(CountyRules):
    """What a desk only names counts as held, whether or not it is."""

    taker = _Trusting


class WitnessUnsigned(CountyRules):
    """Whatever a desk says was decided is believed."""

    taker = _Credulous


class _Forgetting(WitnessTaker):
    def _stand(self, signed: SignedDecision, before: RecordFile) -> None:
        if set(before.history.tips) <= set(signed.decision.previous):
            super()._stand(signed, before)


class RemadeInSilence(CountyRules):
    """A decision made meanwhile stands, and the one that a desk witnesses late is dropped."""

    taker = _Forgetting


class _Overwriting(WitnessTaker):
    def _stand(self, signed: SignedDecision, before: RecordFile) -> None:
        newer = [d for d in before.history.decisions if d.id not in signed.decision.previous]
        if not newer or set(before.history.tips) <= set(signed.decision.previous):
            super()._stand(signed, before)
            return
        for decision in newer:
            self._book.decisions.pop(decision.id)  # type: ignore[attr-defined]  # of a book in memory
        self._book.add_decision(signed)
        feed = Feed(self._book, signed.decision.township)
        feed.tell_decision(signed)
        feed.restate(self._book.record_files([signed.decision.record_id])[signed.decision.record_id])
        feed.close()


class LateWitnessOverwrites(CountyRules):
    """What a desk witnesses late takes the place of what was decided meanwhile."""

    taker = _Overwriting


class _JoinsAnything(History):
    def ancestry(self, revision: RevisionId | None) -> frozenset[RevisionId]:
        return frozenset(self.parents) if self.in_dispute else super().ancestry(revision)


class _SettlesOneSide(JudgingBook):
    history = _JoinsAnything


class SettlesOneSide(FailingStore):
    """A settlement may drop what was head on the other side."""

    kind = _SettlesOneSide


class KeepsTheCursor(WeatherLedger):
    """The desk reads the feed of a new epoch from where it stood in the old one."""

    def take_in(self, asked: SyncRequest, reply: SyncReply) -> TakenIn:
        before = self._place
        taken = super().take_in(asked, reply)
        if taken.new_epoch and before.epoch:
            self._place = replace(self._place, after=before.after)
        return taken


class DoesNotSendAgain(WeatherLedger):
    """The batches that the county had received are not sent again in a new epoch."""

    def take_in(self, asked: SyncRequest, reply: SyncReply) -> TakenIn:
        received = {b.seal.batch_id for b in self._batches if b.state is BatchState.RECEIVED}
        taken = super().take_in(asked, reply)
        if taken.new_epoch:
            for batch in self._batches:
                if batch.seal.batch_id in received:
                    batch.state = BatchState.RECEIVED
        return taken


class WitnessesRevisionsOnly(WeatherLedger):
    """The desk says which revisions it holds, and nothing of what was decided on them."""

    def take_in(self, asked: SyncRequest, reply: SyncReply) -> TakenIn:
        taken = super().take_in(asked, reply)
        if taken.new_epoch:
            self._witness = replace(self._witness, decisions=())
        return taken


PLANTED = {
    "epoch ignored": Parts(rules=EpochIgnored),
    "receipts not checked": Parts(rules=ReceiptsNotChecked),
    "nobody is waited for": Parts(rules=NobodyIsWaitedFor),
    "witness ignored": Parts(rules=WitnessIgnored),
    "names believed": Parts(rules=NamesBelieved),
    "witness accepted unsigned": Parts(rules=WitnessUnsigned),
    "decision re-made silently": Parts(rules=RemadeInSilence),
    "late witness overwrites": Parts(rules=LateWitnessOverwrites),
    "settlement takes one side": Parts(store=SettlesOneSide),
    "cursor kept across epochs": Parts(ledger=KeepsTheCursor),
    "batches not sent again": Parts(ledger=DoesNotSendAgain),
    "decisions not witnessed": Parts(ledger=WitnessesRevisionsOnly),
}
