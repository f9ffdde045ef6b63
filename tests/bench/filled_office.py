"""An office with many invented records, made through the archive's own functions, several hundred to a transaction."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import uuid6

from desktop.archive import numbering, records, search_index
from desktop.archive.archive import Act, Archive
from sync.contract.findings import Level, Normal
from sync.contract.identity import check_character
from sync.contract.kind_files import load_kinds
from sync.contract.kinds import Kind
from sync.contract.numbers import Series
from sync.contract.revisions import ChangeKind, RecordId, RecordState, Revision, canonical_bytes
from sync.contract.validation import Origin, judge

SURNAMES = "王李张刘陈杨黄赵周吴徐孙马朱胡郭何高林罗郑梁谢宋唐许邓韩冯曹彭曾肖田董潘袁蔡蒋余单仇解"
GIVEN = "国建秀英桂芳志明丽华文军晓兰海燕玉珍永强淑芬春梅振宇雪琴立新"
VILLAGES = ("柳林村", "石桥村", "白沙村", "龙门村", "双溪村", "杨树村")
AT = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


def invented_person(draw: random.Random, year: int, *, man: bool) -> tuple[str, str]:
    """Return a name and a valid number of the county that does not exist, of somebody grown up in that year."""
    name = draw.choice(SURNAMES) + "".join(draw.choices(GIVEN, k=draw.choice((1, 2, 2))))
    first = f"339921{year - draw.randint(24, 40)}{draw.randint(1, 12):02}{draw.randint(1, 28):02}{draw.randint(0, 499) * 2 + man:03}"
    return name, first + check_character(first)


def invented_marriage(kind: Kind, draw: random.Random, number: str, year: int) -> dict[str, Any]:
    """Return the body of an invented record as filing makes one: judged, its missing papers excused."""
    (husband, h_id), (wife, w_id) = invented_person(draw, year, man=True), invented_person(draw, year, man=False)
    day = f"{year}-{draw.randint(1, 12):02}-{draw.randint(1, 28):02}"
    fields = {
        "cert_no": f"J339921-{year}-{draw.randint(1, 999999):06}",
        "reg_date": day,
        "office": "云泽县民政局婚姻登记处",
        "type": "初婚",
        "husband.name": husband,
        "husband.id_no": h_id,
        "husband.status_before": "未婚",
        "husband.village": "云泽县青石镇" + draw.choice(VILLAGES),
        "wife.name": wife,
        "wife.id_no": w_id,
        "wife.status_before": "未婚",
        "wife.village": "云泽县青石镇" + draw.choice(VILLAGES),
        "author": "云泽县民政局",
    }
    fields = {one.key: one.default for _, one in kind.all_fields() if one.default} | fields
    judgement = judge(kind, fields, origin=Origin.PAPER, today=AT.date())
    return {
        "layout": 1,
        "kind": kind.key,
        "kind_version": kind.version,
        "origin": "paper",
        "number": number,
        "title": f"{husband}、{wife}结婚登记",
        "fields": fields,
        "normal": {key: _plain(one) for key, one in judgement.normal.items()},
        "reasons": {finding.field: "原件如此" for finding in judgement.findings if finding.level is Level.WARNING},
        "papers": [],
        "attachments": [],
        "filed": {"by": "陈晓兰", "at": "2026-03-02T04:00:00.000Z"},
    }


def _plain(one: Normal) -> dict[str, str]:
    return {"value": one.value, "precision": one.precision} if one.precision else {"value": one.value}


def file_one(act: Act, kind: Kind, draw: random.Random) -> RecordId:
    """One more invented marriage record is filed in this act: numbered, kept, indexed."""
    year = draw.randint(1986, 2024)
    said = invented_marriage(kind, draw, numbering.allot(act, Series("J001", "HY", year, "D100")), year)
    made = Revision(RecordId(str(uuid6.uuid7())), (), ChangeKind.PUT, canonical_bytes(said))
    records.keep_revision(act.connection, made)
    row = records.set_line(act, made, said, RecordState.FILED, said["fields"]["reg_date"])
    search_index.put(act.connection, row, search_index.entry(kind, said, []))
    return made.record_id


def fill(archive: Archive, count: int, *, seed: int = 1, a_transaction: int = 500) -> None:
    """The archive holds `count` more invented marriage records, numbered, indexed and found."""
    draw = random.Random(seed)
    kind = load_kinds()["marriage"]
    for first in range(0, count, a_transaction):
        with archive.act("陈晓兰", AT) as act:
            for _ in range(first, min(first + a_transaction, count)):
                file_one(act, kind, draw)


def begin(folder: Path, count: int) -> Archive:
    """Return a new archive in the folder with that many records."""
    facts = {"county": "云泽县", "township": "青石镇", "township_code": "339921102", "fonds": "J001", "practice": ""}
    archive = Archive.create(folder, bytes(range(32)), facts, "陈晓兰", AT)
    fill(archive, count)
    return archive
