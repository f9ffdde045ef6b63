"""The page viewer: pages fetched as they are seen, a page that cannot be read told in its place."""

from __future__ import annotations

from dataclasses import dataclass

from pytestqt.qtbot import QtBot

from desktop.ui.theme import Look
from desktop.ui.widgets.page_picture import Mark
from desktop.ui.widgets.viewer import VIEW_DPI, PageViewer
from desktop.ui.words import Words
from sync.contract.errors import ReaderStopped


@dataclass(frozen=True)
class Grey:
    """A page without anything on it."""

    width: int = 82
    height: int = 116

    @property
    def rgb(self) -> bytes:
        return bytes([200]) * (self.width * self.height * 3)


def grey(_page: int, _dpi: int) -> Grey:
    return Grey()


def shown(qtbot: QtBot, look: Look, words: Words) -> PageViewer:
    viewer = PageViewer(look, words)
    qtbot.addWidget(viewer)
    viewer.resize(400, 500)
    with qtbot.waitExposed(viewer):
        viewer.show()
    return viewer


def test_pages_are_turned_never_past_the_ends_and_fetched_once(qtbot: QtBot, look: Look, words: Words) -> None:
    asked: list[tuple[int, int]] = []

    def fetch(page: int, dpi: int) -> Grey:
        asked.append((page, dpi))
        return Grey()

    viewer = shown(qtbot, look, words)
    viewer.show_pages(3, fetch)
    qtbot.waitUntil(lambda: viewer.canvas.image is not None)
    for _ in range(5):
        viewer.next_page()
    assert viewer.page == 3
    qtbot.waitUntil(lambda: (3, VIEW_DPI) in asked)
    for _ in range(5):
        viewer.previous_page()
    assert viewer.page == 1
    qtbot.waitUntil(lambda: viewer.canvas.image is not None)
    assert asked.count((1, VIEW_DPI)) == 1


def test_a_page_that_stops_its_reader_is_told_in_its_place(qtbot: QtBot, look: Look, words: Words) -> None:
    def fetch(_page: int, _dpi: int) -> Grey:
        raise ReaderStopped("reader", reason="time")

    viewer = shown(qtbot, look, words)
    viewer.show_pages(1, fetch)
    qtbot.waitUntil(lambda: words("error.reader_stopped.what") in viewer.canvas.words)


def test_a_place_is_ringed_on_its_own_page_only(qtbot: QtBot, look: Look, words: Words) -> None:
    viewer = shown(qtbot, look, words)
    viewer.show_pages(2, grey)
    viewer.ring(2, [Mark(0.1, 0.1, 0.2, 0.05)])
    assert viewer.page == 2
    qtbot.waitUntil(lambda: viewer.canvas.image is not None)
    assert len(viewer.canvas.marks) == 1
    viewer.go_to(1)
    assert viewer.canvas.marks == []


def test_the_answer_for_a_paper_put_away_meanwhile_is_not_shown(qtbot: QtBot, look: Look, words: Words) -> None:
    viewer = shown(qtbot, look, words)
    viewer.show_pages(1, grey)
    viewer.show_nothing("nothing")
    qtbot.wait(100)
    assert viewer.canvas.image is None
    assert viewer.canvas.words == "nothing"
