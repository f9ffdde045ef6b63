"""Backing up (备份): where to, when, and whether what lies there is good; every backup is read back before it counts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from threading import Lock

from desktop import VERSION
from desktop.archive import backup_rows, fixity, key_register
from desktop.archive.archive import Archive
from desktop.archive.backup import Backup, Made, prune_pool
from desktop.archive.backup_check import ONE_BY_ONE, Asked, Flaw, plain_flaws, sealed_flaws, stop_if
from desktop.archive.backup_rows import BackupLine as BackupLine
from desktop.archive.clock import Clock
from desktop.archive.fixity import Event, Outcome, Target
from desktop.archive.generations import Generation, Place, naming_faults
from desktop.archive.manifests import Manifest
from desktop.archive.rotation import Dated, to_prune
from desktop.services.backup_places import BackupPlaces, newest_good
from desktop.services.changed import Progress
from desktop.services.mending import mend_pool
from desktop.services.restoring import DrillReport, drill
from sync.contract.errors import (
    ArchiveBusy,
    ArchiveTooNew,
    BackupBroken,
    LantaiError,
    PlaceUnavailable,
    SealBroken,
)

EVERY = timedelta(hours=1)
ALARM_AFTER = timedelta(days=7)
STEP = "backup"


@dataclass(frozen=True, slots=True)
class BackupStatus:
    """How well the archive is kept; `alarm` when nothing good is there, or only something old."""

    last: BackupLine | None
    age: timedelta | None
    changed: bool
    alarm: bool


@dataclass(frozen=True, slots=True)
class BackedUp:
    """What one backup did."""

    line: BackupLine
    pruned: int


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check found wrong with a generation, and which files of the pool were put right."""

    flaws: tuple[Flaw, ...]
    mended: tuple[str, ...]


class BackingUp:
    """The backups of one open archive; one is made or checked at a time."""

    def __init__(self, archive: Archive, person: str, clock: Clock) -> None:
        self._archive, self._person, self._clock = archive, person, clock
        self.where = BackupPlaces(archive, person, clock)
        self._one_at_a_time = Lock()

    # what there is

    def lines(self) -> list[BackupLine]:
        """Return every generation in the register, the newest first."""
        with self._archive.reading() as connection:
            known = {one.id for one in backup_rows.places(connection)}
            return [one for one in backup_rows.backups(connection) if one.place in known]

    def status(self) -> BackupStatus:
        """Return how well the archive is kept."""
        with self._archive.reading() as connection:
            known, lines = backup_rows.places(connection), backup_rows.backups(connection)
            now_is = backup_rows.change(connection)
        good = [found for one in known if (found := newest_good(lines, one.id))]
        last = max(good, key=lambda one: one.made_at, default=None)
        if last is None:
            return BackupStatus(None, None, True, True)
        changed = all(one.change != now_is for one in known)
        age = max(timedelta(0), self._clock() - datetime.fromisoformat(last.made_at))
        return BackupStatus(last, age, changed, changed and age > ALARM_AFTER)

    def due(self, least: timedelta = EVERY) -> list[str]:
        """Return the places that are there, lack something kept since, and have no good one younger than `least`."""
        with self._archive.reading() as connection:
            held, now_is = (
                {one.id: one.change for one in backup_rows.places(connection)},
                backup_rows.change(connection),
            )
        now = self._clock()
        return [
            one.id
            for one in self.where.views()
            if one.present
            and held[one.id] != now_is
            # a clock put back makes nothing young for ever
            and (one.last is None or abs(now - datetime.fromisoformat(one.last.made_at)) >= least)
        ]

    # acts

    def back_up(self, place_id: str, progress: Callable[[Progress], None], asked: Asked) -> BackedUp:
        """A new generation stands at the place, read back and found good; older ones that rotation lets go are gone.

        Raises:
            PlaceUnavailable, BackupBroken, ArchiveBusy: it was not made; the log says so, earlier ones are untouched.
            Refused: `asked` said so; nothing half is left.
        """
        with self._one_at_a_time:
            try:
                place = self.where.open(place_id)
                made, held = self._make(place, progress, asked)
            except (PlaceUnavailable, BackupBroken, ArchiveBusy, SealBroken) as fault:
                self._note_failure(place_id, fault)
                raise
            line = self._register(place, made, held)
            return BackedUp(line, self._rotate(place, asked))

    def _make(self, place: Place, progress: Callable[[Progress], None], asked: Asked) -> tuple[Made, str]:
        with self._archive.reading() as connection:
            held = backup_rows.change(connection)  # before the copy: what comes in between is saved, and saved again
        told = lambda done, whole: progress(Progress(STEP, done, whole))  # noqa: E731
        work = Backup(self._archive, place.label.archive, place, self._clock(), told, asked, VERSION)
        return work.make(), held

    def _register(self, place: Place, made: Made, held: str) -> BackupLine:
        now = self._clock()
        with self._archive.act(self._person, now) as act:
            line = _line_of(place, made.generation, made.manifest, act.moment)
            line = replace(line, size_bytes=made.size_bytes)
            backup_rows.keep_backup(act, line)
            backup_rows.set_change(act, place.label.place, held)
            fixity.mark_sound(act, made.fresh)
            fixity.mark_pool(act, place.label.place, (one.file_id for one in made.fresh))
            for sha256 in made.manifest.lost:
                fixity.note(act, Event(Target.ATTACHMENT, Outcome.FAIL, sha256, "lost"))
            size = made.manifest.database.size_bytes
            fixity.note(act, Event(Target.BACKUP, Outcome.PASS, line.name, "", 1 + len(made.fresh), size))
            act.note("backup-made", line.name, place=place.label.place, files=line.files, lost=line.lost)
        return line

    def _note_failure(self, place_id: str, fault: LantaiError) -> None:
        reason = str(fault.facts.get("reason", "")) or {"archive_busy": "busy"}.get(fault.code, "broken")
        with self._archive.act(self._person, self._clock()) as act:
            act.note("backup-failed", place_id, reason=reason, flaw=str(fault.facts.get("flaw", "")))
            if reason == "broken":
                fixity.note(act, Event(Target.BACKUP, Outcome.FAIL, place_id, str(fault.facts.get("flaw", "broken"))))

    def _rotate(self, place: Place, asked: Asked) -> int:
        """Generations that rotation lets go are gone; one that the register does not know is left alone."""
        there = {one.name: one for one in place.generations()}
        with self._archive.reading() as connection:
            known = {one.name: one for one in backup_rows.backups(connection, place.label.place)}
        dated = [Dated(name, one.number, one.made_at, known[name].good) for name, one in there.items() if name in known]
        going = [] if asked() else to_prune(dated)
        for name in going:
            place.drop(there[name])
        vanished = known.keys() - (there.keys() - set(going))
        with self._archive.act(self._person, self._clock()) as act:
            for name in vanished:
                backup_rows.drop_backup(act, place.label.place, name)
            if going:
                act.note("backup-pruned", place.label.place, generations=len(going))
        if going:
            prune_pool(place)
        return len(going)

    def check(
        self, place_id: str, name: str, progress: Callable[[Progress], None], asked: Asked, *, deep: bool = True
    ) -> Checked:
        """The generation was read whole and the register says what was found; files that the archive holds are put
        right in the pool.

        Raises:
            PlaceUnavailable: it cannot be read now; the register says what it said.
        """
        with self._one_at_a_time:
            place = self.where.open(place_id)
            generation = place.generation(name)
            flaws, mended = self._examine(place, generation, progress, asked, deep)
            now = self._clock()
            with self._archive.act(self._person, now) as act:
                backup_rows.keep_backup(act, self._judged(place, generation, flaws, act.moment))
                outcome = Outcome.FAIL if flaws else Outcome.PASS
                fixity.note(act, Event(Target.BACKUP, outcome, name, ",".join(flaws)))
                for file_id in mended:
                    fixity.note(act, Event(Target.POOL, Outcome.REPAIRED, file_id, place_id))
                if deep and not flaws:
                    fixity.mark_pool(act, place_id, [listed.file_id for listed in generation.listed()])
                act.note("backup-checked", name, place=place_id, flaws=",".join(flaws))
            return Checked(flaws, tuple(mended))

    def _examine(
        self, place: Place, generation: Generation, progress: Callable[[Progress], None], asked: Asked, deep: bool
    ) -> tuple[tuple[Flaw, ...], list[str]]:
        done = 0
        try:
            manifest: Manifest | None = generation.manifest()
        except (SealBroken, ArchiveTooNew):
            manifest = None
        whole = manifest.database.size_bytes + (manifest.files.size_bytes if deep else 0) if manifest else 0

        def step(size_bytes: int) -> None:
            nonlocal done
            done += size_bytes
            progress(Progress("check", min(done, whole), whole))

        with naming_faults():
            found = list(plain_flaws(place, generation, asked, step, deep=deep))
        # a list that changed may name sums that no good file has
        trusted = not any(flaw is Flaw.LIST for flaw, _ in found)
        broken_files = [file_id for flaw, file_id in found if trusted and flaw in ONE_BY_ONE]
        mended = mend_pool(self._archive, place, broken_files) if broken_files else []
        flaws = {flaw for flaw, file_id in found if not file_id or file_id not in mended}
        stop_if(asked)
        if manifest is not None and Flaw.DATABASE not in flaws:
            with naming_faults():
                key = key_register.key_for(self._archive, manifest)
                flaws |= set(sealed_flaws(generation.database, manifest, key))
        stop_if(asked)
        if flaws:
            self.where.open(place.label.place)  # a stick that was pulled meanwhile has no flaws: it is gone
        return tuple(sorted(flaws)), mended

    def _judged(self, place: Place, one: Generation, flaws: tuple[Flaw, ...], moment: str) -> BackupLine:
        with self._archive.reading() as connection:
            lines = {line.name: line for line in backup_rows.backups(connection, place.label.place)}
        line = lines.get(one.name)
        if line is None:
            try:
                line = _line_of(place, one, one.manifest(), moment)
            except (SealBroken, ArchiveTooNew):
                made_at = datetime.strptime(one.made_at, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).isoformat()
                line = BackupLine(place.label.place, one.name, one.number, made_at, 0, 0, 0, 0, False, "", moment)
        return replace(line, good=not flaws, reason=flaws[0].value if flaws else "", checked_at=moment)

    def drill(self, place_id: str, name: str, progress: Callable[[Progress], None], asked: Asked) -> DrillReport:
        """The generation was restored into a folder of its own, looked at, and removed; the log says how it came out.

        Raises:
            BackupBroken, PlaceUnavailable, DiskFull: it could not be; the archive is not affected.
        """
        place = self.where.open(place_id)
        root, key = place.root, key_register.key_for(self._archive, place.generation(name).manifest())
        report = drill(root, lambda _: key, progress, asked, wanted=name)
        stop_if(asked)
        with self._archive.act(self._person, self._clock()) as act:
            act.note("backup-drilled", name, place=place_id, passed=int(report.passed), read=report.read)
        return report

    def strangers(self, place_id: str) -> list[str]:
        """Return generations at the place that the register does not know: of a time this archive was restored from before."""
        place = self.where.open(place_id)
        with self._archive.reading() as connection:
            known = {one.name for one in backup_rows.backups(connection, place_id)}
        return [one.name for one in place.generations() if one.name not in known]


def _line_of(place: Place, one: Generation, manifest: Manifest, moment: str) -> BackupLine:
    size = manifest.database.size_bytes + manifest.keystore.size_bytes + manifest.files.size_bytes
    return BackupLine(
        place.label.place, one.name, one.number, manifest.made_at, size, manifest.count, len(manifest.lost),
        manifest.audit.size, True, "", moment,
    )  # fmt: skip
