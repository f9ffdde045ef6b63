"""The people at the county: they look, decide, and sometimes two of them decide at once."""

from __future__ import annotations

from sync.contract.decisions import Decision, DecisionKind, Ground
from sync.contract.errors import BadRequest, DiskFull, HeadMoved, LantaiError
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
        """Somebody decides on what is open; the power may go."""
        if waiting := self.open_revisions():
            file, revision = self._draw.choice(waiting)
            self._send(file, *self._choose(file, revision, returning=self._draw.random() < 0.25))

    def look(self) -> None:
        """Somebody reads a record and makes up a mind, but does not send it yet."""
        if waiting := self.open_revisions():
            file, revision = self._draw.choice(waiting)
            self._kept.append((file, *self._choose(file, revision, returning=self._draw.random() < 0.4)))

    def send_late(self) -> None:
        """What somebody decided on an earlier view of a record is sent now."""
        if self._kept:
            self._world.seen["decided on an old view"] += 1
            self._send(*self._kept.pop(0), old=True)

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

    def clear(self) -> None:
        """Nothing is left open.

        Raises:
            AssertionError: something open cannot be decided.
        """
        for _ in range(1000):
            waiting = self.open_revisions()
            if not waiting:
                return
            file, revision = waiting[0]
            try:
                self._send(file, *self._choose(file, revision, returning=False), fine=True)
            except LantaiError as error:
                raise AssertionError(f"an open revision cannot be decided: {error}") from error
        raise AssertionError("the worklist never gets empty")

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
        world = self._world
        bad = not fine and self._draw.random() < 0.25
        world.store.weather = self._draw.choice(AT_THE_COUNTY) if bad else "fine"
        try:
            world.rules.decide(Proposal(OFFICE.sign(decision), (send_revision(made),) if made else ()))
            world.seen[f"decided: {decision.kind}"] += 1
        except (Cut, DiskFull):
            world.seen["decision cut"] += 1
        except (HeadMoved, BadRequest):
            if not old:
                raise
            world.seen["decided too late"] += 1
        finally:
            world.store.weather = "fine"
        if decision.id in world.store.book.decisions:
            world.ghosts.decided.add(decision.id)
            if made is not None:
                world.ghosts.filed.setdefault(made.id, (made, file.township))
