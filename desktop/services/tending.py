"""Tending (逐字节复查): everything kept is read again before rot can spread, and what is broken is mended from a good copy.

How much is read when stands in docs/backup.md, section 8.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from desktop.archive import fixity, settings
from desktop.archive.archive import Archive, stamp
from desktop.archive.backup import Wanted
from desktop.archive.backup_check import Asked, pool_flaw
from desktop.archive.clock import Clock
from desktop.archive.fixity import Event, Outcome, Target
from desktop.archive.generations import Place, naming_faults
from desktop.archive.manifests import PoolFile
from desktop.services.backing_up import BackingUp
from desktop.services.mending import mend_archive, mend_pool
from sync.contract.errors import ArchiveTooNew, DiskFails, PlaceUnavailable, SealBroken
from sync.vault.keystore_file import COPY_NAME, FILE_NAME, read_keystore
from sync.vault.whole_file import blocks_of

ROUND_DAYS: Final = 60  # of use; in a five-day week 84 by the calendar
WITHIN: Final = timedelta(days=90)
DATABASE_EVERY: Final = timedelta(days=7)
PORTION_BYTES: Final = 16 << 20
STATE: Final = "tending"


@dataclass(frozen=True, slots=True)
class Health:
    """What the reading again has shown so far."""

    whole_bytes: int
    read_bytes: int  # within the last 90 days
    database_at: str
    broken: tuple[str, ...]  # hashes of attachments without a good copy
    findings: tuple[Event, ...]

    @property
    def share(self) -> float:
        return self.read_bytes / self.whole_bytes if self.whole_bytes else 1.0


@dataclass(frozen=True, slots=True)
class Tended:
    """One step: what was read, and what came of it."""

    events: tuple[Event, ...]

    @property
    def findings(self) -> tuple[Event, ...]:
        return tuple(one for one in self.events if one.outcome is not Outcome.PASS)


class Tending:
    """The reading again of one open archive and of the places it can reach."""

    def __init__(self, archive: Archive, backing: BackingUp, person: str, clock: Clock) -> None:
        self._archive, self._backing, self._person, self._clock = archive, backing, person, clock
        self._plans: dict[str, tuple[str, deque[PoolFile]]] = {}

    def health(self) -> Health:
        """Return how much was read within 90 days, and what is broken."""
        since = stamp(self._clock() - WITHIN)
        with self._archive.reading() as connection:
            return Health(
                fixity.whole_bytes(connection),
                fixity.bytes_read_since(connection, since),
                settings.get_table(connection, STATE).get("database", ""),
                tuple(fixity.broken_now(connection)),
                tuple(fixity.events(connection, findings_only=True, most=20)),
            )

    def step(self, asked: Asked) -> Tended | None:
        """One portion of today's share was read; None when all of it was."""
        for work in (self._keystore_today, self._database_this_week, self._generation_today, self._pool_today):
            events = work(asked)
            if events is not None:
                return Tended(events)
        events = self._attachments_today(asked)
        return None if events is None else Tended(events)

    def read_everything(self, asked: Asked) -> list[Event]:
        """Everything was read now, whatever its turn; the findings are returned."""
        events = [*self.check_keystore(), *self.check_database()]
        with self._archive.reading() as connection:
            every = fixity.longest_unread(connection, stamp(self._clock()), -1)
        events += self._read_attachments(every, asked, None)
        for place in self._backing.where.open_all():
            for one in place.generations():
                checked = self._backing.check(place.label.place, one.name, lambda _: None, asked)
                events += [Event(Target.BACKUP, Outcome.FAIL, one.name, flaw.value) for flaw in checked.flaws]
                events += [Event(Target.POOL, Outcome.REPAIRED, file_id) for file_id in checked.mended]
        return [one for one in events if one.outcome is not Outcome.PASS]

    # what has its turn

    def _state(self) -> dict[str, str]:
        with self._archive.reading() as connection:
            return settings.get_table(connection, STATE)

    def _remember(self, **facts: str) -> None:
        with self._archive.act(self._person, self._clock()) as act:
            settings.put_table(act.connection, STATE, settings.get_table(act.connection, STATE) | facts)

    def _today(self) -> str:
        return f"{self._clock().astimezone():%Y-%m-%d}"

    def _keystore_today(self, _asked: Asked) -> tuple[Event, ...] | None:
        if self._state().get("keystore") == self._today():
            return None
        events = self.check_keystore()
        self._remember(keystore=self._today())
        return events

    def _database_this_week(self, _asked: Asked) -> tuple[Event, ...] | None:
        before, now = self._state().get("database", ""), self._clock()
        if before and abs(now - datetime.fromisoformat(before)) < DATABASE_EVERY:
            return None
        events = self.check_database()
        self._remember(database=stamp(now))
        return events

    def _generation_today(self, asked: Asked) -> tuple[Event, ...] | None:
        """The own files of the generation that nobody has read for longest, one a place and day; strangers at once.

        A restored archive does not know the generations made after its own: read, they stand in the list again.
        """
        state, today = self._state(), self._today()
        for place in self._backing.where.open_all():
            if strangers := self._backing.strangers(place.label.place):
                return self._read_generation(place, strangers[0], asked)
            key = f"generation.{place.label.place}"
            if state.get(key) == today:
                continue
            self._remember(**{key: today})
            there = {one.name for one in place.generations()}
            lines = [one for one in self._backing.lines() if one.place == place.label.place and one.name in there]
            if lines:
                return self._read_generation(place, min(lines, key=lambda one: one.checked_at).name, asked)
        return None

    def _read_generation(self, place: Place, name: str, asked: Asked) -> tuple[Event, ...]:
        flaws = self._backing.check(place.label.place, name, lambda _: None, asked, deep=False).flaws
        return (Event(Target.BACKUP, Outcome.FAIL if flaws else Outcome.PASS, name, ",".join(flaws)),)

    def _pool_today(self, asked: Asked) -> tuple[Event, ...] | None:
        for place in self._backing.where.open_all():
            plan = self._plan(place)
            if plan:
                return self._read_pool(place, plan, asked)
        return None

    def _plan(self, place: Place) -> deque[PoolFile]:
        """Return what is left of today's share of a place's pool."""
        today, place_id = self._today(), place.label.place
        if place_id not in self._plans or self._plans[place_id][0] != today:
            self._plans[place_id] = (today, deque(self._todays_share(place)))
        return self._plans[place_id][1]

    def _todays_share(self, place: Place) -> Iterator[PoolFile]:
        lines = [one for one in self._backing.lines() if one.place == place.label.place and one.good]
        if not lines:
            return
        with self._archive.reading() as connection:
            known = fixity.pool_read(connection, place.label.place)
        listed = list(place.generation(max(lines, key=lambda one: one.number).name).listed())
        share, now = -(-sum(one.size_bytes for one in listed) // ROUND_DAYS), stamp(self._clock())
        listed.sort(key=lambda one: (known.get(one.file_id, "") <= now, known.get(one.file_id, "")))
        today = now[:10]
        share -= sum(one.size_bytes for one in listed if known.get(one.file_id, "").startswith(today))
        for one in listed:
            if share <= 0 or known.get(one.file_id, "").startswith(today):
                return
            share -= one.size_bytes
            yield one

    def _attachments_today(self, asked: Asked) -> tuple[Event, ...] | None:
        now = stamp(self._clock())
        with self._archive.reading() as connection:
            share = -(-fixity.whole_bytes(connection) // ROUND_DAYS)
            share -= fixity.bytes_read_since(connection, now[:10])
            if share <= 0:
                return None
            longest = fixity.longest_unread(connection, now, 200)
        due = [one for one in longest if not one.since.startswith(now[:10])]
        return self._read_attachments(due, asked, min(PORTION_BYTES, share)) if due else None

    # the reading

    def check_keystore(self) -> tuple[Event, ...]:
        """Both copies of the keystore were read; a broken one was made good from the other."""
        folder = self._archive.folder
        copies = [path.read_bytes() if path.exists() else b"" for path in (folder / FILE_NAME, folder / COPY_NAME)]
        try:
            content = read_keystore(folder)
            alike = all(copy == content.to_bytes() for copy in copies)
            sealed = content.seal == content.sealed_by(self._archive.data_key)
            event = Event(Target.KEYSTORE, Outcome.PASS if alike else Outcome.REPAIRED, "", "" if alike else "copy")
            if not sealed:
                event = Event(Target.KEYSTORE, Outcome.FAIL, "", "seal")
        except (SealBroken, ArchiveTooNew) as error:
            event = Event(Target.KEYSTORE, Outcome.FAIL, "", error.code)
        return self._noted([event])

    def check_database(self) -> tuple[Event, ...]:
        """Every page of the database's main file was read, and the whole audit log."""
        size, flaws = self._archive.read_again()
        outcome = Outcome.FAIL if flaws else Outcome.PASS
        return self._noted([Event(Target.DATABASE, outcome, "", ",".join(flaws), 1, size)])

    def _read_attachments(self, due: list[fixity.Unread], asked: Asked, most_bytes: int | None) -> tuple[Event, ...]:
        sound: list[PoolFile] = []
        findings: list[Event] = []
        broken: list[str] = []
        done = 0
        for one in due:
            if asked() or (most_bytes is not None and done >= most_bytes):
                break
            done += one.size_bytes
            found = self._read_attachment(one)
            if found is None:
                mended = self._mended(one)
                findings.append(
                    Event(Target.ATTACHMENT, Outcome.REPAIRED if mended else Outcome.FAIL, one.sha256, "changed")
                )
                found = self._read_attachment(one) if mended else None
            if found is None:
                broken.append(one.file_id)
            else:
                sound.append(found)
        with self._archive.act(self._person, self._clock()) as act:
            fixity.mark_sound(act, sound)
            for file_id in broken:
                fixity.mark_broken(act, file_id)
        run = Event(Target.ATTACHMENT, Outcome.PASS, "", "", len(sound), done)
        return self._noted([run, *findings])

    def _read_attachment(self, one: fixity.Unread) -> PoolFile | None:
        """The file as it lies on the disk, if it is what was filed."""
        file_id = bytes.fromhex(one.file_id)
        path = self._archive.files.place_of(file_id)
        digest, size = hashlib.sha256(), 0
        try:
            for block in blocks_of(path):  # past the system's memory; the opening after it may come from there
                digest.update(block)
                size += len(block)
            self._archive.files.check(file_id, one.key, bytes.fromhex(one.sha256))
        except (SealBroken, ArchiveTooNew, DiskFails, OSError):
            return None
        return PoolFile(one.file_id, size, digest.hexdigest())

    def _mended(self, one: fixity.Unread) -> bool:
        try:
            return mend_archive(
                self._archive, self._backing.where.open_all(), Wanted(one.file_id, one.key, one.sha256)
            )  # fmt: skip
        except PlaceUnavailable:
            return False

    def _read_pool(self, place: Place, plan: deque[PoolFile], asked: Asked) -> tuple[Event, ...]:
        good: list[str] = []
        findings: list[Event] = []
        done = 0
        while plan and done < PORTION_BYTES and not asked():
            one = plan.popleft()
            done += one.size_bytes
            with naming_faults():
                flaw = pool_flaw(place, one, lambda: False, lambda _: None, deep=True)
            if flaw is None:
                good.append(one.file_id)
                continue
            mended = mend_pool(self._archive, place, [one.file_id])
            good += mended
            findings.append(
                Event(Target.POOL, Outcome.REPAIRED if mended else Outcome.FAIL, one.file_id, place.label.place)
            )
        with self._archive.act(self._person, self._clock()) as act:
            fixity.mark_pool(act, place.label.place, good)
        return self._noted([Event(Target.POOL, Outcome.PASS, place.label.place, "", len(good), done), *findings])

    def _noted(self, events: list[Event]) -> tuple[Event, ...]:
        with self._archive.act(self._person, self._clock()) as act:
            for event in events:
                fixity.note(act, event)
        return tuple(events)
