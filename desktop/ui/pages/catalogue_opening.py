"""What the cataloguing page can be asked to take up (要录的件), and how a draft is got with its pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from desktop.services.cataloguing import Form
from desktop.services.completing import Aids
from desktop.ui.pages.files import Files

if TYPE_CHECKING:
    from desktop.services.desk import Desk


@dataclass(frozen=True, slots=True)
class ToStart:
    """A new record of this kind from this inbox item; without an item, from nothing."""

    kind: str
    item_id: str = ""


@dataclass(frozen=True, slots=True)
class ToCorrect:
    """A filed or returned record, opened again; `field` is where the cursor shall stand."""

    record: str
    field: str = ""
    said: tuple[str, ...] = ()  # what the county said, a line for each ground
    back: str = ""  # the page to go back to once it is filed again


@dataclass(frozen=True, slots=True)
class ToResume:
    """A draft, taken up again; `field` is where the cursor stood."""

    draft: str
    field: str = ""


@dataclass(frozen=True, slots=True)
class OpenedDraft:
    """A draft with its pages and what was read on them; `left` and `next_item` tell what waits after it."""

    form: Form
    files: Files
    proposals: Mapping[str, object]
    left: int
    next_item: ToStart | None
    aids: Aids  # what it may be completed from


def opened(desk: Desk, wanted: object) -> OpenedDraft | None:
    """Return the draft that is wanted, begun or taken up again, with its pages; None when there is none to take up."""
    service = desk.cataloguing
    if isinstance(wanted, ToStart):
        form = service.start(wanted.kind, wanted.item_id)
    elif isinstance(wanted, ToCorrect):
        form = service.correct(wanted.record)
    elif isinstance(wanted, ToResume):
        form = service.form(wanted.draft)
    else:
        newest = service.newest()
        if not newest:
            return None
        form = service.form(newest)
    items = [item for item in desk.receiving.items() if item.state.value == "taken"]
    pages = {item.sha256: item.pages for item in items}
    if form.draft.parent:
        view = desk.finding.record(form.draft.uid)
        pages |= {str(one["sha256"]): int(one["pages"]) for one in view.attachments}
    begun_items = service.begun()
    waiting = [item for item in items if item.id not in begun_items]
    here = next((n for n, item in enumerate(items) if item.id == form.draft.item_id), -1)
    after = [item for n, item in enumerate(items) if n > here and item in waiting] or waiting
    files = Files(tuple((sha256, pages.get(sha256, 0)) for sha256 in form.draft.attachments), desk.viewing.picture)
    following = ToStart(form.kind.key, after[0].id) if after and not form.draft.parent else None
    return OpenedDraft(
        form, files, dict(service.proposals(form.draft.uid)), len(waiting), following, service.aids(form.kind.key)
    )


def begun_as(desk: Desk, draft: str, kind: str, item_id: str) -> OpenedDraft | None:
    """The draft is put away, and its paper begun as another kind."""
    desk.cataloguing.put_away(draft)
    return opened(desk, ToStart(kind, item_id))
