"""Every kind has one key, the same on every page, and no page needs that key for something else."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from PySide6.QtGui import QShortcut
from pytestqt.qtbot import QtBot

from desktop.services.desk import Desk
from desktop.ui.kind_keys import EVERY_KIND_KEY, key_of
from desktop.ui.rooms import furnish
from desktop.ui.theme import Look
from desktop.ui.words import Words
from sync.contract.kind_files import load_kinds

KINDS = load_kinds()
WRITTEN = (Path(__file__).parents[3] / "docs" / "keys.md").read_text(encoding="utf-8")


def test_every_kind_has_a_key_of_its_own_that_is_written_down() -> None:
    keys = [key_of(kind) for kind in KINDS.values()]
    assert all(keys)
    assert len(set(keys)) == len(keys)
    assert EVERY_KIND_KEY not in keys
    for kind in KINDS.values():
        assert f"| {key_of(kind)} | {kind.short} `{kind.key}` |" in WRITTEN


@pytest.mark.parametrize("place", ["inbox", "catalogue", "search"])
def test_no_key_of_a_page_means_two_things(qtbot: QtBot, look: Look, words: Words, clerk: Desk, place: str) -> None:
    frame = furnish(look, words, clerk)
    qtbot.addWidget(frame)
    frame.go(place)
    keys = Counter(one.key().toString() for one in frame.page(place).findChildren(QShortcut))
    assert {key: count for key, count in keys.items() if count > 1} == {}
    before = "" if place == "inbox" else "Alt+"
    assert {before + key_of(kind) for kind in KINDS.values()} <= set(keys)
    frame.leave()
