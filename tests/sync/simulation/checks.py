"""What must be true of a world in the end."""

from __future__ import annotations

from sync.contract.histories import RevisionStanding, standing_of
from sync.contract.messages import next_feed_hash
from tests.sync.simulation.world import TOWNSHIPS, World


def check(world: World) -> None:
    """Nobody's work is lost, nothing came twice, and both ends agree."""
    check_everything_filed_is_at_the_county(world)
    check_every_head_is_in_the_ancestry_of_the_head(world)
    check_the_feed_tells_every_decision_once(world)
    check_standings_follow_from_history(world)
    check_both_ends_agree(world)


def check_everything_filed_is_at_the_county(world: World) -> None:
    held = world.store.book.revisions
    for clerk in world.clerks:
        for revision in clerk.ledger.all_revisions():
            row = held.get(revision.id)
            assert row is not None, "a revision is missing at the county"
            assert row.kept.sent.read() == revision
            assert row.standing not in (RevisionStanding.STAGED, RevisionStanding.HELD)


def check_every_head_is_in_the_ancestry_of_the_head(world: World) -> None:
    for signed in world.store.book.decisions.values():
        file = world.rules.record(signed.decision.record_id)
        head = signed.decision.head
        assert head is None or head in file.history.ancestry(file.head), "somebody's work was passed over"


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
    for record in world.known_records():
        file = world.rules.record(record)
        for revision, standing in file.standings.items():
            assert standing is standing_of(file.history, revision)


def check_both_ends_agree(world: World) -> None:
    for clerk in world.clerks:
        assert clerk.ledger.digest() == world.rules.digest(clerk.desk.township), "the ends do not agree"
        assert set(clerk.ledger.heads()) == set(world.rules.heads(clerk.desk.township))
