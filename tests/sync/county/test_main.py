"""The county's commands, as its keeper types them."""

from __future__ import annotations

import pytest

from sync.contract.certificates import Holder, Role
from sync.contract.enrolment import read_code
from sync.contract.leases import Account, Closure, NumbersAsked
from sync.contract.messages import SyncRequest
from sync.contract.numbers import Series
from sync.contract.revisions import DeviceId, TownshipId
from sync.county.__main__ import main
from sync.county.service import County
from sync.ledger import Desk
from tests.sync.county.test_registry import ask

DESK = ("--role", "desk", "--township", "339921102", "--township-name", "青石镇")


@pytest.fixture
def county(tmp_path, capsys):
    folder = tmp_path / "county"
    assert main(["init", "--data", str(folder), "--name", "云泽县民政局"]) == 0
    return folder


def test_a_new_county_has_a_key_that_only_its_keeper_reads(county):
    assert (county / "county.key").stat().st_mode & 0o777 == 0o600
    assert (county / "county.db").read_bytes()[:6] != b"SQLite"


def test_a_county_is_not_made_over_another(county, capsys):
    key = (county / "county.key").read_bytes()
    assert main(["init", "--data", str(county), "--name", "别的县"]) == 2
    assert (county / "county.key").read_bytes() == key


def test_a_county_that_was_half_made_is_begun_again(tmp_path):
    folder = tmp_path / "county"
    folder.mkdir()
    (folder / "county.key.part").write_bytes(b"half")
    (folder / "county.db").write_bytes(b"half")
    assert main(["init", "--data", str(folder), "--name", "云泽县民政局"]) == 0
    County(folder, folder / "county.key").close()
    assert not (folder / "county.key.part").exists()


def test_a_database_whose_key_is_kept_elsewhere_is_left_alone(county, tmp_path):
    (county / "county.key").rename(tmp_path / "safe.key")
    held = (county / "county.db").read_bytes()
    assert main(["init", "--data", str(county), "--name", "云泽县民政局"]) == 2
    assert (county / "county.db").read_bytes() == held


def test_a_code_is_printed_in_groups_and_reads_back(county, capsys):
    assert main(["enrol-code", "--data", str(county), *DESK]) == 0
    printed = capsys.readouterr().out.strip()
    assert [len(group) for group in printed.split("-")] == [4] * 8
    assert read_code(printed.lower()).spell() == printed


@pytest.mark.parametrize("wrong", [("--hours", "73"), ("--hours", "0"), ("--township-name", "")])
def test_a_code_that_must_not_be_is_refused_with_a_reason(county, capsys, wrong):
    assert main(["enrol-code", "--data", str(county), *DESK, *wrong]) == 2
    assert "72 hours" in capsys.readouterr().err


def test_a_folder_without_a_county_is_said_to_be_so(tmp_path, capsys):
    assert main(["enrol-code", "--data", str(tmp_path), *DESK]) == 2
    assert "county.key" in capsys.readouterr().err


def test_a_wrong_key_opens_nothing(county, capsys):
    other = county / "other.key"
    other.write_bytes(bytes(32))
    assert main(["devices", "--data", str(county), "--key-file", str(other)]) == 2


def test_whose_numbers_are_whose_is_told_seat_by_seat_and_gap_by_gap(county, capsys):
    series = Series("J001", "HY", 2026, "D100")
    desk = Holder(DeviceId("01a20067-788a-7431-a90b-09954a6b32fa"), Role.DESK, "青石镇", TownshipId("339921102"))
    opened = County(county, county / "county.key")
    said = NumbersAsked(accounts=(Account(series, 1, 5000, 3, Closure.RETURNED, "年度已结", 4),))
    asked = SyncRequest(opened.ledger.epoch, 0, b"", numbers=said)
    assert opened.ledger.sync(Desk(desk, opened.authority.certificate), asked).numbers.seat == 1
    opened.close()
    told = ["numbers", "--data", str(county), "--township", "339921102"]
    assert main(told) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"seat 1 {desk.device}", f"block {series} 1-5000 given=3 seat=1 returned 年度已结"
    ]  # fmt: skip
    assert main([*told, "--series", str(series)]) == 0
    assert capsys.readouterr().out == f"{series}-0001 {series}-0003 not_here seat=1\n"
    assert main([*told, "--series", "婚姻登记"]) == 2
    assert "J001-HY" in capsys.readouterr().err


def test_desks_that_are_waited_for_after_a_restore_are_listed_and_waived_with_a_reason(county, capsys):
    opened = County(county, county / "county.key")
    device = _enrol_a_desk(opened)
    opened.close()
    assert main(["declare-restore", "--data", str(county)]) == 0
    assert main(["witnesses", "--data", str(county)]) == 0
    assert capsys.readouterr().out == f"339921102 青石镇 {device}\n"
    waiver = ["waive", "--data", str(county), "--township", "339921102", "--officer", "周敏", "--why", "电脑送修"]
    assert main(waiver) == 0
    assert capsys.readouterr().out == f"{device}\n"
    assert main(["witnesses", "--data", str(county)]) == 0
    assert capsys.readouterr().out == ""


def _enrol_a_desk(county: County) -> DeviceId:
    """A desk is enrolled, as the line does it."""
    code = county.new_code(Role.DESK, "青石镇", TownshipId("339921102"), hours=1)
    return DeviceId(county.enrol(ask(code)).device)
