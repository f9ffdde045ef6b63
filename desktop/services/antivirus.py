"""The virus scanner of the house (杀毒软件): ClamAV's daemon, asked over its own socket; where there is none, that is told.

Protocol: clamd(8), `zINSTREAM`: chunks led by their length, four bytes big-endian, a length of 0 ends the stream. What is scanned
goes through the socket and never onto the disk.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable
from contextlib import closing
from typing import Final

from sync.contract.errors import Unavailable

USUAL_SOCKETS: Final = (
    "/run/clamav/clamd.ctl", "/var/run/clamav/clamd.ctl", "/run/clamd.scan/clamd.sock", "/tmp/clamd.socket"
)  # fmt: skip
USUAL_PORT: Final = 3310  # where clamd listens on Windows
CONNECT_SECONDS: Final = 1.0
ANSWER_SECONDS: Final = 60.0
CHUNK_BYTES: Final = 1 << 18
ANSWER_BYTES: Final = 4096

Address = str | tuple[str, int]


class NoScanner(Unavailable):
    """Nobody scans here, or the scanner does not answer: nothing is known of the file."""


class ScannerRefuses(Unavailable):
    """The scanner does not take this file, as one over its own limit."""


class Scanner:
    """Asks clamd; each file is a connection of its own.

    Args:
        addresses: where it may be, the first that answers is taken; the usual places if none is named.
    """

    def __init__(self, addresses: Iterable[Address] | None = None) -> None:
        self._addresses = tuple(addresses) if addresses is not None else _usual()

    def present(self) -> bool:
        """Whether a scanner answers now."""
        try:
            return self._ask([b"zPING\0"]) == b"PONG"
        except NoScanner:
            return False

    def scan(self, blocks: Iterable[bytes]) -> bool:
        """Return whether the content is clean.

        Raises:
            NoScanner: nobody answers. ScannerRefuses: it does not take this file. Nothing is known then.
        """
        answer = self._ask(_stream(blocks))
        if answer.endswith(b" FOUND"):
            return False
        if answer == b"stream: OK":
            return True
        raise (ScannerRefuses if answer.endswith(b"ERROR") else NoScanner)("scanner")

    def _ask(self, messages: Iterable[bytes]) -> bytes:
        with closing(self._open()) as line:
            try:
                for message in messages:
                    line.sendall(message)
            except (BrokenPipeError, ConnectionResetError):  # it may answer before it has read all, and shut its ear
                return _answer(line)
            except OSError as error:
                raise NoScanner("scanner") from error
            return _answer(line)

    def _open(self) -> socket.socket:
        for address in self._addresses:
            line = socket.socket(socket.AF_INET if isinstance(address, tuple) else socket.AF_UNIX)
            line.settimeout(CONNECT_SECONDS)
            try:
                line.connect(address)
            except OSError:
                line.close()
                continue
            line.settimeout(ANSWER_SECONDS)
            return line
        raise NoScanner("no scanner")


def _usual() -> tuple[Address, ...]:
    if os.name == "nt":
        return (("127.0.0.1", USUAL_PORT),)
    return (*(path for path in USUAL_SOCKETS if os.path.exists(path)), ("127.0.0.1", USUAL_PORT))


def _stream(blocks: Iterable[bytes]) -> Iterable[bytes]:
    yield b"zINSTREAM\0"
    for block in blocks:
        for start in range(0, len(block), CHUNK_BYTES):
            chunk = block[start : start + CHUNK_BYTES]
            yield len(chunk).to_bytes(4, "big") + chunk
    yield bytes(4)


def _answer(line: socket.socket) -> bytes:
    answer = b""
    try:
        while len(answer) < ANSWER_BYTES and (more := line.recv(ANSWER_BYTES)):
            answer += more
            if answer.endswith(b"\0"):
                break
    except OSError as error:
        raise NoScanner("scanner does not answer") from error
    return answer.rstrip(b"\0\n")
