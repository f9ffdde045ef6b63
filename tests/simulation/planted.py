"""Every bug that is planted on purpose, by name."""

from __future__ import annotations

from tests.simulation import planted_county, planted_desk, planted_pages, planted_restore
from tests.simulation.world import Parts

PLANTED: dict[str, Parts] = {
    **planted_county.PLANTED,
    **planted_desk.PLANTED,
    **planted_restore.PLANTED,
    **planted_pages.PLANTED,
}
