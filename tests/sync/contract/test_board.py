"""How loudly each township speaks on the board."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from sync.contract.board import Board, Light, Matter, TownshipStanding
from sync.contract.revisions import TownshipId

NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
FINE = TownshipStanding(
    TownshipId("339921102"), "青石镇", 1, (NOW - timedelta(hours=2)).isoformat(), 0, True, 10, 10, 0, 0, 0, (0,) * 14
)


def ago(**much: int) -> str:
    return (NOW - timedelta(**much)).isoformat()


@pytest.mark.parametrize(
    ("changed", "matter", "light"),
    [
        ({}, Matter.FINE, Light.GREEN),
        ({"agrees": None}, Matter.FINE, Light.GREEN),
        ({"agrees": False, "last_contact": ago(days=9)}, Matter.DIFFERS, Light.RED),
        ({"log_flaw": "shorter", "agrees": False}, Matter.LOG_BROKEN, Light.RED),
        ({"last_contact": ago(days=7)}, Matter.SILENT, Light.RED),
        ({"last_contact": ""}, Matter.SILENT, Light.RED),
        ({"conflicts": 1, "undecided": 500}, Matter.CONFLICTS, Light.AMBER),
        ({"set_aside": 1}, Matter.SET_ASIDE, Light.AMBER),
        ({"undecided": 99}, Matter.FINE, Light.GREEN),
        ({"undecided": 100}, Matter.MANY_UNDECIDED, Light.AMBER),
        ({"last_contact": ago(days=3)}, Matter.QUIET, Light.AMBER),
        ({"desks": 0, "last_contact": ""}, Matter.NEVER, Light.NONE),
    ],
)
def test_a_township_speaks_of_its_gravest_matter(changed: dict[str, object], matter: Matter, light: Light) -> None:
    one = replace(FINE, **changed)
    assert (one.matter(NOW), one.light(NOW)) == (matter, light)


def test_the_gravest_stand_first_and_of_two_alike_who_was_away_longer() -> None:
    townships = (
        FINE,
        replace(FINE, name="二", last_contact=ago(days=9)),
        replace(FINE, name="一", last_contact=ago(days=12)),
        replace(FINE, name="差", agrees=False),
    )
    told = Board(townships, NOW.isoformat()).by_urgency()
    assert [one.name for one in told] == ["差", "一", "二", "青石镇"]
