"""The documents are true: what can be called, measured or raised stands in them, and nothing strange stands beside them."""

from __future__ import annotations

import fnmatch
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

import desktop.documents
from desktop.archive.backup_check import Flaw
from desktop.commands import _COMMANDS
from desktop.ui.words import LANGUAGES, MESSAGES
from sync.contract.kind_files import load_kinds
from sync.contract.revisions import RecordState
from sync.county.__main__ import _ACTS
from sync.vault.copy_check import CopyFlaw
from tests.bench.__main__ import BENCHES

PROJECT = Path(__file__).resolve().parents[1]
# Said where a page is shown, not where a file is taken in.
OF_ONE_PAGE = {"page_missing", "page_too_large"}


def document(name: str) -> str:
    return (PROJECT / name).read_text(encoding="utf-8")


def sentences(language: str) -> dict[str, Any]:
    return tomllib.loads((MESSAGES / f"{language}.toml").read_text(encoding="utf-8"))


def test_what_changed_is_told_once_and_nothing_of_a_merge_is_left() -> None:
    lines = [line for line in document("CHANGELOG.md").splitlines() if line.startswith("- ")]
    assert len(set(lines)) == len(lines)
    assert not re.search(r"^(<<<<<<<|=======|>>>>>>>)", document("CHANGELOG.md"), re.M)


def test_the_top_level_holds_nothing_but_what_the_design_names() -> None:
    named = re.search(r"^Top level: (.*?)\(beside them only(.*?)and dot files", document("docs/design.md"), re.M | re.S)
    assert named
    known = {name.strip("/") for name in re.findall(r"[\w./]+", "".join(named.groups()))}
    ignored = [line.strip().rstrip("/") for line in document(".gitignore").splitlines()]
    found = {place.name for place in PROJECT.iterdir() if not place.name.startswith(".")}
    found = {name for name in found if not any(fnmatch.fnmatch(name, pattern) for pattern in ignored)}
    assert found <= known
    assert {"desktop", "sync", "resources", "tests", "installer"} <= found


def test_every_room_is_named_with_its_digit_in_the_list_of_keys_and_the_clerks_in_the_readme() -> None:
    source = (PROJECT / "desktop/ui/rooms.py").read_text(encoding="utf-8")
    digits = set(re.findall(r'Place\("\w+", "\w+", "(\d)"\)', source)) | set(re.findall(r'digit = "(\d)"', source))
    assert {"2", "3", "4", "7"} <= digits
    for digit in digits:
        assert f"Ctrl+{digit}" in document("docs/keys.md")
    for digit in ("2", "3", "4", "7"):
        assert f"Ctrl+{digit}" in document("README.md")


def test_every_kind_of_record_is_described() -> None:
    kinds = load_kinds()
    assert kinds
    for name, kind in kinds.items():
        assert f"| `{name}` |" in document("docs/records.md")
        assert kind.label in document("docs/records.md")


def test_every_test_that_the_table_of_security_names_is_there() -> None:
    told = document("docs/security.md")
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", told)
    assert len(named) > 40
    missing = [f"{path}::{test}" for path, test in named if not re.search(rf"^ *def {test}\b", document(path), re.M)]
    assert not missing
    rows = [line for line in told.splitlines() if re.match(r"\| \d+\.\d+\.\d", line)]
    assert len(rows) >= 30
    assert [line for line in rows if "::" not in line and "the keeper's" not in line] == []
    assert not [folder for folder in re.findall(r"`(tests/[\w/.]+)`", told) if not (PROJECT / folder).exists()]


def test_every_command_of_the_county_is_described() -> None:
    told = document("docs/protocol.md") + document("docs/county.md")
    for act in ("init", "restore", *_ACTS):
        assert re.search(rf"(sync\.county|…) {act} ", told), act


def test_every_command_of_the_desk_is_described() -> None:
    written = "".join(document(f"docs/{name}.md") for name in ("backup", "extracts", "open-export", "audit"))
    for command in _COMMANDS:
        assert f"python -m desktop {command} " in written, command
        assert f'"{command}"' in document("desktop/__main__.py")


def test_what_the_page_of_threats_names_as_proof_is_there() -> None:
    named = re.findall(r"`(tests/[\w./]+)`", document("docs/security.md"))
    assert len(named) > 15
    assert [one for one in named if not (PROJECT / one).exists()] == []


def test_every_benchmark_is_described() -> None:
    for bench in BENCHES:
        assert f"| {bench} |" in document("docs/design.md")
        assert (PROJECT / "tests/bench" / f"{bench}.py").is_file()


@pytest.mark.parametrize("name", ["README.md", *(f"docs/{one.name}" for one in (PROJECT / "docs").glob("*.md"))])
def test_every_place_that_a_document_points_to_is_there(name: str) -> None:
    here = (PROJECT / name).parent
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", document(name)):
        assert "://" in target or (here / target).exists(), target


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_to_set_a_file_aside_has_a_sentence_and_an_advice(language: str) -> None:
    table, reasons = sentences(language), set()
    for name in ("child", "scanner", "text_child"):
        source = (Path(desktop.documents.__file__).parent / f"{name}.py").read_text(encoding="utf-8")
        reasons |= set(re.findall(r'"refused": "(\w+)"', source))
        for call in re.findall(r"(?:CannotRead\(|reason = |EMPTY, )([^\n]*)", source):
            reasons |= set(re.findall(r'"(\w+)"', call))
    assert {"cut_short", "password", "empty", "broken"} <= reasons
    for reason in reasons - OF_ONE_PAGE:
        assert table["aside"].get(reason), reason
        assert table["aside_advice"].get(reason), reason


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_state_and_every_flaw_of_a_copy_has_a_sentence(language: str) -> None:
    table = sentences(language)
    assert {state.value for state in RecordState} <= set(table["state"])
    assert {flaw.value for flaw in CopyFlaw} <= set(table["flaw"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_flaw_of_a_backup_and_every_reason_of_its_place_has_a_sentence(language: str) -> None:
    table = sentences(language)
    assert {flaw.value for flaw in Flaw} <= set(table["backup_flaw"])
    source = (PROJECT / "desktop/archive/generations.py").read_text(encoding="utf-8")
    reasons = {"full", "too_large", "read_only", "gone"}
    assert set(re.findall(r'reason="(\w+)"', source)) | set(re.findall(r'return "(\w+)"', source)) <= reasons
    for reason in reasons:
        assert table["error"]["place_unavailable"].get(f"because_{reason}"), reason
        assert f"| `{reason}` |" in document("docs/backup.md")
