"""What must be true of a world after every act, and what must be true in the end."""

from __future__ import annotations

from collections import Counter
from hashlib import sha256

from sync.contract.histories import History, RevisionStanding, standing_of
from sync.contract.messages import BatchState, HeadDigest, next_feed_hash
from sync.contract.revisions import RecordState
from tests.simulation.world import TOWNSHIPS, World

HIDDEN = frozenset({RevisionStanding.STAGED, RevisionStanding.SET_ASIDE, RevisionStanding.HELD})


def check_pages(world: World) -> None:
    """Every page is what its name says, and nothing became head before the pages it names were there."""
    book = world.store.book
    for (_, name), content in book.contents.items():
        assert sha256(content).hexdigest() == name, "a page is not what its name says"
    for township, name in book.attachments:
        assert (township, name) in book.contents, "a page counts as here that nobody of the township sent"


def check_now(world: World) -> None:
    """Nothing half is visible, nothing came twice, nothing was made up and nothing is lost, at any moment."""
    check_no_half_batch_is_visible(world)
    check_nothing_was_made_up(world)
    check_no_honest_witness_is_refused(world)
    check_the_feed_is_whole(world)
    check_pages(world)
    missing = world.ghosts.filed.keys() - world.ghosts.gone - world.held()
    assert not missing, "what somebody filed is on no disk"


def check_in_the_end(world: World) -> None:
    """Nobody's work is lost, nothing came twice, and both ends agree."""
    check_now(world)
    check_everything_filed_is_at_the_county(world)
    check_every_decision_stands(world)
    check_no_work_was_passed_over(world)
    check_the_feed_tells_every_decision_once(world)
    check_standings_follow_from_history(world)
    check_both_ends_agree(world)


def check_no_half_batch_is_visible(world: World) -> None:
    book = world.store.book
    received = {batch for batch, kept in book.batches.items() if kept.state is BatchState.RECEIVED}
    whole = [batch for batch in received if len(book.parts[batch]) == book.batches[batch].seal.parts]
    assert len(whole) == len(received), "a batch is received without all its parts"
    shown = {one.id for batch in received for part in book.parts[batch].values() for one in part.revisions}
    for signed in book.decisions.values():
        history = world.rules.record(signed.decision.record_id).history
        shown |= {signed.decision.revision} | history.ancestry(signed.decision.head)
    for revision, row in book.revisions.items():
        assert revision in shown or row.standing in HIDDEN, "half a batch is visible"
    times = Counter(subject for _, act, subject in book.lines if act == "batch.received")
    assert not times or max(times.values()) == 1, "a batch was received twice"
    for batch, parts in book.parts.items():
        numbers = [(part.number, place) for place, part in parts.items()]
        assert all(number == place for number, place in numbers), f"a part of {batch} was taken twice"


def check_nothing_was_made_up(world: World) -> None:
    book, ghosts = world.store.book, world.ghosts
    assert book.decisions.keys() <= ghosts.decided, "a decision that nobody made"
    for revision, row in book.revisions.items():
        if row.standing not in HIDDEN:
            assert ghosts.filed[revision][1] == row.township, "a revision that nobody of the township filed"
    honest = world.put_back_in_silence or book.now_epoch in world.epochs
    assert honest, "a new epoch although nothing went back"


def check_no_honest_witness_is_refused(world: World) -> None:
    refused = [details["reason"] for _, act, details in world.store.book.said if act == "witness.refused"]
    assert all(reason == "signature" for reason in refused), "an honest witness was refused"


def check_the_feed_is_whole(world: World) -> None:
    for township in set(TOWNSHIPS):
        row, feed = world.store.book.township(township), world.store.book.feeds.get(township, [])
        last = feed[-1] if feed else None
        assert (row.feed_end, row.feed_hash) == ((last.sequence, last.feed_hash) if last else (0, b"")), "feed torn"
        digest = HeadDigest()
        for head in world.rules.heads(township):
            digest = digest.with_head(head.record, head.revision)
        assert digest == row.digest, "the digest is not that of the heads"


def check_everything_filed_is_at_the_county(world: World) -> None:
    held, ghosts = world.store.book.revisions, world.ghosts
    for name, (revision, _) in ghosts.filed.items():
        row = held.get(name)
        assert row is not None or name in ghosts.gone, "a revision is missing at the county"
        if row is not None:
            assert row.kept.sent.read() == revision, "a value is not what was filed"
    for clerk in world.clerks:
        for batch in clerk.ledger.sealed():
            for revision in batch:
                assert held[revision].standing not in (RevisionStanding.STAGED, RevisionStanding.HELD), (
                    "hidden for ever"
                )


def check_every_decision_stands(world: World) -> None:
    """Each that any disk still held is at the county, and is followed by the record's one tip: none is replaced in silence."""
    book, ghosts = world.store.book, world.ghosts
    assert ghosts.decided - ghosts.forgotten <= book.decisions.keys(), "a decision is forgotten"
    for record in book.records:
        history = world.rules.record(record).history
        assert len(history.tips) <= 1, "a dispute was not settled"
        follows = {decision.id: decision.previous for decision in history.decisions}
        seen, open_ends = set(), list(history.tips)
        while open_ends:
            here = open_ends.pop()
            if here not in seen:
                seen.add(here)
                open_ends += follows[here]
        assert seen == follows.keys(), "a decision was replaced in silence"


def check_no_work_was_passed_over(world: World) -> None:
    """What was ever head, or was filed and not returned, is in the ancestry of the head."""
    for record in world.store.book.records:
        file = world.rules.record(record)
        true = History(file.history.parents, file.history.kinds, file.history.decisions)
        line = true.ancestry(file.head)
        for decision in true.decisions:
            assert decision.head is None or decision.head in line, "a head was passed over"
        for revision, standing in file.standings.items():
            returned = standing in (RevisionStanding.RETURNED, RevisionStanding.SET_ASIDE, *HIDDEN)
            assert returned or revision in line, "somebody's work was passed over"


def check_the_feed_tells_every_decision_once(world: World) -> None:
    book = world.store.book
    told = []
    for township in set(TOWNSHIPS):
        running = b""
        for number, event in enumerate(book.feeds.get(township, []), 1):
            decision = event.decision.decision.id if event.decision else None
            running = next_feed_hash(running, event.kind, event.record, event.revision, decision)
            assert (event.sequence, event.feed_hash) == (number, running)
            told += [decision] if decision else []
    assert sorted(told) == sorted(book.decisions), "a decision is not told once"


def check_standings_follow_from_history(world: World) -> None:
    for record in world.store.book.records:
        file = world.rules.record(record)
        for revision, standing in file.standings.items():
            if standing not in HIDDEN:
                assert standing is standing_of(file.history, revision), "a standing does not follow from the history"


def check_both_ends_agree(world: World) -> None:
    decisions = world.store.book.decisions.values()
    for clerk in world.clerks:
        ledger, township = clerk.ledger, clerk.desk.township
        assert ledger.digest() == world.rules.digest(township), "the ends do not agree"
        assert set(ledger.heads()) == set(world.rules.heads(township))
        ours = {signed.decision.id for signed in decisions if signed.decision.township == township}
        assert {signed.decision.id for signed in ledger.decisions()} == ours, "a decision was not delivered"
        resting = (RecordState.ACCEPTED, RecordState.VOIDED, RecordState.RETURNED)
        for record in ledger.records():
            assert ledger.state(record) in resting, f"a record still stands {ledger.state(record)}"
