"""A screen reader hears what the eye sees: every control that takes the focus has a name, and lists are read row by row."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from desktop.folders import OFFICE
from desktop.services.opening import NewPerson, OfficeFacts, Opening
from desktop.ui.words import Words
from sync.vault.slots import Role
from tests.desktop.ui.desks import file_marriage
from tests.journeys.accessible_tree import FOCUSABLE, FOCUSED, HeardScreen, Node, absent_for_hearing
from tests.journeys.real_screen import absent_here

CLERK, PASSWORD = "chen", "a password for this test only"
ABSENT = [*absent_here(), *absent_for_hearing()]

pytestmark = [
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="an X server of one's own is a thing of Linux"),
    pytest.mark.skipif(bool(ABSENT), reason=f"not installed here: {', '.join(ABSENT)}"),
]


@pytest.fixture
def opening(tmp_path: Path) -> Opening:
    made = Opening(tmp_path / "data" / OFFICE)
    made.folder.parent.mkdir()
    made.create(OfficeFacts("云泽县", "青石镇", "339921102", "J001"), [NewPerson(CLERK, Role.CLERK, PASSWORD)])
    desk = made.unlock(CLERK, PASSWORD)
    file_marriage(desk)
    desk.close()
    return made


@pytest.fixture
def screen(tmp_path: Path) -> Iterator[HeardScreen]:
    with HeardScreen(tmp_path / "screen") as shown:
        yield shown


def hear(screen: HeardScreen, what: str, heard: Callable[[list[Node]], object]) -> list[Node]:
    """Wait until the tree tells something; return the tree."""
    ends = time.monotonic() + 60
    while not heard(tree := screen.tree()):
        assert time.monotonic() < ends, f"{what} was never told, but: {[(one.role, one.name) for one in tree]}"
        time.sleep(0.3)
    return tree


def nameless(tree: list[Node]) -> list[str]:
    return [one.role for one in tree if FOCUSABLE in one.states and not one.name.strip()]


def focused(tree: list[Node]) -> list[str]:
    return [one.name for one in tree if FOCUSED in one.states and one.name]


def test_a_screen_reader_comes_in_and_hears_a_record_that_is_found(screen: HeardScreen, opening: Opening) -> None:
    words = Words()
    program = screen.open_desk(opening.folder.parent)
    door = hear(screen, "the door", lambda tree: words("unlock.password") in focused(tree))
    assert any(one.role == "push button" and words("unlock.open") in one.name for one in door)
    screen.type(PASSWORD)
    screen.press("Return")
    day = hear(screen, "the day", lambda tree: any(words("today.nothing_title") == one.name for one in tree))
    screen.press("ctrl+k")
    screen.type("hc")  # 何晨, by the first letters of his name
    screen.press("Down")
    found = hear(screen, "the record", lambda tree: any(one.role == "cell" and "何晨" in one.name for one in tree))
    assert words("search.results") in focused(found) or any("何晨" in name for name in focused(found))
    assert any(one.role == "radio button" and words("nav.search") in one.name for one in found)
    assert not [one.name for one in found if one.role == "check box"]
    for page, tree in (("door", door), ("day", day), ("search", found)):
        assert nameless(tree) == [], page
    screen.close_window(program)
