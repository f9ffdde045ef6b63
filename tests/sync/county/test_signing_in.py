"""A bearer stands for one person on one device, for a quarter of an hour."""

from __future__ import annotations

import pytest

from sync.contract.decisions import certificate_bytes
from sync.contract.errors import NotAllowed
from sync.contract.review import Login, login_digest
from sync.county.signing_in import BEARER_S, NONCE_S, SigningIn
from sync.county.tables import Device
from tests.sync.contract.office import Office, new_uuid
from tests.sync.county.test_limits import Seconds

OFFICE = Office()


def device_of(role="reviewer", certificate=OFFICE.reviewer_certificate):
    signing = certificate_bytes(certificate)
    return Device(
        id=new_uuid(OFFICE.draw),
        role=role,
        name="周敏",
        line_certificate=b"",
        signing_certificate=signing,
        enrolled_at="",
    )


def sign(device, nonce, key=OFFICE.reviewer_key):
    return Login(nonce, key.sign(login_digest(nonce, device.id)))


@pytest.fixture
def seconds():
    return Seconds()


@pytest.fixture
def door(seconds):
    return SigningIn(seconds)


def test_who_signs_the_nonce_is_let_in_until_the_bearer_runs_out(door, seconds):
    device = device_of()
    token = door.sign_in(device, sign(device, door.challenge(device)))
    assert door.check(device, token).name == "周敏"
    seconds.now_s = BEARER_S + 1
    with pytest.raises(NotAllowed):
        door.check(device, token)


def test_a_bearer_is_worth_nothing_on_another_device(door):
    device = device_of()
    token = door.sign_in(device, sign(device, door.challenge(device)))
    with pytest.raises(NotAllowed):
        door.check(device_of(), token)


def test_a_nonce_is_signed_once_in_time_by_the_right_person_for_the_right_device(door, seconds):
    device = device_of()
    login = sign(device, door.challenge(device))
    door.sign_in(device, login)
    other = device_of()
    late = sign(device, door.challenge(device))
    wrong = [
        (device, login),
        (device, sign(device, door.challenge(device), OFFICE.desk_key)),
        (other, sign(device, door.challenge(device))),
    ]
    for who, signed in wrong:
        with pytest.raises(NotAllowed):
            door.sign_in(who, signed)
    seconds.now_s = NONCE_S + 1
    with pytest.raises(NotAllowed):
        door.sign_in(device, late)


def test_a_desk_is_not_even_challenged(door):
    with pytest.raises(NotAllowed):
        door.challenge(device_of("desk", OFFICE.desk_certificate))
