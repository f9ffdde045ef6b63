"""A real county in a process of its own, and a cutting proxy before it."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from sync.contract.certificates import Role
from sync.contract.revisions import TownshipId
from sync.county.service import County, create_county

ROOT = Path(__file__).parents[2]
NAME = "云泽县民政局"


def run_county(*arguments: str) -> str:
    """Run one county command to its end and return what it prints."""
    command = [sys.executable, "-m", "sync.county", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT, timeout=60).stdout.strip()


@dataclass
class CountyProcess:
    """A county in a folder; may be killed and started again on the same port."""

    folder: Path
    options: tuple[str, ...] = ()
    database: str | None = None
    address: str = ""
    port: int = 0
    process: subprocess.Popen[str] | None = field(default=None, repr=False)

    def start(self) -> None:
        """The county listens."""
        command = [sys.executable, "-m", "sync.county", "serve", "--data", str(self.folder), "--port", str(self.port)]
        self.process = subprocess.Popen(
            [*command, *self.options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT
        )
        line = self.process.stdout.readline()
        if not line.startswith("listening "):
            raise AssertionError(f"county did not start: {line}{self.process.stderr.read()}")
        self.address = line.split()[1]
        self.port = urlsplit(self.address).port or 0

    def kill(self) -> None:
        """The process is gone at once, as in a power cut."""
        self.process.kill()
        self._end()

    def stop(self) -> int:
        """The process was asked to end, and ended; returns its code."""
        self.process.terminate()
        return self._end()

    def _end(self) -> int:
        code = self.process.wait(30)
        self.process.stdout.close()
        self.process.stderr.close()
        return code

    def code_for_desk(self, township: str = "339921102", name: str = "青石镇") -> str:
        """Return a code, made beside the running server as the county's keeper does, without a process for it."""
        return self._new_code(Role.DESK, name, TownshipId(township))

    def code_for_reviewer(self, name: str = "周敏") -> str:
        return self._new_code(Role.REVIEWER, name, None)

    def code_for_staff(self, role: Role, name: str) -> str:
        return self._new_code(role, name, None)

    def _new_code(self, role: Role, name: str, township: TownshipId | None) -> str:
        beside = County(self.folder, self.folder / "county.key", self.database)
        code = beside.new_code(role, name, township, hours=1)
        beside.close()
        return code.spell()


@contextmanager
def running_county(folder: Path, *options: str, database: str | None = None) -> Iterator[CountyProcess]:
    create_county(folder, NAME, folder / "county.key", database)
    county = CountyProcess(folder, (*options, *(("--database", database) if database else ())), database)
    county.start()
    try:
        yield county
    finally:
        if county.process.poll() is None:
            county.kill()


class CuttingProxy:
    """Carries bytes to a port, and cuts each connection after as many bytes upwards as it is told."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        self.cut_after_bytes: list[int] = []  # taken from the front, one for each connection; empty: never cut
        self.cuts = 0
        self.carried_up = self.carried_down = 0
        self._threads: list[threading.Thread] = []
        self._open: list[socket.socket] = []
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()

    @property
    def address(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    def close(self) -> None:
        self._server.close()
        for one in self._open:
            one.close()

    def _accept(self) -> None:
        while True:
            try:
                down, _ = self._server.accept()
                up = socket.create_connection(("127.0.0.1", self._port))
            except OSError:
                return
            self._open += [down, up]
            limit = self.cut_after_bytes.pop(0) if self.cut_after_bytes else None
            for source, target, most, upwards in ((down, up, limit, True), (up, down, None, False)):
                thread = threading.Thread(target=self._carry, args=(source, target, most, upwards), daemon=True)
                thread.start()

    def _carry(self, source: socket.socket, target: socket.socket, most: int | None, upwards: bool) -> None:
        carried = 0
        try:
            while block := source.recv(8192):
                if most is not None and carried + len(block) > most:
                    target.sendall(block[: most - carried])
                    self.cuts += 1
                    break
                carried += len(block)
                target.sendall(block)
                if upwards:
                    self.carried_up += len(block)
                else:
                    self.carried_down += len(block)
        except OSError:
            return  # the other direction has closed both ends
        finally:
            for one in (source, target):
                try:
                    one.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue
