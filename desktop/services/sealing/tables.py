"""Lines of records and of the catalogue (目录): JSON that is authoritative, and cells that no spreadsheet takes for a formula."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping
from typing import Final

from desktop.archive.sealing import Held
from sync.contract.kinds import Kind

ENDINGS: Final = {"application/pdf": "pdf", "image/jpeg": "jpg", "image/png": "png", "image/tiff": "tif"}
STATES: Final = {
    "filed": "待发", "queued": "已封批", "received": "县里已收", "returned": "已退回", "conflict": "冲突",
    "accepted": "已接受", "voided": "已作废", "draft": "修改中",
}  # fmt: skip
HEADS: Final = ("档号", "门类", "题名", "年度", "日期", "状态", "归档人", "归档时间", "原件", "记录号")
CSV_MARK: Final = "\ufeff"  # tells spreadsheet programs that it is UTF-8
_FORMULA: Final = frozenset("=+-@|%＝＋－＠\t\r\n")


def safe_cell(text: str) -> str:
    """Return a cell that no spreadsheet takes for a formula (CWE-1236)."""
    return "'" + text if text.lstrip()[:1] in _FORMULA and text.lstrip() else text


def csv_text(rows: Iterable[Iterable[str]]) -> str:
    """Return rows of the catalogue."""
    out = io.StringIO(newline="")
    csv.writer(out).writerows([safe_cell(cell) for cell in row] for row in rows)
    return out.getvalue()


def row_of(record: Held, kind: Kind, places: Iterable[str]) -> tuple[str, ...]:
    """Return a record's row under HEADS."""
    return (
        record.number, kind.label, record.title, str(record.year), record.case_date,
        STATES.get(record.state, record.state), record.filed_by, record.filed_at, " ".join(places), record.uid,
    )  # fmt: skip


def record_line(record: Held) -> bytes:
    """Return a record's line; the body stands last, byte for byte as it was filed (docs/sealed-copy.md, section 4)."""
    head: Mapping[str, object] = {
        "record": record.uid, "revision": record.head, "parents": list(record.parents), "change": record.change,
        "first": record.first, "state": record.state, "accepted": record.accepted,
    }  # fmt: skip
    words = json.dumps(head, ensure_ascii=False, separators=(",", ":"))
    return words[:-1].encode() + b',"body":' + record.body + b"}\n"
