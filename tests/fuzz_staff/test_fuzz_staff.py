"""A slice of the made-up calls: no answer that the county's description does not name, and none that says it stumbled."""

from __future__ import annotations

from pathlib import Path

from installer.make_messages import listed
from sync.county.api import make_api
from sync.county.openapi import document
from sync.county.service import County, create_county
from tests.fuzz_staff.fuzzing import Fuzzed, Fuzzing

CALLS = 5_000  # a minute of CPU; 50,000 by command


def test_whatever_staff_send_the_county_answers_as_it_is_described(tmp_path: Path) -> None:
    fuzzed = Fuzzed(tmp_path)
    try:
        told = Fuzzing(fuzzed, seed=1).run(CALLS)
    finally:
        fuzzed.close()
    assert told.faults == []
    assert told.calls == CALLS
    assert {200, 400, 403} <= set(told.by_status)  # it got in, and behind more than the first check


def test_every_call_of_the_line_is_described_with_all_it_carries(tmp_path: Path) -> None:
    create_county(tmp_path, "云泽县民政局", tmp_path / "county.key", None)
    county = County(tmp_path, tmp_path / "county.key")
    described = document(make_api(county))
    county.close()
    calls = [call for path in described["paths"].values() for call in path.values()]
    assert len(calls) >= 24
    bodies = {call["operationId"] for call in calls if "requestBody" in call}
    posts = {path["post"]["operationId"] for path in described["paths"].values() if "post" in path}
    # one asks for a number, one for a list of the batch that its address names
    assert posts - bodies == {
        "challenge_v1_staff_challenge_post", "received_list_v1_batches__batch_id__received_list_post",
    }  # fmt: skip
    assert {call["tags"][0] for call in calls} == {"staff", "desk", "anybody"}
    written = (Path(__file__).parents[2] / "docs" / "protocol.md").read_text(encoding="utf-8")
    assert listed(described) in written, "python -m installer.make_messages"
    for name in ("SyncRequest", "SignedRuling", "RecordDetail", "Trouble"):
        assert described["components"]["schemas"][name]["properties"]
