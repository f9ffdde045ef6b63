"""Five hundred seeded tamperings are all found as the document promises, and a verifier that forgets something is caught."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tampering.campaign import BROKEN, Campaign, broken_verifier
from tests.tampering.kinds import KINDS
from tests.tampering.originals import Originals, make


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> Originals:
    return make(tmp_path_factory.mktemp("tampering"))


def test_five_hundred_tamperings_end_as_promised(originals: Originals, tmp_path: Path) -> None:
    report = Campaign(originals, tmp_path).run(500, 1)
    assert report.as_promised, "\n".join(report.lines())
    assert report.planted > 450
    assert report.missed == 0


@pytest.mark.parametrize("name", list(BROKEN))
def test_a_verifier_that_forgets_something_is_caught(name: str, originals: Originals, tmp_path: Path) -> None:
    verifier = broken_verifier(name, tmp_path)
    assert Campaign(originals, tmp_path, verifier).run(len(KINDS), 1).missed > 0
