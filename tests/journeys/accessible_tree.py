"""What a screen reader is told (读屏): the window's tree as AT-SPI has it, over a message bus of its own."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from jeepney import DBusAddress, Message, MessageType, Properties, new_method_call
from jeepney.io.blocking import DBusConnection, open_dbus_connection

from tests.journeys.real_screen import Screen

ACCESSIBLE: Final = "org.a11y.atspi.Accessible"
REGISTRY: Final = ("org.a11y.atspi.Registry", "/org/a11y/atspi/accessible/root")
LAUNCHER: Final = Path("/usr/libexec/at-spi-bus-launcher")
FOCUSABLE, FOCUSED, SHOWING = 11, 12, 25  # places in AtspiStateType
DEEP, WIDE = 24, 200  # a table of a million rows is not read to its end


@dataclass(frozen=True, slots=True)
class Node:
    """One thing on the screen as it is told: what it is, what it is called, and its states."""

    role: str
    name: str
    states: frozenset[int]


class HeardScreen(Screen):
    """A screen whose programs tell a screen reader what they show."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._room = tempfile.TemporaryDirectory(prefix="a11y-")  # short: the path of a socket has 107 characters
        self._address = ""

    def __enter__(self) -> Self:
        super().__enter__()  # the registry asks for a display
        command = ["dbus-daemon", "--session", "--nofork", "--print-address=1"]
        self._bus = subprocess.Popen(
            command, env=self.surroundings(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        assert self._bus.stdout is not None
        self._address = self._bus.stdout.readline().strip()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        super().__exit__(kind, fault, trace)
        self._bus.kill()  # and with it whatever it started
        self._bus.wait()
        if self._bus.stdout is not None:
            self._bus.stdout.close()
        self._room.cleanup()

    def surroundings(self) -> dict[str, str]:
        own = {"HOME": self._room.name, "XDG_CACHE_HOME": self._room.name, "XDG_RUNTIME_DIR": self._room.name}
        heard = {"QT_LINUX_ACCESSIBILITY_ALWAYS_ON": "1", "DBUS_SESSION_BUS_ADDRESS": self._address}
        return {**super().surroundings(), **own, **heard}

    def tree(self) -> list[Node]:
        """Return everything that shows, from the window down; nothing where it changed meanwhile."""
        with open_dbus_connection(self._address) as session:
            asked = new_method_call(DBusAddress("/org/a11y/bus", "org.a11y.Bus", "org.a11y.Bus"), "GetAddress")
            address = _told(session, asked)
        with open_dbus_connection(address) as bus:
            try:
                return [node for name, path in _children(bus, *REGISTRY) for node in _walk(bus, name, path, 0)]
            except Gone:
                return []


def absent_for_hearing() -> list[str]:
    """Return what a screen reader's bus needs and is not here."""
    wanted = {"dbus": Path("/usr/bin/dbus-daemon"), "at-spi2-core": LAUNCHER}
    return [package for package, path in wanted.items() if not os.access(path, os.X_OK)]


class Gone(Exception):
    """What was asked about is not there any more, or not yet."""


def _told(bus: DBusConnection, asked: Message) -> Any:
    reply = bus.send_and_get_reply(asked)
    if reply.header.message_type is MessageType.error:
        raise Gone(reply.body)
    return reply.body[0]


def _ask(bus: DBusConnection, name: str, path: str, method: str) -> Any:
    return _told(bus, new_method_call(DBusAddress(path, name, ACCESSIBLE), method))


def _children(bus: DBusConnection, name: str, path: str) -> list[tuple[str, str]]:
    return [(one, place) for one, place in _ask(bus, name, path, "GetChildren")[:WIDE]]


def _walk(bus: DBusConnection, name: str, path: str, depth: int) -> Iterator[Node]:
    words = _ask(bus, name, path, "GetState")
    states = frozenset(place for place in range(64) if words[place // 32] >> place % 32 & 1)
    if depth > 1 and SHOWING not in states:
        return
    (_, called) = _told(bus, Properties(DBusAddress(path, name, ACCESSIBLE)).get("Name"))
    yield Node(_ask(bus, name, path, "GetRoleName"), called, states)
    if depth < DEEP:
        for one, place in _children(bus, name, path):
            yield from _walk(bus, one, place, depth + 1)
