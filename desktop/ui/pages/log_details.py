"""The details of a row of the audit log in words (日志细节)."""

from __future__ import annotations

from collections.abc import Mapping

from desktop.services.log_reading import PURPOSE, LogRow
from desktop.ui.pages.sync_line import field_label
from desktop.ui.words import Words
from sync.contract.kinds import Kind

HIDDEN = frozenset({"look", "purpose", PURPOSE})  # the purpose itself is told, before the others


def detail_words(words: Words, kinds: Mapping[str, Kind], one: LogRow) -> str:
    """Return the details: what a look was for, then each by its name; hashes by their beginning, fields by their labels."""
    told = [str(one.details[PURPOSE])] if one.details.get(PURPOSE) else []
    for name, value in one.details.items():
        if name not in HIDDEN and str(value):
            label = words.find(f"log_detail_of.{one.act}.{name}") or words.find(f"log_detail.{name}") or name
            told.append(f"{label} {_value(words, kinds.get(one.kind), name, str(value))}")
    return "；".join(told)


def _value(words: Words, kind: Kind | None, name: str, text: str) -> str:
    if name in ("role", "former"):
        return words.find(f"role.{text}") or text
    if name == "stage":
        return words.find(f"checks.stage.{text}") or text
    if name == "fields":
        labels = [
            (field_label(kind, key) if kind else "") or words.find(f"log.fields_{key}") or key for key in text.split()
        ]
        return "、".join(labels)
    return f"{text[:8]}…" if len(text) >= 32 and " " not in text else text
