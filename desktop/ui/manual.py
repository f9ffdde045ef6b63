"""The built-in manual (帮助): one topic a page, as Markdown under resources/help."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import resources

HELP = Path(resources.__file__).parent / "help"


@dataclass(frozen=True, slots=True)
class Topic:
    """What is said about one page; `page` is its name among the rooms."""

    page: str
    title: str
    text: str

    def holds(self, words: str) -> bool:
        """Whether every word that was typed stands in it."""
        said = (self.title + self.text).lower()
        return all(word in said for word in words.lower().split())


@cache
def topics(language: str) -> dict[str, Topic]:
    """Return the topics of a language by page, in the order of the manual."""
    table = tomllib.loads((HELP / f"{language}.toml").read_text(encoding="utf-8"))
    return {page: Topic(page, one["title"], one["text"].strip()) for page, one in table.items()}
