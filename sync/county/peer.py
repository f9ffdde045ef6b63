"""The client's certificate, brought from TLS to the application: uvicorn leaves it out of the scope."""

from __future__ import annotations

import asyncio
from typing import Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

PEER: Final = "lantai.peer"


class PeerProtocol(HttpToolsProtocol):
    """uvicorn's protocol, with the verified certificate (DER) in `scope["lantai.peer"]`, None if none was shown."""

    _peer: bytes | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        super().connection_made(transport)
        tls = transport.get_extra_info("ssl_object")
        self._peer = tls.getpeercert(binary_form=True) if tls is not None else None

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope[PEER] = self._peer  # type: ignore[typeddict-unknown-key]  # ASGI leaves further names to servers

    def shutdown(self) -> None:
        """An idle line is dropped: a polite end of TLS would wait for a desk that is not listening just now."""
        idle = self.cycle is None or self.cycle.response_complete
        super().shutdown()
        if idle:
            self.transport.abort()
