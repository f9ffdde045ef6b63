"""The three steps of handing over (目录、原件图像、县里审核): rows go first, pages after, then the county decides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout

from desktop.ui.theme import Look
from desktop.ui.widgets.boxes import row
from desktop.ui.widgets.measure import Measure
from desktop.ui.widgets.text import Elided, Icon, Text
from desktop.ui.words import Words

if TYPE_CHECKING:
    from desktop.services.syncing import LineStatus

STEPS = ("rows", "pages", "review")


class Step(QFrame):
    """One of the three steps: a sign, its name, a measure, a line."""

    def __init__(self, look: Look, words: Words, name: str) -> None:
        super().__init__()
        self.icon, self.note = Icon(look, "clock", "ink_3"), Elided(look, "", "label", "ink_2")
        self.measure = Measure(look, words(f"sync.step_{name}"), height_px=6)
        lay = QVBoxLayout(self)
        lay.setContentsMargins(0, 0, 0, 0)
        lay.setSpacing(6)
        lay.addWidget(row(self.icon, Text(look, words(f"sync.step_{name}"), "strong"), None, gap=6, height=22))
        lay.addWidget(self.measure)
        lay.addWidget(self.note)

    def show_state(self, icon: str, tone: str, share: float, note: str) -> None:
        self.icon.show_as(icon, tone)
        self.measure.show_shares([(share, tone)])
        self.note.setText(note)


class Steps(QFrame):
    """The three steps side by side."""

    def __init__(self, look: Look, words: Words) -> None:
        super().__init__()
        self.words = words
        self.each = {name: Step(look, words, name) for name in STEPS}
        lay = QHBoxLayout(self)
        lay.setContentsMargins(16, 12, 16, 16)
        lay.setSpacing(24)
        for step in self.each.values():
            lay.addWidget(step, 1)

    def show_rest(self, status: LineStatus) -> None:
        """Show how far everything is while nothing is under way."""
        waiting, there = status.filed + status.queued, status.received + status.accepted + status.returned
        if waiting + there == 0:
            for step in self.each.values():
                step.show_state("clock", "ink_3", 0.0, self.words("sync.nothing_yet"))
            return
        whole = waiting + there
        done = waiting == 0
        rows = self.words("sync.rows_done", count=there) if done else self.words("sync.rows_wait", count=waiting)
        self.each["rows"].show_state("ok" if done else "clock", "ok" if done else "accent", there / whole, rows)
        left = status.unsent_attachments
        pages = self.words("sync.pages_wait", count=left) if left else self.words("sync.pages_done")
        self.each["pages"].show_state(
            "clock" if left else "ok", "accent" if left else "ok", 0.0 if left else 1.0, pages
        )
        decided = status.accepted + status.returned
        tone = "ok" if there and decided == there else "accent"
        note = self.words("sync.review_note", accepted=status.accepted, returned=status.returned, open=status.received)
        self.each["review"].show_state("ok" if tone == "ok" else "clock", tone, decided / max(1, there), note)

    def show_progress(self, stage: str, sent: int, unsent_before: int) -> None:
        """Show how far the exchange under way is."""
        if stage == "records":
            self.each["rows"].show_state("sync", "accent", 0.5, self.words("sync.rows_going"))
            return
        self.each["rows"].show_state("ok", "ok", 1.0, self.words("sync.rows_there"))
        whole = max(unsent_before, sent, 1)
        note = self.words("sync.pages_going", done=sent, whole=whole)
        self.each["pages"].show_state("sync", "accent", sent / whole, note)
