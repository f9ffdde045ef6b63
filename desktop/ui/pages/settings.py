"""设置: theme, text size, language, the scanner's folder, the office's name; each takes effect at once and can be taken back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QApplication, QFileDialog, QHBoxLayout, QVBoxLayout, QWidget

from desktop.preferences import LANGUAGES, SCALES, THEMES, PreferenceFile, Preferences
from desktop.ui.pages.page import Keys, Page
from desktop.ui.theme import Look
from desktop.ui.widgets.boxes import card, col, row, rule, tall
from desktop.ui.widgets.choice_field import ChoiceField
from desktop.ui.widgets.field import Field
from desktop.ui.widgets.text import Elided, Paragraph, Text
from desktop.ui.words import Words
from sync.contract.errors import InvalidRecord, LantaiError

if TYPE_CHECKING:
    from desktop.services.desk import Desk

OF_THE_COMPUTER = ("theme", "scale", "language")
OF_THE_OFFICE = ("scanner_folder", "county", "township")
LEAST_PX = (880, 480)  # what the window needs, in its own pixels


class SettingsPage(Page):
    """Left what this computer's user likes, right what belongs to the office."""

    KEYS: ClassVar[Keys] = (
        ("Tab", "settings.key_next"),
        ("1 … 9, ↑ ↓", "settings.key_choose"),
        ("Enter", "settings.key_take"),
        ("Ctrl+O", "settings.key_folder"),
        ("Ctrl+Z", "settings.key_undo"),
        ("Esc", "settings.key_back"),
    )

    def __init__(self, look: Look, words: Words, desk: Desk, preferences: PreferenceFile) -> None:
        super().__init__(look, words, "settings")
        self._desk, self._file, self._back = desk, preferences, "search"
        self._changing = ("", False)  # what of the office is being changed, and whether it can be taken back
        self.chosen: Preferences = preferences.read()
        self._scales = [one for one in SCALES if one in (100, self.chosen.scale) or self._fits(one)]
        self.fields: dict[str, Field] = {
            "theme": self._choice("theme", [words(f"settings.theme_{one}") for one in THEMES]),
            "scale": self._choice("scale", [f"{one} %" for one in self._scales]),
            "language": self._choice("language", [words(f"settings.language_{one}") for one in LANGUAGES]),
        }
        if desk.may("catalogue"):
            self.fields |= {name: self._line(name) for name in OF_THE_OFFICE}
        for field in self.fields.values():
            field.installEventFilter(self)
        self._facts = Paragraph(look, "", "label", "ink_2")
        self._lay_out()
        self.setFocusProxy(self.fields["theme"])
        self.bind("Return", self._take_here)
        self.bind("Ctrl+Z", self.undo)
        self.bind("Ctrl+O", self._choose_folder)

    def _choice(self, name: str, choices: list[str]) -> Field:
        made = ChoiceField(self.look, self.words(f"settings.{name}"), choices)
        made.setObjectName(f"settings:{name}")
        made.textEdited.connect(partial(self._edited, name))
        return made

    def _line(self, name: str) -> Field:
        made = Field(self.look, self.words(f"settings.{name}"), self.words(f"settings.{name}_hint"), 30)
        made.setObjectName(f"settings:{name}")
        return made

    def _fits(self, scale: int) -> bool:
        """Whether the window still has the room it needs on this screen at that size."""
        screen = QGuiApplication.primaryScreen()
        now = self.chosen.scale
        room = screen.availableGeometry()
        wide, high = room.width() * now / scale, room.height() * now / scale
        return wide >= LEAST_PX[0] and high >= LEAST_PX[1]

    def _lay_out(self) -> None:
        look, words = self.look, self.words
        self._notes = {name: Elided(look, "", "small", "ink_3") for name in self.fields}
        body = QHBoxLayout()
        body.setSpacing(12)
        for title, names in (("computer", OF_THE_COMPUTER), ("office", OF_THE_OFFICE)):
            inside: list[QWidget] = []
            for name in names:
                if name in self.fields:
                    inside += [
                        Text(look, words(f"settings.{name}"), "label", "ink_2"),
                        self.fields[name],
                        self._notes[name],
                    ]
            if title == "office":
                inside.append(self._facts)
            head = row(Text(look, words(f"settings.{title}"), "strong"), None, margins=(16, 0, 16, 0), height=40)
            body.addWidget(tall(card(head, rule(), col(*inside, None, gap=4, margins=(16, 8, 16, 12)))), 1)
        for name, field in self.fields.items():
            if isinstance(field, ChoiceField):
                self._notes[name].setText(field.spelled())
        self._notes["scale"].setText(f"{self._notes['scale'].text()}　{words('settings.scale_note')}")
        self._lay = QVBoxLayout(self)
        self._lay.addWidget(row(Text(look, words("nav.settings"), "title"), None, height=32))
        self._lay.addLayout(body, 1)

    def set_narrow(self, narrow: bool) -> None:
        super().set_narrow(narrow)
        self._lay.setContentsMargins(*((12, 4, 12, 8) if narrow else (16, 12, 16, 16)))
        self._lay.setSpacing(4 if narrow else 12)

    def visit(self, wanted: object = None) -> None:
        if isinstance(wanted, str) and wanted:
            self._back = wanted
        self.chosen = self._file.read()
        self._show()
        if self._desk.may("catalogue"):
            self.ask(self._desk.office_settings.facts, self._take_facts)

    def return_to(self) -> object:
        return self._back

    def escape(self) -> bool:
        self.went.emit(self._back, None)
        return True

    def _show(self) -> None:
        chosen, words = self.chosen, self.words
        self.fields["theme"].setText(words(f"settings.theme_{chosen.theme}"))
        self.fields["scale"].setText(f"{chosen.scale} %")
        self.fields["language"].setText(words(f"settings.language_{chosen.language}"))

    def _take_facts(self, facts: Mapping[str, str]) -> None:
        for name in OF_THE_OFFICE:
            self.fields[name].setText(facts[name])
            self.fields[name].setModified(False)
        self._facts.say(
            self.words("settings.facts", **{key: facts[key] for key in ("township_code", "fonds", "idle_minutes")})
        )

    # what is chosen

    def _edited(self, name: str, text: str) -> None:
        value = self._value(name, text)
        if value and value != str(getattr(self.chosen, name)):
            self._remember(name, str(getattr(self.chosen, name)))
            self._like(name, value)

    def _value(self, name: str, text: str) -> str:
        if name == "scale":
            return text.removesuffix(" %") if text in {f"{one} %" for one in self._scales} else ""
        codes = THEMES if name == "theme" else LANGUAGES
        return {self.words(f"settings.{name}_{one}"): one for one in codes}.get(text, "")

    def _like(self, name: str, value: str) -> None:
        """The choice is on the disk and on the screen; a disk that does not take it is told of, and nothing changes."""
        made = Preferences(**{**asdict(self.chosen), name: int(value) if name == "scale" else value})
        try:
            self._file.write(made)  # a hundred bytes; the next choice begins with this one
        except LantaiError as fault:
            self._show()
            self.tell_fault(fault)
            return
        self.chosen = made
        self._show()
        if name == "theme":
            app = QApplication.instance()
            assert isinstance(app, QApplication)
            self.look.turn(app, made.theme)
        if name == "language":
            self.anew_wanted.emit(made.language)
        self.tell("settings.scale_later" if name == "scale" else "settings.done")

    def _take_here(self) -> None:
        """What was typed in the field in hand is taken, and the cursor goes to the next."""
        name = next((one for one, field in self.fields.items() if field.hasFocus()), "")
        if name in OF_THE_OFFICE and self.fields[name].isModified():
            self._change(name, self.fields[name].text().strip(), remember=True)
        self.focusNextChild()

    def _change(self, name: str, value: str, *, remember: bool) -> None:
        service, desk = self._desk.office_settings, self._desk

        def work() -> str:
            before = str(service.facts()[name])
            desk.change_office(name, value)
            return before

        self._changing = (name, remember)
        self.ask(work, self._changed, self._refused)

    def _changed(self, before: str) -> None:
        name, remember = self._changing
        if remember:
            self._remember(name, before)
        self.fields[name].show_state("typed")
        self._notes[name].setText("")
        self.visit()
        self.tell("settings.done")
        self.counts_changed.emit()
        if name != "scanner_folder":
            self.anew_wanted.emit(self.words.language)  # the office's name stands in the frame

    def _refused(self, fault: Exception) -> None:
        name, _ = self._changing
        if isinstance(fault, InvalidRecord):
            self.fields[name].show_state("danger")
            self._notes[name].setText(self.words(f"settings.{name}_refused"))
            self.fields[name].setFocus()
        else:
            self.tell_fault(fault)

    def _choose_folder(self) -> None:
        if "scanner_folder" in self.fields:
            path = QFileDialog.getExistingDirectory(self, self.words("settings.scanner_folder"))
            if path:
                self._change("scanner_folder", path, remember=True)

    # taking back

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """A field keeps Ctrl+Z to itself only while something typed in it was not taken yet."""
        pressed = isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress
        if pressed and event.matches(QKeySequence.StandardKey.Undo) and not getattr(watched, "isModified", bool)():  # type: ignore[attr-defined]
            QTimer.singleShot(0, self.undo)  # a theme is not changed while a key is on its way to its field
            return True
        return False

    def _remember(self, name: str, before: str) -> None:
        self._file.changes.append((id(self._desk), name, before))

    def undo(self) -> None:
        """The last change is as it was before; one after the other, as long as the desk is open."""
        changes = self._file.changes
        while changes and changes[-1][0] != id(self._desk) and changes[-1][1] in OF_THE_OFFICE:
            changes.pop()  # of an office that is no longer open
        if not changes:
            self.tell("settings.nothing_to_undo", "warn")
            return
        _, name, before = changes.pop()
        if name in OF_THE_COMPUTER:
            self._like(name, before)
        else:
            self._change(name, before, remember=False)
