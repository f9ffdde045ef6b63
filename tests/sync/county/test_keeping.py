"""A county is copied beside the running server, checked, and put back: nothing is lost, and what was altered is said."""

from __future__ import annotations

import json
import shlex
import ssl
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest

from sync.contract.board import Board, TownshipStanding
from sync.contract.errors import BackupBroken, BadRequest, SealBroken
from sync.contract.revisions import TownshipId
from sync.county import keeping
from sync.county.__main__ import _parser, main
from sync.county.service import County
from sync.county.status_page import status_page
from tests.sync.client.people import DeskPerson, Reviewer
from tests.sync.county_process import CountyProcess, running_county

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
INSTALLER = Path(__file__).parents[3] / "installer"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CountyProcess]:
    with running_county(tmp_path_factory.mktemp("keeping") / "county") as county:
        yield county


@pytest.fixture(scope="module")
def desk(served: CountyProcess) -> DeskPerson:
    person, reviewer = DeskPerson(served), Reviewer(served)
    filed = [person.file(f"第{number}号通知", attachments=(bytes([number]) * 70_000,)) for number in range(4)]
    person.seal()
    person.exchange()
    for one in filed[:3]:
        reviewer.staff.accept(reviewer.staff.record(one.record_id), one.id)
    person.exchange()
    return person


def opened(county: CountyProcess) -> County:
    return County(county.folder, county.folder / "county.key")


def copied(served: CountyProcess, place: Path) -> Path:
    beside = opened(served)
    try:
        return keeping.back_up(beside, place)
    finally:
        beside.close()


def test_a_copy_made_beside_the_server_is_put_back_and_the_desk_goes_on(
    served: CountyProcess, desk: DeskPerson, tmp_path: Path
) -> None:
    generation = copied(served, tmp_path / "place")
    desk.file("备份以后的通知")
    desk.seal()
    desk.exchange()
    before = opened(served)
    epoch = before.ledger.epoch
    before.close()
    keeping.restore(generation, tmp_path / "again", served.folder / "county.key")
    again = County(tmp_path / "again", tmp_path / "again" / "county.key")
    assert again.ledger.epoch != epoch
    assert list(keeping.check(again, whole=True)) == []
    again.close()
    put_back = CountyProcess(tmp_path / "again", port=served.port)
    served.stop()
    try:
        put_back.start()
        outcome = desk.exchange()
        assert outcome.digest_equal is True
        with opened(put_back).storage.connection() as connection:
            numbers = connection.exec_driver_sql("SELECT count(*) FROM record").scalar_one()
        assert numbers == 5  # also the one that was sent after the copy
    finally:
        put_back.stop()
        served.start()


def test_the_key_is_in_no_copy_and_nothing_is_readable_in_it(
    served: CountyProcess, desk: DeskPerson, tmp_path: Path
) -> None:
    copied(served, tmp_path / "place")
    key = (served.folder / "county.key").read_bytes()
    for one in (tmp_path / "place").rglob("*"):
        if one.is_file():
            content = one.read_bytes()
            assert key not in content
            assert "号通知".encode() not in content
    (tmp_path / "other.key").write_bytes(bytes(len(key)))
    generation = keeping.generations(tmp_path / "place")[0]
    with pytest.raises(SealBroken):
        keeping.restore(generation, tmp_path / "again", tmp_path / "other.key")


@pytest.mark.parametrize("what", ["database", "file", "manifest"])
def test_a_copy_that_was_altered_is_not_put_back(
    served: CountyProcess, desk: DeskPerson, tmp_path: Path, what: str
) -> None:
    generation = copied(served, tmp_path / "place")
    if what == "manifest":
        (generation / "manifest.json").write_text('{"layout": 1}')
    else:
        sealed = next((tmp_path / "place" / "files").glob("??/*"))
        target = generation / "county.db" if what == "database" else sealed
        content = bytearray(target.read_bytes())
        content[len(content) // 2] ^= 1
        target.write_bytes(content)
    with pytest.raises(BackupBroken):
        keeping.restore(generation, tmp_path / "again", served.folder / "county.key")


def test_a_county_is_never_put_over_another(served: CountyProcess, desk: DeskPerson, tmp_path: Path) -> None:
    generation = copied(served, tmp_path / "place")
    with pytest.raises(BadRequest):
        keeping.restore(generation, served.folder, served.folder / "county.key")


def test_old_copies_go_and_no_file_that_a_copy_wants(served: CountyProcess, desk: DeskPerson, tmp_path: Path) -> None:
    place, made = tmp_path / "place", []
    for hour in range(3):
        moment = NOON + timedelta(hours=hour)
        beside = County(served.folder, served.folder / "county.key", clock=lambda moment=moment: moment)
        made.append(keeping.back_up(beside, place, keep=2, told=lambda line: None))
        beside.close()
    left = keeping.generations(place)
    assert left == made[1:]
    wanted = set((left[-1] / "files.txt").read_text().split())
    assert {one.name for one in (place / "files").glob("??/*")} == wanted


def test_a_check_says_what_is_wrong(served: CountyProcess, desk: DeskPerson, tmp_path: Path, capsys) -> None:
    generation = copied(served, tmp_path / "place")
    folder = tmp_path / "again"
    keeping.restore(generation, folder, served.folder / "county.key")
    assert main(["check", "--data", str(folder), "--whole"]) == 0
    sealed = sorted((folder / "attachments").glob("??/*"))
    sealed[0].unlink()
    sealed[1].write_bytes(sealed[1].read_bytes()[:-1])
    capsys.readouterr()
    assert main(["check", "--data", str(folder)]) == 2
    assert capsys.readouterr().out.count("attachment away") == 1
    assert main(["check", "--data", str(folder), "--whole"]) == 2
    assert len(capsys.readouterr().out.splitlines()) == 2
    spoiled = County(folder, folder / "county.key")
    with spoiled.storage.connection(writing=True) as connection:
        connection.exec_driver_sql("UPDATE township SET heads = heads + 1")
    assert any(line.startswith("digest of") for line in keeping.check(spoiled))
    spoiled.close()


def test_a_watching_system_on_the_machine_reads_figures_without_names(served: CountyProcess, desk: DeskPerson) -> None:
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE

    def asked(path: str) -> str:
        with urllib.request.urlopen(served.address + path, context=trusting, timeout=20) as answer:
            return str(answer.read().decode())

    assert asked("/healthz").startswith("ok ")
    told = asked("/metrics")
    assert 'lantai_heads{township="339921102"} 3' in told
    assert "青石镇" not in told
    assert all(line.startswith(("#", "lantai_")) for line in told.splitlines())


class Seen(HTMLParser):
    """The tags of a page that are not closed, every tag there was, and its words."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.words = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data if "style" not in self.open else ""


def test_the_status_page_shows_every_township_without_script(served: CountyProcess, desk: DeskPerson) -> None:
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    with urllib.request.urlopen(served.address + "/status", context=trusting, timeout=20) as answer:
        page, policy = answer.read().decode(), answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    seen = Seen()
    seen.feed(page)
    assert seen.open == []
    assert not seen.tags & {"script", "form", "input", "img", "link", "iframe", "a"}
    assert "青石镇" in seen.words
    assert "还没有乡镇接入" not in seen.words


def test_a_township_cannot_write_into_the_status_page(tmp_path: Path) -> None:
    standing = TownshipStanding(
        TownshipId("339921102"), "<script>alert(1)</script>", 1, "", 0, None, 0, 0, 0, 0, 0, (0,) * 14
    )  # fmt: skip
    page = status_page(Board((standing,), "2026-03-02T04:00:00+00:00"), "<b>县</b>", tmp_path)
    seen = Seen()
    seen.feed(page)
    assert "script" not in seen.tags
    assert "<script>alert(1)</script>" in seen.words
    assert "<b>县</b>" in seen.words


def test_a_report_tells_every_township(served: CountyProcess, desk: DeskPerson, capsys) -> None:
    assert main(["report", "--data", str(served.folder)]) == 0
    assert "339921102 青石镇" in capsys.readouterr().out


def test_devices_and_users_are_told_apart(served: CountyProcess, desk: DeskPerson, capsys) -> None:
    assert main(["devices", "--data", str(served.folder)]) == 0
    devices = capsys.readouterr().out.splitlines()
    assert [line.split()[1] for line in devices] == ["desk", "reviewer"]
    assert main(["users", "--data", str(served.folder)]) == 0
    (user,) = capsys.readouterr().out.splitlines()
    assert user.startswith("周敏 reviewer ")
    assert "signed_in=20" in user
    assert main(["end-enrolment", "--data", str(served.folder), "--device", user.split()[2]]) == 0
    assert main(["users", "--data", str(served.folder)]) == 0
    assert " ended 20" in capsys.readouterr().out


@pytest.mark.parametrize("unit", ["lantai-county.service", "lantai-county-backup.service"])
def test_the_units_start_commands_that_there_are(unit: str) -> None:
    lines = [line for line in (INSTALLER / unit).read_text().splitlines() if line.startswith("ExecStart=")]
    assert lines
    for line in lines:
        words = shlex.split(line.removeprefix("ExecStart="))
        assert words[1:3] == ["-m", "sync.county"]
        _parser().parse_args(words[3:])  # raises SystemExit for a word it does not know


def test_a_manifest_says_what_the_copy_holds(served: CountyProcess, desk: DeskPerson, tmp_path: Path) -> None:
    generation = copied(served, tmp_path / "place")
    said = json.loads((generation / "manifest.json").read_text())
    assert (said["county"], said["files"]) == ("云泽县民政局", 4)
    assert said["records"] >= 4
