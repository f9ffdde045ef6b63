"""What county staff wait for, in a book of many records: the board, a batch of a thousand, the conflicts, and the memory of it.

The book is filled by bulk statements; what is measured runs in a process of its own. Floor: one row by its key.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from sqlalchemy import Connection, insert

from sync.contract.revisions import canonical_bytes
from sync.county import tables
from sync.county.service import County, create_county
from sync.county.tables import table

A_BATCH = 1_000
OPEN_SHARE, CONFLICT_SHARE = 100, 2_000  # one in so many is undecided, one in so many in conflict
PROJECT = Path(__file__).resolve().parents[2]
WRITTEN = {
    "cert_no": "J339921-2016-000010", "reg_date": "二〇一六年二月二十七日", "office": "云泽县民政局婚姻登记处",
    "husband.name": "何晨", "husband.id_no": "339921198903080032", "husband.village": "云泽县青石镇石桥村",
    "wife.name": "陈思", "wife.id_no": "339921199103070025", "wife.village": "云泽县青石镇上林村", "author": "云泽县民政局",
}  # fmt: skip


def fill(connection: Connection, records: int, townships: int, now: datetime) -> tuple[str, str]:
    """The book holds the records; the id of the newest batch and of one revision are returned."""
    codes = [f"3399{place:05d}" for place in range(townships)]
    connection.execute(
        insert(table(tables.Township)),
        [
            {
                "code": code,
                "name": f"第{n}镇",
                "feed_end": 0,
                "feed_hash": b"",
                "digest": bytes(32),
                "heads": records // townships,
            }
            for n, code in enumerate(codes)
        ],
    )
    batch = revision = ""
    for first in range(0, records, A_BATCH):
        code, batch = codes[first // A_BATCH % townships], str(UUID(int=(1 << 100) + first))
        many = range(first, min(first + A_BATCH, records))
        revision = _fill_batch(connection, code, batch, many, now - timedelta(minutes=(records - first) // 20))
    return batch, revision


def _fill_batch(connection: Connection, code: str, batch: str, many: range, at: datetime) -> str:
    ids, rows, records = [], [], []
    for number in many:
        record = str(UUID(int=(1 << 90) + number))
        body = canonical_bytes(
            {"kind": "marriage", "number": f"J001-HY·2016-D100-{number:07d}", "title": "何晨、陈思结婚登记", "fields": WRITTEN,
             "reasons": {}, "papers": [], "attachments": []}
        )  # fmt: skip
        one = hashlib.sha256(record.encode()).hexdigest()
        standing = (
            "conflict" if number % CONFLICT_SHARE == 7 else "received" if number % OPEN_SHARE == 3 else "accepted"
        )
        ids.append((one, record))
        rows.append(
            {"id": one, "record": record, "township": code, "device": "d", "kind": "put", "parents": b"", "body": body,
             "standing": standing, "number": ""}
        )  # fmt: skip
        records.append({"id": record, "township": code, "head": one if standing == "accepted" else None})
    connection.execute(insert(table(tables.RevisionRow)), rows)
    connection.execute(insert(table(tables.Record)), records)
    connection.execute(
        insert(table(tables.BatchRevision)),
        [
            {"batch": batch, "part": place // 50, "place": place % 50, "revision": one, "record": record}
            for place, (one, record) in enumerate(ids)
        ],
    )
    connection.execute(
        insert(table(tables.Batch)),
        {"id": batch, "township": code, "device": "d", "sequence": many.start, "parts": 20, "revisions": len(ids),
         "digest": b"", "signature": b"", "state": "received", "received_at": at.isoformat(timespec="seconds")},
    )  # fmt: skip
    return ids[0][0]


def run(arguments: list[str]) -> tuple[dict[str, float], dict[str, float]]:
    """Return the figures and the ratios over one row by its key."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench county")
    parser.add_argument("--records", type=int, default=200_000)
    parser.add_argument("--townships", type=int, default=20)
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="lantai-bench-") as name:
        folder = Path(name) / "county"
        create_county(folder, "云泽县民政局", folder / "county.key", None)
        county = County(folder, folder / "county.key")
        with county.storage.connection(writing=True) as connection:
            batch, revision = fill(connection, asked.records, asked.townships, datetime.now(UTC))
        county.close()
        command = [sys.executable, "-m", "tests.bench.county_child", str(folder), batch, revision]
        told = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True).stdout
        figures = {"records": asked.records, **json.loads(told)}
        figures["file_mb"] = (folder / "county.db").stat().st_size / 1e6
    names = ("board", "batch_open", "conflicts", "worklist")
    return figures, {f"{one}_over_lookup": figures[f"{one}_ms"] / figures["lookup_ms"] for one in names}
