"""Volumes (组卷): records of a series put together, in an order, closed, and every act taken back while the desk is open."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

import uuid6

from desktop.archive import records, volumes
from desktop.archive.archive import Act, Archive, Connection
from desktop.archive.clock import Clock
from desktop.archive.records import RecordLine
from desktop.archive.volumes import Member, Volume, VolumeEvent, VolumeState, Waiting
from sync.contract.errors import InvalidRecord, Refused, VolumeRefused
from sync.contract.kinds import Kind
from sync.contract.numbers import Series, read
from sync.contract.revisions import RecordState

ITEMS_MAX: Final = 1_000
ROWS_MAX: Final = 10 * ITEMS_MAX  # of an answer that becomes volumes of several series
PAGES_MAX: Final = 9_999
THICKNESSES_MM: Final = (20, 30, 40, 50)  # DA/T 22-2015 §6.4.1.1
LONGEST: Final = {"title": 120, "box": 20, "checker": 30, "note": 500}
LONGEST_REASON: Final = 200
_ITEMS = re.compile(r"(\d{1,7})(?:\s*[-—~至]\s*(\d{1,7}))?")


class Arrangement(StrEnum):
    """An order that is made at once (排列)."""

    NUMBER = "number"
    DATE = "date"


@dataclass(frozen=True, slots=True)
class Facts:
    """What is said of a volume as a whole: its title, box, the box's thickness, who checked it, what else there is to say."""

    title: str
    box: str
    thickness_mm: int
    checker: str
    note: str


@dataclass(frozen=True, slots=True)
class _Stood:
    """How a volume stood before an act; without a volume there was none."""

    uid: str
    volume: Volume | None
    members: tuple[Member, ...]


class Volumes:
    """The volumes of one office, arranged by one person."""

    def __init__(self, archive: Archive, kinds: Mapping[str, Kind], office: str, person: str, clock: Clock) -> None:
        self._archive, self._kinds, self._office = archive, kinds, office
        self._person, self._clock = person, clock
        self._turn = threading.Lock()
        self._done: list[tuple[str, tuple[_Stood, ...]]] = []

    def make(self, series: Waiting, most: int) -> str:
        """A volume of the first records of a series that stand in none, by their numbers, is there; its id is returned.

        Raises:
            VolumeRefused: `nothing` is left of the series, or it would be too `full`.
        """
        with self._archive.reading() as connection:
            rows = volumes.free(connection, series, most)
        return self.make_of(rows)[0]

    def make_of(self, rows: Sequence[int]) -> list[str]:
        """Volumes of these records are there, one for each series, in the order given; their ids are returned.

        Records that stand in a volume already, or were voided, are left where they are.

        Raises:
            VolumeRefused: `nothing` is left, or one would be too `full`.
        """
        if len(rows) > ROWS_MAX:
            raise VolumeRefused("too many", reason="full", most=ITEMS_MAX, items=len(rows))
        made: list[_Stood] = []
        with self._turn, self._archive.act(self._person, self._clock()) as act:
            gathered: dict[tuple[str, Series], list[RecordLine]] = {}
            for line in records.by_ids(act.connection, rows):
                found = read(line.number)
                if found and line.state is not RecordState.VOIDED and not volumes.volume_of(act.connection, line.uid):
                    gathered.setdefault((line.kind, found[0]), []).append(line)
            if not gathered:
                raise VolumeRefused("no record without a volume", reason="nothing")
            for (kind, series), lines in gathered.items():
                made.append(self._begin(act, kind, series, lines))
            self._done.append(("made", tuple(made)))
        return [one.uid for one in made]

    def _begin(self, act: Act, kind: str, series: Series, lines: Sequence[RecordLine]) -> _Stood:
        _must_fit(len(lines))
        title = f"{self._office}{series.year}年{self._kinds[kind].label}"
        waits = Waiting(series.fonds, kind, series.year, series.retention, len(lines))
        number = volumes.next_number(act.connection, waits)
        uid = str(uuid6.uuid7())
        made = Volume(
            uid, series.fonds, kind, series.year, series.retention, number, title, str(number), THICKNESSES_MM[1],
            VolumeState.OPEN, "", "", act.by, act.moment,
        )  # fmt: skip
        volumes.put(act, made)
        volumes.put_members(act, uid, [Member(line.uid, _scanned(act.connection, line)) for line in lines])
        act.note("volume-made", uid, kind=kind, items=len(lines), number=number)
        return _Stood(uid, None, ())

    def add(self, uid: str, numbers: str) -> int:
        """The records of these numbers stand behind the others; how many, is returned.

        Args:
            numbers: archive numbers, or items of the volume's own series: 「3、7-12」.
        Raises:
            InvalidRecord: they are not numbers, or no record bears one of them.
            VolumeRefused: `closed`, `series`: another series, `taken`: in another volume, `full`.
        """
        counted = 0

        def work(act: Act, volume: Volume, members: list[Member]) -> tuple[Volume, list[Member]]:
            nonlocal counted
            here = {one.record_uid for one in members}
            lines = [one for one in self._borne(act.connection, volume, numbers) if one.uid not in here]
            for line in lines:
                if volumes.volume_of(act.connection, line.uid):
                    raise VolumeRefused("in another volume", reason="taken", number=line.number)
            counted = len(lines)
            _must_fit(len(members) + counted)
            return volume, [*members, *(Member(line.uid, _scanned(act.connection, line)) for line in lines)]

        self._change("added", uid, work)
        return counted

    def _borne(self, connection: Connection, volume: Volume, numbers: str) -> list[RecordLine]:
        """Return the records of these numbers, each once, in the order written."""
        series = Series(volume.fonds, self._kinds[volume.kind].category, volume.year, volume.retention)
        borne = records.borne(connection, series)
        found: dict[str, RecordLine] = {}
        for item in _items_of(numbers, series):
            line = records.by_uid(connection, borne[item]) if item in borne else None
            if line is None or line.state is RecordState.VOIDED:
                raise InvalidRecord("no record bears this number", fields=["numbers"], number=series.number(item))
            found[line.uid] = line
        return list(found.values())

    def take_out(self, uid: str, record_uid: str) -> None:
        """The record stands in no volume; the others close up."""
        self._change(
            "taken_out", uid, lambda _act, volume, members: (volume, [m for m in members if m.record_uid != record_uid])
        )

    def arrange(self, uid: str, by: Arrangement) -> None:
        """The volume is in that order."""

        def work(act: Act, volume: Volume, members: list[Member]) -> tuple[Volume, list[Member]]:
            lines = {one.record_uid: records.by_uid(act.connection, one.record_uid) for one in members}

            def key(one: Member) -> tuple[str, int, str]:
                line = lines[one.record_uid]
                number = line.number if line else ""
                day = line.case_date if line and by is Arrangement.DATE else ""
                return day, len(number), number

            return volume, sorted(members, key=key)

        self._change("arranged", uid, work)

    def move(self, uid: str, record_uid: str, step: int) -> None:
        """The record stands `step` places further down, as far as there are places."""

        def work(_act: Act, volume: Volume, members: list[Member]) -> tuple[Volume, list[Member]]:
            place = _place_of(members, record_uid)
            moved = members.pop(place)
            members.insert(max(0, min(len(members), place + step)), moved)
            return volume, members

        self._change("moved", uid, work)

    def count_pages(self, uid: str, record_uid: str, pages: int) -> None:
        """The item has so many pages, as somebody counted them.

        Raises:
            InvalidRecord: fewer than 1 or more than 9,999.
        """
        if not 1 <= pages <= PAGES_MAX:
            raise InvalidRecord("pages", fields=["pages"])

        def work(_act: Act, volume: Volume, members: list[Member]) -> tuple[Volume, list[Member]]:
            members[_place_of(members, record_uid)] = Member(record_uid, pages)
            return volume, members

        self._change("counted", uid, work)

    def describe(self, uid: str, facts: Facts) -> None:
        """These facts are said of the volume.

        Raises:
            InvalidRecord: with `fields`, what is missing, too long, or no thickness of a box.
        """
        made = {name: getattr(facts, name).strip() for name in LONGEST}
        wrong = [name for name, longest in LONGEST.items() if len(made[name]) > longest]
        wrong += [] if made["title"] else ["title"]
        wrong += [] if facts.thickness_mm in THICKNESSES_MM else ["thickness_mm"]
        if wrong:
            raise InvalidRecord("facts of a volume", fields=wrong)
        said = Facts(made["title"], made["box"], facts.thickness_mm, made["checker"], made["note"])

        def work(_act: Act, volume: Volume, members: list[Member]) -> tuple[Volume, list[Member]]:
            return replace(
                volume, title=said.title, box=said.box, thickness_mm=said.thickness_mm, checker=said.checker, note=said.note
            ), members  # fmt: skip

        self._change("described", uid, work)

    def close(self, uid: str) -> None:
        """The volume is closed: its order, its pages and its totals stand.

        Raises:
            VolumeRefused: it is `empty`, or the `pages` of an item are not known, whose `place` is told.
        """

        def work(act: Act, volume: Volume, members: list[Member]) -> tuple[Volume, list[Member]]:
            if not members:
                raise VolumeRefused("nothing in it", reason="empty")
            unknown = next((place for place, one in enumerate(members, start=1) if not one.pages), 0)
            if unknown:
                raise VolumeRefused("pages not known", reason="pages", place=unknown)
            volumes.befall(act, uid, VolumeEvent.CLOSED)
            return replace(volume, state=VolumeState.CLOSED, closed_by=act.by, closed_at=act.moment), members

        self._change("closed", uid, work)

    def reopen(self, uid: str, reason: str) -> None:
        """The volume can be changed again; why, stands on its 备考表 for good.

        Raises:
            InvalidRecord: no reason was given, or one longer than 200 characters.
        """
        why = reason.strip()
        if not why or len(why) > LONGEST_REASON:
            raise InvalidRecord("a reason is needed", fields=["reason"])

        def work(act: Act, volume: Volume, members: list[Member]) -> tuple[Volume, list[Member]]:
            volumes.befall(act, uid, VolumeEvent.REOPENED, why)
            return replace(volume, state=VolumeState.OPEN, closed_by="", closed_at=""), members

        self._change("reopened", uid, work, VolumeState.CLOSED)

    def undo(self) -> str:
        """The last act of this desk is taken back; which one, is returned: nothing, when there was none.

        Raises:
            Refused: a record of it is not here any more.
        """
        with self._turn:
            if not self._done:
                return ""
            name, before = self._done[-1]
            with self._archive.act(self._person, self._clock()) as act:
                for stood in before:
                    _put_back(act, stood)
                    act.note("volume-undone", stood.uid, undone=name)
            self._done.pop()
            return name

    def _change(
        self,
        name: str,
        uid: str,
        work: Callable[[Act, Volume, list[Member]], tuple[Volume, list[Member]]],
        wanted: VolumeState = VolumeState.OPEN,
    ) -> None:
        """One act on one volume, that can be taken back; what changes nothing is no act."""
        with self._turn, self._archive.act(self._person, self._clock()) as act:
            stood = _stood(act.connection, uid)
            assert stood.volume is not None
            if stood.volume.state is not wanted:
                raise VolumeRefused("another state is needed", reason=stood.volume.state.value)
            volume, members = work(act, stood.volume, list(stood.members))
            if volume == stood.volume and tuple(members) == stood.members:
                return
            volumes.put(act, volume)
            volumes.put_members(act, uid, members)
            told = {"closed": "volume-closed", "reopened": "volume-reopened"}.get(name, "volume-changed")
            act.note(told, uid, change=name, items=len(members), pages=sum(one.pages for one in members))
            self._done.append((name, (stood,)))


def _stood(connection: Connection, uid: str) -> _Stood:
    volume = volumes.find(connection, uid)
    if volume is None:
        raise Refused("no such volume", volume=uid)
    return _Stood(uid, volume, tuple(volumes.members(connection, uid)))


def _put_back(act: Act, stood: _Stood) -> None:
    if stood.volume is None:
        volumes.drop(act, stood.uid)
        return
    if not volumes.still_filed(act.connection, (one.record_uid for one in stood.members)):
        raise Refused("a record is not here any more", volume=stood.uid)
    volumes.put(act, stood.volume)
    volumes.put_members(act, stood.uid, stood.members)


def _must_fit(items: int) -> None:
    if items > ITEMS_MAX:
        raise VolumeRefused("too many", reason="full", most=ITEMS_MAX, items=items)


def _place_of(members: Sequence[Member], record_uid: str) -> int:
    for place, one in enumerate(members):
        if one.record_uid == record_uid:
            return place
    raise Refused("not in this volume", record=record_uid)


def _items_of(numbers: str, series: Series) -> list[int]:
    """Return the items named: whole archive numbers, items, and runs of items, parted by 、 or a comma."""
    found: list[int] = []
    parts = [part for part in re.split(r"[、,，;；\s]+", numbers) if part]
    if not parts:
        raise InvalidRecord("not a number", fields=["numbers"])
    for part in parts:
        whole, run = read(part), _ITEMS.fullmatch(part)
        if whole is not None:
            if whole[0] != series:
                raise VolumeRefused("another series", reason="series", number=part)
            found.append(whole[1])
        elif run is not None:
            first, last = int(run[1]), int(run[2] or run[1])
            _must_fit(last - first + 1)
            found += range(first, last + 1)
        else:
            raise InvalidRecord("not a number", fields=["numbers"])
    return found


def _scanned(connection: Connection, line: RecordLine) -> int:
    """Return how many pages came in with the record; 0 when it has no scan."""
    said = records.body(connection, line.head) or {}
    return sum(int(one["pages"]) for one in said.get("attachments", []))
