"""From recognised lines to proposals."""

from __future__ import annotations

from desktop.documents.fields import suggest_fields
from desktop.documents.recognition import FoundLine, plain


def line(text: str, left: float, top: float, *, width: float = 0.12, score: float = 0.9) -> FoundLine:
    return FoundLine(text, left, top, left + width, top + 0.02, score)


FORM = [
    line("男方姓名", 0.1, 0.10),
    line("赵 建国", 0.4, 0.10),
    line("女方姓名", 0.1, 0.14),
    line("钱秀兰", 0.4, 0.14),
    line("身份证号：", 0.1, 0.18),
    line("３３９９２１19570305００１X", 0.4, 0.18, width=0.3),
    line("登记日期：一九八〇年五月", 0.1, 0.22, width=0.4),
    line("备注", 0.1, 0.26),
]
LABELS = {
    "husband.name": ["男方姓名"],
    "wife.name": ["女方姓名"],
    "husband.id_no": ["公民身份号码", "身份证号"],
    "date": ["登记日期"],
    "remark": ["备注"],
}


def texts(lines: list[FoundLine]) -> dict[str, str]:
    return {field: proposal.text for field, proposal in suggest_fields(lines, LABELS).items()}


def test_the_words_right_of_a_label_in_its_row_are_proposed():
    assert texts(FORM) == {
        "husband.name": "赵建国",
        "wife.name": "钱秀兰",
        "husband.id_no": "33992119570305001X",
        "date": "一九八〇年五月",
    }


def test_a_label_is_never_taken_for_its_neighbour_that_differs_by_one_character():
    assert "wife.name" not in texts([each for each in FORM if each.text not in ("女方姓名", "钱秀兰")])


def test_a_label_with_one_wrong_character_in_five_is_known():
    assert (
        suggest_fields([line("最低保障标谁", 0.1, 0.1), line("900元", 0.4, 0.1)], {"line": ["最低保障标准"]})[
            "line"
        ].text
        == "900元"
    )


def test_a_label_is_not_proposed_as_the_value_of_another():
    assert texts([line("男方姓名", 0.1, 0.1), line("女方姓名", 0.4, 0.1), line("钱秀兰", 0.6, 0.1)]) == {
        "wife.name": "钱秀兰"
    }


def test_a_proposal_says_where_it_stands_and_how_sure_the_reader_is():
    proposal = suggest_fields(FORM, LABELS)["wife.name"]
    assert (proposal.left, proposal.score) == (0.4, 0.9)
    assert 0.13 < proposal.top < proposal.bottom < 0.17


def test_an_empty_page_proposes_nothing():
    assert suggest_fields([], LABELS) == {}


def test_plain_text_has_one_width_and_no_spaces():
    assert plain("３３９ 9２1\u3000Ｘ") == "339921X"


LETTER = [
    line("青石镇人民政府文件", 0.3, 0.10, width=0.4),
    line("青政发〔２０２４〕12号", 0.4, 0.16, width=0.2),
    line("青石镇人民政府关于做好2024年", 0.25, 0.22, width=0.5),
    line("度农村低保复核工作的通知", 0.25, 0.26, width=0.5, score=0.7),
    line("各村民委员会：", 0.1, 0.32, width=0.2),
    line("要逐户核查家庭人口，材料齐全。", 0.1, 0.36, width=0.7),
]
FORMS = {
    "doc_no": ["文号", r"~\w{2,8}[〔\[]\d{4}[〕\]]\d+号"],
    "subject": [r"~\w{2,20}关于.{4,80}的(通知|批复)"],
    "to": [r"~(?P<value>\w{2,30}):"],
}


def test_a_letter_is_known_by_the_form_of_its_parts():
    found = suggest_fields(LETTER, FORMS)
    assert {field: proposal.text for field, proposal in found.items()} == {
        "doc_no": "青政发〔2024〕12号",
        "subject": "青石镇人民政府关于做好2024年度农村低保复核工作的通知",
        "to": "各村民委员会",
    }
    assert (found["subject"].top, round(found["subject"].bottom, 2), found["subject"].score) == (0.22, 0.28, 0.7)
