"""The whole main job, killed at twenty random moments, desk and county alike: what was told to be done stays done."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest

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
CUTS = 20
LONGEST_SECONDS = 120

pytestmark = pytest.mark.skipif(not hasattr(os, "killpg"), reason="process groups are killed as a whole on Unix only")


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
                told.done.append((rest.split(" ")[0], rest.split(" ")[1]))
                acts = None if acts is None else acts - 1
            if acts == 0:
                time.sleep(pause)
                os.killpg(process.pid, signal.SIGKILL)
                return False
            assert time.monotonic() - began < LONGEST_SECONDS
        errors = process.stderr.read()
        assert process.wait() == 0, errors[-2000:]
    return True


@pytest.mark.timeout(600)
def test_a_job_killed_at_twenty_moments_loses_nothing_it_told_to_be_done(tmp_path: Path) -> None:
    draw = random.Random(20260302)
    cuts = 0
    while cuts < CUTS:
        folder, told = tmp_path / f"life-{cuts}", Told()
        folder.mkdir()
        ended = False
        while not ended:
            # few acts before each cut, so that the cuts are spread over the whole job and not spent on its first step
            acts = draw.randint(1, 4) if cuts < CUTS else None
            ended = live(folder, told, acts, draw.uniform(0, 0.25))
            cuts += not ended
        assert told.result["accepted"] == len(practice_papers())
        _check_archive(folder, told)
        _check_county(folder)


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
