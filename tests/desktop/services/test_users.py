"""Users and keys: what an administrator does with other people's slots, what nobody may, and another data key for everybody."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from desktop.archive import attachments, key_register, records
from desktop.archive.archive import Archive
from desktop.archive.rekeyed_file import REKEYED
from desktop.services.backing_up import BackingUp
from desktop.services.changed import Progress
from desktop.services.desk import Desk
from desktop.services.opening import NewPerson, OfficeFacts, Opening
from desktop.services.users import SlotState, Users
from sync.contract.errors import (
    ArchiveBusy,
    LockedOut,
    NotAllowed,
    PasswordTemporary,
    Refused,
    SealBroken,
    WeakPassword,
    WrongPassword,
)
from sync.vault import audit
from sync.vault.another_key import opens
from sync.vault.keystore_file import COPY_NAME, FILE_NAME, Content, Slot, write_keystore
from sync.vault.slots import Keystore, Person, Role
from sync.vault.stretching import FLOOR, stretch
from tests.desktop.services.office import SmallOffice

ADMIN, CLERK = "赵主任", "陈晓兰"
PASSWORD, OTHER, TEMPORARY = "这一句口令只在测试里用一用", "另一句口令也只在测试里用用", "暂时用一用的那一句口令呀"
FACTS = OfficeFacts("云泽县", "青石镇", "339921102", "J001")


@pytest.fixture
def opening(tmp_path: Path) -> Opening:
    made = Opening(tmp_path / "office")
    people = [NewPerson(ADMIN, Role.ADMIN, PASSWORD), NewPerson(CLERK, Role.CLERK, PASSWORD)]
    made.sheet = made.create(FACTS, people)  # type: ignore[attr-defined]
    return made


@pytest.fixture
def desk(opening: Opening) -> Iterator[Desk]:
    desk = opening.unlock(ADMIN, PASSWORD)
    yield desk
    desk.close()


def unwatched(_report: Progress) -> None:
    return None


def never() -> bool:
    return False


def acts(desk: Desk) -> list[str]:
    with desk._archive.reading() as connection:
        return [one.act for one in audit.events(connection)]


def reason(call: Callable[[], object]) -> object:
    with pytest.raises(NotAllowed) as refused:
        call()
    return refused.value.facts.get("reason", "")


def test_a_person_who_was_added_chooses_a_password_of_the_own_before_anything_opens(
    opening: Opening, desk: Desk
) -> None:
    desk.users.add("孙立", Role.AUDITOR, TEMPORARY)
    assert [(one.name, one.role, one.state) for one in desk.users.lines()][-1] == (
        "孙立",
        Role.AUDITOR,
        SlotState.TEMPORARY,
    )
    desk.close()
    with pytest.raises(PasswordTemporary):
        opening.unlock("孙立", TEMPORARY)
    for weak in (TEMPORARY, "short"):
        with pytest.raises(WeakPassword):
            opening.unlock("孙立", TEMPORARY, weak)
    came = opening.unlock("孙立", TEMPORARY, OTHER)
    assert came.person == Person("孙立", Role.AUDITOR)
    assert {"person-added", "password-changed"} <= set(acts(came))
    came.close()
    with pytest.raises(WrongPassword):
        opening.unlock("孙立", TEMPORARY)
    opening.unlock("孙立", OTHER).close()


def test_a_reset_password_is_temporary_and_the_former_one_opens_nothing(opening: Opening, desk: Desk) -> None:
    desk.users.reset_password(CLERK, TEMPORARY)
    desk.close()
    with pytest.raises(WrongPassword):
        opening.unlock(CLERK, PASSWORD)
    opening.unlock(CLERK, TEMPORARY, OTHER).close()


def test_a_changed_role_holds_from_the_next_unlocking_on(opening: Opening, desk: Desk) -> None:
    desk.users.change_role(CLERK, Role.REVIEWER)
    assert "role-changed" in acts(desk)
    desk.close()
    came = opening.unlock(CLERK, PASSWORD)
    assert (came.person.role, came.may("catalogue"), came.may("review")) == (Role.REVIEWER, False, True)
    came.close()


def test_a_removal_can_be_taken_back_and_then_opens_as_before(opening: Opening, desk: Desk) -> None:
    desk.users.remove(CLERK)
    assert [one.name for one in desk.users.lines()] == [ADMIN]
    with pytest.raises(WrongPassword):
        Keystore.open(opening.folder).unlock(CLERK, PASSWORD, datetime.now().astimezone())
    assert desk.users.put_back() == CLERK
    assert desk.users.put_back() == ""
    assert acts(desk)[-2:] == ["person-removed", "person-put-back"]
    desk.users.add("孙立", Role.CLERK, TEMPORARY)
    for name in ("孙立", CLERK):
        desk.users.remove(name)
    assert [desk.users.put_back() for _ in range(3)] == [CLERK, "孙立", ""]
    desk.close()
    opening.unlock(CLERK, PASSWORD).close()


def test_nobody_takes_the_own_slot_or_role_away_so_there_is_always_an_administrator(desk: Desk) -> None:
    users, said = desk.users, acts(desk)
    assert reason(lambda: users.remove(ADMIN)) == "oneself"
    assert reason(lambda: users.remove(f" {ADMIN} ")) == "oneself"
    assert reason(lambda: users.change_role(ADMIN, Role.CLERK)) == "oneself"
    assert reason(lambda: users.reset_password(ADMIN, OTHER)) == "oneself"
    assert reason(lambda: users.change_key(unwatched, never, ADMIN)) == "oneself"
    assert reason(lambda: users.remove("nobody")) == "nobody"
    assert reason(lambda: users.change_key(unwatched, never, "nobody")) == "nobody"
    assert reason(lambda: users.add(CLERK, Role.CLERK, OTHER)) == "name_taken"
    assert reason(lambda: users.add("  ", Role.CLERK, OTHER)) == "name"
    with pytest.raises(WeakPassword):
        users.add("孙立", Role.CLERK, "short")
    assert [one.name for one in users.lines()] == [ADMIN, CLERK]
    assert acts(desk) == said


@pytest.mark.parametrize("role", [Role.CLERK, Role.REVIEWER, Role.AUDITOR])
def test_whoever_is_no_administrator_is_refused_by_the_service_itself(desk: Desk, role: Role) -> None:
    """A page that showed itself to the wrong person would still do nothing."""
    before, said = Keystore.open(desk._archive.folder).content, acts(desk)
    users = Users(desk._archive, Person("何审计", role), desk._clock)
    for act in (
        users.lines,
        lambda: users.add("孙立", role, OTHER),
        lambda: users.reset_password(CLERK, OTHER),
        lambda: users.change_role(CLERK, Role.ADMIN),
        lambda: users.remove(CLERK),
        users.renew_recovery,
        lambda: users.set_idle_minutes(5),
        users.cannot_be_handed,
        lambda: users.change_key(unwatched, never),
    ):
        assert reason(act) == ""
    assert Keystore.open(desk._archive.folder).content == before
    assert acts(desk) == said


def test_everybody_changes_the_own_password_with_the_former_one(opening: Opening, desk: Desk) -> None:
    desk.close()
    clerk = opening.unlock(CLERK, PASSWORD)
    with pytest.raises(WrongPassword):
        clerk.own_password.change(OTHER, TEMPORARY)
    with pytest.raises(WeakPassword):
        clerk.own_password.change(PASSWORD, PASSWORD)
    clerk.own_password.change(PASSWORD, OTHER)
    with pytest.raises(NotAllowed):
        _ = clerk.users
    clerk.close()
    opening.unlock(CLERK, OTHER).close()


def test_the_list_says_who_opened_last_and_who_waits_for_too_many_wrong_passwords(opening: Opening, desk: Desk) -> None:
    lines = {one.name: one for one in desk.users.lines()}
    assert lines[ADMIN].last_opened_at
    assert lines[ADMIN].oneself
    assert lines[CLERK].last_opened_at == ""
    for _ in range(3):
        with pytest.raises(WrongPassword):
            opening.unlock(CLERK, OTHER)
    with pytest.raises(LockedOut):
        opening.unlock(CLERK, PASSWORD)
    assert {one.name: one.state for one in desk.users.lines()}[CLERK] is SlotState.WAITING


def test_wrong_passwords_before_the_right_one_stand_in_the_log(opening: Opening, desk: Desk) -> None:
    desk.close()
    for _ in range(2):
        with pytest.raises(WrongPassword):
            opening.unlock(CLERK, OTHER)
    came = opening.unlock(CLERK, PASSWORD)
    with came._archive.reading() as connection:
        assert [one.details for one in audit.events(connection) if one.act == "archive-opened"][-1]["failed"] == 2
    came.close()


# another data key


def test_after_a_change_of_key_everybody_left_opens_the_same_archive_and_whoever_was_left_out_does_not(
    opening: Opening, desk: Desk
) -> None:
    filed = SmallOffice(desk._archive, person=CLERK).file_marriage(data=os.urandom(50_000))
    desk.users.add("孙立", Role.AUDITOR, TEMPORARY)
    former, seen = desk._archive.data_key, []
    desk.users.change_key(seen.append, never, without="孙立")
    assert not desk.is_open
    assert [one.done / one.whole for one in seen] == sorted(one.done / one.whole for one in seen)
    assert seen[-1].done == seen[-1].whole
    desk.close()
    assert not opens(opening.folder / "archive.db", former)
    assert not list(opening.folder.glob("*rekeyed*"))
    with pytest.raises(WrongPassword):
        opening.unlock("孙立", TEMPORARY, OTHER)
    for name in (CLERK, ADMIN):
        came = opening.unlock(name, PASSWORD)
        assert came._archive.data_key != former
        with came._archive.reading() as connection:
            found = records.by_uid(connection, str(filed.record))
            assert found is not None
            assert found.number == filed.number
            assert audit.verify(connection).ok
            assert key_register.former(connection) == [former]
        came.close()
    came = opening.recover(opening.sheet.code, CLERK, OTHER)  # type: ignore[attr-defined]
    assert acts(came).count("key-changed") == 1
    assert "person-removed" in acts(came)
    came.close()


def test_pages_kept_before_a_change_of_key_open_after_it(opening: Opening, desk: Desk) -> None:
    page = os.urandom(50_000)
    office = SmallOffice(desk._archive, person=CLERK)
    office.file_marriage(data=page)
    desk.users.change_key(unwatched, never)
    desk.close()
    came = opening.unlock(CLERK, PASSWORD)
    with came._archive.reading() as connection:
        kept = attachments.everything(connection)
        assert [attachments.checked_content(came._archive, connection, one.sha256) for one in kept] == [page]
    came.close()


def test_a_change_of_key_that_is_stopped_leaves_everything_as_it_was_and_the_desk_open(
    opening: Opening, desk: Desk
) -> None:
    before = (opening.folder / FILE_NAME).read_bytes()
    with pytest.raises(Refused) as stopped:
        desk.users.change_key(unwatched, lambda: True)
    assert stopped.value.facts["reason"] == "cancelled"
    assert desk.is_open
    assert acts(desk)[-1] == "key-change-failed"
    assert (opening.folder / FILE_NAME).read_bytes() == before
    assert not list(opening.folder.glob("*rekeyed*"))
    SmallOffice(desk._archive, person=ADMIN).file_marriage()


def test_a_reader_that_does_not_end_keeps_the_former_key(opening: Opening, desk: Desk) -> None:
    with desk._archive.reading(), pytest.raises(ArchiveBusy):
        desk.users.change_key(unwatched, never)
    desk.close()
    assert not list(opening.folder.glob("*rekeyed*"))
    opening.unlock(CLERK, PASSWORD).close()


def test_a_backup_of_before_a_change_of_key_is_still_found_good_and_drilled(
    opening: Opening, desk: Desk, tmp_path: Path
) -> None:
    (tmp_path / "second").mkdir()
    SmallOffice(desk._archive, person=CLERK).file_marriage(data=os.urandom(20_000))
    place = desk.backing_up.where.choose_folder(tmp_path / "second").id
    first = desk.backing_up.back_up(place, unwatched, never).line
    desk.users.change_key(unwatched, never)
    desk.close()
    came = opening.unlock(ADMIN, PASSWORD)
    backing: BackingUp = came.backing_up
    second = backing.back_up(place, unwatched, never).line
    for one in (first, second):
        assert backing.check(place, one.name, unwatched, never).flaws == ()
        assert backing.drill(place, one.name, unwatched, never).passed
    came.close()


# a keystore that was put back


def keep(folder: Path) -> bytes:
    return (folder / FILE_NAME).read_bytes()


def put_back(folder: Path, kept: bytes) -> None:
    for name in (FILE_NAME, COPY_NAME):
        (folder / name).write_bytes(kept)


def test_a_whole_keystore_put_back_to_let_a_removed_person_in_is_refused(opening: Opening, desk: Desk) -> None:
    kept = keep(opening.folder)
    desk.users.remove(CLERK)
    desk.close()
    put_back(opening.folder, kept)
    for name in (CLERK, ADMIN):
        with pytest.raises(SealBroken) as refused:
            opening.unlock(name, PASSWORD)
        assert refused.value.facts["reason"] == "rolled_back"


def test_the_recovery_code_opens_a_keystore_that_came_back_from_a_backup_and_takes_the_others_out(
    opening: Opening, desk: Desk
) -> None:
    kept = keep(opening.folder)
    desk.users.add("孙立", Role.AUDITOR, TEMPORARY)
    desk.close()
    put_back(opening.folder, kept)
    came = opening.recover(opening.sheet.code, ADMIN, OTHER)  # type: ignore[attr-defined]
    assert "keystore-put-back" in acts(came)
    assert [one.name for one in came.users.lines()] == [ADMIN]
    came.close()
    opening.unlock(ADMIN, OTHER).close()
    put_back(opening.folder, kept)
    with pytest.raises(SealBroken):
        opening.unlock(CLERK, PASSWORD)


def test_a_change_of_the_keystore_that_the_plug_kept_from_the_log_is_told_at_the_next_opening(
    opening: Opening, desk: Desk
) -> None:
    key = desk._archive.data_key
    desk.close()
    Keystore.open(opening.folder).add(key, "孙立", Role.CLERK, OTHER)
    came = opening.unlock(CLERK, PASSWORD)
    assert "keystore-change-found" in acts(came)
    came.close()
    again = opening.unlock(CLERK, PASSWORD)
    assert acts(again).count("keystore-change-found") == 1
    again.close()


def test_an_office_without_an_administrator_appoints_one_by_the_recovery_code_and_only_then(tmp_path: Path) -> None:
    opening = Opening(tmp_path / "office")
    sheet = opening.create(FACTS, [NewPerson(CLERK, Role.CLERK, PASSWORD)])
    assert opening.lacks_administrator()
    desk = opening.recover(sheet.code, CLERK, OTHER, appoint=True)
    assert desk.person.role is Role.ADMIN
    desk.users.add("孙立", Role.CLERK, TEMPORARY)
    desk.close()
    with pytest.raises(NotAllowed):
        opening.recover(sheet.code, "孙立", OTHER, appoint=True)


# what a cut leaves


def cut_before_the_rename(opening: Opening, tmp_path: Path) -> Path:
    """The folder as it stands when the plug is pulled after the keystore was written and before the file is renamed."""
    former = tmp_path / "before"
    shutil.copytree(opening.folder, former)
    desk = opening.unlock(ADMIN, PASSWORD)
    desk.users.change_key(unwatched, never, without=CLERK)
    desk.close()
    shutil.copyfile(opening.folder / "archive.db", former / REKEYED)
    for name in (FILE_NAME, COPY_NAME):
        shutil.copyfile(opening.folder / name, former / name)
    return former


def test_a_cut_between_keystore_and_rename_is_brought_to_its_end_at_the_next_opening(
    opening: Opening, tmp_path: Path
) -> None:
    folder = cut_before_the_rename(opening, tmp_path)
    came = Opening(folder).unlock(ADMIN, PASSWORD)
    assert acts(came).count("key-changed") == 1
    assert not (folder / REKEYED).exists()
    came.close()
    Opening(folder).unlock(ADMIN, PASSWORD).close()


def test_a_key_that_opens_nothing_sweeps_nothing_away(opening: Opening, tmp_path: Path) -> None:
    folder = cut_before_the_rename(opening, tmp_path)
    with pytest.raises(SealBroken):
        Archive.open(folder, bytes(32))
    assert (folder / REKEYED).exists()
    newest = Keystore.open(folder).unlock(ADMIN, PASSWORD, datetime.now().astimezone())[1]
    Archive.open(folder, newest).close()  # the newest key alone brings the change to its end as well
    assert not (folder / REKEYED).exists()


def test_a_cut_whose_new_file_is_lost_as_well_opens_the_former_one_and_says_so(
    opening: Opening, tmp_path: Path
) -> None:
    folder = cut_before_the_rename(opening, tmp_path)
    (folder / REKEYED).unlink()
    came = Opening(folder).unlock(ADMIN, PASSWORD)
    assert "key-change-withdrawn" in acts(came)
    assert "key-changed" not in acts(came)
    came.close()
    again = Opening(folder).unlock(ADMIN, PASSWORD)
    assert acts(again).count("key-change-withdrawn") == 1
    again.close()


def test_once_an_archive_is_shut_nobody_opens_it_behind_the_lock(opening: Opening) -> None:
    """A thread that comes late would have read on with a key that was to be gone."""
    _, data_key = Keystore.open(opening.folder).unlock(CLERK, PASSWORD, datetime.now().astimezone())
    archive = Archive.open(opening.folder, data_key)
    archive.close()
    with pytest.raises(ArchiveBusy), archive.reading():
        pass
    with pytest.raises(ArchiveBusy), archive.act(CLERK, datetime.now().astimezone()):
        pass


def test_an_office_of_the_first_keystore_opens_as_it_is_and_each_person_is_brought_up_by_unlocking(
    opening: Opening, desk: Desk
) -> None:
    """As the program before key pairs wrote it: data key alone in each slot, an older seal, nothing of keys in the archive."""
    data_key, code = desk._archive.data_key, opening.sheet.code  # type: ignore[attr-defined]
    with desk._archive.act(ADMIN, desk._clock()) as act:
        act.connection.exec_driver_sql("DELETE FROM setting WHERE key LIKE 'keys.%'")
    desk.close()

    def old(owner: str, role: str, secret: str, generation: int) -> Slot:
        empty = Slot(owner, role, generation, FLOOR, os.urandom(16), os.urandom(12), b"")
        slot_key = stretch(secret, empty.salt, FLOOR)
        return replace(empty, wrapped=AESGCM(slot_key).encrypt(empty.nonce, data_key, empty.meaning()))

    slots = (old(ADMIN, "admin", PASSWORD, 2), old(CLERK, "clerk", PASSWORD, 3))
    content = Content(4, slots, old("", "recovery", code, 4), b"", {}, version=1)
    write_keystore(opening.folder, replace(content, seal=content.sealed_by(data_key)))

    came = opening.unlock(ADMIN, PASSWORD)
    assert {one.name: one.state for one in came.users.lines()} == {ADMIN: SlotState.READY, CLERK: SlotState.OLD}
    assert came.users.cannot_be_handed() == (CLERK, "")
    assert reason(lambda: came.users.change_key(unwatched, never)) == "old_slot"
    assert reason(lambda: came.users.change_role(CLERK, Role.AUDITOR)) == "old_slot"
    assert came.is_open
    came.users.renew_recovery()
    came.close()
    opening.unlock(CLERK, PASSWORD).close()
    came = opening.unlock(ADMIN, PASSWORD)
    came.users.change_key(unwatched, never)
    came.close()
    opening.unlock(CLERK, PASSWORD).close()
