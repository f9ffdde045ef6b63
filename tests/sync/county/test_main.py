"""The county's commands, as its keeper types them."""

from __future__ import annotations

import pytest

from sync.contract.enrolment import read_code
from sync.county.__main__ import main

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
