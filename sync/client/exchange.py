"""One exchange with the county: batches up and decisions down, then attachments; rows never wait for pages.

Everything is repeatable: after any cut the next run goes on from what the county holds. When to try again is the
caller's to decide (`pacing.waits_s`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from sync.client.blobs import AttachmentSender
from sync.client.edition_keeper import NO_EDITIONS, EditionKeeper
from sync.client.log_keeper import NO_LOG, LogKeeper
from sync.client.pacing import Pace
from sync.client.session import LineSession
from sync.contract.decisions import check_decision
from sync.contract.errors import BadRequest, Offline, SealBroken
from sync.contract.log_heads import LogSaid
from sync.contract.messages import (
    MOST_EVENTS,
    STANDING_DIGEST_BYTES,
    BatchReceipt,
    SentBatch,
    Standing,
    SyncReply,
    SyncRequest,
)
from sync.contract.revisions import RecordId
from sync.ledger import TakenIn, TownshipLedger

MOST_STANDSTILLS: Final = 5
USUAL_PACE: Final = Pace()
PAGE_PACE: Final = Pace(size_bytes=512 * 1024, largest_bytes=4 * 1024 * 1024)


class Stage(StrEnum):
    """What is under way."""

    RECORDS = "records"
    ATTACHMENTS = "attachments"


class End(StrEnum):
    """How an exchange ended; one that could not go on raises instead."""

    COMPLETE = "complete"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an exchange has come."""

    stage: Stage
    parts: int
    events: int
    attachments: int
    up_bytes: int
    down_bytes: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an exchange did.

    Args:
        rounds: requests for rows; attachments are not counted in it.
        digest_equal: desk and county agree on every head; None if the feed was not read to its end.
        records: those that changed at the desk.
        batches: the county's word on each batch that was received or rejected.
        refused: attachments that could not be sent, with the code of the error.
    """

    end: End
    rounds: int
    up_bytes: int
    down_bytes: int
    parts: int
    events: int
    attachments: int
    digest_equal: bool | None
    records: frozenset[RecordId]
    batches: tuple[BatchReceipt, ...]
    refused: Mapping[str, str]


@dataclass(slots=True)
class _Tally:
    rounds: int = 0
    parts: int = 0
    events: int = 0
    attachments: int = 0
    standstills: int = 0
    digest_equal: bool | None = None
    records: frozenset[RecordId] = frozenset()
    batches: tuple[BatchReceipt, ...] = ()
    refused: Mapping[str, str] = field(default_factory=dict)


def _never() -> bool:
    return False


def _none() -> int:
    return 0


def _unseen(progress: Progress) -> None:
    """Nobody watches."""


class Exchange:
    """Exchanges one desk's book with its county.

    Args:
        pace: how much the first request carries, and how little and much a later one may.
        most_events: asked for at once.
        waiting: how many records the desk has filed that are not at the county.
        page_pace: as `pace`, for the ranges of attachments.
        another_line: opens one more session, for attachments that travel side by side; None: they go one after the other.
        editions: of which it is said once in an exchange which one the desk works with.
        log: of which something is said once in an exchange, if there is something to say; twice if the county lacks what was before it.
    """

    def __init__(
        self,
        ledger: TownshipLedger,
        session: LineSession,
        pace: Pace = USUAL_PACE,
        most_events: int = MOST_EVENTS,
        waiting: Callable[[], int] = _none,
        log: LogKeeper = NO_LOG,
        another_line: Callable[[], LineSession] | None = None,
        page_pace: Pace = PAGE_PACE,
        editions: EditionKeeper = NO_EDITIONS,
    ) -> None:
        self._editions, self._edition_said = editions, False
        self._page_pace = page_pace
        self._another_line = another_line
        self._ledger, self._session, self._authority = ledger, session, session.authority
        self._pace, self._most_events, self._waiting = pace, most_events, waiting
        self._log, self._log_says, self._log_again = log, 0, False
        self._tally = _Tally()

    def run(self, progress: Callable[[Progress], None] = _unseen, cancelled: Callable[[], bool] = _never) -> Outcome:
        """Send what waits and take in what was decided, until nothing is left or `cancelled` says True.

        Raises:
            Offline, NotTheCounty, CountyBusy, DiskFull, ArchiveBusy: later; what was done so far is kept.
            NotAllowed, BadRequest: the county refuses this desk or does not understand it.
            SealBroken: a decision in the feed is not signed by the county's people; nothing of that reply is applied.
        """
        self._tally, self._log_says, self._edition_said = _Tally(), 0, False
        began = self._session.traffic.up_bytes, self._session.traffic.down_bytes
        complete = self._exchange_rows(progress, cancelled)
        if complete:
            sender = AttachmentSender(
                self._session,
                self._ledger,
                self._note_attachment(progress),
                cancelled,
                self._another_line,
                self._page_pace,
            )
            complete = sender.send_all()
            self._tally.refused = sender.refused
        tally, traffic = self._tally, self._session.traffic
        return Outcome(
            End.COMPLETE if complete else End.CANCELLED, tally.rounds,
            traffic.up_bytes - began[0], traffic.down_bytes - began[1],
            tally.parts, tally.events, tally.attachments, tally.digest_equal, tally.records, tally.batches,
            tally.refused,
        )  # fmt: skip

    def introduce(self) -> None:
        """The desk has spoken to its county once and knows its seat; nothing that waits was sent.

        Raises:
            Offline, NotTheCounty, CountyBusy: later; the desk is enrolled all the same.
        """
        for _ in range(MOST_STANDSTILLS):
            request = replace(self._make_request(), batch=None, witness=None, limit=1)
            if self._take(request, self._ask(request)).new_epoch:
                continue
            return

    def _take(self, request: SyncRequest, reply: SyncReply) -> TakenIn:
        for event in reply.events:
            if event.decision is not None:
                check_decision(event.decision, self._authority)
        taken = self._ledger.take_in(request, reply)
        if reply.edition is not None:
            self._editions.hear(reply.edition)
        heard = request.log is not None and reply.log is not None and self._log.hear(request.log, reply.log)
        self._log_again = heard and self._log_says == 1
        return taken

    def _say_log(self) -> LogSaid | None:
        if self._log_says and not self._log_again:
            return None
        self._log_says += 1
        return self._log.said()

    def _exchange_rows(self, progress: Callable[[Progress], None], cancelled: Callable[[], bool]) -> bool:
        while not cancelled():
            request = self._make_request()
            reply = self._ask(request)
            taken = self._take(request, reply)
            self._count(request, reply, taken)
            progress(self._progress(Stage.RECORDS))
            left = taken.new_epoch or taken.bodies_missing or taken.witness_left or self._log_again
            if not (reply.more or left or self._ledger.outgoing()):
                digest = self._ledger.digest()
                self._tally.digest_equal = (digest.value, digest.heads) == (reply.digest, reply.heads)
                return True
        return False

    def _make_request(self) -> SyncRequest:
        place = self._ledger.place()
        request = SyncRequest(
            place.epoch, place.after, place.feed_hash, last_batch=place.last_batch, witnessed=place.witnessed,
            want_bodies=place.want_bodies, limit=self._most_events, numbers=place.numbers,
        )  # fmt: skip
        if not place.epoch:  # the first request of a desk only asks for the epoch
            return request
        digest = self._ledger.digest()
        standing = Standing(self._waiting(), digest.heads, digest.value[:STANDING_DIGEST_BYTES])
        witness = self._ledger.witness(self._pace.size_bytes, naming=True)
        held = None if self._edition_said else self._editions.held()
        self._edition_said = True
        request = replace(request, witness=witness, standing=standing, log=self._say_log(), edition=held)
        outgoing = self._ledger.outgoing()
        if outgoing is None or (witness is not None and witness.end < witness.total):
            return request
        parts = self._ledger.read_parts(outgoing.seal.batch_id, outgoing.want, self._pace.size_bytes)
        return replace(request, batch=SentBatch(outgoing.seal, parts, outgoing.ran, outgoing.found))

    def _ask(self, request: SyncRequest) -> SyncReply:
        began_s = time.monotonic()
        try:
            reply = self._session.ask("POST", "/v1/sync", SyncReply, request)
        except Offline:
            self._pace = self._pace.after_a_cut()
            raise
        if request.batch is not None or request.witness is not None:
            self._pace = self._pace.after(time.monotonic() - began_s)
        return reply

    def _count(self, request: SyncRequest, reply: SyncReply, taken: TakenIn) -> None:
        tally = self._tally
        tally.rounds += 1
        tally.parts += len(request.batch.parts) if request.batch and not taken.new_epoch else 0
        tally.events += taken.events
        tally.records |= taken.records
        if taken.batch is not None and (outgoing := self._ledger.outgoing()) is not None:
            moved = outgoing.seal.batch_id != taken.batch.batch_id or _first(request) != outgoing.want
        else:
            moved = not taken.bodies_missing or not request.want_bodies
        if request.witness is not None and taken.witness_left and not taken.new_epoch:
            moved = (reply.witness_want or 0) > request.witness.first
        if taken.batch is not None and taken.batch.state != "open":
            tally.batches += (taken.batch,)
        tally.standstills = 0 if moved or taken.events else tally.standstills + 1
        if tally.standstills > MOST_STANDSTILLS:
            raise _standstill(taken)

    def _note_attachment(self, progress: Callable[[Progress], None]) -> Callable[[int, int], None]:
        def note(held: int, _bytes: int) -> None:
            self._tally.attachments = held
            progress(self._progress(Stage.ATTACHMENTS))

        return note

    def _progress(self, stage: Stage) -> Progress:
        tally, traffic = self._tally, self._session.traffic
        return Progress(stage, tally.parts, tally.events, tally.attachments, traffic.up_bytes, traffic.down_bytes)


def _first(request: SyncRequest) -> int | None:
    return request.batch.parts[0].number if request.batch and request.batch.parts else None


def _standstill(taken: TakenIn) -> Exception:
    if taken.bodies_missing:
        return SealBroken("the feed names a revision that nobody holds")
    return BadRequest("the county does not take the batch in")
