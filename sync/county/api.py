"""The county's calls over HTTP (docs/protocol.md, section 3): reading requests within limits, nothing else."""

from __future__ import annotations

import re
import time
from typing import Annotated, TypeVar

from fastapi import FastAPI, Path, Query
from fastapi.exceptions import RequestValidationError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from sync.contract.batches import BatchId
from sync.contract.board import Board
from sync.contract.certificates import Role
from sync.contract.duplicates import PairAnswer, PairAnswered, PairList
from sync.contract.editions import SignedEdition, StandingEdition, Tried, TriedFiles
from sync.contract.enrolment import EnrolReply, EnrolRequest
from sync.contract.errors import BadRequest, LantaiError
from sync.contract.messages import DigestReply, Hashes, Hello, SyncReply, SyncRequest
from sync.contract.one_window import GrantAsked, Granted, SliceAsked, SliceTold
from sync.contract.received_list import SignedReceivedList
from sync.contract.review import (
    BatchDetail,
    BatchList,
    Bearer,
    Challenge,
    ConflictList,
    DisputeList,
    Login,
    Outcomes,
    Proposals,
    RecordDetail,
)
from sync.contract.revisions import RecordId, TownshipId
from sync.contract.rulings import DoubtfulLogs, SignedRuling
from sync.contract.taking_back import SignedTakeBack
from sync.contract.wire import MOST_PACKED_BYTES, unpack
from sync.contract.witnesses import AwaitedDesks
from sync.county.answers import TooLarge, answer, misread, miss, refuse, say, stumble
from sync.county.attachments import RANGE_BYTES
from sync.county.desk_calls import DeskCalls
from sync.county.gauges import LOCAL
from sync.county.limits import Limit
from sync.county.openapi import ANYBODY, DESK, STAFF, Told
from sync.county.peer import PEER
from sync.county.service import County
from sync.county.staff_calls import StaffCalls
from sync.county.status_page import POLICY
from sync.county.tables import Device
from sync.county.window_calls import WindowCalls

CALLS_PER_SECOND, CALLS_AT_ONCE = 500, 1000  # more than one client asks by itself, less than harms the others
STRANGERS_PER_SECOND, STRANGERS_AT_ONCE = 1, 30
SMALL_BYTES = 64 * 1024
ENROL_BYTES = 1024 * 1024  # with an account of each series that a lone office has numbered

UUID_TEXT = "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"
Skip = Annotated[int, Query(ge=0, le=2**31)]
Bucket = Annotated[int | None, Query(ge=0, le=255)]
Code = Annotated[str | None, Query(pattern="^[0-9A-Za-z]{1,32}$")]
Id = Annotated[str, Path(pattern=UUID_TEXT)]

Message = TypeVar("Message")


def make_api(county: County) -> FastAPI:
    """Return the application that serves a county."""
    app = FastAPI(title="Lantai county", docs_url=None, redoc_url=None, openapi_url=None)
    app.add_exception_handler(LantaiError, refuse)
    app.add_exception_handler(HTTPException, miss)
    app.add_exception_handler(RequestValidationError, misread)
    app.add_exception_handler(Exception, stumble)
    door = _Door(county)
    _add_open_calls(app, county, door)
    _add_watching_calls(app, county)
    desks, staff = DeskCalls(county), StaffCalls(county)
    _add_desk_calls(app, desks, door)
    _add_attachment_calls(app, desks, staff, door)
    _add_window_calls(app, WindowCalls(county), door)
    _add_signing_in(app, staff, door)
    _add_review_calls(app, staff, door)
    _add_edition_calls(app, staff, door)
    _add_matter_calls(app, staff, door)
    _add_pair_calls(app, staff, door)
    return app


class _Door:
    """Who comes in, and with how much."""

    def __init__(self, county: County) -> None:
        self._county = county
        self._devices = Limit(CALLS_PER_SECOND, CALLS_AT_ONCE, time.monotonic)
        self._strangers = Limit(STRANGERS_PER_SECOND, STRANGERS_AT_ONCE, time.monotonic)

    def stranger(self, request: Request) -> None:
        """A call without a certificate is counted by its address."""
        self._strangers.take(request.client.host if request.client else "")

    async def device(self, request: Request) -> Device:
        """Return the device whose certificate TLS has verified."""
        device = await run_in_threadpool(self._county.device, request.scope.get(PEER))
        self._devices.take(device.id)
        return device

    async def read(self, request: Request, kind: type[Message], most_bytes: int = MOST_PACKED_BYTES) -> Message:
        """Return the message in a request's body."""
        return unpack(kind, await read_content(request, most_bytes))


async def read_content(request: Request, most_bytes: int, *, keep_cut: bool = False) -> bytes:
    """Return a request's body.

    Args:
        keep_cut: if the line is cut, return what arrived until then instead of raising.
    Raises:
        BadRequest: larger than allowed; seen before it is read.
    """
    if int(request.headers.get("content-length", "0")) > most_bytes:
        raise TooLarge("body too large", limit_bytes=most_bytes)
    content = bytearray()
    try:
        async for block in request.stream():
            content += block
            if len(content) > most_bytes:
                raise TooLarge("body too large", limit_bytes=most_bytes)
    except ClientDisconnect:
        if not keep_cut:
            raise
    return bytes(content)


def bearer_of(request: Request) -> str:
    """Return the token a request carries, "" if none."""
    return request.headers.get("authorization", "").removeprefix("Bearer ")


def _add_open_calls(app: FastAPI, county: County, door: _Door) -> None:
    @app.get("/v1/hello")
    @Told(ANYBODY, Hello)
    async def hello(request: Request) -> Response:
        if request.scope.get(PEER) is None:
            door.stranger(request)
        return say(await run_in_threadpool(county.hello))

    @app.post("/v1/enrol")
    @Told(ANYBODY, EnrolReply, EnrolRequest)
    async def enrol(request: Request) -> Response:
        door.stranger(request)
        asked = await door.read(request, EnrolRequest, ENROL_BYTES)
        return say(await run_in_threadpool(county.enrol, asked))


def _add_watching_calls(app: FastAPI, county: County) -> None:
    """What a watching system on this machine asks; nobody else gets an answer."""

    @app.get("/healthz")
    async def health(request: Request) -> Response:
        _only_from_here(request)
        epoch = await run_in_threadpool(lambda: county.ledger.epoch)  # the book answers
        return Response(f"ok {epoch}\n", media_type="text/plain")

    @app.get("/metrics")
    async def metrics(request: Request) -> Response:
        _only_from_here(request)
        return Response(await run_in_threadpool(county.gauges), media_type="text/plain; version=0.0.4")

    @app.get("/status")
    async def status(request: Request) -> Response:
        _only_from_here(request)
        page = await run_in_threadpool(county.status)
        shown = {
            "content-security-policy": POLICY,
            "x-content-type-options": "nosniff",
            "referrer-policy": "no-referrer",
        }
        return Response(page, media_type="text/html", headers={**shown, "cache-control": "no-store"})


def _only_from_here(request: Request) -> None:
    if request.client is None or request.client.host not in LOCAL:
        raise HTTPException(404)


def _add_desk_calls(app: FastAPI, desks: DeskCalls, door: _Door) -> None:
    @app.post("/v1/sync")
    @Told(DESK, SyncReply, SyncRequest)
    async def sync(request: Request) -> Response:
        device = await door.device(request)
        asked = await door.read(request, SyncRequest)
        return say(await run_in_threadpool(desks.sync, device, asked))

    @app.get("/v1/digest")
    @Told(DESK, DigestReply)
    async def digest(request: Request, bucket: Bucket = None) -> Response:
        device = await door.device(request)
        return say(await run_in_threadpool(desks.digest, device, bucket))

    @app.post("/v1/blobs/missing")
    @Told(DESK, Hashes, Hashes)
    async def missing(request: Request) -> Response:
        device = await door.device(request)
        asked = await door.read(request, Hashes)
        return say(await run_in_threadpool(desks.missing_attachments, device, asked))


def _add_attachment_calls(app: FastAPI, desks: DeskCalls, staff: StaffCalls, door: _Door) -> None:
    @app.head("/v1/blobs/{sha256}")
    @Told(DESK, None)
    async def progress(request: Request, sha256: str) -> Response:
        device = await door.device(request)
        return _progress(*await run_in_threadpool(desks.attachment_progress, device, sha256))

    @app.patch("/v1/blobs/{sha256}")
    @Told(DESK, None, headers=("upload-offset", "upload-length"))
    async def take(request: Request, sha256: str) -> Response:
        device = await door.device(request)
        start, total = _number(request, "upload-offset"), _number(request, "upload-length")
        content = await read_content(request, RANGE_BYTES, keep_cut=True)
        return _progress(*await run_in_threadpool(desks.take_attachment, device, sha256, start, total, content))

    @app.get("/v1/blobs/{sha256}")
    @Told(STAFF, None, headers=("range",), answers="206")
    async def read(request: Request, sha256: str) -> Response:
        device = await door.device(request)
        start, size = _range(request.headers.get("range", ""))
        if device.role == Role.DESK.value:
            content, total = await run_in_threadpool(desks.read_attachment, device, sha256, start, size)
        else:
            token = bearer_of(request)
            content, total = await run_in_threadpool(staff.read_attachment, device, token, sha256, start, size)
        return _ranged(content, start, total)


def _add_window_calls(app: FastAPI, window: WindowCalls, door: _Door) -> None:
    """What desks see of records that another township holds."""

    @app.post("/v1/catalogue")
    @Told(DESK, SliceTold, SliceAsked)
    async def catalogue(request: Request) -> Response:
        device = await door.device(request)
        asked = await door.read(request, SliceAsked, SMALL_BYTES)
        return say(await run_in_threadpool(window.slice, device, asked))

    @app.post("/v1/grants")
    @Told(DESK, Granted, GrantAsked)
    async def grant(request: Request) -> Response:
        device = await door.device(request)
        asked = await door.read(request, GrantAsked, SMALL_BYTES)
        return say(await run_in_threadpool(window.grant, device, asked))

    @app.get("/v1/grants/{grant_id}/{sha256}")
    @Told(DESK, None, headers=("range",), answers="206")
    async def granted_page(request: Request, grant_id: Id, sha256: str) -> Response:
        device = await door.device(request)
        start, size = _range(request.headers.get("range", ""))
        content, total = await run_in_threadpool(window.page, device, grant_id, sha256, start, size)
        return _ranged(content, start, total)


def _add_signing_in(app: FastAPI, staff: StaffCalls, door: _Door) -> None:
    @app.post("/v1/staff/challenge")
    @Told(STAFF, Challenge)
    async def challenge(request: Request) -> Response:
        return say(staff.challenge(await door.device(request)))

    @app.post("/v1/staff/login")
    @Told(STAFF, Bearer, Login)
    async def login(request: Request) -> Response:
        device = await door.device(request)
        asked = await door.read(request, Login, SMALL_BYTES)
        return say(await run_in_threadpool(staff.sign_in, device, asked))


def _add_review_calls(app: FastAPI, staff: StaffCalls, door: _Door) -> None:
    @app.get("/v1/batches")
    @Told(STAFF, BatchList)
    async def batches(request: Request, township: Code = None) -> Response:
        device = await door.device(request)
        wanted = None if township is None else TownshipId(township)
        return say(await run_in_threadpool(staff.batches, device, bearer_of(request), wanted))

    @app.get("/v1/batches/{batch_id}")
    @Told(STAFF, BatchDetail)
    async def batch(request: Request, batch_id: Id, skip: Skip = 0) -> Response:
        device = await door.device(request)
        token = bearer_of(request)
        return say(await run_in_threadpool(staff.batch, device, token, BatchId(batch_id), skip))

    @app.post("/v1/batches/{batch_id}/received-list")
    @Told(STAFF, SignedReceivedList)
    async def received_list(request: Request, batch_id: Id) -> Response:
        device = await door.device(request)
        return say(await run_in_threadpool(staff.received_list, device, bearer_of(request), BatchId(batch_id)))

    @app.get("/v1/board")
    @Told(STAFF, Board)
    async def board(request: Request) -> Response:
        device = await door.device(request)
        return say(await run_in_threadpool(staff.board, device, bearer_of(request)))

    @app.get("/v1/conflicts")
    @Told(STAFF, ConflictList)
    async def conflicts(request: Request, township: Code = None, skip: Skip = 0) -> Response:
        device = await door.device(request)
        wanted = None if township is None else TownshipId(township)
        return say(await run_in_threadpool(staff.conflicts, device, bearer_of(request), wanted, skip))

    @app.get("/v1/records/{record_id}")
    @Told(STAFF, RecordDetail)
    async def record(request: Request, record_id: Id) -> Response:
        device = await door.device(request)
        return say(await run_in_threadpool(staff.record, device, bearer_of(request), RecordId(record_id)))

    @app.post("/v1/decisions")
    @Told(STAFF, Outcomes, Proposals)
    async def decide(request: Request) -> Response:
        device = await door.device(request)
        asked = await door.read(request, Proposals)
        return say(await run_in_threadpool(staff.decide, device, bearer_of(request), asked))

    @app.post("/v1/decisions/taken-back")
    @Told(STAFF, Outcomes, SignedTakeBack)
    async def take_back(request: Request) -> Response:
        device = await door.device(request)
        asked = await door.read(request, SignedTakeBack, SMALL_BYTES)
        return say(await run_in_threadpool(staff.take_back, device, bearer_of(request), asked))


def _add_edition_calls(app: FastAPI, staff: StaffCalls, door: _Door) -> None:
    @app.get("/v1/editions")
    @Told(STAFF, StandingEdition)
    async def edition(request: Request) -> Response:
        device = await door.device(request)
        return say(await run_in_threadpool(staff.edition, device, bearer_of(request)))

    @app.post("/v1/editions/try")
    @Told(STAFF, Tried, TriedFiles)
    async def try_edition(request: Request) -> Response:
        device = await door.device(request)
        asked = await door.read(request, TriedFiles)
        return say(await run_in_threadpool(staff.try_edition, device, bearer_of(request), asked))

    @app.post("/v1/editions")
    @Told(STAFF, StandingEdition, SignedEdition)
    async def publish(request: Request) -> Response:
        device = await door.device(request)
        asked = await door.read(request, SignedEdition)
        return say(await run_in_threadpool(staff.publish, device, bearer_of(request), asked))


def _add_matter_calls(app: FastAPI, staff: StaffCalls, door: _Door) -> None:
    @app.get("/v1/witnesses")
    @Told(STAFF, AwaitedDesks)
    async def awaited(request: Request) -> Response:
        device = await door.device(request)
        return say(await run_in_threadpool(staff.awaited, device, bearer_of(request)))

    @app.post("/v1/waivers")
    @Told(STAFF, AwaitedDesks, SignedRuling)
    async def waive(request: Request) -> Response:
        device = await door.device(request)
        asked = await door.read(request, SignedRuling, SMALL_BYTES)
        return say(await run_in_threadpool(staff.waive, device, bearer_of(request), asked))

    @app.get("/v1/disputes")
    @Told(STAFF, DisputeList)
    async def disputes(request: Request) -> Response:
        device = await door.device(request)
        return say(await run_in_threadpool(staff.disputes, device, bearer_of(request)))

    @app.get("/v1/logs")
    @Told(STAFF, DoubtfulLogs)
    async def logs(request: Request) -> Response:
        device = await door.device(request)
        return say(await run_in_threadpool(staff.doubtful_logs, device, bearer_of(request)))

    @app.post("/v1/logs/begun-again")
    @Told(STAFF, DoubtfulLogs, SignedRuling)
    async def begin_log(request: Request) -> Response:
        device = await door.device(request)
        asked = await door.read(request, SignedRuling, SMALL_BYTES)
        return say(await run_in_threadpool(staff.begin_log_again, device, bearer_of(request), asked))


def _add_pair_calls(app: FastAPI, staff: StaffCalls, door: _Door) -> None:
    @app.get("/v1/pairs")
    @Told(STAFF, PairList)
    async def pairs(request: Request, answered: bool = False, skip: Skip = 0) -> Response:
        device = await door.device(request)
        return say(await run_in_threadpool(staff.pairs, device, bearer_of(request), answered, skip))

    @app.post("/v1/pairs/answer")
    @Told(STAFF, PairAnswered, PairAnswer)
    async def answer_pair(request: Request) -> Response:
        device = await door.device(request)
        asked = await door.read(request, PairAnswer, SMALL_BYTES)
        return say(await run_in_threadpool(staff.answer_pair, device, bearer_of(request), asked))

    @app.post("/v1/pairs/undo")
    @Told(STAFF, PairAnswered, PairAnswered)
    async def undo_pair(request: Request) -> Response:
        device = await door.device(request)
        asked = await door.read(request, PairAnswered, SMALL_BYTES)
        return say(await run_in_threadpool(staff.undo_pair, device, bearer_of(request), asked))


def _ranged(content: bytes, start: int, total: int) -> Response:
    end = start + len(content) - 1 if content else start
    return answer(content, 206, {"Content-Range": f"bytes {start}-{end}/{total}"})


def _progress(arrived: int, whole: bool) -> Response:
    return answer(b"", headers={"upload-offset": str(arrived), "upload-complete": "1" if whole else "0"})


def _number(request: Request, name: str) -> int:
    text = request.headers.get(name, "")
    if not re.fullmatch(r"[0-9]{1,15}", text):
        raise BadRequest("header is not a number", header=name)
    return int(text)


def _range(text: str) -> tuple[int, int]:
    """Return start and size of one range of bytes; the whole, as far as one answer carries it, if none is named."""
    found = re.fullmatch(r"bytes=([0-9]{1,15})-([0-9]{0,15})", text) if text else None
    if text and found is None:
        raise BadRequest("not a range")
    if found is None:
        return 0, RANGE_BYTES
    start = int(found[1])
    return start, max(0, int(found[2]) - start + 1) if found[2] else RANGE_BYTES
