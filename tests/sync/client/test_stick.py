"""The stick between a desk and a real county in its encrypted file: replay, loss, disorder and strangers are harmless."""

from __future__ import annotations

import random
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync.client.enrolment import Enrolment, make_request
from sync.client.stick import StickPost, Taken, Written
from sync.contract.batches import BatchId
from sync.contract.certificates import Role
from sync.contract.decisions import Decision, DecisionKind, Ground, sign_decision
from sync.contract.enrolment import EnrolRequest, prove
from sync.contract.errors import DiskFull
from sync.contract.packets import FOLDER
from sync.contract.revisions import RecordState, Revision, RevisionId, TownshipId
from sync.county.service import County, create_county
from sync.county.stick import StickOffice, TakenPackets
from sync.ledger import Proposal
from sync.ledger.memory_township import MemoryTownshipLedger
from tests.sync.client.people import a_document
from tests.sync.contract.office import new_uuid, put

AT = datetime(2026, 3, 2, tzinfo=UTC)


def never() -> bool:
    return False


class Clerk:
    """A desk that has a stick and no line."""

    def __init__(self, county: County, seed: int, township: str = "339921102") -> None:
        self.draw, self.county = random.Random(seed), county
        self.key = Ed25519PrivateKey.generate()
        self.enrolment = enrol(county, Role.DESK, TownshipId(township), self.key)
        self.ledger = MemoryTownshipLedger(TownshipId(township), self.enrolment.device, self.key)
        self.post = StickPost(self.ledger, self.enrolment, self.key)

    def file(self, text: str, *parents: Revision, pages: tuple[bytes, ...] = ()) -> Revision:
        named = [{"sha256": sha256(content).hexdigest(), "size": len(content)} for content in pages]
        body = a_document(text) | ({"attachments": named} if named else {})
        record = parents[0].record_id if parents else new_uuid(self.draw)
        revision = put(record, body, *[RevisionId(parent.id) for parent in parents])
        self.ledger.file(revision, pages)
        self.ledger.seal(BatchId(new_uuid(self.draw)), target_bytes=2000)
        return revision

    def write(self, stick: Path) -> Written:
        return self.post.write(stick, lambda _: None, never)

    def read(self, stick: Path) -> Taken:
        return self.post.read(stick, lambda _: None, never)


def enrol(county: County, role: Role, township: TownshipId | None, key: Ed25519PrivateKey) -> Enrolment:
    code = county.new_code(role, "青石镇" if township else "周敏", township, hours=1)
    line_key = ec.generate_private_key(ec.SECP256R1())
    request, public = make_request(line_key), key.public_key().public_bytes_raw()
    given = county.enrol(EnrolRequest(code.id, request, public, prove(code.secret, request, public)))
    der, pkcs8 = serialization.Encoding.DER, serialization.PrivateFormat.PKCS8
    return Enrolment(
        given.device, role, given.name, township, given.county, given.epoch, "https://no.line",
        line_key.private_bytes(der, pkcs8, serialization.NoEncryption()), given.line_certificate,
        given.signing_certificate, given.authority,
    )  # fmt: skip


@pytest.fixture
def county(tmp_path):
    create_county(tmp_path / "county", "云泽县民政局", tmp_path / "county.key", None)
    county = County(tmp_path / "county", tmp_path / "county.key", None)
    yield county
    county.close()


@pytest.fixture
def stick(tmp_path):
    folder = tmp_path / "stick"
    folder.mkdir()
    return folder


@pytest.fixture
def small_stick(tmp_path):
    """A disk of its own with room for 8 MiB."""
    folder = tmp_path / "small"
    folder.mkdir()
    if not sys.platform.startswith("linux"):
        pytest.skip("needs a small disk, which is made on Linux only")
    command = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)]
    if subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("needs a small disk, which this machine does not let us mount")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.fixture
def clerk(county):
    return Clerk(county, 1)


def at_the_county(county: County, stick: Path) -> list[TakenPackets]:
    return StickOffice(county).take(stick)


def accept(county: County, revision: Revision, kind: DecisionKind = DecisionKind.ACCEPTED) -> None:
    key = Ed25519PrivateKey.generate()
    person = enrol(county, Role.REVIEWER, None, key)
    file = county.ledger.record(revision.record_id)
    grounds = (Ground("issued", "unclear", "不清"),) if kind is DecisionKind.RETURNED else ()
    head = revision.id if kind is DecisionKind.ACCEPTED else file.head
    decision = Decision(file.township, file.record_id, kind, revision.id, head, file.history.tips, grounds)
    county.ledger.decide(Proposal(sign_decision(decision, person.signing_certificate, AT, key)))


def names(stick: Path) -> list[str]:
    return sorted(path.name for path in (stick / FOLDER).iterdir())


def round_trip(clerk: Clerk, stick: Path) -> Taken:
    clerk.write(stick)
    at_the_county(clerk.county, stick)
    return clerk.read(stick)


def test_records_and_pages_go_out_and_decisions_come_back_and_nothing_is_left_on_the_stick(county, clerk, stick):
    filed = [
        clerk.file(f"通知{n}", pages=(b"page %d" % n, clerk.draw.randbytes(5_000_000 if n else 10))) for n in range(2)
    ]
    written = clerk.write(stick)
    assert (written.packets, written.batches, written.revisions, written.pages, written.pages_left) == (2, 2, 2, 4, 0)
    (told,) = at_the_county(county, stick)
    assert (told.refused, told.problems, told.pages) == ("", [], 4)
    taken = clerk.read(stick)
    assert (taken.packets, taken.batches, taken.pages, taken.digest_equal) == (1, 2, 4, True)
    assert names(stick) == []
    assert {clerk.ledger.state(one.record_id) for one in filed} == {RecordState.RECEIVED}
    assert clerk.ledger.unsent_attachments(9) == ()
    accept(county, filed[0])
    accept(county, filed[1], DecisionKind.RETURNED)
    taken = round_trip(clerk, stick)
    assert (taken.events, taken.digest_equal) == (2, True)
    states = [clerk.ledger.state(one.record_id) for one in filed]
    assert states == [RecordState.ACCEPTED, RecordState.RETURNED]


def test_what_lies_on_the_stick_says_nothing_and_has_names_that_every_system_takes(clerk, stick):
    clerk.file("刘德华的低保", pages=(b"identity 110101199003070017",))
    clerk.write(stick)
    for path in (stick / FOLDER).iterdir():
        assert re.fullmatch(r"UP-[0-9A-F]{8}-[0-9A-F]{32}\.LTP", path.name)
        content = path.read_bytes()
        assert "刘德华".encode() not in content
        assert b"110101199003070017" not in content


def test_a_stick_that_is_lost_costs_a_trip_and_nothing_else(county, clerk, stick, tmp_path):
    first = clerk.file("甲", pages=(b"one",))
    clerk.write(stick)
    shutil.rmtree(stick / FOLDER)
    second = clerk.file("乙")
    taken = round_trip(clerk, stick)
    assert (taken.batches, taken.pages, taken.digest_equal) == (2, 1, True)
    accept(county, first)
    clerk.write(stick)
    at_the_county(county, stick)
    shutil.rmtree(stick / FOLDER)  # this time the answer is lost
    accept(county, second)
    taken = round_trip(clerk, stick)
    assert (taken.events, taken.late, taken.digest_equal) == (2, 0, True)


def test_packets_that_come_again_change_nothing(county, clerk, stick, tmp_path):
    revision = clerk.file("甲", pages=(b"one",))
    clerk.write(stick)
    shutil.copytree(stick, tmp_path / "kept")
    at_the_county(county, stick)
    accept(county, revision)
    shutil.copytree(stick, tmp_path / "answered")
    assert clerk.read(stick).batches == 1
    for old in ("kept", "answered", "kept"):
        shutil.copytree(tmp_path / old, stick, dirs_exist_ok=True)
        (told,) = at_the_county(county, stick)
        assert told.problems == []
        clerk.read(stick)
    assert clerk.ledger.state(revision.record_id) is RecordState.ACCEPTED
    assert county.ledger.digest(clerk.ledger.township) == clerk.ledger.digest()
    assert len(county.ledger.record(revision.record_id).standings) == 1


def test_answers_out_of_order_are_told_and_change_nothing(county, clerk, stick, tmp_path):
    filed = [clerk.file(f"通知{n}") for n in range(3)]
    round_trip(clerk, stick)
    older, newer = tmp_path / "older", tmp_path / "newer"
    for place, revision in ((older, filed[0]), (newer, filed[1])):
        place.mkdir()
        accept(county, revision)
        clerk.write(place)
        at_the_county(county, place)
    assert clerk.read(newer).events == 2
    before = clerk.ledger.place()
    late = clerk.read(older)
    assert (late.events, late.packets) == (0, 1)
    assert clerk.ledger.place() == before
    assert clerk.ledger.digest() == county.ledger.digest(clerk.ledger.township)


def test_an_answer_from_before_a_restore_changes_nothing(county, clerk, stick, tmp_path):
    clerk.file("甲")
    round_trip(clerk, stick)
    clerk.write(stick)
    at_the_county(county, stick)
    shutil.copytree(stick, tmp_path / "old")
    county.ledger.take_new_epoch("ab" * 16)
    shutil.rmtree(stick / FOLDER)
    taken = round_trip(clerk, stick)
    assert taken.new_epoch
    old = clerk.read(tmp_path / "old")
    assert (old.stale, old.packets, old.events) == (1, 0, 0)
    assert clerk.ledger.place().epoch == "ab" * 16
    assert round_trip(clerk, stick).digest_equal


def test_what_was_decided_comes_back_on_a_stick_to_a_county_that_was_put_back(county, clerk, stick, tmp_path):
    revision = clerk.file("甲")
    round_trip(clerk, stick)
    county.close()
    shutil.copytree(tmp_path / "county", tmp_path / "backup")
    accept(county, revision)
    round_trip(clerk, stick)
    restored = County(tmp_path / "backup", tmp_path / "county.key", None)
    restored.ledger.take_new_epoch("cd" * 16)
    clerk.county = restored
    assert round_trip(clerk, stick).new_epoch
    assert restored.ledger.awaited(clerk.ledger.township) == (clerk.enrolment.device,)
    assert round_trip(clerk, stick).digest_equal
    assert restored.ledger.awaited(clerk.ledger.township) == ()
    assert restored.ledger.record(revision.record_id).head == revision.id
    restored.close()


def test_packets_of_other_townships_lie_where_they_are(county, clerk, stick):
    other = Clerk(county, 2, "339921103")
    mine, theirs = clerk.file("甲"), other.file("乙")
    clerk.write(stick)
    other.write(stick)
    told = at_the_county(county, stick)
    assert sorted(one.township for one in told) == ["339921102", "339921103"]
    taken = clerk.read(stick)
    assert (taken.packets, taken.foreign) == (1, 1)
    assert clerk.ledger.state(mine.record_id) is RecordState.RECEIVED
    assert clerk.ledger.state(theirs.record_id) is None
    assert other.read(stick).packets == 1
    assert names(stick) == []


def test_a_packet_of_another_county_is_not_taken(county, clerk, stick, tmp_path):
    create_county(tmp_path / "other", "别的县", tmp_path / "other.key", None)
    other = County(tmp_path / "other", tmp_path / "other.key", None)
    clerk.file("甲")
    clerk.write(stick)
    (told,) = at_the_county(other, stick)
    other.close()
    assert told.refused == "not_allowed"


def test_a_desk_whose_enrolment_was_ended_is_not_served_by_stick_either(county, clerk, stick):
    clerk.file("甲")
    clerk.write(stick)
    county.end_enrolment(clerk.enrolment.device)
    (told,) = at_the_county(county, stick)
    assert told.refused == "not_allowed"


def test_a_desk_cannot_write_in_anothers_name(county, clerk, stick):
    other = Clerk(county, 3)
    clerk.file("甲")
    forger = StickPost(clerk.ledger, replace(clerk.enrolment, device=other.enrolment.device), clerk.key)
    forger.write(stick, lambda _: None, never)
    (told,) = at_the_county(county, stick)
    assert (told.requests, len(told.problems)) == (0, 1)
    assert told.problems[0].endswith("seal_broken")


@pytest.mark.parametrize("place", [0.2, 0.5, 0.9, 0.999])
def test_a_changed_byte_or_a_cut_takes_nothing_in_at_either_end(county, clerk, stick, place):
    revision = clerk.file("甲" * 200)
    clerk.write(stick)
    (packet,) = (stick / FOLDER).iterdir()
    whole = packet.read_bytes()
    at = int(len(whole) * place)
    for broken in (whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :], whole[:at]):
        packet.write_bytes(broken)
        told = at_the_county(county, stick)[0]
        assert told.requests == 0
        assert told.refused or told.problems
    packet.write_bytes(whole)
    at_the_county(county, stick)
    answers = sorted((stick / FOLDER).glob("DN-*"))
    whole = answers[-1].read_bytes()
    for one in answers[:-1]:
        one.unlink()
    for broken in (
        whole[:at] + bytes([whole[min(at, len(whole) - 1)] ^ 1]) + whole[at + 1 :],
        whole[: len(whole) // 2],
    ):
        answers[-1].write_bytes(broken)
        assert clerk.read(stick).packets == 0
        assert clerk.ledger.state(revision.record_id) is RecordState.QUEUED
    answers[-1].write_bytes(whole)
    assert clerk.read(stick).packets == 1
    assert clerk.ledger.state(revision.record_id) is RecordState.RECEIVED


def test_a_stick_stopped_or_pulled_in_the_middle_holds_no_half_packet(county, clerk, stick):
    clerk.file("甲", pages=(b"x" * 9_000_000,))
    asked = iter(range(3))
    written = clerk.post.write(stick, lambda _: None, lambda: next(asked, None) is None)
    assert (written.packets, written.pages_left) == (1, 1)
    assert len(names(stick)) == 1
    assert clerk.post.write(stick, lambda _: None, lambda: True).packets == 0
    assert len(names(stick)) == 1
    (stick / FOLDER / "UP-00000000-0.LTP.part").write_bytes(b"what a pulled stick leaves")
    assert clerk.write(stick).pages == 1
    assert not any(name.endswith(".part") for name in names(stick))


def test_a_stick_that_is_nearly_full_takes_the_rows_and_says_how_many_pages_are_left(county, clerk, small_stick):
    clerk.file("甲", pages=tuple(clerk.draw.randbytes(1_500_000) for _ in range(8)))
    written = clerk.write(small_stick)
    assert written.batches == 1
    assert 0 < written.pages < 8
    assert written.pages + written.pages_left == 8
    at_the_county(county, small_stick)
    assert clerk.read(small_stick).pages == written.pages
    assert clerk.write(small_stick).pages == written.pages_left


def test_a_full_stick_is_told_and_leaves_nothing_half(county, clerk, small_stick):
    revision = clerk.file("甲" * 1000)
    filler = small_stick / "holiday.mp4"
    filler.write_bytes(bytes(shutil.disk_usage(small_stick).free))
    with pytest.raises(DiskFull):
        clerk.write(small_stick)
    assert not any(small_stick.glob("LANTAI/*"))
    assert clerk.ledger.state(revision.record_id) is RecordState.QUEUED
    filler.unlink()
    assert clerk.write(small_stick).batches == 1
