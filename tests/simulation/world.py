"""A small world of three desks and a county, drawn from a seed: people at work, and everything that goes wrong on a line.

The parts are the product's own: the exchange of the client, the rules of the county, books in memory, messages as
bytes, real signatures. Invented are only the people, the clock and the weather.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from hashlib import sha256

from sync.client.exchange import End, Exchange
from sync.client.pacing import Pace
from sync.contract.batches import BatchId, seal
from sync.contract.certificates import Holder, Role
from sync.contract.decisions import Decision, DecisionId, DecisionKind
from sync.contract.errors import BadRequest, Unavailable
from sync.contract.messages import SentBatch, SentPart, SyncReply, SyncRequest, Witness, send_revision
from sync.contract.revisions import (
    STEPS_AFTER_OWN_RESTORE,
    ChangeKind,
    DeviceId,
    RecordId,
    RecordState,
    Revision,
    RevisionId,
    TownshipId,
    may_step,
)
from sync.contract.wire import pack
from sync.ledger import Desk, TakenIn
from sync.ledger.county_rules import CountyRules, Objection
from tests.simulation.pages import MemoryPages, deliver_page
from tests.simulation.sticks import PlainPost
from tests.simulation.weather import (
    BAD,
    Cut,
    Delivery,
    FailingStore,
    FakeLine,
    Forecast,
    WeatherBook,
    WeatherLedger,
    deliver,
)
from tests.sync.contract.office import NOW, Office, new_uuid, put

OFFICE = Office()  # keys and certificates are dear; every world shares one office
TOWNSHIPS = (TownshipId("339921102"), TownshipId("339921102"), TownshipId("339921103"))
HOLDERS = [Holder(DeviceId(new_uuid(OFFICE.draw)), Role.DESK, "乡镇", township) for township in TOWNSHIPS]
CARDS = [OFFICE.give(holder) for holder in HOLDERS]
TEN_YEARS = timedelta(days=3652)
ENDLESS = 2000  # requests in one run of the client


def judge(revision: Revision) -> Objection | None:
    """A record whose body says it is bad is bad."""
    return Objection("invalid_record", "bad") if b'"bad":true' in revision.body else None


@dataclass(frozen=True)
class Parts:
    """What a world is made of; a planted bug hands in others."""

    store: type[FailingStore] = FailingStore
    rules: type[CountyRules] = CountyRules
    ledger: type[WeatherLedger] = WeatherLedger
    pages: type[MemoryPages] = MemoryPages
    post: type[PlainPost] = PlainPost


SOUND = Parts()


@dataclass
class Clerk:
    """A desk in the world."""

    desk: Desk
    ledger: WeatherLedger
    backup: WeatherLedger | None = None
    went_back: bool = False


@dataclass
class Ghosts:
    """What people really did, whatever the two ends made of it.

    Args:
        filed: every revision that was ever made, with the township it belongs to.
        gone, forgotten: revisions and decisions that no disk holds any more since one went back; nobody can promise those.
        waived: epochs in which an officer said that a township is not waited for.
    """

    filed: dict[RevisionId, tuple[Revision, TownshipId]] = field(default_factory=dict)
    decided: set[DecisionId] = field(default_factory=set)
    gone: set[RevisionId] = field(default_factory=set)
    forgotten: set[DecisionId] = field(default_factory=set)
    waived: set[tuple[str, TownshipId]] = field(default_factory=set)


class World:
    """One history; `play` it, then `heal` it, then look whether everything is right."""

    def __init__(self, seed: int, parts: Parts = SOUND) -> None:
        self.draw, self.parts = random.Random(seed), parts
        self.store = parts.store("0" * 32)
        self.now = NOW
        self.rules = parts.rules(self.store, OFFICE.authority, judge, lambda: self.now)
        self.pages = parts.pages(self.store)
        self.clerks = [
            Clerk(Desk(holder, certificate), parts.ledger(holder.township, holder.device, key))
            for holder, (key, certificate) in zip(HOLDERS, CARDS, strict=True)
        ]
        self.seen: Counter[str] = Counter()
        self.ghosts = Ghosts()
        self.captured: list[Delivery] = []
        for clerk in self.clerks:
            self.store.enrol(clerk.desk.township, clerk.desk.holder.device)
        self.epochs = {self.rules.epoch}
        self.backups: list[WeatherBook] = []
        self.put_back_in_silence = False  # a county put back without a word may take a new epoch by itself, later
        self._unnoticed = ""
        few = self.draw.random() < 0.5  # where many meet on few records, things happen
        self._records = 2 if few else 12
        self.without_line = self.draw.choice(
            [None, None, None, None, *self.clerks]
        )  # in many histories one desk has only the stick
        self.by_stick: Callable[[Clerk], None] = lambda _: None
        self._stormy = self.draw.choice([0.1, 0.3, 0.6])

    # a clerk at work

    def clerk(self) -> Clerk:
        return self.draw.choice(self.clerks)

    def text(self) -> dict[str, object]:
        return {"题名": self.draw.randbytes(4).hex(), **({"bad": True} if self.draw.random() < 0.04 else {})}

    def scans(self) -> list[bytes]:
        """Return the pages of a paper, if it was scanned; some are one and the same form."""
        if self.draw.random() < 0.6:
            return []
        made = [self.draw.randbytes(self.draw.choice([1, 9, 40])) for _ in range(self.draw.choice([1, 1, 2]))]
        return [*made, *([b"the same form"] if self.draw.random() < 0.2 else [])]

    def file(self) -> None:
        """Some are filed: new records, or, once there are enough, other revisions of some."""
        clerk = self.clerk()
        for _ in range(self.draw.choice([1, 2, 5])):
            known = clerk.ledger.records()
            if len(known) >= self._records:
                self._amend(clerk, self.draw.choice(known))
            else:
                pages = self.scans()
                named = {"attachments": [sha256(page).hexdigest() for page in pages]} if pages else {}
                self._file(clerk, put(RecordId(new_uuid(self.draw)), {**self.text(), **named}), pages)

    def amend(self) -> None:
        """A record known at a desk is changed, voided or restored there."""
        clerk = self.clerk()
        known = clerk.ledger.records()
        if known:
            self._amend(clerk, self.draw.choice(known))

    def _amend(self, clerk: Clerk, record: RecordId) -> None:
        newest = clerk.ledger.revision(clerk.ledger.newest(record))
        assert newest is not None, "the desk shows what it does not hold"
        voided = newest.kind_of_change is ChangeKind.VOID
        kind = ChangeKind.RESTORE if voided else self.draw.choice([ChangeKind.PUT] * 4 + [ChangeKind.VOID])
        self._file(clerk, put(record, self.text(), newest.id, kind=kind))
        self.seen[f"amended: {kind}"] += 1

    def _file(self, clerk: Clerk, revision: Revision, pages: Sequence[bytes] = ()) -> None:
        clerk.ledger.file(revision, pages)
        self.seen["filed with pages"] += bool(pages)
        self.ghosts.filed[revision.id] = (revision, clerk.desk.township)

    def seal(self) -> None:
        """What a desk filed stands in a batch."""
        self.clerk().ledger.seal(BatchId(new_uuid(self.draw)), target_bytes=self.draw.choice([1, 1, 30, 70, 1000]))

    def hand_over(self) -> None:
        """A desk seals what it filed and exchanges in fine weather."""
        clerk = self.clerk()
        clerk.ledger.seal(BatchId(new_uuid(self.draw)), target_bytes=self.draw.choice([1, 70, 1000]))
        if clerk is self.without_line:
            self.by_stick(clerk)
        else:
            self.exchange(clerk)

    # the line

    def sync(self) -> None:
        """A desk exchanges with its county, in whatever weather; it stops at the first trouble."""
        clerk = self.clerk()
        if clerk is self.without_line:
            self.by_stick(clerk)
            return
        stormy = self._stormy
        patience = self.draw.choice([1, 2, 4, ENDLESS, ENDLESS, ENDLESS])
        self.exchange(clerk, lambda: self.draw.choice(BAD) if self.draw.random() < stormy else "fine", patience)

    def exchange(self, clerk: Clerk, forecast: Forecast = lambda: "fine", patience: int = ENDLESS) -> bool:
        """One run of the client, given up after so many requests; True if it came to its end."""
        line = FakeLine(self.arrive, self.store, clerk.desk, OFFICE.authority, forecast, self._met, self.captured)
        pace = Pace(self.draw.choice([1, 100]), smallest_bytes=1, largest_bytes=self.draw.choice([1, 400]))
        watched = _Watched(self, clerk, line)
        rounds = iter(range(patience))
        try:
            exchange = Exchange(watched, line, pace, most_events=2, page_pace=Pace(9, 9, pace.largest_bytes + 9))
            outcome = exchange.run(cancelled=lambda: next(rounds, None) is None)
        except (Cut, Unavailable):
            return False
        except BadRequest as error:
            if line.weather != "request cut short":
                raise AssertionError(f"the county refuses an honest desk: {error}") from error
            return False
        finally:
            clerk.ledger.weather = "fine"
        if outcome.end is End.CANCELLED:
            assert patience < ENDLESS, "the line never came to rest"
            return False
        assert outcome.digest_equal, "the ends do not agree after a drained feed"
        return True

    def arrive(self, sent: Delivery) -> tuple[int, dict[str, str], bytes]:
        """Return what the county answers to what arrives, whenever it does."""
        if sent.path == "/v1/sync":
            status, answered = deliver(self.rules, sent.desk, sent.sent)
            return status, {}, answered
        return deliver_page(self.rules, self.pages, sent.desk, sent.method, sent.path, sent.headers, sent.sent)

    def swap_page(self) -> None:
        """Something on a desk sends other bytes under the name of a page that its record names."""
        clerk = self.clerk()
        if clerk is not self.without_line:  # the rows went, the pages wait
            clerk.ledger.seal(BatchId(new_uuid(self.draw)))
            self.exchange(clerk, patience=self.draw.choice([2, 3, 4]))
        asked = (name for revision in clerk.ledger.all_revisions() for name in revision.attachments)
        named = sorted({name for name in asked if (clerk.desk.township, name) not in self.store.book.contents})
        if named:
            sha256_hex = self.draw.choice(named)
            total = len(clerk.ledger.attachments.get(sha256_hex, b"?"))
            false = self.draw.randbytes(self.draw.choice([total, max(1, total // 2)]))
            headers = {"upload-offset": "0", "upload-length": str(total)}
            self.arrive(Delivery(clerk.desk, false, "PATCH", f"/v1/blobs/{sha256_hex}", headers))
            self.seen["page swapped"] += 1

    def _met(self, what: str) -> None:
        self.seen[what] += 1

    def replay(self) -> None:
        """An old request comes again, whoever kept it."""
        if self.captured:
            old = self.draw.choice(self.captured[self.draw.choice([0, -3]) :])
            self.arrive(old)
            self.seen["old request replayed"] += 1

    def forge(self) -> None:
        """A desk witnesses a decision that nobody at the county signed."""
        clerk = self.clerk()
        heads = [record for record, (owner, _) in self.store.book.records.items() if owner == clerk.desk.township]
        if not heads:
            return
        file = self.rules.record(self.draw.choice(sorted(heads)))
        made = put(file.record_id, self.text(), *([file.head] if file.head else []))
        wanted = Decision(file.township, file.record_id, DecisionKind.ACCEPTED, made.id, made.id, file.history.tips[:1])
        signed = OFFICE.sign(wanted)
        false = replace(signed, signature=bytes(len(signed.signature)))
        witness = Witness(self.draw.randbytes(32), 0, 3, (send_revision(made),), (false,))
        deliver(self.rules, clerk.desk, pack(SyncRequest(self.rules.epoch, 0, b"", witness=witness)))
        self.seen["forged"] += 1

    def meddle(self) -> None:
        """A desk of one township says it is another's."""
        desk, (key, _) = self.clerks[2].desk, CARDS[2]
        false = put(RecordId(new_uuid(self.draw)), self.text())
        sealed = seal(BatchId(new_uuid(self.draw)), TOWNSHIPS[0], desk.holder.device, 1, [[false.id]], key)
        batch = SentBatch(sealed, (SentPart(0, (send_revision(false),)),))
        deliver(self.rules, desk, pack(SyncRequest(self.rules.epoch, 0, b"", batch=batch)))
        self.seen["another's township"] += 1

    # the clock, and going back

    def turn_clock(self) -> None:
        """The county's clock stands wrong by years."""
        self.now = NOW + self.draw.choice([-TEN_YEARS, TEN_YEARS, timedelta()])
        self.seen["clock turned"] += 1

    def back_up_desk(self) -> None:
        clerk = self.clerk()
        clerk.backup = clerk.ledger.copy()

    def restore_desk(self) -> None:
        """A desk is put back from its backup; it says so, and numbers elsewhere."""
        clerk = self.clerk()
        if clerk.backup is not None:
            scanned = clerk.ledger.attachments  # the papers are still there
            clerk.ledger, clerk.went_back = clerk.backup.copy(), True
            clerk.ledger.attachments.update(scanned)
            clerk.ledger.numbers.begin_anew()
            self._count_losses()
            self.seen["desk restored"] += 1

    def back_up_county(self) -> None:
        """The county's book is backed up; what was committed never changes."""
        self.backups.insert(0, self.store.book)

    def restore_county(self) -> None:
        """The county is put back from a backup, as one should: it takes a new epoch."""
        if self.backups:
            self._put_back()
            self.declare()
            self.seen["county restored"] += 1

    def restore_county_in_silence(self) -> None:
        """Somebody copies an old file back and tells nobody."""
        if self.backups:
            self._put_back()
            self.put_back_in_silence, self._unnoticed = True, self.rules.epoch
            self.seen["county restored in silence"] += 1

    def declare(self) -> None:
        """The county takes a new epoch, whether or not it forgot anything."""
        self.rules.take_new_epoch(self.draw.randbytes(16).hex())
        self.epochs.add(self.rules.epoch)
        self.seen["epoch declared"] += 1

    def waive(self) -> None:
        """An officer does not wait for a township's desks any longer."""
        township = self.draw.choice(TOWNSHIPS)
        if self.rules.waive(township, "周敏", "线路中断"):
            self.ghosts.waived.add((self.rules.epoch, township))
            self.seen["waived"] += 1

    def may_know(self) -> bool:
        """True unless the county was put back in silence and nothing has told it so yet."""
        if self._unnoticed and self.rules.epoch != self._unnoticed:
            self._unnoticed = ""
            self.seen["restore noticed by a receipt"] += 1
        return not self._unnoticed

    def _put_back(self) -> None:
        self.store.book = self.draw.choice(self.backups[:3]).copy()
        self._count_losses()

    def _count_losses(self) -> None:
        self.ghosts.gone |= self.ghosts.filed.keys() - self.held()
        told = {signed.decision.id for clerk in self.clerks for signed in clerk.ledger.decisions()}
        self.ghosts.forgotten |= self.ghosts.decided - told - self.store.book.decisions.keys()

    def held(self) -> set[RevisionId]:
        """Return every revision that some disk holds."""
        return {*self.store.book.revisions, *(one.id for it in self.clerks for one in it.ledger.all_revisions())}

    def drain(self) -> None:
        """The weather is fine and every desk exchanges until nothing is left."""
        for clerk in self.clerks:
            clerk.ledger.seal(BatchId(new_uuid(self.draw)))
        for clerk in self.clerks * 3:  # a desk may notice a restore, and start a new epoch for all
            assert self.exchange(clerk), "an exchange in fine weather did not come to its end"
        assert not any(clerk.ledger.unsent_attachments(1) for clerk in self.clerks), (
            "pages were not sent in fine weather"
        )


def watched(world: World, clerk: Clerk, line: FakeLine) -> _Watched:
    """Return a desk's book whose records' steps are looked at, whatever comes by line or stick."""
    return _Watched(world, clerk, line)


class _Watched:
    """A desk's book as the exchange sees it; every step of a record's state is looked at."""

    def __init__(self, world: World, clerk: Clerk, line: FakeLine) -> None:
        self._world, self._clerk, self._line = world, clerk, line

    def __getattr__(self, name: str) -> object:
        return getattr(self._clerk.ledger, name)

    def take_in(self, asked: SyncRequest, reply: SyncReply) -> TakenIn:
        ledger, weather = self._clerk.ledger, self._line.weather
        if weather == "desk cut before":
            raise Cut
        before = {record: ledger.state(record) for record in ledger.records()}
        ledger.weather = weather
        taken = ledger.take_in(asked, reply)
        for record, old in before.items():
            self._check_step(old, ledger.state(record))
        if weather == "desk cut after":
            raise Cut
        return taken

    def _check_step(self, old: RecordState | None, new: RecordState | None) -> None:
        assert old is not None
        assert new is not None, "a record is forgotten"
        excused = self._clerk.went_back and (old, new) in STEPS_AFTER_OWN_RESTORE
        assert may_step(old, new) or excused, f"a record went from {old} to {new}"
