"""Who a record names, how two are compared, and what is proposed: pure rules that both ends share."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.contract.identity import check_character
from sync.contract.kind_files import load_kinds
from sync.contract.likeness import Profile, Reason, compare, slipped
from sync.contract.mentions import Kin, Mention, born_by_age, home_of, mentions_of, near_sound, read_age
from sync.contract.proposals import Grade, propose
from sync.contract.validation import Origin, judge

KINDS = load_kinds()


def said(kind: str, **written: str) -> dict[str, Mention]:
    """Return the mentions of a record with these fields (`husband__name` for husband.name), by place."""
    fields = {key.replace("__", "."): text for key, text in written.items()}
    judged = judge(KINDS[kind], fields, origin=Origin.PAPER, today=date(2026, 3, 2))
    normal = {
        key: {"value": one.value, "precision": one.precision} if one.precision else {"value": one.value}
        for key, one in judged.normal.items()
    }
    return {one.place: one for one in mentions_of(KINDS[kind], {"fields": fields, "normal": normal})}


def number(first: str) -> str:
    return first + check_character(first)


OLD_WEDDING = {
    "reg_date": "一九六二年五月四日", "office": "白石镇人民公社", "husband__name": "陈建國", "husband__age_as_written": "25岁",
    "husband__status_before": "未婚", "husband__village": "东桐木村民委员会", "wife__name": "李秀贞",
    "wife__age_as_written": "虚岁二十四", "wife__status_before": "未婚",
}  # fmt: skip
ROSTER = {
    "counted": "2020-11-01", "head__name": "陈建国", "head__id_no": number("33992119370305003"), "head__sex": "男",
    "head__village": "云泽县白石镇东桐木村三组", "members__0__name": "李秀珍",
    "members__0__id_no": number("33992119390812002"), "members__0__relation": "配偶",
    "members__1__name": "陈海", "members__1__id_no": number("33992119650101001"), "members__1__relation": "子",
}  # fmt: skip


def one_of(mention: Mention) -> Profile:
    return Profile((mention,))


def test_an_old_wedding_names_a_couple_of_one_home_and_an_age_is_a_span_of_years() -> None:
    couple = said("marriage", **OLD_WEDDING)
    husband, wife = couple["husband"], couple["wife"]
    assert [(one.kin, one.name) for one in husband.kin] == [(Kin.SPOUSE, "李秀贞")]
    assert (wife.township, wife.village) == ("白石", "东桐木") == (husband.township, husband.village)
    assert wife.home == ""
    assert husband.sex == "男"
    assert husband.born is not None
    assert (husband.born.first, husband.born.last) == (date(1936, 5, 5), date(1939, 2, 20))


def test_a_roster_says_who_is_spouse_and_whose_child() -> None:
    house = said("census", **ROSTER)
    assert {(one.kin, one.name) for one in house["members.1"].kin} == {(Kin.PARENT, "陈建国"), (Kin.PARENT, "李秀珍")}
    assert {(one.kin, one.name) for one in house["head"].kin} == {(Kin.SPOUSE, "李秀珍"), (Kin.CHILD, "陈海")}
    assert house["members.0"].village == "东桐木"


def test_a_member_who_moves_up_a_line_is_the_same_mention_and_a_corrected_name_is_another() -> None:
    before = said("census", **ROSTER)
    moved = {key: text for key, text in ROSTER.items() if not key.startswith("members__")}
    moved |= {key.replace("__1__", "__0__"): text for key, text in ROSTER.items() if key.startswith("members__1__")}
    after = said("census", **moved)
    assert after["members.0"].key == before["members.1"].key
    assert said("census", **{**ROSTER, "head__name": "陈建华"})["head"].key != before["head"].key


def test_a_couple_of_before_identity_numbers_is_found_in_the_roster_with_reasons() -> None:
    couple, house = said("marriage", **OLD_WEDDING), said("census", **ROSTER)
    (found,) = propose(one_of(couple["wife"]), {place: one_of(one) for place, one in house.items()})
    assert found.candidate == "members.0"
    assert found.grade is Grade.LIKELY
    assert set(found.likeness.reasons) == {
        Reason.NAME_SOUND, Reason.AGE_FITS, Reason.VILLAGE_SAME, Reason.SPOUSE_SAME,
    }  # fmt: skip


def test_two_namesakes_of_one_age_are_not_told_apart() -> None:
    husband = said("marriage", **OLD_WEDDING)["husband"]
    alone = {key: text for key, text in ROSTER.items() if key.startswith(("head", "counted"))} | {"head__village": ""}
    first = said("census", **alone)["head"]
    second = said("census", **{**alone, "head__id_no": number("33992119380917005")})["head"]
    found = propose(one_of(husband), {"first": one_of(first), "second": one_of(second)})
    assert [one.grade for one in found] == [Grade.UNCLEAR, Grade.UNCLEAR]
    assert [one.rivals for one in found] == [1, 1]


def test_the_same_number_is_sure_only_while_nothing_speaks_against_it() -> None:
    head = said("census", **ROSTER)["head"]
    died = said("death", person__name="陈建国", person__id_no=ROSTER["head__id_no"], died="1999-01-02")["person"]
    (found,) = propose(one_of(head), {"died": one_of(died)})
    assert found.grade is Grade.SURE
    wed = said("marriage", **{**OLD_WEDDING, "reg_date": "2003-05-01", "husband__id_no": ROSTER["head__id_no"]})
    (found,) = propose(one_of(wed["husband"]), {"died": one_of(died)})
    assert found.grade is Grade.UNCLEAR
    assert Reason.DEAD_BEFORE in found.likeness.against


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"head__id_no": number("33992119370305005")}, Reason.NUMBER_DIFFERS),
        ({"head__id_no": "", "head__sex": "女"}, Reason.SEX_DIFFERS),
        ({"head__id_no": "", "head__birth": "1948-01-01"}, Reason.BIRTH_IMPOSSIBLE),
        ({"head__id_no": "", "head__birth": "1938-01-01"}, Reason.BIRTH_NEARLY),
    ],
)
def test_what_contradicts_is_said_and_counts_against(changed: Mapping[str, str], reason: Reason) -> None:
    head = said("census", **ROSTER)["head"]
    other = said("census", **{**ROSTER, **changed})["head"]
    likeness = compare(one_of(head), one_of(other))
    assert reason in likeness.against
    assert likeness.points < compare(one_of(head), one_of(head)).points


def test_who_was_unmarried_after_the_wedding_is_somebody_else_but_a_widower_may_marry_again() -> None:
    first = said("marriage", **OLD_WEDDING)["husband"]
    again = {**OLD_WEDDING, "reg_date": "1970年1月1日", "husband__age_as_written": "33岁", "wife__name": "周玉兰"}
    single = said("marriage", **again)["husband"]
    widowed = said("marriage", **{**again, "husband__status_before": "丧偶"})["husband"]
    against = compare(one_of(first), one_of(single)).against
    assert Reason.SAID_UNMARRIED in against
    assert not compare(one_of(first), one_of(widowed)).against


def test_a_slip_of_the_pen_in_a_number_is_known_as_one() -> None:
    right = number("33992119370305003")
    wrong = right[:10] + right[11] + right[10] + right[12:]
    likeness = compare(
        one_of(said("census", **ROSTER)["head"]),
        one_of(said("census", **{**ROSTER, "head__id_no": wrong, "head__birth": "1937-03-05"})["head"]),
    )
    assert Reason.NUMBER_NEARLY in likeness.reasons


@given(st.text("0123456789X", min_size=1, max_size=18), st.integers(0, 17), st.sampled_from("0123456789X"))
def test_one_changed_missing_or_added_sign_is_a_slip_either_way_round(text: str, place: int, sign: str) -> None:
    place %= len(text)
    for other in (
        text[:place] + sign + text[place + 1 :],
        text[:place] + text[place + 1 :],
        text[:place] + sign + text[place:],
    ):
        assert slipped(text, other) is (text != other)
        assert slipped(other, text) is (text != other)


NAMES = st.sampled_from(["陈建国", "陳建國", "陈健国", "李秀珍", "李秀贞", "欧阳娜", "阿依古丽·买买提", "王"])
SPANS = st.sampled_from(["", "1937-03-05", "1937-03", "1938", "1957-01-01"])


@st.composite
def people(draw: st.DrawFn) -> Mention:
    fields = {
        "reg_date": draw(st.sampled_from(["1962-05-04", "1975", "2003-01-01"])),
        "office": draw(st.sampled_from(["白石镇人民政府", "云泽县民政局"])),
        "husband__name": draw(NAMES),
        "wife__name": draw(NAMES),
        "husband__birth": draw(SPANS),
        "husband__age_as_written": draw(st.sampled_from(["", "25岁", "二十五"])),
        "husband__id_no": draw(st.sampled_from(["", number("33992119370305003"), "339921193703050"])),
        "husband__status_before": draw(st.sampled_from(["", "未婚", "丧偶"])),
        "husband__village": draw(st.sampled_from(["", "白石镇东桐木村", "清泉镇石桥村"])),
    }
    return said("marriage", **{key: text for key, text in fields.items() if text})["husband"]


@given(people(), people())
def test_comparing_is_the_same_either_way_round(one: Mention, other: Mention) -> None:
    assert compare(one_of(one), one_of(other)) == compare(one_of(other), one_of(one))


@given(people())
def test_everybody_is_most_like_themselves_and_nothing_speaks_against_it(one: Mention) -> None:
    assert not compare(one_of(one), one_of(one)).against


@pytest.mark.parametrize(
    ("one", "other"), [("李秀珍", "李绣贞"), ("陈志明", "陈志民"), ("張詩", "张思"), ("單强", "单强"), ("曾英", "曾瑛")]
)
def test_names_that_sound_alike_are_looked_up_together(one: str, other: str) -> None:
    assert near_sound(one) == near_sound(other) != ""


@pytest.mark.parametrize(
    ("text", "years"),
    [("25岁", 25), ("二十五", 25), ("虚岁廿四", 24), ("２５", 25), ("不详", None), ("0", None), ("三百", None)],
)
def test_an_age_is_read_as_written_or_not_at_all(text: str, years: int | None) -> None:
    assert read_age(text) == years


@given(st.dates(date(1900, 1, 1), date(2020, 12, 31)), st.integers(1, 90))
def test_a_birth_by_full_years_or_by_the_year_of_birth_lies_in_the_span_of_the_age(born: date, years: int) -> None:
    wed = born.replace(year=born.year + years, day=min(born.day, 28))
    full = years if (wed.month, wed.day) >= (born.month, born.day) else years - 1
    case = said("marriage", reg_date=wed.isoformat(), husband__name="陈")["husband"].case
    assert case is not None
    for told in {full, years + 1} - {0}:  # 周岁, 虚岁
        span = born_by_age(told, case)
        assert span.first <= born <= span.last


@pytest.mark.parametrize(
    ("address", "home"),
    [
        ("云泽县青石镇柳林村三组46号", ("青石", "柳林")), ("东桐木村民委员会", ("", "东桐木")), ("大湾镇人民公社", ("大湾", "")),
        ("云泽县云溪街道西水头社区居民委员会", ("云溪", "西水头")), ("红旗公社东风大队", ("红旗", "东风")), ("", ("", "")),
    ],
)  # fmt: skip
def test_an_address_is_compared_by_its_stems(address: str, home: tuple[str, str]) -> None:
    assert home_of(address) == home
