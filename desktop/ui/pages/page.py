"""What every page is: its keys at the foot, its work off the screen's thread, its sentences in the one bar."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, TypeVar

from PySide6.QtCore import Qt, QThreadPool, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QWidget

from desktop.ui import workers
from desktop.ui.theme import Look
from desktop.ui.words import Sentence, Words
from sync.contract.errors import LantaiError

T = TypeVar("T")
Keys = tuple[tuple[str, str], ...]


class Page(QWidget):
    """One page. A page is given the services it shows; it never reaches for them."""

    KEYS: ClassVar[Keys] = ()  # (key cap, key of the words) at the foot
    NARROW_KEYS: ClassVar[Keys] = ()  # the same where the window is narrow; empty: all of KEYS

    told = Signal(object)  # a Sentence for the notice bar
    quieted = Signal()  # what the notice bar says no longer holds
    went = Signal(str, object)  # another page is wanted, with what it shall show
    lock_wanted = Signal()  # the desk is to be locked
    broke = Signal(object)  # a fault that is nobody's act: the crash page takes it
    keys_changed = Signal()  # the foot shall show the keys anew
    anew_wanted = Signal(str)  # every page is to be made again, in that language
    counts_changed = Signal()  # something waits more or less than before

    def __init__(self, look: Look, words: Words, name: str) -> None:
        super().__init__()
        self.setObjectName(f"page:{name}")
        self.look, self.words, self.name = look, words, name
        self.narrow = False
        self.setFocusPolicy(
            Qt.FocusPolicy.ClickFocus
        )  # the page itself has the keyboard until one of its parts takes it
        self.setAccessibleName(words(f"nav.{name}") if words.find(f"nav.{name}") else name)

    def visit(self, wanted: object = None) -> None:
        """The page has come to the front; `wanted` is what the other page asked it to show."""

    def leave(self) -> None:
        """Another page is about to come to the front."""

    def close_down(self) -> bool:
        """The desk is about to be closed: what was typed is on the disk; False when it is not yet."""
        return True

    def at_work(self) -> bool:
        """Whether something is under way that a desk without anybody at it should not cut short."""
        return False

    def return_to(self) -> object:
        """Return what `visit` shows again after the same person has unlocked."""
        return None

    def waits_changed(self) -> None:
        """Something waits more or less than when this page was last shown."""

    def pages_read(self, sha256: str) -> None:
        """The pages of that file have been read behind the scenes."""

    def escape(self) -> bool:
        """Esc was pressed: undo the least thing that can be undone; False when there was none."""
        return False

    def set_narrow(self, narrow: bool) -> None:
        """The window has become narrow or wide."""
        self.narrow = narrow

    def keys(self) -> Keys:
        return self.NARROW_KEYS if self.narrow and self.NARROW_KEYS else self.KEYS

    def bind(self, keys: str, act: Callable[[], object]) -> QShortcut:
        """That key does that act while this page is in front; letters stay letters where one types.

        Keys that mean nothing to a field work while the cursor is in the search box above, too; Enter, arrows and letters
        only within the page.
        """
        shortcut = QShortcut(QKeySequence(keys), self)
        everywhere = keys.startswith(("Alt+", "Ctrl+", "Pg")) or (keys[0] == "F" and keys[1:].isdigit())
        context = Qt.ShortcutContext
        shortcut.setContext(context.WindowShortcut if everywhere else context.WidgetWithChildrenShortcut)
        shortcut.activated.connect(act)
        return shortcut

    def ask(
        self, work: Callable[[], T], done: Callable[[T], None], failed: Callable[[Exception], None] | None = None
    ) -> workers.Task:
        """Do the work off the screen's thread; a refusal is told in the notice bar unless the page takes it itself."""
        return workers.run(QThreadPool.globalInstance(), work, done, failed or self.tell_fault)

    def tell_fault(self, fault: Exception) -> None:
        """Tell what happened, what is safe and what to do; a bug goes to the crash page."""
        if isinstance(fault, LantaiError):
            self.told.emit(self.words.of_error(fault))
        else:
            self.broke.emit(fault)

    def tell_fault_at(self, refuse: Callable[[str], None], fault: Exception) -> None:
        """Tell the same where it belongs, at the form that was refused; a bug goes to the crash page."""
        if isinstance(fault, LantaiError):
            told = self.words.of_error(fault)
            refuse(told.what + told.safe + told.next)
        else:
            self.broke.emit(fault)

    def tell(self, key: str, tone: str = "ok", **facts: object) -> None:
        """Say the sentence of that key in the notice bar; its `.safe` and `.next` follow where they exist."""
        safe, then = (
            self.words(part, **facts) if self.words.find(part) else "" for part in (f"{key}_safe", f"{key}_next")
        )
        self.told.emit(Sentence(self.words(key, **facts), safe, then, tone))
