"""Make the dictionary that bodies are compressed with, resources/codes/bodies-1.zdict; run once, by maintainers.

What was compressed with it can be read only with it, so it is never made again under the same name: a better one is
bodies-2.zdict, beside it. It is learned from invented records alone.
"""

from __future__ import annotations

import random
import sys
from datetime import date
from pathlib import Path
from typing import Any

import zstandard

from sync.contract.identity import check_character
from sync.contract.kind_files import load_kinds
from sync.contract.kinds import Field, FieldType, Kind
from sync.contract.revisions import canonical_bytes
from sync.contract.validation import Origin, judge

MADE = Path(__file__).resolve().parent.parent / "resources" / "codes" / "bodies-1.zdict"
DICTIONARY_BYTES = 48 * 1024
RECORDS_OF_A_KIND = 160
TODAY = date(2026, 3, 2)
CHARACTERS = "王李张刘陈杨黄赵周吴国建秀英桂芳志明丽华文军晓兰海燕柳林石桥白沙龙门双溪杨树"


def invented(one: Field, draw: random.Random) -> str:
    """Return something a paper could say in this field."""
    if one.default and draw.random() < 0.7:
        return one.default
    if one.choices:
        return draw.choice(one.choices)
    if one.example and draw.random() < 0.5:
        return "".join(str(draw.randint(0, 9)) if sign.isdigit() else sign for sign in one.example)
    day = f"{draw.randint(1950, 2025)}-{draw.randint(1, 12):02}-{draw.randint(1, 28):02}"
    first = f"33992{draw.randint(0, 9)}{day.replace('-', '')}{draw.randint(0, 999):03}"
    words = "".join(draw.choices(CHARACTERS, k=draw.randint(2, 6)))
    return {
        FieldType.NAME: words[:3],
        FieldType.IDENTITY: first + check_character(first),
        FieldType.DATE: day,
        FieldType.PHONE: f"1{draw.randint(3, 9)}{draw.randint(0, 10**9 - 1):09}",
        FieldType.MONEY: str(draw.randint(1, 9000)),
        FieldType.INTEGER: str(draw.randint(1, 9)),
        FieldType.ACCOUNT: str(draw.randint(10**18, 10**19 - 1)),
    }.get(one.type, f"云泽县青石镇{words}村" if one.key.endswith("village") else words)


def invented_body(kind: Kind, draw: random.Random) -> bytes:
    """Return the bytes of an invented record, as filing makes them."""
    fields: dict[str, str] = {}
    for group in kind.groups:
        places = range(draw.randint(1, 4)) if group.repeated else range(1)
        for place in places:
            for one in group.fields:
                key = f"{group.key}.{place}.{one.key.removeprefix(group.key + '.')}" if group.repeated else one.key
                if one.required or draw.random() < 0.35:
                    fields[key] = invented(one, draw)
    judgement = judge(kind, fields, origin=Origin.PAPER, today=TODAY)
    pages = draw.randint(1, 12)
    file = draw.randbytes(32).hex()
    papers = [paper for paper in kind.papers if draw.random() < 0.6]
    number = f"J001-{kind.category}·{draw.randint(1950, 2025)}-{kind.retentions[0].code}-{draw.randint(1, 9999):04}"
    body: dict[str, Any] = {
        "layout": 1,
        "kind": kind.key,
        "kind_version": kind.version,
        "origin": draw.choice(("paper", "paper", "new")),
        "number": number,
        "title": judgement.title,
        "fields": fields,
        "normal": {
            key: {"value": one.value, "precision": one.precision} if one.precision else {"value": one.value}
            for key, one in judgement.normal.items()
        },
        "reasons": {one.field: "原件如此" for one in judgement.findings if draw.random() < 0.5},
        "papers": [{"paper": one.key, "attachment": file, "first": 1, "last": pages} for one in papers],
        "attachments": [
            {"sha256": file, "size": draw.randint(10**5, 10**6), "pages": pages, "media": "application/pdf"}
        ],
        "filed": {"by": "陈晓兰", "at": f"20{draw.randint(24, 39)}-03-02T04:00:00.000Z"},
    }
    return canonical_bytes(body)


if __name__ == "__main__":
    draw = random.Random(1)
    samples = [invented_body(kind, draw) for kind in load_kinds().values() for _ in range(RECORDS_OF_A_KIND)]
    made = zstandard.train_dictionary(DICTIONARY_BYTES, samples, dict_id=20261)
    MADE.write_bytes(made.as_bytes())
    packer = zstandard.ZstdCompressor(level=3, dict_data=made)
    packed, plain = sum(len(packer.compress(one)) for one in samples), sum(map(len, samples))
    sys.stdout.write(f"{MADE.name}: {plain // len(samples)} to {packed // len(samples)} bytes a body\n")
