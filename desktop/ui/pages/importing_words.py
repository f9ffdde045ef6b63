"""How an import is said: sorts of finding, sums, runs; sentences come from resources/messages."""

from __future__ import annotations

import re
from collections.abc import Sequence

from desktop.services.imports.dry_run import Sums
from desktop.services.imports.error_list import Detail, Wording
from desktop.services.imports.judging import EntryJudgement
from desktop.services.imports.undoing import Run, RunState
from desktop.ui.models.paged import Cell
from desktop.ui.pages.sync_line import when
from desktop.ui.words import Words
from sync.contract.findings import Finding, Level
from sync.contract.kinds import Kind
from sync.contract.sources import load_sources

RUN_TONES = {RunState.DONE: "ok", RunState.CUT: "warn", RunState.RUNNING: "warn", RunState.UNDONE: "plain"}
STATE_TONES = {EntryJudgement.REJECTED: "danger", EntryJudgement.WARNED: "warn"}
_PLACE = re.compile(r"\{\w+\}")


def sort_words(words: Words, code: str) -> str:
    """Return what a sort of finding is called, without the facts of one entry."""
    return words.find(f"import.sort_{code}") or _PLACE.sub("…", words.find(f"finding.{code}") or code)


def finding_words(words: Words, kind: Kind | None, found: Finding) -> str:
    """Return the sentence for a finding, led by the label of its field."""
    facts: dict[str, object] = {"basis": "", **found.facts}
    other = kind.field(str(facts.get("other", ""))) if kind else None
    if other is not None:
        facts["other"] = other.label
    said = words.find(f"finding.{found.code}") or found.code
    sentence = said.format_map(_Dashes(facts))
    field = kind.field(found.field) if kind else None
    if field is None or kind is None:
        column = found.facts.get("column")  # of a source
        return f"{column}：{sentence}" if column else sentence
    group = next((one for one, held in kind.all_fields() if held is field), None)
    label = f"{group.label}{field.label}" if group is not None and group.key else field.label
    return f"{label}：{sentence}"


class _Dashes(dict[str, object]):
    """A fact that the dry run did not keep is shown as a dash."""

    def __missing__(self, _name: str) -> str:
        return "—"


def wording(words: Words) -> Wording:
    """Return the words of the list of errors."""
    return Wording(
        row=words("import.row"),
        state=words("import.state"),
        reasons=words("import.reasons"),
        states=lambda state: words(f"import.entry_{state.value}"),
        finding=lambda kind, found: finding_words(words, kind, found),
    )


def sums_words(words: Words, sums: Sums, *, source: bool) -> str:
    """Return the sum as it stands on the page: read = filed + rejected + open + there; of a source nothing is open."""
    if source:
        return words(
            "import.source_sums",
            read=f"{sums.read:,}", filed=f"{sums.filed:,}", rejected=f"{sums.rejected:,}", there=f"{sums.there:,}",
        )  # fmt: skip
    return words(
        "import.sums",
        read=f"{sums.read:,}",
        filed=f"{sums.filed:,}",
        rejected=f"{sums.rejected:,}",
        open=f"{sums.open:,}",
        there=f"{sums.there:,}",
    )


def shares(sums: Sums) -> list[tuple[float, str]]:
    """Return the shares of a sum with their tones."""
    whole = max(1, sums.read)
    parts = ((sums.filed, "ok"), (sums.open, "warn"), (sums.rejected, "danger"), (sums.there, "ink_3"))
    return [(count / whole, tone) for count, tone in parts]


def run_cells(words: Words, run: Run) -> Sequence[Cell]:
    """Return an import as a row of its list."""
    counts = (run.read, run.filed, run.open, run.rejected, run.there)
    numbers = [Cell(f"{count:,}", "number") for count in counts]
    state = Cell(words(f"import.run_{run.state.value}"), "pill", RUN_TONES[run.state])
    source = load_sources().get(run.source)
    name = words("import.source_of", name=run.name, label=source.label) if source else run.name
    return Cell(name), Cell(when(run.started_at), "mute"), *numbers, state


def detail_cells(words: Words, kind: Kind | None, detail: Detail) -> Sequence[Cell]:
    """Return an entry of the dry run as a row: its number in the sheet, what it says, what is said against it."""
    shown = "　".join(cell for cell in detail.candidate.rows[0].cells if cell)
    grave = [one for one in detail.findings if one.level is Level.ERROR] or list(detail.findings)
    said = "；".join(dict.fromkeys(finding_words(words, kind, one) for one in grave))
    tone = STATE_TONES.get(detail.line.state, "ink")
    icon = "bad" if detail.line.state is EntryJudgement.REJECTED else "warn"
    return Cell(f"{detail.line.number:,}", "number"), Cell(shown), Cell(said, "sign", tone, icon)
