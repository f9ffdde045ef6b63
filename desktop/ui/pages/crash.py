"""意外: the program slipped. What was typed is still there; the trace names places in the program, never what was typed."""

from __future__ import annotations

import traceback

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPlainTextEdit, QVBoxLayout

from desktop.ui.pages.page import Page
from desktop.ui.theme import Look
from desktop.ui.widgets.boxes import card, col, row
from desktop.ui.widgets.keys import Button
from desktop.ui.widgets.text import Icon, Paragraph, Text
from desktop.ui.words import Words


def traced(fault: BaseException) -> str:
    """Return the kind of the fault and the places it went through; its own words are left out, they may name people."""
    places = traceback.extract_tb(fault.__traceback__)
    lines = [f"{place.filename.rsplit('/', 1)[-1]}:{place.lineno} {place.name}" for place in places]
    return "\n".join([type(fault).__name__, *lines])


class CrashPage(Page):
    """Says what happened, what is safe and what next; Enter goes back to the page as it was."""

    KEYS = (("Enter", "crash.back"),)

    def __init__(self, look: Look, words: Words, fault: BaseException) -> None:
        super().__init__(look, words, "crash")
        self.setProperty("ground", True)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.trace = QPlainTextEdit(traced(fault))
        self.trace.setReadOnly(True)
        self.trace.setFont(look.font("small"))
        self.trace.setFixedHeight(160)
        self.trace.setAccessibleName(words("crash.trace"))
        self.trace.setTabChangesFocus(True)
        self.back_button = Button(look, words("crash.back"), "Enter", "main")
        self.back_button.clicked.connect(self.go_back)
        inside = col(
            row(Icon(look, "warn", "warn", 24), Text(look, words("crash.title"), "title"), None),
            Paragraph(look, words("crash.safe"), "body", "ink"),
            Paragraph(look, words("crash.next"), "label", "ink_2"), 4,
            Text(look, words("crash.trace"), "label", "ink_2"), self.trace,
            row(None, self.back_button), gap=8, margins=(32, 24, 32, 24),
        )  # fmt: skip
        lay = QVBoxLayout(self)
        lay.addStretch(1)
        lay.addWidget(row(None, card(inside, width=640), None))
        lay.addStretch(1)
        self.bind("Return", self.go_back)

    def visit(self, wanted: object = None) -> None:
        self.back_button.setFocus()

    def go_back(self) -> None:
        self.went.emit("back", None)
