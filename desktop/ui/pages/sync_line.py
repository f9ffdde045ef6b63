"""What the line's page shows, read at one moment (线路一览), and how its rows are put into words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from desktop.ui.models.paged import Cell
from desktop.ui.widgets.returned import Returned
from desktop.ui.words import Words
from sync.contract.errors import Unavailable
from sync.contract.kinds import Kind

if TYPE_CHECKING:
    from desktop.services.desk import Desk
    from desktop.services.editions import EditionStatus
    from desktop.services.syncing import LineStatus, Syncing

BatchLine = Any  # rows as the syncing service hands them over; their types belong to the archive, which pages never see
RecordLine = Any


@dataclass(frozen=True, slots=True)
class LineView:
    """Everything the page shows, read at one moment."""

    status: LineStatus
    edition: EditionStatus
    batches: list[BatchLine]
    returned: list[RecordLine]


@dataclass(frozen=True, slots=True)
class SliceCame:
    """So many records of other townships can be found anew (目录切片)."""

    records: int


def read_line(service: Syncing) -> LineView:
    return LineView(service.status(), service.editions.status(), service.batches(), service.returned())


def seal_and_sync(desk: Desk, report: Callable[[Any], None], asked: Callable[[], bool]) -> object:
    """Everything filed is sealed, the line has carried what it could, and what may be found elsewhere is as new as could be."""
    desk.syncing.seal_batch()
    synced = desk.syncing.sync(report, asked)
    with suppress(Unavailable):  # what was sent is there all the same; the page of one window says how old its slice is
        desk.one_window.refresh(lambda records: report(SliceCame(records)), asked)
    return synced


def edition_words(words: Words, edition: EditionStatus) -> tuple[str, str]:
    """Return which rules the desk works with, which wait or were refused, and the tone to say it in."""
    said = words("sync.edition", number=edition.works_with) if edition.works_with else words("sync.edition_shipped")
    if edition.refused:
        reason = words.find(f"sync.edition_{edition.reason}") or edition.reason
        return said + words("sync.edition_refused", number=edition.refused, reason=reason), "warn"
    if edition.waits:
        return said + words("sync.edition_waits", number=edition.waits, title=edition.title), "accent"
    return said + (words("sync.edition_title", title=edition.title) if edition.title else ""), "ink_3"


def field_label(kind: Kind, key: str) -> str:
    """Return 「男方证件号」 for husband.id_no, the paper's name for papers.photo, nothing for what the kind does not have."""
    paper = next((one.label for one in kind.papers if key == f"papers.{one.key}"), "")
    field = kind.field(key)
    group = next((group for group, one in kind.all_fields() if one is field), None)
    return group.label * bool(group.key) + field.label if field and group else paper


def when(moment: str) -> str:
    """Return a moment, kept in UTC, as this desk's own clock shows it: 11-23 10:31; nothing for none."""
    return f"{datetime.fromisoformat(moment).astimezone():%m-%d　%H:%M}" if moment else ""


def returned_of(words: Words, kinds: Mapping[str, Kind], line: RecordLine) -> Returned:
    """Return a record that came back, each ground with the label of its field and its reason in words."""
    kind = kinds.get(line.kind)
    grounds = []
    for ground in line.grounds:
        reason = words.find(f"ground.{ground.code}") or words.find(f"error.{ground.code}.what") or ""
        label = field_label(kind, ground.field) if kind else ""
        grounds.append((label or words("sync.whole_record"), "　".join(part for part in (reason, ground.text) if part)))
    field = line.grounds[0].field if line.grounds else ""
    return Returned(line.uid, line.title, line.number, field, tuple(grounds))


def batch_cells(words: Words, line: BatchLine) -> Sequence[Cell]:
    """Return what the list shows of a batch."""
    seal, state = line.seal, line.state.value
    share = 1.0 if state == "received" else line.want / max(1, seal.parts)
    tone = {"received": "ok", "rejected": "danger"}.get(state, "accent")
    moment = line.received_at or line.sealed_at
    parts = words("sync.parts", done=seal.parts if state == "received" else line.want, whole=seal.parts)
    return (
        Cell(f"{seal.sequence:04d}"),
        Cell(words("sync.batch_words", count=seal.revisions)),
        Cell(parts, "measure", tone, share=share),
        Cell(when(moment), "mute"),
        Cell(words(f"batch_state.{state}"), "pill", tone),
    )
