"""One window (全市通办): whose file lies in another township is found offline, and opened over the line for a purpose (docs/one-window.md)."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any, Final

from desktop.archive import county_slice, looks
from desktop.archive.archive import Act, Archive
from desktop.archive.clock import Clock
from desktop.archive.county_slice import SliceState
from desktop.archive.records import RecordLine
from desktop.documents.pages import PagePicture, PageReader
from desktop.services.enrolments import EnrolmentDrawer
from desktop.services.finding import RecordView, fields_of
from desktop.services.recent_files import RecentFiles
from sync.client.one_window import WindowLine
from sync.client.session import LineSession
from sync.contract.errors import HeadMoved, NotAllowed, NotNamed, Refused
from sync.contract.kinds import Kind
from sync.contract.mentions import plain_name
from sync.contract.one_window import (
    FEWEST_ENTRIES,
    MOST_ENTRIES,
    GrantAsked,
    Granted,
    SliceAsked,
    SliceTold,
    name_key,
    year_of,
)
from sync.contract.revisions import RecordId, RecordState, read_body

MOST_HITS: Final = 200
PART_S: Final = 3.0
FIRST_ENTRIES: Final = 2_000
ENTRIES_AN_ACT: Final = 500  # among two million a tenth of a second, for which a save waits

Report = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class WindowStatus:
    """How the slice stands, without asking: whether the county knows this desk, how many records, since when; `whole` once nothing is missing."""

    enrolled: bool
    records: int
    whole: bool
    fetched_at: str


@dataclass(frozen=True, slots=True)
class Hit:
    """A record of another township that may name the person; `born` is what the paper tells of the birth, "" for nothing."""

    record: str
    kind: str
    year: int
    township: str
    township_name: str
    born: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What was asked and what the slice says; `more` where not all of it is listed."""

    name: str
    hits: tuple[Hit, ...]
    more: bool
    seconds: float


@dataclass(frozen=True, slots=True)
class OpenedFile:
    """A record of another township, open for a while; nothing of it is kept here."""

    view: RecordView
    holder: str
    pages: bool
    until: str


class OneWindow:
    """The slice of one desk, and the one file of another township that it has open."""

    def __init__(
        self, archive: Archive, kinds: Mapping[str, Kind], reader: PageReader, person: str, clock: Clock
    ) -> None:
        self._archive, self._kinds, self._reader = archive, kinds, reader
        self._person, self._clock = person, clock
        self._drawer = EnrolmentDrawer(archive, "desk", person, clock)
        self._grants: dict[str, str] = {}  # under which grant a file was named
        self._recent = RecentFiles(self._fetch)

    def status(self) -> WindowStatus:
        """Return how the slice stands."""
        with self._archive.reading() as connection:
            now = county_slice.state(connection)
        return WindowStatus(self._drawer.enrolled(), now.records, now.whole, now.fetched_at)

    # the slice

    def refresh(
        self, report: Report = lambda _records: None, cancelled: Callable[[], bool] = lambda: False
    ) -> WindowStatus:
        """All that changed in the slice since is here; cut or cancelled, the next call goes on from there.

        Raises:
            Refused: not enrolled. Offline, NotTheCounty, CountyBusy: later. CountyOlder: it has no catalogue yet.
        """
        came, most = 0, FIRST_ENTRIES
        with closing(self._drawer.read().open_session()) as session:
            line = WindowLine(session)
            while not cancelled():
                with self._archive.reading() as connection:
                    stands = county_slice.state(connection)
                began_s = time.monotonic()
                told = line.slice(SliceAsked(bytes.fromhex(stands.view), stands.edition, stands.looks, most))
                most = _paced(most, time.monotonic() - began_s)
                if told.view.hex() != stands.view or not told.salt:  # another view, or the county knows no such edition
                    self._begin_anew(told)
                    continue
                came += len(told.entries)
                self._take(told, stands, came)
                report(came)
                if not told.more:
                    break
        return self.status()

    def _begin_anew(self, told: SliceTold) -> None:
        """Nothing of the slice is left; it begins in the new view. Cut on the way, it is begun again."""
        dropped = 1
        while dropped:
            with self._archive.act(self._person, self._clock()) as act:
                county_slice.put_state(act, SliceState())
                dropped = county_slice.drop(act)
        with self._archive.act(self._person, self._clock()) as act:
            self._hear(act, told)
            county_slice.put_state(act, SliceState(view=told.view.hex()))

    def _take(self, told: SliceTold, stands: SliceState, came: int) -> None:
        """One part of the slice is here, a little at a time, so that whoever saves has a turn; where it stands comes last.

        Cut on the way, the part is fetched again: putting an entry twice changes nothing.
        """
        now = replace(stands, salt=told.salt.hex())
        for first in range(0, len(told.entries), ENTRIES_AN_ACT):
            with self._archive.act(self._person, self._clock()) as act:
                more = county_slice.put(act, told.entries[first : first + ENTRIES_AN_ACT])
                now = replace(now, records=now.records + more)
                county_slice.put_state(act, replace(now, whole=False))
        looks_after = told.looks[-1].number if told.looks else stands.looks
        with self._archive.act(self._person, self._clock()) as act:
            county_slice.put_holders(act, {one.township: one.name for one in told.holders})
            self._hear(act, told)
            now = replace(now, edition=told.end, looks=looks_after, whole=not told.more, fetched_at=act.moment)
            county_slice.put_state(act, now)
            if came and not told.more:
                act.note("slice-fetched", "slice", entries=came, edition=told.end)

    def _hear(self, act: Act, told: SliceTold) -> None:
        """Who looked at our records elsewhere stands in the archive and in the log, each once."""
        for look in county_slice.put_looks(act, told.looks):
            purpose = looks.purpose_hash(look.purpose)
            act.note("looked-at-elsewhere", look.record, township=look.township, grant=look.grant, purpose=purpose)

    # finding

    def find(self, name: str, born: int | None = None) -> Answer:
        """Return whose record may lie elsewhere, the newest first; that it was asked stands in the log, by the name's key.

        Raises:
            Refused: no name was given, or the slice was never fetched.
        """
        began_s = time.perf_counter()
        if not plain_name(name):
            raise Refused("a name is asked for")
        with self._archive.reading() as connection:
            stands = county_slice.state(connection)
            if not stands.salt:
                raise Refused("the slice was never fetched")
            key = name_key(name, bytes.fromhex(stands.salt))
            found = county_slice.find(connection, key, born, MOST_HITS + 1)
            names = county_slice.holders(connection)
        hits = tuple(
            Hit(one.record, one.kind, one.year, one.township, names.get(one.township, one.township), _born(one.person.born, one.person.span))
            for one in found[:MOST_HITS]
        )  # fmt: skip
        seconds = time.perf_counter() - began_s
        with self._archive.act(self._person, self._clock()) as act:
            act.note("slice-asked", "slice", key=f"{key:06x}", hits=len(hits))
        return Answer(name, hits, len(found) > MOST_HITS, seconds)

    # opening

    def open(self, record: str, name: str, purpose: str) -> OpenedFile:
        """Return the record as its holder has it; who opened it and what for stands in the log here, there and at the county.

        Raises:
            NotAllowed: no purpose was given, or the county's rule is against it. HeadMoved: voided, or gone.
            NotNamed: it names nobody so called. Offline, NotTheCounty, CountyBusy: later.
        """
        if not purpose.strip():
            raise NotAllowed("a look needs a purpose")
        asked = GrantAsked(RecordId(record), name, self._person, purpose.strip())
        try:
            with closing(self._line()) as session:
                granted = WindowLine(session).grant(asked)
        except (NotAllowed, HeadMoved, NotNamed) as refusal:
            with self._archive.act(self._person, self._clock()) as act:
                hashed = looks.purpose_hash(asked.purpose)
                act.note("county-file-refused", record, code=refusal.code, purpose=hashed)
            raise
        with self._archive.act(self._person, self._clock()) as act:
            looks.note_county_look(act, record, asked.purpose, granted.id, granted.township)
        view = self._view(granted)
        self._grants = {str(one["sha256"]): granted.id for one in view.attachments}
        return OpenedFile(view, granted.township_name, granted.pages, granted.until)

    def picture(self, sha256: str, page: int, dpi: int) -> PagePicture:
        """Return the picture of a page of the open file, counted from 1; raises as `open`, and what a page reader raises."""
        return self._reader.picture(self._recent.content(sha256), page - 1, dpi)

    def put_away(self) -> None:
        """Nothing of the file that was open is held any more."""
        self._grants, self._recent = {}, RecentFiles(self._fetch)

    def _view(self, granted: Granted) -> RecordView:
        sent = granted.revision
        said = read_body(sent.body)
        kind = self._kinds.get(str(said.get("kind", "")))
        if kind is None or "fields" not in said:
            raise Refused("a kind that this program does not know", record=sent.record_id)
        filed: Mapping[str, Any] = said.get("filed", {})
        line = RecordLine(
            0, sent.record_id, kind.key, str(said["number"]), str(said["title"]), year_of(said), "", RecordState.ACCEPTED,
            sent.id, sent.id, str(filed.get("at", "")), str(filed.get("by", "")), (), "",
        )  # fmt: skip
        held = tuple(said["attachments"]) if granted.pages else ()
        return RecordView(line, kind, tuple(fields_of(kind, said)), tuple(said["papers"]), held)

    def _fetch(self, sha256: str) -> bytes:
        grant = self._grants.get(sha256)
        if grant is None:
            raise NotAllowed("no grant for this page", sha256=sha256)
        with closing(self._line()) as session:
            return WindowLine(session).page(grant, sha256)

    def _line(self) -> LineSession:
        return self._drawer.read().open_session()


def _paced(most: int, took_s: float) -> int:
    """Return how many entries to ask for next, so that a part takes about three seconds on this line; half or double at most."""
    factor = min(2.0, max(0.5, PART_S / max(took_s, 0.001)))
    return min(MOST_ENTRIES, max(FEWEST_ENTRIES, int(most * factor)))


def _born(first: int, span: int) -> str:
    return "" if not first else f"{first}—{first + span}" if span else str(first)
