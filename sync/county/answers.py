"""How the county's answers look on HTTP: marked as ours, with a digest, an error as its stable code."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from sync.contract.errors import (
    ArchiveBusy,
    AttachmentsMissing,
    BadRequest,
    CountyBusy,
    Damaged,
    DiskFull,
    HeadMoved,
    LantaiError,
    NotAllowed,
    NotNamed,
    Unavailable,
    WrongCode,
)
from sync.contract.messages import Trouble
from sync.contract.wire import pack

MARK = "X-Lantai"
DIGEST = "X-Lantai-Digest"
MEDIA_TYPE = "application/vnd.lantai"
RETRY_S = 5

# 507 Insufficient Storage has a name of its own in WebDAV only, but says it best
_STATUS: Mapping[type[LantaiError], int] = {
    WrongCode: 403,
    NotAllowed: 403,
    HeadMoved: 409,
    NotNamed: 409,
    AttachmentsMissing: 409,
    BadRequest: 400,
    CountyBusy: 429,
    ArchiveBusy: 429,
    DiskFull: 507,
    Unavailable: 503,
    Damaged: 422,
}
_log = logging.getLogger("lantai.county")


class TooLarge(BadRequest):
    """The body is larger than anything that may be sent."""


def answer(content: bytes, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return an answer that a desk can know as the county's."""
    marks = {MARK: "1", DIGEST: hashlib.sha256(content).hexdigest(), "Cache-Control": "no-store", **(headers or {})}
    return Response(content, status, headers=marks, media_type=MEDIA_TYPE)


def say(message: object) -> Response:
    """Return a message."""
    return answer(pack(message))


def refuse(request: Request, error: Exception) -> Response:
    """Return an error of the tree as its code."""
    if not isinstance(error, LantaiError):
        raise error
    status = (
        413
        if isinstance(error, TooLarge)
        else next((_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS), 400)
    )
    retry_s = RETRY_S if status in (429, 503, 507) else 0
    headers = {"Retry-After": str(retry_s)} if retry_s else {}
    return answer(pack(Trouble(error.code, str(error.args[0]), retry_s)), status, headers)


def miss(request: Request, error: Exception) -> Response:
    """Return that there is no such call."""
    status = error.status_code if isinstance(error, HTTPException) else 404
    return answer(pack(Trouble(BadRequest.code, "no such call")), status)


def misread(request: Request, error: Exception) -> Response:
    """Return that a word in the address or a header is not what it should be; which one is not told."""
    return answer(pack(Trouble(BadRequest.code, "not a call as it is described")), 400)


def stumble(request: Request, error: Exception) -> Response:
    """Return that the county made a mistake; what it was stands in its own log only."""
    _log.error("fault in %s %s", request.method, request.url.path, exc_info=error)
    return answer(pack(Trouble(Unavailable.code, "fault", RETRY_S)), 500)
