"""What the day's page shows, read at one moment (今日一览), and how it is put into words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from desktop.ui.pages.catalogue_opening import ToCorrect
from desktop.ui.pages.sync_line import returned_of
from desktop.ui.widgets.day_list import Item, Section
from desktop.ui.words import Words

if TYPE_CHECKING:
    from desktop.services.backing_up import BackupStatus
    from desktop.services.desk import Desk
    from desktop.services.syncing import LineStatus
    from desktop.services.today import Day, DueGroup, DueRecord, LookedAt, SentBack

SOON_DAYS = 7
STALE_DAYS = 3


@dataclass(frozen=True, slots=True)
class DayView:
    """Everything the page shows, read at one moment; a part that this person has no hand in is None."""

    day: Day
    line: LineStatus | None
    backup: BackupStatus | None
    scanner: str  # the name of the folder the scanner writes into


def read_day(desk: Desk) -> DayView:
    line = desk.syncing.status() if desk.may("sync") else None
    backup = desk.backing_up.status() if desk.may("backup") else None
    return DayView(desk.today.look(), line, backup, desk.scanner_folder.name)


def day_words(words: Words, day: date) -> str:
    """Return 「11 月 23 日」."""
    return words("today.date", month=day.month, day=day.day)


def weekday_words(words: Words, day: date) -> str:
    return words("today.weekdays").split()[day.weekday()]


def days_ago(moment: str, today: date) -> int:
    """Return how many days lie between a moment, kept in UTC, and today by this desk's calendar."""
    return (today - datetime.fromisoformat(moment).astimezone().date()).days


def ago_words(words: Words, days: int) -> str:
    if days <= 1:
        return words("today.yesterday" if days == 1 else "today.today")
    return words("today.days_ago", count=days)


def sections(words: Words, desk: Desk, day: Day) -> tuple[Section, ...]:
    """Return what is to be done, in the order of whose wait costs most."""
    made = []
    if day.returned:
        items = tuple(_returned(words, desk, one) for one in day.returned)
        made.append(Section(words("today.returned"), "danger", words("today.pieces", count=len(items)), items))
    if day.due:
        items = tuple(_group(words, one) for one in day.due)
        made.append(Section(words("today.due"), "warn", words("today.things", count=len(items)), items))
    if day.looked_at:
        items = tuple(_looked_at(words, one, day.on) for one in day.looked_at)
        made.append(Section(words("today.looked_at"), "ink_2", words("today.pieces", count=len(items)), items))
    return tuple(made)


def section_of(words: Words, group: DueGroup) -> tuple[Section, ...]:
    """Return the records of one group, each to be opened."""
    items = tuple(_due_record(words, group, one) for one in group.records)
    return (Section(group.label, "warn", words("today.pieces", count=len(items)), items),)


def _returned(words: Words, desk: Desk, one: SentBack) -> Item:
    shown = returned_of(words, desk.kinds, one)
    said = tuple("　".join(ground) for ground in shown.grounds)
    return Item("back", "danger", one.title, "；".join(said), "", ToCorrect(one.uid, shown.field, said, "today"))


def _looked_at(words: Words, one: LookedAt, today: date) -> Item:
    """Return whose eyes a record of ours had in another township; opened, it is looked up by its number."""
    why = words("today.looked_by", township=one.township, person=one.person, purpose=one.purpose)
    return Item("eye", "ink_2", one.title or one.number or one.uid, why, ago_words(words, days_ago(one.at, today)), one)


def _group(words: Words, group: DueGroup) -> Item:
    first = group.records[0]
    count = words("today.pieces", count=len(group.records))
    why = words("today.earliest", title=first.title, number=first.number)
    return Item("clock", _tone(group.days), f"{group.label}　{count}", why, _when(words, group.days, first), group)


def _due_record(words: Words, group: DueGroup, one: DueRecord) -> Item:
    return Item(
        "clock", _tone(one.days), one.title, one.number, _when(words, one.days, one), ToCorrect(one.uid, back="today")
    )


def _tone(days: int) -> str:
    return "danger" if days < 0 else "warn" if days <= SOON_DAYS else "ink_2"


def _when(words: Words, days: int, one: DueRecord) -> str:
    if days < 0:
        return words("today.overdue", count=-days)
    return words("today.today") if days == 0 else words("today.by", day=day_words(words, one.due_on))


def facts(words: Words, view: DayView) -> Iterator[tuple[str, tuple[tuple[str, str, str], ...]]]:
    """Yield each state at the right with its lines: (what, how it stands, tone)."""
    yield "numbers", _numbers(words, view.day)
    yield "inbox", _inbox(words, view.day)
    if view.line is not None:
        yield "sync", _line(words, view.line, view.day.on)
    if view.backup is not None:
        yield "backup", (_backup(words, view.backup, view.day.on),)


def _numbers(words: Words, day: Day) -> tuple[tuple[str, str, str], ...]:
    if not day.ending:
        return ((words("today.numbers"), words("today.numbers_enough"), "ok"),)
    return tuple((series, words("today.numbers_left", count=left), "warn") for series, left in day.ending[:2])


def _inbox(words: Words, day: Day) -> tuple[tuple[str, str, str], ...]:
    waiting = day.inbox
    told = (
        words("today.inbox_waits", files=waiting.files, pages=waiting.pages) if waiting.files else words("today.none")
    )
    lines = [(words("today.inbox_folder"), told, "ink" if waiting.files else "ink_3")]
    if waiting.aside:
        lines.append((words("today.inbox_aside"), words("today.pieces", count=waiting.aside), "warn"))
    return tuple(lines)


def _line(words: Words, line: LineStatus, today: date) -> tuple[tuple[str, str, str], ...]:
    to_send = line.filed + line.queued
    waits = (words("today.to_send"), words("today.pieces", count=to_send), "ink" if to_send else "ink_3")
    if not line.enrolled:
        return ((words("today.line"), words("today.line_alone"), "ink_3"), waits)
    if not line.last_contact:
        return ((words("today.line_last"), words("today.never"), "warn"), waits)
    days = days_ago(line.last_contact, today)
    tone = "warn" if days >= STALE_DAYS and to_send else "ink"
    return ((words("today.line_last"), ago_words(words, days), tone), waits)


def _backup(words: Words, status: BackupStatus, today: date) -> tuple[str, str, str]:
    if status.last is None:
        return words("today.backup_last"), words("today.never"), "danger"
    told = ago_words(words, days_ago(status.last.made_at, today))
    return words("today.backup_last"), told, "danger" if status.alarm else "ok"
