"""The county as a server: TLS with its own authority, one process, a clean end."""

from __future__ import annotations

import logging
import signal
import socket
import ssl
from pathlib import Path

import uvicorn

from sync.contract.errors import Offline
from sync.county.api import make_api
from sync.county.peer import PeerProtocol
from sync.county.service import County
from sync.tls import carry_key, trust_only
from sync.vault.whole_file import replace_whole

END_S = 5


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


def serve(county: County, folder: Path, host: str, port: int) -> None:
    """Serve until the process is asked to end; what is under way is finished first.

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
    try:
        _Announcing(config, folder).run(sockets=[listening])
    finally:
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
