"""Every sentence the clerk reads, taken from resources/messages; the code holds keys only."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import resources
from sync.contract.errors import FactoryFault, LantaiError

MESSAGES = Path(resources.__file__).parent / "messages"
LANGUAGES = ("zh", "en")


@dataclass(frozen=True, slots=True)
class Sentence:
    """What happened, what is safe, what to do next; `tone` is ok, accent, warn or danger."""

    what: str
    safe: str = ""
    next: str = ""
    tone: str = "ok"


class Words:
    """The sentences of one language, asked for by dotted key."""

    def __init__(self, language: str = "zh") -> None:
        self.language = language
        self._table: dict[str, Any] = tomllib.loads((MESSAGES / f"{language}.toml").read_text(encoding="utf-8"))

    def __call__(self, key: str, /, **facts: object) -> str:
        """Return the sentence under that key with the facts set in.

        Raises:
            FactoryFault: no such sentence ships with the program.
        """
        found = self.find(key)
        if found is None:
            raise FactoryFault("no such sentence", key=key, language=self.language)
        return found.format(**facts) if facts else found

    def find(self, key: str) -> str | None:
        """Return the sentence under that key as written, or None."""
        place: Any = self._table
        for part in key.split("."):
            place = place.get(part) if isinstance(place, dict) else None
        return place if isinstance(place, str) else None

    def of_error(self, error: LantaiError) -> Sentence:
        """Return what the clerk reads for an error: its own sentence, else that of its family."""
        for kind in type(error).__mro__:
            code = kind.__dict__.get("code")
            if code and self.find(f"error.{code}.what") is not None:
                facts = _Facts(error.facts)
                told = (
                    str(self.find(f"error.{code}.{part}") or "").format_map(facts) for part in ("what", "safe", "next")
                )
                what, safe, then = told
                # a reason among the facts may have a first line of its own
                because = self.find(f"error.{code}.because_{error.facts.get('reason', '')}") or ""
                what = because.format_map(facts) or what
                return Sentence(what, safe, then, self.find(f"error.{code}.tone") or "danger")
        raise FactoryFault("no sentence for an error", code=error.code)


class _Facts(dict[str, object]):
    """Facts of an error; one that this error does not carry is shown as a dash."""

    def __missing__(self, _name: str) -> str:
        return "—"
