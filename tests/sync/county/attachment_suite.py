"""Attachments at the county, wherever they lie: any order of cuts gives the same bytes, and nothing of them lies in plain.

A module of tests inherits from `AttachmentSuite` and gives the fixture `attachments`.
"""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sync.contract.errors import BadRequest, SealBroken
from sync.contract.revisions import TownshipId
from tests.sync.contract.office import TOWNSHIP

CONTENT = b"%PDF-1.7 " + bytes(range(256)) * 40
NAME = hashlib.sha256(CONTENT).hexdigest()
CHECKS = [HealthCheck.function_scoped_fixture, HealthCheck.differing_executors]  # one suite, two keepers
OURS, OTHERS = TownshipId(TOWNSHIP), TownshipId("339921103")


def send(attachments, content, cuts, name=None, township=OURS):
    name = name or hashlib.sha256(content).hexdigest()
    arrived, whole = 0, False
    for size in [*cuts, len(content)]:
        if whole:
            break
        arrived, whole = attachments.take(
            township, name, arrived, len(content), content[arrived : arrived + size], "desk"
        )
    return name, arrived, whole


class AttachmentSuite:
    @given(content=st.binary(max_size=3000), cuts=st.lists(st.integers(0, 900), max_size=6))
    @settings(max_examples=10, deadline=None, suppress_health_check=CHECKS)
    def test_however_it_is_cut_an_attachment_arrives_whole(self, attachments, content, cuts):
        name, arrived, whole = send(attachments, content, cuts)
        assert (arrived, whole) == (len(content), True)
        assert attachments.read(None, name, 0, 1 << 20) == (content, len(content))
        assert attachments.progress(OURS, name) == (len(content), True)

    def test_a_range_that_was_sent_twice_is_kept_once(self, attachments):
        attachments.take(OURS, NAME, 0, len(CONTENT), CONTENT[:500], "desk")
        assert attachments.take(OURS, NAME, 0, len(CONTENT), CONTENT[:700], "desk") == (500, False)
        assert attachments.take(OURS, NAME, 900, len(CONTENT), CONTENT[900:], "desk") == (500, False)
        assert attachments.take(OURS, NAME, 500, len(CONTENT), CONTENT[500:], "desk") == (len(CONTENT), True)

    @pytest.mark.parametrize("cuts", [[], [100, 3000]])
    def test_bytes_that_are_not_what_their_name_says_are_forgotten(self, attachments, tmp_path, cuts):
        with pytest.raises(SealBroken):
            send(attachments, CONTENT[:-1] + b"!", cuts, NAME)
        assert attachments.progress(OURS, NAME) == (0, False)
        assert [path for path in (tmp_path / "attachments").rglob("*") if path.is_file()] == []
        assert attachments.keeper.ids() == frozenset()

    def test_nothing_of_an_attachment_lies_in_plain_on_the_disk(self, attachments, tmp_path):
        send(attachments, CONTENT, [4000])
        files = [path for path in tmp_path.rglob("*") if path.is_file()]
        assert not any(b"%PDF" in path.read_bytes() or bytes(range(256)) in path.read_bytes() for path in files)

    def test_a_desk_reads_only_what_its_own_township_names(self, attachments):
        send(attachments, CONTENT, [])
        with pytest.raises(BadRequest):
            attachments.read(OURS, NAME, 0, 10)

    def test_what_one_township_sent_is_not_there_for_another_until_it_sends_the_same(self, attachments):
        send(attachments, CONTENT, [])
        assert attachments.progress(OTHERS, NAME) == (0, False)
        send(attachments, CONTENT, [2000], township=OTHERS)
        assert attachments.progress(OTHERS, NAME) == (len(CONTENT), True)
        assert attachments.read(None, NAME, 0, 1 << 20) == (CONTENT, len(CONTENT))

    def test_the_end_of_what_another_township_is_sending_proves_nothing(self, attachments):
        attachments.take(OURS, NAME, 0, len(CONTENT), CONTENT[:5000], "desk")
        assert attachments.take(OTHERS, NAME, 5000, len(CONTENT), CONTENT[5000:], "other") == (0, False)
        assert attachments.progress(OURS, NAME) == (5000, False)
        assert attachments.take(OURS, NAME, 5000, len(CONTENT), CONTENT[5000:], "desk") == (len(CONTENT), True)
        assert attachments.progress(OTHERS, NAME) == (0, False)

    @pytest.mark.parametrize(("start", "total"), [(-1, 5), (6, 5), (0, 1), (0, 1 << 40)])
    def test_a_range_outside_its_attachment_is_refused(self, attachments, start, total):
        with pytest.raises(BadRequest):
            attachments.take(OURS, NAME, start, total, b"abc", "desk")

    @pytest.mark.parametrize("name", ["", "../../etc/passwd", "A" * 64])
    def test_an_attachment_is_named_by_its_hash_only(self, attachments, name):
        with pytest.raises(BadRequest):
            attachments.progress(OURS, name)
