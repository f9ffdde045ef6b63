"""The document of the audit log names every line that the program writes, and no other."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from desktop.archive.fixity import Outcome
from desktop.archive.looks import OPENED, SHOWN
from sync.contract.decisions import DecisionKind
from sync.county.log_keeping import KEPT
from sync.county.staff_calls import SIGNED_IN

PROJECT = Path(__file__).resolve().parents[1]
# Words that are made up: what each place can make of them. A new place of that kind is found below and must be told here.
MADE = {
    "SHOWN": {SHOWN},
    "OPENED": {OPENED},
    "KEPT": {KEPT},
    "SIGNED_IN": {SIGNED_IN},
    "f'decision.{decision.kind.value}'": {f"decision.{kind.value}" for kind in DecisionKind},
    "f'fixity-{event.outcome.value}'": {
        f"fixity-{outcome.value}" for outcome in Outcome if outcome is not Outcome.PASS
    },
    "f'import-{state.value}'": {"import-done", "import-cut"},
    "noted": {"person-linked", "person-kept-apart"},
    "told": {"volume-closed", "volume-reopened", "volume-changed"},
    "word": {"enrolled", "county-address-changed"},
    "act": set(),  # of `Act.note` itself, which passes on what it was given
}


def act_of(call: ast.Call) -> ast.expr | None:
    """Return the act that a call writes, if it writes one."""
    if not isinstance(call.func, ast.Attribute):
        return None
    name, arguments = call.func.attr, call.args
    if name == "note" and arguments and ast.unparse(call.func.value).split(".")[-1] == "act":
        return arguments[0]
    if name == "log" and len(arguments) == 4:
        return arguments[1]
    named = {one.arg: one.value for one in call.keywords}
    if name == "append" and ast.unparse(call.func.value) == "audit":
        return named.get("act")
    return None


def spelled(act: ast.expr) -> Iterator[str]:
    if isinstance(act, ast.IfExp):
        yield from spelled(act.body)
        yield from spelled(act.orelse)
    elif isinstance(act, ast.Constant):
        yield str(act.value)
    else:
        yield from MADE[ast.unparse(act)]


def described(end: str) -> list[str]:
    """Return the acts that the document names, of the desk or of the county."""
    rows = (PROJECT / "docs/audit.md").read_text(encoding="utf-8").split("## 6.")[1]
    desk, county = rows.split("At the county:")
    return [
        word
        for line in (desk if end == "desk" else county).splitlines()
        if line.startswith("| `")
        for word in re.findall(r"`([^`]+)`", line.split("|")[1])
    ]


def test_every_line_the_program_writes_stands_in_the_document_and_no_other() -> None:
    sources = [
        path.read_text(encoding="utf-8") for root in ("desktop", "sync") for path in (PROJECT / root).rglob("*.py")
    ]
    writing = [source for source in sources if re.search(r"\.(note|log|append)\(", source)]
    calls = [node for source in writing for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    written = {word for call in calls if (act := act_of(call)) is not None for word in spelled(act)}
    assert len(written) > 90
    assert sorted([*described("desk"), *described("county")]) == sorted(written)
