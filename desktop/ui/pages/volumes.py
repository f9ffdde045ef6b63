"""案卷: records put together, in an order, closed; every sheet of a volume seen before it is printed."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from PySide6.QtWidgets import QApplication, QFileDialog, QHBoxLayout, QVBoxLayout

from desktop.services.finding import Asked
from desktop.services.volume_lists import VolumeList, Waiting
from desktop.services.volumes import Arrangement, Facts
from desktop.ui.pages.page import Keys, Page
from desktop.ui.pages.volumes_form import Asks
from desktop.ui.pages.volumes_lists import VolumesLists, VolumesView
from desktop.ui.pages.volumes_opening import ToVolume
from desktop.ui.pages.volumes_preview import VolumesPreview
from desktop.ui.pages.volumes_printing import VolumesPrinting
from desktop.ui.theme import Look
from desktop.ui.widgets.boxes import row, tall
from desktop.ui.widgets.text import Text
from desktop.ui.words import Words
from sync.contract.errors import InvalidRecord, LantaiError
from sync.contract.kinds import Print

if TYPE_CHECKING:
    from desktop.services.desk import Desk

PREVIEW_PX, NARROW_PREVIEW_PX = 500, 356
USUAL_ITEMS = 100
COUNTED = frozenset({"volumes.made", "volumes.taken_out", "volumes.undone"})  # after these another number waits


class VolumesPage(Page):
    """Left the volumes and what stands in the chosen one, right the sheet as it will be printed."""

    KEYS: ClassVar[Keys] = (
        ("N", "volumes.key_make"),
        ("Enter", "volumes.key_enter"),
        ("A", "volumes.key_add"),
        ("Alt+↑ ↓", "volumes.key_move"),
        ("O", "volumes.key_order"),
        ("F2", "volumes.key_facts"),
        ("Ctrl+Enter", "volumes.key_close"),
        ("Ctrl+Z", "volumes.key_undo"),
        ("1—7", "volumes.key_sheet"),
        ("Ctrl+P", "volumes.key_print"),
        ("Esc", "volumes.key_back"),
    )
    NARROW_KEYS: ClassVar[Keys] = (KEYS[0], KEYS[1], *KEYS[6:])

    def __init__(self, look: Look, words: Words, desk: Desk) -> None:
        super().__init__(look, words, "volumes")
        self._desk, self._acts, self._said = desk, desk.volumes, desk.volume_lists
        self._found: VolumeList | None = None
        self._purpose = ""  # what the names of a restricted kind were asked for, while this volume is shown
        self._volume = ""
        self._order = Arrangement.DATE
        self._most = USUAL_ITEMS
        self._waits: list[Callable[[], tuple[str, str, str]]] = []
        self._busy = False
        self._giving = False  # what was typed is being done
        self._waiting: list[Waiting] | None = None  # None: to be counted
        self.lists, self.preview = VolumesLists(look, words, desk.kinds), VolumesPreview(look, words)
        self.form = self.lists.form
        self.printing = VolumesPrinting(self, desk, self.preview)
        self._count = Text(look, "", "label", "ink_3")
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        body = QHBoxLayout()
        body.setSpacing(12)
        body.addWidget(tall(self.lists), 1)
        body.addWidget(tall(self.preview))
        self._lay = QVBoxLayout(self)
        self._lay.addWidget(
            row(Text(self.look, self.words("nav.volumes"), "title"), self._count, None, gap=12, height=32)
        )
        self._lay.addLayout(body, 1)

    def _connect(self) -> None:
        lists, preview = self.lists, self.preview
        lists.volumes.chosen.connect(self._choose)
        lists.volumes.opened.connect(self._to_items)
        lists.items.chosen.connect(self._item_chosen)
        lists.items.opened.connect(self._open_record)
        lists.series.opened.connect(self._give)
        self.form.given.connect(self._give)
        preview.chose.connect(self.show_print)
        preview.close_button.clicked.connect(self.close_volume)
        preview.print_button.clicked.connect(self.print_sheet)
        preview.pdf_button.clicked.connect(self.choose_pdf)
        for keys, act in (
            ("N", self.begin_making), ("A", partial(self.begin, Asks.ADD)), ("F2", partial(self.begin, Asks.FACTS)),
            ("F3", partial(self.begin, Asks.PAGES)), ("F8", partial(self.begin, Asks.REASON)),
            ("F9", partial(self.begin, Asks.PURPOSE)), ("O", self.arrange), ("Alt+Up", partial(self.move_item, -1)),
            ("Alt+Down", partial(self.move_item, 1)), ("Delete", self.take_out), ("Ctrl+Return", self.close_volume),
            ("Ctrl+Z", self.undo), ("Ctrl+P", self.print_sheet), ("Ctrl+S", self.choose_pdf),
            ("PgDown", partial(preview.view.turn, 1)), ("PgUp", partial(preview.view.turn, -1)),
        ):  # fmt: skip
            self.bind(keys, act)
        for digit in range(1, 8):
            self.bind(str(digit), partial(preview.choose, digit))

    def set_narrow(self, narrow: bool) -> None:
        super().set_narrow(narrow)
        self._lay.setContentsMargins(*((12, 4, 12, 8) if narrow else (16, 12, 16, 16)))
        self._lay.setSpacing(4 if narrow else 12)
        self.preview.setFixedWidth(NARROW_PREVIEW_PX if narrow else PREVIEW_PX)
        self.lists.set_narrow(narrow)
        self.preview.set_narrow(narrow)

    def visit(self, wanted: object = None) -> None:
        """Show the volumes as they stand; or put a search's answer into volumes first."""
        self._drop_form()
        if isinstance(wanted, ToVolume):
            self._do(partial(self._made_of, wanted.asked), "volumes.made")
        else:
            self._waiting = None
            self._read(self._volume)

    def _made_of(self, asked: Asked) -> tuple[str, str]:
        return self._acts.make_of(self._desk.finding.find(asked).ids[:])[0], ""

    def escape(self) -> bool:
        """Put the form away, else go from the items to the volumes."""
        if not self.form.isHidden():
            self._drop_form()
            self._focus_list()
            return True
        if self.lists.items.hasFocus():
            self.lists.volumes.setFocus()
            return True
        return False

    # reading

    def _read(self, volume: str, record: str = "") -> None:
        """Show the volumes as they stand; what waits is counted again only where it may have changed: that takes a look at every record."""
        self.ask(partial(self._read_view, volume, record, self._waiting), self._take)

    def _read_view(self, volume: str, record: str, waiting: list[Waiting] | None) -> VolumesView:
        lines = self._said.every()
        chosen = volume if volume in {one.volume.uid for one in lines} else lines[0].volume.uid if lines else ""
        return VolumesView(
            record,
            lines,
            self._said.waiting() if waiting is None else waiting,
            self._said.of(chosen) if chosen else None,
        )

    def _take(self, view: VolumesView) -> None:
        here = view.found.volume.uid if view.found else ""
        if here != self._volume:
            self._purpose = ""
        self._volume, self._waiting = here, view.waiting
        self.lists.show_view(view)
        waits = sum(one.records for one in view.waiting)
        key = "volumes.count" if waits else "volumes.count_all"
        self._count.setText(self.words(key, volumes=len(view.lines), series=len(view.waiting), records=f"{waits:,}"))
        self._show_found(view.found)
        focus = QApplication.focusWidget()
        ours = focus is None or focus is self or self.isAncestorOf(focus)
        if ours and not self.form.isVisible() and not self.lists.items.hasFocus():
            self._focus_list()

    def _show_found(self, found: VolumeList | None) -> None:
        self._found = found
        self._show_sheet()

    def _show_sheet(self) -> None:
        self.preview.show_volume(self._found, self.lists.item_here())
        if self.preview.which is Print.STAMP:
            self.printing.show_stamped(self._found, self.lists.item_here())

    def _choose(self, line: int) -> None:
        found = self.lists.volume_here()
        if found is not None and found.volume.uid != self._volume:
            self._read(found.volume.uid)

    def _item_chosen(self, _line: int) -> None:
        if self.preview.which is Print.STAMP:
            self._show_sheet()

    def show_print(self, which: Print) -> None:
        """That sheet is shown; an extract is issued on its own page, of the chosen item."""
        item = self.lists.item_here()
        if which is Print.EXTRACT:
            if item is not None:
                self.went.emit("extract", item.uid)
            return
        self.preview.which = which
        self.preview.view.show_sheet(None)
        self._show_sheet()

    # moving about

    def _to_items(self, _line: int = 0) -> None:
        if self._found is not None and self._found.rows:
            self.lists.items.setFocus()

    def _focus_list(self) -> None:
        (self if self.lists.volumes.isHidden() else self.lists.volumes).setFocus()

    def _open_record(self, _line: int) -> None:
        item = self.lists.item_here()
        if item is not None:
            self.went.emit("search", item.number)

    def _drop_form(self) -> None:
        focus = QApplication.focusWidget()
        if focus is not None and (focus is self.lists.series or self.form.isAncestorOf(focus)):
            self.setFocus()  # what goes would hand the cursor to whatever stands next to it
        self.form.put_away()
        self.lists.show_form(False)
        self.lists.show_choosing(False)

    # acts

    def begin_making(self) -> None:
        """Choose a series that has records in no volume; Enter makes one of the first of them."""
        if not self.lists.series_model.rowCount():
            self.tell("volumes.all_in", "accent")
            return
        self.lists.show_choosing(True)
        self._show_form(Asks.MAKE, {"most": str(self._most)})
        self.lists.series.choose(max(0, self.lists.series.line()))
        self.lists.series.setFocus()

    def begin(self, asks: Asks) -> None:
        """Ask for what that act needs, if there is a volume or an item to do it on."""
        found, item = self._found, self.lists.item_here()
        if found is None or (asks is Asks.PAGES and item is None):
            return
        if asks is Asks.PURPOSE and not found.kind.restricted:
            self.tell("volumes.nothing_hidden", "accent")
            return
        one = found.volume
        filled = {
            Asks.FACTS: {
                "title": one.title, "box": one.box, "thickness_mm": str(one.thickness_mm), "checker": one.checker, "note": one.note,
            },
            Asks.PAGES: {"pages": str(item.pages) if item and item.pages else ""},
        }.get(asks, {})  # fmt: skip
        self._show_form(asks, filled)

    def _show_form(self, asks: Asks, filled: dict[str, str]) -> None:
        self.lists.show_form(True)
        self.form.show_asking(asks, filled)

    def _give(self, _line: int = 0) -> None:
        """What the form asks for is done with what was typed."""
        form, volume, item = self.form, self._volume, self.lists.item_here()
        self._giving = True
        record = item.uid if item else ""
        acts = self._acts
        if form.asks is Asks.MAKE:
            self._make()
        elif form.asks is Asks.ADD:
            self._do(partial(_then, partial(acts.add, volume, form.text("numbers")), volume, record))
        elif form.asks is Asks.FACTS:
            facts = Facts(
                form.text("title"),
                form.text("box"),
                form.number("thickness_mm"),
                form.text("checker"),
                form.text("note"),
            )
            self._do(partial(_then, partial(acts.describe, volume, facts), volume, record))
        elif form.asks is Asks.PAGES and item is not None:
            self._do(partial(_then, partial(acts.count_pages, volume, record, form.number("pages")), volume, record))
        elif form.asks is Asks.REASON:
            self._do(
                partial(_then, partial(acts.reopen, volume, form.text("reason")), volume, record), "volumes.reopened"
            )
        elif form.asks is Asks.PURPOSE:
            self._purpose = form.text("purpose")
            self.ask(partial(self._said.named, volume, self._purpose), self._take_named, self._refuse)

    def _make(self) -> None:
        series, most = self.lists.series_here(), self.form.number("most")
        if series is None or not most:
            self._giving = False
            self.form.refuse(self.words("volumes.refused_most"), ["most"])
            return
        self._most = most
        self._do(lambda: (self._acts.make(series, most), ""), "volumes.made")

    def _take_named(self, found: VolumeList) -> None:
        self._giving = False
        self._drop_form()
        self._show_found(found)
        self._focus_list()
        self.tell("volumes.names_shown", "ok", count=len(found.rows))

    def arrange(self) -> None:
        """The volume is in the order of its numbers; pressed again, of its dates."""
        if self._found is not None:
            self._order = Arrangement.NUMBER if self._order is Arrangement.DATE else Arrangement.DATE
            work = partial(self._acts.arrange, self._volume, self._order)
            self._do(partial(_then, work, self._volume, self._record()), f"volumes.by_{self._order.value}")

    def move_item(self, step: int) -> None:
        """The chosen item stands one place up or down."""
        if self._found is not None and self._record():
            work = partial(self._acts.move, self._volume, self._record(), step)
            self._do(partial(_then, work, self._volume, self._record()))

    def take_out(self) -> None:
        """The chosen item stands in no volume; Ctrl+Z takes it back."""
        item = self.lists.item_here()
        if self._found is not None and item is not None and self.lists.items.hasFocus():
            work = partial(self._acts.take_out, self._volume, item.uid)
            self._do(partial(_then, work, self._volume, ""), "volumes.taken_out")

    def close_volume(self) -> None:
        """The chosen volume is closed, and can be printed."""
        if self._found is not None and not self._found.closed and not self.form.isVisible():
            self._do(
                partial(_then, partial(self._acts.close, self._volume), self._volume, self._record()),
                "volumes.was_closed",
            )

    def undo(self) -> None:
        """The last act of this desk is taken back."""
        self._drop_form()
        self._do(lambda: (self._volume if self._acts.undo() else "", self._record()), "volumes.undone")

    def _record(self) -> str:
        item = self.lists.item_here()
        return item.uid if item else ""

    def _do(self, work: Callable[[], tuple[str, str]], told: str = "") -> None:
        """Acts follow one another in the order of their keys, each off the screen's thread."""
        self._waits.append(lambda: (*work(), told))
        self._next()

    def _next(self) -> None:
        if not self._busy and self._waits:
            self._busy = True
            self.ask(self._waits.pop(0), self._done, self._failed)

    def _done(self, answer: tuple[str, str, str]) -> None:
        volume, record, told = answer
        self._busy = False
        asked, self._purpose = self.form.asks if self._giving else Asks.NOTHING, ""
        if self._giving:
            self._giving = False
            self._drop_form()
        if told in COUNTED or asked is Asks.ADD:
            self._waiting = None
        if told == "volumes.undone" and not volume:
            told = "volumes.nothing_to_undo"
        if told:
            self.tell(told, "ok")
        if asked is not Asks.NOTHING and asked is not Asks.MAKE:
            self.lists.items.setFocus()
        self._read(volume or self._volume, record)
        self._next()

    def _failed(self, fault: Exception) -> None:
        self._busy = False
        self._waits.clear()
        self._refuse(fault)

    def _refuse(self, fault: Exception) -> None:
        """Say what is the matter at the field that was typed in; without one, in the bar."""
        giving, self._giving = self._giving, False
        if isinstance(fault, LantaiError) and giving:
            wrong = [str(name) for name in fault.facts.get("fields", [])] if isinstance(fault, InvalidRecord) else []  # type: ignore[attr-defined]
            own = self.words.find(f"volumes.refused_{wrong[0]}") if wrong else None
            told = self.words.of_error(fault)
            self.form.refuse(own or told.what + told.next, wrong)
        else:
            self.tell_fault(fault)

    # printing

    def print_sheet(self) -> None:
        """The sheet shown is with the printer, and stands in the volume's life; only what is closed is printed."""
        self.printing.print_sheet(self._found, self.lists.item_here(), self._purpose)

    def choose_pdf(self) -> None:
        """Ask where the PDF shall stand; it is not encrypted."""
        if self._found is not None and self.printing.may(self._found):
            path, _ = QFileDialog.getSaveFileName(
                self, self.words("volumes.pdf"), self.printing.file_name(self._found), "PDF (*.pdf)"
            )
            if path:
                self.save_pdf(path)

    def save_pdf(self, path: str) -> None:
        """The sheet shown stands in that file, and in the volume's life."""
        self.printing.save_pdf(Path(path), self._found, self.lists.item_here(), self._purpose)


def _then(work: Callable[[], object], volume: str, record: str) -> tuple[str, str]:
    work()
    return volume, record
