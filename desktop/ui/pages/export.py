"""导出: a sealed copy for somebody outside, and the proof of one, both without changing anything in the archive."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from PySide6.QtCore import Qt, QThreadPool
from PySide6.QtWidgets import QFileDialog, QFrame, QGridLayout, QHBoxLayout, QVBoxLayout

from desktop.services.changed import Progress
from desktop.services.export_requests import ExportRequest, RequestState, Way
from desktop.services.exporting import Recipient, SealedExport, terms_of
from desktop.services.sealing.scope import Scope
from desktop.ui import workers
from desktop.ui.pages.approvals import ToExport, scope_words
from desktop.ui.pages.checks import ToChecks
from desktop.ui.pages.page import Keys, Page
from desktop.ui.theme import Look
from desktop.ui.widgets.boxes import card, col, row, rule, tall
from desktop.ui.widgets.field import Field
from desktop.ui.widgets.keys import Button
from desktop.ui.widgets.measure import Measure
from desktop.ui.widgets.text import Elided, Icon, Paragraph, Text
from desktop.ui.words import Words
from sync.contract.errors import Refused
from sync.contract.four_properties import Outcome, Report, Stage
from sync.vault.copy_check import CopyVerdict

if TYPE_CHECKING:
    from desktop.services.desk import Desk


def make_copy(
    desk: Desk,
    folder: Path,
    recipients: list[str],
    scope: Scope,
    masked: bool,
    report: Callable[[object], None],
    asked: Callable[[], bool],
) -> tuple[SealedExport, Report]:
    """The archive was checked (四性检测), and the copy of the scope stands in the folder, whole or not at all; a masked one without the report."""
    checked = desk.examining.run(report, asked, Stage.EXPORT)
    beside = {} if masked else {"four-properties.json": checked.to_json().encode()}
    made = desk.exporting.export(folder, recipients, report, asked, scope=scope, beside=beside, masked=masked)
    return made, checked


def _sound(verdict: CopyVerdict) -> str:
    """Return the key of what is proved of a copy in which nothing was found."""
    if not verdict.complete:
        return "export.sound_part"
    return {None: "export.sound", False: "export.sound_choice", True: "export.sound_more"}[verdict.choice]


class ExportPage(Page):
    """Left the copy to be made, right a copy to be proved."""

    KEYS: ClassVar[Keys] = (
        ("Tab", "export.key_next"),
        ("F2", "export.key_make_key"),
        ("Shift+F2", "export.key_lock_key"),
        ("Ctrl+O", "export.key_folder"),
        ("Ctrl+Enter", "export.key_go"),
        ("F3", "export.key_masked"),
        ("F5", "export.key_verify"),
        ("F9", "export.key_checks"),
        ("F6", "export.key_log"),
        ("F7", "export.key_approvals"),
        ("F8", "export.key_audit"),
        ("Esc", "export.key_cancel"),
    )
    NARROW_KEYS: ClassVar[Keys] = (*KEYS[1:2], *KEYS[4:7], *KEYS[9:])

    def __init__(self, look: Look, words: Words, desk: Desk) -> None:
        super().__init__(look, words, "export")
        self._desk, self._service = desk, desk.exporting
        self._task: workers.Task | None = None
        self._wanted: tuple[Path, list[str], Scope, bool] = (Path(), [], Scope(), False)
        self.masked = False
        self.note = Paragraph(look, words("export.note"), "label", "ink_2")
        self.folder = self._field("folder")
        self.recipient = self._field("recipient")
        self.scope = self._field("scope")
        self._passphrases: dict[str, str] = {}  # of keys locked here, so that a copy can be proved at once
        self.go_button = Button(look, words("export.go"), "Ctrl+Enter", "main")
        self.go_button.setObjectName("export:go")
        self.cancel_button = Button(look, words("export.cancel"), "Esc", "danger")
        self.key_button = Button(look, words("export.make_key"), "F2")
        self.key_button.setObjectName("export:key")
        self.measure = Measure(look, words("export.progress"), height_px=6)
        self.state = Paragraph(look, words("export.ready"), "label", "ink_2")
        self.made = Elided(look, "", "label", "ok")
        self.copy = self._field("copy")
        self.signer = self._field("signer")
        self.key_file = self._field("key_file")
        self.verify_button = Button(look, words("export.verify"), "F5")
        self.verify_button.setObjectName("verify:go")
        self.verdict_icon = Icon(look, "", "ok", 24)
        self.verdict = Paragraph(look, words("export.verify_note"), "body", "ink_2")
        self.findings = Paragraph(look, "", "label", "danger")
        self._lay_out()
        self._connect()

    def _field(self, key: str) -> Field:
        field = Field(self.look, self.words(f"export.{key}"), self.words(f"export.{key}_hint"))
        field.setObjectName(f"export:{key}")
        return field

    def _grid(self, *fields: Field) -> QFrame:
        frame = QFrame()
        grid = QGridLayout(frame)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(1, 1)
        for line, field in enumerate(fields):
            grid.addWidget(Text(self.look, field.accessibleName(), "label", "ink_2"), line, 0)
            grid.addWidget(field, line, 1)
        return frame

    def _lay_out(self) -> None:
        look, words = self.look, self.words
        make = col(
            self.note, 4, self._grid(self.folder, self.recipient, self.scope),
            row(self.key_button, None, self.cancel_button, self.go_button), 4, self.measure, self.state, self.made,
            None, gap=8, margins=(16, 12, 16, 16),
        )  # fmt: skip
        prove = col(
            Paragraph(look, words("export.prove_note"), "label", "ink_2"), 4,
            self._grid(self.copy, self.signer, self.key_file), row(None, self.verify_button), 4,
            row(self.verdict_icon, (self.verdict, 1), gap=10), self.findings, None, gap=8, margins=(16, 12, 16, 16),
        )  # fmt: skip
        body = QHBoxLayout()
        body.setSpacing(12)
        for icon, key, inside in (("export", "export.make_title", make), ("ok", "export.prove_title", prove)):
            head = row(
                Icon(look, icon, "ink_2"), Text(look, words(key), "strong"), None, margins=(16, 0, 12, 0), height=40
            )
            body.addWidget(tall(card(head, rule(), (inside, 1))), 1)
        self._lay = QVBoxLayout(self)
        title = row(
            Text(look, words("nav.export"), "title"), Text(look, words("export.head"), "label", "ink_3"), None, gap=12
        )
        title.setFixedHeight(32)
        self._lay.addWidget(title)
        self._lay.addLayout(body, 1)
        self.cancel_button.hide()

    def _connect(self) -> None:
        self.go_button.clicked.connect(self.export)
        self.cancel_button.clicked.connect(self.escape)
        self.key_button.clicked.connect(self.make_key)
        self.verify_button.clicked.connect(self.verify)
        for field in (self.folder, self.recipient, self.scope, self.copy, self.signer, self.key_file):
            field.returnPressed.connect(self.focusNextChild)
        for keys, act in (
            ("Ctrl+Return", self.export), ("F2", self.make_key), ("F3", self.toggle_masked), ("Shift+F2", self.lock_key), ("Ctrl+O", self.choose_folder), ("F5", self.verify),
            ("F9", partial(self.went.emit, "checks", ToChecks("export"))),
            ("F6", partial(self.went.emit, "log", None)), ("F7", partial(self.went.emit, "approvals", None)), ("F8", self._to_audit),
        ):  # fmt: skip
            self.bind(keys, act)
        self.setFocusProxy(self.folder)

    def set_narrow(self, narrow: bool) -> None:
        super().set_narrow(narrow)
        self._lay.setContentsMargins(*((12, 4, 12, 8) if narrow else (16, 12, 16, 16)))
        self._lay.setSpacing(4 if narrow else 12)

    def visit(self, wanted: object = None) -> None:
        self.folder.setFocus()
        if isinstance(wanted, ToExport):
            self.recipient.setText(" ".join(wanted.request.terms.readers))
            scope = self._service.read_scope(wanted.request.terms.scope)
            self.scope.setText(scope_words(self.words, self._desk.kinds, scope))
            self.show_masked(wanted.request.terms.way is Way.MASKED)
        if not self.signer.text():
            self.ask(self._service.signature_key, self._take_signer)

    def _take_signer(self, key: str) -> None:
        if not self.signer.text():
            self.signer.setText(key.strip().splitlines()[-1])

    def at_work(self) -> bool:
        return self._task is not None

    def escape(self) -> bool:
        if self._task is not None:
            self._task.cancel()
            self.state.say(self.words("export.stopping"), "warn")
            return True
        return False

    def _to_audit(self) -> None:
        self.went.emit("audit", self.scope.text())

    def choose_folder(self) -> None:
        """A folder is chosen by eye; typing its path does the same."""
        chosen = QFileDialog.getExistingDirectory(self, self.words("export.folder"), self.folder.text())
        if chosen:
            self.folder.setText(chosen)

    def toggle_masked(self) -> None:
        """The next copy is a masked one, or a whole one again."""
        if self._task is None:
            self.show_masked(not self.masked)

    def show_masked(self, masked: bool) -> None:
        """What kind of copy is made stands in the card, in words and on the button."""
        self.masked = masked
        self.note.say(self.words("export.note_masked" if masked else "export.note"), "accent" if masked else "ink_2")
        self.go_button.say(self.words("export.go_masked" if masked else "export.go"))

    def make_key(self) -> None:
        """A fresh key for the reader of the copy stands in the folder; its public half is the recipient."""
        self.ask(self._service.make_recipient, self._take_recipient)

    def lock_key(self) -> None:
        """The same, locked with a passphrase that is shown this once."""
        self.state.say(self.words("export.locking"), "accent")
        self.ask(partial(self._service.make_recipient, by_passphrase=True), self._take_recipient)

    def _take_recipient(self, made: Recipient) -> None:
        self.recipient.setText(made.public_key)
        self.key_file.setText(str(made.key_file))
        self._passphrases[str(made.key_file)] = made.passphrase
        told, file = ("key_locked", made.key_file.name) if made.passphrase else ("key_made", str(made.key_file))
        self.state.say(self.words(f"export.{told}", file=file, passphrase=made.passphrase), "accent")
        self.go_button.setFocus(Qt.FocusReason.OtherFocusReason)

    def export(self) -> None:
        """The copy is being made; Esc stops it and leaves nothing half."""
        if self._task is not None or not self.go_button.isEnabled():
            return
        for field in (self.folder, self.recipient):
            if not field.text().strip():
                field.setFocus()
                self.state.say(self.words("begin.missing", field=field.accessibleName()), "danger")
                return
        try:
            scope = self._service.read_scope(self.scope.text())
        except Refused:
            self.scope.setFocus()
            self.state.say(self.words("export.no_such_scope"), "danger")
            return
        if scope.sample:  # with the seed it was given, so that asking again asks for the same
            self.scope.setText(scope_words(self.words, self._desk.kinds, scope))
        self.go_button.setEnabled(False)
        self.made.setText("")
        self._wanted = (Path(self.folder.text().strip()), self.recipient.text().split(), scope, self.masked)
        terms = terms_of(scope, self._wanted[1], masked=self.masked)
        self.ask(partial(self._service.requests.ask, terms), self._begin, self._failed)

    def _begin(self, request: ExportRequest) -> None:
        """With a second person's word the copy is being made; without it the request waits."""
        if request.state is not RequestState.APPROVED:
            self._settle()
            self.folder.setFocus()  # the button was off meanwhile, and gave the keyboard away
            people = "、".join(self._service.requests.others())
            self.state.say(self.words("export.waits", people=people, until=request.until[:10]), "warn")
            self.tell("export.waits_told", "warn", people=people)
            return
        self.cancel_button.show()
        self.state.say(self.words("export.going"), "accent")
        self.measure.show_shares([(0.01, "accent")])
        work = partial(make_copy, self._desk, *self._wanted)
        self._task = workers.run_long(QThreadPool.globalInstance(), work, self._done, self._failed, self._progressed)

    def _progressed(self, report: object) -> None:
        if isinstance(report, Progress) and report.step == "checks":
            self.state.say(self.words("checks.going", done=report.done, whole=report.whole), "accent")
        elif isinstance(report, Progress):
            self.measure.show_shares([(report.done / max(1, report.whole), "accent")])
            self.state.say(self.words("export.files", done=report.done, whole=report.whole), "accent")

    def _settle(self) -> None:
        self._task = None
        self.go_button.setEnabled(True)
        self.cancel_button.hide()

    def _done(self, done: tuple[SealedExport, Report]) -> None:
        made, checked = done
        self._settle()
        self.measure.show_shares([(1.0, "ok")])
        size_mb = f"{made.size_bytes / 1024 / 1024:.1f}"
        self.state.say(self.words("export.done", files=made.files, size=size_mb), "ok")
        self.made.setText(f"{made.path.name}　BLAKE2b {made.copies[0].blake2b[:16]}…")
        self.copy.setText(str(made.path))
        if checked.clean:
            self.tell("export.told", name=made.path.name)
        else:
            self.tell("checks.copy_unclean", "warn", failed=checked.count(Outcome.FAILED))

    def _failed(self, fault: Exception) -> None:
        self._settle()
        self.measure.show_shares([])
        self.state.say(self.words("export.not_done"), "danger")
        self.tell_fault(fault)

    def verify(self) -> None:
        """The copy is read from its file alone and compared with its signature and its lists."""
        for field in (self.copy, self.signer, self.key_file):
            if not field.text().strip():
                field.setFocus()
                self.verdict.say(self.words("begin.missing", field=field.accessibleName()), "danger")
                return
        self.verify_button.setEnabled(False)
        self.verdict_icon.show_as("clock", "ink_3")
        self.verdict.say(self.words("export.verifying"), "accent")
        self.findings.say("")
        copy, key, file = (field.text().strip() for field in (self.copy, self.signer, self.key_file))
        signed_by = "\n".join(
            ("untrusted comment: minisign public key", key)
        )  # the first of the key file's two lines says nothing
        self.ask(
            partial(self._service.verify, Path(copy), signed_by, Path(file), self._passphrases.get(file, "")),
            self._judged,
            self._not_judged,
        )

    def _judged(self, verdict: CopyVerdict) -> None:
        self.verify_button.setEnabled(True)
        self.verdict_icon.show_as("ok" if verdict.ok else "bad", "ok" if verdict.ok else "danger")
        if verdict.ok:
            facts = {"files": verdict.files, "size": f"{verdict.size_bytes / 1024 / 1024:.1f}"}
            facts |= {"records": verdict.records, "rows": verdict.rows}
            told = self.words(_sound(verdict), **facts)
            self.verdict.say(self.words("export.masked", told=told) if verdict.masked else told, "ok")
        else:
            self.verdict.say(self.words("export.unsound", count=len(verdict.findings)), "danger")
        flaws = dict.fromkeys(self.words(f"flaw.{one.flaw.value}") for one in verdict.findings)
        self.findings.say("　".join(flaws))

    def _not_judged(self, fault: Exception) -> None:
        self.verify_button.setEnabled(True)
        self.verdict_icon.show_as("bad", "danger")
        if isinstance(fault, OSError):
            self.verdict.say(self.words("export.no_file"), "danger")
        else:
            self.verdict.say(self.words("export.not_proved"), "danger")
            self.tell_fault(fault)
