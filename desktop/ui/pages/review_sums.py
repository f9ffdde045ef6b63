"""The sum of a batch as an equation that must hold: received = accepted + returned + conflicts + set aside + open."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QHBoxLayout

from desktop.ui.theme import Look
from desktop.ui.widgets.keys import Button
from desktop.ui.widgets.measure import Measure
from desktop.ui.widgets.text import Runs, Text
from desktop.ui.words import Words
from sync.contract.review import BatchDetail

PARTS = (
    ("accepted", "ok"),
    ("returned", "danger"),
    ("conflicts", "warn"),
    ("set_aside", "warn"),
    ("undecided", "accent"),
)


class SumsBar(QFrame):
    """Counts with their signs between, a measure, and the act for all records nothing is said against."""

    def __init__(self, look: Look, words: Words) -> None:
        super().__init__()
        self.words = words
        self.setFixedHeight(48)
        self._whole = Runs(look)
        self._parts = {name: Runs(look) for name, _tone in PARTS}
        self.measure = Measure(look, words("review.measure"))
        self.clean_button = Button(look, words("review.clean"), "Shift+A")
        self._lay = QHBoxLayout(self)
        self._lay.setContentsMargins(16, 0, 12, 0)
        self._lay.setSpacing(8)
        self._lay.addWidget(self._whole)
        for number, part in enumerate(self._parts.values()):
            self._lay.addWidget(Text(look, "＋" if number else "＝", "label", "ink_3"))
            self._lay.addWidget(part)
        self._lay.addSpacing(12)
        self._lay.addWidget(self.measure, 1)
        self._lay.addSpacing(12)
        self._lay.addWidget(self.clean_button)

    def set_narrow(self, narrow: bool) -> None:
        self.measure.setVisible(not narrow)
        self.setFixedHeight(40 if narrow else 48)

    def show_batch(self, detail: BatchDetail) -> None:
        """Show the counts as the county has them; nothing is added here to make the sum come right."""
        one = detail.summary
        counts = {
            "accepted": one.accepted,
            "returned": one.returned,
            "conflicts": one.conflicts,
            "set_aside": one.set_aside,
            "undecided": one.open,
        }
        self._whole.say((self.words("review.received") + " ", "label", "ink_2"), (str(one.revisions), "head", "ink"))
        for name, tone in PARTS:
            tone = tone if counts[name] else "ink_3"
            self._parts[name].say(
                (self.words(f"review.{name}") + " ", "label", "ink_2"), (str(counts[name]), "head", tone)
            )
        whole = max(1, one.revisions)
        self.measure.show_shares([(counts[name] / whole, tone) for name, tone in PARTS[:-1]])
