"""The first hour in the practice office (第一小时): which steps there are, and which are done, as the log tells."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import resources
from desktop.archive import log_rows
from desktop.archive.archive import Archive


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to try: on which page, and the acts of the log that say it was done."""

    key: str
    page: str
    acts: tuple[str, ...]
    again: bool


@dataclass(frozen=True, slots=True)
class Tried:
    """A step, and whether it was done."""

    step: Step
    done: bool


@cache
def steps() -> tuple[Step, ...]:
    """Return the steps in their order."""
    text = files(resources).joinpath("practice/hour.toml").read_text(encoding="utf-8")
    table = tomllib.loads(text)["step"]
    return tuple(Step(one["key"], one["page"], tuple(one["acts"]), one.get("again", False)) for one in table)


class Lessons:
    """How far the person of a practice office has come."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    def tried(self) -> list[Tried]:
        """Return every step, in order, and whether the log has it."""
        with self._archive.reading() as connection:
            return [Tried(step, log_rows.has_any(connection, step.acts, again=step.again)) for step in steps()]
