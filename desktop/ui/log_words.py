"""Rows of the audit log, and what a check of it found, in words (核验结论); on the page and on the terminal alike."""

from __future__ import annotations

from datetime import datetime

from desktop.services.log_checking import LogReport
from desktop.services.log_reading import LogRow
from desktop.ui.words import Words


def act_words(words: Words, one: LogRow) -> str:
    """Return what was done; of an act that this program does not know, the word that stands in the log."""
    return words.find(f"act.{one.act}") or one.act


def moment_words(one: LogRow) -> str:
    """Return when, by the clock of this place, with the year."""
    return f"{datetime.fromisoformat(one.at).astimezone():%Y-%m-%d %H:%M}"


def report_lines(words: Words, report: LogReport) -> list[str]:
    """Return what a check of the log found: one sentence, and what it was not held against."""
    first = report.first
    if first is not None:
        flaw = words(f"audit_flaw.{first.flaw.value}")
        lines = [words("audit.broken", row=first.sequence, flaw=flaw, size=report.size)]
    elif report.compared:
        lines = [words("audit.whole", size=report.size, count=report.compared, up_to=report.up_to)]
    else:
        lines = [words("audit.chained", size=report.size)]
    return lines + [words("audit.passed_over", count=report.passed_over)] * bool(report.passed_over)
