"""Reports of the checks of the four properties (检测报告), and what is known of each file's bytes (docs/checks.md)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Final

from sqlalchemy.engine import Connection

from desktop.archive.archive import Act
from sync.contract.four_properties import Outcome, Report, Stage, read_report

NIGHTLY_KEPT: Final = 30
FaultsSeen = tuple[tuple[str, str, bool], ...]


def keep(act: Act, report: Report) -> None:
    """The report stands in the archive and the log says what came of it; of nightly ones the last thirty are kept."""
    act.connection.exec_driver_sql(
        "INSERT INTO check_report (stage, subject, at, report) VALUES (?, ?, ?, ?)",
        (report.stage.value, report.subject, report.at, report.to_json()),
    )
    act.connection.exec_driver_sql(
        "DELETE FROM check_report WHERE stage = :stage AND id NOT IN"
        " (SELECT id FROM check_report WHERE stage = :stage ORDER BY id DESC LIMIT :most)",
        {"stage": Stage.NIGHTLY.value, "most": NIGHTLY_KEPT},
    )
    failed = ",".join(one.item for one in report.results if one.outcome is Outcome.FAILED)
    act.note(
        "checked", report.subject or "archive", stage=report.stage.value, records=report.records,
        passed=report.count(Outcome.PASSED), failed=failed,
    )  # fmt: skip


def last(connection: Connection, subject: str | None = None) -> Report | None:
    """Return the newest report: of that batch, of the archive (""), or whatever it is of."""
    row = connection.exec_driver_sql(
        "SELECT report FROM check_report WHERE :subject IS NULL OR subject = :subject ORDER BY id DESC LIMIT 1",
        {"subject": subject},
    ).first()
    return read_report(row[0]) if row else None


def newest(connection: Connection, most: int) -> list[Report]:
    """Return the newest reports, whatever they are of."""
    rows = connection.exec_driver_sql("SELECT report FROM check_report ORDER BY id DESC LIMIT ?", (most,))
    return [read_report(row[0]) for row in rows]


def note_opened(act: Act, sha256: str, faults: FaultsSeen) -> None:
    """What opening the file has shown is known."""
    act.connection.exec_driver_sql(
        "INSERT INTO checked_file (sha256, opened_at, faults, scanned_at, virus) VALUES (:sha256, :at, :faults, '', '')"
        " ON CONFLICT (sha256) DO UPDATE SET opened_at = :at, faults = :faults",
        {"sha256": sha256, "at": act.moment, "faults": json.dumps(faults)},
    )


def note_scanned(act: Act, sha256: str, virus: str) -> None:
    """What the virus scanner said of the file is known: clean, found, or refused."""
    act.connection.exec_driver_sql(
        "INSERT INTO checked_file (sha256, opened_at, faults, scanned_at, virus) VALUES (:sha256, '', '[]', :at, :virus)"
        " ON CONFLICT (sha256) DO UPDATE SET scanned_at = :at, virus = :virus",
        {"sha256": sha256, "at": act.moment, "virus": virus},
    )


def unopened(connection: Connection, most: int) -> list[str]:
    """Return files that nobody has opened since they came, by their hash."""
    rows = connection.exec_driver_sql(
        "SELECT a.sha256 FROM attachment a LEFT JOIN checked_file c ON c.sha256 = a.sha256"
        " WHERE coalesce(c.opened_at, '') = '' ORDER BY a.sha256 LIMIT ?",
        (most,),
    )
    return [str(row[0]) for row in rows]


def unscanned(connection: Connection, before: str, most: int, several: Iterable[str] | None = None) -> list[str]:
    """Return files that no scanner has seen since that moment, by their hash; only of these, if any are named."""
    asked = json.dumps(list(several)) if several is not None else None
    rows = connection.exec_driver_sql(
        "SELECT a.sha256 FROM attachment a LEFT JOIN checked_file c ON c.sha256 = a.sha256"
        " WHERE coalesce(c.scanned_at, '') < :before"
        " AND (:asked IS NULL OR a.sha256 IN (SELECT value FROM json_each(:asked))) ORDER BY a.sha256 LIMIT :most",
        {"before": before, "asked": asked, "most": most},
    )
    return [str(row[0]) for row in rows]
