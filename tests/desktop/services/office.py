"""A small real office for tests: an encrypted archive in a temporary folder, with one clerk at the desk."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import uuid6

from desktop.archive import attachments, inbox
from desktop.archive.archive import Archive
from desktop.archive.inbox import Item, ItemState
from desktop.services.cataloguing import Cataloguing
from desktop.services.filing import Filed, Filing
from desktop.services.finding import Finding
from sync.contract.kind_files import load_kinds

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
MARRIAGE = {
    "cert_no": "J339921-2016-000010",
    "reg_date": "二〇一六年二月二十七日",
    "office": "云泽县民政局婚姻登记处",
    "husband.name": "何晨",
    "husband.id_no": "339921198903080032",
    "husband.status_before": "未婚",
    "wife.name": "陳思",
    "wife.id_no": "339921199103070025",
    "wife.status_before": "未婚",
    "author": "云泽县民政局",
}
PAPERS = {"review_form": "1", "declaration": "2", "id_copies": "3", "household_copies": "4", "photo": "5"}


@dataclass
class SteadyClock:
    """A clock that moves only when told to."""

    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now

    def forward(self, step: timedelta) -> None:
        self.now += step


@dataclass
class SmallOffice:
    """An archive and the services of one clerk."""

    archive: Archive
    clock: SteadyClock = field(default_factory=SteadyClock)
    person: str = "陈晓兰"

    def __post_init__(self) -> None:
        self.kinds = load_kinds()
        self.cataloguing = Cataloguing(self.archive, self.kinds, self.person, self.clock)
        self.filing = Filing(self.archive, self.kinds, self.person, self.clock)
        self.finding = Finding(self.archive, self.kinds, self.person, self.clock)

    def receive(self, data: bytes = b"%PDF- five pages", pages: int = 5, text: str = "") -> str:
        """A file stands in the inbox, kept; its item is returned."""
        sha256 = hashlib.sha256(data).hexdigest()
        with self.archive.act(self.person, self.clock()) as act:
            attachments.keep(self.archive, act, data, sha256=sha256, pages=pages, media="application/pdf")
            if text:
                attachments.keep_page_texts(act, sha256, [attachments.PageText(1, "file", text)])
            item = Item(str(uuid6.uuid7()), "扫描.pdf", ItemState.TAKEN, sha256, len(data), pages, "", act.moment, "")
            inbox.add(act, item)
        return item.id

    def file_marriage(self, text: str = "", data: bytes = b"%PDF- five pages", **changed: str) -> Filed:
        """A marriage record stands filed, with these fields changed (`wife__name` for wife.name)."""
        fields = {**MARRIAGE, **{key.replace("__", "."): value for key, value in changed.items()}}
        return self.file("marriage", self.receive(data, text=text), fields, PAPERS)

    def file(self, kind: str, item: str, fields: Mapping[str, str], papers: Mapping[str, str]) -> Filed:
        """A record of this kind stands filed from an item of the inbox, its papers at these pages."""
        return self.filing.file(self.draft(kind, item, fields, papers))

    def draft(self, kind: str, item: str, fields: Mapping[str, str], papers: Mapping[str, str]) -> str:
        """The same is typed and waits to be filed; its id is returned."""
        form = self.cataloguing.start(kind, item)
        for key, value in fields.items():
            self.cataloguing.put(form.draft.uid, key, value)
        for paper, ranges in papers.items():
            form = self.cataloguing.attach(form.draft.uid, paper, ranges)
        return form.draft.uid


def begin_office(folder: Path, **changed: str) -> SmallOffice:
    """Return an office whose archive was just made, with these facts of it changed."""
    facts = {"county": "云泽县", "township": "青石镇", "township_code": "339921102", "fonds": "J001", "practice": ""}
    facts |= changed
    return SmallOffice(Archive.create(folder, bytes(range(32)), facts, "陈晓兰", NOON))
