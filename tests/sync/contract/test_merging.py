"""Two people's work on one record becomes one, and nothing of either is passed over unseen."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.contract import merging
from sync.contract.histories import History
from sync.contract.merging import NUMBER, PAPERS, WHOLE, Chosen, Side, differences, merged
from sync.contract.revisions import ChangeKind, RevisionId

KEYS = ("husband.name", "wife.name", "reg_date", "members.0.name")
fields = st.dictionaries(st.sampled_from(KEYS), st.sampled_from(["甲", "乙", "丙"]))
pages = st.lists(st.sampled_from([1, 2, 3]), unique=True, max_size=2)


def body(
    written: dict[str, str], paged: list[int] | None = None, number: str = "J001-HY·2016-D30-0001"
) -> dict[str, Any]:
    papers = [{"paper": "photo", "attachment": "a" * 64, "first": one, "last": one} for one in paged or []]
    reasons = {key: f"原件如此{text}" for key, text in written.items()}
    return {"fields": dict(written), "reasons": reasons, "number": number, "papers": papers, "attachments": []}


bodies = st.builds(body, fields, pages)


@given(bodies, bodies)
def test_what_only_one_side_changed_becomes_that_side_without_asking(
    base: dict[str, Any], changed: dict[str, Any]
) -> None:
    for county, township in ((base, changed), (changed, base)):
        found = differences([base], county, township)
        assert not any(one.clashes for one in found)
        made = merged(county, township, found, {})
        assert {key: made[key] for key in ("fields", "papers", "number")} == {
            key: changed[key] for key in ("fields", "papers", "number")
        }


@given(bodies, bodies, bodies)
def test_a_value_is_lost_only_where_a_person_chose_the_other(
    base: dict[str, Any], county: dict[str, Any], township: dict[str, Any]
) -> None:
    found = differences([base], county, township)
    clashing = {one.key for one in found if one.clashes}
    by_hand = {
        key for key in KEYS
        if len({base["fields"].get(key, ""), county["fields"].get(key, ""), township["fields"].get(key, "")}) == 3
    }  # fmt: skip
    both = {
        key for key in KEYS
        if county["fields"].get(key, "") != township["fields"].get(key, "")
        and base["fields"].get(key, "") not in (county["fields"].get(key, ""), township["fields"].get(key, ""))
    }  # fmt: skip
    assert by_hand <= both == clashing - {PAPERS}
    for side, whose in ((Side.COUNTY, county), (Side.TOWNSHIP, township)):
        made = merged(county, township, found, {key: Chosen(side) for key in clashing})
        for key in clashing - {PAPERS}:
            assert made["fields"].get(key, "") == whose["fields"].get(key, "")


@given(bodies, bodies, bodies)
def test_it_does_not_matter_which_side_is_called_which(
    base: dict[str, Any], county: dict[str, Any], township: dict[str, Any]
) -> None:
    one, other = differences([base], county, township), differences([base], township, county)
    assert {(each.key, each.clashes) for each in one} == {(each.key, each.clashes) for each in other}


@given(bodies, bodies, bodies)
def test_with_every_clash_answered_by_a_third_value_that_value_stands(
    base: dict[str, Any], county: dict[str, Any], township: dict[str, Any]
) -> None:
    found = differences([base], county, township)
    chosen = {one.key: Chosen(None, "丁") if one.key != PAPERS else Chosen(Side.COUNTY) for one in found if one.clashes}
    made = merged(county, township, found, chosen)
    assert all(made["fields"][key] == "丁" for key in chosen if key != PAPERS)
    assert not any(key in made["reasons"] for key in chosen if key != PAPERS)  # nobody gave a reason for it yet


def test_a_clash_without_an_answer_makes_nothing() -> None:
    found = differences([body({})], body({"wife.name": "甲"}), body({"wife.name": "乙"}))
    assert [one.key for one in found if one.clashes] == ["wife.name"]
    with pytest.raises(KeyError):
        merged(body({"wife.name": "甲"}), body({"wife.name": "乙"}), found, {})


def test_without_a_common_ancestor_every_difference_is_a_clash() -> None:
    found = differences([], body({"wife.name": "甲"}), body({}, [1], "J001-HY·2016-D30-0002"))
    assert {one.key for one in found if one.clashes} == {"wife.name", NUMBER, PAPERS}


def test_where_two_ancestors_disagree_nothing_counts_as_common() -> None:
    found = differences(
        [body({"wife.name": "甲"}), body({"wife.name": "乙"})], body({"wife.name": "甲"}), body({"wife.name": "乙"})
    )
    assert [one.clashes for one in found] == [True]


def test_a_void_against_a_change_is_one_clash_over_the_whole_record() -> None:
    void = {"layout": 1, "kind": "marriage", "number": "J001-HY·2016-D30-0001", "reason": "重复归档"}
    (one,) = differences([body({})], body({"wife.name": "甲"}), void)
    assert (one.key, one.clashes, one.township) == (WHOLE, True, "重复归档")


def test_the_nearest_common_ancestor_is_found_behind_merges() -> None:
    root, left, right, joined, here, there = (RevisionId(letter * 64) for letter in "abcdef")
    parents = {root: (), left: (root,), right: (root,), joined: (left, right), here: (joined,), there: (joined, left)}
    history = History(parents, dict.fromkeys(parents, ChangeKind.PUT), ())
    assert merging.common_ancestors(history, here, there) == (joined,)
    assert merging.common_ancestors(history, left, right) == (root,)
    assert merging.common_ancestors(history, here, joined) == (joined,)
