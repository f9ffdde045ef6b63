"""The keystore: who can open the archive, and what does not open it."""

from __future__ import annotations

import hashlib
import json
import shutil
import unicodedata
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sync.contract.errors import (
    ArchiveTooNew,
    LockedOut,
    NotAllowed,
    SealBroken,
    WeakPassword,
    WrongCode,
    WrongPassword,
)
from sync.vault.keystore_file import COPY_NAME, FILE_NAME
from sync.vault.slots import Keystore, Person, Role, new_data_key
from sync.vault.stretching import StretchCost

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
PASSWORD = "青石镇的档案 2026 柜"
OTHER = "another-Long-1-word"
KEY = bytes(range(32))
DEARER = {"algorithm": "argon2id", "memory_kib": 131072, "passes": 3, "lanes": 4}


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("prepared")
    Keystore.create(folder, KEY).add(KEY, "钱秀兰", Role.CLERK, PASSWORD)
    return folder


@pytest.fixture
def keystore(prepared: Path, tmp_path: Path) -> Keystore:
    shutil.copytree(prepared, tmp_path, dirs_exist_ok=True)
    return Keystore.open(tmp_path)


def change_file(folder: Path, change) -> None:
    """Both copies changed alike, with the bit-rot checksum made right again, as somebody with an editor would."""
    whole = json.loads((folder / FILE_NAME).read_bytes())
    del whole["sha256"]
    change(whole)
    canonical = json.dumps(whole, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    whole["sha256"] = hashlib.sha256(canonical).hexdigest()
    for name in (FILE_NAME, COPY_NAME):
        (folder / name).write_text(json.dumps(whole, ensure_ascii=False), encoding="utf-8")


def test_a_person_unlocks_with_the_own_password_after_a_restart(keystore, tmp_path: Path):
    assert Keystore.open(tmp_path).unlock("钱秀兰", PASSWORD, NOW) == (Person("钱秀兰", Role.CLERK), KEY)


def test_a_data_key_is_fresh_each_time():
    assert len({new_data_key() for _ in range(20)}) == 20


def test_a_password_typed_with_composed_or_decomposed_letters_is_the_same(tmp_path: Path):
    keystore = Keystore.create(tmp_path, KEY)
    keystore.add(KEY, "a", Role.ADMIN, unicodedata.normalize("NFD", "Zoë's long pass"))
    assert keystore.unlock("a", unicodedata.normalize("NFC", "Zoë's long pass"), NOW)[1] == KEY


def test_the_password_and_the_data_key_stand_nowhere_in_the_file(keystore, tmp_path: Path):
    written = (tmp_path / FILE_NAME).read_bytes()
    assert PASSWORD.encode() not in written
    assert KEY.hex().encode() not in written


@pytest.mark.parametrize(
    ("password", "reason"),
    [("short", "short"), ("一二三四五六七八九十一", "short"), ("aaaaaaaaaaaaaa", "repeated"), ("123456789012", "run"),
     ("钱秀兰钱秀兰钱秀兰钱秀兰", "name"), ("abcdefghijklmnop", "run")],
)  # fmt: skip
def test_a_weak_password_is_refused_with_its_reason(keystore, password: str, reason: str):
    with pytest.raises(WeakPassword) as caught:
        keystore.set_password(KEY, "钱秀兰", password)
    assert caught.value.facts["reason"] == reason
    assert password == "short" or password not in str(caught.value)


def test_a_changed_password_opens_and_the_old_one_does_not(keystore):
    keystore.change_password("钱秀兰", PASSWORD, OTHER, NOW)
    assert keystore.unlock("钱秀兰", OTHER, NOW)[1] == KEY
    with pytest.raises(WrongPassword):
        keystore.unlock("钱秀兰", PASSWORD, NOW)


class Ticks:
    """Seconds since a machine was switched on."""

    def __init__(self, now: float = 5000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def fail_three_times(keystore: Keystore, now: datetime = NOW) -> None:
    for left in (2, 1, 0):
        with pytest.raises(WrongPassword) as wrong:
            keystore.unlock("钱秀兰", OTHER, now)
        assert wrong.value.facts["tries_left"] == left


def test_three_wrong_tries_are_free_then_each_waits_twice_as_long_even_after_a_restart(keystore, tmp_path: Path):
    ticks, waits = Ticks(), []
    keystore = Keystore.open(tmp_path, ticks)
    fail_three_times(keystore)
    for _ in range(3):
        with pytest.raises(LockedOut) as locked:
            Keystore.open(tmp_path, ticks).unlock("钱秀兰", PASSWORD, NOW)
        waits.append(locked.value.facts["wait_seconds"])
        ticks.now += waits[-1]
        with pytest.raises(WrongPassword):
            keystore.unlock("钱秀兰", OTHER, NOW)
    assert waits == [2, 4, 8]
    ticks.now += 15 * 60
    assert keystore.unlock("钱秀兰", PASSWORD, NOW)[1] == KEY
    with pytest.raises(WrongPassword) as wrong:
        keystore.unlock("钱秀兰", OTHER, NOW)
    assert wrong.value.facts["tries_left"] == 2


@pytest.mark.parametrize("years", [-30, -1, 1, 30])
def test_a_clock_put_forward_or_back_opens_nothing_early_and_keeps_nothing_shut(keystore, tmp_path: Path, years: int):
    ticks = Ticks()
    keystore = Keystore.open(tmp_path, ticks)
    fail_three_times(keystore)
    another_time = NOW + timedelta(days=365 * years)
    with pytest.raises(LockedOut):
        keystore.unlock("钱秀兰", PASSWORD, another_time)
    ticks.now += 2
    assert keystore.unlock("钱秀兰", PASSWORD, another_time)[1] == KEY


def test_a_machine_switched_off_and_on_gives_no_free_try(keystore, tmp_path: Path):
    fail_three_times(Keystore.open(tmp_path, Ticks(5000.0)))
    for after_start, opens in ((0.0, False), (1.0, False), (2.0, True)):
        restarted = Keystore.open(tmp_path, Ticks(after_start))
        if opens:
            assert restarted.unlock("钱秀兰", PASSWORD, NOW)[1] == KEY
        else:
            with pytest.raises(LockedOut):
                restarted.unlock("钱秀兰", PASSWORD, NOW)


@pytest.mark.parametrize("ticks", [None, -1.0, float("nan"), float("inf"), 1e300])
def test_the_waiting_time_never_passes_a_quarter_of_an_hour(keystore, tmp_path: Path, ticks: float | None):
    def fail_often(whole: dict) -> None:
        whole["failures"] = {
            "钱秀兰": {"count": 5000, "last_at": NOW.isoformat()} | ({} if ticks is None else {"ticks": ticks})
        }

    change_file(tmp_path, fail_often)
    with pytest.raises(LockedOut) as locked:
        Keystore.open(tmp_path, Ticks(0.0)).unlock("钱秀兰", PASSWORD, NOW)
    assert locked.value.facts["wait_seconds"] == 900
    assert Keystore.open(tmp_path, Ticks(900.0)).unlock("钱秀兰", PASSWORD, NOW)[1] == KEY


def test_the_recovery_code_opens_however_it_is_typed_and_a_slip_is_told_first(keystore):
    code = keystore.make_recovery(KEY)
    assert [len(group) for group in code.split("-")] == [4] * 9
    assert keystore.recover(code.lower().replace("-", " ")) == KEY
    slip = ("B" if code[0] == "A" else "A") + code[1:]
    with pytest.raises(WrongCode) as caught:
        keystore.recover(slip)
    assert caught.value.facts["reason"] == "check"
    with pytest.raises(WrongCode):
        keystore.recover(code[:-5])


def test_a_new_recovery_code_ends_the_former_one(keystore):
    former = keystore.make_recovery(KEY)
    latest = keystore.make_recovery(KEY)
    with pytest.raises(WrongCode):
        keystore.recover(former)
    keystore.set_password(keystore.recover(latest), "钱秀兰", OTHER)
    assert keystore.unlock("钱秀兰", OTHER, NOW)[1] == KEY


def test_a_removed_person_cannot_unlock_and_the_last_one_stays(keystore):
    keystore.add(KEY, "赵青", Role.ADMIN, OTHER)
    keystore.remove(KEY, "钱秀兰")
    assert keystore.people() == [Person("赵青", Role.ADMIN)]
    with pytest.raises(WrongPassword):
        keystore.unlock("钱秀兰", PASSWORD, NOW)
    with pytest.raises(NotAllowed):
        keystore.remove(KEY, "赵青")


def test_two_people_never_share_a_name(keystore):
    with pytest.raises(NotAllowed):
        keystore.add(KEY, " 钱秀兰 ", Role.ADMIN, OTHER)


def test_another_data_key_is_never_wrapped_beside_the_right_one(keystore):
    with pytest.raises(SealBroken):
        keystore.add(new_data_key(), "赵青", Role.ADMIN, OTHER)
    assert len(keystore.people()) == 1


@pytest.mark.parametrize(("field", "value"), [("role", "admin"), ("name", "赵青"), ("generation", 9), ("kdf", DEARER)])
def test_a_slot_changed_by_hand_does_not_open(keystore, tmp_path: Path, field: str, value: object):
    change_file(tmp_path, lambda whole: whole["slots"][0].update({field: value}))
    with pytest.raises(WrongPassword):
        Keystore.open(tmp_path).unlock("赵青" if field == "name" else "钱秀兰", PASSWORD, NOW)


def test_a_role_that_does_not_exist_is_said_to_be_broken(keystore, tmp_path: Path):
    change_file(tmp_path, lambda whole: whole["slots"][0].update(role="emperor"))
    with pytest.raises(SealBroken):
        Keystore.open(tmp_path).people()


@pytest.mark.parametrize("cost", [(1024, 3, 4), (65536, 1, 4), (4 << 20, 3, 4), (65536, 1000, 4), (65536, 3, 1)])
def test_a_cost_below_the_floor_or_over_the_ceiling_is_refused_before_it_is_paid(keystore, tmp_path: Path, cost):
    with pytest.raises(SealBroken):
        keystore.add(KEY, "赵青", Role.ADMIN, OTHER, cost=StretchCost(*cost))
    memory, passes, lanes = cost
    weak = {"algorithm": "argon2id", "memory_kib": memory, "passes": passes, "lanes": lanes}
    change_file(tmp_path, lambda whole: whole["slots"][0].update(kdf=weak))
    with pytest.raises(SealBroken):
        Keystore.open(tmp_path)


def test_a_slot_put_back_from_an_older_file_is_noticed(keystore, tmp_path: Path):
    keystore.add(KEY, "赵青", Role.ADMIN, OTHER)
    departed = json.loads((tmp_path / FILE_NAME).read_bytes())["slots"][1]
    keystore.remove(KEY, "赵青")
    change_file(tmp_path, lambda whole: whole["slots"].append(departed))
    with pytest.raises(SealBroken):
        Keystore.open(tmp_path).unlock("赵青", OTHER, NOW)


@pytest.mark.parametrize("damaged", [FILE_NAME, COPY_NAME])
def test_one_damaged_copy_is_made_good_from_the_other(keystore, tmp_path: Path, damaged: str):
    path = tmp_path / damaged
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 4
    path.write_bytes(content)
    assert Keystore.open(tmp_path).unlock("钱秀兰", PASSWORD, NOW)[1] == KEY
    assert (tmp_path / FILE_NAME).read_bytes() == (tmp_path / COPY_NAME).read_bytes()


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[1]", b"null", b"\xff\xfe", b'{"format": "lantai-keystore"}', b"[" * 99]
)
def test_a_keystore_damaged_twice_is_said_to_be_broken(keystore, tmp_path: Path, content: bytes):
    for name in (FILE_NAME, COPY_NAME):
        (tmp_path / name).write_bytes(content)
    with pytest.raises(SealBroken):
        Keystore.open(tmp_path)


def test_a_keystore_of_a_newer_program_is_refused_and_left_alone(keystore, tmp_path: Path):
    change_file(tmp_path, lambda whole: whole.update(version=3))
    before = (tmp_path / FILE_NAME).read_bytes()
    with pytest.raises(ArchiveTooNew):
        Keystore.open(tmp_path)
    assert (tmp_path / FILE_NAME).read_bytes() == before


def test_an_existing_keystore_is_never_overwritten(keystore, tmp_path: Path):
    with pytest.raises(NotAllowed):
        Keystore.create(tmp_path, new_data_key())
    assert Keystore.open(tmp_path).unlock("钱秀兰", PASSWORD, NOW)[1] == KEY
