"""从备份恢复: on a bare machine the archive comes back out of a stick or folder, before anybody's password is asked for."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QThreadPool
from PySide6.QtWidgets import QFileDialog, QGridLayout

from desktop.services.changed import Progress
from desktop.services.restoring import Restored, restore_from
from desktop.ui import workers
from desktop.ui.keeping import mounted_roots
from desktop.ui.pages.begin import BeginForm
from desktop.ui.theme import Look
from desktop.ui.widgets.field import Field
from desktop.ui.widgets.keys import Button
from desktop.ui.widgets.measure import Measure
from desktop.ui.widgets.text import Text
from desktop.ui.words import Words
from sync.contract.errors import LantaiError, Refused

INSIDE = "lantai-backup"


def places_at_hand() -> list[str]:
    """Return mounted disks that hold backups of ours."""
    return [str(root) for root in mounted_roots() if (root / INSIDE).is_dir()]


class RestorePage(BeginForm):
    """Where the backup lies; what was found wrong with newer ones is said, then the first page asks for a password."""

    def __init__(self, look: Look, words: Words, folder: Path) -> None:
        super().__init__(look, words, "begin.restore_title", "begin.restore_note")
        self._folder = folder
        self._task: workers.Task | None = None
        self._restored = False
        self.main_button.say(words("begin.restore_go"))
        self.source = Field(look, words("begin.restore_from"), words("begin.restore_hint"))
        self.source.setObjectName("restore:from")
        self.source.returnPressed.connect(self.submit)
        self.choose_button = Button(look, words("backup.choose"), "Ctrl+O")
        self.choose_button.clicked.connect(self.choose)
        self.measure = Measure(look, words("begin.restore_title"), height_px=6)
        self.measure.hide()
        grid = QGridLayout(self.fields)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(12)
        grid.addWidget(Text(look, words("begin.restore_from"), "label", "ink_2"), 0, 0)
        grid.addWidget(self.source, 0, 1)
        grid.addWidget(self.choose_button, 0, 2)
        grid.addWidget(self.measure, 1, 0, 1, 3)
        grid.setColumnStretch(1, 1)
        self.bind("Ctrl+O", self.choose)

    def visit(self, wanted: object = None) -> None:
        self.source.setFocus()
        self.ask(places_at_hand, self._offer)

    def _offer(self, places: list[str]) -> None:
        if places and not self.source.text():
            self.source.setText(places[0])

    def choose(self) -> None:
        """The place is chosen by eye; typing its path does the same."""
        chosen = QFileDialog.getExistingDirectory(self, self.words("begin.restore_from"), self.source.text())
        if chosen:
            self.source.setText(chosen)

    def submit(self) -> None:
        """The archive is being put together; once it is, the same key goes on to the password."""
        if self._restored:
            self.went.emit("restored", None)
            return
        if not self.main_button.isEnabled():
            return
        if not self.source.text().strip():
            self.show_refusal(self.words("begin.missing", field=self.source.accessibleName()), self.source)
            return
        self._busy("begin.restoring")
        self.measure.show_shares([(0.01, "accent")])
        self.measure.show()
        work = partial(restore_from, Path(self.source.text().strip()), self._folder)
        self._task = workers.run_long(QThreadPool.globalInstance(), work, self._done, self._stopped, self._progressed)

    def escape(self) -> bool:
        if self._task is not None:
            self._task.cancel()
            return True
        return super().escape()

    def _progressed(self, report: object) -> None:
        if isinstance(report, Progress):
            self.measure.show_shares([(report.done / max(1, report.whole), "accent")])

    def _done(self, made: Restored) -> None:
        self._task, self._restored = None, True
        self.measure.show_shares([(1.0, "ok")])
        told = self.words("begin.restored", records=made.manifest.rows.get("record", 0), files=made.files)
        lost = len(made.lost) + len(made.manifest.lost)
        told += self.words("begin.restored_lost", count=lost) if lost else ""
        told += self.words("begin.restored_skipped", count=len(made.skipped)) if made.skipped else ""
        self.told_row.say(told, "warn" if lost or made.skipped else "ok")
        self.source.setEnabled(False)
        self.back_button.hide()
        self.main_button.say(self.words("begin.restored_go"))
        self.main_button.setEnabled(True)
        self.main_button.setFocus()

    def _stopped(self, fault: Any) -> None:
        self._task = None
        self.measure.hide()
        if isinstance(fault, Refused) and fault.facts.get("reason") == "cancelled":
            self.show_refusal(self.words("begin.restore_stopped"))
            return
        self._refused(fault)
        flaw = fault.facts.get("flaw") if isinstance(fault, LantaiError) else None
        if flaw is not None:
            self.show_refusal(self.words("begin.restore_none", why=self.words(f"backup_flaw.{flaw}")))
