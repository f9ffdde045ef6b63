"""What the lists of volumes say (卷目): which there are, what stands in each, and what is printed of one (docs/volumes.md)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from desktop.archive import looks, records, volumes
from desktop.archive.archive import Act, Archive, Connection
from desktop.archive.clock import Clock
from desktop.archive.records import RecordLine
from desktop.archive.volumes import Befell, Totals, Volume, VolumeEvent
from desktop.archive.volumes import VolumeState as VolumeState  # re-exported, like Waiting: the page tells them
from desktop.archive.volumes import Waiting as Waiting
from sync.contract.errors import NotAllowed, Refused, VolumeRefused
from sync.contract.kinds import Kind, Print
from sync.contract.revisions import RecordState


@dataclass(frozen=True, slots=True)
class VolumeLine:
    """A volume with its totals, as a list shows it."""

    volume: Volume
    totals: Totals


@dataclass(frozen=True, slots=True)
class ListRow:
    """One line of a printed list: an item, or a paper of the only item; `pages` 0: not known.

    `day` has eight digits, noughts where the paper tells no month or day; `first_page` counts through the volume.
    """

    place: int
    uid: str
    number: str
    document_number: str
    author: str
    title: str
    day: str
    security: str
    pages: int
    first_page: int
    voided: bool = False

    @property
    def last_page(self) -> int:
        return self.first_page + max(self.pages, 1) - 1


@dataclass(frozen=True, slots=True)
class VolumeList:
    """Everything that is printed of a volume; `papers` stand there where it holds a single item with papers.

    `hides`: it is of a restricted kind (收养), and nobody is named.
    """

    office: str
    registry: str  # the registry its items were made at, where it is one and the same
    kind: Kind
    volume: Volume
    retention: str
    rows: tuple[ListRow, ...]
    papers: tuple[ListRow, ...]
    reopened: tuple[Befell, ...]
    hides: bool

    @property
    def pages(self) -> int:
        return sum(row.pages for row in self.rows)

    @property
    def closed(self) -> bool:
        return self.volume.state is VolumeState.CLOSED


class VolumeLists:
    """The lists of one office's volumes."""

    def __init__(self, archive: Archive, kinds: Mapping[str, Kind], office: str, person: str, clock: Clock) -> None:
        self._archive, self._kinds, self._office = archive, kinds, office
        self._person, self._clock = person, clock

    def every(self) -> list[VolumeLine]:
        """Return all volumes, the newest year first."""
        with self._archive.reading() as connection:
            return [VolumeLine(*one) for one in volumes.every(connection)]

    def waiting(self) -> list[Waiting]:
        """Return each series that has records in no volume, the newest year first."""
        with self._archive.reading() as connection:
            return volumes.waiting(connection)

    def of(self, uid: str) -> VolumeList:
        """Return what a volume's sheets say; of a restricted kind nobody is named.

        Raises:
            Refused: there is no such volume.
        """
        found = self._read(uid)
        return _hidden(found) if found.kind.restricted else found

    def named(self, uid: str, purpose: str) -> VolumeList:
        """Return the same with everybody named; of a restricted kind each record's look stands in the register, with what for.

        Raises:
            NotAllowed: it is of a restricted kind, and no purpose was given.
        """
        found = self._read(uid)
        if not found.kind.restricted:
            return found
        if not purpose.strip():
            raise NotAllowed("a look needs a purpose")
        with self._archive.act(self._person, self._clock()) as act:
            for row in found.rows:
                looks.note_look(act, row.uid, purpose.strip(), "names")
            act.note("volume-names-shown", uid, items=len(found.rows))
        return found

    def printed(self, uid: str, sheet: Print, record_uid: str = "") -> None:
        """That this sheet was printed or saved, of the whole volume or of one record, stands in the volume's life and in the log.

        Raises:
            VolumeRefused: the volume is still `open`.
        """
        with self._archive.act(self._person, self._clock()) as act:
            _must_be_closed(act, uid)
            volumes.befall(act, uid, VolumeEvent.PRINTED, sheet.value)
            act.note("volume-printed", uid, sheet=sheet.value, record=record_uid)

    def _read(self, uid: str) -> VolumeList:
        with self._archive.reading() as connection:
            volume = volumes.find(connection, uid)
            if volume is None:
                raise Refused("no such volume", volume=uid)
            kind = self._kinds[volume.kind]
            said = list(_said(connection, uid))
            life = volumes.life(connection, uid)
        rows = tuple(_rows(kind, said))
        papers = tuple(_papers(kind, rows[0], said[0][1])) if len(rows) == 1 and Print.CONTENTS in kind.prints else ()
        registries = {str(body.get("fields", {}).get("office", "")) for _, body, _ in said}
        return VolumeList(
            office=self._office,
            registry=registries.pop() if len(registries) == 1 else "",
            kind=kind,
            volume=volume,
            retention=next((one.label for one in kind.retentions if one.code == volume.retention), volume.retention),
            rows=rows,
            papers=papers,
            reopened=tuple(one for one in life if one.event is VolumeEvent.REOPENED),
            hides=False,
        )


_Said = tuple[RecordLine, Mapping[str, Any], int]


def _said(connection: Connection, uid: str) -> Iterator[_Said]:
    """Yield each record of a volume, what it says, and how many pages it has."""
    for one in volumes.members(connection, uid):
        line = records.by_uid(connection, one.record_uid)
        if line is not None:
            yield line, records.body(connection, line.head) or {}, one.pages


def _rows(kind: Kind, said: Sequence[_Said]) -> Iterator[ListRow]:
    first = 1
    for place, (line, body, pages) in enumerate(said, start=1):
        fields = body.get("fields", {})
        yield ListRow(
            place=place,
            uid=line.uid,
            number=line.number,
            document_number=str(fields.get(kind.document_number, "")),
            author=str(fields.get("author", "")),
            title=line.title,
            day=line.case_date.replace("-", "").ljust(8, "0") if line.case_date else "",
            security=str(fields.get("security", "")),
            pages=pages,
            first_page=first,
            voided=line.state is RecordState.VOIDED,
        )
        first += max(pages, 1)


def _papers(kind: Kind, item: ListRow, body: Mapping[str, Any]) -> Iterator[ListRow]:
    """Yield the papers of the only item in the order of their pages, each with its pages through all its files."""
    labels = {paper.key: paper.label for paper in kind.papers}
    before, pages_so_far = {}, 0
    for file in body.get("attachments", []):
        before[file["sha256"]] = pages_so_far
        pages_so_far += int(file["pages"])
    placed = sorted(
        (before.get(one["attachment"], 0) + int(one["first"]), int(one["last"]) - int(one["first"]) + 1, one["paper"])
        for one in body.get("papers", [])
    )
    for place, (first, pages, paper) in enumerate(placed, start=1):
        yield replace(
            item, place=place, title=labels.get(paper, paper), document_number="", security="", pages=pages, first_page=first
        )  # fmt: skip


def _hidden(found: VolumeList) -> VolumeList:
    rows = tuple(replace(row, title=found.kind.label, document_number="") for row in found.rows)
    return replace(found, rows=rows, hides=True)


def _must_be_closed(act: Act, uid: str) -> None:
    volume = volumes.find(act.connection, uid)
    if volume is None:
        raise Refused("no such volume", volume=uid)
    if volume.state is not VolumeState.CLOSED:
        raise VolumeRefused("not closed", reason="open")


__all__ = ["ListRow", "VolumeLine", "VolumeList", "VolumeLists", "VolumeState", "Waiting"]
