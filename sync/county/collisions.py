"""Collisions (撞车): two acts that got into each other's way; the store undid one of them whole, and it is done again.

PostgreSQL says so by SQLSTATE 40001 (serialization failure) and 40P01 (deadlock), the encrypted file by being busy for longer
than its own wait. An act that is done again must be one transaction, or repeatable as a whole like a desk's request.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Final, ParamSpec, TypeVar

from sqlalchemy.engine import ExceptionContext
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, stop_after_delay, wait_random_exponential

from sync.contract.errors import ArchiveBusy

MOST_ATTEMPTS: Final = 5
MOST_SECONDS: Final = 8
"""After which no other attempt is begun: the caller asks again by itself, and others wait for its thread."""
FIRST_PAUSE_SECONDS: Final = 0.02
LONGEST_PAUSE_SECONDS: Final = 0.5

_COLLIDED: Final = frozenset({"40001", "40P01"})

Asked = ParamSpec("Asked")
Answer = TypeVar("Answer")


def again(act: Callable[Asked, Answer]) -> Callable[Asked, Answer]:
    """Return the act as one that is done again when it collided, after a pause drawn at random from one that doubles.

    Raises:
        ArchiveBusy: it collided each time; nothing of it was kept.
    """

    @wraps(act)
    def patient(*args: Asked.args, **named: Asked.kwargs) -> Answer:
        trying = Retrying(
            retry=retry_if_exception_type(ArchiveBusy),
            stop=stop_after_attempt(MOST_ATTEMPTS) | stop_after_delay(MOST_SECONDS),
            wait=wait_random_exponential(multiplier=FIRST_PAUSE_SECONDS, max=LONGEST_PAUSE_SECONDS),
            reraise=True,
        )
        return trying(act, *args, **named)

    return patient


def name_collision(context: ExceptionContext) -> None:
    """A collision that PostgreSQL tells of is told as one of the tree. Raises ArchiveBusy."""
    state = getattr(context.original_exception, "sqlstate", None)
    if state in _COLLIDED:
        raise ArchiveBusy("two acts collided", state=state) from context.original_exception
