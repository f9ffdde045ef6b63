"""The copy for the eye (可读目录): pages without script that open offline in any browser and print on A4."""

from __future__ import annotations

import base64
import hashlib
import html
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import groupby
from typing import Final

import resources
from desktop.services.sealing.sheet import Entry, PaperPlace, Sheet
from desktop.services.sealing.tables import STATES

LONG_TEXT: Final = 24  # characters from which a field gets the whole width
_PLAIN: Final = re.compile("[^&<>\"']*").fullmatch
_BAD: Final = frozenset({"returned", "conflict", "voided"})
PRINTED: Final = (  # what every page prints, beside the words of the kinds
    "单位", "全宗号", "导出编号", "导出时间", "导出人", "复核人", "本包", "范围", "件数", "原件", "总登记指纹", "审计日志", "总登记", "全部",
    "单人办理：本单位别人都没有导出的权限", "归档", "修订", "材料", "其他", "作废理由", "即", "导出时本机没有原件", "封存范围", "符合", "取",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ListPage:
    """A page of records that stands in the copy."""

    kind: str
    label: str
    year: int
    page: int
    count: int

    @property
    def stem(self) -> str:
        """The name that the page, its lines and its packages share."""
        return f"{self.kind}-{self.year}-{self.page:03d}"


def escape(text: str) -> str:
    """Return the text as a page holds it; most has nothing to be escaped, and that is told sooner than it is done."""
    return text if _PLAIN(text) else html.escape(text)


@cache
def _look() -> tuple[str, str]:
    """Return the style sheet, and the policy that allows it and nothing else: no script, no picture, nothing from a network."""
    css = files(resources).joinpath("look/copy.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    return css, f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def _page(title: str, inside: str) -> bytes:
    css, policy = _look()
    return (
        '<!doctype html>\n<html lang="zh-CN">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n<meta name="referrer" content="no-referrer">\n'
        f"<title>{escape(title)}</title>\n<style>{css}</style>\n</head>\n<body>\n{inside}</body>\n</html>\n"
    ).encode("utf-8", "replace")


def index_page(facts: Mapping[str, str], pages: Sequence[ListPage], notes: Iterable[str]) -> bytes:
    """Return the first page: what the copy is, and the way to every record.

    Args:
        facts: label and text of each line on the cover; the first is the office.
        notes: sentences the reader must know, such as pages that were not there.
    """
    (_, office), *lines = facts.items()
    cover = "".join(f"<dt>{escape(label)}</dt><dd>{escape(text)}</dd>" for label, text in lines)
    warned = "".join(f'<p class="away">{escape(note)}</p>' for note in notes)
    return _page(
        f"{office}档案封存副本",
        f'<header><div><p class="office">{escape(office)}</p><h1>档案封存副本</h1></div>'
        f'<div class="seal" role="img" aria-label="封存副本"><span>封存<br>副本</span></div></header>\n<dl>{cover}</dl>\n{warned}'
        f"<h2>目录</h2>\n{_catalogue(pages)}"
        "<h2>怎样核验</h2>\n<p>副本离开本机也能自证。先用另外得到的签名公钥验签，再打开：</p>\n"
        "<pre><code>python3 lantai_verify.py 副本.tar.age --signer 签名公钥.pub --key 收件人钥匙</code></pre>\n"
        "<p>不用这个程序也行：</p>\n<pre><code>minisign -Vm 副本.tar.age -p 签名公钥.pub\n"
        "age -d -i 收件人钥匙 副本.tar.age | tar xf -\nbagit.py --validate 解开的文件夹</code></pre>\n"
        "<h2>这里有什么</h2>\n<dl><dt>records/</dt><dd>每件一行，JSON，为准；正文与归档时逐字节相同</dd><dt>files/</dt><dd>原件，一字节未改</dd>"
        "<dt>index.csv</dt><dd>可用表格软件打开的目录</dd><dt>ead.xml</dt><dd>EAD3 检索工具</dd><dt>da48/</dt><dd>参照 DA/T 48 的封装包</dd>"
        "<dt>log.jsonl</dt><dd>审计日志</dd><dt>proof.json</dt><dd>没有遗漏的证明</dd></dl>\n"
        "<footer>兰台封存副本，第 2 版。本页没有脚本，不联网。</footer>\n",
    )


def _catalogue(pages: Sequence[ListPage]) -> str:
    rows = []
    for (_, label), mine in groupby(pages, lambda one: (one.kind, one.label)):
        several = list(mine)
        links = []
        for year, of_year in groupby(several, lambda one: one.year):
            listed = list(of_year)
            for one in listed:
                part = f"·{one.page}" if len(listed) > 1 else ""
                links.append(f'<a href="list/{one.stem}.html">{year}{part}（{one.count}）</a>')
        total = sum(one.count for one in several)
        rows.append(
            f'<tr><td class="nowrap">{escape(label)}</td><td class="count">{total}</td><td class="years">{" ".join(links)}</td></tr>'
        )
    whole = sum(one.count for one in pages)
    return (
        '<table><thead><tr><th>门类</th><th class="count">件数</th><th>年度</th></tr></thead><tbody>'
        + "\n".join(rows)
        + f'</tbody><tfoot><tr><td>合计</td><td class="count">{whole}</td><td></td></tr></tfoot></table>\n'
    )


def list_page(page: ListPage, sheets: Sequence[Sheet], places: Mapping[str, str]) -> bytes:
    """Return a page of records: first as a list, then each whole; `places` says where each file lies in the copy."""
    title = f"{page.label} {page.year} 年"
    rows = "".join(
        f'<tr><td class="nowrap"><a href="#r-{one.record.uid}">{escape(one.record.number)}</a></td><td>{escape(one.record.title)}</td>'
        f'<td class="nowrap">{escape(one.record.case_date)}</td></tr>\n'
        for one in sheets
    )
    return _page(
        f"{title}，第 {page.page} 页",
        f'<p class="crumbs"><a href="../index.html">档案封存副本</a><span>{escape(title)}，第 {page.page} 页，{len(sheets)} 件</span></p>\n'
        f"<h1>{escape(title)}</h1>\n<h2>目录</h2>\n<table><thead><tr><th>档号</th><th>题名</th><th>日期</th></tr></thead><tbody>\n{rows}</tbody></table>\n"
        f"<h2>各件</h2>\n{''.join(_article(one, places) for one in sheets)}",
    )


def _article(sheet: Sheet, places: Mapping[str, str]) -> str:
    record = sheet.record
    state = STATES.get(record.state, record.state)
    groups = "".join(
        f'<h3>{escape(label)}</h3>\n<div class="fields">{"".join(_field(one) for one in several)}</div>\n'
        for label, several in sheet.groups
    )
    papers = "".join(_paper(one, places) for one in sheet.papers())
    return (
        f'<article id="r-{record.uid}">\n<p class="number">{escape(record.number)}</p>\n<p class="title">{escape(record.title)}</p>\n'
        f'<p class="meta"><span class="state{" bad" if record.state in _BAD else ""}">{escape(state)}</span>　{escape(record.filed_by)} '
        f"{escape(record.filed_at[:16].replace('T', ' '))} 归档　修订 <code>{record.head[:16]}</code></p>\n{groups}"
        + (f'<h3>材料</h3>\n<ul class="papers">{papers}</ul>\n' if papers else "")
        + "</article>\n"
    )


def _field(entry: Entry) -> str:
    wide = ' class="wide"' if len(entry.text) > LONG_TEXT or entry.reason else ""
    means = f'　<span class="means">即 {escape(entry.meaning)}</span>' if entry.meaning else ""
    why = f'　<span class="why">{escape(entry.reason)}</span>' if entry.reason else ""
    return (
        f'<div{wide}><span>{escape(entry.label)}</span><span class="said">{escape(entry.text)}{means}{why}</span></div>'
    )


def _paper(paper: PaperPlace, places: Mapping[str, str]) -> str:
    place = places.get(paper.sha256)
    if place is None:
        return f'<li>{escape(paper.label)}　<span class="away">导出时本机没有原件</span></li>'
    pages = (
        ""
        if not paper.first
        else f"第 {paper.first} 页"
        if paper.first == paper.last
        else f"第 {paper.first}–{paper.last} 页"
    )
    at = f"#page={paper.first}" if paper.first and place.endswith(".pdf") else ""
    return f'<li><a href="{escape(place.replace("data/", "../", 1))}{at}">{escape(paper.label)}</a>　{pages}</li>'
