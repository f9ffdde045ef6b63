"""One bag of a sealed copy, file by file (封存内容): records page by page, their files behind them, what sums up last."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime

from desktop.archive import attachments, audit_findings, choosing, sealing
from desktop.archive.archive import Archive, Connection
from desktop.archive.audit_findings import AuditFinding
from desktop.archive.sealing import Held, Shelf
from desktop.services.export_requests import ExportRequest
from desktop.services.sealing import html_pages, tables, xml_texts
from desktop.services.sealing.html_pages import ListPage
from desktop.services.sealing.masking import Masking
from desktop.services.sealing.plan import Range, Roll, pages_of
from desktop.services.sealing.report import Report
from desktop.services.sealing.scope import Chosen, Scope
from desktop.services.sealing.sheet import Sheet
from desktop.services.sealing.statistics import statistics_csv
from sync.contract.errors import SealBroken
from sync.contract.kinds import Kind
from sync.contract.revisions import RecordId, RevisionId, hash_revision
from sync.vault.bag import BagFile, Gathered
from sync.vault.sealed_files import Rooms

COPY_VERSION = 2
CHOICE_VERSION = 3  # of a copy that holds a choice, and the whole roll it was made from
_TRIES = 2000  # records from other desks that may stand between those of one bulk


@dataclass(frozen=True, slots=True)
class Export:
    """What all bags of one export have in common."""

    id: str
    at: datetime
    person: str
    office: str
    fonds: str
    whole: Range
    roll: Roll
    row: int  # of the log, that says it began
    checkpoint: str
    bags: int
    request: ExportRequest
    scope: Scope
    chosen: Chosen | None = None  # None: the whole range

    @property
    def version(self) -> int:
        return COPY_VERSION if self.chosen is None else CHOICE_VERSION

    @property
    def only(self) -> frozenset[str] | None:
        """The records to be held, None for all of the range."""
        return None if self.chosen is None else frozenset(self.chosen.records)


@dataclass
class BagPayload:
    """The payload of one bag, made while it is taken; `report` and `notes` are whole once it was."""

    archive: Archive
    records: Connection  # the archive as it stood when the export began
    log: Connection  # the same with the line that says so
    kinds: Mapping[str, Kind]
    export: Export
    part: Range
    number: int
    masking: Masking | None = None
    report: Report = field(default_factory=Report)
    away: dict[str, str] = field(default_factory=dict)  # files that no copy of is here, and a record that names each
    _places: dict[str, str] = field(default_factory=dict)
    _pages: list[ListPage] = field(default_factory=list)
    _held: int = 0
    _noted: list[AuditFinding] = field(default_factory=list)
    _rooms: Rooms = field(default_factory=Rooms)

    def files(self) -> Iterator[BagFile]:
        """Yield every file of the bag, once, in its order.

        Raises:
            SealBroken: a record's bytes are not what its revision id says. NameLeft: a masked copy is about to tell somebody.
        """
        masking = self.masking
        return self._files() if masking is None else (masking.guarded(file) for file in self._files())

    def _files(self) -> Iterator[BagFile]:
        one = self.export
        table, aid = Gathered(), xml_texts.FindingAid(one.office, one.fonds, one.id, one.at)
        table.add(tables.CSV_MARK + tables.csv_text([tables.HEADS]))
        for shelf, page, several in pages_of(self.records, one.roll.shelves, self.part, one.only):
            kind = self.kinds[shelf.kind]
            sheets = [Sheet.of(record, kind) for record in several]
            yield from self._page(
                ListPage(kind.key, kind.label, shelf.year, page, len(several)), sheets, shelf, table, aid
            )
        yield table.as_file("data/index.csv")
        if self.masking is not None:
            counted = choosing.counted(self.records, sorted(one.only or ()))
            label = {key: kind.label for key, kind in self.kinds.items()}
            tables_of_it = statistics_csv(counted, lambda kind: label.get(kind, kind), self.masking.text)
            yield BagFile.of("data/statistics.csv", tables_of_it)
            yield BagFile.of("data/masking.json", self.masking.report())
        else:
            yield aid.finish().as_file("data/ead.xml")
        if self._noted and self.masking is None:
            told = (json.dumps(asdict(noted), ensure_ascii=False) + "\n" for noted in self._noted)
            yield BagFile.of("data/findings.jsonl", "".join(told).encode())
        yield self._log_file()
        yield self._bulks_file()
        if one.chosen is not None:
            yield self._roll_file()
        proof, expected = self._proof()
        self.report.check("W1", self._held == expected, f"{self._held}/{expected}")
        proof |= {
            "version": one.version, "export": one.id, "log": {"row": one.row}, "checkpoint": one.checkpoint,
            "away": sorted(self.away),
        }  # fmt: skip
        yield BagFile.of("data/proof.json", (json.dumps(proof, ensure_ascii=False, indent=1) + "\n").encode())
        yield BagFile.of("data/index.html", html_pages.index_page(self._facts(), self._pages, self._notes()))

    def _proof(self) -> tuple[dict[str, object], int]:
        """Return what proves that nothing is left out, and how many records are to be here (docs/sealed-copy.md, 5 and 10)."""
        one = self.export
        if one.chosen is None:
            return one.roll.proof(self.records, self.part)
        first, last = one.scope.years
        choice = {
            "kinds": list(one.scope.kinds), "first": first, "last": last, "sample": one.scope.sample, "seed": one.scope.seed,
            "more": not one.scope.proved, "among": one.chosen.among,
        }  # fmt: skip
        return {**one.roll.whole(), "choice": choice}, len(one.chosen.records)

    def _roll_file(self) -> BagFile:
        roll = Gathered()
        for place in self.export.roll.places(self.records):
            roll.add(place + "\n")
        return roll.as_file("data/roll.txt")

    def tag_files(self) -> dict[str, bytes]:
        """Return what lies beside data/: the report, once the payload was taken."""
        return {"verification-report.json": self.report.to_json(self.export.id, self.export.at)}

    def bag_info(self) -> dict[str, str]:
        """Return the lines of bag-info.txt (docs/sealed-copy.md, section 3)."""
        one = self.export
        return {
            "Source-Organization": one.office or "-",
            "Bagging-Date": f"{one.at:%Y-%m-%d}",
            "External-Identifier": one.id,
            "Bag-Group-Identifier": one.id,
            "Bag-Count": f"{self.number} of {one.bags}",
            "Lantai-Copy": str(one.version),
            "Lantai-Suite": "sha256+sm3; age-x25519; ed25519-minisign",
            "Lantai-Range": str(self.part),
            "Lantai-Group-Range": str(one.whole),
            "Lantai-Audit-Row": str(one.row),
            **({"Lantai-Masked": "names, numbers"} if self.masking else {}),
            "Lantai-Request": one.request.id,
            "Lantai-Approved-By": one.request.approved_by,
        }

    def _page(
        self, page: ListPage, sheets: list[Sheet], shelf: Shelf, table: Gathered, aid: xml_texts.FindingAid
    ) -> Iterator[BagFile]:
        for sheet in sheets:
            self._check(sheet.record, shelf)
        if self.masking is not None:
            sheets = [Sheet.of(self.masking.record(sheet.record), sheet.kind) for sheet in sheets]
        fresh = self._find_files(sheets)
        lines = []
        for sheet in sheets:
            lines.append(tables.record_line(sheet.record))
            places = {
                file["sha256"]: self._places[file["sha256"]] for file in sheet.files if file["sha256"] in self._places
            }
            table.add(tables.csv_text([tables.row_of(sheet.record, sheet.kind, places.values())]))
            aid.add(sheet, places)
        one = self.export
        folder = "records" if one.chosen is None else "chosen" if self.masking is None else "masked"
        yield BagFile.of(f"data/{folder}/{page.stem}.jsonl", b"".join(lines))
        yield BagFile.of(f"data/list/{page.stem}.html", html_pages.list_page(page, sheets, self._places))
        if self.masking is None:
            yield BagFile.of(
                f"data/da48/{page.stem}.xml", xml_texts.packages(sheets, self._places, one.office, one.fonds, one.at)
            )
        self._pages.append(page)
        self._held += len(lines)
        self._noted += audit_findings.of_records(self.records, [sheet.record.uid for sheet in sheets])
        for known in fresh:
            digests = {"sha256": known.sha256} | ({"sm3": known.sm3} if known.sm3 else {})
            content = attachments.flow(self.archive, self.records, known.sha256, self._rooms)
            yield BagFile(self._places[known.sha256], known.size_bytes, content, digests)
            self.report.check("Z1", good=True)  # a difference ends the export

    def _find_files(self, sheets: list[Sheet]) -> list[attachments.Attachment]:
        """The files these records name have their places; those that are new in this bag are returned."""
        named = {file["sha256"]: (file, sheet.record.number) for sheet in sheets for file in sheet.files}
        known = attachments.find_all(self.records, named.keys() - self._places.keys() - self.away.keys())
        fresh = []
        for sha256, (file, number) in named.items():
            if (held := known.get(sha256)) is not None:
                place = len(self._places) + 1
                self._places[sha256] = (
                    f"data/files/{place // 1000:03d}/{place:07d}-{sha256[:16]}.{tables.ENDINGS.get(held.media, 'bin')}"
                )
                fresh.append(held)
                self.report.check("Z9", held.size_bytes == file["size"], number)
            elif sha256 not in self._places:
                self.away.setdefault(sha256, number)
            self.report.check("W7", sha256 in self._places, number)
        return fresh

    def _check(self, record: Held, shelf: Shelf) -> None:
        """The record is what its revision id says, and stands where its body says."""
        parents = [RevisionId(one) for one in record.parents]
        said = json.loads(record.body)
        right = hash_revision(RecordId(record.uid), parents, record.change, record.body) == record.head
        if not right or (said["kind"], said["number"]) != (shelf.kind, record.number):
            raise SealBroken("a record is not what was filed", record=record.uid)
        self.report.check("K1", good=True)

    def _log_file(self) -> BagFile:
        size = sum(map(len, sealing.log_words(self.log, self.export.row)))
        self.report.checked["A4"] = self.export.row
        return BagFile("data/log.jsonl", size, sealing.log_words(self.log, self.export.row))

    def _bulks_file(self) -> BagFile:
        """Which revisions each bulk of the log filed, as far as they can be told: [row, [revision, …]] a line."""
        held: dict[str, list[str]] = {}
        taken: dict[str, int] = {}
        lines = Gathered()
        for row, kind, count, digest in sealing.bulks(self.log, self.export.row):
            ids = held.setdefault(kind, [])
            if not ids:
                ids += sealing.filed_in_bulk(self.records, kind)
            start = taken.get(kind, 0)
            for first in range(start, min(start + _TRIES, len(ids) - count) + 1):
                run = ids[first : first + count]
                if hashlib.sha256("".join(run).encode()).hexdigest() == digest:
                    lines.add(json.dumps([row, run], separators=(",", ":")) + "\n")
                    taken[kind] = first + count
                    break
        return lines.as_file("data/filed.jsonl")

    def _facts(self) -> dict[str, str]:
        one = self.export
        return {
            "单位": one.office or "（未填）",
            "全宗号": one.fonds or "—",
            "导出编号": one.id,
            "导出时间": f"{one.at:%Y-%m-%d %H:%M} UTC",
            "导出人": one.person,
            "复核人": one.request.said_by or "单人办理：本单位别人都没有导出的权限",
            "本包": f"第 {self.number} 包，共 {one.bags} 包",
            "范围": self._scope_words(),
            "件数": f"{self._held}（总登记 {one.roll.size}）",
            "原件": str(len(self._places)),
            "总登记指纹": " ".join(one.roll.root[at : at + 4] for at in range(0, 32, 4)) + " …",
            "审计日志": f"至第 {one.row} 行",
        }

    def _scope_words(self) -> str:
        """What was asked for, in words for the cover: persons by their number, for the cover is not the place for names."""
        one = self.export
        if one.chosen is None:
            return "全部" if self.part == Range("", None) else str(self.part)
        told = replace(one.scope, persons=(f"{len(one.scope.persons)}",) if one.scope.persons else ())
        return f"{told.said(self.kinds) or '全部'}（符合 {one.chosen.among} 件，取 {len(one.chosen.records)} 件）"

    def _notes(self) -> list[str]:
        if self.masking is not None:
            return ["脱敏副本：姓名、号码已隐去，原件不在其中；隐去后的文字只是本单位的话，不是归档时的正文。"]
        if not self.away:
            return []
        return [f"有 {len(self.away)} 个原件导出时不在本机（多为别的机位尚未传到），各件下已注明。"]
