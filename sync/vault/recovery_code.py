"""The recovery code (恢复码): 160 random bits as a person can print, read out and type again.

Eight groups of four base32 characters and a ninth that tells a slip of the pen before anything is tried.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import secrets
from dataclasses import dataclass
from typing import Final

from sync.contract.errors import WrongCode

CODE_BYTES: Final = 20
GROUP_CHARACTERS: Final = 4
_CODE_CHARACTERS: Final = 32
_LOOK_ALIKES: Final = str.maketrans({"0": "O", "1": "I", "8": "B"})  # base32 has no 0, 1 and 8


@dataclass(frozen=True, slots=True)
class RecoverySheet:
    """What is printed once and sealed in the safe (恢复码单): whoever holds it can set a new password."""

    office: str
    code: str
    made_at: str


def new_code() -> str:
    """Return a fresh code, with its check group."""
    return _spell(secrets.token_bytes(CODE_BYTES))


def read_code(typed: str) -> str:
    """Return the code as it was printed, from what a person typed.

    Case, spaces and dashes do not matter; 0, 1 and 8 are read as O, I and B.

    Raises:
        WrongCode: with `reason`: length, letters or check.
    """
    letters = "".join(character for character in typed.upper() if character.isalnum()).translate(_LOOK_ALIKES)
    if len(letters) != _CODE_CHARACTERS + GROUP_CHARACTERS:
        raise WrongCode("length", reason="length", characters=len(letters))
    try:
        code = base64.b32decode(letters[:_CODE_CHARACTERS])
    except (binascii.Error, ValueError) as error:
        raise WrongCode("letters", reason="letters") from error
    spelled = _spell(code)
    if spelled.replace("-", "") != letters:
        raise WrongCode("check", reason="check")
    return spelled


def _spell(code: bytes) -> str:
    check = base64.b32encode(hashlib.sha256(b"lantai-recovery\0" + code).digest())[:GROUP_CHARACTERS]
    letters = (base64.b32encode(code) + check).decode()
    return "-".join(letters[start : start + GROUP_CHARACTERS] for start in range(0, len(letters), GROUP_CHARACTERS))
