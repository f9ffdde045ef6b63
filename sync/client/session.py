"""Speaking with one county: its own authority only, this device's certificate, and no answer believed that is not marked.

A captive portal or a proxy's error page answers too, often with 200: an answer is the county's only if it carries the
county's mark and the digest of its bytes.
"""

from __future__ import annotations

import hashlib
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Final, TypeVar

import requests
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from requests.adapters import HTTPAdapter

from sync.contract.errors import BadRequest, LantaiError, NotTheCounty, Offline, error_of
from sync.contract.messages import Hello, Trouble
from sync.contract.wire import MOST_PACKED_BYTES, agree_version, pack_request, unpack
from sync.tls import carry_key, ignore_clock, trust_only

MARK: Final = "X-Lantai"
DIGEST: Final = "X-Lantai-Digest"
CONNECT_S: Final = 10
STALL_S: Final = 60  # no byte for so long ends the call

Message = TypeVar("Message")


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a device shows on the line: its certificate, and that it holds the key."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate


@dataclass(slots=True)
class Traffic:
    """Bytes of bodies sent and received, also by several lines at once."""

    up_bytes: int = 0
    down_bytes: int = 0
    _counting: Lock = field(default_factory=Lock, repr=False, compare=False)

    def count(self, up_bytes: int, down_bytes: int) -> None:
        """So many more went up and came down."""
        with self._counting:
            self.up_bytes += up_bytes
            self.down_bytes += down_bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that is the county's."""

    content: bytes
    headers: Mapping[str, str]


class LineSession:
    """A kept connection to a county.

    Args:
        address: like https://10.20.0.5:8443.
        authority: the only one that is believed.
        credentials: None before enrolment, when hello and enrol are all that may be asked.
    """

    def __init__(self, address: str, authority: x509.Certificate, credentials: Credentials | None) -> None:
        self.address = address.rstrip("/")
        self.authority = authority
        self.traffic = Traffic()
        self._http = requests.Session()
        self._http.trust_env = False  # the county stands in the government network, not behind a desk's proxy
        self._http.mount("https://", _PinnedAdapter(_make_context(authority, credentials)))

    def close(self) -> None:
        """The connection is closed."""
        self._http.close()

    def hello(self) -> Hello:
        """Return who answers; the versions of the protocol are agreed.

        Raises:
            BadRequest: there is no version both speak.
        """
        hello = self.ask("GET", "/v1/hello", Hello)
        agree_version(hello.oldest, hello.newest)
        return hello

    def ask(
        self,
        method: str,
        path: str,
        kind: type[Message],
        message: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> Message:
        """Send a message, or none, and return the county's.

        Raises:
            Offline, NotTheCounty: see `send`.
            LantaiError: what the county says against it, as the error of that code.
        """
        answer = self.send(method, path, None if message is None else pack_request(message), headers)
        return unpack(kind, answer.content)

    def send(self, method: str, path: str, content: bytes | None, headers: Mapping[str, str] | None = None) -> Answer:
        """Send bytes and return the county's answer.

        Raises:
            Offline: no answer, or the line was cut.
            NotTheCounty: something answered that is not our county.
            LantaiError: what the county says against it.
        """
        try:
            with self._http.request(
                method, self.address + path, data=content, headers=dict(headers or {}),
                timeout=(CONNECT_S, STALL_S), allow_redirects=False, stream=True,
            ) as response:  # fmt: skip
                received = _read(response)
        except requests.RequestException as error:
            raise _name_failure(error) from error
        self.traffic.count(len(content or b""), len(received))
        check_mark(response.status_code, response.headers, received)
        if response.status_code >= 400:
            raise read_trouble(response.status_code, received)
        return Answer(received, response.headers)


class _PinnedAdapter(HTTPAdapter):
    """Uses our context as it is: requests would add every authority of the certifi bundle to it."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, ssl_context=self._context, **kwargs)

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        conn.cert_reqs = "CERT_REQUIRED"
        conn.ca_certs = conn.ca_cert_dir = None


def _make_context(authority: x509.Certificate, credentials: Credentials | None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trust_only(context, authority)
    ignore_clock(context)
    if credentials is not None:
        carry_key(context, credentials.key, credentials.certificate)
    return context


def _read(response: requests.Response) -> bytes:
    content = bytearray()
    for block in response.iter_content(64 * 1024):
        content += block
        if len(content) > MOST_PACKED_BYTES:
            raise NotTheCounty("answer too large")
    return bytes(content)


def check_mark(status: int, headers: Mapping[str, str], content: bytes) -> None:
    """The answer bears the county's mark, and its bytes are those that were sent.

    Raises:
        NotTheCounty: it does not, or they are not.
    """
    if headers.get(MARK) != "1" or headers.get(DIGEST) != hashlib.sha256(content).hexdigest():
        raise NotTheCounty("answer without the county's mark", status=status)


def read_trouble(status: int, content: bytes) -> LantaiError:
    """Return the error that an answer stands for."""
    if not content:  # HEAD has no body
        return BadRequest("refused", status=status)
    trouble = unpack(Trouble, content)
    facts = {"retry_after_s": trouble.retry_after_s} if trouble.retry_after_s else {}
    return error_of(trouble.code)(trouble.detail, **facts)


def _name_failure(error: BaseException) -> LantaiError:
    """Return whether nobody answered, or somebody else."""
    seen: list[BaseException] = []
    waiting: list[object] = [error]
    while waiting:
        here = waiting.pop()
        if isinstance(here, ssl.SSLCertVerificationError):
            return NotTheCounty("another authority's certificate")
        if isinstance(here, BaseException) and here not in seen:
            seen.append(here)
            waiting += [here.__cause__, here.__context__, getattr(here, "reason", None), *here.args]
    return Offline("the county cannot be reached")
