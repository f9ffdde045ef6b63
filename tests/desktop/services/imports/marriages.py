"""A table of invented marriages as an office keeps one, with the slips such tables have."""

from __future__ import annotations

from sync.contract.identity import check_character

LABELS = [
    "编号",
    "证字号",
    "登记日期",
    "登记机关",
    "男方姓名",
    "男方身份证号",
    "男方婚姻状况",
    "女方姓名",
    "女方身份证号",
    "女方婚姻状况",
    "责任者",
]

EXCUSES = {"paper_missing": "原件未扫描"}


def number(first_seventeen: str) -> str:
    return first_seventeen + check_character(first_seventeen)


def marriage(place: int, **changed: str) -> list[str]:
    """Return the place-th invented marriage as a row; `man`, `woman`, `day`, `man_id` … change a cell."""
    month, day = place % 12 + 1, place % 28 + 1
    row = {
        "no": f"{place:06}",
        "cert": f"J339921-2016-{place:06}",
        "day": f"2016-{month:02}-{day:02}",
        "office": "云泽县民政局婚姻登记处",
        "man": "何晨",
        "man_id": number(f"3399211989{month:02}{day:02}{place % 500 * 2 + 1:03}"[:17]),
        "man_was": "未婚",
        "woman": "陈" + "".join("甲乙丙丁戊己庚辛壬癸"[int(digit)] for digit in str(place)),
        "woman_id": number(f"3399211991{month:02}{day:02}{place % 500 * 2:03}"[:17]),
        "woman_was": "离异" if place % 7 == 0 else "未婚",
        "author": "云泽县民政局",
    }
    return list({**row, **changed}.values())


def table(rows: list[list[str]], encoding: str = "utf-8") -> bytes:
    return "\n".join(",".join(row) for row in [LABELS, *rows]).encode(encoding)
