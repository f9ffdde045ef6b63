"""A screen of its own for a real window: an X server without a monitor, a window manager, and hands on its keyboard."""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from PySide6.QtGui import QImage

from installer.setting_up import missing_libraries

PROJECT = Path(__file__).resolve().parents[2]
WIDTH_PX, HEIGHT_PX = 1366, 768
PROGRAMS = ("Xvfb", "openbox", "xdotool")
TILE_PX = 64  # wide, one row high; a blinking cursor is in at most two tiles of thirty rows
CURSOR_TILES = 60
STILL_SECONDS = 0.6
LOOK_EVERY_SECONDS = 0.3
KEY_MS = 12


def absent_here() -> list[str]:
    """Return what a real window needs and is not installed here: programs, and packages with Qt's libraries for X11."""
    return [*(one for one in PROGRAMS if shutil.which(one) is None), *missing_libraries(screen=True)]


class Screen:
    """One X display with a window manager. Its picture is read from the file that the server draws into."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._file = folder / "Xvfb_screen0"
        self._running: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        told, tells = os.pipe()
        size = f"{WIDTH_PX}x{HEIGHT_PX}x24"
        server = [
            "Xvfb",
            "-displayfd",
            str(tells),
            "-screen",
            "0",
            size,
            "-fbdir",
            str(self._folder),
            "-nolisten",
            "tcp",
        ]
        self._start(server, pass_fds=(tells,))
        os.close(tells)
        with os.fdopen(told) as number:
            self.display = f":{number.readline().strip()}"
        self._start(["openbox"])
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        for one in reversed(self._running):
            if one.poll() is None:
                one.kill()
            one.wait()

    def _start(self, command: list[str], pass_fds: tuple[int, ...] = ()) -> subprocess.Popen[bytes]:
        log = self._folder / f"{len(self._running)}-{Path(command[0]).name}.log"
        with log.open("wb") as errors:
            began = subprocess.Popen(
                command, env=self.surroundings(), pass_fds=pass_fds, stdout=errors, stderr=errors, cwd=PROJECT
            )
        self._running.append(began)
        return began

    def surroundings(self) -> dict[str, str]:
        """Return the environment of a program on this screen; nothing in it speaks of another one."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("QT_", "WAYLAND"))}
        display = getattr(self, "display", "")
        return {**kept, "DISPLAY": display, "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"}

    def open_desk(self, data: Path) -> subprocess.Popen[bytes]:
        """The program runs on this screen, its window in front and with the focus."""
        program = self._start([sys.executable, "-m", "desktop", "--data", str(data), "--theme", "light"])
        self.bring_forward(program)
        self.still()
        return program

    def close_window(self, program: subprocess.Popen[bytes]) -> None:
        """The window was closed by Alt+F4, and its program has ended well."""
        self.bring_forward(program)
        self.press("alt+F4")
        assert program.wait(30) == 0

    def bring_forward(self, program: subprocess.Popen[bytes]) -> None:
        """The program's window is in front and has the focus."""
        found = self.order("search", "--sync", "--onlyvisible", "--pid", str(program.pid)).split()
        self.order("windowactivate", "--sync", found[-1])

    def order(self, *words: str) -> str:
        """Have xdotool do something; return what it answers."""
        done = subprocess.run(
            ["xdotool", *words], env=self.surroundings(), capture_output=True, text=True, timeout=60, check=True
        )
        return done.stdout

    def press(self, *keys: str) -> None:
        """Press these keys one after another, wherever the focus is."""
        self.order("key", "--clearmodifiers", "--delay", str(KEY_MS), *keys)

    def type(self, text: str, key_ms: int = KEY_MS) -> None:
        """Type a text, key by key."""
        self.order("type", "--clearmodifiers", "--delay", str(key_ms), text)

    def picture(self) -> QImage:
        """Return what the screen shows now."""
        raw = self._file.read_bytes()
        # X window dump: big-endian words; size of the header, … pixmap width and height, … bytes a line, … colours
        words = struct.unpack(">25I", raw[:100])
        start, stride = words[0] + words[19] * 12, words[12]
        pixels = raw[start : start + stride * HEIGHT_PX]
        return QImage(pixels, WIDTH_PX, HEIGHT_PX, stride, QImage.Format.Format_RGB32).copy()

    def still(self, seconds: float = 30) -> QImage:
        """Wait until nothing but a blinking cursor moves; return the picture."""
        until = time.monotonic() + seconds
        before, since = self.picture(), time.monotonic()
        while time.monotonic() - since < STILL_SECONDS:
            assert time.monotonic() < until, "the screen never stood still"
            time.sleep(LOOK_EVERY_SECONDS)
            now = self.picture()
            if differing_tiles(before, now) > CURSOR_TILES:
                before, since = now, time.monotonic()
        return before

    def wait(self, what: str, seen: Callable[[QImage], bool], seconds: float = 30) -> QImage:
        """Wait until a picture shows something; return that picture."""
        until = time.monotonic() + seconds
        while not seen(now := self.picture()):
            assert time.monotonic() < until, what
            time.sleep(LOOK_EVERY_SECONDS)
        return now


def differing_tiles(one: QImage, other: QImage) -> int:
    """Return in how many stretches of 64 pixels of a line two pictures differ."""
    left, right = bytes(one.constBits()), bytes(other.constBits())
    step = TILE_PX * 4
    if left == right:
        return 0
    return sum(left[at : at + step] != right[at : at + step] for at in range(0, len(left), step))


def colours(picture: QImage) -> int:
    """Return how many colours a picture shows; one or two where it is blank."""
    pixels = memoryview(picture.constBits()).cast("I")
    return len(set(pixels[::97]))
