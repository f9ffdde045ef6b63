"""A change of key killed at every step and at many moments between: one key opens the archive, the former or the new one."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path

import pytest

from desktop.archive import attachments, records
from desktop.services.opening import NewPerson, OfficeFacts, Opening
from sync.contract.errors import WrongPassword
from sync.vault import audit
from sync.vault.another_key import opens
from sync.vault.slots import Keystore, Role
from tests.desktop.services.key_change_life import ADMIN, CLERK, GONE, PASSWORD
from tests.desktop.services.office import SmallOffice

ROOT = Path(__file__).parents[3]
CUTS = int(os.environ.get("LANTAI_KEY_CUTS", "6"))
STRIDE = 1 if "LANTAI_KEY_CUTS" in os.environ else 4  # the power-cut simulator is at every step in any case
STEPS_AT_MOST = 200

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="ends processes by a signal that exists on Unix only")


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, str]:
    """An office of three with a record and its page; its folder, the recovery code, the record."""
    folder = tmp_path_factory.mktemp("prepared") / "office"
    opening = Opening(folder)
    people = [NewPerson(name, Role.CLERK, PASSWORD) for name in (CLERK, GONE)]
    sheet = opening.create(
        OfficeFacts("云泽县", "青石镇", "339921102", "J001"), [NewPerson(ADMIN, Role.ADMIN, PASSWORD), *people]
    )
    desk = opening.unlock(CLERK, PASSWORD)
    filed = SmallOffice(desk._archive, person=CLERK).file_marriage(data=os.urandom(30_000))
    desk.close()
    return folder, sheet.code, str(filed.record)


def begun(folder: Path, number: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.desktop.services.key_change_life", str(folder), str(number)]
    life = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT)
    assert life.stdout is not None
    line = life.stdout.readline()
    if line != "begun\n":
        raise AssertionError(life.communicate()[1][-2000:])
    return life


def key_of(folder: Path) -> bytes:
    return Keystore.open(folder).unlock(ADMIN, PASSWORD, datetime.now().astimezone())[1]


def look(folder: Path, former: bytes, record: str) -> bool:
    """Everything is there under exactly one key, and the log agrees with it; return whether it is the new one."""
    desk = Opening(folder).unlock(ADMIN, PASSWORD)
    try:
        new = desk._archive.data_key != former
        with desk._archive.reading() as connection:
            assert records.by_uid(connection, record) is not None
            assert audit.verify(connection).ok
            acts = [one.act for one in audit.events(connection)]
            kept = attachments.everything(connection)
            assert all(attachments.checked_content(desk._archive, connection, one.sha256) for one in kept)
        people = [one.name for one in desk.users.lines()]
    finally:
        desk.close()
    assert (acts.count("key-changed"), acts.count("person-removed"), "key-change-withdrawn" in acts) == (
        new,
        new,
        False,
    )
    assert people == ([ADMIN, CLERK] if new else [ADMIN, CLERK, GONE])
    assert opens(folder / "archive.db", former) is not new
    assert opens(folder / "archive.db", key_of(folder))
    assert not list(folder.glob("*rekeyed*"))
    if new:
        with pytest.raises(WrongPassword):
            Keystore.open(folder).unlock(GONE, PASSWORD, datetime.now().astimezone())
    return new


@pytest.mark.timeout(900)
def test_a_change_of_key_killed_before_each_thing_it_does_to_a_file_leaves_the_former_key_or_the_new_one(
    prepared: tuple[Path, str, str], tmp_path: Path
) -> None:
    folder, code, record = prepared
    former, came_out = key_of(folder), []
    for number in range(1, STEPS_AT_MOST, STRIDE):
        office = tmp_path / str(number)
        shutil.copytree(folder, office)
        life = begun(office, number)
        life.communicate(timeout=120)
        came_out.append(look(office, former, record))
        if life.returncode == 0:
            break
        if number % 7 == 0:
            desk = Opening(office).recover(code, CLERK, PASSWORD + "！")
            assert (desk._archive.data_key != former) is came_out[-1]
            desk.close()
        shutil.rmtree(office)
    assert life.returncode == 0
    assert came_out == sorted(came_out), "once the new key holds it holds"
    assert 0 < came_out.count(False) < len(came_out) - 1, "killed on both sides of the moment from which it holds"


@pytest.mark.timeout(900)
def test_a_change_of_key_killed_at_any_moment_leaves_the_former_key_or_the_new_one(
    prepared: tuple[Path, str, str], tmp_path: Path
) -> None:
    folder, _, record = prepared
    former, draw = key_of(folder), random.Random(20261122)
    shutil.copytree(folder, tmp_path / "whole")
    began = time.monotonic()
    begun(tmp_path / "whole", 0).communicate(timeout=120)
    lasts = time.monotonic() - began
    assert look(tmp_path / "whole", former, record)
    for number in range(CUTS):
        office = tmp_path / str(number)
        shutil.copytree(folder, office)
        life = begun(office, 0)
        time.sleep(draw.uniform(0, lasts / 2))
        life.kill()
        life.communicate(timeout=120)
        look(office, former, record)
        shutil.rmtree(office)
