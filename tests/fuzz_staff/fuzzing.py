"""Calls of the staff, made up from the county's own description of them, and what came of them."""

from __future__ import annotations

import base64
import binascii
import threading
import time
import zlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import hypothesis
import msgpack
import schemathesis
import zstandard
from hypothesis import HealthCheck, Phase, settings
from schemathesis import Case, GenerationMode
from schemathesis.checks import (
    content_type_conformance,
    not_a_server_error,
    response_schema_conformance,
    status_code_conformance,
)

from sync.contract.certificates import Role
from sync.contract.decisions import Decision, sign_decision
from sync.contract.errors import BadRequest
from sync.contract.rulings import Ruling
from sync.contract.taking_back import TakeBack
from sync.contract.wire import pack, unpack
from sync.county.answers import MEDIA_TYPE
from sync.county.api import make_api
from sync.county.openapi import STAFF, document
from sync.county.service import County, create_county
from tests.sync.client.people import Reviewer
from tests.sync.contract.office import NOW
from tests.sync.county.troubled import AWAY, TOWN, trouble
from tests.sync.county_process import NAME, CountyProcess

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
BUSY = 429
Described = Mapping[str, Any]


@dataclass
class Told:
    """What came of the calls."""

    calls: int = 0
    by_status: Counter[int] = field(default_factory=Counter)
    signed: int = 0
    faults: list[str] = field(default_factory=list)


class Fuzzed:
    """A served county with something of everything, an officer, and the description of the calls."""

    def __init__(self, folder: Path) -> None:
        create_county(folder / "county", NAME, folder / "county" / "county.key", None)
        county = County(folder / "county", folder / "county" / "county.key")
        troubled = trouble(county, folder)
        self.described: Described = document(make_api(county))
        device, epoch = troubled.log.desk.holder.device, county.ledger.epoch
        county.close()
        for one in (troubled.log, troubled.away):
            one.engine.dispose()
        self.process = CountyProcess(folder / "county")
        self.process.start()
        log = self.process.process.stderr  # read to its end: a county that cannot write its log stands still
        threading.Thread(target=log.read, daemon=True).start()
        self.officer = Reviewer(self.process, "赵敏", Role.OFFICER)
        detail = self.officer.staff.record(troubled.record)
        revisions, decisions = [one.id for one in detail.revisions], [one.decision.id for one in detail.decisions]
        self.known: dict[str, list[str]] = {
            "record": [detail.record], "record_id": [detail.record], "township": [TOWN, AWAY], "epoch": [epoch],
            "subject": [TOWN, AWAY, device], "revision": revisions, "head": revisions, "previous": decisions,
            "about": [device], "decisions": decisions, "sha256": ["ab" * 32], "batch_id": [device],
        }  # fmt: skip

    def close(self) -> None:
        self.officer.session.close()
        self.process.stop()


class Fuzzing:
    """So many calls, shared out among all that staff may make."""

    def __init__(self, fuzzed: Fuzzed, seed: int) -> None:
        self._fuzzed, self._seed, self.told = fuzzed, seed, Told()
        schemathesis.serializer(MEDIA_TYPE)(lambda context, value: self._packed(context.case, value))
        schemathesis.deserializer(MEDIA_TYPE)(lambda _, answer: _in_json(msgpack.unpackb(_unpacked(answer.content))))

    def run(self, calls: int) -> Told:
        """Return what came of them."""
        schema = schemathesis.openapi.from_dict(dict(self._fuzzed.described))
        operations = [found.ok() for found in schema.get_all_operations()]
        operations = [one for one in operations if STAFF in one.definition.raw["tags"]]
        for number, operation in enumerate(operations):
            self._call_one(operation, calls // len(operations) + (number < calls % len(operations)))
        return self.told

    def _call_one(self, operation: Any, many: int) -> None:
        fitting, not_fitting = (operation.as_strategy(generation_mode=mode) for mode in GenerationMode)
        done = self.told.calls

        @hypothesis.seed(self._seed)
        @settings(
            max_examples=many, phases=[Phase.generate], database=None, deadline=None,
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @hypothesis.given(fitting | not_fitting)
        def call(case: Case) -> None:
            if self.told.calls < done + many:
                self._call(case)

        if many:
            call()

    def _call(self, case: Case) -> None:
        draw = zlib.crc32(repr((case.body, case.path_parameters, case.query)).encode())
        for part in ("path_parameters", "query", "body"):
            setattr(case, part, self._grounded(getattr(case, part), "", draw))
        officer, told = self._fuzzed.officer, self.told
        headers = {"Authorization": f"Bearer {officer.staff._token()}"}
        answer = case.call(self._fuzzed.process.address, officer.session._http, headers)
        while answer.status_code == BUSY:
            time.sleep(1)
            answer = case.call(self._fuzzed.process.address, officer.session._http, headers)
        told.calls += 1
        told.by_status[answer.status_code] += 1
        try:
            case.validate_response(answer, checks=CHECKS)
        except (AssertionError, BaseExceptionGroup) as fault:
            told.faults.append(f"{case.method} {case.path} {answer.status_code}: {fault!r}")

    def _grounded(self, values: Any, name: str, draw: int) -> Any:
        """Return the same, with half of its texts replaced by ids that the county knows."""
        if isinstance(values, Mapping):
            return {
                key: self._grounded(value, key, zlib.crc32(str(key).encode(), draw)) for key, value in values.items()
            }
        if isinstance(values, list):
            return [self._grounded(value, name, draw + place) for place, value in enumerate(values)]
        known = self._fuzzed.known.get(name, [])
        return known[draw // 2 % len(known)] if known and isinstance(values, str) and draw % 2 else values

    def _packed(self, case: Case, value: Any) -> bytes:
        asked = case.operation.definition.raw["requestBody"]["content"][MEDIA_TYPE]["schema"]
        plain = self._signed(_on_the_wire(value, asked, self._fuzzed.described))
        try:
            return zstandard.compress(msgpack.packb(plain))
        except (OverflowError, ValueError, TypeError):
            return zstandard.compress(repr(plain).encode())  # what msgpack cannot carry is no message

    def _signed(self, plain: Any) -> Any:
        """Return the same with what can be read of it signed for real."""
        if isinstance(plain, dict) and isinstance(plain.get("ruling"), dict):
            ruling = _read(Ruling, plain["ruling"])
            if ruling is not None:
                self.told.signed += 1
                return msgpack.unpackb(_unpacked(pack(self._fuzzed.officer.staff.sign_ruling(ruling))))
        said = (
            _read(TakeBack, plain["said"]) if isinstance(plain, dict) and isinstance(plain.get("said"), dict) else None
        )
        if said is not None:
            self.told.signed += 1
            return msgpack.unpackb(_unpacked(pack(self._fuzzed.officer.staff.sign_take_back(said))))
        if isinstance(plain, dict) and isinstance(plain.get("proposals"), list):
            return {**plain, "proposals": [self._sign_one(one) for one in plain["proposals"]]}
        return plain

    def _sign_one(self, proposal: Any) -> Any:
        signed = proposal.get("signed") if isinstance(proposal, dict) else None
        decision = _read(Decision, signed.get("decision")) if isinstance(signed, dict) else None
        if decision is None:
            return proposal
        self.told.signed += 1
        officer = self._fuzzed.officer
        made = sign_decision(decision, officer.enrolment.signing_certificate, NOW, officer.key)
        return {**proposal, "signed": msgpack.unpackb(_unpacked(pack(made)))}


def _read(kind: type[Any], plain: Any) -> Any:
    try:
        return unpack(kind, zstandard.compress(msgpack.packb(plain)))
    except (BadRequest, OverflowError, ValueError, TypeError):
        return None


def _unpacked(content: bytes) -> bytes:
    return zstandard.ZstdDecompressor().decompressobj().decompress(content)


def _on_the_wire(value: Any, asked: Described, described: Described) -> Any:
    """Return a value of the description as it travels: base64 where bytes stand becomes bytes."""
    while "$ref" in asked:
        asked = described["components"]["schemas"][asked["$ref"].rpartition("/")[2]]
    if "anyOf" in asked:
        return None if value is None else _on_the_wire(value, asked["anyOf"][0], described)
    if isinstance(value, Mapping):
        parts = asked.get("properties", {})
        return {key: _on_the_wire(one, parts.get(key, {}), described) for key, one in value.items()}
    if isinstance(value, list):
        listed = asked.get("prefixItems", [])
        rest: Described = asked.get("items", {})
        return [
            _on_the_wire(one, listed[place] if place < len(listed) else rest, described)
            for place, one in enumerate(value)
        ]
    if isinstance(value, str) and asked.get("format") == "byte":
        try:
            return base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            return value.encode("utf-8", "surrogatepass")
    return value


def _in_json(value: Any) -> Any:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, dict):
        return {key: _in_json(one) for key, one in value.items()}
    return [_in_json(one) for one in value] if isinstance(value, list) else value
