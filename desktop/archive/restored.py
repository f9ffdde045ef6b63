"""What a restored archive must not do again (恢复之后): the world may know of numbers and batches that it forgot."""

from __future__ import annotations

from typing import Final

from desktop.archive import settings
from desktop.archive.archive import Act

ASKS_FIRST: Final = "line.restored"  # set: nothing is sealed before the county has said how far this desk had come
NUMBERS_PASSED_OVER: Final = 1000


def begin_again(act: Act) -> None:
    """No number and no batch sequence from before the loss is used again; the gap stands in the log with its reason."""
    _pass_over_numbers(act)
    if settings.get(act.connection, "line.epoch"):
        settings.put(act.connection, ASKS_FIRST, "1")


def _pass_over_numbers(act: Act) -> None:
    act.connection.exec_driver_sql(
        "UPDATE number_block SET next = min(last + 1, next + :over) WHERE source = 'own'", {"over": NUMBERS_PASSED_OVER}
    )
    act.connection.exec_driver_sql("UPDATE number_block SET next = last + 1 WHERE source != 'own'")
    act.note("numbers-skipped", "archive", numbers=NUMBERS_PASSED_OVER, reason="restored")
