"""What the backup's page shows, read at one moment (备份一览), and how it is put into words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from desktop.ui.keeping import carried_roots
from desktop.ui.models.paged import Cell
from desktop.ui.pages.sync_line import when
from desktop.ui.words import Words

if TYPE_CHECKING:
    from desktop.services.backing_up import BackupLine, BackupStatus
    from desktop.services.backup_places import PlaceView
    from desktop.services.desk import Desk
    from desktop.services.restoring import DrillReport
    from desktop.services.tending import Health

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class BackupView:
    """Everything the page shows, read at one moment."""

    status: BackupStatus
    places: list[PlaceView]
    lines: list[BackupLine]
    health: Health
    unlabelled: tuple[Path, ...]

    def place(self, place_id: str) -> PlaceView | None:
        return next((one for one in self.places if one.id == place_id), None)

    def folder(self) -> PlaceView | None:
        return next((one for one in self.places if one.kind == "folder"), None)

    def sticks(self) -> list[PlaceView]:
        return [one for one in self.places if one.kind == "stick"]


def read_view(desk: Desk) -> BackupView:
    backing = desk.backing_up
    places = backing.where.views()
    known = {one.path for one in places}
    others = tuple(root for root in carried_roots() if str(root) not in known)
    return BackupView(backing.status(), places, backing.lines(), desk.tending.health(), others)


def age_words(words: Words, age: timedelta) -> str:
    """Return an age as one says it."""
    minutes = int(age.total_seconds() // 60)
    if minutes < 1:
        return words("backup.just_now")
    if minutes < 60:
        return words("backup.minutes_ago", count=minutes)
    if minutes < 48 * 60:
        return words("backup.hours_ago", count=minutes // 60)
    return words("backup.days_ago", count=minutes // (24 * 60))


def place_words(words: Words, place: PlaceView | None) -> str:
    """Return a place in a word or two."""
    if place is None:
        return words("backup.gone_place")
    name = Path(place.path).name or place.path
    return words("backup.folder") if place.kind == "folder" else words("backup.stick_named", name=name)


def status_words(words: Words, status: BackupStatus) -> tuple[str, str, str]:
    """Return how well the archive is kept: what is, what follows from it, and the tone."""
    if status.last is None or status.age is None:
        return words("backup.none"), words("backup.none_next"), "danger"
    what = words("backup.last", age=age_words(words, status.age), when=when(status.last.made_at))
    if status.alarm:
        return what, words("backup.old_next"), "danger"
    return what, words("backup.changed_next" if status.changed else "backup.nothing_changed"), "ok"


def foot_words(words: Words, status: BackupStatus) -> str:
    """Return the same for the foot of every page."""
    sealed = words("foot.sealed")
    if status.last is None or status.age is None or status.alarm:
        return f"{sealed}　{words('backup.foot_none')}"
    return f"{sealed}　{words('backup.foot', age=age_words(words, status.age))}"


def backup_cells(words: Words, view: BackupView, line: BackupLine) -> Sequence[Cell]:
    """Return what the list shows of a generation."""
    place = view.place(line.place)
    verdict = words("backup.good") if line.good else words(f"backup_flaw.{line.reason}")
    if line.good and line.lost:
        verdict = words("backup.good_but", count=line.lost)
    tone = "danger" if not line.good else "warn" if line.lost else "ok"
    icon = {"ok": "ok", "warn": "warn", "danger": "bad"}[tone]
    return (
        Cell(when(line.made_at)),
        Cell(place_words(words, place), "text", "ink" if place and place.present else "ink_3"),
        Cell(words("backup.size", size=f"{line.size_bytes / MIB:,.1f}"), "number", "ink_2"),
        Cell(words("backup.files", count=line.files), "number", "ink_2"),
        Cell(verdict, "sign", tone, icon),
    )


def drill_words(words: Words, report: DrillReport) -> tuple[str, str]:
    """Return what a drill found, and the tone."""
    found = words("backup.drilled", records=report.records, read=report.read, opened=report.opened)
    if report.passed:
        return words("backup.drill_passed") + found, "ok"
    return words("backup.drill_failed", count=report.lost + len(report.problems)) + found, "danger"


def health_words(words: Words, health: Health) -> tuple[str, str]:
    """Return what the reading again has shown, and the tone."""
    if health.broken:
        return words("backup.rot_broken", count=len(health.broken)), "danger"
    flawed = next((one for one in health.findings if one.outcome == "fail" and one.target == "database"), None)
    if flawed is not None and flawed.at >= health.database_at:
        return words("backup.rot_database"), "danger"
    mended = sum(one.outcome == "repaired" for one in health.findings)
    if mended:
        return words("backup.rot_mended", share=f"{health.share:.0%}", count=mended), "ok"
    return words("backup.rot_none", share=f"{health.share:.0%}"), "ok"
