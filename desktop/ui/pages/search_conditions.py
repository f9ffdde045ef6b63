"""What narrows an answer (检索条件): its facets with counts, and the questions kept by name; each line goes on and off by Enter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from PySide6.QtCore import Signal

from desktop.services.finding import Asked, Choice, Facet
from desktop.ui.kind_keys import EVERY_KIND_KEY, key_of
from desktop.ui.theme import Look
from desktop.ui.widgets.entries import Entries, Entry
from desktop.ui.words import Words
from sync.contract.kinds import Kind

SHOWN_VALUES = 8
BY_COUNT = (Facet.VILLAGE, Facet.CUSTODIAN)
SAVED = "saved"
EVERY_KIND = "*"

Counts = Mapping[Facet, Mapping[str, int]]


class Conditions(Entries):
    """The list at the left of the hits: `toggled` tells a facet and a value, `recalled` the name of a kept question."""

    toggled = Signal(str, str)
    recalled = Signal(str)

    def __init__(self, look: Look, words: Words, kinds: Mapping[str, Kind]) -> None:
        super().__init__(look, words("search.conditions"), one_line=True)
        self.setObjectName("conditions")
        self._words, self._kinds = words, kinds
        self.opened.connect(self._act)

    def show_counts(self, total: int, counts: Counts, choice: Choice, saved: Mapping[str, Asked]) -> None:
        """Show how many there are of each value; what is chosen is marked, and is there even when nothing has it."""
        entries = []
        if saved:
            entries.append(Entry(self._words("search.saved")))
            entries += [Entry(name, id=f"{SAVED}={name}") for name in saved]
        entries += self._of_kinds(total, counts.get(Facet.KIND, {}), choice.get(Facet.KIND, ""))
        for facet in (Facet.STATE, Facet.YEAR, Facet.VILLAGE, Facet.CUSTODIAN):
            entries += self._facet(facet, counts.get(facet, {}), choice.get(facet, ""))
        self.blockSignals(True)
        self.show_entries(entries)
        self.blockSignals(False)

    def _of_kinds(self, total: int, counts: Mapping[str, int], chosen: str) -> Iterator[Entry]:
        """All kinds, then those that any record of the answer is of, each with its key."""
        yield Entry(self._words("search.kinds"), "Alt")
        every = sum(counts.values()) if chosen else total
        yield self._line(f"{EVERY_KIND_KEY}　{self._words('search.all_kinds')}", every, EVERY_KIND, not chosen)
        for kind in self._kinds.values():
            if counts.get(kind.key) or kind.key == chosen:
                title = f"{key_of(kind)}　{kind.short}"
                yield self._line(title, counts.get(kind.key, 0), f"{Facet.KIND}={kind.key}", kind.key == chosen)

    def _facet(self, facet: Facet, counts: Mapping[str, int], chosen: str) -> Iterator[Entry]:
        if not counts and not chosen:
            return
        values = sorted(counts, key=lambda value: -counts[value]) if facet in BY_COUNT else sorted(counts, reverse=True)
        shown = values[:SHOWN_VALUES]
        if chosen and chosen not in shown:
            shown = [chosen, *shown[: SHOWN_VALUES - 1]]
        hidden = len(values) - len(shown)
        note = self._words("search.more_values", count=hidden) if hidden > 0 else ""
        yield Entry(self._words(f"search.{facet}"), note)
        for value in shown:
            name = self._words(f"state.{value}") if facet is Facet.STATE else value
            yield self._line(name, counts.get(value, 0), f"{facet}={value}", value == chosen)

    def _line(self, title: str, count: int, condition: str, chosen: bool) -> Entry:
        return Entry(title, f"{count:,}", "accent" if chosen else "ink_3", id=condition, on=chosen)

    def _act(self, condition: str) -> None:
        facet, _, value = condition.partition("=")
        if facet == SAVED:
            self.recalled.emit(value)
        else:
            self.toggled.emit(str(Facet.KIND) if condition == EVERY_KIND else facet, value)
