"""The status page (状态页): how every township stands, on one sheet of HTML for a browser on the county's own machine.

It only shows: no script, no form, nothing is fetched from anywhere. No name of a person stands on it.
"""

from __future__ import annotations

import shutil
from datetime import datetime
from html import escape
from pathlib import Path
from typing import Final

from sync.contract.board import Board, Light, Matter, TownshipStanding

POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
AGAIN_S: Final = 60
GIB: Final = 1 << 30
LOW_BYTES: Final = 5 * GIB

_LIGHTS: Final = {
    Light.RED: ("●", "red", "要紧 urgent"), Light.AMBER: ("▲", "amber", "留意 look"), Light.GREEN: ("✓", "green", "正常 fine"),
    Light.NONE: ("—", "none", "未接入 no desk"),
}  # fmt: skip
_MATTERS: Final = {
    Matter.LOG_BROKEN: "日志存疑 log in doubt", Matter.DIFFERS: "数目不符 differs", Matter.SILENT: "久未联络 silent",
    Matter.CONFLICTS: "有冲突 conflicts", Matter.SET_ASIDE: "有隔离 set aside", Matter.MANY_UNDECIDED: "待审多 many undecided",
    Matter.QUIET: "未联络 quiet", Matter.NEVER: "未接入 never", Matter.FINE: "正常 fine",
}  # fmt: skip
_HEADS: Final = (
    ("township", "乡镇 Township"), ("", ""), ("matter", "情况 Matter"), ("n", "最近联络 Last contact"), ("n", "未送 Unsent"),
    ("n", "待审 Undecided"), ("n", "冲突 Conflicts"), ("n", "已定 Decided"), ("n", "一致 Agrees"),
)  # fmt: skip
_STYLE: Final = """
:root{--ground:#F3F1EC;--panel:#FFF;--line:#E3DFD6;--ink:#1C2024;--ink2:#474C52;--ink3:#5F6368;--red:#A8291D;--amber:#7F4F00;--green:#1D6440}
@media(prefers-color-scheme:dark){:root{--ground:#14171A;--panel:#1D2125;--line:#2E3439;--ink:#E8E6E1;--ink2:#C0C2C3;--ink3:#A3A8AD;--red:#F2998E;
--amber:#E6BE77;--green:#8FCBA9}}
*{box-sizing:border-box}body{margin:0;background:var(--ground);color:var(--ink);font:15px/1.5 "Noto Sans CJK SC","Source Han Sans SC","Microsoft YaHei",sans-serif}
main{max-width:1120px;margin:0 auto;padding:24px}h1{font-size:22px;margin:0 0 4px}.at{color:var(--ink3);font-size:13px;margin:0 0 16px}
.sums{display:flex;flex-wrap:wrap;gap:12px;padding:0;margin:0 0 16px;list-style:none}
.sums li{background:var(--panel);border:1px solid var(--line);border-radius:6px;padding:10px 16px;min-width:120px}
.sums b{display:block;font-size:22px;line-height:1.3}.sums span{color:var(--ink2);font-size:13px}
.table{background:var(--panel);border:1px solid var(--line);border-radius:6px;overflow-x:auto}
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:8px 12px;border-top:1px solid var(--line);white-space:nowrap}
thead th{border-top:0;color:var(--ink2);font-weight:500;font-size:13px}.n{text-align:right;font-variant-numeric:tabular-nums}
.red{color:var(--red)}.amber{color:var(--amber)}.green{color:var(--green)}.none{color:var(--ink3)}
.empty{padding:32px;text-align:center;color:var(--ink2)}@media print{body{background:#fff}main{max-width:none;padding:0}}
"""


def status_page(board: Board, county: str, folder: Path) -> str:
    """Return the page; the gravest township first."""
    now = board.now()
    free = shutil.disk_usage(folder).free
    lights = [one.light(now) for one in board.townships]
    sums = [
        (str(lights.count(light)), _LIGHTS[light][1], _LIGHTS[light][2])
        for light in (Light.RED, Light.AMBER, Light.GREEN)
    ]
    sums += [
        (f"{sum(one.undecided for one in board.townships):,}", "", "待审 undecided"),
        (f"{sum(one.heads for one in board.townships):,}", "", "已定 decided"),
        (f"{free / GIB:,.0f} GiB", "red" if free < LOW_BYTES else "", "硬盘余量 free on the disk"),
    ]
    listed = "".join(f'<li><b class="{tone}">{value}</b><span>{word}</span></li>' for value, tone, word in sums)
    heads = "".join(f'<th scope="col" class="{kind}">{word}</th>' for kind, word in _HEADS)
    rows = "".join(_row(one, now) for one in board.by_urgency())
    table = f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
    empty = '<p class="empty">还没有乡镇接入。发一个登记码就能开始：enrol-code（docs/county.md）。<br>No township has joined yet.</p>'
    return (
        '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f'<meta http-equiv="refresh" content="{AGAIN_S}"><title>{escape(county)} 县情 Status</title><style>{_STYLE}</style></head>'
        f'<body><main><h1>{escape(county)}</h1><p class="at">{now.astimezone():%Y-%m-%d %H:%M}　每分钟自己更新 updates every minute</p>'
        f'<ul class="sums">{listed}</ul><div class="table">{table if board.townships else empty}</div></main></body></html>'
    )


def _row(one: TownshipStanding, now: datetime) -> str:
    sign, tone, word = _LIGHTS[one.light(now)]
    last = f"{datetime.fromisoformat(one.last_contact).astimezone():%m-%d %H:%M}" if one.last_contact else "—"
    agrees = {True: "是 yes", False: "否 no", None: "—"}[one.agrees]
    numbers = [last, *(f"{count:,}" for count in (one.waiting, one.undecided, one.conflicts, one.heads)), agrees]
    cells = "".join(f'<td class="n">{text}</td>' for text in numbers)
    return (
        f'<tr><th scope="row">{escape(one.name or str(one.township))}</th><td class="{tone}" title="{word}">{sign}</td>'
        f'<td class="{tone}">{_MATTERS[one.matter(now)]}</td>{cells}</tr>'
    )
