"""Faults planted in a real archive for the checks of the four properties to find: one for each, each at a record of its own."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from desktop.archive import check_reports, fixity, records
from desktop.archive.archive import Act
from desktop.archive.fixity import Event, Outcome, Target
from desktop.services.filing import Filed
from sync.contract.revisions import ChangeKind, RecordId, Revision, canonical_bytes
from tests.desktop.services.office import SmallOffice


@dataclass(frozen=True, slots=True)
class Planted:
    """What the check is to say, and of what."""

    item: str
    code: str
    subject: str


class Planter:
    """Changes an office's archive as no act of the program would."""

    def __init__(self, office: SmallOffice, pdf: Callable[[str], bytes]) -> None:
        self.office, self._pdf, self._filed = office, pdf, 0

    def file(self) -> Filed:
        """A sound record stands filed, with a file of its own that opens."""
        self._filed += 1
        return self.office.file_marriage(
            data=self._pdf(f"paper {self._filed}"), cert_no=f"J339921-2016-{self._filed:06}",
            husband__name="何" + chr(0x4E00 + self._filed),
        )  # fmt: skip

    def said(self, filed: Filed) -> dict[str, Any]:
        with self.office.archive.reading() as connection:
            line = records.by_uid(connection, filed.record)
            assert line is not None
            said = records.body(connection, line.head)
        assert said is not None
        return said

    def act(self, work: Callable[[Act], object]) -> None:
        with self.office.archive.act("planter", self.office.clock()) as act:
            work(act)

    def say(self, filed: Filed, change: Callable[[dict[str, Any]], object]) -> str:
        """The record's revision says something else, with an id that is right for it."""
        said = self.said(filed)
        change(said)
        made = Revision.saying(RecordId(filed.record), (), ChangeKind.PUT, said)
        self.act(lambda act: self._stand(act, filed, made.id, made.body))
        return str(filed.record)

    def _stand(self, act: Act, filed: Filed, revision: str, body: bytes) -> None:
        act.connection.exec_driver_sql("DELETE FROM revision WHERE record_uid = ?", (filed.record,))
        act.connection.exec_driver_sql(
            "INSERT INTO revision (id, record_uid, parents, change, body, arrived, heard) VALUES (?, ?, '', 'put', ?,"
            " (SELECT coalesce(max(arrived), 0) + 1 FROM revision), 0)",
            (revision, filed.record, body),
        )
        act.connection.exec_driver_sql("UPDATE record SET head = ? WHERE uid = ?", (revision, filed.record))

    def raw(self, filed: Filed, body: bytes, revision: str) -> str:
        """The record's revision holds these bytes under this id."""
        self.act(lambda act: self._stand(act, filed, revision, body))
        return str(filed.record)

    def sha256(self, filed: Filed) -> str:
        return str(self.said(filed)["attachments"][0]["sha256"])

    def sealed(self, filed: Filed) -> Path:
        """Where the record's file lies on the disk."""
        with self.office.archive.reading() as connection:
            found = connection.exec_driver_sql(
                "SELECT file_id FROM attachment WHERE sha256 = ?", (self.sha256(filed),)
            ).scalar_one()
        return self.office.archive.files.place_of(bytes.fromhex(found))

    def sql(self, statement: str, *values: object) -> None:
        self.act(lambda act: act.connection.exec_driver_sql(statement, values))


def plant_all(planter: Planter) -> list[Planted]:
    """Return every fault that was planted, one or more for each check that looks at the archive."""
    made = [*_in_bodies(planter), *_in_files(planter), *_in_the_whole(planter)]
    planter.office.clock.forward(timedelta(hours=2))
    return made


def _in_bodies(planter: Planter) -> list[Planted]:
    def field(key: str, text: str) -> Callable[[dict[str, Any]], object]:
        return lambda said: said["fields"].__setitem__(key, text)

    changes: Mapping[tuple[str, str], Callable[[dict[str, Any]], object]] = {
        ("Z2", "too_long"): field("remark", "长" * 5000),
        ("Z3", "not_text"): lambda said: said["fields"].__setitem__("remark", 7),
        ("Z4", "not_a_choice"): field("husband.status_before", "三婚"),
        ("Z5", "date_ahead"): field("reg_date", "2099-01-01"),
        ("Z6", "special_character"): field("remark", "倒\u202e写"),
        ("Z7", "number_malformed"): lambda said: said.__setitem__("number", "十二号"),
        ("Z10", "paper_of_nothing"): lambda said: said["papers"][0].__setitem__("attachment", "0" * 64),
        ("Z9", "size_differs"): lambda said: said["attachments"][0].__setitem__("size", 1),
        ("W3", "member_missing"): lambda said: said.pop("origin"),
        ("W4", "needed"): lambda said: said["fields"].pop("husband.name"),
        ("W5", "filing_not_told"): lambda said: said["filed"].__setitem__("by", ""),
        ("W8", "pages_out_of_range"): lambda said: said["papers"][0].__setitem__("last", 99),
        ("W9", "paper_missing"): lambda said: said["papers"].clear(),
        ("K1", "kind_unknown"): lambda said: said.__setitem__("kind", "spaceship"),
    }  # fmt: skip
    made = []
    for (item, code), change in changes.items():
        filed = planter.file()
        uid = planter.say(filed, change)
        of_file = item == "Z9"
        made.append(Planted(item, code, planter.sha256(filed) if of_file else uid))
    filed = planter.file()
    body = canonical_bytes(planter.said(filed) | {"title": "另一个题名"})
    made.append(Planted("Z1", "hash_differs", planter.raw(filed, body, "ab" * 32)))
    filed = planter.file()
    made.append(Planted("K1", "unreadable", planter.raw(filed, b'{"layout": 1', "cd" * 32)))
    return made


def _in_files(planter: Planter) -> list[Planted]:
    made = []
    for item, code, grave in (
        ("K3", "active_content", False), ("K4", "cannot_open", True), ("K5", "pages_differ", True),
        ("K6", "password", True),
    ):  # fmt: skip
        filed = planter.file()
        sha256 = planter.sha256(filed)
        planter.act(lambda act, one=(item, code, grave), sha=sha256: check_reports.note_opened(act, sha, (one,)))  # type: ignore[misc]
        made.append(Planted(item, code, sha256))
    filed = planter.file()
    planter.act(lambda act: check_reports.note_scanned(act, planter.sha256(filed), "found"))
    made.append(Planted("A1", "virus", planter.sha256(filed)))
    filed = planter.file()
    path = planter.sealed(filed)
    path.write_bytes(path.read_bytes()[:-1])
    made.append(Planted("W7", "file_away", planter.sha256(filed)))
    made.append(Planted("W2", "bytes_differ", ""))
    return made


def _in_the_whole(planter: Planter) -> list[Planted]:
    archive = planter.office.archive
    lost = planter.file()  # its number was given, and it is on no record
    planter.sql("DELETE FROM record WHERE uid = ?", lost.record)
    one, other = planter.file(), planter.file()
    planter.sql(
        "UPDATE record SET title = '同名', case_date = '2016-02-27' WHERE uid IN (?, ?)", one.record, other.record
    )
    (archive.folder / "files" / "ab").mkdir(exist_ok=True)
    stray = archive.folder / "files" / "ab" / ("ab" * 16)
    stray.write_bytes(b"nobody's")
    (archive.folder / "autorun.inf").write_bytes(b"[autorun]")
    planter.act(lambda act: fixity.note(act, Event(Target.DATABASE, Outcome.FAIL, "", "pages")))
    planter.act(lambda act: fixity.mark_broken(act, planter.sealed(one).name))
    first = min(str(one.record), str(other.record))
    return [
        Planted("W1", "record_away", str(lost.record)), Planted("W6", "number_missing", lost.number),
        Planted("Z8", "title_double", first), Planted("A2", "stray_file", "autorun.inf"),
        Planted("A3", "database_broken", ""), Planted("A3", "file_broken", planter.sha256(one)),
        Planted("Z1", "file_changed", planter.sha256(one)),
    ]  # fmt: skip


def evidence_of(report_json: str) -> set[tuple[str, str, str]]:
    """Return (check, code, subject) of everything a report tells as data."""
    return {
        (result["item"], one["code"], one["subject"])
        for result in json.loads(report_json)["results"]
        for one in result["evidence"]
    }
