"""Keys handed to people who are not there: everybody who should get in does, nobody else, and nothing forged is taken."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import multiprocessing
import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from sync.contract.errors import NotAllowed, Refused, SealBroken, WrongCode, WrongPassword
from sync.vault.handing import canonical_json, hand, new_private, public_of
from sync.vault.keystore_file import COPY_NAME, FILE_NAME, Content, Slot, write_keystore
from sync.vault.slot_keeping import SlotKeeping
from sync.vault.slots import Keystore, Person, Role, new_data_key
from sync.vault.stretching import FLOOR, stretch

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
PASSWORDS = {"钱秀兰": "青石镇的档案 2026 柜", "赵青": "another-Long-1-word"}
KEY, NEXT, THIRD = (bytes(range(start, start + 32)) for start in (0, 1, 2))


@pytest.fixture
def code() -> list[str]:
    return []


@pytest.fixture
def keystore(tmp_path: Path, code: list[str]) -> Keystore:
    keystore = Keystore.create(tmp_path, KEY)
    keystore.add(KEY, "钱秀兰", Role.CLERK, PASSWORDS["钱秀兰"])
    keystore.add(KEY, "赵青", Role.ADMIN, PASSWORDS["赵青"])
    code.append(keystore.make_recovery(KEY))
    return keystore


def enter(folder: Path, name: str):
    return Keystore.open(folder).enter(name, PASSWORDS[name], NOW)


def rewrite(folder: Path, change) -> None:
    """Both copies changed alike with the bit-rot checksum right, as somebody with an editor would."""
    whole = json.loads((folder / FILE_NAME).read_bytes())
    del whole["sha256"]
    change(whole)
    whole["sha256"] = hashlib.sha256(canonical_json(whole)).hexdigest()
    for name in (FILE_NAME, COPY_NAME):
        (folder / name).write_text(json.dumps(whole, ensure_ascii=False), encoding="utf-8")


def as_version_1(folder: Path, names: list[str], code: str) -> None:
    """The keystore as the first version of the program wrote it: no key pairs, an older seal."""

    def old(owner: str, role: str, secret: str, generation: int) -> Slot:
        salt, nonce = os.urandom(16), os.urandom(12)
        empty = Slot(owner, role, generation, FLOOR, salt, nonce, b"")
        return replace(empty, wrapped=AESGCM(stretch(secret, salt, FLOOR)).encrypt(nonce, KEY, empty.meaning()))

    people = {one.name: one.role.value for one in Keystore.open(folder).people()}
    slots = tuple(old(name, people[name], PASSWORDS[name], 2 + place) for place, name in enumerate(names))
    content = Content(7, slots, old("", "recovery", code, 6), b"", {}, version=1)
    write_keystore(folder, replace(content, seal=content.sealed_by(KEY)))


def test_everybody_opens_with_the_new_key_that_was_handed_to_them_while_they_were_away(keystore, tmp_path, code):
    SlotKeeping(keystore, KEY).hand_over(NEXT)
    for name in PASSWORDS:
        assert enter(tmp_path, name).keys == (KEY, NEXT)
    assert Keystore.open(tmp_path).recover(code[0]) == NEXT


def test_whoever_was_away_for_several_keys_follows_them_one_by_one_and_is_renewed(keystore, tmp_path):
    SlotKeeping(keystore, KEY).hand_over(NEXT)
    first = enter(tmp_path, "赵青")
    assert Keystore.open(tmp_path).renew(first, NEXT)
    SlotKeeping(Keystore.open(tmp_path), NEXT).hand_over(THIRD)
    assert enter(tmp_path, "赵青").keys == (NEXT, THIRD)
    late = enter(tmp_path, "钱秀兰")
    assert late.keys == (KEY, NEXT, THIRD)
    assert Keystore.open(tmp_path).renew(late, THIRD)
    assert enter(tmp_path, "钱秀兰").keys == (THIRD,)
    assert not Keystore.open(tmp_path).renew(enter(tmp_path, "钱秀兰"), THIRD)


def test_who_is_left_out_does_not_open_and_cannot_read_the_new_key_with_the_old_one(keystore, tmp_path):
    before = Keystore.open(tmp_path).content
    SlotKeeping(keystore, KEY).hand_over(NEXT, without=("钱秀兰",))
    with pytest.raises(WrongPassword):
        enter(tmp_path, "钱秀兰")
    left = Keystore.open(tmp_path).slot_of("赵青")
    departed = next(slot for slot in before.slots if slot.owner == "钱秀兰")
    opened = departed.unwrap(departed.stretch(PASSWORDS["钱秀兰"]))
    assert opened is not None
    # what the departed has: the former data key, an own private key, every file: not the private key of anybody left
    mine = replace(departed, handed=left.handed)
    with pytest.raises(SealBroken):
        mine.unwrap(departed.stretch(PASSWORDS["钱秀兰"]))
    assert NEXT not in b"".join(one.box for one in left.handed)


def test_a_key_of_a_strangers_own_is_not_taken(keystore, tmp_path):
    """A stranger knows every public key and can write a seal and a database under a key of his own: nobody lands there."""
    own = new_data_key()

    def forge(whole: dict) -> None:
        content = Keystore.open(tmp_path).content
        slots = tuple(
            replace(slot, handed=(hand(own, own, slot.receiver, "admin", content.generation + 1),))
            for slot in content.slots
        )
        forged = replace(content, slots=slots)
        whole["slots"] = [slot.as_json() for slot in slots]
        whole["seal"] = base64.b64encode(forged.sealed_by(own)).decode()

    rewrite(tmp_path, forge)
    for name in PASSWORDS:
        with pytest.raises(SealBroken):
            enter(tmp_path, name)


def test_a_role_changed_by_an_administrator_holds_and_one_raised_by_hand_does_not(keystore, tmp_path):
    SlotKeeping(keystore, KEY).change_role("钱秀兰", Role.REVIEWER)
    assert Person("钱秀兰", Role.REVIEWER) in Keystore.open(tmp_path).people()
    entrance = enter(tmp_path, "钱秀兰")
    assert (entrance.role, entrance.keys) == ("reviewer", (KEY,))
    for raise_role in (
        lambda whole: whole["slots"][0].update(role="admin"),
        lambda whole: whole["slots"][0]["handed"][0].update(role="admin"),
        lambda whole: whole["slots"][0].update(handed=[]),
        lambda whole: whole["slots"][0]["handed"].append(whole["slots"][0]["handed"][0]),
        lambda whole: whole["slots"][0].update(public=base64.b64encode(public_of(new_private())).decode()),
        lambda whole: whole["slots"][0].pop("public"),
        lambda whole: whole["slots"][0].update(temporary=True),
    ):
        whole_before = (tmp_path / FILE_NAME).read_bytes()
        rewrite(tmp_path, raise_role)
        with pytest.raises((WrongPassword, SealBroken)):
            enter(tmp_path, "钱秀兰")
        for name in (FILE_NAME, COPY_NAME):
            (tmp_path / name).write_bytes(whole_before)
    assert Keystore.open(tmp_path).renew(enter(tmp_path, "钱秀兰"), KEY)
    assert enter(tmp_path, "钱秀兰").role == "reviewer"


def test_a_keystore_of_version_1_opens_and_each_slot_becomes_one_of_today_at_its_owners_next_unlocking(
    keystore, tmp_path, code
):
    as_version_1(tmp_path, list(PASSWORDS), code[0])
    keeping = SlotKeeping(Keystore.open(tmp_path), KEY)
    assert set(keeping.cannot_be_handed()) == {*PASSWORDS, ""}
    with pytest.raises(NotAllowed) as refused:
        keeping.hand_over(NEXT)
    assert refused.value.facts["reason"] == "old_slot"
    for name in PASSWORDS:
        assert Keystore.open(tmp_path).renew(enter(tmp_path, name), KEY)
    assert keeping.cannot_be_handed() == ("",)
    opened = Keystore.open(tmp_path)
    assert opened.renew(opened.enter_by_code(code[0]), KEY)
    SlotKeeping(Keystore.open(tmp_path), KEY).hand_over(NEXT)
    assert {enter(tmp_path, name).data_key for name in PASSWORDS} == {NEXT}
    assert Keystore.open(tmp_path).recover(code[0]) == NEXT


def test_a_hand_over_that_came_to_nothing_is_taken_back_for_everybody(keystore, tmp_path, code):
    SlotKeeping(keystore, KEY).change_role("钱秀兰", Role.AUDITOR)
    SlotKeeping(keystore, KEY).hand_over(NEXT)
    SlotKeeping(Keystore.open(tmp_path), NEXT).withdraw(KEY)
    for name in PASSWORDS:
        assert enter(tmp_path, name).keys == (KEY,)
    assert enter(tmp_path, "钱秀兰").role == "auditor"
    assert Keystore.open(tmp_path).recover(code[0]) == KEY


def test_a_removed_slot_that_is_put_back_opens_with_the_password_it_had(keystore, tmp_path):
    gone = keystore.remove(KEY, "钱秀兰")
    SlotKeeping(keystore, KEY).put_back(gone)
    assert enter(tmp_path, "钱秀兰").data_key == KEY
    with pytest.raises(NotAllowed):
        SlotKeeping(keystore, KEY).put_back(gone)


def test_only_the_one_who_came_with_the_recovery_code_is_kept_of_a_keystore_that_was_put_back(keystore, tmp_path, code):
    assert SlotKeeping(keystore, KEY).keep_only("赵青", 99) == ("钱秀兰",)
    assert Keystore.open(tmp_path).people() == [Person("赵青", Role.ADMIN)]
    assert Keystore.open(tmp_path).recover(code[0]) == KEY
    assert Keystore.open(tmp_path).content.generation == 100


def test_a_temporary_password_says_so_and_ones_own_does_not(keystore, tmp_path):
    keystore.set_password(KEY, "钱秀兰", "temporary-word-77", temporary=True)
    assert Keystore.open(tmp_path).enter("钱秀兰", "temporary-word-77", NOW).temporary
    keystore.set_password(KEY, "钱秀兰", PASSWORDS["钱秀兰"])
    assert not enter(tmp_path, "钱秀兰").temporary


def test_the_recovery_code_of_before_does_not_open_after_a_new_one_was_printed_and_a_key_handed_on(
    keystore, tmp_path, code
):
    latest = keystore.make_recovery(KEY)
    SlotKeeping(keystore, KEY).hand_over(NEXT)
    with pytest.raises(WrongCode):
        Keystore.open(tmp_path).recover(code[0])
    assert Keystore.open(tmp_path).recover(latest) == NEXT


def _fail(folder: str, times: int) -> None:
    for _ in range(times):
        with contextlib.suppress(Refused):  # wrong, or locked out: it is only to disturb
            Keystore.open(Path(folder)).unlock("钱秀兰", "not-the-right-1-word", NOW)


def test_wrong_passwords_in_another_window_undo_nothing_that_is_changed_meanwhile(keystore, tmp_path):
    """Counting a failure rewrites the file; done from what was read before the stretching it would put old slots back."""
    context = multiprocessing.get_context("spawn")
    others = [context.Process(target=_fail, args=(str(tmp_path), 3)) for _ in range(2)]
    for one in others:
        one.start()
    key = KEY
    keystore = Keystore.open(tmp_path)
    for number in range(6):
        following = bytes([number]) * 32
        SlotKeeping(keystore, key).hand_over(following)
        key = following
    for one in others:
        one.join()
    assert Keystore.open(tmp_path).content.seal == Keystore.open(tmp_path).content.sealed_by(key)
    assert enter(tmp_path, "赵青").data_key == key
