"""The county's board (县情总览) at a reviewer's desk."""

from __future__ import annotations

from desktop.services.county_line import CountyLine
from sync.contract.board import Board


class CountyBoard:
    """How every township stands, as the county tells it."""

    def __init__(self, line: CountyLine) -> None:
        self._line = line

    def read(self) -> Board:
        """Return the board as it is now.

        Raises:
            Offline, NotTheCounty; Refused: not enrolled.
        """
        return self._line.staff().board()
