"""What is read from outside, fuzzed for a bounded time: the codec, the keystore, tables as text, archive numbers, dates, reports."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from pathlib import Path

import msgpack
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from desktop.documents.ofd import open_ofd
from desktop.documents.sheet_rows import CannotReadTable
from desktop.documents.sheet_text import open_text
from sync.contract import dates, identity, numbers
from sync.contract.errors import ArchiveTooNew, BadRequest, LantaiError, SealBroken
from sync.contract.four_properties import Tally
from sync.contract.kind_files import load_kinds
from sync.contract.messages import SyncReply, SyncRequest
from sync.contract.record_checks import RecordChecker, RecordFacts
from sync.contract.revisions import canonical_bytes, hash_revision, read_body
from sync.contract.wire import pack, unpack
from sync.vault.keystore_file import Content, canonical_json
from sync.vault.packets import Packet
from tests.sync.contract.office import NOW

BOUNDED = settings(
    max_examples=40, deadline=timedelta(seconds=2), suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)  # fmt: skip
KINDS = load_kinds()
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=5),
    max_leaves=20,
)
MESSAGES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.text(max_size=12) | st.binary(max_size=40) | st.floats(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["epoch", "after", "feed_hash", "batch", "seal", "parts", "witness", "numbers", "events", "ran", "found", "x"]), inner, max_size=6),
    max_leaves=25,
)  # fmt: skip
MEMBERS = (
    "layout",
    "kind",
    "kind_version",
    "origin",
    "number",
    "title",
    "fields",
    "normal",
    "reasons",
    "papers",
    "attachments",
    "filed",
)


@BOUNDED
@given(MESSAGES | st.binary(max_size=200))
def test_whatever_comes_over_the_line_is_a_message_or_a_bad_request(said: object) -> None:
    plain = said if isinstance(said, bytes) else msgpack.packb(said)
    for data in (zstandard.ZstdCompressor().compress(plain), plain):
        for kind in (SyncRequest, SyncReply):
            try:
                read = unpack(kind, data)
            except BadRequest:
                continue
            assert unpack(kind, pack(read)) == read


@BOUNDED
@given(st.binary(max_size=300) | JSON.map(lambda said: json.dumps(said).encode()))
def test_whatever_stands_in_a_keystore_is_one_or_is_refused(found: bytes) -> None:
    for tried in (found, _sealed(found)):
        try:
            Content.from_bytes(tried)
        except (SealBroken, ArchiveTooNew):
            continue


def _sealed(found: bytes) -> bytes:
    """The same with the format's own words and a hash that is right."""
    try:
        said = json.loads(found)
    except ValueError:
        said = None
    whole = {**(said if isinstance(said, dict) else {}), "format": "lantai-keystore", "version": 1}
    return json.dumps({**whole, "sha256": hashlib.sha256(canonical_json(whole)).hexdigest()}).encode()


@BOUNDED
@given(st.dictionaries(st.sampled_from(MEMBERS), JSON), st.booleans())
def test_whatever_a_body_says_the_checks_of_the_four_properties_come_to_an_end(
    said: dict[str, object], known: bool
) -> None:
    if known:
        said |= {"layout": 1, "kind": "marriage", "kind_version": 1, "number": "J001-HY·2016-D100-0001"}
    body = canonical_bytes(said)
    assert read_body(body) == said
    record = "01900000-0000-7000-8000-000000000000"
    tally = Tally()
    facts = RecordFacts(record, hash_revision(record, (), "put", body), (), "put", body, files={})  # type: ignore[arg-type]
    RecordChecker(KINDS, NOW.date(), "J001").check(facts, tally)
    assert not tally.counts["Z1"]
    assert tally.to_json()


@BOUNDED
@given(st.binary(max_size=400) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_whatever_a_text_table_holds_is_rows_or_refused(content: bytes) -> None:
    try:
        _encoding, sheet = open_text(content)
        for number, _row in zip(range(50), sheet.rows(0), strict=False):
            assert number < 50
    except CannotReadTable:
        return


@BOUNDED
@given(st.text(max_size=40))
def test_whatever_is_written_as_a_number_or_a_date_is_read_or_is_not(text: str) -> None:
    dates.read(text)
    identity.read(text)
    found = numbers.read(text)
    assert found is None or numbers.read(found[0].number(found[1])) == found


@BOUNDED
@given(st.binary(max_size=300))
def test_whatever_lies_on_a_stick_or_calls_itself_an_ofd_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    assert open_ofd(b"PK\x03\x04" + content + b"OFD.xml") is None
    place = tmp_path / "UP-1.LTP"
    place.write_bytes(b"LTPK\x01" + content)
    try:
        Packet.look(place)
    except LantaiError:
        return
