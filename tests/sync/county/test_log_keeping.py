"""The county witnesses its desks' audit logs, refuses what does not follow, and shows its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from sync.contract.board import Matter
from sync.contract.errors import BadRequest, SealBroken
from sync.contract.log_heads import LogFlaw, LogSaid
from sync.contract.revisions import DeviceId, TownshipId
from sync.contract.wire import pack_request
from sync.county.__main__ import main
from sync.county.board import read_board
from sync.county.log_check import check_log
from sync.county.service import County
from sync.vault import audit
from sync.vault.audit import Finding, Flaw
from sync.vault.checkpoints import read_note, split_notes
from sync.vault.engine import read
from sync.vault.signing import SigningKey
from tests.sync.county.witnessed import Clock, WitnessedDesk, alter, open_county


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def county(tmp_path: Path, clock: Clock) -> Iterator[County]:
    made = open_county(tmp_path / "county", clock)
    yield made
    made.close()


@pytest.fixture
def desk(county: County, tmp_path: Path) -> Iterator[WitnessedDesk]:
    made = WitnessedDesk(county, tmp_path / "desk")
    yield made
    made.engine.dispose()


def matter(county: County) -> Matter:
    with county.storage.connection() as connection:
        (one,) = read_board(connection, county.now()).townships
    return one.matter(county.now())


def said_of(county: County, act: str) -> list[dict[str, object]]:
    with county.storage.keeping() as connection:
        return [event.details for event in audit.of_act(connection, act)]


def test_every_head_that_follows_is_kept_in_the_countys_own_log(county: County, desk: WitnessedDesk) -> None:
    sizes = []
    for times in (1, 2, 40, 0, 7):
        desk.act(times)
        told = desk.send()
        assert (told.kept, told.flaw) == (sum((*sizes, times)), LogFlaw.NONE)
        sizes.append(times)
    assert [one["size"] for one in said_of(county, "checkpoint.kept")] == [
        1,
        3,
        43,
        50,
    ]  # nothing new is not told twice
    checkpoints = [read_note(note, desk.key.public) for note in county.logs.notes(DeviceId(desk.desk.holder.device))]
    with read(desk.engine) as connection:
        verdict = audit.verify(connection, checkpoints)
    assert (verdict.ok, verdict.size, verdict.checkpoints) == (True, 50, 4)
    assert matter(county) is not Matter.LOG_BROKEN


def test_a_head_is_small_on_the_line(desk: WitnessedDesk) -> None:
    desk.act(1000)
    desk.send()
    desk.act(3)
    assert len(pack_request(LogSaid(desk.say(), 77))) <= 200


@pytest.mark.parametrize(
    ("statement", "flaw"),
    [
        ("UPDATE audit SET who = 'x' WHERE sequence = 5", LogFlaw.DIFFERS),
        ("UPDATE audit SET who = 'x' WHERE sequence = 12", LogFlaw.DIFFERS),
        ("DELETE FROM audit WHERE sequence = 5", LogFlaw.SHORTER),
        ("DELETE FROM audit WHERE sequence > 8", LogFlaw.SHORTER),
    ],
)
def test_a_past_that_was_rewritten_or_cut_is_refused_and_the_board_says_so_until_an_officer_settles_it(
    county: County, desk: WitnessedDesk, statement: str, flaw: LogFlaw
) -> None:
    desk.act(12)
    desk.send()
    desk.alter(statement)
    assert (desk.send().flaw, desk.known) == (flaw, 12)
    desk.send()
    assert matter(county) is Matter.LOG_BROKEN
    assert [(one["flaw"], one["seen"]) for one in said_of(county, "log.refused")] == [(flaw.value, 12)]
    if flaw is LogFlaw.SHORTER:  # growing over the place does not hide it
        desk.act(20)
        assert desk.send().flaw is LogFlaw.DIFFERS
    county.logs.begin_again(DeviceId(desk.desk.holder.device), "李主任", "镇里恢复了备份")
    assert matter(county) is not Matter.LOG_BROKEN
    assert desk.send().flaw is LogFlaw.AGAIN
    assert desk.send().flaw is LogFlaw.NONE
    assert [one["why"] for one in said_of(county, "log.begun-again")] == ["镇里恢复了备份"]
    with pytest.raises(BadRequest):
        county.logs.begin_again(DeviceId("nobody"), "李主任", "…")


def test_a_desk_that_is_wrong_again_and_again_fills_no_log_and_an_absurd_one_is_refused(
    county: County, desk: WitnessedDesk, clock: Clock
) -> None:
    desk.act(9)
    desk.send()
    for cut in (7, 5, 3):
        desk.alter(f"DELETE FROM audit WHERE sequence > {cut}")
        assert desk.send().flaw is LogFlaw.SHORTER
    clock.now += timedelta(days=1)
    desk.send()
    assert len(said_of(county, "log.refused")) == 2
    for absurd in ({"size": 2**63}, {"known": -1}):
        with pytest.raises(BadRequest):
            desk.send(replace(desk.say(), **absurd))


def test_a_fork_of_the_same_size_is_refused(county: County, desk: WitnessedDesk) -> None:
    desk.act(6)
    desk.send()
    desk.act(2, who="真")
    desk.send()
    desk.alter("UPDATE audit SET who = '假' WHERE sequence > 6")
    for known in (8, 6, 0):
        desk.known = known
        assert desk.send().flaw is LogFlaw.DIFFERS


def test_another_desks_head_or_an_outsiders_signature_is_refused(
    county: County, desk: WitnessedDesk, tmp_path: Path
) -> None:
    other = WitnessedDesk(county, tmp_path / "other", TownshipId("339921103"))
    other.act(9)
    assert desk.send(other.say()).flaw is LogFlaw.DIFFERS
    desk.act(9)
    honest = desk.say()
    desk.key = SigningKey.new()
    for forged in (desk.say(), replace(honest, size=10), replace(honest, chain=bytes(32)), replace(honest, nodes=b"")):
        assert desk.send(forged).flaw is LogFlaw.DIFFERS
    assert desk.send(honest).flaw is LogFlaw.NONE  # but the doubt stays until it is settled
    assert any(one.log_flaw for one in _board(county))
    other.engine.dispose()


def _board(county: County):
    with county.storage.connection() as connection:
        return read_board(connection, county.now()).townships


def test_after_a_lost_answer_or_a_restored_county_the_head_is_said_again(county: County, desk: WitnessedDesk) -> None:
    desk.act(5)
    desk.send()
    desk.act(5)
    desk.send()
    for known in (5, 99):
        desk.act()
        desk.known = known
        assert (desk.send().flaw, desk.known) == (LogFlaw.AGAIN, 10 + (known == 99))
        assert desk.send().flaw is LogFlaw.NONE
    assert matter(county) is not Matter.LOG_BROKEN


def test_the_county_shows_its_own_head_once_a_day_and_each_follows_the_one_before(
    county: County, desk: WitnessedDesk, clock: Clock, tmp_path: Path
) -> None:
    other = WitnessedDesk(county, tmp_path / "other")
    heads = []
    for day in range(5):
        desk.act()
        heads.append(desk.send().head is not None)
        desk.act()
        heads.append(desk.send().head is not None)
        if day in (0, 3):  # was away between
            other.act()
            assert other.send().head is not None
        clock.now += timedelta(days=1)
    assert heads == [True, False] * 5
    assert other.seen.frontier.size < desk.seen.frontier.size
    with county.storage.keeping() as connection:
        assert len(audit.kept_notes(connection)) == 5
        assert audit.verify(connection, [read_note(one, desk.authority) for one in audit.kept_notes(connection)]).ok
    other.engine.dispose()


@pytest.mark.parametrize(
    "statement", ["UPDATE audit SET who = 'x' WHERE sequence = 2", "DELETE FROM audit WHERE sequence > 1"]
)
def test_a_county_that_rewrites_or_cuts_its_own_log_gives_no_head_that_follows(
    county: County, desk: WitnessedDesk, clock: Clock, statement: str
) -> None:
    desk.act()
    desk.send()
    held = desk.seen.frontier.size
    with county.storage.connection(writing=True) as connection:
        alter(connection, statement)
        if statement.startswith("DELETE"):
            connection.exec_driver_sql("DELETE FROM log_day")  # it would have to hide that, too
    clock.now += timedelta(days=1)
    desk.act()
    with pytest.raises(SealBroken):
        desk.send()
    assert desk.seen.frontier.size == held


def test_the_countys_own_check_compares_what_it_has_seen_and_what_townships_kept(
    county: County, desk: WitnessedDesk, clock: Clock
) -> None:
    for _ in range(2):
        desk.act(3)
        desk.send()
        clock.now += timedelta(days=1)
    with county.storage.keeping() as connection:
        heads = "\n".join(audit.kept_notes(connection))
    good = check_log(county, heads)
    assert (good.ok, good.checkpoints) == (True, 4)  # its own two, and those of the township
    assert check_log(county, heads + "\n" + next(county.logs.notes())).first == (Finding(Flaw.NOTE_FOREIGN, 3))
    with county.storage.connection(writing=True) as connection:
        connection.exec_driver_sql("UPDATE seen_log SET size = 3, peaks = x'" + "00" * 64 + "'")
    assert [one.flaw for one in check_log(county).findings] == [Flaw.STATE_DIFFERS]
    with county.storage.connection(writing=True) as connection:
        alter(connection, "UPDATE audit SET subject = 'x' WHERE sequence = 2", "DELETE FROM audit_checkpoint")
    assert Flaw.HISTORY_DIFFERS in {one.flaw for one in check_log(county, heads).findings}


def test_the_countys_command_writes_what_it_kept_and_ends_with_a_code(
    county: County, desk: WitnessedDesk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.act(3)
    desk.send()
    kept, asked = tmp_path / "kept.txt", ["audit", "--data", str(county.folder)]
    assert main([*asked, "--write", str(kept), "--device", desk.desk.holder.device]) == 0
    assert "the log is whole" in capsys.readouterr().out
    assert [read_note(note, desk.key.public).size for note in split_notes(kept.read_text(encoding="utf-8"))] == [3]
    assert main([*asked, "--checkpoints", str(kept)]) == 2  # a desk's notes are not the county's heads
    assert "note_foreign" in capsys.readouterr().err
    with county.storage.keeping(writing=True) as connection:
        alter(connection)  # the guards are gone
        connection.exec_driver_sql("UPDATE audit SET who = 'x' WHERE sequence = 2")
    assert main(asked) == 2
    assert "row 2: row_altered" in capsys.readouterr().err
