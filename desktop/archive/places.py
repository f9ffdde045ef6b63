"""Places (村居、存放处): what lists count by of where a record's first person lives and where its paper stands."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_VILLAGE = re.compile(r"(?:.*(?:镇|乡|街道|办事处))?(.{1,20}?(?:村|社区|居委会))")
_SHELF = re.compile(r"[\s\d·、，,/\\-]|第[一二三四五六七八九十]")


def places_of(said: Mapping[str, Any]) -> tuple[str, str]:
    """Return the village (村居) and the custodian (保管处) a record's body tells of; empty where it tells none."""
    fields: Mapping[str, str] = said.get("fields", {})
    homes = (fields[key] for key in sorted(fields) if key.endswith(".village"))
    return _village(next(homes, "")), _SHELF.split(fields.get("location", "").strip(), maxsplit=1)[0]


def _village(address: str) -> str:
    """Return 柳林村 for 云泽县青石镇柳林村三组."""
    found = _VILLAGE.match(address)
    return found.group(1) if found else ""
