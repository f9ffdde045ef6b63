"""A person's file (一人一档): who it is, how that was concluded, and every record in the order of its date."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout

from desktop.services.person_views import PersonFile, Side, SourceSeen
from desktop.ui.models.paged import Cell, PagedRows
from desktop.ui.pages.files import Files
from desktop.ui.theme import Look
from desktop.ui.widgets.boxes import card, col, row, rule
from desktop.ui.widgets.field import Field
from desktop.ui.widgets.keys import KeyCap
from desktop.ui.widgets.life_lines import LifeLines, LifeMark
from desktop.ui.widgets.table import Column, Table
from desktop.ui.widgets.text import Elided, Icon, Paragraph, Runs
from desktop.ui.widgets.viewer import PageViewer
from desktop.ui.words import Words

VIEWER_PX = 296


def key_of(place: int) -> str:
    """Return the digit a record is chosen by; those after the ninth have none."""
    return str(place + 1) if place < 9 else ""


def marks_of(sides: Sequence[Side]) -> list[LifeMark]:
    """Return a person's records on the lines of a life: a marriage lasts until the record that ends it, or until today's last."""
    years = [_year(side) for side in sides]
    marks = []
    for place, side in enumerate(sides):
        ended = [years[later] for later in range(place + 1, len(sides)) if sides[later].ends or sides[later].marries]
        until = (ended[0] if ended else max(years)) if side.marries else None
        marks.append(LifeMark(side.kind_label, years[place], key_of(place) or "·", until))
    return marks


def _year(side: Side) -> float:
    """Return the date of a record in years, to the month."""
    year, _, rest = (side.case or str(side.year)).partition("-")
    return int(year) + (int(rest[:2]) - 1) / 12 if rest else float(year)


class FilePanel(QFrame):
    """Shows one person's file; `opened` tells the archive number of a record, `chosen` its id, `purpose_given` the purpose."""

    opened = Signal(str)
    chosen = Signal(str)
    purpose_given = Signal(str)

    def __init__(self, look: Look, words: Words) -> None:
        super().__init__()
        self.look, self.words = look, words
        self.file: PersonFile | None = None
        self._who, self._rest = Runs(look), Elided(look, "", "label", "ink_2")
        self._how = Paragraph(look, "", "label", "ink_3")
        self._number = Elided(look, "", "label", "ink_2")
        self.lines = LifeLines(look, words("persons.records"))
        self._lines_row = col(self.lines, rule(), gap=0)
        self.table = Table(
            look,
            words("persons.records"),
            (
                Column("", 44),
                Column(words("persons.date"), 108), Column(words("persons.record"), 88), Column(words("persons.as"), 92),
                Column(words("persons.said")),
                Column("", 84),
            ),
            row_px=36,
        )  # fmt: skip
        self.table.setObjectName("files")
        self._model: PagedRows[Side | SourceSeen] = PagedRows([one.head for one in self.table.columns], self._cells)
        self.table.setModel(self._model)
        self.purpose = Field(look, words("search.purpose"), words("search.purpose_hint"), 26)
        self.purpose.setObjectName("persons:purpose")
        self._purpose_row = row(Icon(look, "eye", "warn", 16), (self.purpose, 1), KeyCap(look, "Enter"), gap=8)
        self._purpose_row.hide()
        head = row(
            Icon(look, "person", "accent", 28), (col(self._who, self._rest, gap=0), 1), gap=16, margins=(16, 8, 16, 8)
        )
        foot = col(self._number, self._how, self._purpose_row, gap=8, margins=(16, 8, 16, 12))
        self.viewer = PageViewer(look, words, strip=False)
        self.viewer.setFixedWidth(VIEWER_PX)
        lay = QHBoxLayout(self)
        lay.setContentsMargins(0, 0, 0, 0)
        lay.setSpacing(12)
        lay.addWidget(card(head, rule(), self._lines_row, (self.table, 1), rule(), foot), 1)
        lay.addWidget(self.viewer)
        self.lines.picked.connect(self.choose)
        self.table.chosen.connect(self._choose)
        self.table.opened.connect(self._open)
        self.purpose.returnPressed.connect(self._give_purpose)

    def set_narrow(self, narrow: bool) -> None:
        self.table.set_narrow(narrow)
        self._lines_row.setVisible(not narrow)
        self.viewer.setVisible(not narrow)

    def show_file(self, file: PersonFile, *, unmasked: bool = False) -> None:
        """Show the person; numbers only where they were asked for."""
        here = self._here(file)
        self.file = file
        words, sides = self.words, file.sides
        names = "、".join(dict.fromkeys(side.name for side in sides))
        years = sorted({side.case[:4] or str(side.year) for side in sides})
        span = years[0] if len(years) == 1 else f"{years[0]}—{years[-1]}"
        told = words("persons.file_count", count=len(sides), years=span)
        self._who.say((names, "head", "ink"), (f"　{told}", "label", "ink_3"))
        self._rest.setText("　".join(self._told(sides, unmasked)))
        self._how.say(self._concluded(file))
        self.lines.show_marks(marks_of(sides))
        self._model.show_rows([*sides, *file.rows])
        self.table.choose(next((n for n, side in enumerate(sides) if side.mention == here), 0))

    def _here(self, file: PersonFile) -> int:
        """Return which mention is to be chosen: the one that was, where this person's file is shown already."""
        before, line = self.file, self.table.line()
        if before is not None and before.mention == file.mention and 0 <= line < len(before.sides):
            return before.sides[line].mention
        return file.mention

    def _told(self, sides: Sequence[Side], unmasked: bool) -> list[str]:
        def first(*values: str) -> str:
            return next((value for value in values if value), "")

        numbers = [side.written_number if unmasked else side.masked_number for side in sides]
        spouses = "、".join(dict.fromkeys(name for side in sides for name in side.spouses))
        born = first(*(side.born for side in sides if not side.aged), *(side.born for side in sides))
        died = first(*(side.died for side in sides))
        return [
            one
            for one in (
                first(*(side.sex for side in sides)),
                f"{self.words('persons.born')} {born}" if born else "",
                "、".join(dict.fromkeys(filter(None, numbers))) or self.words("persons.no_number"),
                first(*(side.home for side in reversed(sides))),
                f"{self.words('persons.spouse')} {spouses}" if spouses else "",
                f"{self.words('persons.died')} {died}" if died else "",
            )
            if one
        ]

    def _concluded(self, file: PersonFile) -> str:
        words = self.words
        said = [
            words(
                "persons.linked_by", by=one.by, day=one.at[:10],
                reasons="、".join(words(f"persons.reason_{code}") for code in one.reasons),
            )
            for one in file.links[:2]
        ]  # fmt: skip
        if len(file.links) > 2:
            said.append(words("persons.more_links", count=len(file.links) - 2))
        if file.open:
            said.append(words("persons.open", count=len(file.open)))
        if file.held and not file.rows:
            said.append(words("persons.held", count=file.held))
        return "　".join(said) if said else words("persons.alone")

    def _cells(self, one: Side | SourceSeen) -> Sequence[Cell]:
        return self._side_cells(one) if isinstance(one, Side) else self._source_cells(one)

    def _source_cells(self, row: SourceSeen) -> Sequence[Cell]:
        said = "　".join(text for _, text in row.cells)  # what each is called stands beside
        pill = Cell(self.words("persons.old"), "pill", "warn") if row.old else Cell("")
        return Cell(""), Cell(row.came_on, "mute"), Cell(row.label), Cell(row.office, "mute"), Cell(said), pill

    def _side_cells(self, side: Side) -> Sequence[Cell]:
        loose = self.file is not None and side.mention in self.file.open
        said = "　".join((side.name, *(f"{self.words('persons.spouse')} {name}" for name in side.spouses)))
        pill = Cell(self.words("persons.unlinked"), "pill", "warn") if loose else Cell("")
        date = Cell(side.case or str(side.year), "strong")
        key = Cell(key_of(self.file.sides.index(side)) if self.file is not None else "", "key")
        return key, date, Cell(side.kind_label), Cell(side.role, "mute"), Cell(said), pill

    def _choose(self, line: int) -> None:
        if self.file is not None and 0 <= line < len(self.file.sides):
            self.lines.show_here(line)
            side = self.file.sides[line]
            self._number.setText(self.words("persons.chosen", number=side.number, title=side.title))
            self.chosen.emit(self.file.sides[line].record)
        elif self.file is not None and 0 <= line < len(self.file.sides) + len(self.file.rows):
            self._show_row(self.file.rows[line - len(self.file.sides)])

    def _show_row(self, row: SourceSeen) -> None:
        """The whole of what another office says stands at the foot, and beside, where there is room."""
        came = self.words(
            "persons.source_old" if row.old else "persons.source_fresh", day=row.came_on, days=row.fresh_days
        )
        self._number.setText(f"{row.label}　{row.office}　{came}")
        self.viewer.show_nothing("\n".join(f"{label}　{text}" for label, text in row.cells))

    def show_pages(self, record: str, files: Files) -> None:
        """Show the pages of the record if it is still the one that is chosen."""
        line = self.table.line()
        if self.file is None or not 0 <= line < len(self.file.sides) or self.file.sides[line].record != record:
            return
        if files.pages:
            self.viewer.show_pages(files.pages, files.picture)
        else:
            self.viewer.show_nothing(self.words("viewer.none"))

    def choose(self, line: int) -> None:
        """The record on that line is chosen, if there is one."""
        if self.file is not None and line < len(self.file.sides):
            self.table.choose(line)

    def _open(self, line: int) -> None:
        if self.file is not None and 0 <= line < len(self.file.sides):
            self.opened.emit(self.file.sides[line].number)

    def ask_purpose(self) -> None:
        """Ask what the look behind the mask is for."""
        self._purpose_row.show()
        self.purpose.setText("")
        self.purpose.setFocus()

    def drop_purpose(self) -> bool:
        """No purpose is asked any more; False when none was."""
        shown = not self._purpose_row.isHidden()
        self._purpose_row.hide()
        return shown

    def _give_purpose(self) -> None:
        if self.purpose.text().strip():
            self.purpose_given.emit(self.purpose.text().strip())
            self._purpose_row.hide()
