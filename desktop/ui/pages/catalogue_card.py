"""The card of the cataloguing page: form, papers, the line that explains the field in hand, and what filing will give."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QApplication, QFrame, QLineEdit, QScrollArea, QVBoxLayout

from desktop.services.cataloguing import Form
from desktop.services.completing import Aids, following, like, whole_account, with_year
from desktop.ui.pages.catalogue_form import EntryForm
from desktop.ui.pages.catalogue_grid import Place
from desktop.ui.pages.catalogue_papers import PapersBlock
from desktop.ui.theme import Look
from desktop.ui.widgets.boxes import row, rule
from desktop.ui.widgets.choice_field import ChoiceField
from desktop.ui.widgets.field import Field
from desktop.ui.widgets.keys import Button, KeyCap
from desktop.ui.widgets.text import Elided, Icon, Runs, Text
from desktop.ui.words import Words
from sync.contract.kinds import FieldType, Kind, Mask

CARD_PX, NARROW_CARD_PX = 644, 472


class CatalogueCard(QFrame):
    """Collects what is typed and shows what the service says of it."""

    edited = Signal(str, str)
    ranged = Signal(str, str)
    entered = Signal(str)
    reasoned = Signal(str, str)

    def __init__(self, look: Look, words: Words) -> None:
        super().__init__()
        self.setObjectName("catalogue")
        self.look, self.words = look, words
        self.setProperty("card", True)
        self.entry: EntryForm | None = None
        self.narrow = False
        self._reason_key = ""
        self._stepped = ""  # the field the cursor came to by itself: one Enter out of habit does not leave it
        self._taking = False
        self._form: Form | None = None
        self.papers = PapersBlock(look, words)
        self.papers.ranged.connect(self.ranged)
        self.papers.entered.connect(self._enter)
        self._area = QScrollArea()
        self._area.setWidgetResizable(True)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._inner = QFrame()
        self._inner.setProperty("bare", True)
        self._inner_lay = QVBoxLayout(self._inner)
        self._inner_lay.setContentsMargins(16, 12, 16, 4)
        self._inner_lay.setSpacing(6)
        self._area.setWidget(self._inner)
        self._hint = Elided(look, "", "small", "ink_3")
        self.reason = Field(look, words("catalogue.reason"), words("catalogue.reason_hint"), 26)
        self.reason.setObjectName("reason")
        self._reason_row = row(
            Text(look, words("catalogue.reason"), "label", "warn"), (self.reason, 1), KeyCap(look, "Enter"), gap=8
        )
        self._reason_row.hide()
        self._name = Runs(look)
        self._number = Runs(look)
        self._saved_icon, self._saved = Icon(look, "ok", "ok", 16), Text(look, "", "small", "ink_3")
        self.put_down_button = Button(look, words("catalogue.put_down_act"), "Esc", "quiet")
        self.file_button = Button(look, words("catalogue.file"), "Ctrl+Enter", "main")
        self.file_button.setObjectName("file")
        self._lay_out()

    def _lay_out(self) -> None:
        lay = QVBoxLayout(self)
        lay.setContentsMargins(1, 1, 1, 1)
        lay.setSpacing(0)
        self._hint_row = row((self._hint, 1), (self._reason_row, 1), margins=(16, 0, 16, 0), height=30)
        self._filing = row((self._name, 1), self._number, margins=(16, 2, 16, 0), height=30)
        foot = row(
            row(self._saved_icon, self._saved, gap=4), None, self.put_down_button, self.file_button,
            gap=8, margins=(16, 0, 16, 0), height=48,
        )  # fmt: skip
        for widget, share in ((self._area, 1), (rule(), 0), (self._hint_row, 0), (self._filing, 0), (foot, 0)):
            lay.addWidget(widget, share)

    def set_narrow(self, narrow: bool) -> None:
        self.narrow = narrow
        self.setFixedWidth(NARROW_CARD_PX if narrow else CARD_PX)
        self._filing.setVisible(not narrow)
        if self.entry is not None:
            self.entry.set_narrow(narrow)

    def begin(self, kind: Kind, aids: Aids | None = None) -> None:
        """A fresh form of this kind stands in the card, to be completed from these."""
        if self.entry is not None:
            self._inner_lay.removeWidget(self.entry)
            self.entry.hide()
            self.entry.deleteLater()
        self.entry = EntryForm(self.look, self.words, kind)
        self.entry.aids = aids or Aids()
        self.entry.completed.connect(self._step_on)
        self.entry.edited.connect(self._typed)
        self.entry.set_narrow(self.narrow)
        self.entry.edited.connect(self.edited)
        self.entry.entered.connect(self._enter)
        while self._inner_lay.count():
            item = self._inner_lay.takeAt(0)
            widget = item.widget() if item is not None else None
            if widget is not None and widget is not self.papers:
                widget.deleteLater()
        for widget in (self.entry, rule(), self.papers):
            self._inner_lay.addWidget(widget)
        self._inner_lay.addStretch(1)
        self._area.verticalScrollBar().setValue(0)
        self.drop_reason()
        self._saved.setText("")
        self._saved_icon.show_as("", "ok")

    def show_form(self, form: Form, typed_meanwhile: Mapping[str, bool]) -> None:
        """Show what the service says of the draft."""
        if self.entry is None:
            return
        self._form = form
        self.entry.show_form(form, typed_meanwhile)
        self.papers.show_form(form)
        self._name.say((self.words("catalogue.title"), "label", "ink_2"), ("　" + form.judgement.title, "body", "ink"))
        key = "catalogue.number_kept" if form.draft.number else "catalogue.number_later"
        self._number.say((self.words(key, number=form.draft.number), "label", "ink_3"))
        self._tell_hint(self.key_here())

    def propose(self, proposals: Mapping[str, str]) -> None:
        if self.entry is not None:
            self.entry.propose(proposals)

    def entry_keys(self) -> Iterable[str]:
        return () if self.entry is None else tuple(self.entry.boxes)

    def show_saving(self) -> None:
        self._saved_icon.show_as("clock", "ink_3")
        self._saved.say(self.words("catalogue.saving"), "ink_3")

    def show_saved(self, at: str, narrow: bool) -> None:
        self._saved_icon.show_as("ok", "ok")
        self._saved.say(self.words("catalogue.saved") + ("" if narrow else f"　{at}"), "ink_3")

    def show_unsaved(self) -> None:
        self._saved_icon.show_as("bad", "danger")
        self._saved.say(self.words("catalogue.unsaved"), "danger")

    # where the cursor is
    def key_here(self) -> str:
        """Return the key of the field or paper the cursor is in, or nothing."""
        widget = QApplication.focusWidget()
        return (self.entry.box_of(widget) if self.entry else "") or self.papers.key_of(widget)

    def place_here(self) -> Place | None:
        return self.entry.places.get(self.key_here()) if self.entry else None

    def proposal_here(self) -> str:
        box = self.entry.boxes.get(self.key_here()) if self.entry else None
        return box.field.proposal() if box else ""

    def take(self, words: str) -> None:
        """The field in hand holds these words, as if they had been typed."""
        key = self.key_here()
        if self.entry is not None and key in self.entry.boxes and words:
            self._taking = True  # what is taken may be whole, which is one step on, not two
            self.entry.boxes[key].field.setText(words)
            self.entry.boxes[key].field.textEdited.emit(words)
            self._taking = False
            self.next_field()

    def take_before(self) -> None:
        """The field in hand holds what the record before held, or the number after it where numbers go up."""
        key, place = self.key_here(), self.place_here()
        if self.entry is not None and place is not None:
            before = self.entry.aids.before.get(key, "")
            self.take(following(before) if place.field.counts else before)

    def focus(self, key: str) -> bool:
        return bool(self.entry and self.entry.focus(key)) or self.papers.focus(key)

    def focus_first(self) -> None:
        if self.entry is not None:
            self.focus(self.entry.first_key())

    def press_enter(self) -> None:
        """Enter gives the reason that is being typed, else goes on to the next field.

        Where the field before ended by itself, the Enter that ended it by habit stays where the cursor is.
        """
        if self.reason.hasFocus():
            self._give_reason()
        elif self.file_button.hasFocus():
            self.file_button.click()
        elif self._stepped and self._stepped == self.key_here():
            self._stepped = ""
        else:
            self._complete()
            self.next_field()

    def next_field(self) -> None:
        """The cursor goes to the next field of the paper, after the last to the papers, after them to filing."""
        key = self.key_here()
        if self.entry is None or not key:
            return
        self._stepped = ""
        paper = key.startswith("papers.")
        after = "" if paper or self._form is None else self.entry.open_place(key, self._form)
        after = after or (self.papers.next_after(key) if paper else self.entry.next_after(key))
        after = after.strip() or ("" if paper else self.papers.next_after(""))
        if not after or not self.focus(after):
            self.file_button.setFocus()

    def _step_on(self, key: str) -> None:
        """The field is complete: the cursor goes on by itself."""
        if key == self.key_here() and not self._taking:
            self.next_field()
            self._stepped = self.key_here()

    def _typed(self, key: str, text: str) -> None:
        """Something was typed: an Enter now is meant. Letters in an address are told which village they would become."""
        self._stepped = ""
        place = self.entry.places.get(key) if self.entry else None
        if self.entry is not None and place is not None and place.field.mask is Mask.ADDRESS and key == self.key_here():
            found = like(text.rstrip("123456789"), self.entry.aids.addresses)
            chosen = text[-1:]
            if found and chosen.isdecimal() and int(chosen) <= len(found):
                self.take(found[int(chosen) - 1])
            elif found:
                self._hint.setText("　".join(f"{number} {one}" for number, one in enumerate(found, start=1)))

    def _complete(self) -> None:
        """A date without its year has the year of the record before; letters become the village they are the initials of."""
        key = self.key_here()
        place = self.entry.places.get(key) if self.entry else None
        if self.entry is None or place is None:
            return
        field, whole = self.entry.boxes[key].field, ""
        if place.field.type is FieldType.DATE:
            own = self.entry.boxes.get(self.entry.kind.case_date)
            whole = with_year(field.text(), own.field.text() if own else "", self.entry.aids.before.get(key, ""))
        elif place.field.type is FieldType.ACCOUNT:
            whole = whole_account(field.text(), self.entry.aids.before.get(key, ""))
        elif place.field.mask is Mask.ADDRESS:
            whole = next(iter(like(field.text(), self.entry.aids.addresses)), "")
        if whole and whole != field.text():
            field.setText(whole)
            field.textEdited.emit(whole)

    def finish_field(self) -> None:
        """What stands in a page range is told although the cursor is still in it."""
        widget = QApplication.focusWidget()
        if isinstance(widget, QLineEdit) and self.papers.key_of(widget):
            widget.editingFinished.emit()

    def undo(self) -> None:
        widget = QApplication.focusWidget()
        if isinstance(widget, Field):
            before = widget.text()
            widget.undo()
            if widget.text() != before:
                widget.textEdited.emit(widget.text())

    def _enter(self, key: str) -> None:
        if self.entry is not None:
            self.entry.show_cap(key)
            box = self.entry.boxes.get(key)
            if box is not None:
                self._area.ensureWidgetVisible(box, 0, 24)
        line = self.papers.lines.get(key.removeprefix("papers.")) if key.startswith("papers.") else None
        if line is not None:
            self._area.ensureWidgetVisible(line, 0, 24)
        self._tell_hint(key)
        self.entered.emit(key)

    def _tell_hint(self, key: str) -> None:
        """Say in the line under the form what may be typed here: choices, an example, the rule."""
        place = self.entry.places.get(key) if self.entry else None
        words = ""
        if place is not None and self.entry is not None:
            field = self.entry.boxes[key].field
            spelled = field.spelled() if isinstance(field, ChoiceField) else ""
            example = self.words("catalogue.example", example=place.field.example) if place.field.example else ""
            words = "　".join(part for part in (spelled, place.field.help, example) if part)
        elif key.startswith("papers."):
            words = self.words("catalogue.pages_hint")
        self._hint.setText(words)

    # reasons
    def ask_reason(self) -> None:
        """Ask why the warning at the field in hand is right as it stands."""
        key = self.key_here()
        if key:
            self._reason_key = key
            self._hint.hide()
            self._reason_row.show()
            self.reason.setText("")
            self.reason.setFocus()

    def drop_reason(self) -> bool:
        """No reason is asked any more; the cursor is back in its field. False when none was asked."""
        if self._reason_row.isHidden():
            return False
        self._reason_row.hide()
        self._hint.show()
        self.focus(self._reason_key)
        return True

    def _give_reason(self) -> None:
        reason = self.reason.text().strip() or self.words("catalogue.reason_usual")
        self.reasoned.emit(self._reason_key, reason)
        self.drop_reason()

    # the form's own acts
    def show_more(self, form: Form) -> None:
        """Fields that are seldom needed are shown, or folded away again."""
        if self.entry is not None:
            self.entry.more_shown = not self.entry.more_shown
            self.entry.show_form(form)

    def add_place(self, form: Form) -> None:
        if self.entry is not None:
            self.focus(self.entry.add_place(form))

    def forget_extra(self) -> None:
        if self.entry is not None:
            self.entry.forget_extra()

    def show_hindrances(self, form: Form, keys: list[str]) -> None:
        """Say at every field what stands in the way of filing; the cursor stands at the first."""
        if self.entry is None:
            return
        self.entry.filing_tried = True
        if any(key not in self.entry.boxes and not key.startswith("papers.") for key in keys):
            self.entry.more_shown = True
        self.entry.show_form(form)
        next((None for key in keys if self.focus(key)), None)
