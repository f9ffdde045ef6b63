"""What is typed is completed only where something proves it; everything else stays as it was typed."""

from __future__ import annotations

import pytest

from desktop.services.completing import Aids, computed, following, like, whole_account, whole_number, with_year
from sync.contract.kind_files import load_kinds

NUMBER = "339921198903080032"


def test_an_identity_number_without_its_area_is_completed_only_if_its_check_character_proves_it() -> None:
    assert whole_number(NUMBER[6:], ["339921", "110101"]) == NUMBER
    assert whole_number("198903080033", ["339921"]) == ""
    assert whole_number(NUMBER[6:-1], ["339921"]) == ""
    assert whole_number(NUMBER[:12], ["339921"]) == ""


def test_two_areas_that_both_fit_complete_nothing() -> None:
    fitting = [f"3399{n:02}" for n in range(100) if whole_number(NUMBER[6:], [f"3399{n:02}"])]
    assert len(fitting) > 1
    assert whole_number(NUMBER[6:], fitting) == ""


def test_the_areas_are_those_of_the_people_here_and_of_the_office() -> None:
    aids = Aids(before={"wife.id_no": NUMBER}, area="339922")
    assert aids.areas({"husband.name": "何晨", "husband.id_no": "110101199003072535"}) >= {"339921", "339922"}


@pytest.mark.parametrize(
    ("typed", "before", "meant"),
    [
        ("2.29", "2016-02-27", "2016-02-29"),
        ("5月1日", "一九七八年四月", "1978-05-01"),
        ("2.30", "2016-02-27", "2.30"),
        ("1983", "2016-02-27", "1983"),
        ("5.1", "", "5.1"),
    ],
)
def test_a_date_without_its_year_has_the_year_before(typed: str, before: str, meant: str) -> None:
    assert with_year(typed, before) == meant


@pytest.mark.parametrize(
    ("number", "after"),
    [
        ("J339921-2016-000213", "J339921-2016-000214"),
        ("青低保〔2019〕018号", "青低保〔2019〕019号"),
        ("第99号", "第100号"),
        ("无号", "无号"),
    ],
)
def test_the_next_number_is_written_like_the_one_before(number: str, after: str) -> None:
    assert following(number) == after


def test_a_village_is_found_by_its_initials_and_never_by_what_is_no_letter() -> None:
    known = ["青石镇柳湾村", "青石镇石桥村", "柳林村"]
    assert like("lw", known) == ["青石镇柳湾村"]
    assert like("qs", known) == known[:2]
    assert like("柳", known) == []
    assert like("", known) == []


def test_an_account_is_completed_from_the_one_before_only_if_its_check_digit_proves_it() -> None:
    before = "6217990399210000131"
    assert whole_account("0115", before) == "6217990399210000115"
    assert whole_account("0116", before) == ""
    assert whole_account("115", before) == ""
    assert whole_account("399210000", before) == ""  # nine digits may be an account that is short
    assert whole_account("0115", "青石信用社存折") == ""
    assert whole_account("0115", "0115") == ""


def test_shares_and_ends_of_notices_follow_from_the_kinds_own_checks() -> None:
    dibao = load_kinds()["dibao"]
    written = {
        "income_business": "540",
        "income_transfer": "690",
        "members.0.name": "王建国",
        "members.1.name": "王小雨",
    }
    assert computed(dibao, written)["per_capita"] == "410"
    assert computed(dibao, {**written, "per_capita": "410", "line": "780"})["amount"] == "1110"
    assert "amount" not in computed(dibao, {**written, "per_capita": "780", "line": "780"})
    assert computed(dibao, {"notice_from": "2019年3月10日"}) == {"notice_to": "2019-03-17"}
    assert computed(dibao, {**written, "per_capita": "400"}) == {}
    assert "per_capita" not in computed(dibao, {"income_business": "五百"})
