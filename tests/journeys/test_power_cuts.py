"""The whole main job, killed at random moments, desk and county alike: what was told to be done stays done.

Eight of them here; `python -m tests.powercut --kills 200` is the campaign.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.journeys.killed_job import kill_again_and_again

CUTS = 8

pytestmark = pytest.mark.skipif(not hasattr(os, "killpg"), reason="process groups are killed as a whole on Unix only")


@pytest.mark.timeout(600)
def test_a_job_killed_again_and_again_loses_nothing_it_told_to_be_done(tmp_path: Path) -> None:
    assert kill_again_and_again(tmp_path, CUTS, seed=20260302) > CUTS
