"""初次使用: making the archive on the first day, and opening it with the recovery code on a bad one."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QFrame, QGridLayout, QStackedWidget, QVBoxLayout

from desktop.services.opening import NewPerson, OfficeFacts, Opening, RecoverySheet
from desktop.ui.pages.page import Page
from desktop.ui.pages.recovery_sheet import RecoverySheetPage
from desktop.ui.pages.unlock import PasswordField
from desktop.ui.theme import Look
from desktop.ui.widgets.boxes import card, col, row, rule
from desktop.ui.widgets.field import Field
from desktop.ui.widgets.keys import Button
from desktop.ui.widgets.text import Paragraph, Text
from desktop.ui.words import Words
from sync.vault.slots import Role

if TYPE_CHECKING:
    from desktop.services.desk import Desk

OFFICE = ("county", "township", "township_code", "fonds")
ROLES = (Role.CLERK, Role.REVIEWER, Role.AUDITOR)
ASKED = (*ROLES, Role.ADMIN)  # the last may be left out: the recovery code appoints one later
CARD_PX, LABEL_PX = 720, 72


def _grid() -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(12)
    grid.setVerticalSpacing(6)
    return grid


class BeginForm(Page):
    """A card in the middle with fields, one sentence under them and one main act."""

    def __init__(self, look: Look, words: Words, title: str, note: str) -> None:
        super().__init__(look, words, "begin")
        self.setProperty("ground", True)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.note = Paragraph(look, words(note), "label", "ink_2")
        self.told_row = Paragraph(look, "", "label", "danger")
        self.told_row.setMinimumHeight(22)
        self.fields = QFrame()
        self.back_button = Button(look, words("begin.back"), "Esc", "quiet")
        self.back_button.clicked.connect(self.escape)
        self.main_button = Button(look, words("begin.go"), "Ctrl+Enter", "main")
        self.main_button.setObjectName("begin")
        self.main_button.clicked.connect(self.submit)
        inside = col(
            Text(look, words(title), "title"), self.note, 8, self.fields, self.told_row,
            row(self.back_button, None, self.main_button), gap=8, margins=(32, 24, 32, 24),
        )  # fmt: skip
        self.card = card(inside, width=CARD_PX)
        lay = QVBoxLayout(self)
        lay.setContentsMargins(0, 0, 0, 0)
        lay.addStretch(1)
        lay.addWidget(row(None, self.card, None))
        lay.addStretch(1)
        self.bind("Ctrl+Return", self.submit)
        self.bind("Escape", self.escape)

    def submit(self) -> None:
        raise NotImplementedError

    def escape(self) -> bool:
        self.went.emit("unlock", None)
        return True

    def show_refusal(self, words: str, field: Field | None = None) -> None:
        """Say under the fields what is the matter; everything typed stays."""
        self.main_button.setEnabled(True)
        self.told_row.say(words, "danger")
        if field is not None:
            field.show_state("danger")
            field.setFocus()
            QTimer.singleShot(0, field.selectAll)

    def refusal_words(self) -> str:
        return self.told_row.accessibleName()

    def _busy(self, key: str) -> None:
        self.main_button.setEnabled(False)
        self.told_row.say(self.words(key), "accent")

    def _next_field(self) -> None:
        self.focusNextChild()

    def _refused(self, fault: Exception) -> None:
        self.main_button.setEnabled(True)
        self.tell_fault_at(self.show_refusal, fault)


class CreatePage(BeginForm):
    """建立档案库: the office's facts and its three people; then the recovery sheet."""

    def __init__(self, look: Look, words: Words, opening: Opening) -> None:
        super().__init__(look, words, "begin.create_title", "begin.create_note")
        self._opening = opening
        self.office: dict[str, Field] = {}
        self.names: dict[Role, Field] = {}
        self.passwords: dict[Role, tuple[PasswordField, PasswordField]] = {}
        office, people = _grid(), _grid()
        self._lay_office(office)
        self._lay_people(people)
        both = QVBoxLayout(self.fields)
        both.setContentsMargins(0, 0, 0, 0)
        both.setSpacing(12)
        both.addLayout(office)
        both.addWidget(rule())
        both.addLayout(people)
        self.sheet: RecoverySheetPage | None = None

    def _field(self, name: str, key: str, hint: str = "") -> Field:
        field = Field(self.look, name, hint)
        field.setObjectName(f"begin:{key}")
        field.returnPressed.connect(self._next_field)
        field.textEdited.connect(partial(self._typed, field))
        return field

    def _lay_office(self, grid: QGridLayout) -> None:
        for place, key in enumerate(OFFICE):
            name = self.words(f"begin.{key}")
            self.office[key] = self._field(name, key, self.words(f"begin.{key}_hint"))
            line, column = divmod(place, 2)
            grid.addWidget(Text(self.look, name, "label", "ink_2"), line, column * 2)
            grid.addWidget(self.office[key], line, column * 2 + 1)
        grid.setColumnStretch(1, 1)
        grid.setColumnStretch(3, 1)
        grid.setColumnMinimumWidth(0, LABEL_PX)

    def _lay_people(self, grid: QGridLayout) -> None:
        heads = ("begin.person", "begin.password", "begin.again")
        for column, key in enumerate(heads, start=1):
            grid.addWidget(Text(self.look, self.words(key), "label", "ink_2"), 0, column)
            grid.setColumnStretch(column, 1)
        grid.setColumnMinimumWidth(0, LABEL_PX)
        for line, role in enumerate(ASKED, start=1):
            duty = self.words(f"role.{role.value}")
            grid.addWidget(Text(self.look, duty, "label", "ink_2"), line, 0)
            hint = "" if role in ROLES else self.words("begin.admin_optional")
            self.names[role] = self._field(f"{duty}{self.words('begin.person')}", f"{role.value}.name", hint)
            pair: list[PasswordField] = []
            for key in ("password", "again"):
                hidden = PasswordField(self.look, f"{duty}{self.words(f'begin.{key}')}", height=30)
                hidden.setObjectName(f"begin:{role.value}.{key}")
                hidden.returnPressed.connect(self._next_field)
                hidden.textEdited.connect(partial(self._typed, hidden))
                pair.append(hidden)
            self.passwords[role] = (pair[0], pair[1])
            for column, field in enumerate((self.names[role], *pair), start=1):
                grid.addWidget(field, line, column)

    def visit(self, wanted: object = None) -> None:
        self.office["county"].setFocus()

    def _typed(self, field: Field, _text: str) -> None:
        field.show_state("typed")
        self.told_row.say("")

    def submit(self) -> None:
        """The archive is made with what was typed, unless something is missing or two passwords differ."""
        if not self.main_button.isEnabled():
            return
        asked = self._asked()
        for field in (*self.office.values(), *(self.names[role] for role in asked)):
            if not field.text().strip():
                self.show_refusal(self.words("begin.missing", field=field.accessibleName()), field)
                return
        for one, again in (self.passwords[role] for role in asked):
            if one.text() != again.text():
                self.show_refusal(self.words("begin.differ", field=one.accessibleName()), again)
                return
        facts = OfficeFacts(**{key: field.text().strip() for key, field in self.office.items()})
        people = [NewPerson(self.names[r].text().strip(), r, self.passwords[r][0].text()) for r in asked]
        self._busy("begin.making")
        self.ask(lambda: self._opening.create(facts, people), self._made, self._refused)

    def _asked(self) -> tuple[Role, ...]:
        """Return the roles for which anything was typed; all but the administrator's have to be."""
        typed = (self.names[Role.ADMIN], *self.passwords[Role.ADMIN])
        return ASKED if any(field.text().strip() for field in typed) else ROLES

    def _made(self, sheet: RecoverySheet) -> None:
        self.sheet = RecoverySheetPage(self.look, self.words, sheet)
        self.sheet.went.connect(self._kept)
        stack = QStackedWidget(self)
        lay = self.layout()
        assert isinstance(lay, QVBoxLayout)
        self.card.hide()
        stack.addWidget(self.sheet)
        lay.insertWidget(1, stack, 10)
        self.sheet.visit()

    def _kept(self, _where: str, _what: object) -> None:
        clerk = self.names[Role.CLERK].text().strip()
        password = self.passwords[Role.CLERK][0].text()
        self.ask(lambda: self._opening.unlock(clerk, password), self._opened, self._refused)

    def _opened(self, desk: Desk) -> None:
        self.went.emit("desk", desk)


class RecoverPage(BeginForm):
    """用恢复码打开: the code from the safe and a new password; the archive is open afterwards."""

    def __init__(self, look: Look, words: Words, opening: Opening, name: str) -> None:
        super().__init__(look, words, "begin.recover_title", "begin.recover_note")
        self._opening, self._name = opening, name
        self.main_button.say(words("unlock.open"))
        self.code = Field(look, words("begin.code"), words("begin.code_hint"))
        self.password = PasswordField(look, words("begin.new_password"), height=30)
        self.again = PasswordField(look, words("begin.again"), height=30)
        grid = QGridLayout(self.fields)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(12)
        grid.addWidget(Text(look, words("begin.person"), "label", "ink_2"), 0, 0)
        grid.addWidget(Text(look, name, "strong"), 0, 1)
        for line, field in enumerate((self.code, self.password, self.again), start=1):
            field.returnPressed.connect(self._next_field)
            grid.addWidget(Text(look, field.accessibleName(), "label", "ink_2"), line, 0)
            grid.addWidget(field, line, 1)
        for field, key in ((self.code, "code"), (self.password, "password"), (self.again, "again")):
            field.setObjectName(f"recover:{key}")
        grid.setColumnStretch(1, 1)
        self.appoint = False
        self.appoint_button = Button(look, words("begin.appoint"), "F4")
        self.appoint_button.setCheckable(True)
        self.appoint_button.clicked.connect(self.toggle_appoint)
        self._appoint_note = Paragraph(look, words("begin.appoint_note"), "small", "ink_3")
        if opening.lacks_administrator():
            grid.addWidget(self.appoint_button, 4, 1)
            grid.addWidget(self._appoint_note, 5, 1)
            self.bind("F4", self.toggle_appoint)

    def toggle_appoint(self) -> None:
        """The person is to become administrator as well, or not."""
        self.appoint = not self.appoint
        self.appoint_button.setChecked(self.appoint)
        self.appoint_button.say(("✓ " if self.appoint else "") + self.words("begin.appoint"))

    def visit(self, wanted: object = None) -> None:
        self.code.setFocus()

    def submit(self) -> None:
        """The person has the new password and the archive is open, unless the code is not right."""
        if not self.main_button.isEnabled():
            return
        if self.password.text() != self.again.text():
            self.show_refusal(self.words("begin.differ", field=self.password.accessibleName()), self.again)
            return
        code, password, appoint = self.code.text(), self.password.text(), self.appoint
        self._busy("begin.recovering")
        work = lambda: self._opening.recover(code, self._name, password, appoint=appoint)  # noqa: E731
        self.ask(work, self._opened, self._refused)

    def _opened(self, desk: Desk) -> None:
        self.went.emit("desk", desk)
