"""The report of the four properties on paper (四性检测报告): every check, what came of it, the evidence and what to do."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from desktop.ui.paper.pen import Box, Pen
from desktop.ui.paper.ruled import RuledColumn, RuledTable
from desktop.ui.paper.volume_tables import A4_ACROSS_MM, TableSheet
from desktop.ui.words import Words
from sync.contract.four_properties import Outcome, Report, Result, check_items

PLACE: Final = Box(20, 38, 257, 142)
WIDTHS_MM: Final = (11.0, 16.0, 62.0, 19.0, 17.0, 66.0, 66.0)
EVIDENCE_TOLD: Final = 5
SIGNED_TOP_MM: Final = 184.0


class CheckSheet(TableSheet):
    """The table; under it, on every page, the digest of the same report as data, and room for two signatures."""

    def __init__(self, words: Words, family: str, office: str, report: Report, numbers: Mapping[str, str]) -> None:
        heads = ("id", "property_head", "what", "outcome_head", "objects_head", "evidence_head", "fix_head")
        columns = [RuledColumn(words(f"checks.{head}"), width) for head, width in zip(heads, WIDTHS_MM, strict=True)]
        rows = [_row(words, one, numbers) for one in report.results]
        parts = (office, subject_words(words, report), sum_words(words, report), words("checks.standard"))
        super().__init__(
            words, A4_ACROSS_MM, RuledTable(family, columns, rows, PLACE, 2.8), words("checks.sheet"), parts, False
        )
        self._digest, self._by = hashlib.sha256(report.to_json().encode()).hexdigest(), report.by

    def paint(self, pen: Pen, page: int) -> None:
        super().paint(pen, page)
        signed = self.words("checks.signed", by=self._by)
        pen.say(Box(PLACE.left, SIGNED_TOP_MM, PLACE.width, 6), signed, 3.4)
        digest = self.words("checks.digest", digest=self._digest)
        pen.say(Box(PLACE.left, SIGNED_TOP_MM + 6, PLACE.width, 5), digest, 2.4)


def _row(words: Words, one: Result, numbers: Mapping[str, str]) -> tuple[str, ...]:
    item = check_items()[one.item]
    wrong = one.outcome is not Outcome.PASSED
    return (
        one.item, words(f"checks.property.{item.property}"), item.clause + ("" if item.blocking else "　○"),
        words(f"checks.outcome.{one.outcome}"), str(one.objects) if one.objects else "—",
        "；".join(evidence_words(words, one, numbers, EVIDENCE_TOLD)) or "—",
        words(f"checks.fix.{one.item}") if wrong and one.count else "—",
    )  # fmt: skip


def evidence_words(words: Words, one: Result, numbers: Mapping[str, str], most: int) -> list[str]:
    """Return what a check found, each with the archive number of its record, else the beginning of its id."""
    told = [words(f"checks.why.{one.why}")] if one.why else []
    for fault in one.faults[:most]:
        subject = numbers.get(fault.subject) or (fault.subject if len(fault.subject) < 32 else f"{fault.subject[:12]}…")
        what = words.find(f"checks.fault.{fault.code}") or _of_validation(words, fault.code)
        detail = numbers.get(fault.detail) or (fault.detail if len(fault.detail) < 32 else "")
        told.append(" ".join(part for part in (subject, what, detail) if part))
    if one.count > most:
        told.append(words("checks.more", count=one.count))
    return told


def _of_validation(words: Words, code: str) -> str:
    """Return what validation says of such a finding, as far as it can be said without the values it was found in."""
    said = words.find(f"finding.{code}") or code
    return said if "{" not in said else words("checks.of_values")


def subject_words(words: Words, report: Report) -> str:
    """Return what a report is of."""
    if not report.subject:
        return words("checks.of_archive")
    return (
        words("checks.of_held_back")
        if report.subject == "held-back"
        else words("checks.of_batch") + report.subject[-8:]
    )


def sum_words(words: Words, report: Report) -> str:
    """Return when a report was made, over how much, and what is neither passed nor failed."""
    at = f"{datetime.fromisoformat(report.at).astimezone():%Y-%m-%d %H:%M}" if report.at else "—"
    return words(
        "checks.sum", stage=words(f"checks.stage.{report.stage}"), at=at, records=report.records,
        noted=report.count(Outcome.NOTED), unchecked=report.count(Outcome.NOT_CHECKED),
    )  # fmt: skip
