"""规则发布: which rules the townships work with; other rules out of a folder, who would change, and the next edition."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from PySide6.QtWidgets import QFileDialog, QVBoxLayout, QWidget

from desktop.services.publishing import Rules, Trial
from desktop.ui.models.paged import Cell, PagedRows
from desktop.ui.pages.page import Keys, Page
from desktop.ui.theme import Look
from desktop.ui.widgets.boxes import card, col, row, rule, tall
from desktop.ui.widgets.field import Field
from desktop.ui.widgets.keys import Button
from desktop.ui.widgets.notice import EmptyState
from desktop.ui.widgets.table import Column, Table
from desktop.ui.widgets.text import Elided, Paragraph, Text
from desktop.ui.words import Words
from sync.contract.editions import StandingEdition, TownshipEdition, WhoChanges
from sync.contract.errors import InvalidRecord

if TYPE_CHECKING:
    from desktop.services.desk import Desk

TOWNSHIPS_PX, NARROW_TOWNSHIPS_PX = 280, 220


class EditionsPage(Page):
    """Files are edited outside, with any editor; nothing is published before it was tried, and then by an officer alone."""

    KEYS: ClassVar[Keys] = (
        ("F6", "editions.key_save"),
        ("F7", "editions.key_try"),
        ("Ctrl+Enter", "editions.key_publish"),
        ("↑ ↓", "editions.key_choose"),
        ("F5", "editions.key_again"),
    )

    def __init__(self, look: Look, words: Words, desk: Desk) -> None:
        super().__init__(look, words, "editions")
        self._service, self._line, self._kinds = desk.publishing, desk.county_line, desk.kinds
        self.rules: Rules | None = None
        self.trial: Trial | None = None
        self._busy = False
        self._note = Elided(look, "", "label", "ink_3")
        self.townships = Table(
            look, words("editions.townships"), (Column(words("editions.township")), Column(words("editions.works"), 96))
        )
        self.townships.setObjectName("editions:townships")
        self.town_model: PagedRows[TownshipEdition] = PagedRows(
            [one.head for one in self.townships.columns], self._town_cells
        )
        self.townships.setModel(self.town_model)
        self.changes = Table(
            look, words("editions.changes"),
            (
                Column(words("editions.township"), 112), Column(words("editions.kind"), 104),
                Column(words("editions.gained"), 92, right=True), Column(words("editions.lost"), 92, right=True),
                Column(words("editions.some"), always=False),
            ),
        )  # fmt: skip
        self.changes.setObjectName("editions:changes")
        self.model: PagedRows[WhoChanges] = PagedRows([one.head for one in self.changes.columns], self._cells)
        self.changes.setModel(self.model)
        self._head, self._told = Text(look, "", "head"), Paragraph(look, "", "label", "ink_2")
        self.title = Field(look, words("editions.title"), words("editions.title_hint"), 28)
        self.title.setObjectName("editions:title")
        self.try_button = Button(look, words("editions.try"), "F7")
        self.try_button.setObjectName("editions:try")
        self.publish_button = Button(look, words("editions.publish"), "Ctrl+Enter", "main")
        self.publish_button.setObjectName("editions:publish")
        self.join_button = Button(look, words("board.join"), "Enter", "main")
        self.join_button.clicked.connect(partial(self.went.emit, "review", None))  # where the form is
        self.alone = EmptyState(look, "offline", words("board.alone"), words("board.alone_words"), self.join_button)
        self.nothing = EmptyState(look, "rules", words("editions.untried"), words("editions.untried_words"))
        self._lay_out()
        self.try_button.clicked.connect(self.choose_folder)
        self.publish_button.clicked.connect(self.publish)
        for keys, act in (
            ("F5", self.look_again), ("F6", self.choose_place), ("F7", self.choose_folder), ("Ctrl+Return", self.publish),
            ("Ctrl+Enter", self.publish),
        ):  # fmt: skip
            self.bind(keys, act)

    def _lay_out(self) -> None:
        self._left = card((self.townships, 1))
        head = row((self._head, 1), self.try_button, gap=12, margins=(16, 0, 16, 0), height=56)
        told = col(self._told, margins=(16, 10, 16, 10))
        foot = row((self.title, 1), self.publish_button, gap=12, margins=(16, 0, 16, 0), height=56)
        self._right = card(head, rule(), told, rule(), (self.changes, 1), (self.nothing, 1), rule(), foot)
        self._body = row(tall(self._left), (tall(self._right), 1), gap=12)
        self._lay = QVBoxLayout(self)
        title = Text(self.look, self.words("nav.editions"), "title")
        self._lay.addWidget(row(title, (self._note, 1), gap=12, height=32))
        for part in (self._body, self.alone):
            self._lay.addWidget(part, 1)
        self._show(self._body)
        self._tell_trial()

    def set_narrow(self, narrow: bool) -> None:
        super().set_narrow(narrow)
        self._lay.setContentsMargins(*((12, 4, 12, 8) if narrow else (16, 12, 16, 16)))
        self._lay.setSpacing(4 if narrow else 12)
        self._left.setFixedWidth(NARROW_TOWNSHIPS_PX if narrow else TOWNSHIPS_PX)
        self.changes.set_narrow(narrow)

    def visit(self, wanted: object = None) -> None:
        self.ask(self._line.enrolled, self._take_enrolled)

    def _take_enrolled(self, enrolled: bool) -> None:
        self._show(self._body if enrolled else self.alone)
        if enrolled:
            self.look_again()
        else:
            self.join_button.setFocus()

    def _show(self, shown: QWidget) -> None:
        for part in (self._body, self.alone):
            part.setVisible(part is shown)

    def look_again(self) -> None:
        """Ask the county which edition stands, and what the townships work with."""
        self.ask(self._service.read, self._take)

    def _take(self, rules: Rules) -> None:
        self.rules = rules
        stands = rules.standing
        if stands.edition.number:
            facts = {"number": stands.edition.number, "title": stands.edition.title, "by": stands.published_by}
            self._note.setText(self.words("editions.stands", at=stands.published_at[:10], **facts))
        else:
            self._note.setText(self.words("editions.shipped"))
        self.town_model.show_rows(stands.townships)
        if stands.townships:
            self.townships.choose(0)
        self._tell_trial()
        self.townships.setFocus()

    # the files

    def choose_place(self) -> None:
        """Ask for a folder in which the files of the edition shall stand, to be edited."""
        chosen = QFileDialog.getExistingDirectory(self, self.words("editions.save_title"))
        if chosen:
            self.save_to(Path(chosen))

    def save_to(self, folder: Path) -> None:
        """The files of the edition that stands are in the folder."""
        if self.rules is not None:
            self.ask(partial(self._service.save_files, self.rules, folder), self._saved)

    def _saved(self, folder: Path) -> None:
        self.tell("editions.saved", name=folder.name)

    def choose_folder(self) -> None:
        """Ask for the folder whose files shall be tried."""
        chosen = QFileDialog.getExistingDirectory(self, self.words("editions.try_title"))
        if chosen:
            self.try_folder(Path(chosen))

    def try_folder(self, folder: Path) -> None:
        """The county tells who would change if these files stood; nothing is changed by it."""
        if not self._busy:
            self._busy = True
            self._head.say(self.words("editions.trying"), "ink_2")
            self.ask(partial(self._service.try_folder, folder), self._tried, self._failed)

    def _tried(self, trial: Trial) -> None:
        self._busy, self.trial = False, trial
        self._tell_trial()
        self.model.show_rows(trial.tried.lines)
        if trial.tried.lines:
            self.changes.choose(0)
        (self.title if self._may_publish() else self.changes).setFocus()

    def _tell_trial(self) -> None:
        """Say what came of the files, and what can be done with them."""
        words, tried = self.words, None if self.trial is None else self.trial.tried
        shown = tried is not None and bool(tried.lines)
        for part, visible in sorted(((self.changes, shown), (self.nothing, not shown)), key=lambda pair: pair[1]):
            part.setVisible(visible)
        self.title.setEnabled(self._may_publish())
        self.publish_button.setEnabled(self._may_publish())
        if tried is None:
            self._head.say(words("editions.head"), "ink")
            self._told.say(words("editions.how"), "ink_2")
            return
        if tried.flaw:
            self._head.say(words("editions.flawed"), "danger")
            self._told.say(tried.flaw, "danger")
            return
        if not tried.changed and not self._others():
            self._head.say(words("editions.same"), "ink")
            self._told.say(words("editions.same_words"), "ink_2")
            return
        kinds = "、".join(self._kind(one) for one in tried.changed) or words("editions.no_kind")
        self._head.say(words("editions.would", gained=sum(one.gained for one in tried.lines),
                             lost=sum(one.lost for one in tried.lines)), "ink")  # fmt: skip
        told = words("editions.looked", kinds=kinds, looked=tried.looked_at, records=tried.records)
        if self.rules is not None and not self.rules.publishes:
            told += words("editions.officer")
        self._told.say(told, "ink_2")

    def _others(self) -> bool:
        """Whether the files are other ones than those that stand."""
        return (
            self.rules is not None and self.trial is not None and self.trial.files != self.rules.standing.edition.files
        )

    def _may_publish(self) -> bool:
        tried = self.trial.tried if self.trial is not None else None
        return bool(
            self.rules is not None and self.rules.publishes and tried is not None and not tried.flaw and self._others()
        )

    def publish(self) -> None:
        """The files that were tried stand as the next edition, under this officer's signature."""
        if self._busy or not self._may_publish():
            self.tell(
                "editions.not_yet" if self.rules is None or self.rules.publishes else "editions.not_officer", "warn"
            )
            return
        assert self.rules is not None
        assert self.trial is not None
        self._busy = True
        work = partial(self._service.publish, self.rules, self.trial, self.title.text())
        self.ask(work, self._published, self._failed)

    def _published(self, stands: StandingEdition) -> None:
        self._busy, self.trial = False, None
        self.title.clear()
        self.model.show_rows(())
        self.tell("editions.published", number=stands.edition.number)
        self.look_again()

    def _failed(self, fault: Exception) -> None:
        self._busy = False
        self._tell_trial()
        if isinstance(fault, InvalidRecord):
            self.tell("editions.needs_title", "warn")
            self.title.setFocus()
        else:
            self.tell_fault(fault)

    def _kind(self, key: str) -> str:
        kind = self._kinds.get(key)
        return kind.short if kind else key

    def _town_cells(self, one: TownshipEdition) -> Sequence[Cell]:
        newest = self.rules is not None and one.works_with >= self.rules.standing.edition.number
        said = self.words("editions.number", number=one.works_with) if one.works_with else self.words("editions.own")
        return (Cell(one.name or one.township, "strong"), Cell(said, "text", "ink" if newest else "warn"))

    def _cells(self, one: WhoChanges) -> Sequence[Cell]:
        numbers = "　".join((*one.gained_numbers, *one.lost_numbers)[:5])
        return (
            Cell(one.township_name or one.township, "strong"), Cell(self._kind(one.kind)),
            Cell(str(one.gained), "number", "warn" if one.gained else "ink_3"),
            Cell(str(one.lost), "number", "ok" if one.lost else "ink_3"), Cell(numbers, "mute"),
        )  # fmt: skip
