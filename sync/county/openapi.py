"""The county's calls described in OpenAPI 3.1 (docs/protocol.md, section 3): from the types that the messages are read by.

On the line a message is msgpack inside zstd, never JSON. The description says what is in it once unpacked; bytes stand in it as
base64, and a message marked POSITIONAL as the list it travels as. Whoever has it knows every field and every answer.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Callable
from dataclasses import MISSING, dataclass, fields, is_dataclass
from enum import StrEnum
from typing import Any, Final, TypeVar, Union

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from sync.contract.messages import Trouble
from sync.contract.wire import LARGEST, PROTOCOL_NEWEST
from sync.county.answers import MEDIA_TYPE

_MARK: Final = "told"
STAFF: Final = "staff"
DESK: Final = "desk"
ANYBODY: Final = "anybody"
_TROUBLES: Final = {
    "400": "not to be understood, or not to be done as it stands", "403": "not enrolled, not signed in, or not in this role",
    "409": "somebody was first", "413": "larger than may be sent", "422": "the county's store is damaged",
    "429": "too many calls; Retry-After says when", "503": "not now; Retry-After says when",
    "507": "no room on the county's disk; Retry-After says when",
}  # fmt: skip
_PLAIN: Final[dict[object, dict[str, object]]] = {
    str: {"type": "string", "pattern": "^[^\\x00]*$"},
    int: {"type": "integer", "minimum": -LARGEST - 1, "maximum": LARGEST},
    bool: {"type": "boolean"},
    bytes: {"type": "string", "format": "byte", "contentEncoding": "base64"},
}

Call = TypeVar("Call", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Told:
    """What the code itself does not say of a call: who may make it, the messages in and out, the headers it reads.

    Args:
        reply, asked: None: no message of ours, but bytes or nothing.
        answers: the status when it was done.
    """

    who: str
    reply: type | None
    asked: type | None = None
    headers: tuple[str, ...] = ()
    answers: str = "200"

    def __call__(self, call: Call) -> Call:
        call.__dict__[_MARK] = self
        return call


def document(app: FastAPI) -> dict[str, Any]:
    """Return the description of every call under /v1; each is described, or this raises KeyError."""
    schemas: dict[str, dict[str, Any]] = {}
    routes = [route for route in app.routes if isinstance(route, APIRoute) and route.path.startswith("/v1/")]
    made = get_openapi(title="Lantai county", version=str(PROTOCOL_NEWEST), openapi_version="3.1.0", routes=routes)
    for route in routes:
        for method in route.methods or ():
            _describe(made["paths"][route.path_format][method.lower()], route.endpoint.__dict__[_MARK], schemas)
    parts = made.setdefault("components", {})
    parts["schemas"] = dict(sorted(schemas.items()))
    parts["securitySchemes"] = {
        "device": {"type": "mutualTLS", "description": "the certificate given at enrolment"},
        "bearer": {"type": "http", "scheme": "bearer", "description": "15 minutes, good with that certificate only"},
    }
    return made


def _describe(call: dict[str, Any], said: Told, schemas: dict[str, Any]) -> None:
    reply, asked = said.reply, said.asked
    call["tags"] = [said.who]
    call["security"] = {STAFF: [{"device": [], "bearer": []}], DESK: [{"device": []}], ANYBODY: []}[said.who]
    headers = [{"name": name, "in": "header", "schema": {"type": "string"}} for name in said.headers]
    if headers:
        call["parameters"] = [*call.get("parameters", []), *headers]
    if asked is not None:
        call["requestBody"] = {"required": True, "content": {MEDIA_TYPE: {"schema": schema_of(asked, schemas)}}}
    content = {} if reply is None else {MEDIA_TYPE: {"schema": schema_of(reply, schemas)}}
    trouble = {MEDIA_TYPE: {"schema": schema_of(Trouble, schemas)}}
    answers = {code: {"description": why, "content": trouble} for code, why in _TROUBLES.items()}
    call["responses"] = {said.answers: {"description": "done", **({"content": content} if content else {})}, **answers}


def schema_of(kind: Any, schemas: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a type that travels; those with a name are put into `schemas` and referred to.

    Raises:
        TypeError: it does not travel (sync.contract.wire).
    """
    if is_dataclass(kind) and isinstance(kind, type):
        if kind.__name__ not in schemas:
            schemas[kind.__name__] = {}
            schemas[kind.__name__] = _message(kind, schemas)
        return {"$ref": f"#/components/schemas/{kind.__name__}"}
    origin = typing.get_origin(kind)
    if origin in (Union, types.UnionType):
        inner = next(argument for argument in typing.get_args(kind) if argument is not type(None))
        return {"anyOf": [schema_of(inner, schemas), {"type": "null"}]}
    if origin is tuple:
        return {"type": "array", "items": schema_of(typing.get_args(kind)[0], schemas)}
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return {"type": "string", "enum": [one.value for one in kind]}
    plain = getattr(kind, "__supertype__", kind)
    if plain not in _PLAIN:
        raise TypeError(f"{kind} does not travel")
    return dict(_PLAIN[plain])


def _message(kind: type, schemas: dict[str, Any]) -> dict[str, Any]:
    hints = typing.get_type_hints(kind)
    sent = [field for field in fields(kind) if field.init]
    parts = {field.name: schema_of(hints[field.name], schemas) for field in sent}
    needed = [field.name for field in sent if field.default is MISSING and field.default_factory is MISSING]
    what = (kind.__doc__ or "").split("\n")[0]
    if getattr(kind, "POSITIONAL", False):
        listed = [{"title": name, **part} for name, part in parts.items()]
        return {"type": "array", "prefixItems": listed, "minItems": len(needed), "description": what}
    return {"type": "object", "properties": parts, "required": needed, "description": what}
