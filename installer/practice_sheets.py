"""The pages of the practice papers (练习材料), drawn by hand: forms, copies, photographs, letters."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pymupdf

WIDTH, HEIGHT = 595, 842
ROW_HEIGHT = 36
SEAL_FONT = "china-s"  # built into PyMuPDF; drawn into the picture, so nothing of it is shipped
BLACK, BLUE, RED, GREY = (0.1, 0.1, 0.1), (0.1, 0.15, 0.45), (0.82, 0.1, 0.12), (0.6, 0.6, 0.6)

Fields = Mapping[str, str]

ROWS: Mapping[str, tuple[tuple[tuple[str, str], ...], ...]] = {
    "marriage": (
        (("结婚证字号", "cert_no"), ("登记日期", "reg_date")),
        (("登记机关", "office"),),
        *(
            ((f"男方{label}", f"husband.{key}"), (f"女方{label}", f"wife.{key}"))
            for label, key in (
                ("姓名", "name"),
                ("身份证号", "id_no"),
                ("原文年龄", "age_as_written"),
                ("婚姻状况", "status_before"),
                ("职业", "job"),
            )
        ),
        (("男方户籍地", "husband.village"),),
        (("女方户籍地", "wife.village"),),
        (("登记类别", "type"),),
    ),
    "dibao": (
        (("受理编号", "case_no"), ("起保日期", "begin")),
        (("申请人", "head.name"), ("电话", "head.phone")),
        (("身份证号", "head.id_no"),),
        (("家庭住址", "head.village"),),
        (("保障类别", "grade"), ("类别", "type")),
        (("工资性收入", "income_wage"), ("经营净收入", "income_business")),
        (("财产净收入", "income_property"), ("转移净收入", "income_transfer")),
        (("人均月收入", "per_capita"), ("保障标准", "line")),
        (("月保障金额", "amount"), ("核对授权", "auth_signed")),
        (("公示起", "notice_from"), ("公示止", "notice_to")),
        (("开户账号", "account"),),
    ),
    "veteran": (
        (("姓名", "person.name"), ("退伍证号", "cert_no")),
        (("身份证号", "person.id_no"),),
        (("户籍地", "person.village"),),
        (("入伍时间", "enlist"), ("退役时间", "discharge")),
        (("类别", "rank"), ("服役年限", "service_years")),
        (("退役时农村户籍", "rural_at_discharge"), ("享受职工养老", "pension")),
        (("享受定期抚恤", "fuxu"), ("起发时间", "since")),
        (("月补助金额", "amount"), ("认定日期", "decided")),
    ),
}
FORMS = {
    "review_form": "结婚登记审查处理表",
    "confirmation": "最低生活保障申请审核确认表",
    "application": "农村籍退役士兵老年生活补助认定申请表",
}
OPINIONS = {
    "marriage": ("审查意见", "经审查，双方自愿，符合结婚条件，准予登记。"),
    "dibao": ("乡镇审核意见", "经入户核查、信息核对并公示，符合条件，同意纳入。"),
    "veteran": ("村委会意见", "情况属实，已张榜公示七天，无异议。"),
}


class Sheet:
    """One page being drawn."""

    def __init__(self, ink: tuple[float, float, float]) -> None:
        self.document = pymupdf.open()
        self.page = self.document.new_page(width=WIDTH, height=HEIGHT)
        self.ink = ink
        self._font = pymupdf.Font("cjk")

    def write(self, x: float, y: float, words: str, size: float = 12, colour: tuple[float, ...] = BLACK) -> None:
        writer = pymupdf.TextWriter(self.page.rect, color=colour)
        writer.append((x, y), words, font=self._font, fontsize=size)
        writer.write_text(self.page)

    def title(self, words: str, y: float = 84, size: float = 18, colour: tuple[float, ...] = BLACK) -> None:
        width = self._font.text_length(words, fontsize=size)
        self.write((WIDTH - width) / 2, y, words, size, colour)

    def box(self, x: float, y: float, width: float, height: float = ROW_HEIGHT) -> None:
        self.page.draw_rect(pymupdf.Rect(x, y, x + width, y + height), color=BLACK, width=0.8)

    def cell(self, x: float, y: float, width: float, words: str, *, label: bool = False) -> None:
        self.box(x, y, width)
        self.write(x + 6, y + 23, words, 12, BLACK if label else self.ink)

    def paragraph(self, y: float, words: str, size: float = 12, columns: int = 38) -> float:
        for start in range(0, len(words), columns):
            self.write(62, y, words[start : start + columns], size)
            y += size * 1.9
        return y

    def seal(self, x: float, y: float, office: str, radius: float = 54) -> None:
        """A round red seal (公章) with the office's name along its rim."""
        page = self.page
        page.draw_circle((x, y), radius, color=RED, width=3)
        points = [
            (x + reach * math.sin(turn), y - reach * math.cos(turn))
            for turn, reach in ((n * math.pi / 5, 18 if n % 2 == 0 else 7) for n in range(10))
        ]
        page.draw_polyline([*points, points[0]], color=RED, fill=RED, width=0)
        step = min(0.42, 4.2 / len(office))
        for number, character in enumerate(office):
            turn = (number - (len(office) - 1) / 2) * step
            foot = pymupdf.Point(x + (radius - 17) * math.sin(turn), y - (radius - 17) * math.cos(turn))
            turned = pymupdf.Matrix(math.degrees(-turn))
            page.insert_text(foot - (5, 0), character, fontname=SEAL_FONT, fontsize=10, color=RED, morph=(foot, turned))


def draw_form(sheet: Sheet, kind: str, title: str, fields: Fields, sealed: bool) -> None:
    """The kind's main form, every cell with its label on the left."""
    sheet.title(title)
    y = 118.0
    for row in ROWS[kind]:
        width = 485 / len(row)
        for column, (label, key) in enumerate(row):
            sheet.cell(55 + column * width, y, 95, label, label=True)
            sheet.cell(150 + column * width, y, width - 95, fields.get(key, ""))
        y += ROW_HEIGHT
    if any(key.startswith("members.") for key in fields):
        y = _draw_members(sheet, y + 12, fields)
    heading, opinion = OPINIONS[kind]
    sheet.box(55, y + 12, 485, 110)
    sheet.write(63, y + 34, heading + "：")
    sheet.write(83, y + 60, opinion, 12, sheet.ink)
    sheet.write(230, y + 104, "经办人（签字）：        （公章）")
    if sealed:
        sheet.seal(455, y + 70, fields["author"])


def _draw_members(sheet: Sheet, y: float, fields: Fields) -> float:
    heads = (
        ("成员姓名", "name", 80),
        ("与户主关系", "relation", 80),
        ("公民身份号码", "id_no", 145),
        ("劳动能力", "labour", 80),
        ("健康状况", "health", 100),
    )
    places = sorted({key.split(".")[1] for key in fields if key.startswith("members.")})
    for place in ["", *places]:
        x = 55.0
        for label, key, width in heads:
            words = fields.get(f"members.{place}.{key}", "") if place else label
            sheet.cell(x, y, width, words, label=not place)
            x += width
        y += ROW_HEIGHT
    for place in places:
        if number := fields.get(f"members.{place}.disability_no"):
            sheet.cell(55, y, 160, "成员残疾人证号", label=True)
            sheet.cell(215, y, 325, number)
            y += ROW_HEIGHT
    return y


def people_of(kind: str, fields: Fields) -> list[tuple[str, str, str]]:
    """Return name, number and address of each person on the paper."""
    prefixes = {"marriage": ["husband", "wife"], "dibao": ["head"], "veteran": ["person"]}.get(kind, [])
    prefixes += sorted({".".join(key.split(".")[:2]) for key in fields if key.startswith("members.")})
    home = fields.get("head.village", "")
    return [
        (fields[f"{one}.name"], fields.get(f"{one}.id_no", ""), fields.get(f"{one}.village", home)) for one in prefixes
    ]


def draw_identity_copies(sheet: Sheet, kind: str, fields: Fields) -> None:
    sheet.title("身份证复印件", 60, 14)
    for number, (name, id_no, home) in enumerate(people_of(kind, fields)):
        y = 90 + number * 190
        sheet.page.draw_rect(pymupdf.Rect(150, y, 445, y + 170), color=GREY, width=1, radius=0.05)
        for line, (label, words) in enumerate((("姓名", name), ("住址", home))):
            sheet.write(168, y + 34 + 30 * line, label, 10, GREY)
            sheet.write(206, y + 34 + 30 * line, words, 12)
        sheet.write(168, y + 150, "公民身份号码", 10, GREY)
        sheet.write(246, y + 150, id_no, 13)
        sheet.page.draw_oval(pymupdf.Rect(370, y + 24, 420, y + 84), color=GREY, fill=(0.8, 0.8, 0.8))
    sheet.write(230, 800, "复印件与原件核对无异", 11, sheet.ink)


def draw_household_copies(sheet: Sheet, kind: str, fields: Fields) -> None:
    sheet.title("常住人口登记卡（复印件）", 70, 15)
    y = 110.0
    for name, id_no, home in people_of(kind, fields):
        for label, words in (("姓名", name), ("公民身份号码", id_no or "（无）"), ("住址", home)):
            sheet.cell(90, y, 110, label, label=True)
            sheet.cell(200, y, 300, words)
            y += ROW_HEIGHT
        y += 24


def draw_photo(sheet: Sheet, title: str) -> None:
    sheet.title(title, 70, 14)
    page = sheet.page
    page.draw_rect(pymupdf.Rect(150, 110, 445, 330), color=BLACK, fill=(0.75, 0.75, 0.78))
    for x in (245, 350):
        page.draw_oval(pymupdf.Rect(x - 30, 150, x + 30, 226), color=GREY, fill=(0.93, 0.9, 0.87))
        page.draw_oval(pymupdf.Rect(x - 62, 232, x + 62, 400), color=GREY, fill=(0.35, 0.38, 0.45))
    page.draw_rect(pymupdf.Rect(140, 330, 455, 410), color=(1, 1, 1), fill=(1, 1, 1))


def draw_board(sheet: Sheet, kind: str, fields: Fields) -> None:
    """A photograph of the village's notice board."""
    sheet.title("村务公开栏公示照片", 70, 14)
    sheet.page.draw_rect(pymupdf.Rect(110, 110, 485, 390), color=BLACK, fill=(0.72, 0.74, 0.72))
    sheet.page.draw_rect(pymupdf.Rect(190, 140, 405, 360), color=GREY, fill=(0.97, 0.97, 0.95))
    sheet.title("公  示", 175, 18)
    for number, (name, _, home) in enumerate(people_of(kind, fields)[:1]):
        sheet.write(205, 215 + 26 * number, f"{name}  {home}", 11)
    sheet.write(205, 250, f"公示期：{fields.get('notice_from', '')} 起", 11)
    sheet.write(205, 276, f"至 {fields.get('notice_to', '')} 止", 11)


def draw_text(sheet: Sheet, text: Mapping[str, str], kind: str, fields: Fields, sealed: bool) -> None:
    sheet.title(text["title"], 90, 17)
    y = sheet.paragraph(140, "    " + text["words"]) + 20
    for name, id_no, _ in people_of(kind, fields)[:2]:
        sheet.write(80, y, f"姓名：{name}    身份证号：{id_no or '（无）'}", 12, sheet.ink)
        y += 30
    if text["signed"]:
        day = fields.get("reg_date") or fields.get("begin") or fields.get("decided") or ""
        sheet.write(80, y + 30, f"{text['signed']}            {day}")
    if sealed:
        sheet.seal(430, y + 70, fields["author"])


def draw_body(sheet: Sheet, words: str, fields: Fields, number: int, last: bool, sealed: bool) -> None:
    y = 90.0
    if number == 0:
        sheet.title(fields["author"] + "文件", 110, 26, RED if sealed else BLACK)
        sheet.title(fields["doc_no"], 150, 13)
        sheet.page.draw_line((60, 165), (535, 165), color=RED if sealed else BLACK, width=1.5)
        subject = fields["subject"]
        middle = len(subject) // 2 + 2
        sheet.title(subject[:middle], 205, 18)
        sheet.title(subject[middle:], 232, 18)
        sheet.write(62, 275, fields["to"] + "：")
        y = 305.0
    for _ in range(2 if last else 5):
        y = sheet.paragraph(y, "    " + words) + 8
    if last:
        sheet.write(380, y + 50, fields["author"])
        sheet.write(390, y + 76, fields["issued"])
        if sealed:
            sheet.seal(430, y + 50, fields["author"])


def draw_page(
    paper: str, number: int, count: int, document: Mapping[str, Any], texts: Mapping[str, Any], sealed: bool
) -> Sheet:
    """Return the drawn page of a paper: its `number`-th of `count`."""
    kind, fields = document["kind"], document["fields"]
    sheet = Sheet(BLUE if sealed else BLACK)
    if FORMS.get(paper) and not (paper == "application" and kind == "dibao"):
        draw_form(sheet, kind, FORMS[paper], fields, sealed)
    elif paper == "id_copies":
        draw_identity_copies(sheet, kind, fields)
    elif paper == "household_copies":
        draw_household_copies(sheet, kind, fields)
    elif paper == "photo":
        draw_photo(sheet, "双方合影")
    elif paper == "notice_photo":
        draw_board(sheet, kind, fields)
    elif paper == "body":
        draw_body(sheet, texts["body"]["words"], fields, number, number == count - 1, sealed)
    else:
        draw_text(sheet, texts[paper], kind, fields, sealed)
    return sheet
