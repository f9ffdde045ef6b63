"""What an exchange needs of a desk's editions (规则版本); docs/editions.md, section 4."""

from __future__ import annotations

from typing import Final, Protocol

from sync.contract.editions import EditionHeld, SignedEdition


class EditionKeeper(Protocol):
    """Says which edition the desk works with, and takes in one that it has not seen."""

    def held(self) -> EditionHeld | None:
        """Return what is to be said; None if nothing is."""
        ...

    def hear(self, signed: SignedEdition) -> None:
        """The edition is kept for the next opening, or refused with its reason; nothing else of the exchange depends on it."""
        ...


class NoEditions:
    """Of a desk that works with what the program ships, as in memory."""

    def held(self) -> EditionHeld | None:
        return None

    def hear(self, signed: SignedEdition) -> None:
        return


NO_EDITIONS: Final = NoEditions()
