"""An invented county on paper: marriage records with skewed names and villages, some with the text of their pages.

Record n depends only on the seed and n, so two stores that are compared are fed the same records without either being kept
in memory. Names, words and villages are as unevenly spread as real ones: few are very common, most are rare.
"""

from __future__ import annotations

import bisect
import hashlib
import itertools
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import uuid6

from desktop.archive import attachments
from desktop.archive.archive import Act
from desktop.archive.attachments import PageText
from desktop.archive.drafts import Draft
from desktop.archive.search_entries import Entry, entry
from sync.contract.findings import Normal
from sync.contract.identity import check_character
from sync.contract.kinds import Kind
from sync.contract.validation import Judgement, Origin

SURNAMES = (
    *"王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭",
    *("欧阳", "上官", "司马", "诸葛"),  # more often than in truth, so that names of four characters are asked at all
    *"陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴严莫孔向常汤单仇解查翟",
)
GIVEN = (
    "英华玉秀文明兰金国春丽海建红志桂平生军桃芳伟强敏静磊洋勇艳杰娟涛霞超刚梅琴云莲真环雪荣爱妹香月莺媛瑞凡佳嘉琼勤珍贞莉"
    "辉力固之轮翰朗伯宏言若鸣朋斌梁栋维启克伦翔旭鹏泽晨辰士以家致炎德行时泰盛子轩浩宇欣怡梓涵雨思诗琪俊峰永健世广义兴良"
)
VILLAGE_FIRST = "大小上下东西南北前后新老高石白黄青龙马杨李王张赵陈刘柳桃杏枣槐榆松竹梅"
VILLAGE_LAST = "家庄沟河坡岭湾口店桥塘岗屯寨堡坪坝溪湖井营堂观寺楼园"
PAGE_CHARACTERS = (
    "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而方后多定行学"
    "法所民得经十三之进着等部度家电力里如水化高自二理起小物现实加量都两体制机当使点从业本去把性好应开它合还因由其些然前外"
    "天政四日那社义事平形相全表间样与关各重新线内数正心反你明看原又么利比或但质气第向道命此变条只没结解问意建月公无系军很"
    "情者最立代想已通并提直题党程展五果料象员革位入常文总次品式活设及管特件长求老头基资边流路级少图山统接知较将组见计别她"
    "手角期根论运农指几九区强放决西被干做必战先回则任取据处队南给色光门即保治北造百规热领七海口东导器压志世金增争济阶油思"
)
PERSON = "陈晓兰"
FILED_ON = date(2026, 3, 2)


def _skewed(values: Sequence[str], flat: int) -> tuple[Sequence[str], list[float]]:
    """Return the values with cumulative weights 1/(rank + flat)."""
    return values, list(itertools.accumulate(1 / (rank + flat) for rank in range(len(values))))


def _words(count: int, seed: int) -> list[str]:
    draw = random.Random(seed)
    return ["".join(draw.choices(PAGE_CHARACTERS, k=draw.choice((2, 2, 2, 3, 4)))) for _ in range(count)]


_SURNAMES = _skewed(SURNAMES, 4)
_GIVEN = _skewed(GIVEN, 12)
_VILLAGES = _skewed([one + other + "村" for one in VILLAGE_FIRST for other in VILLAGE_LAST][::3], 5)
_WORDS = _skewed(["民政", "婚姻", "登记", "审批", "公示", "证明", *_words(12_000, 7)], 2)


def _pick(draw: random.Random, skewed: tuple[Sequence[str], list[float]]) -> str:
    values, weights = skewed
    return values[bisect.bisect(weights, draw.random() * weights[-1])]


@dataclass(frozen=True, slots=True)
class Paper:
    """One invented record: the draft as typed, judged, and the text of its page if it has one."""

    draft: Draft
    judgement: Judgement
    page: str

    @property
    def written(self) -> str:
        """All that is written, a line for each thing: what a search for text is to find, and nothing else."""
        searched = [text for key, text in self.draft.fields.items() if not key.endswith("id_no")]
        return "\n".join([self.judgement.title, *searched, self.page])


def name_of(draw: random.Random) -> str:
    return _pick(draw, _SURNAMES) + "".join(_pick(draw, _GIVEN) for _ in range(draw.choice((1, 2, 2, 2))))


def _number(draw: random.Random, year: int, *, man: bool) -> tuple[str, str]:
    born = f"{year - draw.randint(22, 40)}-{draw.randint(1, 12):02}-{draw.randint(1, 28):02}"
    first = f"339921{born.replace('-', '')}{draw.randint(0, 499) * 2 + man:03}"
    return first + check_character(first), born


def paper(number: int, *, pages: float, seed: int = 1) -> Paper:
    """Return record `number`; a share of `pages` of all records has page text of 200 to 1,500 characters."""
    draw = random.Random(seed << 32 | number)
    year = draw.randint(1986, 2024)
    day = f"{year}-{draw.randint(1, 12):02}-{draw.randint(1, 28):02}"
    husband, wife = name_of(draw), name_of(draw)
    (h_id, h_born), (w_id, w_born) = _number(draw, year, man=True), _number(draw, year, man=False)
    fields = {
        "access": "控制", "author": "云泽县民政局", "cert_no": f"J339921-{year}-{draw.randint(1, 999999):06}",
        "foreign": "否", "husband.id_no": h_id, "husband.name": husband, "husband.status_before": "未婚",
        "husband.village": "云泽县青石镇" + _pick(draw, _VILLAGES), "medium": "双套",
        "office": "云泽县民政局婚姻登记处", "reg_date": day, "security": "内部", "type": "初婚", "wife.id_no": w_id,
        "wife.name": wife, "wife.status_before": "未婚", "wife.village": "云泽县青石镇" + _pick(draw, _VILLAGES),
    }  # fmt: skip
    normal = {
        "husband.id_no": Normal(h_id), "wife.id_no": Normal(w_id), "reg_date": Normal(day, "day"),
        "husband.sex": Normal("男"), "wife.sex": Normal("女"),
        "husband.birth": Normal(h_born, "day"), "wife.birth": Normal(w_born, "day"),
    }  # fmt: skip
    page = _page(draw) if draw.random() < pages else ""
    sha256 = hashlib.sha256(f"{seed} {number}".encode()).hexdigest()
    draft = Draft(
        uid=str(uuid6.uuid7()),
        kind="marriage",
        origin=Origin.PAPER,
        retention="D100",
        fields=fields,
        reasons={"papers.photo": "原件如此"},
        papers=(),
        attachments=(sha256,) if page else (),
        carried=frozenset(),
        item_id="",
        parent="",
        number="",
        started_at="",
        changed_at="",
    )
    title = f"{husband}、{wife}结婚登记"
    return Paper(draft, Judgement(normal, {}, title, date.fromisoformat(day), year, ()), page)


def _page(draw: random.Random) -> str:
    wanted, drawn, long = draw.randint(200, 1500), [], 0
    while long < wanted:
        word = _pick(draw, _WORDS) + draw.choice(("", "", "", "，", "。", "\n"))
        drawn.append(word)
        long += len(word)
    return "".join(drawn)[:wanted]


def papers(first: int, count: int, *, pages: float) -> Iterator[Paper]:
    return (paper(number, pages=pages) for number in range(first, first + count))


def lay_pages(act: Act, several: Iterable[Paper]) -> None:
    """The text of the pages stands in the archive as if it had been read; the pictures themselves are left out."""
    for one in several:
        for sha256 in one.draft.attachments:
            act.connection.exec_driver_sql(
                "INSERT INTO attachment (sha256, file_id, file_key, size_bytes, pages, media, added_at, sent, texts)"
                " VALUES (?, ?, x'', 1, 1, 'application/pdf', ?, 0, 0)",
                (sha256, sha256[:32], act.moment),
            )
            attachments.keep_page_texts(act, sha256, [PageText(1, "recognised", one.page)])


def indexed(kind: Kind, number: int, one: Paper) -> Entry:
    """Return what the product's index holds of the record: what a peer is fed."""
    body = {
        "title": one.judgement.title,
        "number": f"J001-HY·{one.judgement.year}-D100-{number:04}",
        "fields": one.draft.fields,
        "normal": {key: {"value": value.value} for key, value in one.judgement.normal.items()},
    }
    return entry(kind, body, [one.page])
