"""The virus scanner is asked over a real socket, by clamd's own protocol; where there is none, nothing is said to be clean."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from desktop.services.antivirus import NoScanner, Scanner, ScannerRefuses

PEST = b"LANTAI-TEST-PEST-0123456789"
LIMIT_BYTES = 3 << 20


class Daemon:
    """Speaks clamd's protocol (zPING, zINSTREAM) on a socket: finds PEST, refuses what is over its limit."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.bind(str(path))
        self._socket.listen()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                line, _ = self._socket.accept()
            except OSError:
                return
            with line, line.makefile("rb") as said:
                line.sendall(self._answer(said))

    def _answer(self, said: object) -> bytes:
        read = said.read  # type: ignore[attr-defined]
        command = b""
        while not command.endswith(b"\0"):
            command += read(1)
        if command == b"zPING\0":
            return b"PONG\0"
        assert command == b"zINSTREAM\0"
        whole = b""
        while size := int.from_bytes(read(4), "big"):
            whole += read(size)
            if len(whole) > LIMIT_BYTES:
                return b"INSTREAM size limit exceeded. ERROR\0"
        return b"stream: Lantai.Pest FOUND\0" if PEST in whole else b"stream: OK\0"

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join()


@pytest.fixture
def spoken(tmp_path: Path) -> Iterator[Scanner]:
    with closing(Daemon(tmp_path / "clamd.ctl")):
        yield Scanner([str(tmp_path / "nobody"), str(tmp_path / "clamd.ctl")])


@pytest.fixture
def real(tmp_path: Path) -> Iterator[Scanner]:
    """ClamAV's own daemon, with one signature of ours."""
    clamd = shutil.which("clamd")
    if clamd is None:
        pytest.skip("clamd is not installed: only its protocol is tried, not the daemon itself")
    base, place = tmp_path / "signatures", tmp_path / "clamd.ctl"
    base.mkdir()
    (base / "own.ndb").write_text(f"Lantai.Pest:0:*:{PEST.hex()}\n", encoding="ascii")
    config = tmp_path / "clamd.conf"
    config.write_text(
        f"LocalSocket {place}\nDatabaseDirectory {base}\nForeground yes\nStreamMaxLength {LIMIT_BYTES}\n"
        f"PidFile {tmp_path / 'pid'}\nOfficialDatabaseOnly no\n",
        encoding="utf-8",
    )
    daemon = subprocess.Popen([clamd, "-c", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        scanner = Scanner([str(place)])
        for _ in range(300):
            if scanner.present():
                break
            assert daemon.poll() is None, "clamd did not start"
            time.sleep(0.1)
        yield scanner
    finally:
        daemon.kill()
        daemon.wait()


@pytest.mark.skipif(sys.platform == "win32", reason="the socket of these tests is a file")
@pytest.mark.parametrize("which", ["spoken", "real"])
def test_a_scanner_tells_clean_from_infected_and_does_not_tell_what_it_refuses(
    which: str, request: pytest.FixtureRequest
) -> None:
    scanner: Scanner = request.getfixturevalue(which)
    assert scanner.present()
    assert scanner.scan([b"a page ", b"and more" * 200_000])
    assert not scanner.scan([b"x" * 400_000, PEST, b"x"])
    with pytest.raises(ScannerRefuses):
        scanner.scan([b"0" * (1 << 20)] * 8)
    assert scanner.scan([])


def test_where_nobody_scans_nothing_is_said(tmp_path: Path) -> None:
    scanner = Scanner([str(tmp_path / "nobody"), ("127.0.0.1", 1)])
    assert not scanner.present()
    with pytest.raises(NoScanner):
        scanner.scan([b"a page"])
