"""The people at the county: they look, decide, and sometimes two of them decide at once."""

from __future__ import annotations

from sync.contract.decisions import Decision, DecisionKind, Ground
from sync.contract.errors import AttachmentsMissing, BadRequest, DiskFull, HeadMoved, LantaiError, WitnessAwaited
from sync.contract.histories import OPEN_STANDINGS, RevisionStanding
from sync.contract.messages import send_revision
from sync.contract.revisions import ChangeKind, RecordId, Revision, RevisionId
from sync.ledger import Proposal, RecordFile
from tests.simulation.weather import AT_THE_COUNTY, Cut
from tests.simulation.world import OFFICE, TOWNSHIPS, World
from tests.sync.contract.office import put

GROUNDS = ("不清", "不符", "缺页")
MADE_KINDS = {ChangeKind.VOID: DecisionKind.VOIDED, ChangeKind.RESTORE: DecisionKind.RESTORED}


class Staff:
    """Whoever decides at the county of a world."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._draw = world.draw
        self._kept: list[tuple[RecordFile, Decision, Revision | None]] = []

    def decide(self) -> None:
        """Somebody decides on what is open, and may want it undone at once; the power may go."""
        if waiting := self.open_revisions():
            file, revision = self._draw.choice(waiting)
            self._send(file, *self._choose(file, revision, returning=self._draw.random() < 0.25))
        if self._draw.random() < 0.06:
            self.take_back()

    def look(self) -> None:
        """Somebody reads a record and makes up a mind, but does not send it yet."""
        if waiting := self.open_revisions():
            file, revision = self._draw.choice(waiting)
            self._kept.append((file, *self._choose(file, revision, returning=self._draw.random() < 0.4)))

    def decide_together(self) -> None:
        """Two people decide on one record from the same view; one of them comes too late."""
        if waiting := self.open_revisions():
            file, revision = self._draw.choice(waiting)
            returning = self._draw.random() < 0.5
            minds = [self._choose(file, revision, returning=one) for one in (returning, not returning)]
            self._send_together(file, minds)
            self._world.seen["decided together"] += 1

    def _send_together(self, file: RecordFile, minds: list[tuple[Decision, Revision | None]]) -> None:
        for decision, made in minds:
            self._send(file, decision, made, old=True)

    def send_late(self) -> None:
        """What somebody decided on an earlier view of a record is sent now."""
        if self._kept:
            self._world.seen["decided on an old view"] += 1
            self._send(*self._kept.pop(0), old=True)

    def take_back(self) -> None:
        """Somebody takes back what was decided last of a township; the power may go."""
        world = self._world
        township = self._draw.choice(TOWNSHIPS)
        feed = world.store.book.feeds.get(township, [])[-3:]
        named = {event.decision.decision.id: event.decision.decision for event in feed if event.decision}
        if not named:
            return
        world.store.weather = self._draw.choice(AT_THE_COUNTY) if self._draw.random() < 0.25 else "fine"
        try:
            for code in world.rules.take_back(OFFICE.take_back(*named.values())).values():
                world.seen[f"taken back: {code or 'gone'}"] += 1
        except (Cut, DiskFull):
            world.seen["taking back cut"] += 1
        finally:
            world.store.weather = "fine"
        gone = named.keys() - world.store.book.decisions.keys()
        world.ghosts.forgotten |= gone
        if world.may_know():  # else its witness will bring it back, as that of a desk which was not waited for
            here = [clerk for clerk in world.clerks if clerk.ledger.place().epoch == world.rules.epoch]
            held = {signed.decision.id for clerk in here for signed in clerk.ledger.decisions()}
            assert not held & gone, "a decision was taken back that a desk was told of"

    def change(self) -> None:
        """The county itself changes, voids or restores a record."""
        heads = [head for township in sorted(set(TOWNSHIPS)) for head in self._world.rules.heads(township)]
        if not heads:
            return
        file = self._world.rules.record(self._draw.choice(heads).record)
        assert file.head is not None
        voided = file.history.kinds[file.head] is ChangeKind.VOID
        kind = ChangeKind.RESTORE if voided else self._draw.choice([ChangeKind.PUT, ChangeKind.PUT, ChangeKind.VOID])
        made = self._put(file.record_id, file.head, kind=kind)
        kind_of_decision = MADE_KINDS.get(kind, DecisionKind.COUNTY)
        self._send(file, self._decision(file, kind_of_decision, made.id, made.id), made)

    def settle(self) -> None:
        """Somebody settles two decisions that stand against each other; a careless one would drop a side."""
        if disputes := self.disputes():
            file = self._draw.choice(disputes)
            if self._draw.random() < 0.2:
                self._settle_carelessly(file)
            else:
                self._send(file, *self._join(file))

    def _settle_carelessly(self, file: RecordFile) -> None:
        """One side is dropped, the other is never asked: refused, unless that side leads on from the other."""
        sides = [d for d in file.history.decisions if d.id in file.history.tips[:2] and d.head]
        if sides:
            head = self._draw.choice(sides).head
            assert head is not None
            self._send(file, self._decision(file, DecisionKind.SETTLED, head, head), None, old=True)

    def _join(self, file: RecordFile) -> tuple[Decision, Revision | None]:
        """Return a settlement that keeps what was head on either side."""
        history = file.history
        sides = [decision for decision in history.decisions if decision.id in history.tips[:2]]
        heads = sorted({side.head for side in sides if side.head})
        ends = [head for head in heads if not any(head in history.ancestry(o) for o in heads if o != head)]
        if len(ends) == 2:
            made = self._put(file.record_id, *ends)
            return self._decision(file, DecisionKind.SETTLED, made.id, made.id), made
        head = ends[0] if ends else None
        return self._decision(file, DecisionKind.SETTLED, head or sides[0].revision, head), None

    def disputes(self) -> list[RecordFile]:
        """Return the records on which two decisions stand against each other."""
        with self._world.store.reading() as book:
            files = book.record_files(sorted(self._world.store.book.records))
        return [file for _, file in sorted(files.items()) if file.history.in_dispute]

    def clear(self) -> None:
        """Nothing is left open.

        Raises:
            AssertionError: something open cannot be decided.
        """
        for _ in range(1000):
            disputes, waiting = self.disputes(), self.open_revisions()
            if not disputes and not waiting:
                return
            try:
                if disputes:
                    self._send(disputes[0], *self._join(disputes[0]), fine=True)
                    continue
                file, revision = waiting[0]
                lost = self._are_pages_lost(file, revision)
                self._send(file, *self._choose(file, revision, returning=lost), fine=True)
            except LantaiError as error:
                raise AssertionError(f"an open revision cannot be decided: {error}") from error
        raise AssertionError("the worklist never gets empty")

    def _are_pages_lost(self, file: RecordFile, revision: RevisionId) -> bool:
        """True of a revision whose pages nobody sends any more, because desk or county were put back to before them."""
        missing = file.missing.intersection(file.attachments.get(revision, ()))
        if missing:
            desks = [clerk for clerk in self._world.clerks if clerk.desk.township == file.township]
            known = any(revision in batch for clerk in desks for batch in clerk.ledger.sealed())
            # pages have no receipt: of a county put back in silence they alone do not tell (docs/protocol.md, section 6)
            assert not known or not self._world.may_know(), "pages that a desk holds never came"
            self._world.seen["returned for lost pages"] += 1
        return bool(missing)

    def open_revisions(self) -> list[tuple[RecordFile, RevisionId]]:
        """Return what waits for a decision."""
        with self._world.store.reading() as book:
            files = book.record_files(sorted(self._world.store.book.records))
        return [
            (file, revision)
            for _, file in sorted(files.items())
            for revision, standing in sorted(file.standings.items())
            if standing in OPEN_STANDINGS and not file.history.in_dispute
        ]

    # inside

    def _choose(self, file: RecordFile, revision: RevisionId, *, returning: bool) -> tuple[Decision, Revision | None]:
        voided = file.head is not None and file.history.kinds[file.head] is ChangeKind.VOID
        lost = voided and file.history.kinds[revision] is not ChangeKind.RESTORE
        conflict = file.standings[revision] is RevisionStanding.CONFLICT
        if returning or (lost and not conflict):
            return self._decision(file, DecisionKind.RETURNED, revision, file.head, self._ground()), None
        if conflict:
            assert file.head is not None, "a conflict with nothing"
            merged = self._put(file.record_id, file.head, revision)
            return self._decision(file, DecisionKind.MERGED, revision, merged.id), merged
        return self._decision(file, DecisionKind.ACCEPTED, revision, revision), None

    def _ground(self) -> tuple[Ground, ...]:
        return (Ground("title", "unclear", self._draw.choice(GROUNDS)),)

    def _put(self, record: RecordId, *parents: RevisionId, kind: ChangeKind = ChangeKind.PUT) -> Revision:
        text = {"题名": self._draw.randbytes(4).hex()}
        return put(record, text, *parents, kind=kind)

    def _decision(
        self, file: RecordFile, kind: DecisionKind, revision: RevisionId, head: RevisionId | None,
        grounds: tuple[Ground, ...] = (),
    ) -> Decision:  # fmt: skip
        tips = file.history.tips[:2] if kind is DecisionKind.SETTLED else file.history.tips
        return Decision(file.township, file.record_id, kind, revision, head, tips, grounds)

    def _send(
        self, file: RecordFile, decision: Decision, made: Revision | None, *, old: bool = False, fine: bool = False
    ) -> None:
        """The decision is sent, once; a power cut may come between, and it may come too late."""
        world, new = self._world, decision.id not in self._world.store.book.decisions
        bad = not fine and self._draw.random() < 0.25
        world.store.weather = self._draw.choice(AT_THE_COUNTY) if bad else "fine"
        try:
            world.rules.decide(Proposal(OFFICE.sign(decision), (send_revision(made),) if made else ()))
            world.seen[f"decided: {decision.kind}"] += 1
        except (Cut, DiskFull):
            world.seen["decision cut"] += 1
        except (WitnessAwaited, AttachmentsMissing) as error:
            if fine:
                raise
            world.seen["waited for pages" if isinstance(error, AttachmentsMissing) else "waited for a witness"] += 1
        except (HeadMoved, BadRequest):
            if not old:
                raise
            world.seen["decided too late"] += 1
        finally:
            world.store.weather = "fine"
        if new and decision.id in world.store.book.decisions:
            self._check_its_pages_are_here(decision)
            self._check_nobody_was_waited_for(decision)
            world.seen["the same decision again"] += decision.id in world.ghosts.decided
            world.ghosts.decided.add(decision.id)
            world.ghosts.forgotten.discard(decision.id)
            if made is not None:
                world.ghosts.filed.setdefault(made.id, (made, file.township))

    def _check_its_pages_are_here(self, decision: Decision) -> None:
        """What becomes head has all its pages at the county, sent by its own township."""
        book = self._world.store.book
        if decision.kind is DecisionKind.ACCEPTED and decision.head is not None:
            named = book.revisions[decision.head].kept.attachments
            here = all((decision.township, name) in book.contents for name in named)
            assert here, "accepted before its pages were here"

    def _check_nobody_was_waited_for(self, decision: Decision) -> None:
        """No desk holds a decision on the record that the county does not know, unless an officer waived it."""
        world = self._world
        if not world.may_know() or (world.rules.epoch, decision.township) in world.ghosts.waived:
            return
        for clerk in world.clerks:
            if clerk.desk.township == decision.township:
                held = {signed.decision.id for signed in clerk.ledger.decisions_on(decision.record_id)}
                assert held <= world.store.book.decisions.keys(), "decided over what a desk holds, without a waiver"
