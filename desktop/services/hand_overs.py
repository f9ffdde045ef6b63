"""Hand-over lists (移交清单): what a sealed batch carries, item by item, for two signatures on paper."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from desktop.archive import batches, records
from desktop.archive.archive import Archive, Connection
from sync.contract.errors import Refused
from sync.contract.kinds import Kind
from sync.contract.revisions import ChangeKind, read_body


@dataclass(frozen=True, slots=True)
class HandedOver:
    """A record of a batch as it was sealed; of a restricted kind `title` is the kind's name. `pages` 0: without a scan."""

    number: str
    title: str
    day: str
    pages: int
    void: bool


@dataclass(frozen=True, slots=True)
class HandOver:
    """A sealed batch: whose, the how-manieth, when, its digest, and its records in the order of their sealing."""

    office: str
    batch: str
    sequence: int
    sealed_at: str
    digest: str
    rows: tuple[HandedOver, ...]

    @property
    def pages(self) -> int:
        return sum(row.pages for row in self.rows)


class HandOvers:
    """The hand-over lists of one desk."""

    def __init__(self, archive: Archive, kinds: Mapping[str, Kind], office: str) -> None:
        self._archive, self._kinds, self._office = archive, kinds, office

    def of(self, batch_id: str) -> HandOver:
        """Return the list of a batch.

        Raises:
            Refused: this desk sealed no such batch.
        """
        with self._archive.reading() as connection:
            line = next((one for one in batches.every(connection) if one.seal.batch_id == batch_id), None)
            if line is None:
                raise Refused("no such batch", batch=batch_id)
            rows = tuple(self._rows(connection, batch_id))
        seal = line.seal
        return HandOver(self._office, batch_id, seal.sequence, line.sealed_at, seal.digest.hex(), rows)

    def _rows(self, connection: Connection, batch_id: str) -> Iterator[HandedOver]:
        for revision_id in batches.revisions_of(connection, batch_id):
            revision = records.revision(connection, revision_id)
            if revision is None:
                continue
            said = read_body(revision.body)
            line = records.by_uid(connection, revision.record_id)
            kind = self._kinds[said["kind"]]
            title = str(said.get("title") or (line.title if line else ""))  # a void has a number and a reason only
            day = str(said.get("normal", {}).get(kind.case_date, {}).get("value", ""))
            yield HandedOver(
                number=str(said["number"]),
                title=kind.label if kind.restricted else title,
                day=day.replace("-", "").ljust(8, "0") if day else "",
                pages=sum(int(one["pages"]) for one in said.get("attachments", [])),
                void=revision.kind_of_change is ChangeKind.VOID,
            )
