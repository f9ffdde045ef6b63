"""Folding: one comparable form, character for character."""

from hypothesis import given
from hypothesis import strategies as st

from sync.contract.folding import fold, same_name


@given(st.text())
def test_folding_twice_changes_nothing_more(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text())
def test_positions_stay_the_same(text: str) -> None:
    assert len(fold(text)) == len(text)


@given(st.text(), st.text())
def test_a_part_of_a_text_folds_to_a_part_of_its_fold(head: str, tail: str) -> None:
    assert fold(head + tail) == fold(head) + fold(tail)


def test_traditional_variant_and_full_width_writing_is_one_name() -> None:
    assert same_name("陳曉蘭", "陈晓兰")
    assert same_name("王峯", "王 峰")
    assert fold("Ｊ３３９９２１") == "j339921"
    assert not same_name("陈晓兰", "陈小兰")


def test_rare_characters_stay_themselves() -> None:
    assert fold("𠮷濬喆堃") == "𠮷濬喆堃"
