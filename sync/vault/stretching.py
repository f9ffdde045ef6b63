"""From a password to a key: Argon2id within a floor and a ceiling, and which passwords are too weak to stretch."""

from __future__ import annotations

import itertools
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from argon2.low_level import Type, hash_secret_raw

from sync.contract.errors import SealBroken, WeakPassword

KEY_BYTES: Final = 32
SALT_BYTES: Final = 16
PASSWORD_CHARACTERS_MIN: Final = 12
MEMORY_KIB_MAX: Final = 256 * 1024  # a township PC has 4 GB for everything
PASSES_MAX: Final = 16
LANES_MAX: Final = 4


@dataclass(frozen=True, slots=True)
class StretchCost:
    """What one stretching costs: memory, passes over it, and lanes that may run side by side."""

    memory_kib: int
    passes: int
    lanes: int

    def as_json(self) -> dict[str, object]:
        """Return the form kept in the keystore and authenticated with the slot."""
        return {"algorithm": "argon2id", "memory_kib": self.memory_kib, "passes": self.passes, "lanes": self.lanes}

    @classmethod
    def from_json(cls, found: object) -> StretchCost:
        """Return the cost if it lies within floor and ceiling.

        Raises:
            SealBroken: too cheap (somebody weakened it), too dear (a memory bomb), or not a cost at all.
        """
        if not isinstance(found, dict) or found.get("algorithm") != "argon2id":
            raise SealBroken("stretch_cost")
        memory, passes, lanes = found.get("memory_kib"), found.get("passes"), found.get("lanes")
        if not (type(memory) is int and type(passes) is int and type(lanes) is int):
            raise SealBroken("stretch_cost")
        cost = cls(memory, passes, lanes)
        cost.check()
        return cost

    def check(self) -> None:
        """Nothing happens if the cost lies within floor and ceiling.

        Raises:
            SealBroken: it does not.
        """
        if not (
            FLOOR.memory_kib <= self.memory_kib <= MEMORY_KIB_MAX
            and FLOOR.passes <= self.passes <= PASSES_MAX
            and FLOOR.lanes <= self.lanes <= LANES_MAX
        ):
            raise SealBroken("stretch_cost", memory_kib=self.memory_kib, passes=self.passes, lanes=self.lanes)


FLOOR: Final = StretchCost(memory_kib=64 * 1024, passes=3, lanes=4)
"""The second recommended option of RFC 9106."""


def stretch(secret: str, salt: bytes, cost: StretchCost) -> bytes:
    """Return the 32-byte key for a secret, the same on every machine.

    Args:
        secret: as typed; read in Unicode NFC.
        salt: 16 random bytes, one per slot.
        cost: within floor and ceiling.
    Raises:
        SealBroken: the cost is outside.
    Source: RFC 9106 (Argon2id).
    """
    cost.check()
    typed = unicodedata.normalize("NFC", secret).encode()
    return hash_secret_raw(typed, salt, cost.passes, cost.memory_kib, cost.lanes, KEY_BYTES, Type.ID)


def calibrate(target_seconds: float, timer: Callable[[], float]) -> StretchCost:
    """Return the dearest cost this machine pays in about the target time, between floor and ceiling.

    Memory is raised first, for it is what a guesser with many cores has least of.
    """
    cost = FLOOR
    while True:
        started = timer()
        stretch("calibration", bytes(SALT_BYTES), cost)
        spent = timer() - started
        dearer = _next_dearer(cost)
        if dearer is None or spent * dearer.memory_kib * dearer.passes > target_seconds * cost.memory_kib * cost.passes:
            return cost
        cost = dearer


def _next_dearer(cost: StretchCost) -> StretchCost | None:
    if cost.memory_kib * 2 <= MEMORY_KIB_MAX:
        return StretchCost(cost.memory_kib * 2, cost.passes, cost.lanes)
    if cost.passes < PASSES_MAX:
        return StretchCost(cost.memory_kib, cost.passes + 1, cost.lanes)
    return None


def check_password(password: str, name: str) -> None:
    """Nothing happens if the password may be used.

    Raises:
        WeakPassword: with `reason`: short, repeated, run or name.
    """
    typed = unicodedata.normalize("NFC", password)
    if len(typed) < PASSWORD_CHARACTERS_MIN:
        raise WeakPassword("short", reason="short", characters_min=PASSWORD_CHARACTERS_MIN)
    if len(set(typed)) <= 2:
        raise WeakPassword("repeated", reason="repeated")
    steps = {ord(after) - ord(before) for before, after in itertools.pairwise(typed)}
    if steps <= {1, 1 - 10} or steps <= {-1, 10 - 1}:  # 123456789012 and 987654321098 as well
        raise WeakPassword("run", reason="run")
    if name and len(typed) - len(name) < PASSWORD_CHARACTERS_MIN and name.casefold() in typed.casefold():
        raise WeakPassword("name", reason="name")
