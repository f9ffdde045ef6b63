"""The weather: where power, disk and line may fail, and the line itself, which carries nothing but bytes.

The parts that fail are the product's own in-memory books; what is invented is only when they fail.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync.client.session import DIGEST, MARK, Message, Traffic, check_mark, read_trouble
from sync.contract.errors import DiskFull, LantaiError, Offline
from sync.contract.messages import Event, SyncReply, SyncRequest, Trouble
from sync.contract.revisions import DeviceId, TownshipId
from sync.contract.wire import pack, unpack
from sync.ledger import Desk
from sync.ledger.county_book import CountyBook
from sync.ledger.county_rules import CountyRules
from sync.ledger.memory_county import MemoryBook, MemoryCountyStore
from sync.ledger.memory_township import MemoryTownshipLedger

WITHIN = ("county cut within", "county full")
AT_THE_COUNTY = (*WITHIN, "county cut before", "county cut after")
AT_THE_DESK = ("desk cut within", "desk full")
ON_THE_LINE = (
    "no request",
    "no reply",
    "twice",
    "twice",
    "overtaken",
    "request cut short",
    "reply cut short",
    "portal",
)
BAD = (*AT_THE_COUNTY, *AT_THE_DESK, *ON_THE_LINE, "desk cut before", "desk cut after")


class Cut(Exception):
    """The power was cut here."""


@dataclass
class WeatherBook(MemoryBook):
    """A book in which the power may be cut in the middle of an act."""

    cut_within: list[bool] = field(default_factory=list)
    full_within: list[bool] = field(default_factory=list)
    said: list[tuple[str, str, dict[str, str | int]]] = field(default_factory=list)

    def log(self, who: str, act: str, subject: str, details: Mapping[str, str | int]) -> None:
        if any(self.full_within):
            raise DiskFull("county")
        if any(self.cut_within):
            raise Cut
        super().log(who, act, subject, details)
        self.said.append((who, act, dict(details)))


class FailingStore(MemoryCountyStore):
    """A county whose power may be cut within an act, just before its commit or just after, and whose disk may be full."""

    kind: type[WeatherBook] = WeatherBook
    book: WeatherBook

    def __init__(self, epoch: str) -> None:
        super().__init__(epoch, self.kind)
        self.weather = "fine"

    def prepare(self) -> None:
        """The weather holds for the act that begins."""
        self.book.cut_within = [self.weather.endswith("cut within")]
        self.book.full_within = [self.weather == "county full"]

    @contextmanager
    def writing(self, township: TownshipId | None) -> Iterator[CountyBook]:
        self.prepare()
        with super().writing(township) as book:
            yield book
            if self.weather.endswith("cut before"):
                raise Cut
        if self.weather.endswith("cut after"):
            raise Cut


class WeatherLedger(MemoryTownshipLedger):
    """A desk whose power may be cut, or whose disk may be full, in the middle of taking in a reply."""

    def __init__(self, township: TownshipId, device: DeviceId, key: Ed25519PrivateKey) -> None:
        super().__init__(township, device, key)
        self.weather = "fine"

    def _apply(self, event: Event) -> bool:
        applied = super()._apply(event)
        if self.weather == "desk cut within":
            raise Cut
        if self.weather == "desk full":
            raise DiskFull("desk")
        return applied


@dataclass
class Delivery:
    """A request as it went, kept to come again later."""

    desk: Desk
    sent: bytes


Forecast = Callable[[], str]


class FakeLine:
    """What the exchange takes for its session: every request becomes bytes, and so does every reply.

    Args:
        forecast: says the weather for each request.
        met: told what the weather did.
        captured: requests that come again later.
    """

    def __init__(
        self, rules: CountyRules, store: FailingStore, desk: Desk, authority: x509.Certificate,
        forecast: Forecast, met: Callable[[str], None], captured: list[Delivery],
    ) -> None:  # fmt: skip
        self.authority, self.traffic = authority, Traffic()
        self._rules, self._store, self._desk = rules, store, desk
        self._forecast, self._met, self._captured = forecast, met, captured
        self.weather = "fine"

    def ask(self, method: str, path: str, kind: type[Message], message: object = None) -> Message:
        assert (method, path) == ("POST", "/v1/sync")
        self.weather = self._forecast()
        self._met(f"line: {self.weather}")
        sent = pack(message)
        status, headers, content = self._carry(sent)
        check_mark(status, headers, content)
        if status >= 400:
            raise read_trouble(status, content)
        return unpack(kind, content)

    def _carry(self, sent: bytes) -> tuple[int, dict[str, str], bytes]:
        if self.weather == "no request":
            self._captured.append(Delivery(self._desk, sent))  # it comes late, if at all
            raise Offline("the request was lost")
        if self.weather == "portal":
            return 200, {"Content-Type": "text/html"}, b"<html>please sign in</html>"
        if self.weather == "overtaken" and self._captured:
            late = self._captured.pop()
            deliver(self._rules, late.desk, late.sent)
        if self.weather in ("twice", "overtaken"):
            self._captured.append(Delivery(self._desk, sent))
        arriving = sent[: len(sent) * 2 // 3] if self.weather == "request cut short" else sent
        answer = self._at_the_county(arriving)
        if self.weather == "twice":
            answer = self._at_the_county(arriving)
        if answer is None or self.weather == "no reply":
            raise Offline("no answer")
        status, content = answer
        if self.weather == "request cut short":
            assert status >= 400, "half a request was taken in"
        headers = {MARK: "1", DIGEST: hashlib.sha256(content).hexdigest()}
        return status, headers, content[: len(content) * 2 // 3] if self.weather == "reply cut short" else content

    def _at_the_county(self, arriving: bytes) -> tuple[int, bytes] | None:
        self._store.weather = self.weather if self.weather in AT_THE_COUNTY else "fine"
        try:
            return deliver(self._rules, self._desk, arriving)
        except Cut:
            return None
        finally:
            self._store.weather = "fine"


def deliver(rules: CountyRules, desk: Desk, sent: bytes) -> tuple[int, bytes]:
    """Return what the county answers to the bytes of a request."""
    try:
        return 200, pack(rules.sync(desk, unpack(SyncRequest, sent)))
    except LantaiError as error:
        return 400, pack(Trouble(error.code, str(error.args[0])))


def reply_of(answer: tuple[int, bytes]) -> SyncReply | None:
    """Return the reply an answer holds, None for a refusal."""
    return unpack(SyncReply, answer[1]) if answer[0] == 200 else None
