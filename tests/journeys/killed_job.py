"""The headless job killed with SIGKILL at random moments, desk and county alike, and what it said was done looked for afterwards."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from desktop.archive import records
from desktop.archive.archive import Archive
from desktop.archive.attachments import find
from desktop.archive.clock import system_clock
from sync.vault import audit
from sync.vault.engine import check_integrity, open_engine, read
from sync.vault.slots import Keystore, Role
from tests.journeys.headless_job import PEOPLE
from tests.journeys.practice_papers import practice_papers

PROJECT = Path(__file__).resolve().parents[2]
LONGEST_SECONDS = 120


def kill_again_and_again(folder: Path, cuts: int, seed: int, say: Callable[[int, int], None] | None = None) -> int:
    """The job was killed so many times, in as many lives as it took; nothing it had told was lost. Returns how much it told.

    Args:
        say: is told after each life how many kills there were, and how much was told.
    Raises:
        AssertionError: something was.
    """
    draw = random.Random(seed)
    made = acts_told = 0
    while made < cuts:
        life, told = folder / f"life-{made}", Told()
        life.mkdir()
        ended = False
        while not ended:
            # few acts before each cut, so that the cuts are spread over the whole job and not spent on its first step
            acts = draw.randint(1, 4) if made < cuts else None
            ended = live(life, told, acts, draw.uniform(0, 0.25))
            made += not ended
        assert told.result["accepted"] == len(practice_papers())
        _check_archive(life, told)
        _check_county(life)
        acts_told += len(set(told.done))
        if say is not None:
            say(made, acts_told)
    return acts_told


@dataclass
class Told:
    """What the job said was done, over all its lives."""

    done: list[tuple[str, str]] = field(default_factory=list)
    result: dict[str, object] = field(default_factory=dict)

    def of(self, act: str) -> set[str]:
        return {subject for one, subject in self.done if one == act}


def live(folder: Path, told: Told, acts: int | None, pause: float) -> bool:
    """Run the job until `acts` more acts were told and a pause has passed, then kill it; True when it came to its end."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.journeys.headless_job", "--data", str(folder)],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        began = time.monotonic()
        for line in process.stdout:
            word, _, rest = line.strip().partition(" ")
            if word == "result":
                told.result = json.loads(rest)
            elif word == "done":
                act, subject = rest.split(" ")[:2]
                if acts is not None and (act, subject) not in told.done:  # what an earlier life told is no step forward
                    acts -= 1
                told.done.append((act, subject))
            if acts == 0:
                time.sleep(pause)
                os.killpg(process.pid, signal.SIGKILL)
                return False
            assert time.monotonic() - began < LONGEST_SECONDS
        errors = process.stderr.read()
        assert process.wait() == 0, errors[-2000:]
    return True


def _check_archive(folder: Path, told: Told) -> None:
    clerk = PEOPLE[Role.CLERK]
    _, data_key = Keystore.open(folder / "office").unlock(clerk.name, clerk.password, system_clock())
    archive = Archive.open(folder / "office", data_key)
    try:
        with archive.reading() as connection:
            for uid in told.of("filed"):
                line = records.by_uid(connection, uid)
                assert line is not None
                assert line.accepted == line.head
            for sha256 in told.of("received"):
                assert find(connection, sha256) is not None
            assert audit.verify(connection).ok
    finally:
        archive.close()
    engine = open_engine(folder / "office" / "archive.db", data_key)
    check_integrity(engine)
    engine.dispose()


def _check_county(folder: Path) -> None:
    engine = open_engine(folder / "county" / "county.db", (folder / "county" / "county.key").read_bytes())
    with read(engine) as connection:
        assert audit.verify(connection).ok
    check_integrity(engine)
    engine.dispose()
