"""导出复核: what somebody asked to export, and a second person's word with the own password."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Final

from PySide6.QtWidgets import QVBoxLayout

from desktop.services.export_requests import ExportRequest, RequestState
from desktop.services.sealing.scope import Scope, read_scope
from desktop.ui.models.paged import Cell, PagedRows
from desktop.ui.pages.page import Keys, Page
from desktop.ui.pages.unlock import PasswordField
from desktop.ui.paper.destruction_register import moment
from desktop.ui.theme import Look
from desktop.ui.widgets.boxes import card, col, row, rule
from desktop.ui.widgets.field import Field
from desktop.ui.widgets.notice import EmptyState
from desktop.ui.widgets.table import Column, Table
from desktop.ui.widgets.text import Paragraph, Text
from desktop.ui.words import Words
from sync.contract.errors import InvalidRecord
from sync.contract.kinds import Kind

if TYPE_CHECKING:
    from desktop.services.desk import Desk

TONES: Final = {"asked": "warn", "approved": "ok", "refused": "danger", "done": "plain", "withdrawn": "plain"}


def scope_words(words: Words, kinds: Mapping[str, Kind], scope: Scope) -> str:
    """Return a scope as people type it in their language."""
    return scope.said(kinds) if words.language == "zh" else scope.spelled()


@dataclass(frozen=True, slots=True)
class ToExport:
    """The page of export shall be filled in as it was asked."""

    request: ExportRequest


class ApprovalsPage(Page):
    """The requests, the newest first; under them the form for the second person."""

    KEYS: ClassVar[Keys] = (
        ("A", "approvals.key_approve"),
        ("R", "approvals.key_refuse"),
        ("Enter", "approvals.key_open"),
        ("Ctrl+Z", "approvals.key_withdraw"),
        ("Esc", "approvals.key_back"),
    )

    def __init__(self, look: Look, words: Words, desk: Desk) -> None:
        super().__init__(look, words, "approvals")
        self._desk, self._service = desk, desk.export_requests
        self.rows: list[ExportRequest] = []
        self._asking = ""
        self.note = Paragraph(look, words("approvals.note"), "label", "ink_2")
        self.readers = Paragraph(look, "", "small", "ink_3")
        heads = (("what", 0), ("asked", 230), ("said", 230), ("state", 120))
        self.table = Table(
            look, words("nav.approvals"), tuple(Column(words(f"approvals.{head}"), width) for head, width in heads)
        )
        self.table.setObjectName("requests")
        self.model: PagedRows[ExportRequest] = PagedRows([one.head for one in self.table.columns], self._cells)
        self.table.setModel(self.model)
        self.nothing = EmptyState(look, "ok", words("approvals.none_title"), words("approvals.none_words"))
        self.who = Field(look, words("approvals.who"), words("approvals.who_hint"), 30, 150)
        self.password = PasswordField(look, words("approvals.password"), 30)
        self.reason = Field(look, words("approvals.reason"), words("approvals.reason_hint"), 30)
        for name, field in (("who", self.who), ("password", self.password), ("reason", self.reason)):
            field.setObjectName(f"approvals:{name}")
        self.refused = Paragraph(look, "", "small", "danger")
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        look = self.look
        self._reason_label = Text(look, self.reason.accessibleName(), "label", "ink_2")
        typed = row(
            Text(look, self.who.accessibleName(), "label", "ink_2"), self.who,
            Text(look, self.password.accessibleName(), "label", "ink_2"), (self.password, 1),
            self._reason_label, (self.reason, 1), gap=8, margins=(16, 8, 16, 8),
        )  # fmt: skip
        self._form = col(rule(), typed, col(self.refused, margins=(16, 0, 16, 6)), gap=0)
        self._form.hide()
        self.refused.hide()
        self._lay = QVBoxLayout(self)
        self._lay.addWidget(row(Text(look, self.words("nav.approvals"), "title"), None, gap=12, height=32))
        listed = card(
            col(self.note, margins=(16, 8, 16, 8)), rule(), (self.table, 1), (self.nothing, 1),
            col(self.readers, margins=(16, 6, 16, 6)), self._form,
        )  # fmt: skip
        self._lay.addWidget(listed, 1)
        self.nothing.hide()

    def _connect(self) -> None:
        self.who.returnPressed.connect(self.password.setFocus)
        self.password.returnPressed.connect(self._typed_password)
        self.reason.returnPressed.connect(self._answer)
        self.table.chosen.connect(self._show_readers)
        self.table.opened.connect(self.open)
        acts: tuple[tuple[str, Callable[[], object]], ...] = (
            ("A", partial(self.begin, "approve")), ("R", partial(self.begin, "refuse")), ("Ctrl+Z", self.withdraw),
        )  # fmt: skip
        for keys, act in acts:
            self.bind(keys, act)

    def set_narrow(self, narrow: bool) -> None:
        super().set_narrow(narrow)
        self._lay.setContentsMargins(*((12, 4, 12, 8) if narrow else (16, 12, 16, 16)))
        self._lay.setSpacing(4 if narrow else 12)
        self.table.set_narrow(narrow)

    def visit(self, wanted: object = None) -> None:
        self._read()

    def leave(self) -> None:
        self._end_asking()

    def escape(self) -> bool:
        if self._asking:
            self._end_asking()
            self.table.setFocus()
        else:
            self.went.emit("export", None)
        return True

    def _read(self) -> None:
        self._end_asking()
        self.ask(self._service.lines, self._take)

    def _take(self, found: list[ExportRequest]) -> None:
        self.rows = found
        self.model.show_rows(found)
        self.table.setVisible(bool(found))
        self.nothing.setVisible(not found)
        if found:
            self.table.choose(0)
            self.table.setFocus()
        else:
            self.setFocus()
        self._show_readers()

    def here(self) -> ExportRequest | None:
        """The chosen request, None where there is none."""
        line = self.table.line()
        return self.rows[line] if 0 <= line < len(self.rows) else None

    def what(self, one: ExportRequest) -> str:
        """Return what was asked for in words: the form, and the scope under the labels of its kinds."""
        scope = scope_words(self.words, self._desk.kinds, read_scope(one.terms.scope, self._desk.kinds))
        return self.words(f"approvals.way_{one.terms.way.value}", scope=scope or self.words("approvals.everything"))

    def _cells(self, one: ExportRequest) -> tuple[Cell, ...]:
        words = self.words
        state = "over" if one.over else one.state.value
        alone = one.state in (RequestState.APPROVED, RequestState.DONE) and not one.said_by
        said = words("approvals.alone") if alone else f"{one.said_by}　{moment(one.said_at)}"
        return (
            Cell(self.what(one)),
            Cell(f"{one.asked_by}　{moment(one.asked_at)}", "mute"),
            Cell(said.strip(), "text" if alone else "mute", "warn" if alone else ""),
            Cell(words(f"approvals.state_{state}"), "pill", TONES.get(state, "plain")),
        )

    def _show_readers(self, _line: int = 0) -> None:
        one = self.here()
        told = [self.words("approvals.of_reader", key=key) for key in one.terms.readers] if one else []
        if one and one.reason:
            told.append(self.words("approvals.of_reason", reason=one.reason))
        self.readers.say("　".join(told))

    # a second person's word

    def begin(self, what: str) -> None:
        """Name and password of the second person can be typed, to approve or to refuse the chosen request."""
        one = self.here()
        if one is None or one.state is not RequestState.ASKED or one.over:
            self.tell("approvals.choose", "accent")
            return
        self._asking = what
        for widget in (self.reason, self._reason_label):
            widget.setVisible(what == "refuse")
        self._form.show()
        own = self._service.person
        self.who.setText(own if own != one.asked_by else "")
        (self.password if self.who.text() else self.who).setFocus()

    def _end_asking(self) -> None:
        self._asking = ""
        self._form.hide()
        self.refused.hide()
        for field in (self.who, self.password, self.reason):
            field.clear()

    def _typed_password(self) -> None:
        if self._asking == "refuse":
            self.reason.setFocus()
        else:
            self._answer()

    def _answer(self) -> None:
        one, name, password = self.here(), self.who.text(), self.password.text()
        if one is None or not self._asking:
            return
        if not name.strip() or not password:
            (self.password if name.strip() else self.who).setFocus()
            return
        if self._asking == "refuse":
            work = partial(self._service.refuse, one.id, name, password, self.reason.text())
        else:
            work = partial(self._service.approve, one.id, name, password)
        self.ask(work, self._answered, self._not_answered)

    def _answered(self, one: ExportRequest) -> None:
        self.tell(f"approvals.{one.state.value}", by=one.said_by, name=one.asked_by)
        self._read()

    def _not_answered(self, fault: Exception) -> None:
        if isinstance(fault, InvalidRecord):
            self.refused.say(self.words("approvals.needed_reason"), "danger")
            self.reason.setFocus()
        else:
            self.tell_fault_at(lambda told: self.refused.say(told, "danger"), fault)
            self.password.clear()
            self.password.setFocus()
        self.refused.show()

    def withdraw(self) -> None:
        """The chosen request is no more, if it is one's own."""
        one = self.here()
        if one is not None and not self._asking:
            self.ask(partial(self._service.withdraw, one.id), self._withdrawn)

    def _withdrawn(self, _none: None) -> None:
        self._read()

    def open(self, _line: int = 0) -> None:
        """The page of export is filled in as this request asked."""
        one = self.here()
        if one is not None:
            self.went.emit("export", ToExport(one))
