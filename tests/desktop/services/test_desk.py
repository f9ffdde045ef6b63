"""The desk: who may do what, what waits where, and rest between the work."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from desktop.services.desk import Desk
from desktop.services.opening import NewPerson, OfficeFacts, Opening
from sync.contract.errors import NotAllowed, Refused, WeakPassword, WrongCode, WrongPassword
from sync.vault.slots import Role
from tests.desktop.services.office import SteadyClock

FACTS = OfficeFacts("云泽县", "青石镇", "339921102", "J001")
PEOPLE = [
    NewPerson("陈晓兰", Role.CLERK, "档案员今天也要好好收件呀"),
    NewPerson("吴审计", Role.AUDITOR, "审计员只读不改留痕可以查"),
]


@pytest.fixture(scope="module")
def opening(tmp_path_factory: pytest.TempPathFactory) -> Opening:
    made = Opening(tmp_path_factory.mktemp("desk") / "office", SteadyClock())
    made.code = made.create(FACTS, PEOPLE).code  # type: ignore[attr-defined]  the sheet is printed once
    return made


@pytest.fixture
def clerk(opening: Opening) -> Iterator[Desk]:
    desk = opening.unlock("陈晓兰", PEOPLE[0].password)
    yield desk
    desk.close()


def test_a_role_enters_only_its_own_rooms(opening: Opening, clerk: Desk) -> None:
    assert clerk.may("catalogue")
    with pytest.raises(NotAllowed):
        _ = clerk.exporting
    with pytest.raises(NotAllowed):
        _ = clerk.reviewing
    clerk.close()
    auditor = opening.unlock("吴审计", PEOPLE[1].password)
    try:
        assert auditor.may("export")
        for room in ("cataloguing", "filing", "receiving", "syncing", "reviewing"):
            with pytest.raises(NotAllowed):
                getattr(auditor, room)
    finally:
        auditor.close()


def test_a_wrong_password_opens_nothing_and_the_recovery_code_opens_with_a_new_one(opening: Opening) -> None:
    with pytest.raises(WrongPassword):
        opening.unlock("陈晓兰", "不是这个口令不是这个口令")
    with pytest.raises(WrongCode):
        opening.recover("AAAA-AAAA", "陈晓兰", "换一个新的也好记的口令吧")
    opening.recover(opening.code, "陈晓兰", PEOPLE[0].password).close()  # type: ignore[attr-defined]
    opening.unlock("陈晓兰", PEOPLE[0].password).close()


def test_an_archive_is_never_made_over_another_and_a_weak_password_makes_none(opening: Opening, tmp_path: Path) -> None:
    with pytest.raises(Refused):
        opening.create(FACTS, PEOPLE)
    other = Opening(tmp_path / "office", SteadyClock())
    with pytest.raises(WeakPassword):
        other.create(FACTS, [NewPerson("陈晓兰", Role.CLERK, "123")])
    assert not other.exists()
    other.create(FACTS, PEOPLE[:1])
    assert other.exists()


def test_the_index_is_tidied_now_and_then_and_not_at_every_look(opening: Opening) -> None:
    clock = SteadyClock()
    desk = Opening(opening.folder, clock).unlock("陈晓兰", PEOPLE[0].password)
    try:
        assert desk.tidy() is False
        clock.forward(timedelta(minutes=3))
        assert desk.tidy() is True
        assert desk.tidy() is False
    finally:
        desk.close()


def test_an_empty_desk_has_nothing_waiting(clerk: Desk) -> None:
    counts = clerk.counts()
    assert (counts.inbox, counts.drafts, counts.to_send, counts.returned, counts.records) == (0, 0, 0, 0, 0)
    assert clerk.office == "云泽县青石镇"
    assert not clerk.practice
