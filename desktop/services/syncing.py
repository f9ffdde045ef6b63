"""Syncing (同步): what was filed goes to the county in sealed batches, and its decisions come back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Final

import uuid6

from desktop.archive import attachments, batches, log_witness, numbering, records, settings
from desktop.archive.archive import Archive
from desktop.archive.batches import BatchLine
from desktop.archive.clock import Clock
from desktop.archive.records import RecordLine
from desktop.archive.township_ledger import ArchiveTownshipLedger
from desktop.services.changed import Changed
from desktop.services.editions import DeskEditions
from desktop.services.enrolments import EnrolmentDrawer
from desktop.services.hand_over_checks import keep_results, look_at_filed
from desktop.services.log_witnessing import LogWitness
from sync.client.exchange import Exchange, Outcome, Progress
from sync.contract.batches import BatchId, BatchSeal
from sync.contract.errors import DigestDiffers, NotAllowed
from sync.contract.kinds import Kind
from sync.contract.leases import leased
from sync.contract.messages import BatchState, DigestReply, HeadDigest
from sync.contract.revisions import RecordState

FEW_LEFT: Final = 50


@dataclass(frozen=True, slots=True)
class LineStatus:
    """How the line stands, as the desk knows it without asking.

    `seat` (机位) is 0 before the county gave one; `first_item` is where its numbers begin in every series;
    `ending` names each series whose block has few numbers left, with how many: then they go on further up.
    `log_flaw` is what the county says against this desk's audit log, `county_log_flaw` what this desk says against the county's.
    """

    enrolled: bool
    county: str
    address: str
    filed: int
    queued: int
    open_batches: int
    unsent_attachments: int
    received: int
    accepted: int
    returned: int
    last_contact: str
    seat: int
    first_item: int
    ending: tuple[tuple[str, int], ...]
    log_flaw: str
    county_log_flaw: str


@dataclass(frozen=True, slots=True)
class Synced:
    """What one exchange did; `digest` is the desk's own, equal to the county's unless DigestDiffers was raised."""

    outcome: Outcome
    digest: str
    heads: int
    changed: Changed


@dataclass(frozen=True, slots=True)
class Agreement:
    """What both ends hold, as digests over all heads (对账)."""

    desk: HeadDigest
    county: HeadDigest

    @property
    def equal(self) -> bool:
        return self.desk == self.county


class Syncing:
    """One desk's end of the line."""

    def __init__(
        self, archive: Archive, kinds: Mapping[str, Kind], person: str, clock: Clock, edition: int = 0
    ) -> None:
        self._archive = archive
        self._kinds = kinds
        self.held_back = 0  # records that the last sealing left here, for a check stood against them
        self._person = person
        self._clock = clock
        self._drawer = EnrolmentDrawer(archive, "desk", person, clock)
        self.editions = DeskEditions(archive, self._drawer, edition, clock)
        self._ledger = ArchiveTownshipLedger(archive, kinds, clock)

    def enrolled(self) -> bool:
        """Whether the county knows this desk."""
        return self._drawer.enrolled()

    def enrol(self, address: str, code: str) -> None:
        """The county knows this desk and what it numbered so far from now on, and has given it a seat.

        Raises:
            WrongCode: mistyped, used, too old, or another county's; Offline: nobody answers; NotTheCounty.
        """
        self._drawer.enrol(address, code)

    def move_to(self, address: str) -> None:
        """The county answers at another address from now on."""
        self._drawer.move_to(address)

    def status(self) -> LineStatus:
        """Return how the line stands, without asking anybody."""
        made = self._drawer.read() if self._drawer.enrolled() else None
        with self._archive.reading() as connection:
            states = records.count(connection)
            open_batches = sum(one.state is BatchState.OPEN for one in batches.every(connection))
            last = settings.get(connection, "line.last_contact")
            unsent = attachments.count_unsent(connection)
            seat = numbering.seat(connection)
            ending = numbering.ending(connection, FEW_LEFT)
            log_flaw, county_log_flaw = log_witness.flaws(connection)
        return LineStatus(
            enrolled=made is not None,
            county=made.county if made else "",
            address=made.address if made else "",
            filed=states.get(RecordState.FILED, 0),
            queued=states.get(RecordState.QUEUED, 0),
            open_batches=open_batches,
            unsent_attachments=unsent,
            received=states.get(RecordState.RECEIVED, 0),
            accepted=states.get(RecordState.ACCEPTED, 0),
            returned=states.get(RecordState.RETURNED, 0),
            last_contact=last,
            seat=seat,
            first_item=next(leased(seat)).first if seat else 0,
            ending=tuple((str(block.series), block.last - block.next + 1) for block in ending),
            log_flaw=log_flaw,
            county_log_flaw=county_log_flaw,
        )

    def batches(self) -> list[BatchLine]:
        """Return the sealed batches, the newest first."""
        with self._archive.reading() as connection:
            return batches.every(connection)

    def compare(self) -> Agreement:
        """Ask the county for its digest and put it beside the desk's own.

        Raises:
            Offline, NotTheCounty: nothing is known then.
        """
        with closing(self._drawer.read().open_session()) as session:
            reply = session.ask("GET", "/v1/digest", DigestReply)
        total = sum(int.from_bytes(one.digest, "big") for one in reply.buckets) % 2**256
        county = HeadDigest(total, sum(one.heads for one in reply.buckets))
        return Agreement(self._ledger.digest(), county)

    def returned(self) -> list[RecordLine]:
        """Return the records that the county sent back, each with its grounds, newest first."""
        with self._archive.reading() as connection:
            return records.in_state(connection, RecordState.RETURNED)

    def seal_batch(self) -> BatchSeal | None:
        """Everything filed stands in a sealed, signed batch, ready to go; None when nothing was filed since the last.

        Each record is checked first (四性检测); one that a blocking check stands against is held back by itself.

        Raises:
            Offline, NotTheCounty: this archive was put back from a backup, and only the county knows how far it had come.
        """
        with self._archive.reading() as connection:
            asks_first = bool(settings.get(connection, batches.ASKS_FIRST))
        if asks_first:
            with closing(self._drawer.read().open_session()) as session:
                Exchange(self._ledger, session).introduce()
        made, key = self._drawer.read(), self._drawer.signing_key()
        if made.township is None:
            raise NotAllowed("only a township's desk hands over")
        looked = look_at_filed(self._archive, self._kinds, self._clock)
        if not (looked.passing or looked.held_back):
            return None
        with self._archive.act(self._person, self._clock()) as act:
            batch_id = BatchId(str(uuid6.uuid7()))
            sealed = batches.seal_filed(act, made.township, made.device, key, batch_id, only=looked.passing)
            keep_results(act, looked, sealed)
        self.held_back = len(looked.held_back)
        return sealed

    def _unsent(self) -> int:
        with self._archive.reading() as connection:
            return records.count_unsent(connection)

    def sync(self, progress: Callable[[Progress], None], cancelled: Callable[[], bool]) -> Synced:
        """All sealed batches and their pages are at the county, and everything it decided is here.

        Rows travel first, pages after. Whatever stops it, the next call goes on where this one ended.

        Raises:
            Offline, NotTheCounty: nothing is lost, it goes on next time.
            DigestDiffers: both ends hold different heads; nothing is forced over.
        """
        enrolment = self._drawer.read()
        with closing(enrolment.open_session()) as session:
            log = LogWitness(self._archive, self._drawer, self._clock)
            exchange = Exchange(
                self._ledger, session, waiting=self._unsent, log=log, another_line=enrolment.open_session,
                editions=self.editions,
            )  # fmt: skip
            outcome = exchange.run(progress, cancelled)
        digest = self._ledger.digest()
        with self._archive.act(self._person, self._clock()) as act:
            settings.put(act.connection, "line.last_contact", act.moment)
            act.note("synced", "line", events=outcome.events, parts=outcome.parts)
        if outcome.digest_equal is False:
            raise DigestDiffers("after a drained feed", desk=digest.value.hex()[:16])
        return Synced(outcome, digest.value.hex(), digest.heads, Changed(outcome.records, line=True))
