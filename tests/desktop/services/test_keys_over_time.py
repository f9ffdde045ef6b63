"""Years of an office's keys in minutes: whatever was done, everybody who should get in does, and nobody else.

`LANTAI_KEY_STEPS` says how many steps; each goes through the product's own door, Argon2id at its full cost.
"""

from __future__ import annotations

import base64
import copy
import hashlib
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from desktop.archive import records
from desktop.services.desk import Desk
from desktop.services.opening import NewPerson, OfficeFacts, Opening
from sync.contract.errors import (
    LockedOut,
    NotAllowed,
    PasswordTemporary,
    SealBroken,
    WeakPassword,
    WrongCode,
    WrongPassword,
)
from sync.vault import audit
from sync.vault.another_key import opens
from sync.vault.keystore_file import COPY_NAME, FILE_NAME, canonical_json
from sync.vault.slots import Role
from tests.desktop.services.office import SmallOffice

STEPS = int(os.environ.get("LANTAI_KEY_STEPS", "45"))
STEPS_A_LIFE = 15
ADMIN = "赵主任"
NAMES = ("陈晓兰", "周敏", "何审计", "孙立")
FACTS = OfficeFacts("云泽县", "青石镇", "339921102", "J001")
WEAKER = {"algorithm": "argon2id", "memory_kib": 8192, "passes": 1, "lanes": 4}
OTHER = {"algorithm": "argon2id", "memory_kib": 65536, "passes": 4, "lanes": 4}
REFUSALS = (WrongPassword, SealBroken, PasswordTemporary)
done: dict[str, int] = {}


@dataclass
class Somebody:
    """What the model knows of a person."""

    role: Role
    password: str
    temporary: bool = False
    failed: int = 0


@dataclass
class Snapshot:
    """A keystore as it was once, and who it would let in."""

    copies: bytes
    people: dict[str, Somebody]
    code: str
    epoch: int
    generation: int


class Ticks:
    now = 10_000.0

    def __call__(self) -> float:
        return self.now


def counted(what: str) -> None:
    done[what] = done.get(what, 0) + 1


@dataclass
class Tampering:
    """One thing somebody with an editor does to the file; None when this file has nothing to do it to."""

    name: str
    work: Callable[[dict[str, Any], Any, str], bool]


def raise_role(whole: dict[str, Any], _old: Any, name: str) -> bool:
    slot = next(one for one in whole["slots"] if one["name"] == name)
    said = slot["handed"][-1] if slot["handed"] else slot
    if said["role"] == "admin":
        return False
    said["role"] = "admin"
    return True


def cost(said: dict[str, Any]) -> Callable[[dict[str, Any], Any, str], bool]:
    def work(whole: dict[str, Any], _old: Any, name: str) -> bool:
        next(one for one in whole["slots"] if one["name"] == name)["kdf"] = dict(said)
        return True

    return work


def rename(whole: dict[str, Any], _old: Any, name: str) -> bool:
    other = next((one for one in whole["slots"] if one["name"] != name), None)
    slot = next(one for one in whole["slots"] if one["name"] == name)
    if other is None:
        return False
    slot["name"], other["name"] = other["name"], slot["name"]
    return True


def old_slot(whole: dict[str, Any], old: Any, name: str) -> bool:
    """A slot of an earlier file in the place of today's, or beside the others when its person was removed."""
    former = next((one for one in old["slots"] if one["name"] == name), old["slots"][0]) if old else None
    if former is None or former in whole["slots"]:
        return False
    whole["slots"] = [one for one in whole["slots"] if one["name"] != former["name"]] + [former]
    return True


def flip(field_name: str) -> Callable[[dict[str, Any], Any, str], bool]:
    def work(whole: dict[str, Any], _old: Any, name: str) -> bool:
        slot = next(one for one in whole["slots"] if one["name"] == name)
        raw = bytearray(base64.b64decode(slot[field_name]))
        raw[len(raw) // 2] ^= 1
        slot[field_name] = base64.b64encode(raw).decode()
        return True

    return work


def own_password(whole: dict[str, Any], _old: Any, name: str) -> bool:
    slot = next(one for one in whole["slots"] if one["name"] == name)
    slot["temporary"] = not slot["temporary"]
    return True


def forget_handing(whole: dict[str, Any], _old: Any, name: str) -> bool:
    slot = next(one for one in whole["slots"] if one["name"] == name)
    if not slot["handed"]:
        return False
    slot["handed"].pop()
    return True


def raise_generation(whole: dict[str, Any], _old: Any, _name: str) -> bool:
    whole["generation"] += 5
    return True


TAMPERINGS = (
    Tampering("role raised", raise_role), Tampering("kdf weakened", cost(WEAKER)), Tampering("kdf changed", cost(OTHER)),
    Tampering("slots renamed", rename), Tampering("slot of an older file", old_slot),
    *(Tampering(f"bit flipped in {one}", flip(one)) for one in ("salt", "nonce", "wrapped", "public")),
    Tampering("temporary turned", own_password), Tampering("handing dropped", forget_handing),
    Tampering("generation raised", raise_generation),
)  # fmt: skip


class Office(RuleBasedStateMachine):
    """One office's keys; the model beside it knows who may come in."""

    def __init__(self) -> None:
        super().__init__()
        self.room = Path(tempfile.mkdtemp(prefix="lantai-keys-"))
        self.ticks = Ticks()
        self.opening = Opening(self.room / "office", ticks=self.ticks)
        self.people: dict[str, Somebody] = {}
        self.gone: dict[str, str] = {}  # passwords that once opened and must not any more, by a name
        self.codes: list[str] = []
        self.past: list[Snapshot] = []
        self.former: list[bytes] = []
        self.key = b""
        self.filed = ""
        self.number = 0

    def teardown(self) -> None:
        try:
            if self.people:
                self.everybody_who_should_and_nobody_else()
                self.tamper_with(ADMIN, self.past[0], TAMPERINGS)
        finally:
            shutil.rmtree(self.room, ignore_errors=True)

    def word(self) -> str:
        self.number += 1
        return f"第 {self.number} 句只在这里用的口令"

    @initialize()
    def begin(self) -> None:
        password = self.word()
        self.people = {ADMIN: Somebody(Role.ADMIN, password)}
        self.people |= {name: Somebody(Role.CLERK, self.word()) for name in NAMES[:2]}
        sheet = self.opening.create(
            FACTS, [NewPerson(name, one.role, one.password) for name, one in self.people.items()]
        )
        self.codes.append(sheet.code)
        desk = self.at_the_desk(ADMIN)
        filed = SmallOffice(desk._archive, person=ADMIN).file_marriage()
        self.filed, self.key = str(filed.record), desk._archive.data_key
        desk.close()
        self.keep()

    # how one gets in

    def at_the_desk(self, name: str) -> Desk:
        one = self.people[name]
        desk = self.opening.unlock(name, one.password)
        one.failed = 0
        assert desk.person.role is one.role
        return desk

    def keep(self) -> None:
        content = self.bytes()
        generation = json.loads(content)["generation"]
        self.past.append(Snapshot(content, copy.deepcopy(self.people), self.codes[-1], len(self.former), generation))

    def bytes(self) -> bytes:
        return (self.opening.folder / FILE_NAME).read_bytes()

    def put(self, content: bytes) -> None:
        for name in (FILE_NAME, COPY_NAME):
            (self.opening.folder / name).write_bytes(content)

    def others(self) -> list[str]:
        return [name for name in self.people if name != ADMIN]

    def pick(self, data: Any, names: list[str]) -> str:
        return data.draw(st.sampled_from(sorted(names)))

    # what an administrator does

    @rule(data=st.data(), role=st.sampled_from(list(Role)))
    @precondition(lambda self: len(self.people) <= len(NAMES))
    def add(self, data: Any, role: Role) -> None:
        counted("add")
        name = self.pick(data, [name for name in NAMES if name not in self.people])
        desk = self.at_the_desk(ADMIN)
        password = self.word()
        desk.users.add(name, role, password)
        desk.close()
        self.people[name] = Somebody(role, password, temporary=True)
        self.gone.pop(name, None)
        self.keep()

    @rule(data=st.data())
    @precondition(lambda self: len(self.people) > 1)
    def reset(self, data: Any) -> None:
        counted("reset")
        name = self.pick(data, self.others())
        desk = self.at_the_desk(ADMIN)
        one, password = self.people[name], self.word()
        desk.users.reset_password(name, password)
        desk.close()
        self.gone[name] = one.password
        self.people[name] = Somebody(one.role, password, temporary=True)
        self.keep()

    @rule(data=st.data(), role=st.sampled_from(list(Role)))
    @precondition(lambda self: len(self.people) > 1)
    def change_role(self, data: Any, role: Role) -> None:
        counted("role")
        name = self.pick(data, self.others())
        desk = self.at_the_desk(ADMIN)
        desk.users.change_role(name, role)
        desk.close()
        self.people[name].role = role
        self.keep()

    @rule(data=st.data(), back=st.booleans())
    @precondition(lambda self: len(self.people) > 1)
    def remove(self, data: Any, back: bool) -> None:
        counted("remove")
        name = self.pick(data, self.others())
        desk = self.at_the_desk(ADMIN)
        desk.users.remove(name)
        if back:
            assert desk.users.put_back() == name
            self.people[name] = self.people.pop(name)
            self.people[name].failed = 0
        else:
            self.gone[name] = self.people.pop(name).password
        desk.close()
        self.keep()

    @rule(data=st.data(), together=st.booleans())
    def change_key(self, data: Any, together: bool) -> None:
        counted("key")
        without = self.pick(data, self.others()) if together and len(self.people) > 1 else ""
        desk = self.at_the_desk(ADMIN)
        desk.users.change_key(lambda _: None, lambda: False, without)
        desk.close()
        if without:
            self.gone[without] = self.people.pop(without).password
        self.former.append(self.key)
        desk = self.at_the_desk(ADMIN)
        self.key = desk._archive.data_key
        desk.close()
        assert self.key not in self.former
        assert not any(opens(self.opening.folder / "archive.db", one) for one in self.former)
        self.keep()

    @rule()
    def print_a_sheet(self) -> None:
        counted("sheet")
        desk = self.at_the_desk(ADMIN)
        self.codes.append(desk.users.renew_recovery().code)
        desk.close()
        self.keep()

    # what people do

    @rule(data=st.data())
    def come(self, data: Any) -> None:
        """Somebody unlocks; whoever has a password of somebody else's choice takes one of the own."""
        counted("unlock")
        name = self.pick(data, list(self.people))
        one = self.people[name]
        if one.temporary:
            with pytest.raises(PasswordTemporary):
                self.opening.unlock(name, one.password)
            own = self.word()
            self.opening.unlock(name, one.password, own).close()
            self.gone[name] = one.password
            self.people[name] = Somebody(one.role, own)
        else:
            desk = self.at_the_desk(name)
            assert desk._archive.data_key == self.key
            if one.role is not Role.ADMIN:
                with pytest.raises(NotAllowed):
                    _ = desk.users
            desk.close()
        self.keep()

    @rule(data=st.data())
    @precondition(lambda self: any(not one.temporary for one in self.people.values()))
    def change_own(self, data: Any) -> None:
        counted("own password")
        name = self.pick(data, [name for name, one in self.people.items() if not one.temporary])
        desk = self.at_the_desk(name)
        one, own = self.people[name], self.word()
        with pytest.raises(WeakPassword):
            desk.own_password.change(one.password, "short")
        desk.own_password.change(one.password, own)
        desk.close()
        self.gone[name] = one.password
        one.password = own
        self.keep()

    @rule(data=st.data())
    def recover(self, data: Any) -> None:
        counted("recover")
        name, own = self.pick(data, list(self.people)), self.word()
        desk = self.opening.recover(self.codes[-1], name, own)
        assert desk._archive.data_key == self.key
        desk.close()
        self.gone[name] = self.people[name].password
        self.people[name] = Somebody(self.people[name].role, own)
        self.keep()

    @rule(data=st.data(), tries=st.integers(1, 6), clock=st.integers(-9, 9))
    def guess(self, data: Any, tries: int, clock: int) -> None:
        """Wrong passwords: three are free, then each waits; whoever knows the right one waits as well, and no longer."""
        counted("lock-out")
        name = self.pick(data, list(self.people))
        one = self.people[name]
        for number in range(tries):
            wait = 2 ** (one.failed - 2) if one.failed >= 3 else 0
            if wait and number:  # the wait of earlier tries has passed
                with pytest.raises(LockedOut):
                    self.opening.unlock(name, one.password)
                self.ticks.now += min(wait, 900)
            with pytest.raises(WrongPassword):
                self.opening.unlock(name, "a wrong password 7")
            one.failed += 1
        if one.failed >= 3:
            with pytest.raises(LockedOut):
                self.opening.unlock(name, one.password)
            self.ticks.now = 0.0 if clock > 7 else self.ticks.now  # the machine was switched off and on
            with pytest.raises(LockedOut):
                self.opening.unlock(name, one.password)
            self.ticks.now += 900

    # what strangers, and people who were removed, try

    @rule(
        data=st.data(),
        several=st.lists(st.sampled_from(TAMPERINGS), min_size=2, max_size=5, unique_by=lambda one: one.name),
    )
    def tamper(self, data: Any, several: list[Tampering]) -> None:
        self.tamper_with(self.pick(data, list(self.people)), data.draw(st.sampled_from(self.past)), several)

    def tamper_with(self, name: str, past: Snapshot, several: Sequence[Tampering]) -> None:
        content, old = self.bytes(), json.loads(past.copies)
        self.ticks.now += 900
        for tampering in several:
            whole = json.loads(content)
            del whole["sha256"]
            if not tampering.work(whole, old, name):
                continue
            counted(f"tampered: {tampering.name}")
            whole["sha256"] = hashlib.sha256(canonical_json(whole)).hexdigest()
            self.put(json.dumps(whole, ensure_ascii=False).encode())
            for who, password in {name: self.people[name].password, **dict(list(self.gone.items())[-1:])}.items():
                with pytest.raises(
                    (WrongPassword, SealBroken)
                ):  # not even a temporary password is taken for what it is
                    self.opening.unlock(who, password, self.word())
        self.put(content)

    @rule(data=st.data(), both=st.booleans())
    def rot(self, data: Any, both: bool) -> None:
        counted("bit flipped in the file")
        content = self.bytes()
        raw = bytearray(content)
        at = data.draw(st.integers(0, len(raw) - 1))
        raw[at] ^= 1 << data.draw(st.integers(0, 7))
        if both:
            self.put(bytes(raw))
            try:
                self.everybody_is_refused_or_it_is_true(ADMIN)
            finally:
                self.put(content)
        else:
            which = data.draw(st.sampled_from((FILE_NAME, COPY_NAME)))
            (self.opening.folder / which).write_bytes(bytes(raw))
            self.ticks.now += 900
            self.at_the_desk(ADMIN).close()
            self.keep()

    def everybody_is_refused_or_it_is_true(self, name: str) -> None:
        """A flipped bit in a blank between two words of the file changes nothing that it says."""
        try:
            desk = self.opening.unlock(name, self.people[name].password)
        except (*REFUSALS, LockedOut):
            return
        assert desk.person.role is self.people[name].role
        desk.close()

    @rule(data=st.data())
    @precondition(lambda self: self.older())
    def put_an_older_keystore_back(self, data: Any) -> None:
        counted("rolled back")
        content, old = self.bytes(), data.draw(st.sampled_from(self.older()))
        self.put(old.copies)
        self.ticks.now += 900
        for name, one in old.people.items():
            if not one.temporary:
                with pytest.raises(SealBroken):
                    self.opening.unlock(name, one.password)
        self.put(content)

    def older(self) -> list[Snapshot]:
        now = json.loads(self.bytes())["generation"] if self.past else 0
        return [one for one in self.past if one.generation < now]

    @rule(data=st.data())
    @precondition(lambda self: any(one.epoch == len(self.former) for one in self.older()))
    def come_back_with_an_older_keystore_and_the_code(self, data: Any) -> None:
        counted("older keystore and the code")
        old = data.draw(st.sampled_from([one for one in self.older() if one.epoch == len(self.former)]))
        own = self.word()
        self.put(old.copies)
        desk = self.opening.recover(old.code, ADMIN, own)
        assert [one.name for one in desk.users.lines()] == [ADMIN]
        desk.close()
        for name, one in self.people.items():
            self.gone[name] = one.password
        self.people = {ADMIN: Somebody(Role.ADMIN, own)}
        self.codes.append(old.code)
        self.keep()

    # what holds whatever was done

    def everybody_who_should_and_nobody_else(self) -> None:
        self.ticks.now += 900
        for name, one in self.people.items():
            if one.temporary:
                with pytest.raises(PasswordTemporary):
                    self.opening.unlock(name, one.password)
                continue
            desk = self.at_the_desk(name)
            with desk._archive.reading() as connection:
                assert records.by_uid(connection, self.filed) is not None
                assert audit.verify(connection).ok
            desk.close()
        for name, password in self.gone.items():
            with pytest.raises(WrongPassword):
                self.opening.unlock(name, password)
        for code in dict.fromkeys(self.codes[:-1]):
            if code != self.codes[-1]:
                with pytest.raises(WrongCode):
                    self.opening.recover(code, ADMIN, self.word())


@pytest.mark.timeout(0 if "LANTAI_KEY_STEPS" in os.environ else 900)
def test_whatever_is_done_everybody_who_should_gets_in_and_nobody_else() -> None:
    lives = max(1, STEPS // STEPS_A_LIFE)
    checks = [
        HealthCheck.too_slow,
        HealthCheck.filter_too_much,
        HealthCheck.data_too_large,
        HealthCheck.large_base_example,
    ]
    run_state_machine_as_test(
        Office,
        settings=settings(
            phases=[Phase.generate], max_examples=lives, stateful_step_count=STEPS_A_LIFE, deadline=None, database=None,
            derandomize="LANTAI_KEY_STEPS" not in os.environ, suppress_health_check=checks,
        ),
    )  # fmt: skip
    sys.stdout.write(f"{sum(done.values())} steps: {done}\n")
    tampered = sum(count for what, count in done.items() if what.startswith("tampered"))
    assert tampered >= 5 * lives
    assert {"kdf weakened", "bit flipped in wrapped", "generation raised"} <= {
        one.removeprefix("tampered: ") for one in done
    }
