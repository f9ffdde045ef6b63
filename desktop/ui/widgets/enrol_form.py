"""接入县里: the county's address and the one-time code it gave out, typed once."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QVBoxLayout

from desktop.ui.theme import Look
from desktop.ui.widgets.boxes import row
from desktop.ui.widgets.field import Field
from desktop.ui.widgets.keys import Button
from desktop.ui.widgets.text import Icon, Paragraph, Text
from desktop.ui.words import Words


class EnrolForm(QFrame):
    """Collects address and code; it joins nothing itself."""

    given = Signal(str, str)  # address, code

    def __init__(self, look: Look, words: Words) -> None:
        super().__init__()
        self.setObjectName("enrol")
        self.words = words
        self.address = Field(look, words("enrol.address"), words("enrol.address_hint"))
        self.address.setObjectName("enrol:address")
        self.code = Field(look, words("enrol.code"), words("enrol.code_hint"))
        self.code.setObjectName("enrol:code")
        self.told = Paragraph(look, words("enrol.note"), "label", "ink_2")
        self.button = Button(look, words("enrol.go"), "Enter", "main")
        self.button.setObjectName("enrol:go")
        self.button.clicked.connect(self.submit)
        self.address.returnPressed.connect(self.press_enter)
        self.code.returnPressed.connect(self.press_enter)
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(6)
        for line, field in enumerate((self.address, self.code)):
            grid.addWidget(Text(look, field.accessibleName(), "label", "ink_2"), line, 0)
            grid.addWidget(field, line, 1)
        grid.setColumnStretch(1, 1)
        lay = QVBoxLayout(self)
        lay.setContentsMargins(16, 12, 16, 16)
        lay.setSpacing(8)
        lay.addWidget(row(Icon(look, "online", "ink_2", 20), Text(look, words("enrol.title"), "strong"), None))
        lay.addWidget(self.told)
        lay.addLayout(grid)
        lay.addWidget(row(None, self.button))
        self.setFocusProxy(self.address)

    def has_cursor(self) -> bool:
        return self.address.hasFocus() or self.code.hasFocus() or self.button.hasFocus()

    def press_enter(self) -> None:
        """From the address to the code, from the code to the county."""
        if self.address.hasFocus():
            self.code.setFocus()
        else:
            self.submit()

    def submit(self) -> None:
        """Tell address and code, unless one of them is still empty."""
        for field in (self.address, self.code):
            if not field.text().strip():
                field.setFocus()
                return
        self.button.setEnabled(False)
        self.told.say(self.words("enrol.joining"), "accent")
        self.given.emit(self.address.text().strip(), self.code.text().strip())

    def refuse(self, words: str) -> None:
        """Say why it did not work; what was typed stays."""
        self.button.setEnabled(True)
        self.told.say(words, "danger")
        self.code.setFocus()
        self.code.selectAll()
