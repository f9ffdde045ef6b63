"""The real program in a real window: keys go through the X server, and what it shows is read from the screen.

Nothing here reaches into the program. What it drew is read back by text recognition; what it kept, by opening the
archive anew after the window has gone.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from hashlib import sha256
from itertools import pairwise
from pathlib import Path

import pytest
from PySide6.QtGui import QImage

from desktop.archive.drafts import Draft
from desktop.documents.pages import PagePicture
from desktop.documents.recognition import TextReader, plain
from desktop.folders import OFFICE
from desktop.services.opening import NewPerson, OfficeFacts, Opening
from desktop.ui.kind_keys import key_of
from desktop.ui.words import Words
from sync.contract.kind_files import load_kinds
from sync.vault.slots import Role
from tests.desktop.ui.desks import file_marriage, lay
from tests.journeys.real_screen import Screen, absent_here, colours, differing_tiles

CLERK, PASSWORD, NOT_THE_PASSWORD = "chen", "a password for this test only", "not the password at all"
PAPER = "document-2019.pdf"
CHANGED_TILES = 100  # of 16,896; one sentence changes as many, a new page thousands
LEAST_COLOURS = 50

pytestmark = [
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="an X server of one's own is a thing of Linux"),
    pytest.mark.skipif(bool(absent_here()), reason=f"not installed here: {', '.join(absent_here())}"),
]

Read = Callable[[QImage], str]


@pytest.fixture(scope="module")
def read() -> Iterator[Read]:
    """What a picture of the screen says, as text recognition reads it."""
    if not TextReader.available():
        pytest.skip("the extra `ocr` reads the screen here, and is not installed")
    reader = TextReader()
    known: dict[bytes, str] = {}  # a screen that is waited at is read once, and once more with its cursor blinked away

    def read_screen(picture: QImage) -> str:
        shown = sha256(bytes(picture.constBits())).digest()
        if shown not in known:
            known[shown] = read_anew(picture)
        return known[shown]

    def read_anew(picture: QImage) -> str:
        image = picture.convertToFormat(QImage.Format.Format_RGB888)
        width, height, stride = image.width(), image.height(), image.bytesPerLine()
        pixels = bytes(image.constBits())
        rows = b"".join(pixels[at : at + width * 3] for at in range(0, height * stride, stride))
        return "\n".join(line.plain for line in reader.read(PagePicture(width, height, 96, rows)))

    yield read_screen
    reader.close()


@pytest.fixture
def opening(tmp_path: Path) -> Opening:
    """The door of an office with one filed record."""
    made = Opening(tmp_path / "data" / OFFICE)
    made.folder.parent.mkdir()
    made.create(OfficeFacts("云泽县", "青石镇", "339921102", "J001"), [NewPerson(CLERK, Role.CLERK, PASSWORD)])
    desk = made.unlock(CLERK, PASSWORD)
    file_marriage(desk)
    desk.close()
    return made


@pytest.fixture
def paper(opening: Opening) -> None:
    """One paper lies in the scanner folder."""
    desk = opening.unlock(CLERK, PASSWORD)
    lay(desk, PAPER)
    desk.close()


@pytest.fixture
def screen(tmp_path: Path) -> Iterator[Screen]:
    with Screen(tmp_path / "screen") as shown:
        yield shown


def until_it_says(screen: Screen, read: Read, words: str, seconds: float = 60) -> QImage:
    """Wait until the screen says these words; return the picture."""
    until, said = time.monotonic() + seconds, ""
    while time.monotonic() < until:
        picture = screen.still()
        if plain(words) in (said := read(picture)):
            return picture
    raise AssertionError(f"{words!r} never stood on the screen, but:\n{said}")


def come_in(screen: Screen, read: Read, opening: Opening) -> subprocess.Popen[bytes]:
    """The program was started and the archive opened with the right password."""
    program = screen.open_desk(opening.folder.parent)
    until_it_says(screen, read, CLERK)
    screen.type(PASSWORD)
    screen.press("Return")
    until_it_says(screen, read, "青石镇")
    return program


def drafts(opening: Opening) -> list[Draft]:
    """What the archive holds as begun, read after its window has gone."""
    desk = opening.unlock(CLERK, PASSWORD)
    try:
        return desk.cataloguing.drafts()
    finally:
        desk.close()


@pytest.mark.usefixtures("paper")
def test_a_clerk_comes_in_by_keys_and_walks_through_the_rooms(screen: Screen, read: Read, opening: Opening) -> None:
    words = Words()
    program = screen.open_desk(opening.folder.parent)
    pictures = [until_it_says(screen, read, CLERK)]
    screen.type(NOT_THE_PASSWORD)
    screen.press("Return")
    pictures.append(until_it_says(screen, read, words("error.wrong_password.what")))
    screen.type(PASSWORD)  # what was wrong is selected, and typed over
    screen.press("Return")
    pictures.append(until_it_says(screen, read, words("today.go_inbox")))  # the day's page, and what waits
    screen.press("Return")
    pictures.append(until_it_says(screen, read, PAPER))
    for digit, title in (
        ("3", "catalogue.empty_title"),
        ("4", "search.masked"),
        ("7", "sync.not_enrolled"),
        ("2", "inbox.folder"),
    ):
        screen.press(f"ctrl+{digit}")
        pictures.append(until_it_says(screen, read, words(title)))
    screen.press("ctrl+k")
    screen.type("xyz")
    pictures.append(until_it_says(screen, read, words("search.none_title")))
    screen.press("ctrl+k")
    screen.type("hc")  # 何晨, by the first letters of his name
    pictures.append(until_it_says(screen, read, "何晨、陈思"))
    screen.press("ctrl+l")
    pictures.append(until_it_says(screen, read, words("unlock.title")))
    assert all(colours(one) > LEAST_COLOURS for one in pictures)
    assert all(differing_tiles(one, other) > CHANGED_TILES for one, other in pairwise(pictures))
    assert program.poll() is None
    screen.close_window(program)


def test_a_second_window_on_the_archive_says_so_and_harms_nothing(screen: Screen, read: Read, opening: Opening) -> None:
    words = Words()
    first = come_in(screen, read, opening)
    second = screen.open_desk(opening.folder.parent)
    until_it_says(screen, read, CLERK)
    screen.type(PASSWORD)
    screen.press("Return")
    until_it_says(screen, read, words("error.archive_busy.what"))
    screen.close_window(second)
    screen.press("ctrl+4")
    until_it_says(screen, read, "何晨")  # the first window works on
    third = screen.open_desk(opening.folder.parent)
    until_it_says(screen, read, CLERK)
    screen.close_window(first)
    screen.bring_forward(third)
    screen.type(PASSWORD)
    screen.press("Return")
    until_it_says(screen, read, "青石镇")  # and once it is gone, the next may come in
    screen.close_window(third)


@pytest.mark.usefixtures("paper")
def test_a_window_killed_while_a_draft_is_typed_keeps_every_keystroke_it_called_saved(
    screen: Screen, read: Read, opening: Opening
) -> None:
    words = Words()
    program = come_in(screen, read, opening)
    screen.press("ctrl+2")
    until_it_says(screen, read, PAPER)
    screen.press(key_of(load_kinds()["document"]).lower())
    until_it_says(screen, read, words("catalogue.key_file"))
    told, untold = "notice of the office on warm rooms", " in winter and after"
    screen.type(told)
    until_it_says(screen, read, told)
    until_it_says(screen, read, words("catalogue.saved"))
    screen.type(untold, key_ms=1)
    program.kill()
    program.wait()
    kept = drafts(opening)[0].fields["subject"]
    assert kept.startswith(told)
    assert (told + untold).startswith(kept)
    again = come_in(screen, read, opening)
    screen.press("ctrl+3")
    until_it_says(screen, read, kept)
    screen.close_window(again)
