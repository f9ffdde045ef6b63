"""The form of a kind (著录单): drawn from its data, groups side by side as on the paper, labels once."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Mapping
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QWidget

from desktop.services.cataloguing import Form
from desktop.services.completing import Aids, computed, is_whole_number, same_year, tells_of_a_person, whole_number
from desktop.ui.pages.catalogue_grid import FormGrid, Place
from desktop.ui.theme import Look
from desktop.ui.widgets.choice_field import ChoiceField
from desktop.ui.widgets.field import FieldBox
from desktop.ui.words import Words
from sync.contract.findings import Finding, Level
from sync.contract.kinds import FieldType, Kind

LABEL_PX, WHOLE_LINE = 80, 100  # a text that may be longer than this many signs takes a whole line
TONES = {Level.ERROR: "danger", Level.WARNING: "warn", Level.INFO: "accent"}
ASKED_AT_FILING = ("needed", "needed_then")  # an empty field is no fault while one is still typing


class EntryForm(QWidget):
    """Fields of one kind. It shows a Form and tells what was typed; it decides nothing."""

    edited = Signal(str, str)  # key, text
    entered = Signal(str)  # key of the field the cursor is in
    completed = Signal(str)  # nothing more can be typed at that key: its number is whole, its choice made

    def __init__(self, look: Look, words: Words, kind: Kind) -> None:
        super().__init__()
        self.look, self.words, self.kind = look, words, kind
        self.boxes: dict[str, FieldBox] = {}
        self.places: dict[str, Place] = {}
        self.aids = Aids()
        self.more_shown = False
        self.filing_tried = False
        self.narrow = False
        self._extra: dict[str, int] = {}
        self._read: Mapping[str, str] = {}  # what the machine read, for fields that are built later too
        self._computed: Mapping[str, str] = {}  # what follows from other fields
        self._grid = FormGrid(self, look)
        self._keys: tuple[str, ...] = ()

    def show_form(self, form: Form, typed_meanwhile: Mapping[str, bool] | None = None) -> None:
        """Show the draft; a field that was typed in meanwhile keeps what is in it."""
        written = dict(form.draft.fields)
        for group, count in self._extra.items():
            written.update({f"{group}.{number}.": "" for number in range(count)})
        places = list(self._all_places(written, form.draft.carried))
        if tuple(place.key for place in places) != self._keys:
            self._build(places)
        faults = _worst(form.judgement.findings, self.filing_tried)
        for key, place in self.places.items():
            self._show_value(form, place, not (typed_meanwhile or {}).get(key, False))
            self._show_note(form, place, faults.get(key))
        self._offer(computed(self.kind, form.draft.fields))

    def _offer(self, worked_out: Mapping[str, str]) -> None:
        """What follows from other fields is offered where nothing was read and nothing typed; F2 takes it."""
        for key, box in self.boxes.items():
            offered = self._read.get(key, "") or worked_out.get(key, "")
            if box.field.proposal() != offered:
                box.field.propose(offered)
                if box.field.state() == "proposed":
                    box.beside(self.words("catalogue.computed"), cap=box.field.hasFocus())
        self._computed = worked_out

    def add_place(self, form: Form) -> str:
        """One more place of the repeated group is open; the key of its first field comes back."""
        group = next((one for one in self.kind.groups if one.repeated), None)
        if group is None:
            return ""
        taken = {place.number for place in self.places.values() if place.group is group and place.number is not None}
        self._extra[group.key] = len(taken) + 1
        self.show_form(form)
        return f"{group.key}.{len(taken)}.{group.fields[0].key.rsplit('.', 1)[-1]}"

    def set_narrow(self, narrow: bool) -> None:
        self.narrow = self._grid.narrow = narrow
        for box in self.boxes.values():
            box.set_narrow(narrow)
        if self.boxes:
            self._build(list(self.places.values()))

    def forget_extra(self) -> None:
        self._extra.clear()

    def box_of(self, widget: QWidget | None) -> str:
        """Return the key of the field that has the cursor, or nothing."""
        return next((key for key, box in self.boxes.items() if box.field is widget), "")

    def focus(self, key: str) -> bool:
        """The cursor stands in that field, which is in sight."""
        box = self.boxes.get(key)
        if box is None:
            return False
        box.field.setFocus(Qt.FocusReason.TabFocusReason)
        return True

    def first_key(self) -> str:
        """Return the first field that waits for something: empty and needed, else the first of all."""
        empty = (key for key, place in self.places.items() if not self.boxes[key].field.text() and place.field.required)
        return next(empty, next(iter(self.boxes), ""))

    def next_after(self, key: str) -> str:
        """Return the field after that one in the order of the paper; nothing after the last."""
        keys = list(self.boxes)
        after = keys[keys.index(key) + 1 :] if key in keys else keys
        return next((one for one in after if not self._settled(one)), "")

    def _settled(self, key: str) -> bool:
        """Whether Enter may pass the field by: its value follows from another, or is the same all through a volume."""
        state, field = self.boxes[key].field.state(), self.places[key].field
        if field.derived_from and not self.boxes[key].field.text():
            source = f"{key.rsplit('.', 1)[0]}.{field.derived_from.rsplit('.', 1)[-1]}"
            return source in self.boxes and tells_of_a_person(self.boxes[source].field.text())
        # a choice is the case's own, whatever the one before was: it is looked at each time
        same = state == "carried" and field.carry and field.type is not FieldType.CHOICE
        return state == "derived" or (same and self._same_volume())

    def _same_volume(self) -> bool:
        """Whether the case is of the year of the record before; where another year begins, what was carried over is looked at."""
        own, before = self.boxes.get(self.kind.case_date), self.aids.before.get(self.kind.case_date, "")
        return own is not None and same_year(own.field.text(), before)

    def open_place(self, key: str, form: Form) -> str:
        """Return where Enter leads from the last field before a repeated group, or of its last place: the first of one more.

        From the first field of an empty last place it leads past it; "" where the field is none of these.
        """
        place = self.places.get(key)
        if place is None:
            return ""
        if place.number is None:
            return self.add_place(form) if self._before_people(key) else ""
        same = [one for one, other in self.places.items() if (other.group, other.number) == (place.group, place.number)]
        last = not any(one.group is place.group and (one.number or 0) > place.number for one in self.places.values())
        if not last:
            return ""
        typed = any(self.boxes[one].field.text() for one in same)
        if not typed and key == same[0]:
            return self.next_after(same[-1]) or " "
        after = self.next_after(key)
        return self.add_place(form) if typed and (not after or after not in same) else ""

    def _before_people(self, key: str) -> bool:
        """Whether the next thing on the paper is a repeated group of which no place is open."""
        groups = list(self.kind.groups)
        here, after = groups.index(self.places[key].group), self.next_after(key)
        following = groups[here + 1] if here + 1 < len(groups) else None
        ends = not after or self.places[after].group is not groups[here]
        open_ones = any(one.group is following for one in self.places.values())
        return bool(following and following.repeated and ends and not open_ones)

    def _all_places(self, written: Mapping[str, str], carried: Collection[str]) -> Iterator[Place]:
        """Yield what the form shows: seldom needed fields only when they say something of their own."""
        for group in self.kind.groups:
            for key, field in self.kind.instances(group, written):
                silent = not written.get(key, "") or key in carried
                if (field.folded and not self.more_shown and silent) or key.endswith("."):
                    continue
                number = next((int(part) for part in key.split(".") if part.isdigit()), None)
                yield Place(key, field, group, number)

    def _build(self, places: list[Place]) -> None:
        had = self.box_of(self.focusWidget()) if self.isVisible() else ""  # a form behind another page takes no cursor
        if had:
            self.setFocus()  # else the cursor would wander through fields that are about to go
        typed = {key: box.field.text() for key, box in self.boxes.items()}
        self._grid.clear()
        self._keys, self.boxes = tuple(place.key for place in places), {}
        self.places = {place.key: place for place in places}
        for place in places:
            self.boxes[place.key] = self._made_box(place)
            self.boxes[place.key].field.setText(typed.get(place.key, ""))  # what is typed is never out of sight
        self._grid.lay(self.kind, self.places, self.boxes)
        self._order_tabs()
        if had:
            self.focus(had)

    def _order_tabs(self) -> None:
        fields = [box.field for box in self.boxes.values()]
        for one, other in itertools.pairwise(fields):
            QWidget.setTabOrder(one, other)

    def _made_box(self, place: Place) -> FieldBox:
        label = place.field.label
        name = f"{place.group.label}{label}" if place.group.key else label
        name = f"{name} {place.number + 1}" if place.number is not None else name
        box = FieldBox(self.look, name, place.field.example)
        if place.field.type is FieldType.CHOICE or place.field.choices:
            choice = ChoiceField(self.look, name, place.field.choices)
            choice.decided.connect(partial(self.completed.emit, place.key))
            box.take_field(choice)
        box.field.setObjectName(f"field:{place.key}")
        box.field.setMaxLength(max(place.field.max_length * 2, 200))
        box.field.textEdited.connect(partial(self._edited, place.key))
        box.field.entered.connect(partial(self.entered.emit, place.key))
        box.set_narrow(self.narrow)
        box.keep_row(place.field.type is FieldType.IDENTITY)
        box.field.propose(self._read.get(place.key, ""))
        return box

    def _edited(self, key: str, _text: str) -> None:
        field = self.boxes[key].field
        field.show_state("typed")
        self.boxes[key].beside("")
        self.edited.emit(key, field.text())  # a digit has become a choice meanwhile
        if self.places[key].field.type is FieldType.IDENTITY and field.cursorPosition() == len(field.text()):
            self._end_number(key)

    def _end_number(self, key: str) -> None:
        """A number proved by its check character needs no Enter; its area code need not be typed."""
        field = self.boxes[key].field
        written = {one: box.field.text() for one, box in self.boxes.items() if one != key}
        if whole := whole_number(field.text(), self.aids.areas(written)):
            field.setText(whole)
            self.edited.emit(key, whole)
        if is_whole_number(field.text()):
            self.completed.emit(key)

    def _show_value(self, form: Form, place: Place, take: bool) -> None:
        """Put the value into the field, and say where it comes from."""
        box, key = self.boxes[place.key], place.key
        written, derived = form.draft.fields.get(key, ""), form.judgement.derived.get(key, "")
        if not take:
            return
        shown = written or derived
        if box.field.text() != shown and not (box.field.hasFocus() and not written and derived):
            box.field.setText(shown)
        if not written and derived:
            box.field.show_state("derived")
            box.beside(self.words("catalogue.derived"))
        elif key in form.draft.carried:
            box.field.show_state("carried")
            self._say_carried(box, place, written)
        else:
            box.field.show_state("typed")
            box.beside("")
        if box.field.proposal() and not written and not derived:
            box.field.show_state("proposed")
            box.beside(self.words("catalogue.read"), cap=box.field.hasFocus())

    def _say_carried(self, box: FieldBox, place: Place, written: str) -> None:
        """Say where an untouched value came from; if the machine read something else on the page, offer that."""
        read = box.field.proposal()
        if read and read != written:
            box.beside(self.words("catalogue.read_other", value=read), cap=box.field.hasFocus())
        elif written == place.field.default:
            box.beside(self.words("catalogue.preset"))
        else:
            box.beside(self.words("catalogue.carried"), "carry")

    def _show_note(self, form: Form, place: Place, fault: Finding | None) -> None:
        """Say under the field what is the matter; else how a date was understood."""
        box, key = self.boxes[place.key], place.key
        meant, written = form.judgement.normal.get(key), form.draft.fields.get(key, "")
        reason = form.draft.reasons.get(key, "")
        if fault is not None:
            tone = TONES[fault.level]
            if fault.level is Level.WARNING and reason:
                box.note(self.words("catalogue.excused", reason=reason), "ink_3", "ok")
                return
            more = self.words("catalogue.excuse") if fault.level is Level.WARNING else ""
            box.note(self.sentence(fault) + more, tone)
            if tone != "accent" and written:
                box.field.show_state(tone)
        elif meant is not None and meant.precision and meant.value != written and written:
            how = "meant" if self.narrow else f"meant_{meant.precision}"
            box.note(self.words(f"catalogue.{how}", value=meant.value), "ink_3", "info")
        else:
            box.note("")

    def sentence(self, fault: Finding) -> str:
        """Return what the clerk reads for a finding; a field it names is named by its label."""
        facts = dict(fault.facts)
        other = self.kind.field(facts.get("other", ""))
        if other is not None:
            facts["other"] = other.label
        return self.words(f"finding.{fault.code}", **{"basis": "", **facts})

    def propose(self, proposals: Mapping[str, str]) -> None:
        """Show what the machine read in the fields that are still empty."""
        self._read = dict(proposals)
        for key, box in self.boxes.items():
            box.field.propose(proposals.get(key, "") or self._computed.get(key, ""))
            if box.field.state() == "proposed":
                box.beside(self.words("catalogue.read"), cap=box.field.hasFocus())
            elif box.field.state() == "carried":
                self._say_carried(box, self.places[key], box.field.text())

    def show_cap(self, here: str) -> None:
        """The cap F2 stands at the field the cursor is in, if something was read for it."""
        for key, box in self.boxes.items():
            if box.field.proposal() and not box.field.text():
                box.beside(self.words("catalogue.read" if key in self._read else "catalogue.computed"), cap=key == here)
            elif box.field.state() == "carried":
                self._say_carried(box, self.places[key], box.field.text())


def _worst(findings: tuple[Finding, ...], all_of_them: bool) -> dict[str, Finding]:
    """Return the gravest finding of each field; an empty field is told only once filing was tried."""
    order = [Level.ERROR, Level.WARNING, Level.INFO]
    found: dict[str, Finding] = {}
    for one in sorted(findings, key=lambda finding: order.index(finding.level)):
        if all_of_them or one.code not in ASKED_AT_FILING:
            found.setdefault(one.field, one)
    return found
