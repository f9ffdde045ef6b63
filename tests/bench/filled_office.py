"""An office with many invented records, made through the archive's own functions, several hundred to a transaction."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from pathlib import Path

import uuid6

from desktop.archive.archive import Act, Archive
from desktop.archive.drafts import Draft
from desktop.services.filing import file_new
from sync.contract.findings import Level
from sync.contract.identity import check_character
from sync.contract.kind_files import load_kinds
from sync.contract.kinds import Kind
from sync.contract.validation import Judgement, Origin, judge

SURNAMES = "王李张刘陈杨黄赵周吴徐孙马朱胡郭何高林罗郑梁谢宋唐许邓韩冯曹彭曾肖田董潘袁蔡蒋余单仇解"
GIVEN = "国建秀英桂芳志明丽华文军晓兰海燕玉珍永强淑芬春梅振宇雪琴立新"
VILLAGES = ("柳林村", "石桥村", "白沙村", "龙门村", "双溪村", "杨树村")
AT = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
KEY = bytes(range(32))
FACTS = {"county": "云泽县", "township": "青石镇", "township_code": "339921102", "fonds": "J001", "practice": ""}


def invented_person(draw: random.Random, year: int, *, man: bool) -> tuple[str, str]:
    """Return a name and a valid number of the county that does not exist, of somebody grown up in that year."""
    name = draw.choice(SURNAMES) + "".join(draw.choices(GIVEN, k=draw.choice((1, 2, 2))))
    first = f"339921{year - draw.randint(24, 40)}{draw.randint(1, 12):02}{draw.randint(1, 28):02}{draw.randint(0, 499) * 2 + man:03}"
    return name, first + check_character(first)


def invented_marriage(kind: Kind, draw: random.Random) -> tuple[Draft, Judgement]:
    """Return an invented record as a clerk would have typed it, judged, its missing papers excused."""
    year = draw.randint(1986, 2024)
    (husband, h_id), (wife, w_id) = invented_person(draw, year, man=True), invented_person(draw, year, man=False)
    fields = {
        "cert_no": f"J339921-{year}-{draw.randint(1, 999999):06}",
        "reg_date": f"{year}-{draw.randint(1, 12):02}-{draw.randint(1, 28):02}",
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
    draft = Draft(
        uid=str(uuid6.uuid7()),
        kind=kind.key,
        origin=Origin.PAPER,
        retention="D100",
        fields=fields,
        reasons={finding.field: "原件如此" for finding in judgement.findings if finding.level is Level.WARNING},
        papers=(),
        attachments=(),
        carried=frozenset(),
        item_id="",
        parent="",
        number="",
        started_at="",
        changed_at="",
    )
    return draft, judgement


def file_one(act: Act, kind: Kind, draw: random.Random) -> None:
    """One more invented marriage record is filed in this act: numbered, kept, indexed."""
    file_new(act, kind, [invented_marriage(kind, draw)], "bench")


def fill(archive: Archive, count: int, *, seed: int = 1, a_transaction: int = 500) -> None:
    """The archive holds `count` more invented marriage records, numbered, indexed and found."""
    draw = random.Random(seed)
    kind = load_kinds()["marriage"]
    for first in range(0, count, a_transaction):
        several = [invented_marriage(kind, draw) for _ in range(min(a_transaction, count - first))]
        with archive.act("陈晓兰", AT) as act:
            file_new(act, kind, several, "bench")


def begin(folder: Path, count: int) -> Archive:
    """Return a new archive in the folder with that many records."""
    archive = Archive.create(folder, KEY, FACTS, "陈晓兰", AT)
    fill(archive, count)
    return archive
