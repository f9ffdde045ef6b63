"""A disk that refuses a call is told to the person by a sentence, nothing that was saved is lost, and the work goes on afterwards."""

from __future__ import annotations

import pytest

from tests.powercut import campaign, tap
from tests.powercut.troubles import TROUBLES
from tests.powercut.workflows import CARELESS, WORKFLOWS

pytestmark = pytest.mark.skipif(
    tap.compiler() is None, reason="the power-cut simulator needs Linux and a C compiler (cc)"
)

A_TROUBLE = 2
# they stretch passwords, start a page reader, or take long: every trouble of theirs is tried by command (--fail 1000000)
SLOW = {"keys", "founding", "rekey", "open copy", "receive", "import", "restore"}
CALLS_AT_LEAST = 40


@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", WORKFLOWS)
def test_calls_that_fail_are_told_by_a_sentence_and_lose_nothing(name: str) -> None:
    with campaign.room() as folder:
        tried = campaign.fail(folder, name, A_TROUBLE, every=3 if name in SLOW else 1)
    assert tried.examples == []
    assert not tried.faults
    assert set(tried.calls) >= {trouble.name for trouble in TROUBLES[::3]}
    assert tried.calls["full from then on"] >= CALLS_AT_LEAST
    if (
        name != "receive"
    ):  # there a file that cannot be kept now waits in the scanner's folder, and nobody is interrupted
        assert tried.told["disk_full"] + tried.told["place_unavailable"] > 0
        assert tried.told["disk_fails"] + tried.told["place_unavailable"] > 0


@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", CARELESS)
def test_a_program_that_takes_no_notice_of_a_refusal_is_caught(name: str) -> None:
    with campaign.room() as folder:
        tried = campaign.fail(folder, name, A_TROUBLE)
    assert tried.faults["lost"] > 0
