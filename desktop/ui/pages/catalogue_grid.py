"""How the fields of a form stand (版式): groups side by side as on the paper, else two on a line, long ones alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QWidget

from desktop.ui.theme import Look
from desktop.ui.widgets.boxes import empty, row
from desktop.ui.widgets.field import FieldBox
from desktop.ui.widgets.text import Text
from sync.contract.kinds import Field as KindField
from sync.contract.kinds import FieldType, Group, Kind, Search

WHOLE_LINE = 100  # a text that may be longer than this many signs takes a whole line


@dataclass(frozen=True, slots=True)
class Place:
    """Where one field of the form stands: its written key, what it is, its group and number in a repeated one."""

    key: str
    field: KindField
    group: Group
    number: int | None = None


Places = Mapping[str, Place]
Boxes = Mapping[str, FieldBox]


class FormGrid(QGridLayout):
    """A column of labels and two of fields."""

    def __init__(self, parent: QWidget, look: Look) -> None:
        super().__init__(parent)
        self.look = look
        self.narrow = False  # a narrow window shows one field on a line, whole
        self.setContentsMargins(0, 0, 0, 0)
        self.setHorizontalSpacing(12)
        self.setVerticalSpacing(4)
        self.setColumnStretch(1, 1)
        self.setColumnStretch(2, 1)

    def clear(self) -> None:
        """Nothing stands in the grid any more."""
        for line in range(self.rowCount()):
            self.setRowStretch(line, 0)
        empty(self)

    def lay(self, kind: Kind, places: Places, boxes: Boxes) -> None:
        """The boxes stand in their places, in the order of the paper."""
        line = 0
        beside = {group.beside for group in kind.groups if group.beside}
        for group in kind.groups:
            if group.beside:
                line = self._lay_pair(kind, group, places, boxes, line)
            elif group.key not in beside or not group.key:
                line = self._lay_group(group, places, boxes, line)
        self.setRowStretch(line, 1)

    def _label(self, words: str, needed: bool) -> QWidget:
        label = Text(self.look, words, "label", "ink_2")
        star = Text(self.look, "*" if needed else "", "label", "danger")
        return row(label, star, None, gap=2, height=30)

    def _head(self, words: str) -> QWidget:
        return row(Text(self.look, words, "label", "ink_2"), None, height=22)

    def _lay_pair(self, kind: Kind, group: Group, places: Places, boxes: Boxes, line: int) -> int:
        """Two groups as two columns: a label once, left the one, right the other."""
        other = next(one for one in kind.groups if one.key == group.beside)
        self.addWidget(self._head(group.label), line, 1)
        self.addWidget(self._head(other.label), line, 2)
        names = [field.key.removeprefix(group.key) for field in group.fields]
        names += [n for field in other.fields if (n := field.key.removeprefix(other.key)) not in names]
        for name in names:
            pair = [places.get(one.key + name) for one in (group, other)]
            known = next((place for place in pair if place), None)
            if known is None:
                continue
            line += 1
            self.addWidget(self._label(known.field.label, known.field.required), line, 0, Qt.AlignmentFlag.AlignTop)
            for column, place in enumerate(pair, start=1):
                if place:
                    self.addWidget(boxes[place.key], line, column, Qt.AlignmentFlag.AlignTop)
        return line + 1

    def _lay_group(self, group: Group, everywhere: Places, boxes: Boxes, line: int) -> int:
        """Fields of one group, two on a line; a long one takes the line whole."""
        places = [place for place in everywhere.values() if place.group is group]
        left = True
        before: int | None = None
        for place in places:
            if (place.number is not None and place.number != before) or (place is places[0] and group.key):
                before = place.number
                head = f"{group.label} {place.number + 1}" if place.number is not None else group.label
                line += 0 if left else 1
                self.addWidget(self._head(head), line, 1, 1, 2)
                line, left = line + 1, True
            whole = self.narrow or _takes_a_line(place.field)
            if whole and not left:
                line, left = line + 1, True
            label = self._label(place.field.label, place.field.required)
            if left:
                self.addWidget(label, line, 0, Qt.AlignmentFlag.AlignTop)
                self.addWidget(boxes[place.key], line, 1, 1, 2 if whole else 1, Qt.AlignmentFlag.AlignTop)
                left = whole
                line += 1 if whole else 0
            else:
                self.addWidget(self._beside_label(label, boxes[place.key]), line, 2, Qt.AlignmentFlag.AlignTop)
                line, left = line + 1, True
        return line if left else line + 1

    def _beside_label(self, label: QWidget, box: FieldBox) -> QWidget:
        """The second field of a line brings its label with it."""
        both = QWidget()
        lay = QHBoxLayout(both)
        lay.setContentsMargins(0, 0, 0, 0)
        lay.setSpacing(8)
        label.setMinimumWidth(64)
        lay.addWidget(label, 0, Qt.AlignmentFlag.AlignTop)
        lay.addWidget(box, 1, Qt.AlignmentFlag.AlignTop)
        return both


def _takes_a_line(field: KindField) -> bool:
    """A paragraph, or a text that may be long and is no number or code."""
    free = field.type is FieldType.TEXT and not field.choices and field.search is not Search.EXACT
    return field.type is FieldType.PARAGRAPH or (free and field.max_length >= WHOLE_LINE)
