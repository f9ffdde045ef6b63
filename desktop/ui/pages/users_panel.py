"""The card in which one act on one person is prepared (右侧一格): what it does, what is to be typed, what was wrong with it."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from desktop.services.users import IDLE_CHOICES
from desktop.ui.theme import Look
from desktop.ui.widgets.boxes import card, col, row, rule
from desktop.ui.widgets.choice_field import ChoiceField
from desktop.ui.widgets.field import FieldBox
from desktop.ui.widgets.keys import Button, KeyCap
from desktop.ui.widgets.measure import Measure
from desktop.ui.widgets.text import Paragraph, Text
from desktop.ui.words import Words
from sync.vault.slots import Role

ROLES: Final = (Role.CLERK, Role.REVIEWER, Role.AUDITOR, Role.ADMIN)


class Act(StrEnum):
    """What can be prepared; each opens by its key."""

    NONE = "none"
    ADD = "add"
    ROLE = "role"
    RESET = "reset"
    REMOVE = "remove"
    SHEET = "sheet"
    KEY = "key"
    IDLE = "idle"


KEYS_OF: Final = (
    (Act.ADD, "F2"), (Act.ROLE, "F3"), (Act.RESET, "F4"), (Act.REMOVE, "Del"), (Act.SHEET, "F6"), (Act.KEY, "F7"), (Act.IDLE, "F8"),
)  # fmt: skip
FIELDS_OF: Final = {
    Act.ADD: ("name", "role", "password"),
    Act.ROLE: ("role",),
    Act.RESET: ("password",),
    Act.IDLE: ("idle",),
}
ON_SOMEBODY: Final = frozenset({Act.ROLE, Act.RESET, Act.REMOVE})
DANGEROUS: Final = frozenset({Act.REMOVE})


class UsersPanel(QFrame):
    """One act at a time; without one it lists the acts with their keys."""

    def __init__(self, look: Look, words: Words) -> None:
        super().__init__()
        self.look, self.words, self.act, self.person = look, words, Act.NONE, ""
        self.title, self.note = Text(look, "", "strong"), Paragraph(look, "", "label", "ink_2")
        self.boxes = {key: FieldBox(look, words(f"users.{key}"), self._hint(key)) for key in ("name", "password")}
        self.roles = [words(f"role.{role.value}") for role in ROLES]
        self.minutes = [words("users.minutes", count=count) for count in IDLE_CHOICES]
        for key, choices in (("role", self.roles), ("idle", self.minutes)):
            self.boxes[key] = FieldBox(look, words(f"users.{key}"))
            self.boxes[key].take_field(ChoiceField(look, words(f"users.{key}"), choices))
        for key, box in self.boxes.items():
            box.field.setObjectName(f"users:{key}")
        self.told = Paragraph(look, "", "label", "danger")
        self.measure = Measure(look, words("users.progress"), height_px=6)
        self.go_button = Button(look, words("users.go"), "Ctrl+Enter", "main")
        self.go_button.setObjectName("users:go")
        self.both_button = Button(look, words("users.remove_and_key"), "F7", "danger")
        self.back_button = Button(look, words("users.back"), "Esc", "quiet")
        self._lay_out()
        self.show_act(Act.NONE)

    def _hint(self, key: str) -> str:
        return self.words.find(f"users.{key}_hint") or ""

    def _lay_out(self) -> None:
        self._list = col(*self._acts(), gap=8)
        self._rows: dict[str, QWidget] = {}
        for key in ("name", "role", "password", "idle"):
            label = Text(self.look, self.words(f"users.{key}"), "label", "ink_2")
            spelled = self._spelled(key)
            self._rows[key] = col(label, self.boxes[key], *([spelled] if spelled else []), gap=3)
        self._doing = col(self.measure, gap=0)
        self._buttons = row(self.back_button, None, self.go_button)
        inside = col(
            self.note, *(self._rows[key] for key in ("name", "role", "password", "idle")), self.told, self._doing,
            self._buttons, row(None, self.both_button), self._list, None, gap=10, margins=(16, 12, 16, 16),
        )  # fmt: skip
        head = row(self.title, None, margins=(16, 0, 12, 0), height=44)
        lay = QVBoxLayout(self)
        lay.setContentsMargins(0, 0, 0, 0)
        scroll = QScrollArea()
        scroll.setWidget(inside)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        inside.setProperty("bare", True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        lay.addWidget(card(head, rule(), (scroll, 1)))

    def _acts(self) -> list[QWidget]:
        self.act_rows: dict[Act, QWidget] = {}
        for act, key in KEYS_OF:
            words = Text(self.look, self.words(f"users.list_{act.value}"), "body", "ink")
            self.act_rows[act] = row(KeyCap(self.look, key), words, None, gap=10, height=28)
        return list(self.act_rows.values())

    def _spelled(self, key: str) -> QWidget | None:
        field = self.boxes[key].field
        return Paragraph(self.look, field.spelled(), "small", "ink_3") if isinstance(field, ChoiceField) else None

    def show_act(self, act: Act, person: str = "", filled: Sequence[tuple[str, str]] = ()) -> None:
        """The act is prepared for this person, its fields filled so; nothing typed before is left."""
        self.act, self.person = act, person
        self.title.say(self.words(f"users.title_{act.value}", name=person))
        self.note.say(self.words(f"users.note_{act.value}", name=person))
        shown = FIELDS_OF.get(act, ())
        for key, box in self.boxes.items():
            self._rows[key].setVisible(key in shown)
            box.field.clear()
            box.note("")
            box.field.show_state("typed")
        for key, text in filled:
            self.boxes[key].field.setText(text)
        self._list.setVisible(act is Act.NONE)
        self._buttons.setVisible(act is not Act.NONE)
        self.both_button.setVisible(act is Act.REMOVE)
        self.go_button.kind = "danger" if act in DANGEROUS else "main"  # danger is outlined, never filled
        self.go_button.say(self.words("users.go" if act is Act.NONE else f"users.go_{act.value}"))
        self.tell("")
        self.show_busy(False)
        if shown:
            QTimer.singleShot(0, self._focus_first)
        elif act is not Act.NONE:
            self.go_button.setFocus()

    def _focus_first(self) -> None:
        shown = FIELDS_OF.get(self.act, ())
        if shown:
            field = self.boxes[shown[0]].field
            field.setFocus(Qt.FocusReason.TabFocusReason)
            field.selectAll()  # Qt may have put the cursor here already, when another field was hidden

    def next_field(self) -> bool:
        """The cursor stands in the next field; False when it stood in the last one."""
        shown = FIELDS_OF.get(self.act, ())
        here = next((n for n, key in enumerate(shown) if self.boxes[key].field.hasFocus()), -1)
        if here < 0 or here + 1 >= len(shown):
            return False
        self.boxes[shown[here + 1]].field.setFocus(Qt.FocusReason.TabFocusReason)
        return True

    def text(self, key: str) -> str:
        return self.boxes[key].field.text().strip()

    def role(self) -> Role | None:
        """Return the role that was chosen, or None if what stands there is none."""
        return dict(zip(self.roles, ROLES, strict=True)).get(self.text("role"))

    def idle_minutes(self) -> int | None:
        """Return the minutes that were chosen, or None."""
        return dict(zip(self.minutes, IDLE_CHOICES, strict=True)).get(self.text("idle"))

    def refuse(self, words: str, key: str = "") -> None:
        """Say what is the matter, at the field where it is; everything typed stays."""
        self.show_busy(False)
        if key and not self._rows[key].isHidden():
            self.boxes[key].note(words, "danger")
            self.boxes[key].field.show_state("danger")
            self.boxes[key].field.setFocus(Qt.FocusReason.TabFocusReason)
        else:
            self.tell(words, "danger")
            self.go_button.setFocus()

    def typed(self) -> None:
        """What was wrong is being mended."""
        for box in self.boxes.values():
            if box.note_words():
                box.note("")
                box.field.show_state("typed")

    def tell(self, words: str, tone: str = "danger") -> None:
        self.told.say(words, tone)
        self.told.setVisible(bool(words))

    def show_busy(self, busy: bool, measured: bool = False) -> None:
        """Something is under way; with a measure where it takes over a second."""
        if busy:
            self.back_button.setFocus()  # a button that is switched off would hand the cursor to the search box
        self.go_button.setEnabled(not busy)
        self.both_button.setEnabled(not busy)
        self._doing.setVisible(busy and measured)
        self.back_button.say(self.words("users.stop" if busy and measured else "users.back"))

    def show_share(self, share: float) -> None:
        self.measure.show_shares([(max(0.01, share), "accent")])
