"""A township's feed while one act is under way: events numbered in a row, states and digest moved with them."""

from __future__ import annotations

from sync.contract.decisions import SignedDecision
from sync.contract.histories import OPEN_STANDINGS, History, RevisionStanding, standing_of
from sync.contract.messages import EventKind, next_feed_hash
from sync.contract.revisions import RecordId, RevisionId, TownshipId
from sync.ledger import RecordFile
from sync.ledger.county_book import CountyBook, KeptEvent, TownshipRow

_HIDDEN = frozenset({RevisionStanding.STAGED, RevisionStanding.SET_ASIDE})


class Feed:
    """What an act tells a township; nothing of it is in the book before `close`."""

    def __init__(self, book: CountyBook, township: TownshipId) -> None:
        self._book, self._township = book, township
        row = book.township(township)
        self._end, self._hash, self._digest = row.feed_end, row.feed_hash, row.digest
        self._events: list[KeptEvent] = []
        self._cut = False
        self._standings: dict[RevisionId, RevisionStanding] = {}

    def tell_decision(self, signed: SignedDecision) -> None:
        """The township learns of the decision."""
        self._tell(EventKind.DECISION, signed.decision.record_id, signed.decision.revision, signed)

    def restate(self, file: RecordFile) -> None:
        """Every revision of the record stands where its history puts it; new conflicts are told."""
        self._move_head(file)
        for revision, before in file.standings.items():
            now = _standing(file.history, revision, before)
            if now is before:
                continue
            self._standings[revision] = now
            if now is RevisionStanding.CONFLICT:
                self._tell(EventKind.CONFLICT, file.record_id, revision, None)

    def begin_again(self, sequence: int) -> None:
        """What is told next follows that number; the book holds no later one any more."""
        self._end, self._cut = sequence, True
        self._hash = (self._book.feed_hash_at(self._township, sequence) or b"") if sequence else b""

    def tell_again(self, event: KeptEvent) -> None:
        """The township learns of it under the next number."""
        self._tell(event.kind, event.record, event.revision, event.decision)

    def close(self) -> None:
        """All that was told is in the book."""
        self._book.set_standings(self._township, self._standings)
        if self._events:
            self._book.add_events(self._township, self._events)
        if self._events or self._cut:
            self._book.save_township(self._township, TownshipRow(self._end, self._hash, self._digest))

    def _move_head(self, file: RecordFile) -> None:
        """The head and the digest follow the only tip; in a dispute there is none, at either end."""
        new = file.history.head
        if new == file.head:
            return
        if file.head is not None:
            self._digest = self._digest.without_head(file.record_id, file.head)
        if new is not None:
            self._digest = self._digest.with_head(file.record_id, new)
        self._book.set_head(self._township, file.record_id, new)

    def _tell(self, kind: EventKind, record: RecordId, revision: RevisionId, signed: SignedDecision | None) -> None:
        self._end += 1
        decision = signed.decision.id if signed else None
        self._hash = next_feed_hash(self._hash, kind, record, revision, decision)
        self._events.append(KeptEvent(self._end, kind, self._hash, record, revision, signed))


def _standing(history: History, revision: RevisionId, before: RevisionStanding) -> RevisionStanding:
    """Hidden revisions stay hidden; one only held shows itself once a decision says where it stands.

    While two decisions stand against each other there is no head to compare with: what is open stays as it was.
    """
    if before in _HIDDEN:
        return before
    now = standing_of(history, revision)
    unsaid = before is RevisionStanding.HELD or history.in_dispute
    return before if unsaid and now in OPEN_STANDINGS else now
