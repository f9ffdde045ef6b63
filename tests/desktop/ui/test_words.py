"""Every sentence is there, in every language, and every key the code uses is one of them."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

import desktop.documents
import desktop.services.imports as imports
import desktop.ui
import sync.contract
from desktop.ui.words import LANGUAGES, MESSAGES, Words
from sync.contract import errors
from sync.contract.errors import FactoryFault, LantaiError, LockedOut
from sync.contract.identity import IdentityFault

UI = Path(desktop.ui.__file__).parent
PLACEHOLDER = re.compile(r"\{(\w*)[^}]*\}")
USED = re.compile(r'(?:words|\btell|_say)\(\s*"([a-z_]+(?:\.[a-z_0-9]+)+)"')
KEYS_AT_FOOT = re.compile(r'\("[^"]+", "([a-z_]+\.[a-z_]+)"\)')


def flat(table: dict[str, Any], before: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in table.items():
        found.update(flat(value, f"{before}{key}.") if isinstance(value, dict) else {before + key: value})
    return found


def sentences(language: str) -> dict[str, str]:
    return flat(tomllib.loads((MESSAGES / f"{language}.toml").read_text(encoding="utf-8")))


def family(kind: type[LantaiError]) -> list[type[LantaiError]]:
    return [kind, *(below for child in kind.__subclasses__() for below in family(child))]


def test_every_language_has_the_same_sentences_with_the_same_places_to_fill() -> None:
    tables = {language: sentences(language) for language in LANGUAGES}
    keys = {language: set(table) for language, table in tables.items()}
    assert keys["zh"] == keys["en"]
    for key in keys["zh"]:
        places = {language: sorted(PLACEHOLDER.findall(table[key])) for language, table in tables.items()}
        assert places["zh"] == places["en"], key


def test_every_key_the_screens_use_has_a_sentence() -> None:
    known = set(sentences("zh"))
    for module in UI.rglob("*.py"):
        text = module.read_text(encoding="utf-8")
        used = set(USED.findall(text)) | set(KEYS_AT_FOOT.findall(text))
        assert used <= known, f"{module.name}: {sorted(used - known)}"


@pytest.mark.parametrize("kind", family(errors.LantaiError), ids=lambda kind: kind.__name__)
def test_every_error_says_what_happened_what_is_safe_and_what_next(kind: type[LantaiError]) -> None:
    for language in LANGUAGES:
        table = sentences(language)
        for part in ("what", "safe", "next", "tone"):
            assert table.get(f"error.{kind.code}.{part}"), f"{language} error.{kind.code}.{part}"


def test_the_facts_of_an_error_stand_in_its_sentence() -> None:
    assert "90" in Words().of_error(LockedOut(wait_seconds=90)).what
    assert "{" not in Words().of_error(LockedOut()).what


def test_a_sentence_that_does_not_exist_is_a_fault_of_the_factory() -> None:
    with pytest.raises(FactoryFault):
        Words()("unlock.no_such_sentence")


def test_every_finding_of_the_contract_has_a_sentence() -> None:
    codes: set[str] = set()
    for module in ("validation", "checks"):
        source = (Path(sync.contract.__file__).parent / f"{module}.py").read_text(encoding="utf-8")
        codes |= set(re.findall(r'Finding\((?:Level\.\w+|level|paper_or_error), [^,]+, "([a-z_]+)"', source))
        codes |= set(re.findall(r'_found\(check, "([a-z_]+)"', source))
    codes |= {f"identity_{fault}" for fault in IdentityFault}
    assert codes
    table = sentences("zh")
    assert {code for code in codes if f"finding.{code}" not in table} == set()


def test_everything_an_import_can_find_and_refuse_has_a_sentence_of_its_own() -> None:
    codes: set[str] = set()
    reasons: set[str] = set()
    for module in [
        *Path(desktop.documents.__file__).parent.glob("sheet*.py"),
        *Path(imports.__file__).parent.glob("*.py"),
    ]:
        source = module.read_text(encoding="utf-8")
        codes |= set(re.findall(r'Finding\(Level\.\w+, [^,]+, "([a-z_]+)"', source))
        codes |= set(re.findall(r'return [^\n]+, "([a-z_]{7,})"\n', source)) | set(
            re.findall(r'"(formula_\w+)"', source)
        )
        reasons |= set(re.findall(r'CannotReadTable\("([a-z_]+)"', source)) | set(
            re.findall(r'reason="([a-z_]+)"', source)
        )
    assert {"digits_lost", "broken_bytes", "control_characters", "formula_empty", "possible_double"} <= codes
    table = sentences("zh")
    assert {code for code in codes if f"finding.{code}" not in table} == set()
    assert {one for one in reasons - {"not_writable"} if f"error.unreadable_table.because_{one}" not in table} == set()
