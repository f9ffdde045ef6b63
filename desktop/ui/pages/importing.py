"""导入: a table from outside becomes records: choose the file, tell its columns, try it, file it, or take it back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from PySide6.QtWidgets import QStackedWidget, QVBoxLayout

from desktop.services.imports.error_list import ErrorList
from desktop.services.imports.importing import Look as TableLook
from desktop.services.imports.importing import Outcome
from desktop.services.imports.templates import Template
from desktop.services.imports.undoing import Run, RunState, Undone
from desktop.ui.kind_keys import keyed
from desktop.ui.pages.catalogue_opening import ToResume
from desktop.ui.pages.importing_busy import BusyBar
from desktop.ui.pages.importing_columns import ColumnsStep
from desktop.ui.pages.importing_runs import RunsStep
from desktop.ui.pages.importing_trial import TrialStep
from desktop.ui.pages.importing_words import sums_words
from desktop.ui.pages.importing_work import Wanted, file_table, look_at, quietly, try_table, undo_run
from desktop.ui.pages.importing_work import save_list as write_list
from desktop.ui.pages.page import Keys, Page
from desktop.ui.theme import Look
from desktop.ui.widgets.boxes import row
from desktop.ui.widgets.text import Elided, Text
from desktop.ui.words import Words

if TYPE_CHECKING:
    from desktop.services.desk import Desk

RUNS, COLUMNS, TRIAL = range(3)


class ImportPage(Page):
    """Three steps: the file, the columns, the trial; Esc goes one back."""

    KEYS: ClassVar[Keys] = (
        ("Enter", "import.key_open"),
        ("Ctrl+O", "import.key_choose"),
        ("↑ ↓", "import.key_move"),
        ("Ctrl+Enter", "import.key_go"),
        ("Del", "import.key_del"),
        ("Esc", "import.key_back"),
    )
    COLUMN_KEYS: ClassVar[Keys] = (
        ("Enter", "import.key_field"),
        ("F6", "import.key_fixed"),
        ("Alt+1—9 B—K", "import.key_kind"),
        ("Ctrl+↑ ↓", "import.key_header"),
        ("PgDn", "import.key_sheet"),
        ("Alt+Y", "import.key_key"),
        ("Alt+M", "import.key_group"),
        ("Ctrl+Enter", "import.key_try"),
    )
    SOURCE_KEYS: ClassVar[Keys] = (
        ("Alt+1—9 B—K", "import.key_kind"),
        ("Ctrl+↑ ↓", "import.key_header"),
        ("PgDn", "import.key_sheet"),
        ("Ctrl+Enter", "import.key_try"),
    )
    TRIAL_KEYS: ClassVar[Keys] = (
        ("Space", "import.key_excuse"),
        ("Enter", "import.key_reason"),
        ("F7", "import.key_list"),
        ("Ctrl+Enter", "import.key_file"),
        ("Esc", "import.key_back"),
    )
    NARROW_KEYS: ClassVar[Keys] = (KEYS[0], *KEYS[3:])

    def __init__(self, look: Look, words: Words, desk: Desk) -> None:
        super().__init__(look, words, "import")
        self._desk = desk
        self._wanted: Wanted | None = None
        self._seen: TableLook | None = None
        self._made: ErrorList | None = None
        self._to_undo = ""
        self.runs, self.columns, self.trial = (
            RunsStep(look, words), ColumnsStep(look, words, desk.kinds), TrialStep(look, words),
        )  # fmt: skip
        self._stack = QStackedWidget()
        self._title = Elided(look, "", "label", "ink_3")
        self.busy = BusyBar(look, words)
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        look, words = self.look, self.words
        for step in (self.runs, self.columns, self.trial):
            self._stack.addWidget(step)
        self._lay = QVBoxLayout(self)
        self._lay.addWidget(row(Text(look, words("nav.import"), "title"), (self._title, 1), gap=12, height=32))
        self._lay.addWidget(self.busy)
        self._lay.addWidget(self._stack, 1)
        self._say_title()

    def _connect(self) -> None:
        self.runs.opened.connect(self.open)
        self.runs.resumed.connect(self._resume)
        self.columns.changed.connect(self._take_template)
        self.columns.tried.connect(self.go)
        self.trial.filed.connect(self.go)
        self.trial.saved.connect(self.save_list)
        self.trial.entry_rows.failed.connect(self.tell_fault)
        self.busy.failed.connect(self._failed)
        for keys, act in (
            ("Ctrl+O", self.runs.choose), ("Ctrl+Return", self.go), ("F6", self._fix), ("F7", self.save_list), ("Del", self._delete),
            ("Space", self._toggle), ("PgDown", partial(self._other_sheet, 1)), ("PgUp", partial(self._other_sheet, -1)),
            ("Ctrl+Down", partial(self._move_header, 1)), ("Ctrl+Up", partial(self._move_header, -1)),
            ("Alt+T", self._columns_act(self.columns.next_retention)), ("Alt+N", self._columns_act(self.columns.other_origin)),
            ("Alt+Y", self._columns_act(self.columns.mark_key)), ("Alt+M", self._columns_act(self.columns.mark_group)),
            ("Alt+D", self._columns_act(self.columns.next_part)),
        ):  # fmt: skip
            self.bind(keys, act)
        for key, kind in keyed(self._desk.kinds):
            self.bind(f"Alt+{key}", partial(self._choose_kind, kind))
        self.setFocusProxy(self.runs)

    def _columns_act(self, act: Callable[[], None]) -> Callable[[], None]:
        """That act, only while the columns are in front."""

        def done() -> None:
            if self.step == COLUMNS and not self.busy.running and not self.columns.is_source:
                act()

        return done

    @property
    def step(self) -> int:
        """Which step is in front: RUNS, COLUMNS or TRIAL."""
        return self._stack.currentIndex()

    def _front(self) -> RunsStep | ColumnsStep | TrialStep:
        return (self.runs, self.columns, self.trial)[self.step]

    def keys(self) -> Keys:
        columns = self.SOURCE_KEYS if self.columns.is_source else self.COLUMN_KEYS
        own = {COLUMNS: columns, TRIAL: self.TRIAL_KEYS}.get(self.step)
        if own is None:
            return super().keys()
        return (*own[:2], own[-1]) if self.narrow else own

    def set_narrow(self, narrow: bool) -> None:
        super().set_narrow(narrow)
        self._lay.setContentsMargins(*((12, 4, 12, 8) if narrow else (16, 12, 16, 16)))
        self._lay.setSpacing(4 if narrow else 12)
        for step in (self.runs, self.columns, self.trial):
            step.set_narrow(narrow)

    def visit(self, wanted: object = None) -> None:
        self._list_runs()
        self._front().setFocus()

    def at_work(self) -> bool:
        return self.busy.running

    def escape(self) -> bool:
        if self.busy.stop():
            return True
        front = self._front()
        if not isinstance(front, RunsStep) and front.put_back():
            return True
        if self.step != RUNS:
            self._show_step(self.step - 1)
            return True
        return False

    def _show_step(self, step: int) -> None:
        self._stack.setCurrentIndex(step)
        self._front().setFocus()
        self._say_title()
        self.keys_changed.emit()

    def _say_title(self) -> None:
        if self._seen is None or self.step == RUNS:
            self._title.setText(self.words("import.head"))
            return
        table = self._seen.table
        sheet = table.file.sheets[table.sheet]
        several = self.words("import.sheet", number=table.sheet + 1, count=len(table.file.sheets), name=sheet.name)
        said = [table.name, several if len(table.file.sheets) > 1 else "", table.file.encoding.upper()]
        said.append(self.words("import.rows", count=f"{sheet.rows:,}", header=table.header.last_row))
        if table.file.open_quote:
            said.append(self.words("import.open_quote"))
        self._title.setText("　".join(filter(None, said)))

    # the file

    def open(self, path: str) -> None:
        """The file is read and its columns are shown."""
        if not self.busy.running:
            self._seen = None
            self._look(Wanted(Path(path).expanduser()))

    def _look(self, wanted: Wanted) -> None:
        self._begin(partial(quietly, look_at, self._desk, wanted, self._seen), self._take_look, "import.reading")
        self._wanted = wanted

    def _take_look(self, seen: TableLook) -> None:
        self._seen = seen
        self.columns.show_look(seen)
        self._show_step(COLUMNS)
        if seen.table.source is not None:
            self.tell("import.source_told", "accent", table=seen.table.source.label)

    def _take_template(self, template: Template) -> None:
        assert self._seen is not None
        self._seen = replace(self._seen, table=replace(self._seen.table, template=template))
        self.columns.show_template(template)

    def _choose_kind(self, kind: str) -> None:
        if self.step == COLUMNS and self._wanted is not None and not self.busy.running:
            self._look(replace(self._wanted, kind=kind))

    def _other_sheet(self, step: int) -> None:
        seen = self._seen if self.step == COLUMNS and not self.busy.running else None
        if seen is not None and self._wanted is not None and len(seen.table.file.sheets) > 1:
            self._look(Wanted(self._wanted.path, seen.table.sheet + step))

    def _move_header(self, step: int) -> None:
        if self.step == COLUMNS and self._wanted is not None and self._seen is not None and not self.busy.running:
            row_before = self._wanted.header_row or self._seen.table.header.last_row
            self._look(replace(self._wanted, header_row=max(1, row_before + step)))

    # the trial and the act

    def go(self) -> None:
        """The next step: the file is opened, the table tried, the entries filed."""
        if self.busy.running:
            return
        if self.step == RUNS:
            self.runs._open()
        elif self.step == COLUMNS and self._seen is not None:
            self._begin(partial(try_table, self._desk, self._seen), self._take_trial, "import.trying")
        elif self.step == TRIAL and self._seen is not None and self.trial.go_button.isEnabled():
            work = partial(file_table, self._desk, self._seen, dict(self.trial.excuses))
            self._begin(work, self._filed, "import.filing")

    def _take_trial(self, made: ErrorList) -> None:
        self._made = made
        self.trial.show_list(made)
        self._show_step(TRIAL)

    def _filed(self, outcome: Outcome) -> None:
        self.counts_changed.emit()
        self._list_runs()
        cut, source = outcome.state is RunState.CUT, self.columns.is_source
        done = "import.source_done" if source else "import.done"
        sums = sums_words(self.words, outcome.sums, source=source)
        self.tell("import.cut" if cut else done, "warn" if cut else "ok", sums=sums)
        if not cut:
            self.runs.table.choose(0)
            self._show_step(RUNS)
            self.runs.table.setFocus()

    def _toggle(self) -> None:
        if self.step == TRIAL and not self.busy.running and not self.trial.reason.hasFocus():
            self.trial.toggle()

    def _fix(self) -> None:
        if self.step == COLUMNS and not self.busy.running and not self.columns.is_source:
            self.columns.ask_fixed()

    def save_list(self) -> None:
        """The list of errors is saved beside the file it is about."""
        if self.step != TRIAL or self._made is None or self._wanted is None or self.busy.running:
            return
        path = self._wanted.path.with_name(self.words("import.list_name", name=self._wanted.path.stem))
        work = partial(write_list, self._made, path, self.words, dict(self.trial.excuses))
        self._begin(work, self._saved, "import.saving")

    def _saved(self, where: tuple[Path, int]) -> None:
        self.tell("import.list_saved", name=where[0].name, count=where[1])

    # the imports that were made

    def _list_runs(self) -> None:
        self.ask(self._desk.import_runs.all, self.runs.show_runs)

    def _resume(self, run: Run) -> None:
        self.ask(partial(self._desk.import_runs.open_drafts, run.id), self._take_up)

    def _take_up(self, drafts: list[str]) -> None:
        if drafts:
            self.went.emit("catalogue", ToResume(drafts[0]))
        else:
            self.tell("import.no_drafts", "accent")

    def _delete(self) -> None:
        """Del leaves a column out, or takes an import back."""
        if not self.busy.running and self.columns.columns.hasFocus():
            self._columns_act(self.columns.no_field)()
        elif not self.busy.running and self.runs.table.hasFocus():
            self._undo()

    def _undo(self) -> None:
        """Del once asks, twice takes the import back."""
        run = self.runs.chosen()
        if run is None:
            return
        if run.state is RunState.UNDONE:
            self.tell("import.undone_before", "accent")
        elif self._to_undo != run.id:
            self._to_undo = run.id
            again = "import.source_undo_again" if run.source else "import.undo_again"
            self.tell(again, "warn", name=run.name, count=f"{run.filed:,}")
        else:
            self._to_undo = ""
            self._begin(partial(undo_run, self._desk, run.id), self._undone, "import.undoing")

    def _undone(self, undone: Undone) -> None:
        self._list_runs()
        self.counts_changed.emit()
        if undone.whole and undone.rows:
            self.tell("import.source_undone", "ok")
            return
        key = "import.undone" if undone.whole else "import.undo_cut"
        tone = "ok" if undone.whole and not undone.kept else "warn"
        self.tell(
            key,
            tone,
            records=f"{undone.records or undone.rows:,}",
            drafts=f"{undone.drafts:,}",
            kept=f"{undone.kept:,}",
        )

    # work that takes long

    def _begin(self, work: Callable[..., object], done: Callable[..., None], words: str) -> None:
        self.quieted.emit()
        self.busy.begin(words, work, done)

    def _failed(self, fault: Exception) -> None:
        if getattr(fault, "args", ("",))[0] == "cancelled":
            self.tell("import.stopped", "accent")
        else:
            self.tell_fault(fault)
        self._front().setFocus()
