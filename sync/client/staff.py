"""What county staff ask of their county: the worklist, records, pages, and decisions under their own signature."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync.client.blobs import read_range
from sync.client.session import LineSession, Message
from sync.contract.batches import BatchId
from sync.contract.board import Board
from sync.contract.certificates import Role
from sync.contract.decisions import Decision, DecisionKind, Ground, read_time, sign_decision
from sync.contract.duplicates import Answer, Node, PairAnswer, PairAnswered, PairLine, PairList
from sync.contract.editions import Edition, SignedEdition, sign_edition
from sync.contract.errors import NotAllowed, error_of
from sync.contract.histories import check_fits
from sync.contract.messages import send_revision
from sync.contract.review import (
    MOST_PROPOSALS,
    BatchDetail,
    BatchLine,
    BatchList,
    Bearer,
    Challenge,
    ConflictList,
    Login,
    Outcome,
    Outcomes,
    Proposals,
    RecordDetail,
    SentProposal,
    login_digest,
)
from sync.contract.revisions import ChangeKind, DeviceId, RecordId, Revision, RevisionId, TownshipId
from sync.contract.rulings import Ruling, SignedRuling, sign_ruling
from sync.contract.taking_back import SignedTakeBack, TakeBack, sign_take_back

RENEW_S = 60


class Staff:
    """A signed-in person of the county; signs in again by itself when the bearer runs out.

    Args:
        device, signing_certificate: as given at enrolment.
        key: the person's own, which stays in the person's encrypted archive.
    """

    def __init__(
        self, session: LineSession, device: DeviceId, signing_certificate: bytes, key: Ed25519PrivateKey
    ) -> None:
        self._session, self._device = session, device
        self._certificate, self._key = signing_certificate, key
        self._bearer: Bearer | None = None
        self._signed_in_s = 0.0

    def sign_in(self) -> Bearer:
        """Return a fresh bearer.

        Raises:
            NotAllowed: this device or person may not.
        """
        nonce = self._session.ask("POST", "/v1/staff/challenge", Challenge).nonce
        login = Login(nonce, self._key.sign(login_digest(nonce, self._device)))
        self._bearer = self._session.ask("POST", "/v1/staff/login", Bearer, login)
        self._signed_in_s = time.monotonic()
        return self._bearer

    def role(self) -> Role:
        """Return what the county lets this person do."""
        self._token()
        return Role(self._signed_in().role)

    def sign_ruling(self, ruling: Ruling) -> SignedRuling:
        """Return a ruling under this person's signature, at the county's time."""
        return sign_ruling(ruling, self._certificate, self._now(), self._key)

    def sign_edition(self, edition: Edition) -> SignedEdition:
        """Return an edition under this person's signature, at the county's time."""
        return sign_edition(edition, self._certificate, self._now(), self._key)

    def sign_take_back(self, said: TakeBack) -> SignedTakeBack:
        """Return a taking back under this person's signature, at the county's time."""
        return sign_take_back(said, self._certificate, self._now(), self._key)

    def batches(self, township: TownshipId | None = None) -> tuple[BatchLine, ...]:
        """Return the batches received, newest first."""
        query = f"?township={township}" if township else ""
        return self.ask("GET", f"/v1/batches{query}", BatchList).batches

    def batch(self, batch_id: BatchId, skip: int = 0) -> BatchDetail:
        """Return a batch record by record, from the `skip`-th on."""
        return self.ask("GET", f"/v1/batches/{batch_id}?skip={skip}", BatchDetail)

    def board(self) -> Board:
        """Return how every township stands."""
        return self.ask("GET", "/v1/board", Board)

    def conflicts(self, township: TownshipId | None = None, skip: int = 0) -> ConflictList:
        """Return what waits because two people changed it at once, from the `skip`-th on."""
        query = f"&township={township}" if township else ""
        return self.ask("GET", f"/v1/conflicts?skip={skip}{query}", ConflictList)

    def pairs(self, *, answered: bool = False, skip: int = 0) -> PairList:
        """Return what may be filed twice, or what was answered of it, from the `skip`-th on."""
        return self.ask("GET", f"/v1/pairs?answered={str(answered).lower()}&skip={skip}", PairList)

    def answer_pair(self, pair: PairLine, answer: Answer) -> str:
        """The pair is answered; the id by which that can be undone is returned. Raises Refused: somebody was first."""
        one, other = (Node(side.record, side.key) for side in (pair.one, pair.other))
        return self.ask("POST", "/v1/pairs/answer", PairAnswered, PairAnswer(one, other, answer)).id

    def undo_pair(self, answer_id: str) -> None:
        """The pair waits again. Raises Refused: the answer did not stand."""
        self.ask("POST", "/v1/pairs/undo", PairAnswered, PairAnswered(answer_id))

    def record(self, record_id: RecordId) -> RecordDetail:
        """Return a record with all it has been through; that it was looked at stands in the county's log."""
        return self.ask("GET", f"/v1/records/{record_id}", RecordDetail)

    def page_bytes(self, sha256: str, start: int, size_bytes: int) -> bytes:
        """Return a range of an attachment."""
        return read_range(self._session, sha256, start, size_bytes, self._token())

    def attachment(self, sha256: str) -> bytes:
        """Return a whole attachment."""
        content = bytearray()
        while block := self.page_bytes(sha256, len(content), 1 << 22):
            content += block
        return bytes(content)

    # decisions

    def accept(self, record: RecordDetail, revision: RevisionId) -> None:
        """The revision is the record's head."""
        self._decide(record, DecisionKind.ACCEPTED, revision, revision)

    def give_back(self, record: RecordDetail, revision: RevisionId, grounds: Iterable[Ground]) -> None:
        """The revision goes back to its township (退回), with a ground for each field that is wrong."""
        self._decide(record, DecisionKind.RETURNED, revision, record.head, grounds=tuple(grounds))

    def merge(self, record: RecordDetail, revision: RevisionId, merged: Revision) -> None:
        """Head and conflicting revision are joined in `merged`, which names both as parents."""
        self._decide(record, DecisionKind.MERGED, revision, merged.id, merged)

    def change(self, record: RecordDetail, changed: Revision) -> None:
        """The county's own change is the head; void and restore are such changes too."""
        kinds = {ChangeKind.VOID: DecisionKind.VOIDED, ChangeKind.RESTORE: DecisionKind.RESTORED}
        kind = kinds.get(changed.kind_of_change, DecisionKind.COUNTY)
        self._decide(record, kind, changed.id, changed.id, changed)

    def settle(self, record: RecordDetail, head: RevisionId | None, joined: Revision | None = None) -> None:
        """Two decisions that stood against each other are joined under one head, or under none if neither side has one."""
        history = record.history()
        sides = [decision for decision in history.decisions if decision.id in history.tips[:2]]
        self._decide(record, DecisionKind.SETTLED, head or sides[0].revision, head, joined)

    def propose(
        self,
        record: RecordDetail,
        kind: DecisionKind,
        revision: RevisionId,
        head: RevisionId | None,
        made: Revision | None = None,
        grounds: tuple[Ground, ...] = (),
    ) -> SentProposal:
        """Return a signed decision that follows the record's tips.

        Raises:
            HeadMoved, BadRequest: it does not fit the record as it was read.
        """
        history = record.history()
        previous = history.tips[:2] if kind is DecisionKind.SETTLED else history.tips
        decision = Decision(record.township, record.record, kind, revision, head, previous, grounds)
        if made is None:  # what a decision makes is not in the history yet; the county checks it
            check_fits(history, decision)
        signed = sign_decision(decision, self._certificate, self._now(), self._key)
        return SentProposal(signed, (send_revision(made),) if made else ())

    def decide(self, proposals: Iterable[SentProposal]) -> tuple[Outcome, ...]:
        """Return what became of each; one that is refused does not hold up the others."""
        waiting = tuple(proposals)
        outcomes: tuple[Outcome, ...] = ()
        for start in range(0, len(waiting), MOST_PROPOSALS):
            asked = Proposals(waiting[start : start + MOST_PROPOSALS])
            outcomes += self.ask("POST", "/v1/decisions", Outcomes, asked).outcomes
        return outcomes

    def _decide(
        self,
        record: RecordDetail,
        kind: DecisionKind,
        revision: RevisionId,
        head: RevisionId | None,
        made: Revision | None = None,
        grounds: tuple[Ground, ...] = (),
    ) -> None:
        """The decision stands, or the county's error says why not."""
        outcome = self.decide([self.propose(record, kind, revision, head, made, grounds)])[0]
        if outcome.code:
            raise error_of(outcome.code)(outcome.detail, record=record.record)

    def ask(self, method: str, path: str, kind: type[Message], message: object = None) -> Message:
        """Ask under the bearer; a county that was started anew knows none and is signed in to once more."""
        try:
            return self._session.ask(method, path, kind, message, self._headers())
        except NotAllowed:
            if self._bearer is None:
                raise
            self._bearer = None
            return self._session.ask(method, path, kind, message, self._headers())

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token()}"}

    def _token(self) -> str:
        bearer = self._bearer
        if bearer is None or time.monotonic() - self._signed_in_s > bearer.expires_s - RENEW_S:
            bearer = self.sign_in()
        return bearer.token

    def _now(self) -> datetime:
        """The county's time: this PC's clock may stand wrong."""
        self._token()
        return read_time(self._signed_in().clock) + timedelta(seconds=time.monotonic() - self._signed_in_s)

    def _signed_in(self) -> Bearer:
        if self._bearer is None:
            raise NotAllowed("sign in first")
        return self._bearer
