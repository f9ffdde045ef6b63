"""People (用户): who has a slot, in which role, and how one comes in."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from sync.contract.errors import NotAllowed, SealBroken
from sync.vault.keystore_file import Slot

NAME_CHARACTERS_MAX: Final = 40


class Role(StrEnum):
    """What a person may do; kept inside the slot and authenticated with it."""

    CLERK = "clerk"  # 档案员
    REVIEWER = "reviewer"  # 审核员
    AUDITOR = "auditor"  # 审计员
    ADMIN = "admin"  # 管理员


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a slot."""

    name: str
    role: Role


@dataclass(frozen=True, slots=True)
class Entrance:
    """A slot that was opened: by whom, and the data keys it leads to, the newest last."""

    owner: str  # empty: by the recovery code
    role: str
    temporary: bool  # the password was chosen by somebody else and is to be changed before anything is opened
    failed: int  # wrong passwords before this one
    keys: tuple[bytes, ...] = field(repr=False)
    slot_key: bytes = field(repr=False)  # so that the slot can be renewed without asking for the password again
    salt: bytes = field(repr=False)

    @property
    def data_key(self) -> bytes:
        return self.keys[-1]


def person_of(slot: Slot) -> Person:
    """Return whose slot this is. Raises SealBroken: in a role that does not exist."""
    if slot.role not in set(Role):
        raise SealBroken("keystore")
    return Person(slot.owner, Role(slot.role))


def clean_name(name: str) -> str:
    """Return the name as it is kept. Raises NotAllowed: empty, too long, or with signs that do not print."""
    clean = unicodedata.normalize("NFC", name).strip()
    if not clean or len(clean) > NAME_CHARACTERS_MAX or not clean.isprintable():
        raise NotAllowed("name", reason="name")
    return clean
