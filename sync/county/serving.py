"""The county as a server: TLS with its own authority, one process, a clean end."""

from __future__ import annotations

import logging
import os
import signal
import socket
import ssl
import threading
from pathlib import Path

import uvicorn

from sync.contract.errors import Offline
from sync.county.api import make_api
from sync.county.peer import PeerProtocol
from sync.county.service import County
from sync.tls import carry_key, trust_only
from sync.vault.whole_file import replace_whole

END_S = 5
STDIN = 0  # read as a descriptor: a thread inside sys.stdin would hold its lock at the end of the process


class _Announcing(uvicorn.Server):
    """A server that says where it listens once it does."""

    def __init__(self, config: uvicorn.Config, folder: Path) -> None:
        super().__init__(config)
        self._folder = folder

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        host, port = (sockets or [])[0].getsockname()[:2]
        address = f"https://{host}:{port}"
        replace_whole(self._folder / "address", f"{address}\n".encode())
        print(f"listening {address}", flush=True)  # noqa: T201  # the one line whoever started us waits for

    def end_with_stdin(self) -> None:
        """From now on the server ends when whoever holds the other end of its standard input is gone."""

        def wait() -> None:
            while os.read(STDIN, 4096):
                continue
            self.should_exit = True

        threading.Thread(target=wait, name="stdin", daemon=True).start()


def serve(county: County, folder: Path, host: str, port: int, *, until_stdin_ends: bool = False) -> None:
    """Serve until the process is asked to end; what is under way is finished first.

    Args:
        until_stdin_ends: end also when the standard input does, as it does at the death of the process that started us.
    Raises:
        Offline: the address cannot be listened on.
    """
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    county.sweep()
    listening = _listen(host, port)
    context = _make_context(county, host)
    config = uvicorn.Config(
        make_api(county),
        http=PeerProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=END_S,
        ssl_context_factory=lambda _config, _default: context,
    )
    signal.signal(signal.SIGTERM, _end)  # uvicorn raises the signal again once it has finished what was under way
    server = _Announcing(config, folder)
    if until_stdin_ends:
        server.end_with_stdin()
    county.comparing.begin()
    county.catalogue.begin()
    try:
        server.run(sockets=[listening])
    finally:
        county.comparing.end()
        county.catalogue.end()
        listening.close()


def _end(_signal: int, _frame: object) -> None:
    raise SystemExit(0)


def _listen(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port), backlog=256)
    except OSError as error:
        raise Offline("address cannot be listened on", host=host, port=port) from error


def _make_context(county: County, host: str) -> ssl.SSLContext:
    """A context that asks for a device's certificate, and lets those without one as far as hello and enrolment."""
    hosts = dict.fromkeys(["127.0.0.1", "::1", "localhost", socket.gethostname(), host])
    key, certificate = county.authority.issue_server([name for name in hosts if name != "0.0.0.0"], county.now())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trust_only(context, county.authority.certificate)
    context.verify_mode = ssl.CERT_OPTIONAL
    carry_key(context, key, certificate)
    return context
