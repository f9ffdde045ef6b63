"""Archive numbers (档号) as the desk keeps them: how far each series has come, and why a number is on no record."""

from __future__ import annotations

from dataclasses import dataclass

from desktop.archive import destruction, numbering, records, search_index
from desktop.archive.archive import Archive, Connection
from desktop.archive.clock import Clock
from desktop.archive.numbering import HeldBlock
from desktop.archive.records import RecordLine
from sync.contract.errors import InvalidRecord
from sync.contract.gaps import Block, explain
from sync.contract.gaps import Gap as Gap  # re-exported, like Reason: the page tells them
from sync.contract.gaps import Reason as Reason
from sync.contract.leases import LONGEST_NOTE, Closure
from sync.contract.numbers import Series, read


@dataclass(frozen=True, slots=True)
class SeriesLine:
    """How far a series has come at this desk: numbers given, the last of them, and what is left in its open block."""

    series: Series
    given: int
    last_given: int
    left: int
    closed: bool


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where a number is: on a record (as its number or a former one), or in a gap; neither if it was not given yet."""

    series: Series
    item: int
    record: RecordLine | None
    gap: Gap | None


class ArchiveNumbers:
    """The numbers of one desk."""

    def __init__(self, archive: Archive, person: str, clock: Clock) -> None:
        self._archive = archive
        self._person = person
        self._clock = clock

    def series(self) -> list[SeriesLine]:
        """Return every series this desk has given numbers in, in their written order."""
        gathered: dict[Series, list[HeldBlock]] = {}
        with self._archive.reading() as connection:
            for block in numbering.blocks(connection):
                gathered.setdefault(block.series, []).append(block)
        return [_line(series, held) for series, held in gathered.items()]

    def gaps(self, series: Series) -> list[Gap]:
        """Return every number below the highest known here that no record here bears, each with its reason.

        What other desks hold is known only as far as the rule tells; the county knows the whole.
        """
        with self._archive.reading() as connection:
            return _gaps(connection, series)

    def where(self, number: str) -> Whereabouts:
        """Return where a number is, whoever asks.

        Raises:
            InvalidRecord: it is not an archive number.
        """
        found = read(number)
        if found is None:
            raise InvalidRecord("not an archive number", fields=["number"])
        series, item = found
        with self._archive.reading() as connection:
            uid = records.borne(connection, series).get(item)
            if (gone := destruction.numbers(connection, series).get(item)) is not None:
                return Whereabouts(
                    series, item, None, Gap(item, item, Reason.DESTROYED, numbering.seat(connection), gone.list)
                )
            if uid is not None:
                return Whereabouts(series, item, records.by_uid(connection, uid), None)
            if former := records.by_ids(connection, search_index.bearing(connection, number)[:1]):
                return Whereabouts(series, item, former[0], None)
            gaps = _gaps(connection, series)
        return Whereabouts(series, item, None, next((gap for gap in gaps if gap.first <= item <= gap.last), None))

    def give_back(self, series: Series, note: str) -> int:
        """The rest of the series' open blocks is not to be used, with this reason on file; how many blocks, is returned.

        Raises:
            InvalidRecord: no reason was given, or one longer than 200 characters.
        """
        reason = note.strip()
        if not reason or len(reason) > LONGEST_NOTE:
            raise InvalidRecord("a reason is needed", fields=["note"])
        with self._archive.act(self._person, self._clock()) as act:
            return numbering.give_back(act, series, reason)


def _gaps(connection: Connection, series: Series) -> list[Gap]:
    seat = numbering.seat(connection)
    held = numbering.blocks(connection, series)
    own = [Block(one.first, one.last, one.next - 1, one.seat or seat, one.closed, one.note) for one in held]
    others = [Block(one.first, one.last, one.last, one.seat) for one in numbering.taken(connection, series)]
    borne = records.borne(connection, series).keys()
    return explain(borne, [*own, *others], None, numbering.withdrawn(connection, series))


def _line(series: Series, held: list[HeldBlock]) -> SeriesLine:
    usable = [one for one in held if one.closed is Closure.OPEN and one.next <= one.last]
    return SeriesLine(
        series=series,
        given=sum(one.next - one.first for one in held),
        last_given=max((one.next - 1 for one in held if one.next > one.first), default=0),
        left=usable[0].last - usable[0].next + 1 if usable else 0,
        closed=not usable,
    )
