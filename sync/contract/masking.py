"""Masks (脱敏): what an eye without a purpose sees of a value; the shown form never allows the hidden one to be counted back."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from sync.contract.kinds import Mask

_VILLAGE = re.compile(r"^(.*(?:村|社区|居委会)|.*?(?:街道|镇|乡))")


def _name(text: str) -> str:
    return text[:1] + "*" * (len(text) - 1)


def _identity(text: str) -> str:
    return text[:6] + "*" * (len(text) - 10) + text[-4:] if len(text) >= 15 else "*" * len(text)


def _phone(text: str) -> str:
    return text[:3] + "*" * (len(text) - 7) + text[-4:] if len(text) >= 11 else "*" * len(text)


def _account(text: str) -> str:
    return "****" + text[-4:] if len(text) > 8 else "****"


def _address(text: str) -> str:
    found = _VILLAGE.match(text)
    return found.group(1) if found else text[:2] + "…"


_MASKS: Mapping[Mask, Callable[[str], str]] = {
    Mask.NONE: lambda text: text,
    Mask.NAME: _name,
    Mask.IDENTITY: _identity,
    Mask.PHONE: _phone,
    Mask.ACCOUNT: _account,
    Mask.ADDRESS: _address,
    Mask.HIDDEN: lambda text: "＊＊" if text else "",
}


def shown(mask: Mask, text: str) -> str:
    """Return what an eye without a purpose sees of the text."""
    return _MASKS[mask](text)
