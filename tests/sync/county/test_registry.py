"""Codes and devices: one use, ten tries, three days, and an end when the county says so."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync.client.enrolment import make_request
from sync.contract.certificates import Role, read_certificate, read_holder
from sync.contract.enrolment import EnrolRequest, prove
from sync.contract.errors import BadRequest, NotAllowed, WrongCode
from sync.contract.revisions import TownshipId
from sync.county.service import County, create_county
from tests.sync.contract.office import NOW, TOWNSHIP


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def county(tmp_path, clock):
    create_county(tmp_path, "云泽县民政局", tmp_path / "county.key", None, clock)
    county = County(tmp_path, tmp_path / "county.key", clock=clock)
    yield county
    county.close()


def ask(code, secret=None, key=None):
    request = make_request(key or ec.generate_private_key(ec.SECP256R1()))
    public = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    return EnrolRequest(code.id, request, public, prove(secret or code.secret, request, public))


def test_a_code_gives_certificates_that_name_township_and_role(county):
    given = county.enrol(ask(county.new_code(Role.DESK, "青石镇", TOWNSHIP, 72)))
    for der in (given.line_certificate, given.signing_certificate):
        holder = read_holder(read_certificate(der))
        assert (holder.device, holder.role, holder.township) == (given.device, Role.DESK, TOWNSHIP)


def test_a_code_works_once(county):
    code = county.new_code(Role.DESK, "青石镇", TOWNSHIP, 72)
    county.enrol(ask(code))
    with pytest.raises(WrongCode):
        county.enrol(ask(code))


def test_a_code_expires(county, clock):
    code = county.new_code(Role.REVIEWER, "周敏", None, 2)
    clock.now += timedelta(hours=2, seconds=1)
    with pytest.raises(WrongCode):
        county.enrol(ask(code))


def test_after_ten_wrong_tries_the_right_secret_comes_too_late(county):
    code = county.new_code(Role.DESK, "青石镇", TOWNSHIP, 72)
    for _ in range(10):
        with pytest.raises(WrongCode):
            county.enrol(ask(code, secret=bytes(10)))
    with pytest.raises(WrongCode):
        county.enrol(ask(code))


def test_a_proof_is_good_for_the_keys_it_was_made_for_only(county):
    code = county.new_code(Role.DESK, "青石镇", TOWNSHIP, 72)
    asked, other = ask(code), ask(code)
    with pytest.raises(WrongCode):
        county.enrol(EnrolRequest(code.id, other.request, asked.signing_key, asked.proof))


def test_a_line_certificate_is_for_p256_keys(county):
    code = county.new_code(Role.DESK, "青石镇", TOWNSHIP, 72)
    with pytest.raises(BadRequest):
        county.enrol(ask(code, key=ec.generate_private_key(ec.SECP384R1())))
    county.enrol(ask(code))


def test_a_person_has_no_township_and_a_desk_has_one(county):
    with pytest.raises(BadRequest):
        county.new_code(Role.REVIEWER, "周敏", TownshipId("339921102"), 1)
    with pytest.raises(BadRequest):
        county.new_code(Role.DESK, "青石镇", None, 1)


def test_a_device_is_served_until_its_certificate_expires(county, clock):
    given = county.enrol(ask(county.new_code(Role.DESK, "青石镇", TOWNSHIP, 72)))
    assert county.device(given.line_certificate).id == given.device
    clock.now += timedelta(days=401)
    with pytest.raises(NotAllowed):
        county.device(given.line_certificate)


def test_a_certificate_for_signing_opens_no_line(county):
    given = county.enrol(ask(county.new_code(Role.DESK, "青石镇", TOWNSHIP, 72)))
    with pytest.raises(NotAllowed):
        county.device(given.signing_certificate)


def test_nobody_is_served_without_a_certificate(county):
    with pytest.raises(NotAllowed):
        county.device(None)
