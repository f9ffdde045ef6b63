"""收件: what came through the scanner folder, page by page; a key says what kind of record it is and opens the form."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QVBoxLayout

from desktop.ui.kind_keys import key_of, keyed
from desktop.ui.pages.catalogue_opening import ToResume, ToStart
from desktop.ui.pages.page import Keys, Page
from desktop.ui.theme import Look
from desktop.ui.widgets.boxes import card, col, row, rule, tall
from desktop.ui.widgets.entries import Entries, Entry
from desktop.ui.widgets.keys import Button
from desktop.ui.widgets.notice import EmptyState
from desktop.ui.widgets.sheet import PageSheet
from desktop.ui.widgets.text import Elided, Paragraph, Runs, Text
from desktop.ui.widgets.viewer import PageViewer, Picture
from desktop.ui.words import Words

if TYPE_CHECKING:
    from desktop.services.desk import Desk
    from desktop.services.receiving import Item

LOOK_AGAIN_MS, LIST_PX, VIEW_PX = 2000, 232, 340


def size_words(size_bytes: int) -> str:
    """Return a size as people read one: 3.4 MB."""
    if size_bytes < 1024 * 1024:
        return f"{max(1, round(size_bytes / 1024))} KB"
    return f"{size_bytes / 1024 / 1024:.1f} MB"


class InboxPage(Page):
    """Files left, their pages in the middle, one page large at the right with the kinds under it."""

    KEYS: ClassVar[Keys] = (
        ("↑ ↓", "inbox.key_file"),
        ("← →", "inbox.key_page"),
        ("1—9 B—K", "inbox.key_kind"),
        ("Enter", "inbox.key_same"),
        ("T", "inbox.key_turn"),
        ("+", "inbox.key_zoom"),
        ("Del", "inbox.key_discard"),
    )
    NARROW_KEYS: ClassVar[Keys] = (*KEYS[:4], KEYS[-1])

    def __init__(self, look: Look, words: Words, desk: Desk) -> None:
        super().__init__(look, words, "inbox")
        self._desk = desk
        self._items: dict[str, Item] = {}
        self._drafts: dict[str, str] = {}
        self._kind = next(iter(desk.kinds))
        self._asking = False
        self._to_discard = ""
        self.entries = Entries(look, words("inbox.list"))
        self.entries.setObjectName("files")
        self.viewer = PageViewer(look, words, keys=False, strip=False)
        self.sheet = PageSheet(look, words, self.viewer)
        self._title, self._note = Runs(look), Elided(look, "", "label", "ink_3")
        self._told = Paragraph(look, "", "label", "ink_2")
        self._folder = Elided(look, words("inbox.watching", folder=str(desk.scanner_folder)), "small", "ink_3")
        self._lay_out()
        self._connect()
        self._clock = QTimer(self)
        self._clock.setInterval(LOOK_AGAIN_MS)
        self._clock.timeout.connect(self.look_again)

    def _lay_out(self) -> None:
        look, words = self.look, self.words
        self._list_card = card((self.entries, 1), row((self._folder, 1), margins=(16, 8, 12, 12)), width=LIST_PX)
        self._sheet_card = card(
            row(self._title, (self._note, 1), gap=0, margins=(16, 0, 12, 0), height=40), rule(), (self.sheet, 1)
        )
        self.kind_buttons: dict[str, Button] = {}
        kinds = QGridLayout()
        kinds.setHorizontalSpacing(4)
        kinds.setVerticalSpacing(4)
        kinds.setColumnStretch(99, 1)
        for key, kind in self._desk.kinds.items():
            button = Button(look, kind.short, key_of(kind))
            button.setToolTip(kind.label)
            button.setObjectName(f"kind:{key}")
            button.clicked.connect(partial(self.start, key))
            self.kind_buttons[key] = button
        widest = max(button.width() for button in self.kind_buttons.values())
        for button in self.kind_buttons.values():
            button.setFixedWidth(widest)
        self._kind_grid = kinds
        self._kinds = col(Text(look, words("inbox.which_kind"), "strong"), self._told, gap=4, margins=(16, 12, 16, 16))
        lay = self._kinds.layout()
        assert isinstance(lay, QVBoxLayout)
        lay.addLayout(kinds)
        self._right = QFrame()
        right = QVBoxLayout(self._right)
        right.setContentsMargins(0, 0, 0, 0)
        right.setSpacing(0)
        right.addWidget(self.viewer, 1)
        right.addSpacing(12)
        self._kind_card = card(self._kinds)
        right.addWidget(self._kind_card)
        self.empty = EmptyState(look, "inbox", words("inbox.empty_title"), words("inbox.empty_words"))
        self._empty_card = card((self.empty, 1))
        self._empty_card.hide()  # until it is known that nothing came: beside the pages it would push the window wider
        self._body = QHBoxLayout()
        self._body.setSpacing(12)
        self._body.addWidget(tall(self._list_card))
        self._body.addWidget(tall(self._sheet_card), 1)
        self._body.addWidget(tall(self._right))
        self._body.addWidget(self._empty_card, 1)
        self._head_note = Text(look, "", "label", "ink_3")
        self._lay = QVBoxLayout(self)
        self._lay.addWidget(row(Text(look, words("nav.inbox"), "title"), self._head_note, None, gap=12, height=32))
        self._lay.addLayout(self._body, 1)

    def _connect(self) -> None:
        self.entries.chosen.connect(self._show_item)
        self.entries.opened.connect(self._open)
        self.viewer.failed.connect(self.broke)
        for key, kind in keyed(self._desk.kinds):
            self.bind(key, partial(self.start, kind))
        for keys, act in (
            ("Right", self.viewer.next_page), ("Left", self.viewer.previous_page), ("PgDown", self.viewer.next_page),
            ("PgUp", self.viewer.previous_page), ("T", self.viewer.turn_right), ("+", self.viewer.zoom),
            ("=", self.viewer.zoom), ("Del", self.discard),
        ):  # fmt: skip
            self.bind(keys, act)

    def _place_kinds(self, across: int) -> None:
        for number, button in enumerate(self.kind_buttons.values()):
            self._kind_grid.addWidget(button, number // across, number % across, Qt.AlignmentFlag.AlignLeft)

    def set_narrow(self, narrow: bool) -> None:
        super().set_narrow(narrow)
        self._place_kinds(5 if narrow else 3)
        lay = self._kinds.layout()
        assert lay is not None
        lay.setContentsMargins(*((12, 8, 12, 8) if narrow else (16, 12, 16, 16)))
        self._told.setVisible(not narrow)
        self._lay.setContentsMargins(*((12, 4, 12, 8) if narrow else (16, 12, 16, 16)))
        self._lay.setSpacing(4 if narrow else 12)
        self._list_card.setFixedWidth(220 if narrow else LIST_PX)
        self._right.setMinimumWidth(VIEW_PX)
        self._right.setMaximumWidth(16_777_215 if narrow else VIEW_PX)
        self._sheet_card.setVisible(not narrow and self._empty_card.isHidden())

    def visit(self, wanted: object = None) -> None:
        self._clock.start()
        self.entries.setFocus()
        self.look_again()

    def leave(self) -> None:
        self._clock.stop()

    def look_again(self) -> None:
        """Show what is in the inbox now; files that came meanwhile appear by themselves."""
        if not self._asking:
            self._asking = True
            self.ask(self._everything, self._take_items, self._look_failed)

    def _everything(self) -> tuple[list[Item], dict[str, str]]:
        return self._desk.receiving.items(), dict(self._desk.cataloguing.begun())

    def _look_failed(self, fault: Exception) -> None:
        self._asking = False
        self.tell_fault(fault)

    def _take_items(self, found: tuple[list[Item], dict[str, str]]) -> None:
        self._asking = False
        items, self._drafts = found
        self._items = {item.id: item for item in items}
        taken = [item for item in items if item.state.value == "taken"]
        aside = [item for item in items if item.state.value != "taken"]
        entries = [Entry(self.words("inbox.folder"), self.words("inbox.count", count=len(taken)))]
        entries += [self._entry(item) for item in taken]
        if aside:
            entries.append(Entry(self.words("inbox.aside"), self.words("inbox.count", count=len(aside))))
            entries += [self._entry(item) for item in aside]
        self.entries.show_entries(entries)
        self._show_empty(not items)
        self._head_note.setText(self.words("inbox.head", count=len(taken)) if taken else "")

    def _show_empty(self, empty: bool) -> None:
        self._empty_card.setVisible(empty)
        self._sheet_card.setVisible(not empty and not self.narrow)
        self._right.setVisible(not empty)

    def _entry(self, item: Item) -> Entry:
        if item.state.value == "taken":
            pages = self.words("catalogue.page_count", pages=item.pages)
            begun = item.id in self._drafts
            note = self.words("inbox.begun", pages=pages) if begun else f"{pages}　{size_words(item.size_bytes)}"
            return Entry(item.name, note, "accent" if begun else "ink_3", "form" if begun else "", item.id)
        tone = "ink_3" if item.state.value == "doubled" else "danger"
        return Entry(item.name, self._why(item), tone, "info" if tone == "ink_3" else "bad", item.id)

    def _why(self, item: Item) -> str:
        """Return why a file was set aside, in a few words."""
        key = "doubled" if item.state.value == "doubled" else item.reason
        return self.words.find(f"aside.{key}") or self.words("aside.other")

    def discard(self) -> None:
        """The half-done record of the chosen file is gone after a second press; the file waits as before."""
        item_id = self.entries.id_here()
        draft = self._drafts.get(item_id)
        if draft is None:
            return
        if self._to_discard != item_id:
            self._to_discard = item_id
            self.tell("inbox.discard_again", "warn")
            return
        self._to_discard = ""
        self.ask(partial(self._desk.cataloguing.put_away, draft), self._discarded)

    def _discarded(self, _changed: object) -> None:
        self.tell("inbox.discarded")
        self.look_again()
        self.counts_changed.emit()

    def _show_item(self, item_id: str) -> None:
        self._to_discard = ""
        item = self._items.get(item_id)
        readable = item is not None and bool(item.sha256) and item.pages > 0
        for button in self.kind_buttons.values():
            button.setEnabled(item is not None and item.state.value == "taken")
        if item is None:
            self._title.say()
            self._note.setText("")
            self.viewer.show_nothing(self.words("viewer.empty"))
        else:
            self._title.say((item.name, "strong", "ink"))
            count = self.words("catalogue.page_count", pages=item.pages) if readable else self._why(item)
            self._note.setText("　" + count)
            self._told.say(self._advice(item), "ink_2" if item.state.value == "taken" else "danger")
            if readable:
                self.viewer.show_pages(item.pages, partial(self._picture, item.sha256))
            else:
                self.viewer.show_nothing(self._advice(item))
        self.sheet.show_paper()

    def _advice(self, item: Item) -> str:
        if item.state.value != "taken":
            key = "doubled" if item.state.value == "doubled" else item.reason
            return self.words.find(f"aside_advice.{key}") or self.words("aside_advice.other")
        return self.words("inbox.resume" if item.id in self._drafts else "inbox.choose_kind")

    def _picture(self, sha256: str, page: int, dpi: int) -> Picture:
        picture: Picture = self._desk.viewing.picture(sha256, page, dpi)
        return picture

    def _open(self, item_id: str) -> None:
        """Enter: one begun already is taken up again, another is of the same kind as the one before."""
        if item_id in self._drafts:
            self.went.emit("catalogue", ToResume(self._drafts[item_id]))
        else:
            self.start(self._kind)

    def start(self, kind: str, _checked: bool = False) -> None:
        """The chosen file is being catalogued as that kind; one begun already is taken up again."""
        item = self._items.get(self.entries.id_here())
        if item is None or item.state.value != "taken":
            self.tell("inbox.choose_first", "warn")
            return
        self._kind = kind
        self.went.emit("catalogue", ToStart(kind, item.id))
