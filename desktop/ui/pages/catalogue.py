"""著录: a record from its page, hands on the keys; the form as the paper is arranged, the paper beside it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from PySide6.QtCore import QTime, QTimer
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from desktop.services.cataloguing import Form, untouched
from desktop.services.filing import Filed
from desktop.ui.kind_keys import keyed
from desktop.ui.pages.catalogue_card import CatalogueCard
from desktop.ui.pages.catalogue_opening import OpenedDraft, ToCorrect, ToResume, ToStart, begun_as, opened
from desktop.ui.pages.files import Files
from desktop.ui.pages.page import Keys, Page
from desktop.ui.pages.saver import Saver
from desktop.ui.theme import Look
from desktop.ui.widgets.boxes import row, tall
from desktop.ui.widgets.keys import Button
from desktop.ui.widgets.notice import EmptyState
from desktop.ui.widgets.page_picture import Mark
from desktop.ui.widgets.text import Runs
from desktop.ui.widgets.viewer import PageViewer
from desktop.ui.words import Sentence, Words
from sync.contract.errors import InvalidRecord, Refused
from sync.contract.validation import Origin

if TYPE_CHECKING:
    from desktop.services.desk import Desk


class CataloguePage(Page):
    """One draft at a time. Everything typed is on the disk at once; Ctrl+Enter files it and opens the next."""

    KEYS: ClassVar[Keys] = (
        ("Enter", "catalogue.key_next"),
        ("F2", "catalogue.key_take"),
        ("F3", "catalogue.key_before"),
        ("F8", "catalogue.key_reason"),
        ("PgDn", "catalogue.key_page"),
        ("Alt+M", "catalogue.key_more"),
        ("Alt+1—9 B—K", "catalogue.key_kind"),
        ("Ctrl+Enter", "catalogue.key_file"),
    )
    NARROW_KEYS: ClassVar[Keys] = (*KEYS[:4], KEYS[-1])

    def __init__(self, look: Look, words: Words, desk: Desk) -> None:
        super().__init__(look, words, "catalogue")
        self._desk = desk
        self.form: Form | None = None
        self._files = Files((), desk.viewing.picture)
        self._proposals: Mapping[str, object] = {}
        self._next: ToStart | None = None
        self._wanted_field = ""
        self._back = ""  # where a correction was asked for
        self._filing = False
        self._saver = Saver(self)
        self._saver.saved.connect(self._take_form)
        self._saver.settled.connect(self._settled)
        self._saver.failed.connect(self._save_failed)
        self._title = Runs(look)
        self._origin, self._retention = Runs(look), Runs(look)
        self._left = Runs(look)
        self.card = CatalogueCard(look, words)
        self.viewer = PageViewer(look, words)
        self._lay_out()
        self._connect()
        self._show_empty()

    def _lay_out(self) -> None:
        self._head = row(self._title, None, self._origin, self._retention, self._left, gap=20, height=32)
        start = Button(self.look, self.words("catalogue.to_inbox"), "Ctrl+2", "main")
        start.clicked.connect(self._to_inbox)
        self.empty = EmptyState(
            self.look, "form", self.words("catalogue.empty_title"), self.words("catalogue.empty_words"), start
        )
        body = QHBoxLayout()
        body.setSpacing(12)
        body.addWidget(tall(self.card))
        body.addWidget(tall(self.viewer), 1)
        self._lay = QVBoxLayout(self)
        self._lay.addWidget(self._head)
        self._lay.addLayout(body, 1)
        self._lay.addWidget(self.empty, 1)

    def _connect(self) -> None:
        card = self.card
        card.edited.connect(self._edited)
        card.ranged.connect(self._ranged)
        card.entered.connect(self._entered)
        card.reasoned.connect(self._reasoned)
        card.put_down_button.clicked.connect(self.put_down)
        card.file_button.clicked.connect(self.file)
        self.viewer.failed.connect(self.broke)
        for keys, act in (
            ("Ctrl+Return", self.file), ("F2", self._take_read), ("F3", card.take_before), ("F8", card.ask_reason),
            ("PgDown", self.viewer.next_page), ("PgUp", self.viewer.previous_page), ("Ctrl+=", self.viewer.zoom),
            ("Ctrl+R", self.viewer.turn_right), ("Alt+M", self._show_more), ("Alt+A", self._add_place),
            ("Alt+D", self._remove_place), ("Alt+N", self._change_origin), ("Alt+T", self._change_retention),
            ("Ctrl+Z", self._undo), ("Return", card.press_enter),
        ):  # fmt: skip
            self.bind(keys, act)
        for key, kind in keyed(self._desk.kinds):
            self.bind(f"Alt+{key}", partial(self._change_kind, kind))

    def keys(self) -> Keys:
        """Where the kind has a group for several people, the key for one more stands at the foot."""
        shown = super().keys()
        several = self.form is not None and any(group.repeated for group in self.form.kind.groups)
        return (*shown[:-1], ("Alt+A", "catalogue.key_add"), shown[-1]) if several and not self.narrow else shown

    def set_narrow(self, narrow: bool) -> None:
        super().set_narrow(narrow)
        self._lay.setContentsMargins(*((12, 4, 12, 8) if narrow else (16, 12, 16, 16)))
        self._lay.setSpacing(4 if narrow else 12)
        self.card.set_narrow(narrow)

    def visit(self, wanted: object = None) -> None:
        """Take up what is asked for; without a wish, the draft in hand or the last one begun."""
        if wanted is not None:
            self._open(wanted)
        elif self.form is None:
            self._open(None)
        else:
            self.card.focus_first()

    def leave(self) -> None:
        self.card.finish_field()

    def close_down(self) -> bool:
        """The field in hand counts as typed, and all of it is on the disk."""
        self.card.finish_field()
        self._saver.flush()
        return self._saver.all_saved() or self.form is None

    def return_to(self) -> object:
        return ToResume(self.form.draft.uid, self.card.key_here()) if self.form is not None else None

    def escape(self) -> bool:
        if self.card.drop_reason():
            return True
        if self.form is not None:
            self.put_down()
            return True
        return False

    def put_down(self) -> None:
        """The draft stays as it is, saved; the inbox is shown."""
        self.card.finish_field()
        if self.form is not None:
            self.tell("catalogue.put_down", title=self.form.judgement.title)
        self._close()
        self.went.emit("inbox", None)

    def _close(self) -> None:
        self.form = None
        self._show_empty()

    def _show_empty(self) -> None:
        self._shown(False)
        self._title.say((self.words("nav.catalogue"), "title", "ink"))

    def _shown(self, draft: bool) -> None:
        self.empty.setVisible(not draft)
        for widget in (self.card, self.viewer, self._origin, self._retention, self._left):
            widget.setVisible(draft)

    def _open(self, wanted: object) -> None:
        self._back = wanted.back if isinstance(wanted, ToCorrect) else ""
        if isinstance(wanted, ToResume):
            self._wanted_field = wanted.field
        if isinstance(wanted, ToCorrect):
            self._wanted_field = wanted.field
            if wanted.said:
                self.told.emit(Sentence(self.words("catalogue.returned", said="；".join(wanted.said)), tone="danger"))
        self.ask(partial(opened, self._desk, wanted), self._take_opened)

    def _take_opened(self, found: OpenedDraft | None) -> None:
        if found is None:
            self._close()
            return
        self._files, self._proposals, self._next = found.files, found.proposals, found.next_item
        self._filing = False
        self._saver.forget()
        self._shown(True)
        self.form = found.form
        self.card.begin(found.form.kind, found.aids)
        self.keys_changed.emit()
        self._left.say((self.words("catalogue.left", left=found.left) if found.left else "", "label", "ink_3"))
        self._take_form(found.form)
        if found.files.pages:
            self.viewer.show_pages(found.files.pages, found.files.picture)
        else:
            self.viewer.show_nothing(self.words("catalogue.no_paper"))
        self._take_proposals(found.proposals)
        QTimer.singleShot(0, self._focus_wanted)
        self.counts_changed.emit()

    def pages_read(self, sha256: str) -> None:
        """Offer what was read, if it is the paper in hand; what was typed meanwhile stays."""
        if self.form is not None and self._files.has(sha256):
            self.ask(partial(self._desk.cataloguing.proposals, self.form.draft.uid), self._take_proposals)

    def _take_proposals(self, proposals: Mapping[str, object]) -> None:
        self._proposals = proposals
        self.card.propose({key: str(getattr(one, "value", "")) for key, one in proposals.items()})

    def _focus_wanted(self) -> None:
        if not (self._wanted_field and self.card.focus(self._wanted_field)):
            self.card.focus_first()
        self._wanted_field = ""

    def _take_form(self, form: object) -> None:
        """Show what the service answered; an answer about a draft that was put down meanwhile is let go."""
        if not isinstance(form, Form) or self.form is None or self.form.draft.uid != form.draft.uid:
            return
        self.form = form
        self.card.show_form(form, {key: self._saver.waits(key) for key in self.card.entry_keys()})
        note = self.words("catalogue.correcting", number=form.draft.number) if form.draft.parent else ""
        self._title.say((form.kind.label, "title", "ink"), ("　" + note if note else "", "label", "ink_3"))
        origin = self.words(f"catalogue.origin_{form.draft.origin.value}")
        self._origin.say((origin, "label", "ink_2"), ("　Alt+N", "small", "ink_3"))
        label = next((one.label for one in form.kind.retentions if one.code == form.draft.retention), "")
        kept = self.words("catalogue.retention", label=label)
        self._retention.say((kept, "label", "ink_2"), ("　Alt+T", "small", "ink_3"))

    def _settled(self) -> None:
        if not self._saver.all_saved():
            self._filing = False
            self.card.show_unsaved()
            return
        self.card.show_saved(QTime.currentTime().toString("HH:mm:ss"), self.narrow)
        if self._filing:
            self._file_now()

    def _save_failed(self, fault: Exception, key: str) -> None:
        self._filing = False
        if isinstance(fault, Refused) and key.startswith("papers."):
            self.card.papers.refuse(key.removeprefix("papers."), self.words("catalogue.no_such_pages"))
        else:
            self.card.show_unsaved()
            self.tell_fault(fault)

    def _edited(self, key: str, text: str) -> None:
        if self.form is not None:
            uid, service = self.form.draft.uid, self._desk.cataloguing
            self.card.show_saving()
            self._saver.put(key, lambda: service.put(uid, key, text))

    def _ranged(self, paper: str, pages: str) -> None:
        if self.form is not None:
            uid, service = self.form.draft.uid, self._desk.cataloguing
            self._saver.put(f"papers.{paper}", lambda: service.attach(uid, paper, pages))

    def _reasoned(self, key: str, reason: str) -> None:
        if self.form is not None:
            uid, service = self.form.draft.uid, self._desk.cataloguing
            self._saver.put(f"reason.{key}", lambda: service.give_reason(uid, key, reason))

    def _entered(self, key: str) -> None:
        """Ring on the page the place the value was read from."""
        read = self._proposals.get(key)
        if read is None:
            self.viewer.canvas.ring(())
            return
        left, top = float(getattr(read, "left", 0)), float(getattr(read, "top", 0))
        right, bottom = float(getattr(read, "right", 0)), float(getattr(read, "bottom", 0))
        self.viewer.ring(int(getattr(read, "page", 1)), [Mark(left, top, right - left, bottom - top)])

    def _take_read(self) -> None:
        self.card.take(self.card.proposal_here())

    def _show_more(self) -> None:
        if self.form is not None:
            self.card.show_more(self.form)

    def _add_place(self) -> None:
        if self.form is not None:
            self.card.add_place(self.form)

    def _remove_place(self) -> None:
        place = self.card.place_here()
        if self.form is not None and place is not None and place.number is not None:
            uid, service, group, number = self.form.draft.uid, self._desk.cataloguing, place.group.key, place.number
            self.card.forget_extra()
            self._saver.put(f"remove.{group}", lambda: service.remove_place(uid, group, number))

    def _change_origin(self) -> None:
        if self.form is not None:
            other = Origin.NEW if self.form.draft.origin is Origin.PAPER else Origin.PAPER
            uid, service = self.form.draft.uid, self._desk.cataloguing
            self._saver.put("origin", lambda: service.choose(uid, origin=other))

    def _change_retention(self) -> None:
        if self.form is not None:
            codes = [one.code for one in self.form.kind.retentions]
            after = codes[(codes.index(self.form.draft.retention) + 1) % len(codes)]
            uid, service = self.form.draft.uid, self._desk.cataloguing
            self._saver.put("retention", lambda: service.choose(uid, retention=after))

    def _change_kind(self, kind: str) -> None:
        """The paper in hand is begun anew as another kind, as long as nothing of one's own has been typed."""
        form = self.form
        if form is None or form.kind.key == kind or form.draft.parent:
            return
        if not untouched(form.draft):
            self.tell("catalogue.kind_kept", "warn")
            return
        self.form = None
        self.ask(partial(begun_as, self._desk, form.draft.uid, kind, form.draft.item_id), self._take_opened)

    def _undo(self) -> None:
        self.card.undo()

    def file(self) -> None:
        """Everything typed is saved, then the record is filed and the next one opened."""
        if self.form is None or self._filing:
            return
        self.card.drop_reason()
        self.card.finish_field()
        self._filing = True
        self._saver.retry()
        if not self._saver.busy():
            self._file_now()

    def _file_now(self) -> None:
        self._filing = False
        if self.form is None:
            return
        uid, filing = self.form.draft.uid, self._desk.filing
        self.ask(lambda: filing.file(uid), self._filed, self._not_filed)

    def _filed(self, filed: Filed) -> None:
        self.tell("catalogue.filed", number=filed.number, title=filed.title)
        self.form = None
        if self._back:
            self._show_empty()
            self.went.emit(self._back, None)
            self.tell("catalogue.filed", number=filed.number, title=filed.title)
        elif self._next is not None:
            self._open(self._next)
        else:
            self._open(None)
        self.counts_changed.emit()

    def _not_filed(self, fault: Exception) -> None:
        if isinstance(fault, InvalidRecord) and self.form is not None:
            fields = [str(key) for key in fault.facts.get("fields", [])]  # type: ignore[attr-defined]
            told = InvalidRecord(count=len(fields))
            self.told.emit(self.words.of_error(told))
            self.card.show_hindrances(self.form, fields)
        else:
            self.tell_fault(fault)

    def _to_inbox(self) -> None:
        self.went.emit("inbox", None)
