"""解锁: the first thing seen each day, and on the first day of all. Painted before anything heavy is imported."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from desktop.ui.pages.page import Page
from desktop.ui.theme import Look
from desktop.ui.widgets.boxes import NONE, Item, clear, col, row, rule, tall
from desktop.ui.widgets.choice import PersonChoice, Way
from desktop.ui.widgets.field import Field
from desktop.ui.widgets.keys import Button
from desktop.ui.widgets.shelf import Shelf
from desktop.ui.widgets.text import Icon, Paragraph, Text
from desktop.ui.words import Words

SHELF_PX, NARROW_SIDE_PX, FORM_PX = 632, 416, 440
PEOPLE_AT_FIRST = 3  # an office begins with three


@dataclass(frozen=True, slots=True)
class Somebody:
    """A person who may open the archive, as the first page shows one; `role` is a key of the words."""

    name: str
    role: str


class PasswordField(Field):
    """Hides what is typed and notices the caps lock (大写锁定) before the failure."""

    caps_seen = Signal(bool)

    def __init__(self, look: Look, name: str, height: int = 32) -> None:
        super().__init__(look, name, height=height)
        self.setEchoMode(QLineEdit.EchoMode.Password)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        sign = event.text()
        if sign.isascii() and sign.isalpha():
            shifted = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self.caps_seen.emit(sign.isupper() != shifted)
        super().keyPressEvent(event)


class UnlockPage(Page):
    """Asks who and the password, or offers the ways to begin. It opens nothing itself."""

    unlocked = Signal(str, str)  # name, password
    recovery_wanted = Signal(str)  # name
    way_chosen = Signal(str)  # create, practice, county, restore

    def __init__(self, look: Look, words: Words, begun: bool, version: str) -> None:
        super().__init__(look, words, "unlock")
        self.begun = begun  # an archive stands on this machine
        self.setProperty("ground", True)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.people: list[Somebody] = []
        self.chosen = 0
        self._asked_early = False  # a quick clerk presses Enter while the program is still being prepared
        self._choices: list[PersonChoice] = []
        self._side = self._made_side(version)
        self._ways = self._made_ways()
        self._form = QFrame()
        self._form.setFixedWidth(FORM_PX)
        self._form_lay = QVBoxLayout(self._form)
        self._form_lay.setContentsMargins(*NONE)
        self._form_lay.addWidget(col(*self._form_items(), gap=0))
        self._form_lay.setSpacing(24)
        lay = QHBoxLayout(self)
        lay.setContentsMargins(*NONE)
        lay.setSpacing(0)
        lay.addWidget(tall(self._side))
        lay.addWidget(rule(vertical=True))
        lay.addWidget(row(None, self._form, None, gap=0), 1)
        self._bind()
        self.set_narrow(False)

    def _made_side(self, version: str) -> QWidget:
        look, words = self.look, self.words
        self._shelf = Shelf(look, words("unlock.shelf").split())
        names = col(Text(look, words("app.name"), "display"), Text(look, words("app.what"), "body", "ink_2"), gap=0)
        brand = row(Icon(look, "lantai", "accent", 48), 12, names, None, gap=0)
        self._version = Text(look, words("unlock.version", version=version), "small", "ink_3")
        self._side_lay = QVBoxLayout(self._shelf)
        self._side_lay.addWidget(brand)
        self._side_lay.addStretch(1)
        self._side_lay.addWidget(self._version)
        return self._shelf

    def _made_ways(self) -> QFrame:
        look, words = self.look, self.words
        offers = [("practice", "practice", "warn", "F7"), ("online", "county", "ink_2", "F8")]
        if not self.begun:
            offers.append(("backup", "restore", "ink_2", "F9"))
        title = Text(look, words("unlock.ways" if self.begun else "unlock.ways_first"), "label", "ink_2")
        self.way_buttons = {}
        for icon, name, tone, cap in offers:
            way = Way(look, icon, words(f"unlock.{name}"), words(f"unlock.{name}_note"), cap, tone)
            way.setObjectName(f"way:{name}")
            way.clicked.connect(getattr(self, f"choose_{name}"))
            self.way_buttons[name] = way
        self._ways_rule = rule()
        return col(self._ways_rule, 12, title, *self.way_buttons.values(), gap=8)

    def _form_items(self) -> list[Item]:
        look, words = self.look, self.words
        if not self.begun:
            self.create_button = Button(look, words("unlock.create"), "Enter", "main")
            self.create_button.setObjectName("create")
            self.create_button.clicked.connect(self.choose_create)
            head = Text(look, words("unlock.first_title"), "title")
            note = Paragraph(look, words("unlock.first_note"), "body", "ink_2")
            self._note = Paragraph(look, "", "label", "accent")
            self._note.setMinimumHeight(24)
            return [head, 8, note, 20, row(self.create_button, None), 8, self._note]
        self._choice_box = col(gap=4)
        self._choice_box.setFixedHeight(PEOPLE_AT_FIRST * 44 - 4)  # kept free, so that nothing jumps when they come
        self.password = PasswordField(look, words("unlock.password"))
        self.password.setObjectName("password")
        self.password.caps_seen.connect(self._show_caps)
        self.password.returnPressed.connect(self.submit)
        self.password.textEdited.connect(self._typed_on)
        self.open_button = Button(look, words("unlock.open"), "Enter", "main")
        self.open_button.setObjectName("open")
        self.open_button.clicked.connect(self.submit)
        self._caps = row(Icon(look, "caps", "warn", 16), Text(look, words("unlock.caps"), "label", "warn"), gap=4)
        self._caps.hide()
        self._note = Paragraph(look, words("unlock.forgot"), "label", "ink_2")
        return [
            Text(look, words("unlock.title"), "title"), 4, Text(look, words("unlock.sealed"), "label", "ink_2"), 16,
            self._choice_box, 16,
            row(Text(look, words("unlock.password"), "label", "ink_2"), None, self._caps, gap=4, height=20), 4,
            row((self.password, 1), self.open_button, gap=8, height=32), 8, self._note,
        ]  # fmt: skip

    def _bind(self) -> None:
        self.bind("F7", self.choose_practice)
        self.bind("F8", self.choose_county)
        if self.begun:
            self.bind("Up", self._up)
            self.bind("Down", self._down)
            self.bind("F6", self._forgot)
            self.setFocusProxy(self.password)
        else:
            self.setFocusProxy(self.create_button)
            self.bind("Return", self.choose_create)
            self.bind("F9", self.choose_restore)

    def set_narrow(self, narrow: bool) -> None:
        super().set_narrow(narrow)
        self._side.setFixedWidth(NARROW_SIDE_PX if narrow else SHELF_PX)
        edge = 32 if narrow else 72
        self._side_lay.setContentsMargins(edge, edge, 32 if narrow else 48, 32)
        self._shelf.bare = narrow
        self._form.setFixedWidth(400 if narrow else FORM_PX)
        self._ways_rule.setVisible(not narrow)
        self._place_ways(narrow)

    def _place_ways(self, narrow: bool) -> None:
        """The ways to begin stand under the form, or on the other side where the window is low."""
        if narrow:
            self._side_lay.insertWidget(2, self._ways)
        else:
            self._form_lay.addWidget(self._ways)

    def show_people(self, people: Sequence[Somebody]) -> None:
        """Show who can open the archive; what was typed meanwhile stays."""
        self.people = list(people)
        clear(self._choice_box)
        self._choices = [PersonChoice(self.look, one.name, self.words(f"role.{one.role}")) for one in people]
        lay = self._choice_box.layout()
        for place, choice in enumerate(self._choices):
            choice.clicked.connect(self._clicked_person)
            choice.setProperty("place", place)
            if lay is not None:
                lay.addWidget(choice)
        self._choice_box.setFixedHeight(max(PEOPLE_AT_FIRST, len(people)) * 44 - 4)
        if lay is not None and len(people) < PEOPLE_AT_FIRST and isinstance(lay, QVBoxLayout):
            lay.addStretch(1)
        self._choose(0)
        if self._asked_early:
            self.submit()

    def submit(self) -> None:
        """Ask that the archive be opened with what was typed; at once, or when it is known who can open it."""
        self._asked_early = bool(self.password.text()) and not self.people
        if self.password.text() and self.people:
            self.unlocked.emit(self.people[self.chosen].name, self.password.text())

    def _typed_on(self) -> None:
        self._asked_early = False  # what is typed now was not meant yet

    def show_opening(self, busy: bool) -> None:
        """Say that the archive is being opened; what was typed stays."""
        if self.begun:
            self.open_button.setEnabled(not busy)
            self.password.setReadOnly(busy)
            if busy:
                self._say("unlock.opening", "accent")
            return
        for button in (self.create_button, *self.way_buttons.values()):
            button.setEnabled(not busy)
        self._note.say(self.words("unlock.preparing") if busy else "", "accent")

    def show_indexing(self, done: int, whole: int) -> None:
        """Say how far the search index has been made again, which a new version of the program may have to do once."""
        if self.begun:
            words = self.words("unlock.indexing", done=f"{done:,}", whole=f"{whole:,}")
            self._note.say(words, "accent")

    def show_refusal(self, words: str) -> None:
        """Say under the field why it did not open; what was typed is selected, to be typed over."""
        self.show_opening(False)
        if not self.begun:
            self._note.say(words, "danger")
            return
        self.password.show_state("danger")
        self._note.say(words, "danger")
        self.password.setAccessibleDescription(words)
        self.password.selectAll()
        self.password.setFocus()

    def say_open_first(self) -> None:
        """Say that the county is joined from an open archive."""
        self._say("unlock.open_first", "accent")
        self.password.setFocus()

    def say_rekeyed(self) -> None:
        """Say that the archive lies under another key, and everybody opens it as before."""
        self._say("unlock.rekeyed", "ok")

    def _say(self, key: str, tone: str) -> None:
        self.password.show_state("typed")
        self._note.say(self.words(key), tone)

    def caps_told(self) -> bool:
        return not self._caps.isHidden()

    def note_words(self) -> str:
        return self._note.accessibleName()

    def _choose(self, place: int) -> None:
        if not self.people:
            return
        self.chosen = place % len(self.people)
        for number, choice in enumerate(self._choices):
            choice.setChecked(number == self.chosen)
            choice.show_cap("↑" if number == self.chosen - 1 else "↓" if number == self.chosen + 1 else "")

    def _up(self) -> None:
        self._choose(self.chosen - 1)

    def _down(self) -> None:
        self._choose(self.chosen + 1)

    def _clicked_person(self) -> None:
        choice = self.sender()
        if choice is not None:
            self._choose(int(choice.property("place")))
            self.password.setFocus()

    def _forgot(self) -> None:
        if self.people:
            self.recovery_wanted.emit(self.people[self.chosen].name)

    def _show_caps(self, on: bool) -> None:
        self._caps.setVisible(on)

    def choose_create(self) -> None:
        self.way_chosen.emit("create")

    def choose_practice(self) -> None:
        self.way_chosen.emit("practice")

    def choose_restore(self) -> None:
        self.way_chosen.emit("restore")

    def choose_county(self) -> None:
        self.way_chosen.emit("county")
