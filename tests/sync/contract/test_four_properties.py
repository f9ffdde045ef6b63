"""The list of checks is what the document says; results keep their evidence, travel in few bytes, and can be laid down and taken up."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from desktop.ui.words import LANGUAGES, Words
from sync.contract.four_properties import (
    FAULTS_KEPT,
    Fault,
    Outcome,
    Property,
    Stage,
    Tally,
    bits_of,
    check_items,
    items_of,
    read_report,
    read_tally,
)

PROJECT = Path(__file__).resolve().parents[3]
LETTERS = {"F": Stage.FILING, "H": Stage.HAND_OVER, "I": Stage.INTAKE, "E": Stage.EXPORT, "N": Stage.NIGHTLY}


def test_the_document_lists_every_check_with_its_clause_its_stages_and_whether_it_blocks() -> None:
    told = {}
    for line in (PROJECT / "docs/checks.md").read_text(encoding="utf-8").splitlines():
        if row := re.fullmatch(r"\| (\*\*)?([ZWKA]\d+)(?:\*\*)? \| (\S+) \| .* \| ([FHIEN ]+) \|", line):
            told[row[2]] = (row[3], bool(row[1]), frozenset(LETTERS[one] for one in row[4].split()))
    assert told == {one.id: (one.clause, one.blocking, one.stages) for one in check_items().values()}
    assert Counter(one.property for one in check_items().values()) == {
        Property.AUTHENTICITY: 12, Property.INTEGRITY: 9, Property.USABILITY: 6, Property.SAFETY: 4
    }  # fmt: skip


def test_every_check_fault_and_reason_has_its_words_and_what_to_do() -> None:
    source = "".join(
        (PROJECT / name).read_text(encoding="utf-8")
        for name in (
            "sync/contract/record_checks.py", "desktop/archive/holdings.py", "desktop/services/file_checks.py",
            "desktop/services/hand_over_checks.py",
        )
    )  # fmt: skip
    codes = set(re.findall(r'Fault\(\s*"[ZWKA]\d+",\s*"(\w+)"', source)) | set(
        re.findall(r'\("[ZWKA]\d+", "(\w+)", (?:True|False)\)', source)
    )
    reasons = set(re.findall(r'skip\(\w+, "(\w+)"|skip\("[ZWKA]\d+", "(\w+)"', source))
    assert {"hash_differs", "active_content", "number_missing"} <= codes
    for language in LANGUAGES:
        words = Words(language)
        for item in check_items():
            assert words(f"checks.name.{item}")
            assert words(f"checks.fix.{item}")
        assert all(words.find(f"checks.fault.{code}") for code in codes)
        assert all(words.find(f"checks.why.{why}") for pair in reasons for why in pair if why)


def test_a_report_says_passed_noted_failed_and_not_checked_and_comes_back_from_its_data() -> None:
    tally = Tally(records=2)
    tally.looked(("Z1", "Z8", "A1"), 2)
    tally.found(Fault("Z1", "hash_differs", "one"))
    tally.found(Fault("Z8", "title_double", "one", "other", grave=False))
    tally.skip("A1", "no_scanner")
    report = tally.report(Stage.NIGHTLY, "", "2026-03-02T04:00:00.000Z", "陈晓兰")
    outcomes = {one.item: one.outcome for one in report.results}
    assert (outcomes["Z1"], outcomes["Z8"], outcomes["A1"]) == (Outcome.FAILED, Outcome.NOTED, Outcome.NOT_CHECKED)
    assert set(outcomes.values()) == set(Outcome)
    assert not report.clean
    assert [one.item for one in report.results if one.blocks] == ["Z1"]
    assert read_report(report.to_json()) == report


@given(
    st.lists(st.tuples(st.sampled_from(sorted(check_items())), st.booleans(), st.integers(0, 9)), max_size=60),
    st.data(),
)
def test_a_run_that_was_laid_down_anywhere_finds_what_one_run_finds(
    found: list[tuple[str, bool, int]], data: st.DataObject
) -> None:
    cut = data.draw(st.integers(0, len(found)))
    faults = [Fault(item, "code", str(subject), "", grave) for item, grave, subject in found]
    whole, first, second = Tally(), Tally(), Tally()
    whole.found_all(faults)
    first.found_all(faults[:cut])
    taken_up = read_tally(first.to_json())
    taken_up.found_all(faults[cut:])
    second.found_all(faults[cut:])
    first.add(second)
    for other in (taken_up, first):
        for item in check_items():
            one, two = whole.result(item), other.result(item)
            assert (one.outcome, one.count, len(one.faults)) == (two.outcome, two.count, len(two.faults))
            assert len(two.faults) <= FAULTS_KEPT
            if one.outcome is Outcome.FAILED:
                assert any(fault.grave for fault in two.faults)


@given(st.sets(st.sampled_from(sorted(check_items()))))
def test_which_checks_ran_fits_into_a_number_of_four_bytes(items: set[str]) -> None:
    assert set(items_of(bits_of(items))) == items
    assert bits_of(items) < 2**31
