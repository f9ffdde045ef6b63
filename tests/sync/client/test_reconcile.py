"""Where the two ends differ is found to the record."""

from __future__ import annotations

from sync.client.reconcile import Difference, find_differences
from tests.sync.client.people import DeskPerson, Reviewer
from tests.sync.county_process import running_county


def test_heads_that_differ_are_found_and_named(tmp_path):
    with running_county(tmp_path / "county") as county:
        desk, staff = DeskPerson(county), Reviewer(county).staff
        filed = [desk.file(f"第{number}号通知") for number in range(12)]
        desk.seal()
        desk.exchange()
        for revision in filed:
            staff.accept(staff.record(revision.record_id), revision.id)
        missing = find_differences(desk.ledger, desk.session)
        assert missing == tuple(Difference(one.record_id, None, one.id) for one in sorted(filed, key=by_record))
        desk.exchange()
        assert find_differences(desk.ledger, desk.session) == ()


def by_record(revision):
    return revision.record_id
