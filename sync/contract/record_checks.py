"""The checks of the four properties that look at one record (件级检测): pure, the same at the desk and at the county.

What a kind's own validation says is not asked twice: its findings are sorted under the checks they belong to.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sync.contract import numbers
from sync.contract.errors import BadRequest
from sync.contract.findings import Finding
from sync.contract.four_properties import Fault, Tally
from sync.contract.kinds import Kind
from sync.contract.revisions import ChangeKind, RecordId, RevisionId, hash_revision, read_body
from sync.contract.validation import Judgement, Origin, judge

NEWEST_LAYOUT: Final = 1
LONGEST_TITLE: Final = 500
FORMATS: Final = ("application/pdf", "application/ofd", "image/jpeg", "image/tiff")  # what DA/T 70 names for keeping
MEMBERS: Final[Mapping[str, type]] = {
    "layout": int, "kind": str, "kind_version": int, "origin": str, "number": str, "title": str, "fields": dict,
    "normal": dict, "reasons": dict, "papers": list, "attachments": list, "filed": dict,
}  # fmt: skip
BODY_ITEMS: Final = ("Z1", "Z2", "Z3", "Z4", "Z5", "Z6", "Z7", "Z10", "W3", "W4", "W5", "W8", "W9", "K1")
FILE_ITEMS: Final = ("Z9", "W7", "K3", "K4", "K5", "K6", "A1")

_ITEM_OF: Final[Mapping[str, str]] = {
    "too_long": "Z2",
    "date_not_understood": "Z3", "not_money": "Z3", "not_a_number": "Z3", "odd_phone": "Z3", "odd_account": "Z3",
    "other_form": "Z3", "account_check": "Z3", "identity_length": "Z3", "identity_characters": "Z3",
    "not_a_choice": "Z4", "secret_refused": "Z4", "unknown_field": "Z4", "one_of": "Z4",
    "odd_name": "Z6", "special_character": "Z6", "hidden_character": "Z6",
    "needed": "W4", "needed_then": "W4",
    "paper_missing": "W9",
}  # fmt: skip


def item_of(finding: str) -> str:
    """Return the check that a finding of validation belongs to; what compares values is a matter of reason (Z5)."""
    return _ITEM_OF.get(finding, "Z5")


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What is held of a file that a record names.

    Args:
        whole: its sealed bytes are there in their full length; None where nobody looked.
        faults: what opening it has shown, as (check, code, grave); None where it was not opened yet.
        virus: clean, found, refused by the scanner, or empty where none has seen it.
    """

    size_bytes: int
    media: str
    pages: int
    whole: bool | None = None
    faults: tuple[tuple[str, str, bool], ...] | None = None
    virus: str = ""


@dataclass(frozen=True, slots=True)
class RecordFacts:
    """A record as it is kept: the id of the revision it stands by, and that revision's parts.

    Args:
        files: what is held of the files it names, by hash; None where that is not asked.
        elsewhere: another desk or the county made it, so that its files need not be here.
    """

    record: str
    revision: str
    parents: tuple[str, ...]
    change: str
    body: bytes
    files: Mapping[str, FileFacts] | None = None
    elsewhere: bool = False
    said: Mapping[str, Any] | None = None
    """What the body says, where it was read and the id was made from its bytes just before."""


class RecordChecker:
    """Looks at one record after the other; what it finds stands in the tally."""

    def __init__(self, kinds: Mapping[str, Kind], today: date, fonds: str = "") -> None:
        self._kinds, self._today, self._fonds = kinds, today, fonds

    def check(
        self, one: RecordFacts, tally: Tally, findings: Sequence[Finding] | None = None
    ) -> Mapping[str, Any] | None:
        """The record was looked at; what its body says is returned, None when it cannot be read.

        Args:
            findings: what validation says against it and no reason excuses, where that is known already.
        """
        tally.records += 1
        tally.looked(BODY_ITEMS)
        said = one.said
        if said is None:
            if _hash_of(one) != one.revision:
                tally.found(Fault("Z1", "hash_differs", one.record))
            try:
                said = read_body(one.body)
            except BadRequest:
                tally.found(Fault("K1", "unreadable", one.record))
                return None
        tally.found_all(self.faults(one, said, findings))
        if one.change == ChangeKind.PUT and one.files is not None and isinstance(said.get("attachments"), list):
            check_files(one, said, tally)
        return said

    def faults(
        self, one: RecordFacts, said: Mapping[str, Any], findings: Sequence[Finding] | None = None
    ) -> Iterator[Fault]:
        """Yield what the checks of a body find, whose values are `said`."""
        if one.change == ChangeKind.PUT:
            yield from self._of_body(one, said, findings)

    def _of_body(
        self, one: RecordFacts, said: Mapping[str, Any], findings: Sequence[Finding] | None
    ) -> Iterator[Fault]:
        wrong = [name for name, kind in MEMBERS.items() if type(said.get(name)) is not kind]
        yield from (Fault("W3", "member_missing", one.record, name) for name in wrong)
        if wrong:
            return
        if said["layout"] > NEWEST_LAYOUT:
            yield Fault("K1", "layout_new", one.record)
            return
        kind = self._kinds.get(said["kind"])
        if kind is None:
            yield Fault("K1", "kind_unknown", one.record)
            return
        for part in (_of_title, _of_origin, _of_filing, _of_papers, self._of_number):
            yield from part(one.record, said, kind)
        if said["kind_version"] <= kind.version:  # else judged by rules newer than ours: a person looks at it
            found = self._judged(said, kind, one.record) if findings is None else ((), findings)
            yield from found[0]
            yield from (Fault(item_of(it.code), it.code, one.record, it.field) for it in found[1])

    def _judged(self, said: Mapping[str, Any], kind: Kind, record: str) -> tuple[Sequence[Fault], Sequence[Finding]]:
        origin = Origin(said["origin"]) if said["origin"] in list(Origin) else Origin.NEW
        papers = Counter(str(it.get("paper")) for it in said["papers"] if isinstance(it, dict))
        fields = {key: text for key, text in said["fields"].items() if isinstance(text, str)}
        odd = [Fault("Z3", "not_text", record, key) for key in said["fields"] if key not in fields]
        found = judge(kind, fields, origin=origin, today=self._today, papers=papers)
        if not odd:
            odd += _of_normal(record, said, found)
        reasons = {key: text for key, text in said["reasons"].items() if isinstance(text, str)}
        return odd, found.unexcused(reasons)

    def _of_number(self, record: str, said: Mapping[str, Any], kind: Kind) -> Iterator[Fault]:
        read = numbers.read(said["number"])
        if read is None:
            yield Fault("Z7", "number_malformed", record)
            return
        series = read[0]
        if series.category != kind.category:
            yield Fault("Z7", "number_category", record)
        if self._fonds and series.fonds != self._fonds:
            yield Fault("Z7", "number_fonds", record)
        if all(series.retention != it.code for it in kind.retentions):
            yield Fault("Z4", "retention_unknown", record)


def _hash_of(one: RecordFacts) -> RevisionId:
    return hash_revision(RecordId(one.record), [RevisionId(it) for it in one.parents], one.change, one.body)


def _of_title(record: str, said: Mapping[str, Any], kind: Kind) -> Iterator[Fault]:
    if not said["title"]:
        yield Fault("W4", "title_missing", record)
    elif len(said["title"]) > LONGEST_TITLE:
        yield Fault("Z2", "title_long", record)


def _of_origin(record: str, said: Mapping[str, Any], kind: Kind) -> Iterator[Fault]:
    if said["origin"] not in list(Origin):
        yield Fault("Z4", "origin_unknown", record)


def _of_filing(record: str, said: Mapping[str, Any], kind: Kind) -> Iterator[Fault]:
    filed = said["filed"]
    yield from (Fault("W5", "filing_not_told", record, name) for name in ("by", "at") if not filed.get(name))


def _of_papers(record: str, said: Mapping[str, Any], kind: Kind) -> Iterator[Fault]:
    """Each paper stands on pages that a file of the record has."""
    pages = {str(it.get("sha256")): it.get("pages", 0) for it in said["attachments"] if isinstance(it, dict)}
    for paper in said["papers"]:
        if not isinstance(paper, dict) or str(paper.get("attachment")) not in pages:
            yield Fault("Z10", "paper_of_nothing", record)
            continue
        first, last, whole = paper.get("first"), paper.get("last"), pages[str(paper["attachment"])]
        if not (
            isinstance(first, int) and isinstance(last, int) and isinstance(whole, int) and 1 <= first <= last <= whole
        ):
            yield Fault("W8", "pages_out_of_range", record, str(paper.get("paper", "")))


def _of_normal(record: str, said: Mapping[str, Any], found: Judgement) -> Iterator[Fault]:
    """The values that were kept beside the written ones are those the kind reads today; a kind may have learned to read more."""
    for key, kept in said["normal"].items():
        read = found.normal.get(key)
        if read is not None and (not isinstance(kept, dict) or kept.get("value") != read.value):
            yield Fault("Z3", "normal_differs", record, key)


def check_files(one: RecordFacts, said: Mapping[str, Any], tally: Tally) -> None:
    """Every file the record names was looked at, as far as it is here."""
    held = one.files or {}
    for named in said["attachments"]:
        sha256 = str(named.get("sha256", "")) if isinstance(named, dict) else str(named)
        facts = held.get(sha256)
        if facts is None:
            tally.found(
                Fault(
                    "Z10", "file_elsewhere" if one.elsewhere else "file_unknown", sha256, one.record, not one.elsewhere
                )
            )
            continue
        tally.looked(FILE_ITEMS)
        if isinstance(named, dict):
            tally.found_all(_compared(sha256, named, facts))
        check_content(sha256, facts, tally)


def _compared(sha256: str, named: Mapping[str, Any], facts: FileFacts) -> Iterator[Fault]:
    if named.get("size") != facts.size_bytes:
        yield Fault("Z9", "size_differs", sha256)
    if named.get("media") != facts.media:
        yield Fault("Z9", "media_differs", sha256)
    if named.get("pages") != facts.pages:
        yield Fault("K5", "pages_differ", sha256)


def check_content(sha256: str, facts: FileFacts, tally: Tally) -> None:
    """What is known of a file's bytes stands in the tally."""
    if facts.whole is False:
        tally.found(Fault("W7", "file_away", sha256))
    if facts.media not in FORMATS:
        tally.found(Fault("K3", "format_other", sha256, grave=False))
    if facts.faults is None:
        for item in ("K4", "K5", "K6"):
            tally.skip(item, "not_opened_yet")
    else:
        tally.found_all(Fault(item, code, sha256, grave=grave) for item, code, grave in facts.faults)
    if facts.virus == "found":
        tally.found(Fault("A1", "virus", sha256))
    elif facts.virus != "clean":
        tally.skip("A1", "scanner_refuses" if facts.virus else "no_scanner")


def check_doubles(pairs: Iterable[tuple[str, str, str]], tally: Tally) -> None:
    """Among (record, number, title) no number stands twice; the same title twice is told."""
    bearers: dict[str, str] = {}
    titles: dict[str, str] = {}
    tally.looked(("Z8",), 0)
    for record, number, title in pairs:
        tally.looked(("Z8",))
        if bearers.setdefault(number, record) != record:
            tally.found(Fault("Z8", "number_double", record, bearers[number]))
        if titles.setdefault(title, record) != record:
            tally.found(Fault("Z8", "title_double", record, titles[title], grave=False))
