"""Undoing decisions that no desk was told of: the feed's untold end is written anew without them (docs/protocol.md, section 4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sync.contract.decisions import DecisionId, SignedDecision
from sync.contract.errors import BadRequest, HeadMoved, NotAllowed
from sync.contract.histories import RevisionStanding, standing_of
from sync.contract.taking_back import FETCHED, TAKEN_BACK_KINDS, SignedTakeBack
from sync.ledger import RecordFile
from sync.ledger.county_book import CountyBook, KeptEvent
from sync.ledger.feed import Feed

ALL: Final = 2**31 - 1


def take_back(book: CountyBook, signed: SignedTakeBack, who: str) -> dict[DecisionId, str]:
    """Return what became of each decision, inside an act of its township: "" if it stands no more, else why it does.

    Args:
        who: the person, for the log; that the signature is this person's was checked.
    """
    township = signed.said.township
    fetched = book.fetched(township)
    untold = book.events(township, fetched, ALL)
    open_ones = {event.decision.decision.id: event.decision for event in untold if event.decision is not None}
    outcomes = {one: _objection(book, signed, one, open_ones) for one in signed.said.decisions}
    gone = _unfollowed(book, outcomes, open_ones)
    if gone:
        book.take_back_decisions(signed, tuple(gone.values()), fetched)
        for one in gone.values():
            details = {"revision": one.decision.revision, "decision": one.decision.id}
            book.log(who, "decision.taken-back", one.decision.record_id, details)
        files = book.record_files({one.decision.record_id for one in gone.values()})
        feed = Feed(book, township)
        feed.begin_again(fetched)
        for event in untold:  # as nobody has seen their numbers, they get those that follow
            if _still_holds(event, files.get(event.record), gone):
                feed.tell_again(event)
        for file in files.values():
            feed.restate(file)
        feed.close()
    return outcomes


def _still_holds(event: KeptEvent, file: RecordFile | None, gone: Mapping[DecisionId, SignedDecision]) -> bool:
    """False of a decision that is gone, and of a conflict that came of it."""
    if event.decision is not None:
        return event.decision.decision.id not in gone
    return file is None or standing_of(file.history, event.revision) is RevisionStanding.CONFLICT


def _objection(
    book: CountyBook, signed: SignedTakeBack, wanted: DecisionId, open_ones: Mapping[DecisionId, SignedDecision]
) -> str:
    """Return why the decision stays, as far as it can be seen from itself alone."""
    found = open_ones.get(wanted)
    if found is None:
        return FETCHED if book.known_decisions([wanted]) else BadRequest.code
    ours = found.signer == signed.signer and found.decision.kind in TAKEN_BACK_KINDS
    return "" if ours else NotAllowed.code


def _unfollowed(
    book: CountyBook, outcomes: dict[DecisionId, str], open_ones: Mapping[DecisionId, SignedDecision]
) -> dict[DecisionId, SignedDecision]:
    """Return what goes; what somebody built on stays, and is said so in `outcomes`."""
    gone = {one: open_ones[one] for one, code in outcomes.items() if not code}
    files = book.record_files({one.decision.record_id for one in gone.values()})
    held = [one for file in files.values() for one in file.history.decisions]
    while stay := {before for one in held if one.id not in gone for before in one.previous if before in gone}:
        for one in stay:
            outcomes[one] = HeadMoved.code
            del gone[one]
    return gone
