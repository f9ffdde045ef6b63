"""What a hostile caller with a valid certificate meets: limits, marks, and nothing of other townships."""

from __future__ import annotations

import hashlib
import socket
import ssl
from dataclasses import replace

import msgpack
import pytest
import zstandard

from sync.client.session import LineSession
from sync.contract.decisions import certificate_bytes
from sync.contract.errors import BadRequest, CountyBusy, CountyOlder, NotAllowed
from sync.contract.messages import SentBatch, SyncReply, SyncRequest
from sync.contract.revisions import RecordState
from sync.contract.wire import MOST_PACKED_BYTES, MOST_UNPACKED_BYTES
from sync.county.authority import new_authority
from sync.county.service import County
from sync.tls import carry_key, trust_only
from tests.sync.client.people import DeskPerson, Reviewer
from tests.sync.contract.office import NOW
from tests.sync.county_process import running_county


@pytest.fixture(scope="module")
def county(tmp_path_factory):
    with running_county(tmp_path_factory.mktemp("county")) as county:
        yield county


@pytest.fixture(scope="module")
def desk(county):
    return DeskPerson(county)


@pytest.mark.parametrize(
    "body",
    [
        zstandard.compress(bytes(MOST_UNPACKED_BYTES * 4)),
        zstandard.compress(b"\x91" * 100_000 + b"\xc0"),
        zstandard.compress(msgpack.packb({"epoch": "", "after": "0", "feed_hash": b""})),
        b"",
        b"hello",
    ],
)
def test_a_body_that_is_a_bomb_or_no_message_is_refused(desk, body):
    with pytest.raises(BadRequest):
        desk.session.send("POST", "/v1/sync", body)
    assert desk.session.hello().county == "云泽县民政局"


def test_a_newer_desk_is_held_with_a_clear_word_and_an_older_one_served(desk):
    desk.exchange()
    revision = desk.file("新程序写的")
    desk.seal()
    place = desk.ledger.place()
    request = SyncRequest(place.epoch, place.after, place.feed_hash)
    with pytest.raises(CountyOlder) as held:
        desk.session.ask("POST", "/v1/sync", SyncReply, replace(request, version=2))
    assert held.value.facts["retry_after_s"] > 0
    assert desk.ledger.state(revision.record_id) is RecordState.QUEUED
    older = zstandard.compress(msgpack.packb({"epoch": place.epoch, "after": 0, "feed_hash": bytes(32), "version": 1}))
    assert desk.session.send("POST", "/v1/sync", older).content  # fields that came later are not missed
    desk.exchange()
    assert desk.ledger.state(revision.record_id) is RecordState.RECEIVED


def test_a_body_larger_than_any_message_is_refused_before_it_is_read(desk):
    with pytest.raises(BadRequest):
        desk.session.send("POST", "/v1/sync", bytes(MOST_PACKED_BYTES + 1))


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/docs",
        "/openapi.json",
        "/v1/nothing",
        "/v1/digest?bucket=x",
        "/v1/pairs?skip=277555265415519942144",
        "/v1/blobs/../../etc/passwd",
    ],
)
def test_there_is_nothing_but_the_calls_and_every_answer_is_marked(desk, path):
    with pytest.raises(BadRequest):
        desk.session.send("GET", path, None)


@pytest.mark.parametrize("headers", [{}, {"upload-offset": "-1", "upload-length": "3"}, {"upload-offset": "x"}])
def test_a_page_without_sound_headers_is_refused(desk, headers):
    with pytest.raises(BadRequest):
        desk.session.send("PATCH", "/v1/blobs/" + "a" * 64, b"abc", headers)


def test_a_page_that_no_record_names_is_not_kept(desk):
    content = b"anything"
    name = hashlib.sha256(content).hexdigest()
    with pytest.raises(BadRequest):
        desk.session.send("PATCH", f"/v1/blobs/{name}", content, {"upload-offset": "0", "upload-length": "8"})
    assert desk.session.send("HEAD", f"/v1/blobs/{name}", None).headers["upload-offset"] == "0"


def test_a_certificate_of_another_authority_ends_the_line(county, desk):
    imposter = new_authority("云泽县民政局", NOW)
    key, certificate = imposter.issue_server(["127.0.0.1"], NOW)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trust_only(context, desk.session.authority)
    carry_key(context, key, certificate)
    with socket.create_connection(("127.0.0.1", county.port)) as plain:
        assert first_bytes(context.wrap_socket(plain, server_hostname="127.0.0.1")) == b""


def first_bytes(line: ssl.SSLSocket) -> bytes:
    """Return what a server answers to hello; nothing if it ends the line."""
    with line:
        try:
            line.sendall(b"GET /v1/hello HTTP/1.1\r\nHost: county\r\n\r\n")
            return line.recv(100)
        except (ssl.SSLError, ConnectionError):
            return b""


def test_without_a_certificate_only_hello_is_answered(county, desk):
    stranger = LineSession(county.address, desk.session.authority, None)
    assert stranger.hello().newest == 1
    with pytest.raises(NotAllowed):
        stranger.ask("POST", "/v1/sync", SyncReply, SyncRequest("", 0, b""))


def test_a_desk_that_sends_anothers_batch_is_refused(county, desk):
    other = DeskPerson(county, township="339921103", name="白沙乡")
    other.exchange()
    desk.exchange()
    desk.file("通知")
    desk.seal()
    outgoing = desk.ledger.outgoing()
    place = other.ledger.place()
    parts = desk.ledger.read_parts(outgoing.seal.batch_id, 0, 1)
    request = SyncRequest(place.epoch, place.after, place.feed_hash, batch=SentBatch(outgoing.seal, parts))
    with pytest.raises(NotAllowed):
        other.session.ask("POST", "/v1/sync", SyncReply, request)


def test_only_the_newest_tls_is_spoken_and_nothing_without_it(county, desk):
    older = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    older.load_verify_locations(cadata=certificate_bytes(desk.session.authority))
    older.maximum_version = ssl.TLSVersion.TLSv1_2
    with socket.create_connection(("127.0.0.1", county.port)) as plain, pytest.raises((ssl.SSLError, ConnectionError)):
        older.wrap_socket(plain, server_hostname="127.0.0.1")
    with socket.create_connection(("127.0.0.1", county.port)) as plain:
        plain.sendall(b"GET /v1/hello HTTP/1.1\r\nHost: county\r\n\r\n")
        assert b"HTTP" not in plain.recv(100)


def test_a_bearer_is_good_on_its_own_device_only_and_ends_with_the_enrolment(county):
    owner, thief = Reviewer(county), Reviewer(county, "吴志远")
    bearer = {"Authorization": f"Bearer {owner.staff.sign_in().token}"}
    owner.session.send("GET", "/v1/board", None, bearer)
    thief.staff.sign_in()
    with pytest.raises(NotAllowed):
        thief.session.send("GET", "/v1/board", None, bearer)
    beside = County(county.folder, county.folder / "county.key")
    beside.end_enrolment(owner.enrolment.device)
    beside.close()
    with pytest.raises(NotAllowed):
        owner.session.send("GET", "/v1/board", None, bearer)


def test_strangers_who_guess_codes_are_slowed_down_whatever_address_they_claim(county, desk):
    stranger = LineSession(county.address, desk.session.authority, None)
    assert retry_after_s(stranger, 60) > 0


def retry_after_s(stranger: LineSession, tries: int) -> int:
    """Return how long the county asks to wait after so many tries; 0 if it does not mind."""
    try:
        for number in range(tries):
            stranger.send("GET", "/v1/hello", None, {"X-Forwarded-For": f"10.0.0.{number}"})
    except CountyBusy as busy:
        return int(str(busy.facts["retry_after_s"]))
    return 0
