"""What the checks of the four properties (四性检测) found of a batch: the desk's word, and the county's own at intake.

The county keeps a line for each part as it arrives, one for the whole and one for what the desk said; staff are told their sum.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from sync.contract.four_properties import (
    Fault,
    FoundCount,
    Report,
    Result,
    Stage,
    Tally,
    bits_of,
    found_counts,
    items_of,
)
from sync.contract.four_properties import Outcome as Came
from sync.contract.record_checks import BODY_ITEMS

DESKS_WORD: Final = -1  # beside the numbers of parts, which count from 0
OF_THE_WHOLE: Final = -2
WHOLE_ITEMS: Final = ("Z8", "Z11", "Z12", "W1")
MOST_TOLD: Final = 60


def spell_desk(ran: int, found: Iterable[FoundCount]) -> str:
    """Return what a desk said, as it is kept."""
    return json.dumps([ran, [[one.item, one.count, one.grave] for one in found]])


def spell_own(records: int, faults: Iterable[Fault]) -> str:
    """Return what the county found at so many records, as it is kept."""
    return json.dumps([records, [[it.item, it.code, it.subject, it.detail, it.grave] for it in faults]])


@dataclass(frozen=True, slots=True)
class BatchResults:
    """Which checks ran over a batch at the desk and at the county, and what they found; `faults` are the county's first ones."""

    desk_ran: int
    desk_found: tuple[FoundCount, ...]
    county_ran: int
    county_found: tuple[FoundCount, ...]
    records: int
    faults: tuple[Fault, ...]

    def reports(self, batch: str, at: str, county: str, desk: str) -> tuple[Report, ...]:
        """Return both as reports, the county's first; without the desk's where it said nothing."""
        told: dict[str, list[Fault]] = {}
        for fault in self.faults:
            told.setdefault(fault.item, []).append(fault)
        own = tuple(
            _result(item, self.records, self.county_found, tuple(told.get(item, ())))
            for item in items_of(self.county_ran)
        )
        theirs = tuple(_result(item, 0, self.desk_found, ()) for item in items_of(self.desk_ran))
        made = (
            Report(Stage.INTAKE, batch, at, county, self.records, own),
            Report(Stage.HAND_OVER, batch, at, desk, self.records, theirs),
        )
        return tuple(one for one in made if one.results)


def _result(item: str, objects: int, found: Iterable[FoundCount], faults: tuple[Fault, ...]) -> Result:
    here = next((one for one in found if one.item == item), FoundCount(item, 0, 0))
    outcome = Came.FAILED if here.grave else Came.NOTED if here.count else Came.PASSED
    return Result(item, outcome, objects, here.count, faults)


def read_results(kept: Mapping[int, str]) -> BatchResults | None:
    """Return what was kept of a batch, summed; None where nothing was."""
    if not kept:
        return None
    desk_ran, desk_found = json.loads(kept.get(DESKS_WORD, "[0, []]"))
    tally = Tally()
    ran: set[str] = set()
    for place, text in kept.items():
        if place == DESKS_WORD:
            continue
        records, faults = json.loads(text)
        ran.update(WHOLE_ITEMS if place == OF_THE_WHOLE else BODY_ITEMS)
        tally.records += records if place != OF_THE_WHOLE else 0
        tally.found_all(Fault(*one) for one in faults)
    report = tally.report(Stage.INTAKE, "", "", "")
    faults = tuple(fault for one in report.results for fault in one.faults)[:MOST_TOLD]
    found = tuple(FoundCount(*one) for one in desk_found)
    return BatchResults(desk_ran, found, bits_of(ran), found_counts(report), tally.records, faults)
