"""The dry run (试导): what would become of every entry, held small enough for a hundred thousand of them."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass

from desktop.services.imports.judging import INCOMPLETE, EntryJudgement, JudgedEntry
from sync.contract.findings import Level

_STATES = tuple(EntryJudgement)
Said = tuple[tuple[str, str, str], ...]
"""(level, field, code) of each finding of an entry."""


@dataclass(frozen=True, slots=True)
class Sums:
    """What becomes of the entries; read = filed + rejected + open + there, always."""

    read: int
    filed: int
    rejected: int
    open: int
    there: int

    def __post_init__(self) -> None:
        if self.read != self.filed + self.rejected + self.open + self.there:
            raise ArithmeticError(f"entries were lost: {self}")


@dataclass(frozen=True, slots=True)
class Line:
    """One entry of the dry run: the number of its first row, how many rows it has, its state."""

    number: int
    rows: int
    state: EntryJudgement


class DryRun:
    """The states of all entries, in their order, without their texts."""

    def __init__(self) -> None:
        self._numbers = array("L")
        self._rows = array("H")
        self._states = array("B")
        self._patterns = array("L")
        self._known: dict[Said, int] = {}
        self._said: list[Said] = []

    def __len__(self) -> int:
        return len(self._numbers)

    def add(self, entry: JudgedEntry) -> None:
        """The entry is counted."""
        said = tuple((one.level.value, one.field, one.code) for one in entry.findings if one.level is not Level.INFO)
        pattern = self._known.setdefault(said, len(self._said))
        if pattern == len(self._said):
            self._said.append(said)
        self._numbers.append(entry.candidate.number)
        self._rows.append(min(len(entry.candidate.rows), 65_535))
        self._states.append(_STATES.index(entry.state))
        self._patterns.append(pattern)

    def line(self, place: int) -> Line:
        return Line(self._numbers[place], self._rows[place], _STATES[self._states[place]])

    def codes(self, place: int) -> Said:
        """Return what is said against an entry, without the facts."""
        return self._said[self._patterns[place]]

    def becomes(self, place: int, excuses: Mapping[str, str]) -> str:
        """Return what filing would make of an entry: filed, rejected, open or there."""
        return self._becomes(_STATES[self._states[place]], self._patterns[place], excuses)

    def places(self, states: Set[EntryJudgement], code: str = "") -> list[int]:
        """Return the places of the entries in these states, of which that is said if a code is given."""
        wanted = {_STATES.index(state) for state in states}
        patterns = {n for n, said in enumerate(self._said) if not code or any(one[2] == code for one in said)}
        pairs = zip(self._states, self._patterns, strict=True)
        return [place for place, (state, pattern) in enumerate(pairs) if state in wanted and pattern in patterns]

    def warnings(self) -> Counter[str]:
        """Return how many entries have each sort of warning and no error, the most frequent first."""
        return self._counted(EntryJudgement.WARNED, Level.WARNING)

    def errors(self) -> Counter[str]:
        """Return how many entries are rejected for each sort of error."""
        return self._counted(EntryJudgement.REJECTED, Level.ERROR)

    def sums(self, excuses: Mapping[str, str]) -> Sums:
        """Return what filing would do now, with these sorts of warning excused."""
        found: Counter[str] = Counter()
        for (state, pattern), count in self._pairs():
            found[self._becomes(state, pattern, excuses)] += count
        return Sums(len(self), found["filed"], found["rejected"], found["open"], found["there"])

    def _becomes(self, state: EntryJudgement, pattern: int, excuses: Mapping[str, str]) -> str:
        if state is EntryJudgement.WARNED and self._of(pattern, Level.WARNING) <= set(excuses):
            return "filed"
        if (
            state is EntryJudgement.REJECTED
            and INCOMPLETE in excuses
            and self._of(pattern, Level.ERROR) == {INCOMPLETE}
        ):
            return "open"
        return _BECOMES[state]

    def _pairs(self) -> Iterator[tuple[tuple[EntryJudgement, int], int]]:
        counted = Counter(zip(self._states, self._patterns, strict=True))
        for (state, pattern), count in counted.items():
            yield (_STATES[state], pattern), count

    def _of(self, pattern: int, level: Level) -> set[str]:
        return {code for one, _, code in self._said[pattern] if one == level.value}

    def _counted(self, state: EntryJudgement, level: Level) -> Counter[str]:
        found: Counter[str] = Counter()
        for (one, pattern), count in self._pairs():
            if one is state:
                found.update(dict.fromkeys(self._of(pattern, level), count))
        return Counter(dict(found.most_common()))


_BECOMES: Mapping[EntryJudgement, str] = {
    EntryJudgement.READY: "filed",
    EntryJudgement.WARNED: "open",
    EntryJudgement.REJECTED: "rejected",
    EntryJudgement.THERE: "there",
}
