"""What county staff may ask; every call shows a bearer, every look at a person's papers stands in the log."""

from __future__ import annotations

import time

from sync.contract.batches import BatchId
from sync.contract.board import Board
from sync.contract.certificates import Holder
from sync.contract.duplicates import PairAnswer, PairAnswered, PairList
from sync.contract.editions import SignedEdition, StandingEdition, Tried, TriedFiles
from sync.contract.errors import BadRequest, LantaiError, NotAllowed
from sync.contract.received_list import SignedReceivedList
from sync.contract.review import (
    MOST_PROPOSALS,
    BatchDetail,
    BatchList,
    Bearer,
    Challenge,
    ConflictList,
    DisputeList,
    Login,
    Outcome,
    Outcomes,
    Proposals,
    RecordDetail,
    SentProposal,
)
from sync.contract.revisions import RecordId, TownshipId
from sync.contract.rulings import DoubtfulLogs, SignedRuling
from sync.contract.taking_back import SignedTakeBack
from sync.contract.witnesses import AwaitedDesk, AwaitedDesks
from sync.county import board, conflicts, disputes, pairs, reviewing
from sync.county.book import SqlBook
from sync.county.collisions import again
from sync.county.received_lists import make_received_list
from sync.county.service import County
from sync.county.signing_in import BEARER_S, SigningIn
from sync.county.tables import Device
from sync.ledger import Proposal

SIGNED_IN = "staff.signed_in"
MOST_REMEMBERED = 10_000


class StaffCalls:
    """The calls of staff."""

    def __init__(self, county: County) -> None:
        self._county = county
        self._signing_in = SigningIn(time.monotonic)
        self._looked_at: set[tuple[str, str]] = set()

    def challenge(self, device: Device) -> Challenge:
        """Return a number to be signed by the device's person."""
        return Challenge(self._signing_in.challenge(device))

    def sign_in(self, device: Device, login: Login) -> Bearer:
        """Return a bearer; that the person signed in stands in the log."""
        token = self._signing_in.sign_in(device, login)
        self._note_sign_in(device)
        clock = self._county.now().isoformat(timespec="seconds")
        return Bearer(token, device.name, device.role, BEARER_S, clock)

    @again
    def _note_sign_in(self, device: Device) -> None:
        with self._county.storage.writing(None) as book:
            book.log(device.name, SIGNED_IN, device.id, {})

    def batches(self, device: Device, token: str, township: TownshipId | None) -> BatchList:
        """Return the worklist, of one township if it is given."""
        self._signing_in.check(device, token)
        with self._county.storage.connection() as connection:
            return reviewing.list_batches(connection, township)

    def batch(self, device: Device, token: str, batch_id: BatchId, skip: int) -> BatchDetail:
        """Return a batch record by record, from the `skip`-th on."""
        self._signing_in.check(device, token)
        with self._county.storage.connection() as connection:
            return reviewing.show_batch(SqlBook(connection, self._county.now), connection, batch_id, skip)

    @again
    def received_list(self, device: Device, token: str, batch_id: BatchId) -> SignedReceivedList:
        """Return the batch's received list, counted now and signed by the county."""
        holder, county = self._signing_in.check(device, token), self._county
        with county.storage.writing(None) as book:
            authority = county.authority
            return make_received_list(book, authority.county, authority.key, batch_id, holder.name, county.now())

    def board(self, device: Device, token: str) -> Board:
        """Return how every township stands."""
        self._signing_in.check(device, token)
        with self._county.storage.connection() as connection:
            return board.read_board(connection, self._county.now())

    def conflicts(self, device: Device, token: str, township: TownshipId | None, skip: int) -> ConflictList:
        """Return what two people changed at once and nobody has decided yet."""
        self._signing_in.check(device, token)
        with self._county.storage.connection() as connection:
            return conflicts.list_conflicts(connection, township, skip)

    def pairs(self, device: Device, token: str, answered: bool, skip: int) -> PairList:
        """Return what may be filed twice, or what was answered of it, the newest answer first."""
        self._signing_in.check(device, token)
        with self._county.storage.connection() as connection:
            return pairs.list_pairs(connection, self._county.kinds, answered, skip)

    @again
    def answer_pair(self, device: Device, token: str, said: PairAnswer) -> PairAnswered:
        """Return the answer's id; who gave it stands in the log.

        Raises:
            Refused: somebody answered it meanwhile, or there is no such pair any more.
        """
        holder = self._signing_in.check(device, token)
        with self._county.storage.writing(None) as book:
            made = pairs.answer(book.connection, said, holder.name, self._county.now())
            details = {"other": said.other.record, "answer": said.answer.value}
            book.log(holder.name, "pair.answered", said.one.record, details)
        return made

    @again
    def undo_pair(self, device: Device, token: str, said: PairAnswered) -> PairAnswered:
        """Return the answer that no longer stands; the pair waits again. Raises Refused: it did not stand."""
        holder = self._signing_in.check(device, token)
        with self._county.storage.writing(None) as book:
            one, other = pairs.undo(book.connection, said.id, holder.name, self._county.now())
            book.log(holder.name, "pair.undone", one, {"other": other, "answer": said.id})
        return said

    @again
    def record(self, device: Device, token: str, record_id: RecordId) -> RecordDetail:
        """Return a record with all it has been through; the look at it stands in the log."""
        holder = self._signing_in.check(device, token)
        with self._county.storage.writing(None) as book:
            detail = reviewing.show_record(book.connection, record_id)
            book.log(holder.name, "record.viewed", record_id, {})
        return detail

    @again
    def read_attachment(
        self, device: Device, token: str, sha256: str, start: int, size_bytes: int
    ) -> tuple[bytes, int]:
        """Return a range and the whole length; the first look under a bearer stands in the log."""
        holder = self._signing_in.check(device, token)
        content, total = self._county.attachments.read(None, sha256, start, size_bytes)
        if (token, sha256) not in self._looked_at:
            with self._county.storage.writing(None) as book:
                book.log(holder.name, "attachment.viewed", sha256, {})
            if len(self._looked_at) >= MOST_REMEMBERED:
                self._looked_at.clear()  # at worst a look is written down twice
            self._looked_at.add((token, sha256))
        return content, total

    def awaited(self, device: Device, token: str) -> AwaitedDesks:
        """Return the desks that the county waits for since it was put back."""
        self._signing_in.check(device, token)
        return self._county.awaited()

    def waive(self, device: Device, token: str, signed: SignedRuling) -> AwaitedDesks:
        """Return the desks that are not waited for any more; the ruling stands in the log, with its signature.

        Raises:
            NotAllowed: an officer rules, by the own signature. HeadMoved: others are waited for now.
        """
        self._check_signer(device, token, signed)
        township = TownshipId(signed.ruling.subject)
        waived = self._county.rulings.waive(signed)
        return AwaitedDesks(tuple(AwaitedDesk(township, "", one) for one in waived), signed.ruling.epoch)

    def disputes(self, device: Device, token: str) -> DisputeList:
        """Return the records on which two decisions stand against each other."""
        self._signing_in.check(device, token)
        with self._county.storage.connection() as connection:
            return disputes.tell_disputes(connection)

    def doubtful_logs(self, device: Device, token: str) -> DoubtfulLogs:
        """Return the desks whose audit log does not follow from what was seen of it."""
        self._signing_in.check(device, token)
        return DoubtfulLogs(self._county.ledger.epoch, self._county.logs.doubtful())

    def begin_log_again(self, device: Device, token: str, signed: SignedRuling) -> DoubtfulLogs:
        """Return what is still in doubt; the log that was ruled on is seen from its beginning next time.

        Raises:
            NotAllowed: an officer rules, by the own signature. HeadMoved: it is not in doubt as it was.
        """
        self._check_signer(device, token, signed)
        self._county.rulings.begin_log_again(signed)
        return DoubtfulLogs(self._county.ledger.epoch, self._county.logs.doubtful())

    def _check_signer(
        self, device: Device, token: str, signed: SignedRuling | SignedTakeBack | SignedEdition
    ) -> Holder:
        holder = self._signing_in.check(device, token)
        if signed.signer != device.signing_certificate:
            raise NotAllowed("signed by another person", device=holder.device)
        return holder

    def decide(self, device: Device, token: str, asked: Proposals) -> Outcomes:
        """Return what became of each decision; one that is refused does not hold up the others."""
        holder = self._signing_in.check(device, token)
        if len(asked.proposals) > MOST_PROPOSALS:
            raise BadRequest("too many decisions at once", most=MOST_PROPOSALS)
        return Outcomes(tuple(self._decide_one(holder, device, proposal) for proposal in asked.proposals))

    def edition(self, device: Device, token: str) -> StandingEdition:
        """Return the edition of kinds and rules that stands, with its files."""
        self._signing_in.check(device, token)
        return self._county.editions.standing()

    def try_edition(self, device: Device, token: str, asked: TriedFiles) -> Tried:
        """Return who changes if these files stood, or why they cannot."""
        self._signing_in.check(device, token)
        return self._county.editions.try_files(asked)

    @again
    def publish(self, device: Device, token: str, signed: SignedEdition) -> StandingEdition:
        """Return the edition that stands now; an officer's, under the own signature."""
        holder = self._check_signer(device, token, signed)
        return self._county.editions.publish(signed, holder)

    def take_back(self, device: Device, token: str, signed: SignedTakeBack) -> Outcomes:
        """Return what became of each decision that shall not stand: `fetched` if a desk was told of it already.

        Raises:
            NotAllowed: signed by another person, or by one who does not decide.
        """
        self._check_signer(device, token, signed)
        said = self._county.ledger.take_back(signed)
        return Outcomes(tuple(Outcome(one, code, "") for one, code in said.items()))

    def _decide_one(self, holder: Holder, device: Device, proposal: SentProposal) -> Outcome:
        decision = proposal.signed.decision
        try:
            if proposal.signed.signer != device.signing_certificate:
                raise NotAllowed("signed by another person", device=holder.device)
            self._county.ledger.decide(Proposal(proposal.signed, proposal.revisions))
        except LantaiError as error:
            return Outcome(decision.id, error.code, str(error.args[0]))
        return Outcome(decision.id, "", "")
