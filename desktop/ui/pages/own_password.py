"""换口令: everybody's own, at the desk; and the first one of one's own, instead of a password that somebody else chose."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QGridLayout

from desktop.ui.pages.begin import BeginForm
from desktop.ui.pages.unlock import PasswordField
from desktop.ui.theme import Look
from desktop.ui.widgets.text import Text
from desktop.ui.words import Words
from sync.contract.errors import WeakPassword

if TYPE_CHECKING:
    from desktop.services.desk import Desk
    from desktop.services.opening import Opening


class PasswordForm(BeginForm):
    """Hidden fields one under another; the last two are to be the same."""

    def __init__(self, look: Look, words: Words, name: str, keys: tuple[str, ...]) -> None:
        super().__init__(look, words, f"password.{name}_title", f"password.{name}_note")
        self.setObjectName("page:password")
        self.name = "password"
        self.setAccessibleName(words(f"password.{name}_title"))
        self.main_button.say(words("password.go"))
        grid = QGridLayout(self.fields)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(1, 1)
        self.typed: dict[str, PasswordField] = {}
        for line, key in enumerate(keys):
            field = PasswordField(look, words(f"password.{key}"), height=30)
            field.setObjectName(f"password:{key}")
            field.returnPressed.connect(self._enter)
            field.textEdited.connect(self._mended)
            grid.addWidget(Text(look, field.accessibleName(), "label", "ink_2"), line, 0)
            grid.addWidget(field, line, 1)
            self.typed[key] = field

    def _enter(self) -> None:
        fields = list(self.typed.values())
        here = next((n for n, field in enumerate(fields) if field.hasFocus()), len(fields))
        if here + 1 < len(fields):
            fields[here + 1].setFocus()
        else:
            self.submit()

    def _mended(self, _text: str) -> None:
        for field in self.typed.values():
            field.show_state("typed")
        self.told_row.say("")

    def complete(self) -> bool:
        """Whether everything was typed and the two are the same; else it is said."""
        for field in self.typed.values():
            if not field.text():
                self.show_refusal(self.words("begin.missing", field=field.accessibleName()), field)
                return False
        if self.typed["password"].text() != self.typed["again"].text():
            told = self.words("begin.differ", field=self.typed["password"].accessibleName())
            self.show_refusal(told, self.typed["again"])
            return False
        return True

    def _not_done(self, fault: Exception) -> None:
        self._refused(fault)
        field = self.typed["password"] if isinstance(fault, WeakPassword) else next(iter(self.typed.values()))
        if self.refusal_words():
            field.show_state("danger")
            field.setFocus()
            field.selectAll()


class OwnPasswordPage(PasswordForm):
    """The password of before, and the new one twice."""

    def __init__(self, look: Look, words: Words, desk: Desk) -> None:
        super().__init__(look, words, "own", ("former", "password", "again"))
        self._desk, self._came_from = desk, "search"

    def visit(self, wanted: object = None) -> None:
        if isinstance(wanted, str):
            self._came_from = wanted
        self._clear()
        self.typed["former"].setFocus()

    def leave(self) -> None:
        self._clear()

    def _clear(self) -> None:
        for field in self.typed.values():
            field.clear()
            field.show_state("typed")
        self.told_row.say("")
        self.main_button.setEnabled(True)

    def escape(self) -> bool:
        self.went.emit(self._came_from, None)
        return True

    def submit(self) -> None:
        """The new password opens, and the former one does not, unless that was not right."""
        if self.main_button.isEnabled() and self.complete():
            former, password = self.typed["former"].text(), self.typed["password"].text()
            self._busy("password.changing")
            self.ask(lambda: self._desk.own_password.change(former, password), self._changed, self._not_done)

    def _changed(self, _answer: object) -> None:
        self.went.emit(self._came_from, None)
        self.tell("password.changed")


class FirstPasswordPage(PasswordForm):
    """Somebody else chose the password: one's own comes before anything is opened."""

    def __init__(self, look: Look, words: Words, opening: Opening, name: str) -> None:
        super().__init__(look, words, "first", ("password", "again"))
        self._opening, self._name, self._temporary = opening, name, ""

    def visit(self, wanted: object = None) -> None:
        if isinstance(wanted, str):
            self._temporary = wanted
        self.typed["password"].setFocus()

    def submit(self) -> None:
        """The archive is open, by a password that only this person knows."""
        if self.main_button.isEnabled() and self.complete():
            own = self.typed["password"].text()
            self._busy("unlock.opening")
            self.ask(lambda: self._opening.unlock(self._name, self._temporary, own), self._opened, self._not_done)

    def _opened(self, desk: Desk) -> None:
        self._temporary = ""
        self.went.emit("desk", desk)
