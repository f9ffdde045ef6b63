"""The part of the county's book that is the townships' feeds: numbered events, and how far desks were told of them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, Row, bindparam, delete, select, update

from sync.contract.decisions import SignedDecision
from sync.contract.messages import EventKind
from sync.contract.revisions import TownshipId
from sync.contract.wire import unpack
from sync.county import tables
from sync.county.statements import insert_ignoring
from sync.county.tables import table
from sync.ledger.county_book import KeptEvent

_DECISION, _FEED = table(tables.DecisionRow), table(tables.FeedLine)
_FETCHED, _TOWNSHIP = table(tables.Fetched), table(tables.Township)

# asked with requests of desks: built once
_LATER = (_FEED.c.township == bindparam("of")) & (_FEED.c.sequence > bindparam("after"))
_EVENTS = (
    select(_FEED, _DECISION.c.packed)
    .select_from(_FEED.outerjoin(_DECISION, _FEED.c.decision == _DECISION.c.id))
    .where(_LATER)
    .order_by(_FEED.c.sequence)
    .limit(bindparam("most"))
)
_FEED_HASH = select(_FEED.c.feed_hash).where(
    (_FEED.c.township == bindparam("of")) & (_FEED.c.sequence == bindparam("at"))
)
_TOLD_UNTIL = select(_FETCHED.c.sequence).where(_FETCHED.c.township == bindparam("of"))


class SqlFeed:
    """What a CountyBook says of feeds, over one connection in one transaction."""

    connection: Connection

    def add_events(self, township: TownshipId, events: Sequence[KeptEvent]) -> None:
        rows = [
            {
                "township": township, "sequence": event.sequence, "kind": event.kind.value,
                "feed_hash": event.feed_hash, "record": event.record, "revision": event.revision,
                "decision": event.decision.decision.id if event.decision else None,
            }
            for event in events
        ]  # fmt: skip
        self.connection.execute(_FEED.insert(), rows)

    def events(self, township: TownshipId, after: int, most: int) -> Sequence[KeptEvent]:
        asked = {"of": township, "after": after, "most": most}
        return [read_event(row) for row in self.connection.execute(_EVENTS, asked)]

    def feed_hash_at(self, township: TownshipId, sequence: int) -> bytes | None:
        return self.connection.execute(_FEED_HASH, {"of": township, "at": sequence}).scalar_one_or_none()

    def fetched(self, township: TownshipId) -> int:
        return int(self.connection.execute(_TOLD_UNTIL, {"of": township}).scalar_one_or_none() or 0)

    def set_fetched(self, township: TownshipId, sequence: int) -> None:
        row = {"township": township, "sequence": 0}
        self.connection.execute(insert_ignoring(self.connection, tables.Fetched), row)
        ours = _FETCHED.c.township == township
        self.connection.execute(update(_FETCHED).where(ours).values(sequence=sequence))

    def set_all_fetched(self) -> None:
        self.connection.execute(delete(_FETCHED))
        ends = select(_TOWNSHIP.c.code, _TOWNSHIP.c.feed_end)
        self.connection.execute(_FETCHED.insert().from_select(["township", "sequence"], ends))

    def cut_feed(self, township: TownshipId, after: int) -> None:
        """The feed ends at that number."""
        self.connection.execute(delete(_FEED).where((_FEED.c.township == township) & (_FEED.c.sequence > after)))


def read_event(row: Row[tuple[object, ...]]) -> KeptEvent:
    """Return an event from its row, with its decision packed."""
    named = row._mapping
    signed = None if named["packed"] is None else unpack(SignedDecision, named["packed"])
    return KeptEvent(
        named["sequence"], EventKind(named["kind"]), named["feed_hash"], named["record"], named["revision"], signed
    )
