"""The weather: where power, disk and line may fail, and the line itself, which carries nothing but bytes.

The parts that fail are the product's own in-memory books; what is invented is only when they fail.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync.client.session import DIGEST, MARK, Answer, Message, Traffic, check_mark, read_trouble
from sync.contract.errors import DiskFull, LantaiError, Offline
from sync.contract.messages import Event, SyncRequest, Trouble
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
    contents: dict[tuple[TownshipId, str], bytes] = field(default_factory=dict)  # attachments, and what is on the way
    pieces: dict[tuple[TownshipId, str], bytes] = field(default_factory=dict)

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
        self.writes = self.book  # what the act under way writes in

    def enrol(self, township: TownshipId, device: DeviceId) -> None:
        """The desk is one of the township's."""
        self.book.enrol(township, device)

    def prepare(self) -> None:
        """The weather holds for the act that begins."""
        self.book.cut_within = [self.weather.endswith("cut within")]
        self.book.full_within = [self.weather == "county full"]

    @contextmanager
    def writing(self, township: TownshipId | None) -> Iterator[CountyBook]:
        self.prepare()
        with super().writing(township) as book:
            assert isinstance(book, WeatherBook)
            self.writes = book
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
    method: str = "POST"
    path: str = "/v1/sync"
    headers: dict[str, str] = field(default_factory=dict)


Forecast = Callable[[], str]


Carry = Callable[[Delivery], tuple[int, dict[str, str], bytes]]
"""What the county answers to what arrives."""


class FakeLine:
    """What the exchange takes for its session: every request becomes bytes, and so does every reply.

    Args:
        at_the_county: where requests arrive.
        forecast: says the weather for each request.
        met: told what the weather did.
        captured: requests that come again later.
    """

    def __init__(
        self, at_the_county: Carry, store: FailingStore, desk: Desk, authority: x509.Certificate,
        forecast: Forecast, met: Callable[[str], None], captured: list[Delivery],
    ) -> None:  # fmt: skip
        self.authority, self.traffic = authority, Traffic()
        self._at_the_county, self._store, self._desk = at_the_county, store, desk
        self._forecast, self._met, self._captured = forecast, met, captured
        self.weather = "fine"

    def ask(self, method: str, path: str, kind: type[Message], message: object = None) -> Message:
        return unpack(kind, self.send(method, path, pack(message)).content)

    def send(self, method: str, path: str, content: bytes | None, headers: Mapping[str, str] | None = None) -> Answer:
        self.weather = self._forecast()
        self._met(f"line: {self.weather}")
        sent = Delivery(self._desk, content or b"", method, path, dict(headers or {}))
        status, told, answered = self._carry(sent)
        marked = {**told, MARK: "1", DIGEST: hashlib.sha256(answered).hexdigest()}
        if self.weather == "portal":
            marked = {"Content-Type": "text/html"}
        if self.weather == "reply cut short" and answered:
            answered = answered[: len(answered) * 2 // 3]
        check_mark(status, marked, answered)
        if status >= 400:
            raise read_trouble(status, answered)
        return Answer(answered, marked)

    def _carry(self, sent: Delivery) -> tuple[int, dict[str, str], bytes]:
        if self.weather == "no request":
            self._captured.append(sent)  # it comes late, if at all
            raise Offline("the request was lost")
        if self.weather == "portal":
            return 200, {}, b"<html>please sign in</html>"
        if self.weather == "overtaken" and self._captured:
            self._at_the_county(self._captured.pop())
        if self.weather in ("twice", "overtaken"):
            self._captured.append(sent)
        cut = self.weather == "request cut short"
        arriving = replace(sent, sent=sent.sent[: len(sent.sent) * 2 // 3]) if cut else sent
        answer = self._arrive(arriving)
        if self.weather == "twice":
            answer = self._arrive(arriving)
        page_cut = cut and sent.method == "PATCH"  # what arrived of a page is kept, and nobody hears the answer
        if answer is None or self.weather == "no reply" or page_cut:
            raise Offline("no answer")
        assert not cut or not sent.sent or answer[0] >= 400, "half a request was taken in"
        return answer

    def _arrive(self, arriving: Delivery) -> tuple[int, dict[str, str], bytes] | None:
        self._store.weather = self.weather if self.weather in AT_THE_COUNTY else "fine"
        try:
            return self._at_the_county(arriving)
        except Cut:
            return None
        finally:
            self._store.weather = "fine"


def deliver(rules: CountyRules, desk: Desk, sent: bytes) -> tuple[int, bytes]:
    """Return what the county answers to the bytes of a request for rows."""
    try:
        return 200, pack(rules.sync(desk, unpack(SyncRequest, sent)))
    except LantaiError as error:
        return 400, pack(Trouble(error.code, str(error.args[0])))
