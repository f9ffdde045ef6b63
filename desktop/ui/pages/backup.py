"""备份: where the last good copy lies and how old it is, where further ones go, and whether each would come back."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QVBoxLayout

from desktop.services.changed import Progress
from desktop.ui.keeping import Keeper, Survey
from desktop.ui.models.paged import Cell, PagedRows
from desktop.ui.pages.backup_view import (
    BackupView,
    backup_cells,
    drill_words,
    health_words,
    place_words,
    read_view,
    status_words,
)
from desktop.ui.pages.checks import ToChecks
from desktop.ui.pages.page import Keys, Page
from desktop.ui.theme import Look
from desktop.ui.widgets.boxes import card, col, row, rule, stack, tall
from desktop.ui.widgets.field import Field
from desktop.ui.widgets.keys import Button
from desktop.ui.widgets.measure import Measure
from desktop.ui.widgets.notice import EmptyState
from desktop.ui.widgets.table import Column, Table
from desktop.ui.widgets.text import Elided, Icon, Paragraph, Text
from desktop.ui.words import Words
from sync.contract.errors import LantaiError, Refused

if TYPE_CHECKING:
    from desktop.services.backing_up import BackupLine
    from desktop.services.desk import Desk

PLACES_PX, NARROW_PLACES_PX = 360, 316


class BackupPage(Page):
    """The state above; below it left the places and what reading again has shown, right every generation."""

    KEYS: ClassVar[Keys] = (
        ("Ctrl+Enter", "backup.key_go"),
        ("Esc", "backup.key_stop"),
        ("Ctrl+O", "backup.key_folder"),
        ("F6", "backup.key_stick"),
        ("↑ ↓", "backup.key_choose"),
        ("F5", "backup.key_check"),
        ("F7", "backup.key_drill"),
        ("F9", "backup.key_checks"),
    )
    NARROW_KEYS: ClassVar[Keys] = (KEYS[0], KEYS[2], KEYS[3], KEYS[5], KEYS[6])

    def __init__(self, look: Look, words: Words, desk: Desk, keeper: Keeper) -> None:
        super().__init__(look, words, "backup")
        self._desk, self._keeper = desk, keeper
        self.view: BackupView | None = None
        self._icon = Icon(look, "backup", "ink_3", 28)
        self.state, self._next = Text(look, "", "head"), Elided(look, "", "label", "ink_2")
        self.go_button = Button(look, words("backup.go"), "Ctrl+Enter", "main")
        self.go_button.setObjectName("backup:go")
        self.stop_button = Button(look, words("backup.stop"), "Esc", "danger")
        self.measure = Measure(look, words("backup.progress"), height_px=6)
        self.folder, self.stick = self._field("folder"), self._field("stick")
        self.folder_button = Button(look, words("backup.choose"), "Ctrl+O")
        self.stick_button = Button(look, words("backup.label"), "F6")
        self._folder_state = Paragraph(look, "", "small", "ink_3")
        self._stick_state = Paragraph(look, "", "small", "ink_3")
        self._rot_measure = Measure(look, words("backup.rot"), height_px=6)
        self._rot = Paragraph(look, "", "small", "ink_2")
        self.table = Table(
            look,
            words("backup.list"),
            (
                Column(words("backup.made_at"), 132),
                Column(words("backup.place"), 112),
                Column(words("backup.size_head"), 96, right=True, always=False),
                Column(words("backup.files_head"), 92, right=True, always=False),
                Column(words("backup.verdict")),
            ),
        )
        self.model: PagedRows[BackupLine] = PagedRows([one.head for one in self.table.columns], self._cells)
        self.table.setModel(self.model)
        self._none = EmptyState(look, "backup", words("backup.empty_title"), words("backup.empty_words"))
        self.check_button = Button(look, words("backup.check"), "F5")
        self.drill_button = Button(look, words("backup.drill"), "F7")
        self.result = Paragraph(look, words("backup.result_none"), "label", "ink_3")
        self._lay_out()
        self._connect()

    def _field(self, key: str) -> Field:
        field = Field(self.look, self.words(f"backup.{key}"), self.words(f"backup.{key}_hint"))
        field.setObjectName(f"backup:{key}")
        return field

    def _lay_out(self) -> None:
        look, words = self.look, self.words
        now = row(
            self._icon, 4, (stack(self.state, self._next), 1), self.stop_button, self.go_button,
            gap=8, margins=(16, 0, 16, 0),
        )  # fmt: skip
        self._now_row = now
        self._going = col(self.measure, gap=0, margins=(16, 0, 16, 10))
        self._going.hide()
        self._now = card(now, self._going)
        self._heads = [self._head("usb", "backup.where"), self._head("eye", "backup.rot")]
        self._where = card(
            self._heads[0],
            col(
                Text(look, words("backup.folder"), "label", "ink_2"), row((self.folder, 1), self.folder_button),
                self._folder_state, 4, Text(look, words("backup.stick"), "label", "ink_2"),
                row((self.stick, 1), self.stick_button), self._stick_state, gap=4, margins=(16, 10, 16, 12),
            ),
        )  # fmt: skip
        self._health = card(
            self._heads[1],
            col(self._rot_measure, self._rot, gap=8, margins=(16, 12, 16, 12)),
        )  # fmt: skip
        head = row(
            Text(look, words("backup.list"), "strong"), None, self.check_button, self.drill_button,
            gap=8, margins=(16, 0, 12, 0), height=44,
        )  # fmt: skip
        foot = col(self.result, margins=(16, 8, 16, 10))
        self._list = card(head, rule(), (self.table, 1), (self._none, 1), rule(), foot)
        self._left = col(self._where, self._health, None, gap=12)
        body = QHBoxLayout()
        body.setSpacing(12)
        body.addWidget(tall(self._left))
        body.addWidget(tall(self._list), 1)
        self._lay = QVBoxLayout(self)
        self._lay.addWidget(
            row(Text(look, words("nav.backup"), "title"), Text(look, words("backup.head"), "label", "ink_3"), None,
                gap=12, height=32)
        )  # fmt: skip
        self._lay.addWidget(self._now)
        self._lay.addLayout(body, 1)
        self.stop_button.hide()
        self._none.hide()

    def _head(self, icon: str, key: str) -> Any:
        inside = row(
            Icon(self.look, icon, "ink_2"), Text(self.look, self.words(key), "strong"), None,
            margins=(16, 0, 12, 0), height=36,
        )  # fmt: skip
        return col(inside, rule(), gap=0)

    def _connect(self) -> None:
        self.go_button.clicked.connect(self.back_up)
        self.stop_button.clicked.connect(self.escape)
        self.folder_button.clicked.connect(self.choose_folder)
        self.stick_button.clicked.connect(self.label_stick)
        self.check_button.clicked.connect(self.check)
        self.drill_button.clicked.connect(self.drill)
        self.folder.returnPressed.connect(self.take_folder)
        self.stick.returnPressed.connect(self.label_stick)
        for keys, act in (
            ("Ctrl+Return", self.back_up), ("Ctrl+O", self.choose_folder), ("F6", self.label_stick), ("F5", self.check),
            ("F7", self.drill), ("F9", partial(self.went.emit, "checks", ToChecks("backup"))),
        ):  # fmt: skip
            self.bind(keys, act)
        keeper = self._keeper
        keeper.began.connect(self._show_doing)
        keeper.progressed.connect(self._show_progress)
        keeper.ended.connect(self._take_end)
        keeper.failed.connect(self._take_failure)
        keeper.surveyed.connect(self._take_survey)

    def set_narrow(self, narrow: bool) -> None:
        super().set_narrow(narrow)
        self._lay.setContentsMargins(*((12, 4, 12, 8) if narrow else (16, 12, 16, 16)))
        self._lay.setSpacing(4 if narrow else 12)
        self._left.setFixedWidth(NARROW_PLACES_PX if narrow else PLACES_PX)
        self._left.layout().setSpacing(6 if narrow else 12)  # type: ignore[union-attr]
        self._now_row.setFixedHeight(52 if narrow else 64)
        for head in self._heads:
            head.setVisible(not narrow)
        self.table.set_narrow(narrow)

    def visit(self, wanted: object = None) -> None:
        self.look_again()
        (self.table if self.view and self.view.lines else self.folder).setFocus()

    def look_again(self) -> None:
        """What is shown is read anew."""
        self.ask(partial(read_view, self._desk), self._take_view)

    def _take_survey(self, found: Survey) -> None:
        if self.isVisible() and (found.new_stick or self.view is None or found.status != self.view.status):
            self.look_again()

    def _take_view(self, view: BackupView) -> None:
        self.view = view
        what, then, tone = status_words(self.words, view.status)
        self._icon.show_as("ok" if tone == "ok" else "bad", tone)
        self.state.say(what, "ink" if tone == "ok" else tone)
        self._next.say(then)
        self._show_places(view)
        rot, rot_tone = health_words(self.words, view.health)
        self._rot.say(rot, "ink_2" if rot_tone == "ok" else rot_tone)
        self._rot_measure.show_shares([(view.health.share, rot_tone)])
        here = self.chosen()
        self.model.show_rows(view.lines)
        self.table.setVisible(bool(view.lines))
        self._none.setVisible(not view.lines)
        names = [(one.place, one.name) for one in view.lines]
        self.table.choose(names.index(here) if here in names else 0 if names else -1)

    def _show_places(self, view: BackupView) -> None:
        words, folder = self.words, view.folder()
        if folder and not (self.folder.hasFocus() and self.folder.text()):
            self.folder.setText(folder.path)
        if folder is None:
            self._folder_state.say(words("backup.folder_none"), "ink_3")
        elif not folder.present:
            self._folder_state.say(words("backup.folder_away"), "danger")
        else:
            same = folder.same_disk
            self._folder_state.say(
                words("backup.same_disk" if same else "backup.folder_there"), "warn" if same else "ok"
            )
        if view.unlabelled and not self.stick.text():
            self.stick.setText(str(view.unlabelled[0]))
        told = [
            words("backup.stick_there" if one.present else "backup.stick_away", name=place_words(words, one))
            for one in view.sticks()
        ]
        self._stick_state.say("　".join(told[:3]) or words("backup.stick_none"), "ink_3")

    def chosen(self) -> tuple[str, str] | None:
        """Return the place and the name of the chosen generation."""
        line = self.model.row_at(self.table.line()) if self.table.line() >= 0 else None
        return (line.place, line.name) if line is not None else None

    def _cells(self, line: BackupLine) -> tuple[Cell, ...]:
        assert self.view is not None
        return tuple(backup_cells(self.words, self.view, line))

    # acts

    def choose_folder(self) -> None:
        """A folder is chosen by eye; typing its path and Enter does the same."""
        chosen = QFileDialog.getExistingDirectory(self, self.words("backup.folder"), self.folder.text())
        if chosen:
            self.folder.setText(chosen)
            self.take_folder()

    def take_folder(self) -> None:
        """The typed folder is the second folder from now on."""
        if self.folder.text().strip():
            where, path = self._desk.backing_up.where, Path(self.folder.text().strip())
            self.ask(lambda: where.choose_folder(path), self._took_folder)

    def _took_folder(self, place: Any) -> None:
        self.table.setFocus()
        self.tell("backup.folder_chosen", path=place.path)
        self.look_again()
        self._keeper.look()

    def label_stick(self) -> None:
        """The named stick may be written from now on."""
        if not self.stick.text().strip():
            self.stick.setFocus()
            self.result.say(self.words("backup.stick_missing"), "warn")
            return
        where, path = self._desk.backing_up.where, Path(self.stick.text().strip())
        self.ask(lambda: where.label_stick(path), self._labelled)

    def _labelled(self, place: Any) -> None:
        self.stick.clear()
        self.tell("backup.labelled", name=place_words(self.words, place))
        self.look_again()
        self._keeper.look()

    def back_up(self) -> None:
        """A backup to every place that is there is being made; Esc stops it and leaves nothing half."""
        present = [one.id for one in self.view.places if one.present] if self.view else []
        if not present:
            self.folder.setFocus()
            self.result.say(self.words("backup.no_place"), "warn")
            return
        self._keeper.back_up(present)

    def check(self) -> None:
        """The chosen generation is being read again."""
        if (here := self.chosen()) is not None:
            self._keeper.check(*here)

    def drill(self) -> None:
        """The chosen generation is being restored for trial."""
        if (here := self.chosen()) is not None:
            self._keeper.drill(*here)

    def at_work(self) -> bool:
        return self._keeper.doing not in ("", "tend")

    def escape(self) -> bool:
        if self._keeper.doing in ("", "tend"):
            return False
        self._keeper.stop()
        self.result.say(self.words("backup.stopping"), "warn")
        return True

    # what the keeper does

    def _show_doing(self, doing: str) -> None:
        if doing == "tend":
            return
        self.stop_button.show()
        for button in (self.go_button, self.check_button, self.drill_button):
            button.setEnabled(False)
        self.measure.show_shares([(0.01, "accent")])
        self._going.show()
        self.result.say(self.words(f"backup.doing_{doing}"), "accent")

    def _show_progress(self, report: object) -> None:
        if isinstance(report, Progress):
            self.measure.show_shares([(report.done / max(1, report.whole), "accent")])

    def _rest(self) -> None:
        self.stop_button.hide()
        for button in (self.go_button, self.check_button, self.drill_button):
            button.setEnabled(True)
        self._going.hide()
        self.look_again()

    def _take_end(self, doing: str, answer: Any) -> None:
        if doing == "tend":
            if answer is not None and answer.findings:
                self.look_again()
            return
        self._rest()
        if doing == "backup":
            files = sum(one.line.files for one in answer)
            self.result.say(self.words("backup.made", count=len(answer), files=files), "ok")
        elif doing == "check":
            flaws = "、".join(self.words(f"backup_flaw.{flaw.value}") for flaw in answer.flaws)
            mended = self.words("backup.mended", count=len(answer.mended)) if answer.mended else ""
            self.result.say((self.words("backup.unsound", flaws=flaws) if flaws else self.words("backup.sound")) + mended,
                            "danger" if flaws else "ok")  # fmt: skip
        else:
            self.result.say(*drill_words(self.words, answer))

    def _take_failure(self, doing: str, fault: LantaiError) -> None:
        if doing == "tend":
            return
        self._rest()
        if isinstance(fault, Refused) and fault.facts.get("reason") == "cancelled":
            self.result.say(self.words("backup.stopped"), "ink_2")
        else:
            self.result.say(self.words(f"backup.not_{doing}"), "danger")
            if self.isVisible():
                self.tell_fault(fault)
