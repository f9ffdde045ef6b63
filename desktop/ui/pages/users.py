"""用户: who can open the archive, in which role, and how each one's key stands; every act one key, then Ctrl+Enter."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from desktop.services.users import SlotState, UserLine, temporary_password
from desktop.ui.idling import IdleWatch
from desktop.ui.models.paged import Cell, PagedRows
from desktop.ui.pages.page import Keys, Page
from desktop.ui.pages.recovery_sheet import RecoverySheetPage
from desktop.ui.pages.sync_line import when
from desktop.ui.pages.users_key_change import KeyChange
from desktop.ui.pages.users_panel import KEYS_OF, ON_SOMEBODY, Act, UsersPanel
from desktop.ui.theme import Look
from desktop.ui.widgets.boxes import card, row, rule, tall
from desktop.ui.widgets.notice import EmptyState
from desktop.ui.widgets.table import Column, Table
from desktop.ui.widgets.text import Paragraph, Text
from desktop.ui.words import Words
from sync.contract.errors import LantaiError, NotAllowed, WeakPassword
from sync.vault.recovery_code import RecoverySheet

if TYPE_CHECKING:
    from desktop.services.desk import Desk

PANEL_PX, NARROW_PANEL_PX = 380, 340
SIGNS = {
    SlotState.READY: ("ok", "ok"),
    SlotState.TEMPORARY: ("clock", "warn"),
    SlotState.OLD: ("clock", "warn"),
    SlotState.WAITING: ("bad", "danger"),
}
AT_FIELD = {"name": "name", "name_taken": "name", "minutes": "idle"}


class UsersPage(Page):
    """Left everybody, right the act in hand."""

    KEYS: ClassVar[Keys] = (
        ("↑ ↓", "users.key_choose"),
        ("F2", "users.key_add"),
        ("F3", "users.key_role"),
        ("F4", "users.key_reset"),
        ("Del", "users.key_remove"),
        ("Ctrl+Z", "users.key_undo"),
        ("F6", "users.key_sheet"),
        ("F7", "users.key_key"),
        ("F8", "users.key_idle"),
        ("F9", "users.key_own"),
    )
    NARROW_KEYS: ClassVar[Keys] = (*KEYS[1:5], *KEYS[6:8])

    def __init__(self, look: Look, words: Words, desk: Desk, watch: IdleWatch) -> None:
        super().__init__(look, words, "users")
        self._desk, self._watch = desk, watch
        self.lines: tuple[UserLine, ...] = ()
        self.key_change = KeyChange(desk.users)
        self._wanted = ""  # who is to be chosen once the list is read anew
        self.table = Table(
            look, words("users.list"),
            (Column(words("users.name"), 0), Column(words("users.role"), 132), Column(words("users.opened"), 150, always=False),
             Column(words("users.state"), 176)),
        )  # fmt: skip
        self.model: PagedRows[UserLine] = PagedRows([one.head for one in self.table.columns], self._cells)
        self.table.setModel(self.model)
        self._alone = EmptyState(look, "person", words("users.alone_title"), words("users.alone_words"))
        self.result = Paragraph(look, words("users.result_none"), "label", "ink_3")
        self.panel = UsersPanel(look, words)
        self._idle = Text(look, "", "label", "ink_3")
        self.sheet: RecoverySheetPage | None = None
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        look, words = self.look, self.words
        head = row(Text(look, words("users.list"), "strong"), None, margins=(16, 0, 12, 0), height=44)
        foot = row((self.result, 1), margins=(16, 8, 16, 10))
        body = QHBoxLayout()
        body.setSpacing(12)
        body.addWidget(tall(card(head, rule(), (self.table, 1), (self._alone, 1), rule(), foot)), 1)
        body.addWidget(tall(self.panel))
        main = QWidget()
        self._lay = QVBoxLayout(main)
        title = row(Text(look, words("nav.users"), "title"), Text(look, words("users.head"), "label", "ink_3"), None, self._idle,
                    gap=12, height=32)  # fmt: skip
        self._lay.addWidget(title)
        self._lay.addLayout(body, 1)
        self._stack = QStackedWidget()
        self._stack.addWidget(main)
        lay = QVBoxLayout(self)
        lay.setContentsMargins(0, 0, 0, 0)
        lay.addWidget(self._stack)
        self._alone.hide()

    def _connect(self) -> None:
        panel = self.panel
        panel.go_button.clicked.connect(self.submit)
        panel.both_button.clicked.connect(self.remove_with_the_key)
        panel.back_button.clicked.connect(self.escape)
        self.key_change.setParent(self)
        self.key_change.shared.connect(panel.show_share)
        self.key_change.changed.connect(self.lock_wanted)
        self.key_change.blocked.connect(self._blocked)
        self.key_change.failed.connect(self._not_changed)
        for box in panel.boxes.values():
            box.field.textEdited.connect(self._typed)
            box.field.returnPressed.connect(self._enter)
        for act, key in KEYS_OF:
            if act is not Act.KEY:
                self.bind(key, partial(self.prepare, act))
        self.bind("F7", self._f7)
        self.bind("F9", partial(self.went.emit, "password", self.name))
        self.bind("Ctrl+Return", self.submit)
        self.bind("Ctrl+Z", self.undo)

    def set_narrow(self, narrow: bool) -> None:
        super().set_narrow(narrow)
        self._lay.setContentsMargins(*((12, 4, 12, 8) if narrow else (16, 12, 16, 16)))
        self._lay.setSpacing(4 if narrow else 12)
        self.panel.setFixedWidth(NARROW_PANEL_PX if narrow else PANEL_PX)
        self.table.set_narrow(narrow)

    def visit(self, wanted: object = None) -> None:
        self.look_again()
        (self.sheet or self.table).setFocus()

    def close_down(self) -> bool:
        self.key_change.stop()
        return True

    def at_work(self) -> bool:
        return self.key_change.running or self.sheet is not None

    # the list

    def look_again(self, wanted: str = "") -> None:
        """What is shown is read anew; `wanted` is chosen if it is there."""
        self._wanted = wanted or self.chosen_name()
        users = self._desk.users
        self.ask(lambda: (users.lines(), users.idle_minutes()), self._take_lines)

    def _take_lines(self, found: tuple[tuple[UserLine, ...], int]) -> None:
        self.lines, minutes = found
        names = [one.name for one in self.lines]
        wanted = self._wanted
        self.model.show_rows(self.lines)
        self.table.choose(names.index(wanted) if wanted in names else 0)
        self._alone.setVisible(len(names) == 1)
        self._idle.say(self.words("users.idle_told", count=minutes))
        self._watch.seconds = 60.0 * minutes

    def chosen(self) -> UserLine | None:
        line = self.table.line()
        return self.lines[line] if 0 <= line < len(self.lines) else None

    def chosen_name(self) -> str:
        here = self.chosen()
        return here.name if here else ""

    def _cells(self, line: UserLine) -> tuple[Cell, ...]:
        icon, tone = SIGNS[line.state]
        name = line.name + (self.words("users.oneself") if line.oneself else "")
        return (
            Cell(name, "strong"),
            Cell(self.words(f"role.{line.role.value}"), "text", "ink_2"),
            Cell(when(line.last_opened_at) if line.last_opened_at else "—", "text", "ink_2"),
            Cell(self.words(f"users.state_{line.state.value}"), "sign", tone, icon),
        )

    # one act

    def prepare(self, act: Act) -> None:
        """The act is in hand: what it does is said, what it needs can be typed; Ctrl+Enter does it."""
        if self.at_work():
            return
        here = self.chosen()
        if act in ON_SOMEBODY and (here is None or here.oneself):
            self.panel.show_act(Act.NONE)
            self._say("users.refused_oneself" if here else "users.choose_first", "warn")
            return
        filled: list[tuple[str, str]] = []
        if act in (Act.ADD, Act.RESET):
            filled.append(("password", temporary_password()))
        if act is Act.ADD:
            filled.append(("role", self.panel.roles[0]))
        elif act is Act.ROLE and here is not None:
            filled.append(("role", self.words(f"role.{here.role.value}")))
        elif act is Act.IDLE:
            filled.append(("idle", self.words("users.minutes", count=round(self._watch.seconds / 60))))
        self._say("users.result_none", "ink_3")
        self.panel.show_act(act, here.name if here and act in ON_SOMEBODY else "", filled)

    def submit(self) -> None:
        """The act in hand is done, unless something is missing in it."""
        panel, users = self.panel, self._desk.users
        if not panel.go_button.isEnabled() or panel.act is Act.NONE:
            return
        panel.typed()
        name, password, minutes = panel.person or panel.text("name"), panel.text("password"), panel.idle_minutes()
        if panel.act in (Act.ADD, Act.ROLE):
            self._submit_role(name, password)
        elif panel.act is Act.RESET:
            self._do(lambda: users.reset_password(name, password), "was_reset", name, password)
        elif panel.act is Act.REMOVE:
            self._do(lambda: users.remove(name), "removed", name)
        elif panel.act is Act.IDLE and minutes is None:
            panel.refuse(self.words("users.refused_minutes"), "idle")
        elif panel.act is Act.IDLE and minutes is not None:
            self._do(partial(users.set_idle_minutes, minutes), "idle_set", "")
        elif panel.act is Act.SHEET:
            panel.show_busy(True)
            self.ask(users.renew_recovery, self._show_sheet, self._refused)
        else:
            self.change_key("")

    def _submit_role(self, name: str, password: str) -> None:
        users, role = self._desk.users, self.panel.role()
        if role is None:
            self.panel.refuse(self.words("users.refused_role"), "role")
        elif self.panel.act is Act.ADD:
            self._do(partial(users.add, name, role, password), "added", name, password)
        else:
            self._do(partial(users.change_role, name, role), "role_changed", name)

    def _do(self, work: Callable[[], object], told: str, name: str, password: str = "") -> None:
        self.panel.show_busy(True)
        self._told = (told, name, password)
        self.ask(work, self._done, self._refused)

    def _done(self, _answer: object) -> None:
        told, name, password = self._told
        self.panel.show_act(Act.NONE)
        self._say(f"users.{told}", "ok", name=name, password=password)
        self.table.setFocus()
        self.look_again(name)

    def _refused(self, fault: Exception) -> None:
        """Say what is the matter where it is: at the field, or in the card."""
        if not isinstance(fault, LantaiError):
            self.broke.emit(fault)
            return
        reason = str(fault.facts.get("reason", ""))
        own = self.words.find(f"users.refused_{reason}") if isinstance(fault, NotAllowed) else None
        told = self.words.of_error(fault)
        words = own or told.what + (told.next if isinstance(fault, WeakPassword) else told.safe + told.next)
        self.panel.refuse(words, "password" if isinstance(fault, WeakPassword) else AT_FIELD.get(reason, ""))

    def undo(self) -> None:
        """The person removed last is back, as long as the key was not changed and the desk not locked."""
        if not self.at_work():
            self.ask(self._desk.users.put_back, self._put_back)

    def _put_back(self, name: str) -> None:
        self.panel.show_act(Act.NONE)
        self._say("users.put_back" if name else "users.nothing_to_undo", "ok" if name else "ink_3", name=name)
        self.look_again(name)

    def escape(self) -> bool:
        if self.key_change.stop():
            self.panel.tell(self.words("users.stopping"), "warn")
            return True
        if self.sheet is not None:
            return True  # the code is to be kept before it goes
        if self.panel.act is Act.NONE:
            return False
        self.panel.show_act(Act.NONE)
        self.table.setFocus()
        return True

    def _typed(self, _text: str) -> None:
        self.panel.typed()

    def _enter(self) -> None:
        if not self.panel.next_field():
            self.submit()

    def _say(self, key: str, tone: str, **facts: object) -> None:
        self.result.say(self.words(key, **facts) if facts else self.words(key), tone)

    # the recovery sheet

    def _show_sheet(self, sheet: RecoverySheet) -> None:
        self.panel.show_act(Act.NONE)
        self.sheet = RecoverySheetPage(self.look, self.words, sheet, kept="users.sheet_kept")
        self.sheet.went.connect(self._sheet_kept)
        self._stack.addWidget(self.sheet)
        self._stack.setCurrentWidget(self.sheet)
        self.sheet.visit()

    def _sheet_kept(self, _where: str, _what: object) -> None:
        sheet, self.sheet = self.sheet, None
        if sheet is not None:
            self._stack.removeWidget(sheet)
            sheet.deleteLater()
        self._say("users.sheet_done", "ok")
        self.table.setFocus()

    # another key

    def _f7(self) -> None:
        if self.panel.act is Act.REMOVE:
            self.remove_with_the_key()
        else:
            self.prepare(Act.KEY)

    def remove_with_the_key(self) -> None:
        """The person in hand is removed and the key changed, in one act."""
        if self.panel.act is Act.REMOVE and self.panel.go_button.isEnabled():
            self.change_key(self.panel.person)

    def change_key(self, without: str) -> None:
        """The archive is being written anew under another key; Esc stops it and leaves everything as it was."""
        if not self.key_change.running:
            self.panel.show_busy(True, measured=True)
            self.panel.show_share(0)
            self.panel.tell(self.words("users.changing"), "accent")
            self.key_change.begin(without)

    def _blocked(self, owners: tuple[str, ...]) -> None:
        names = "、".join(name or self.words("users.the_sheet") for name in owners)
        self.panel.refuse(self.words("users.refused_old_slot_of", names=names))

    def _not_changed(self, fault: Exception) -> None:
        if isinstance(fault, LantaiError) and fault.facts.get("reason") == "cancelled":
            self.panel.refuse(self.words("users.stopped"))
        else:
            self._refused(fault)
        if not self._desk.is_open:
            self.lock_wanted.emit()
