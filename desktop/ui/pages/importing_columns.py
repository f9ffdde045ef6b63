"""导入, its second step: which column is which field, with sample values beside; all by keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout

from desktop.services.imports import editing
from desktop.services.imports.as_source import places_of
from desktop.services.imports.editing import FieldChoice
from desktop.services.imports.headers import plain
from desktop.services.imports.importing import Look as TableLook
from desktop.services.imports.templates import Part, Template
from desktop.ui.models.paged import Cell, PagedRows
from desktop.ui.theme import Look
from desktop.ui.widgets.boxes import card, row, rule, tall
from desktop.ui.widgets.field import Field
from desktop.ui.widgets.keys import Button, KeyCap
from desktop.ui.widgets.table import Column, Table
from desktop.ui.widgets.text import Elided, Paragraph, Runs, Text
from desktop.ui.words import Words
from sync.contract.kinds import Kind
from sync.contract.sources import Source

CHOICES_PX, NARROW_CHOICES_PX = 380, 330
SAMPLES = 3


@dataclass(frozen=True, slots=True)
class ColumnRow:
    """One column of the sheet: its label, some of its texts, the field it is."""

    label: str
    samples: tuple[str, ...]
    field: str
    marks: str


class ColumnsStep(QFrame):
    """Columns left, the fields of the kind right; typing in the box above the fields narrows them down."""

    changed = Signal(object)  # a Template
    tried = Signal()

    def __init__(self, look: Look, words: Words, kinds: Mapping[str, Kind]) -> None:
        super().__init__()
        self.look, self.words, self._kinds = look, words, kinds
        self._seen: TableLook | None = None
        self._template: Template | None = None
        self._place = 0
        self._head, self._note = Runs(look), Elided(look, "", "label", "ink_3")
        self._missing = Paragraph(look, "", "label", "warn")
        self.columns = Table(
            look,
            words("import.columns"),
            (
                Column(words("import.column"), 176),
                Column(words("import.samples")),
                Column(words("import.as_field"), 172),
                Column("", 52),
            ),
        )
        self.columns.setObjectName("columns")
        self.column_rows: PagedRows[ColumnRow] = PagedRows(
            [one.head for one in self.columns.columns], self._column_cells
        )
        self.columns.setModel(self.column_rows)
        self.search = Field(look, words("import.search"), words("import.search_hint"))
        self.search.setObjectName("import:search")
        self.choices = Table(
            look, words("import.fields"), (Column(words("import.fields")), Column(words("import.filled"), 140))
        )
        self.choices.setObjectName("fields")
        self.choice_rows: PagedRows[FieldChoice] = PagedRows(["", ""], self._choice_cells)
        self.choices.setModel(self.choice_rows)
        self.choices.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.fixed = Field(look, words("import.fixed"), words("import.fixed_hint"))
        self.fixed.setObjectName("import:fixed")
        self.go_button = Button(look, words("import.try"), "Ctrl+Enter", "main")
        self.go_button.setObjectName("import:try")
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        look, words = self.look, self.words
        head = row(self._head, (self._note, 1), self.go_button, gap=12, margins=(16, 0, 12, 0), height=48)
        left = card(head, rule(), (self.columns, 1), row((self._missing, 1), margins=(16, 8, 16, 8)))
        self._fixed_row = row(
            Text(look, words("import.fixed"), "label", "ink_2"),
            (self.fixed, 1),
            KeyCap(look, "F6"),
            gap=8,
            margins=(12, 6, 12, 6),
        )
        search = row((self.search, 1), gap=8, margins=(12, 8, 12, 8))
        self._right = card(search, rule(), (self.choices, 1), rule(), self._fixed_row, width=CHOICES_PX)
        lay = QVBoxLayout(self)
        lay.setContentsMargins(0, 0, 0, 0)
        body = QHBoxLayout()
        body.setSpacing(12)
        body.addWidget(tall(left), 1)
        body.addWidget(tall(self._right))
        lay.addLayout(body, 1)
        self.setFocusProxy(self.columns)

    def _connect(self) -> None:
        self.columns.chosen.connect(self._show_choice_of)
        self.columns.opened.connect(self._begin_choice)
        self.search.textEdited.connect(self._filter)
        self.search.returnPressed.connect(self._take)
        self.choices.clicked.connect(self._take)
        self.fixed.returnPressed.connect(self._fix)
        self.go_button.clicked.connect(self.tried)
        for keys, step in (("Down", 1), ("Up", -1)):
            shortcut = QShortcut(QKeySequence(keys), self.search)
            shortcut.setContext(Qt.ShortcutContext.WidgetShortcut)
            shortcut.setProperty("step", step)
            shortcut.activated.connect(self._step_choice)

    def set_narrow(self, narrow: bool) -> None:
        self._right.setFixedWidth(NARROW_CHOICES_PX if narrow else CHOICES_PX)

    # what is shown

    def show_look(self, seen: TableLook) -> None:
        """The columns of this table are shown, with the template that was proposed, or as the source that it is."""
        self._seen, self._place = seen, 0
        self._right.setVisible(seen.table.source is None)
        if seen.table.source is not None:
            self._show_source(seen, seen.table.source)
        else:
            self.show_template(seen.table.template)
        self.columns.choose(0)

    @property
    def is_source(self) -> bool:
        """Whether the table in front is one that another office keeps, whose columns need no telling."""
        return self._seen is not None and self._seen.table.source is not None

    def _show_source(self, seen: TableLook, source: Source) -> None:
        self._template = None
        columns = {place: source.column(name) for name, place in places_of(source, seen.table.header).items()}
        rows = []
        for place, label in enumerate(seen.table.header.labels):
            column = columns.get(place)
            if label:
                found = column.label if column else self.words("import.as_it_came")
                rows.append(ColumnRow(label, seen.samples.get(label, ())[:SAMPLES], found, ""))
        self.column_rows.show_rows(rows)
        self._head.say((source.label, "head", "ink"), (f"　{source.office}", "label", "ink_2"))
        self._note.setText(self.words(f"import.delivers_{source.delivers.value}"))
        lacking = [one.label for one in source.columns if one.needed and one not in columns.values()]
        words = (
            self.words("import.lacking", fields="、".join(lacking)) if lacking else self.words("import.source_words")
        )
        self._missing.say(words, "warn" if lacking else "ok")

    def show_template(self, template: Template) -> None:
        """The columns are shown as this template uses them."""
        self._template = template
        assert self._seen is not None
        part, kind = self.part, self.kind
        named = {choice.key: choice.label for choice in editing.choices_of(kind, part)}
        rows = []
        for label in filter(None, self._seen.table.header.labels):
            use = part.columns.get(label)
            keys = (use.field, *use.also) if use else ()
            field = "、".join(named.get(key, key) for key in keys)
            marks = (self.words("import.is_key") if label in template.key else "") + (
                self.words("import.is_group") if label in template.group else ""
            )
            if any(label in when for when in (part.when, part.lead_when)):
                marks += self.words("import.is_when")
            rows.append(ColumnRow(label, self._seen.samples.get(label, ())[:SAMPLES], field, marks))
        line = max(0, self.columns.line())
        self.column_rows.show_rows(rows)
        self.columns.choose(min(line, len(rows) - 1))
        self._say(kind, part)
        self._filter(self.search.text())

    @property
    def template(self) -> Template:
        assert self._template is not None
        return self._template

    @property
    def part(self) -> Part:
        return self.template.parts[self._place]

    @property
    def kind(self) -> Kind:
        return self._kinds[self.part.kind]

    def _say(self, kind: Kind, part: Part) -> None:
        assert self._seen is not None
        retention = next((one.label for one in kind.retentions if one.code == part.retention), kind.retentions[0].label)
        self._head.say((kind.label, "head", "ink"), (f"　{retention}", "label", "ink_2"))
        said = [self.words(f"import.by_{self._seen.proposer.value}"), self.words(f"import.origin_{part.origin.value}")]
        if len(self.template.parts) > 1:
            said.append(self.words("import.part", number=self._place + 1, count=len(self.template.parts)))
        self._note.setText("　".join(said))
        lacking = editing.missing(self._kinds, self.template)
        words = self.words("import.lacking", fields="、".join(lacking)) if lacking else self.words("import.complete")
        self._missing.say(words, "warn" if lacking else "ok")

    def _column_cells(self, one: ColumnRow) -> Sequence[Cell]:
        field = Cell(one.field, "text", "accent") if one.field else Cell(self.words("import.not_used"), "mute")
        return Cell(one.label), Cell("　".join(one.samples), "mute"), field, Cell(one.marks, "mute")

    def _choice_cells(self, one: FieldChoice) -> Sequence[Cell]:
        if not one.key:
            return Cell(self.words("import.not_used"), "mute"), Cell("")
        label = Cell(one.label, "strong" if one.needed else "text")
        if one.column:
            return label, Cell(one.column, "mute")
        if one.fixed:
            return label, Cell(f"「{one.fixed}」", "mute", "ink")
        lacks = one.needed and not one.defaulted
        return label, Cell(self.words("import.lacks") if lacks else "", "pill" if lacks else "mute", "warn")

    # what is done

    def column(self) -> ColumnRow | None:
        line = self.columns.line()
        return self.column_rows.row_at(line) if 0 <= line < self.column_rows.rowCount() else None

    def choice(self) -> FieldChoice | None:
        line = self.choices.line()
        return self.choice_rows.row_at(line) if 0 <= line < self.choice_rows.rowCount() else None

    def _show_choice_of(self, _line: int) -> None:
        if self._template is not None:
            self._filter(self.search.text())

    def _filter(self, typed: str) -> None:
        """The fields whose label holds what was typed; the one the column is, or the first, is chosen."""
        wanted = plain(typed)
        found = [one for one in editing.choices_of(self.kind, self.part) if wanted in plain(one.label)]
        rows = [FieldChoice("", "", False, "", "", False), *found]
        self.choice_rows.show_rows(rows)
        column = self.column()
        here = next(
            (n for n, one in enumerate(rows) if column and one.column == column.label), 1 if wanted and found else 0
        )
        self.choices.choose(here)
        choice = self.choice()
        self.fixed.setText(choice.fixed if choice else "")

    def _begin_choice(self, _line: int) -> None:
        if self.is_source:
            return
        self.search.setText("")
        self._filter("")
        self.search.setFocus(Qt.FocusReason.OtherFocusReason)

    def _step_choice(self) -> None:
        sender = self.sender()
        step = int(sender.property("step")) if sender is not None else 0
        self.choices.choose(max(0, min(self.choices.line() + step, self.choice_rows.rowCount() - 1)))
        choice = self.choice()
        self.fixed.setText(choice.fixed if choice else "")

    def _take(self) -> None:
        """The column becomes the chosen field, and the next column is asked for."""
        choice = self.choice()
        if choice is not None:
            self._set(choice.key)
        self.search.setText("")
        line = self.columns.line()
        self.columns.setFocus(Qt.FocusReason.OtherFocusReason)
        self.columns.choose(min(line + 1, self.column_rows.rowCount() - 1))

    def no_field(self) -> None:
        """The chosen column is left out."""
        self._set("")

    def _set(self, key: str) -> None:
        column = self.column()
        if column is None or self._seen is None:
            return
        samples = self._seen.samples.get(column.label, ())
        self.changed.emit(editing.with_column(self.kind, self.template, self._place, column.label, key, samples))

    def ask_fixed(self) -> None:
        """The cursor stands where the text for the chosen field is typed."""
        if not self.search.hasFocus() and not self.fixed.hasFocus():
            self._begin_choice(self.columns.line())
        else:
            self.fixed.setFocus(Qt.FocusReason.OtherFocusReason)
            self.fixed.selectAll()

    def _fix(self) -> None:
        choice = self.choice()
        if choice is not None and choice.key:
            self.changed.emit(editing.with_fixed(self.template, self._place, choice.key, self.fixed.text()))
        self.columns.setFocus(Qt.FocusReason.OtherFocusReason)

    def next_retention(self) -> None:
        self.changed.emit(editing.with_next_retention(self.kind, self.template, self._place))

    def other_origin(self) -> None:
        self.changed.emit(editing.with_other_origin(self.template, self._place))

    def next_part(self) -> None:
        """A table of several kinds shows its next one."""
        self._place = (self._place + 1) % len(self.template.parts)
        self.show_template(self.template)

    def mark_key(self) -> None:
        """The column names an entry, or no longer."""
        column = self.column()
        if column is not None:
            self.changed.emit(editing.with_key(self.template, column.label))

    def mark_group(self) -> None:
        """Neighbouring rows with the same text in this column are one entry, or no longer."""
        column = self.column()
        if column is not None and self._seen is not None:
            labels = self._seen.table.header.labels
            self.changed.emit(editing.with_group(self.kind, self.template, column.label, labels))

    def put_back(self) -> bool:
        """Esc: leave the search box first; True if there was something to leave."""
        if self.search.hasFocus() or self.fixed.hasFocus():
            self.search.setText("")
            self._filter("")
            self.columns.setFocus(Qt.FocusReason.OtherFocusReason)
            return True
        return False
