"""The look: readable in light, in dark and in high contrast, everything on the grid, every icon and every name in its place."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path

import pytest
from PySide6.QtGui import QFontDatabase, QIcon, QRawFont
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

import desktop.ui
from desktop.ui.fonts import chinese_family
from desktop.ui.theme import LOOKS, MODES, SIZE, SPACE, SYSTEM, TOKENS, Look

TONES = ("accent", "danger", "warn", "ok")
TEXT = [
    *product(("ink", "ink_2", "ink_3", *TONES), ("ground", "panel", "sunken", "chosen")),
    *product(("ink", "ink_2", "ink_3"), [tone + "_ground" for tone in TONES]),
    *((tone, tone + "_ground") for tone in TONES),
    ("on_accent", "accent"),
    ("ink", "mark"),
    ("ink_2", "hover"),
    ("ink_2", "desk"),
]
EDGES = [("edge", "panel"), ("edge", "sunken"), ("accent", "panel"), ("accent", "chosen"), ("danger", "panel")]


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("mode", MODES)
def test_every_text_can_be_read_on_every_ground_it_stands_on(mode: str) -> None:
    table = TOKENS["colour"][mode]
    for pairs, least in ((TEXT, 7.0 if mode == "contrast" else 4.5), (EDGES, 3.0)):
        for a, b in pairs:
            assert contrast(table[a], table[b]) >= least, f"{a} on {b}: {contrast(table[a], table[b]):.2f}"


def test_distances_lie_on_the_grid_and_no_letter_is_under_twelve_pixels() -> None:
    assert [name for name, px in {**SPACE, **SIZE}.items() if px % 4 and name not in ("icon", "field")] == []
    assert min(px for px, _weight in TOKENS["type"].values()) >= 12


def test_every_theme_and_the_sheet_know_the_same_colours(look: Look) -> None:
    assert list(TOKENS["colour"]) == list(MODES)
    assert all(set(TOKENS["colour"][mode]) == set(TOKENS["colour"]["light"]) for mode in MODES)
    assert not re.findall(r"\{[a-z_0-9]+\}", look.sheet())


def test_a_chinese_name_is_written_not_boxed(look: Look) -> None:
    font = QRawFont.fromFont(look.font("body"), QFontDatabase.WritingSystem.SimplifiedChinese)
    for sign in "兰台结婚登记㐂龘":
        assert font.glyphIndexesForString(sign)[0] > 0, sign


def test_every_icon_the_screens_ask_for_ships_and_is_drawn(look: Look) -> None:
    ours = {path.stem for path in (LOOKS / "icons").glob("*.svg")}
    asked: set[str] = set()
    for module in Path(desktop.ui.__file__).parent.rglob("*.py"):
        asked |= set(
            re.findall(r'(?:Icon|Tool|icon)\((?:self\.)?(?:look, )?"([a-z]+)"', module.read_text(encoding="utf-8"))
        )
    assert asked <= ours
    for name in ours:
        assert not QIcon(look.icon(name)).isNull()
        assert look.icon(name).toImage().pixelColor(0, 0).alpha() < 255


def test_as_the_system_means_also_when_the_system_turns_later(qapp: QApplication, qtbot: QtBot) -> None:
    around = ["dark"]
    look = Look("light", chinese_family(TOKENS["family"]["sans"], TOKENS["family"]["shipped"]), lambda _app: around[0])
    look.system_turned()
    assert look.mode == "light"  # somebody chose it
    try:
        look.turn(qapp, SYSTEM)
        assert look.mode == "dark"
        around[0] = "light"
        with qtbot.waitSignal(look.changed):
            look.system_turned()
        assert look.mode == "light"
        look.turn(qapp, "contrast")
        look.system_turned()
        assert look.mode == "contrast"
    finally:
        look.turn(qapp, "light")
