"""A county of one's own lives no longer than the desk that started it."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

DESK = """
import sys
from pathlib import Path
from desktop.services.county_process import CountyProcess

county = CountyProcess.start(Path(sys.argv[1]), "云泽县民政局")
print(county.address, flush=True)
sys.stdin.read()
"""
PROJECT = Path(__file__).resolve().parents[3]


def answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except OSError:
        return False
    return True


def test_a_county_of_ones_own_ends_when_its_desk_is_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", DESK, str(tmp_path / "county")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=PROJECT) as desk:
        port = urlsplit(desk.stdout.readline().strip()).port
        assert answers(port)
        desk.kill()
    until = time.monotonic() + 60
    while answers(port) and time.monotonic() < until:
        time.sleep(0.05)
    assert not answers(port)
