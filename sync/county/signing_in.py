"""Signing in: a person proves the key of the certificate, and carries a bearer for a quarter of an hour.

Kept in memory: after a restart everybody signs in again, which costs one signature.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

from sync.contract.certificates import DECIDING_ROLES, Holder, Role, check_signature
from sync.contract.errors import NotAllowed, SealBroken
from sync.contract.review import Login, login_digest
from sync.contract.revisions import DeviceId
from sync.county.registry import holder_of, signer_of
from sync.county.tables import Device

BEARER_S = 15 * 60
NONCE_S = 120
MOST_OPEN = 10_000
STAFF_ROLES = DECIDING_ROLES | {Role.AUDITOR}


@dataclass(frozen=True, slots=True)
class _Open:
    device: DeviceId
    until_s: float


class SigningIn:
    """Nonces and bearers that are good now.

    Args:
        monotonic: seconds that only go forward, whatever happens to the clock.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._nonces: dict[bytes, _Open] = {}
        self._bearers: dict[str, _Open] = {}
        self._lock = Lock()

    def challenge(self, device: Device) -> bytes:
        """Return a nonce for this device."""
        _check_staff(device)
        nonce = secrets.token_bytes(32)
        with self._lock:
            self._forget_old()
            if len(self._nonces) >= MOST_OPEN:
                raise NotAllowed("too many challenges")
            self._nonces[nonce] = _Open(DeviceId(device.id), self._monotonic() + NONCE_S)
        return nonce

    def sign_in(self, device: Device, login: Login) -> str:
        """Return a bearer, good on this device only; the nonce is used up.

        Raises:
            NotAllowed: no such nonce, or not signed by this device's person.
        """
        with self._lock:
            self._forget_old()
            nonce = self._nonces.pop(login.nonce, None)
        if nonce is None or nonce.device != device.id:
            raise NotAllowed("challenge")
        try:
            check_signature(signer_of(device), login.signature, login_digest(login.nonce, DeviceId(device.id)))
        except SealBroken as error:
            raise NotAllowed("signature") from error
        token = secrets.token_hex(32)
        with self._lock:
            self._bearers[token] = _Open(DeviceId(device.id), self._monotonic() + BEARER_S)
        return token

    def check(self, device: Device, token: str) -> Holder:
        """Return who carries the bearer.

        Raises:
            NotAllowed: none, another device's, or too old.
        """
        _check_staff(device)
        with self._lock:
            self._forget_old()
            bearer = self._bearers.get(token)
        if bearer is None or bearer.device != device.id:
            raise NotAllowed("sign in first")
        return holder_of(device)

    def _forget_old(self) -> None:
        now = self._monotonic()
        self._nonces = {nonce: one for nonce, one in self._nonces.items() if one.until_s > now}
        self._bearers = {token: one for token, one in self._bearers.items() if one.until_s > now}


def _check_staff(device: Device) -> None:
    if device.role not in {role.value for role in STAFF_ROLES}:
        raise NotAllowed("for county staff", role=device.role)
