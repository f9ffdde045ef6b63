"""Candidates (候选人): the profiles a mention is compared with, put together from all that is linked or bears one number."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy.engine import Connection

from desktop.archive import mentions, person_links
from desktop.archive.mentions import MentionLine
from desktop.archive.person_links import Node
from sync.contract.kinds import Kind
from sync.contract.likeness import Profile
from sync.contract.mentions import Mention


@dataclass(frozen=True, slots=True)
class Known:
    """Mentions that are taken for one: linked, or of the same valid number; with what each says, in the order of filing."""

    lines: tuple[MentionLine, ...]
    said: tuple[Mention, ...]

    @property
    def profile(self) -> Profile:
        return Profile(self.said)

    @property
    def nodes(self) -> list[Node]:
        return [(line.record, line.key) for line in self.lines]

    @property
    def linked(self) -> bool:
        """Whether people have linked all of them."""
        return len({line.person for line in self.lines}) == 1 and bool(self.lines[0].person)


def own(connection: Connection, kinds: Mapping[str, Kind], line: MentionLine) -> Known:
    """Return what is known of the person of a mention by links alone: the mention, and those linked with it."""
    lines = mentions.of_persons(connection, [line.person]) if line.person else [line]
    return _known(lines, mentions.said(connection, kinds, lines))


def candidates(connection: Connection, kinds: Mapping[str, Kind], line: MentionLine, mine: Known) -> list[Known]:
    """Return everybody who may be the person of this mention, each put together, without those who were kept apart.

    One with a valid number is asked about for those of the same number; one without for those whose name sounds alike.
    """
    asked = next((one for one, said in zip(mine.lines, mine.said, strict=True) if one.id == line.id), None)
    if asked is None:
        return []
    numbers = {one.number for one in mine.lines if one.number}
    if numbers:
        near = mentions.bearing(connection, numbers)
    else:
        near = mentions.sounding_like(connection, mine.said[mine.lines.index(asked)])
    inside, records = {one.id for one in mine.lines}, {one.record_id for one in mine.lines}
    groups = _grouped(connection, [one for one in near if one.id not in inside])
    everyone = {one.id: one for group in groups for one in group}
    said = mentions.said(connection, kinds, everyone.values())
    made = (_known([one for one in group if one.id not in inside], said) for group in groups)
    barred = person_links.apart(connection, mine.nodes)
    return [
        one for one in made
        if one.lines and not barred & set(one.nodes) and not records & {line.record_id for line in one.lines}
    ]  # fmt: skip


def _grouped(connection: Connection, near: Iterable[MentionLine]) -> list[list[MentionLine]]:
    """Return the mentions with all that are linked with them or bear their numbers, each group once."""
    found = {one.id: one for one in near}
    fetched: set[object] = set()
    while True:  # a person's papers may bear a number that others bear, who are linked to more
        persons = {one.person for one in found.values() if one.person} - fetched
        numbers = {one.number for one in found.values() if one.number} - fetched
        if not persons and not numbers:
            break
        fetched |= persons | numbers
        more = [*mentions.of_persons(connection, sorted(map(str, persons))), *mentions.bearing(connection, numbers)]
        found |= {one.id: one for one in more}
    groups: dict[object, list[MentionLine]] = {}
    for one in sorted(found.values(), key=lambda line: line.id):
        mine = [groups[mark] for mark in (one.person, one.number) if mark and mark in groups]
        joined = [*(mine[0] if mine else []), *(mine[1] if len(mine) > 1 and mine[1] is not mine[0] else []), one]
        for member in joined:
            for mark in (member.person, member.number, ("alone", member.id)):
                if mark:
                    groups[mark] = joined
    return list({id(group): group for group in groups.values()}.values())


def _known(lines: Iterable[MentionLine], said: Mapping[int, Mention]) -> Known:
    there = [line for line in lines if line.id in said]
    return Known(tuple(there), tuple(said[line.id] for line in there))
