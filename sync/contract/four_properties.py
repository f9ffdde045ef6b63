"""The four properties (四性检测): which 31 checks there are, where each runs, and what came of them.

The list is data, resources/checks/four_properties.toml, after DA/T 70-2018; docs/checks.md says what each looks at. Results hold
ids, hashes, names of fields and codes, never what a person typed.
"""

from __future__ import annotations

import json
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any, ClassVar, Final

import resources
from sync.contract.errors import FactoryFault

REPORT_VERSION: Final = 1
FAULTS_KEPT: Final = 20  # of each check; the others are counted


class Property(StrEnum):
    """The four: 真实性, 完整性, 可用性, 安全性."""

    AUTHENTICITY = "authenticity"
    INTEGRITY = "integrity"
    USABILITY = "usability"
    SAFETY = "safety"


class Stage(StrEnum):
    """When checks run: 归档, 移交, 接收, 导出, 长期保存."""

    FILING = "filing"
    HAND_OVER = "hand_over"
    INTAKE = "intake"
    EXPORT = "export"
    NIGHTLY = "nightly"


class Outcome(StrEnum):
    """What came of a check."""

    PASSED = "passed"
    NOTED = "noted"  # something to look at, nothing that is wrong
    FAILED = "failed"
    NOT_CHECKED = "not_checked"  # it should have run here and could not: `why` says so


_PROPERTIES: Final = {
    "Z": Property.AUTHENTICITY, "W": Property.INTEGRITY, "K": Property.USABILITY, "A": Property.SAFETY
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class CheckItem:
    """One check (检测项): its id, the name DA/T 70-2018 gives it, whether a fault holds a record up, where it runs."""

    id: str
    clause: str
    blocking: bool
    stages: frozenset[Stage]

    @property
    def property(self) -> Property:
        return _PROPERTIES[self.id[0]]


@cache
def check_items() -> Mapping[str, CheckItem]:
    """Return the 31 checks by id, in their order.

    Raises:
        FactoryFault: the shipped list is not as it must be.
    """
    text = files(resources).joinpath("checks/four_properties.toml").read_text(encoding="utf-8")
    try:
        listed = [
            CheckItem(one["id"], one["clause"], one["blocking"], frozenset(map(Stage, one["stages"])))
            for one in tomllib.loads(text)["item"]
        ]
    except (KeyError, ValueError, TypeError) as error:
        raise FactoryFault("the list of checks", file="four_properties.toml") from error
    return {one.id: one for one in listed}


@cache
def items_at(stage: Stage) -> tuple[str, ...]:
    """Return the ids of the checks that run at a stage, in their order."""
    return tuple(one.id for one in check_items().values() if stage in one.stages)


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing a check found: at what (`subject`: a record, a file's hash, a number), which (`code`), in which field.

    A fault that is not `grave` is told and holds nothing up.
    """

    POSITIONAL: ClassVar[bool] = True
    item: str
    code: str
    subject: str = ""
    detail: str = ""
    grave: bool = True


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one check: over how many objects, how many faults, and the first of them."""

    item: str
    outcome: Outcome
    objects: int
    count: int
    faults: tuple[Fault, ...]
    why: str = ""

    @property
    def blocks(self) -> bool:
        """Whether it holds up what it was found at."""
        return self.outcome is Outcome.FAILED and check_items()[self.item].blocking


@dataclass(frozen=True, slots=True)
class Report:
    """The results of one run (检测报告): at which stage, of what (`subject`: a batch, the archive), when, by whom."""

    stage: Stage
    subject: str
    at: str
    by: str
    records: int
    results: tuple[Result, ...]

    @property
    def clean(self) -> bool:
        """Nothing failed."""
        return not any(one.outcome is Outcome.FAILED for one in self.results)

    def count(self, outcome: Outcome) -> int:
        return sum(one.outcome is outcome for one in self.results)

    def to_json(self) -> str:
        """Return the report as data: keys sorted, one line, so that the same report is the same bytes."""
        said = {
            "format": "lantai-checks", "version": REPORT_VERSION, "standard": "DA/T 70-2018", "stage": self.stage.value,
            "subject": self.subject, "at": self.at, "by": self.by, "records": self.records,
            "results": [_spell(one) for one in self.results],
        }  # fmt: skip
        return json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _spell(one: Result) -> dict[str, Any]:
    item = check_items()[one.item]
    told = {"item": one.item, "clause": item.clause, "blocking": item.blocking, "outcome": one.outcome.value}
    faults = [
        {"code": fault.code, "subject": fault.subject, "detail": fault.detail, "grave": fault.grave}
        for fault in one.faults
    ]
    return {**told, "objects": one.objects, "count": one.count, "evidence": faults, "why": one.why}


def read_report(text: str) -> Report:
    """Return the report that `to_json` wrote; checks that a newer program added are passed over."""
    said = json.loads(text)
    results = tuple(
        Result(
            one["item"], Outcome(one["outcome"]), one["objects"], one["count"],
            tuple(Fault(one["item"], it["code"], it["subject"], it["detail"], it["grave"]) for it in one["evidence"]),
            one["why"],
        )
        for one in said["results"]
        if one["item"] in check_items()
    )  # fmt: skip
    return Report(Stage(said["stage"]), said["subject"], said["at"], said["by"], said["records"], results)


@dataclass(slots=True)
class Tally:
    """What checks found so far; it can be laid down and taken up again, so that a long run may stop anywhere."""

    objects: Counter[str] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)
    grave: Counter[str] = field(default_factory=Counter)
    faults: dict[str, list[Fault]] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    records: int = 0

    def looked(self, items: Iterable[str], objects: int = 1) -> None:
        """These checks ran over so many objects more."""
        for item in items:
            self.objects[item] += objects

    def found(self, fault: Fault) -> None:
        """The fault counts; the first of each check are kept as evidence, grave ones before others."""
        kept = self.faults.setdefault(fault.item, [])
        self.counts[fault.item] += 1
        self.grave[fault.item] += fault.grave
        if len(kept) < FAULTS_KEPT:
            kept.append(fault)
        elif fault.grave and (mild := next((one for one in kept if not one.grave), None)):
            kept[kept.index(mild)] = fault

    def found_all(self, faults: Iterable[Fault]) -> None:
        """All of them count."""
        for fault in faults:
            self.found(fault)

    def add(self, other: Tally) -> None:
        """What another tally found counts here too."""
        self.records += other.records
        self.objects += other.objects
        for kept in other.faults.values():
            self.found_all(kept)
        for item, count in other.counts.items():  # those that were counted and not kept
            unkept = count - len(other.faults.get(item, ()))
            self.counts[item] += unkept
            self.grave[item] += other.grave[item] - sum(one.grave for one in other.faults.get(item, ()))
        self.skipped |= other.skipped

    def skip(self, item: str, why: str) -> None:
        """The check should have run and could not, for this reason (a code)."""
        self.skipped[item] = why

    def result(self, item: str) -> Result:
        """Return what came of one check."""
        count = self.counts[item]
        outcome = Outcome.FAILED if self.grave[item] else Outcome.NOTED if count else Outcome.PASSED
        why = self.skipped.get(item, "")
        if why and outcome is not Outcome.FAILED:
            outcome = Outcome.NOT_CHECKED
        return Result(item, outcome, self.objects[item], count, tuple(self.faults.get(item, ())), why)

    def report(self, stage: Stage, subject: str, at: str, by: str) -> Report:
        """Return the results of all checks of a stage, in their order."""
        results = tuple(self.result(item) for item in items_at(stage))
        return Report(stage, subject, at, by, self.records, results)

    def to_json(self) -> str:
        """Return all of it as text, to be taken up again by `read_tally`."""
        faults = [
            [one.item, one.code, one.subject, one.detail, one.grave] for kept in self.faults.values() for one in kept
        ]
        return json.dumps([self.objects, self.counts, self.grave, faults, self.skipped, self.records])


def read_tally(text: str) -> Tally:
    """Return the tally that was laid down."""
    objects, counts, grave, faults, skipped, records = json.loads(text)
    made = Tally(Counter(objects), Counter(counts), Counter(grave), {}, skipped, records)
    for item, code, subject, detail, is_grave in faults:
        made.faults.setdefault(item, []).append(Fault(item, code, subject, detail, is_grave))
    return made


# on the line: which checks ran as bits, in the order of the list, and for each that found something how often


def bits_of(items: Iterable[str]) -> int:
    """Return checks as one whole number, the first of the list the lowest bit."""
    places = {item: place for place, item in enumerate(check_items())}
    return sum(1 << places[item] for item in set(items))


def items_of(bits: int) -> tuple[str, ...]:
    """Return the checks that a whole number names; bits beyond the list are a newer program's."""
    return tuple(item for place, item in enumerate(check_items()) if bits >> place & 1)


@dataclass(frozen=True, slots=True)
class FoundCount:
    """A check that found something: how many faults, and how many of them are grave."""

    POSITIONAL: ClassVar[bool] = True
    item: str
    count: int
    grave: int


def found_counts(report: Report) -> tuple[FoundCount, ...]:
    """Return what travels of a report: the checks that found something."""
    return tuple(
        FoundCount(one.item, one.count, one.count if one.outcome is Outcome.FAILED else 0)
        for one in report.results
        if one.count
    )
