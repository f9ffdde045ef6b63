"""Who answers is the county, or is not believed."""

from __future__ import annotations

import hashlib
import socket
import ssl
import tempfile
import threading
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sync.client.session import Credentials, LineSession
from sync.contract.errors import NotTheCounty, Offline
from sync.contract.messages import Hello
from sync.contract.wire import pack
from sync.county.authority import Authority, new_authority
from sync.tls import carry_key

NOW = datetime.now(UTC)


@contextmanager
def answering(authority: Authority, answer: bytes, now: datetime = NOW):
    """A server under an authority that gives every caller the same bytes."""
    key, certificate = authority.issue_server(["127.0.0.1"], now)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    carry_key(context, key, certificate)
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                plain, _ = server.accept()
            except OSError:
                return
            try:
                with context.wrap_socket(plain, server_side=True) as line:
                    line.recv(65536)
                    line.sendall(answer)
            except OSError:
                continue

    threading.Thread(target=serve, daemon=True).start()
    yield f"https://127.0.0.1:{server.getsockname()[1]}"
    server.shutdown(socket.SHUT_RDWR)
    server.close()


def http(content: bytes, *headers: str, status: str = "200 OK") -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(content)}", "Connection: close", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


def marked(content: bytes) -> bytes:
    return http(content, "X-Lantai: 1", f"X-Lantai-Digest: {hashlib.sha256(content).hexdigest()}")


HELLO = Hello("云泽县民政局", "e" * 32, 1, 1, b"", "2026-03-02T09:30:00+00:00", 1, 1)
AUTHORITY = new_authority("云泽县民政局", NOW)


def test_an_answer_with_mark_and_digest_is_the_countys():
    with answering(AUTHORITY, marked(pack(HELLO))) as address:
        assert LineSession(address, AUTHORITY.certificate, None).hello() == HELLO


@pytest.mark.parametrize(
    "answer",
    [
        http(b"<html>Please log in</html>"),
        http(pack(HELLO)),
        http(pack(HELLO), "X-Lantai: 1"),
        http(pack(HELLO), "X-Lantai: 1", f"X-Lantai-Digest: {'0' * 64}"),
        http(b"", "Location: https://portal.example/", status="302 Found"),
        http(b"Bad gateway", status="502 Bad Gateway"),
    ],
)
def test_a_captive_portals_answer_is_not_the_countys(answer):
    with answering(AUTHORITY, answer) as address, pytest.raises(NotTheCounty):
        LineSession(address, AUTHORITY.certificate, None).hello()


def test_a_server_under_another_authority_of_the_same_name_is_not_the_county():
    imposter = new_authority("云泽县民政局", NOW)
    with answering(imposter, marked(pack(HELLO))) as address, pytest.raises(NotTheCounty):
        LineSession(address, AUTHORITY.certificate, None).hello()


def test_an_answer_cut_short_is_a_cut_line():
    with answering(AUTHORITY, marked(pack(HELLO))[:-5]) as address, pytest.raises(Offline):
        LineSession(address, AUTHORITY.certificate, None).hello()


def test_nobody_there_is_a_cut_line():
    with pytest.raises(Offline):
        LineSession("https://127.0.0.1:9", AUTHORITY.certificate, None).hello()


@pytest.mark.parametrize("year", [2001, 2048])
def test_a_desk_whose_clock_is_years_off_still_reaches_its_county(year):
    authority = new_authority("云泽县民政局", datetime(year, 1, 1, tzinfo=UTC))
    with answering(authority, marked(pack(HELLO)), datetime(year, 1, 2, tzinfo=UTC)) as address:
        assert LineSession(address, authority.certificate, None).hello() == HELLO


def test_the_sessions_key_is_left_nowhere_on_the_disk():
    before = set(Path(tempfile.gettempdir()).glob("lantai-*.pem"))
    key, certificate = AUTHORITY.issue_server(["127.0.0.1"], NOW)
    LineSession("https://127.0.0.1:9", AUTHORITY.certificate, Credentials(key, certificate)).close()
    assert set(Path(tempfile.gettempdir()).glob("lantai-*.pem")) <= before
