"""关窗前的备份: one last copy before the window closes; Esc closes without it, and nothing waits for ever."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QVBoxLayout

from desktop.services.changed import Progress
from desktop.ui.keeping import Keeper
from desktop.ui.pages.page import Page
from desktop.ui.theme import Look
from desktop.ui.widgets.boxes import card, col, row
from desktop.ui.widgets.keys import Button
from desktop.ui.widgets.measure import Measure
from desktop.ui.widgets.text import Icon, Paragraph, Text
from desktop.ui.words import Words

PATIENCE_MS = 60_000  # without any progress
CARD_PX = 480


class FarewellPage(Page):
    """Says what is being done and how far it is; `went` when the window may close."""

    def __init__(self, look: Look, words: Words, keeper: Keeper, places: Sequence[str]) -> None:
        super().__init__(look, words, "farewell")
        self._keeper, self._places, self._begun = keeper, tuple(places), False
        self.setProperty("ground", True)
        self.measure = Measure(look, words("backup.progress"), height_px=6)
        self.leave_button = Button(look, words("farewell.leave"), "Esc")
        self.leave_button.clicked.connect(self.escape)
        inside = col(
            row(Icon(look, "backup", "accent", 28), Text(look, words("farewell.title"), "title"), None, gap=12),
            Paragraph(look, words("farewell.note"), "label", "ink_2"), 4, self.measure, 4,
            row(None, self.leave_button), gap=8, margins=(32, 24, 32, 24),
        )  # fmt: skip
        lay = QVBoxLayout(self)
        lay.addStretch(1)
        lay.addWidget(row(None, card(inside, width=CARD_PX), None))
        lay.addStretch(1)
        self.bind("Escape", self.escape)
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.setInterval(PATIENCE_MS)
        self._patience.timeout.connect(self.escape)
        keeper.progressed.connect(self._progressed)
        keeper.ended.connect(self._ended)
        keeper.failed.connect(self._ended)

    def visit(self, wanted: object = None) -> None:
        self.setFocus()
        self._patience.start()
        self._go_on()

    def _go_on(self) -> None:
        """The last backup begins, after what is under way."""
        if not self._begun:
            self._begun = self._keeper.doing == "backup" or self._keeper.back_up(self._places)

    def escape(self) -> bool:
        """The window closes at once; what is under way is stopped and leaves nothing half."""
        self._patience.stop()
        self._keeper.stop()
        self.went.emit("close", None)
        return True

    def _progressed(self, report: object) -> None:
        self._patience.start()
        if isinstance(report, Progress):
            self.measure.show_shares([(report.done / max(1, report.whole), "accent")])

    def _ended(self, doing: str, _answer: Any) -> None:
        if doing == "backup":
            self._patience.stop()
            self.went.emit("close", None)
        else:
            self._go_on()
