"""A record as people read it (卡片): groups of labels and texts, papers with their pages; what the kind does not know is kept."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from desktop.archive.sealing import Held
from sync.contract.kinds import Kind


@dataclass(frozen=True, slots=True)
class Entry:
    """A field: its label, what the paper says, what it means where that is another text, and why a warning was passed over."""

    label: str
    text: str
    meaning: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class PaperPlace:
    """A paper: its label, the file it is in, and its pages there; page 0 for a file no paper names."""

    label: str
    sha256: str
    first: int
    last: int


@dataclass(frozen=True)
class Sheet:
    """A whole record for the eye; `said` is the body's values."""

    record: Held
    kind: Kind
    said: Mapping[str, Any]

    @classmethod
    def of(cls, record: Held, kind: Kind) -> Sheet:
        """Return the sheet of a record."""
        return cls(record, kind, json.loads(record.body))

    @property
    def files(self) -> list[dict[str, Any]]:
        """What the body says of its files: sha256, size, pages, media."""
        listed: list[dict[str, Any]] = self.said.get("attachments", [])
        return listed

    @cached_property
    def groups(self) -> list[tuple[str, list[Entry]]]:
        """The label and the entries of each group that says something, last what the kind of today has no field for."""
        return list(self._grouped())

    def _grouped(self) -> Iterator[tuple[str, list[Entry]]]:
        fields: dict[str, str] = self.said.get("fields", {})
        left = dict(fields)
        for group in self.kind.groups:
            entries = []
            for key, field in self.kind.instances(group, fields):
                if left.pop(key, ""):
                    place = key.removeprefix(group.key + ".").split(".")[0]
                    number = f"{int(place) + 1}. " if group.repeated and place.isdecimal() else ""
                    entries.append(self._entry(key, number + field.label))
            if entries:
                yield group.label, entries
        others = [
            self._entry(key, known.label if (known := self.kind.field(key)) else key)
            for key, text in left.items()
            if text
        ]
        if self.said.get("reason"):
            others.append(Entry("作废理由", str(self.said["reason"])))
        if others:
            yield "其他", others

    def papers(self) -> Iterator[PaperPlace]:
        """Yield the papers in their order, then the files that no paper names."""
        labels = {paper.key: paper.label for paper in self.kind.papers}
        named = set()
        for paper in self.said.get("papers", []):
            named.add(paper["attachment"])
            yield PaperPlace(
                labels.get(paper["paper"], paper["paper"]), paper["attachment"], paper["first"], paper["last"]
            )
        for file in self.files:
            if file["sha256"] not in named:
                yield PaperPlace("原件", file["sha256"], 0, 0)

    def _entry(self, key: str, label: str) -> Entry:
        text = str(self.said["fields"][key])
        meaning = str(self.said.get("normal", {}).get(key, {}).get("value", ""))
        return Entry(label, text, meaning if meaning != text else "", self.said.get("reasons", {}).get(key, ""))
