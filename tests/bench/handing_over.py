"""Handing over from an office to a county in a process of its own, as the benchmarks of the line do it."""

from __future__ import annotations

import time
from dataclasses import dataclass

from sqlalchemy import text

from desktop.archive import bodies as kept_bodies
from desktop.archive.archive import Archive
from desktop.services.syncing import Synced, Syncing

PERSON = "陈晓兰"


@dataclass(frozen=True, slots=True)
class Sent:
    """One batch on its way to the county, and how long it took."""

    synced: Synced
    seconds: float


def send(syncing: Syncing) -> Sent:
    """What was filed is sealed and at the county."""
    began = time.perf_counter()
    syncing.seal_batch()
    synced = syncing.sync(lambda progress: None, lambda: False)
    return Sent(synced, time.perf_counter() - began)


def bodies(archive: Archive) -> list[bytes]:
    """Return what every revision says, as it travels."""
    with archive.reading() as connection:
        rows = connection.execute(text("SELECT body FROM revision ORDER BY arrived"))
        return [kept_bodies.unpack(bytes(row[0])) for row in rows]
