"""Masked records (脱敏): the party list of an archive, records told without it, and the scan that lets nothing of it pass."""

from __future__ import annotations

import codecs
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Final

from desktop.archive import sealing
from desktop.archive.archive import Connection
from desktop.archive.sealing import Held
from desktop.services.sealing import html_pages
from desktop.services.sealing.html_pages import PRINTED, ListPage
from desktop.services.sealing.parties import HIDDEN, Parties, mask_name
from desktop.services.sealing.report import RULES
from desktop.services.sealing.tables import HEADS, STATES
from sync.contract.errors import Refused
from sync.contract.kinds import Kind, Mask
from sync.contract.masking import shown
from sync.vault.bag import BagFile, Block

NUMBERS: Final = frozenset({Mask.IDENTITY, Mask.PHONE, Mask.ACCOUNT})
TELLS_STAFF: Final = frozenset({"data/log.jsonl", "data/index.html", "bag-info.txt"})
LINE_BYTES: Final = 1 << 22


class NameLeft(Refused):
    """Something of the party list was about to leave: in which file of the copy."""

    def __init__(self, place: str) -> None:
        super().__init__("a name or a number is left", reason="name_left", place=place)
        self.place = place


def parties_of(connection: Connection, kinds: Mapping[str, Kind]) -> Parties:
    """Return every name and number that any revision of any record has in a field masked as one, as written and as meant."""
    names: set[str] = set()
    numbers: set[str] = set()
    for said in sealing.every_body(connection):
        kind = kinds.get(str(said.get("kind")))
        for key, text in said.get("fields", {}).items():
            known = kind.field(key) if kind else None
            into = names if known and known.mask is Mask.NAME else numbers if known and known.mask in NUMBERS else None
            if into is not None:
                into |= {str(text), str(said.get("normal", {}).get(key, {}).get("value", ""))}
    return Parties(names, numbers)


@dataclass
class Masking:
    """One copy's masking: what it hides, how often it did, and what its scan cannot look for."""

    parties: Parties
    public: frozenset[str]  # names that are part of words every list prints
    staff: frozenset[str]  # names that say who acted
    kinds: Mapping[str, Kind]
    hidden: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, connection: Connection, kinds: Mapping[str, Kind], office: str) -> Masking:
        """Return the masking of an archive as it stands."""
        parties = parties_of(connection, kinds)
        pages = (
            html_pages.index_page({"单位": office}, [], []),
            html_pages.list_page(ListPage("x", "x", 0, 1, 0), [], {}),
        )
        printed = [*HEADS, *STATES.values(), *PRINTED, *(one.decode() for one in pages)]
        printed += [part for rule in RULES.values() for part in rule]
        for kind in kinds.values():
            printed += [kind.label, kind.short, *(group.label for group in kind.groups)]
            printed += [one.label for _, one in kind.all_fields()]
        return cls(parties, parties.within(printed), parties.within(sealing.staff(connection)), kinds)

    def record(self, record: Held) -> Held:
        """Return the record as it is told: its body is not what was filed any more."""
        said, kind = json.loads(record.body), self.kinds[json.loads(record.body)["kind"]]
        fields = {key: self._field(kind, key, str(text)) for key, text in said.get("fields", {}).items()}
        files = [
            {"sha256": one["sha256"], "size": one["size"], "pages": one["pages"]} for one in said.get("attachments", [])
        ]
        told: dict[str, Any] = {"kind": kind.key, "number": said["number"], "fields": fields}
        told["reasons"] = {key: self.text(str(text)) for key, text in said.get("reasons", {}).items()}
        if said.get("reason"):
            told["reason"] = self.text(str(said["reason"]))
        told["pages_left_out"] = files
        title = kind.label if kind.restricted else self.text(record.title)
        body = json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()
        return replace(record, title=title, filed_by="", body=body)

    def _field(self, kind: Kind, key: str, text: str) -> str:
        known = kind.field(key)
        mask = known.mask if known else Mask.NONE
        if mask is Mask.NAME:
            self.hidden["name"] += 1
            return self.text(mask_name(text))
        if mask in NUMBERS or mask is Mask.HIDDEN:
            self.hidden["number" if mask in NUMBERS else "value"] += bool(text)
            return HIDDEN if text else ""
        return self.text(shown(mask, text))

    def text(self, text: str) -> str:
        """Return the text with everything of the list hidden; raises NameLeft where some of it would not go."""
        told, times = self.parties.masked(text)
        self.hidden["in text"] += times
        if self.parties.find(told, spelled=True):
            raise NameLeft("data/masked")
        return told

    def guarded(self, file: BagFile) -> BagFile:
        """Return the file, which ends the export where anything of the list stands in its name or its text.

        Raises:
            NameLeft: while it is read, or at once for its name.
        """
        if self.parties.find(file.name, spelled=True):
            raise NameLeft("a file's name")
        return replace(
            file, content=self._read(file, self._beside_staff if file.name in TELLS_STAFF else self._in_lists)
        )

    @cached_property
    def _in_lists(self) -> Parties:
        """What is looked for in a file: not what the words of every list hold."""
        return self.parties.without(self.public)

    @cached_property
    def _beside_staff(self) -> Parties:
        """What is looked for where staff are named as those who acted."""
        return self.parties.without(self.public | self.staff)

    def check_tags(self, files: Mapping[str, bytes]) -> None:
        """Nothing of the list stands in what lies beside `data/`; raises NameLeft."""
        for name, content in files.items():
            if self._beside_staff.find(content.decode("utf-8", "replace")):
                raise NameLeft(name)

    @staticmethod
    def _read(file: BagFile, listed: Parties) -> Iterator[Block]:
        rest, reader = "", codecs.getincrementaldecoder("utf-8")("replace")  # a block may end within a character
        for block in file.content:
            *lines, rest = (rest + reader.decode(bytes(block))).split("\n")
            if any(listed.find(line) for line in lines) or len(rest) > LINE_BYTES:
                raise NameLeft(file.name)
            yield block
        if listed.find(rest):
            raise NameLeft(file.name)

    def report(self) -> bytes:
        """Return `data/masking.json`."""
        told = {
            "version": 1, "names": len(self.parties.names | self.parties.latin), "numbers": len(self.parties.numbers),
            "hidden": dict(sorted(self.hidden.items())), "not_looked_for_in_lists": len(self.public),
            "staff_not_hidden_where_they_acted": len(self.staff),
            "looked_for": ["names folded and with gaps", "latin names", "numbers with gaps", "forms of identity and mobile numbers", "pinyin in records"],
        }  # fmt: skip
        return (json.dumps(told, ensure_ascii=False, indent=1) + "\n").encode()
