"""What is over its time is listed, destroyed with two people's word only, and then in no byte of the archive; what must still add up, does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from desktop.archive import attachments, records
from desktop.archive.archive import DATABASE
from desktop.documents.pages import PageReader
from desktop.services.archive_numbers import ArchiveNumbers
from desktop.services.examining import Examining
from desktop.services.finding import Asked
from desktop.services.retention import Retention
from sync.contract.errors import InvalidRecord, NotAllowed, Refused
from sync.contract.four_properties import Outcome
from sync.contract.gaps import Reason
from sync.contract.kind_files import load_kinds
from sync.contract.numbers import read
from sync.contract.retention import FOR_GOOD, last_day
from sync.vault import audit
from tests.desktop.services.office import SmallOffice, begin_office
from tests.desktop.services.test_examining import NOBODY, five_pages
from tests.powercut.plain_text import spellings

KEY: Final = bytes(range(32))
PAGE, RESERVED, SALT = 4096, 80, 16  # SQLCipher 4: of each page the last 80 bytes are IV and tag
LATER: Final = datetime(2120, 3, 2, 4, 0, tzinfo=UTC)  # a marriage of 2016 is kept a hundred years
SECRETS: Final = ("欧阳柏霖", "皇甫沁妍", "慕容鹤鸣村")
ON_THE_PAGE: Final = "司徒嘉铭手写附注"


def pages_of(path: Path, key: bytes) -> Iterator[bytes]:
    """Yield what every page of the encrypted file says, also those that SQLite holds for free."""
    content = path.read_bytes()
    for start in range(0, len(content), PAGE):
        page = content[start : start + PAGE]
        sealed, vector = page[SALT if start == 0 else 0 : -RESERVED], page[-RESERVED : -RESERVED + 16]
        opened = Cipher(algorithms.AES(key), modes.CBC(vector)).decryptor()
        yield opened.update(sealed) + opened.finalize()


def held(office: SmallOffice, looked_for: dict[str, bytes]) -> set[str]:
    """Return which of these stand in any page of the database, its log moved into it first."""
    office.archive.move_log()
    whole = b"".join(pages_of(office.archive.folder / DATABASE, KEY))
    assert b"CREATE TABLE" in whole  # the pages were opened
    return {name for name, content in looked_for.items() if content in whole}


@pytest.fixture
def office(tmp_path: Path) -> Iterator[SmallOffice]:
    made = begin_office(tmp_path / "office")
    yield made
    made.archive.close()


def retention(office: SmallOffice, person: str) -> Retention:
    return Retention(office.archive, office.kinds, person, office.clock)


def file_secret(office: SmallOffice) -> tuple[str, str]:
    """A record with names that nobody else has stands filed, its page read; its id and its file's hash are returned."""
    filed = office.file_marriage(
        text=ON_THE_PAGE, data=five_pages("secret"), husband__name=SECRETS[0], wife__name=SECRETS[1],
        husband__village=SECRETS[2],
    )  # fmt: skip
    with office.archive.act(office.person, office.clock()) as act:
        act.connection.exec_driver_sql(
            "UPDATE inbox_item SET name = ? WHERE record_uid = ?", (f"{SECRETS[0]}.pdf", filed.record)
        )
        act.connection.exec_driver_sql(
            "INSERT INTO import_entry (key, content, run_id, record_uid, number, state) VALUES ('k', ?, 'r', ?, ?, 'filed')",
            (json.dumps({"姓名": SECRETS[1]}, ensure_ascii=False), filed.record, filed.number),
        )
    with office.archive.reading() as connection:
        line = records.by_uid(connection, filed.record)
        assert line is not None
        said = records.body(connection, line.head)
    assert said is not None
    return str(filed.record), str(said["attachments"][0]["sha256"])


def looked_for(office: SmallOffice, record: str, sha256: str) -> tuple[dict[str, bytes], bytes]:
    """Return everything that must go, by what it is, and the id of the sealed file."""
    found = {f"{text} {form}": spelt for text in (*SECRETS, ON_THE_PAGE) for form, spelt in spellings(text).items()}
    with office.archive.reading() as connection:
        key, file_id = connection.exec_driver_sql(
            "SELECT file_key, file_id FROM attachment WHERE sha256 = ?", (sha256,)
        ).one()
        packed = connection.exec_driver_sql("SELECT body FROM revision WHERE record_uid = ?", (record,)).scalars().all()
    found |= {"file key": bytes(key)} | {f"body {n}": bytes(one)[len(one) // 2 :][:40] for n, one in enumerate(packed)}
    return found | {"a pair of the name": "ν欧阳".encode(), "syllables": b"bailin"}, bytes.fromhex(file_id)


def carry_out(office: SmallOffice, record: str) -> None:
    """Two people destroy the record."""
    first, second = retention(office, "陈晓兰"), retention(office, "周敏")
    first.mark([record], "期满")
    listed = first.propose()
    with pytest.raises(NotAllowed):
        first.approve(listed.id)
    with pytest.raises(Refused):
        first.carry_out(listed.id, lambda _: None, lambda: False)
    second.approve(listed.id)
    done = first.carry_out(listed.id, lambda _: None, lambda: False)
    assert (done.destroyed, done.passed_over) == (1, ())


def test_what_was_destroyed_is_in_no_byte_of_the_archive_and_the_rest_still_adds_up(office: SmallOffice) -> None:
    office.file_marriage(cert_no="J339921-2016-000077", data=five_pages("other"))
    record, sha256 = file_secret(office)
    secrets, file_id = looked_for(office, record, sha256)
    before = held(office, secrets)
    assert {
        f"{SECRETS[0]} utf-8",
        f"{SECRETS[1]} utf-8",
        f"{SECRETS[2]} utf-8",
        f"{ON_THE_PAGE} utf-8",
        "file key",
        "body 0",
    } <= before
    assert office.finding.find(Asked(SECRETS[0])).total == 1
    sealed = office.archive.files.place_of(file_id).read_bytes()
    office.clock.now = LATER
    carry_out(office, record)
    assert held(office, secrets) == set()
    assert not office.archive.files.place_of(file_id).exists()
    assert len(sealed) > 100  # a copy of the noise is all that anybody could have kept
    assert office.finding.find(Asked(SECRETS[0])).total == 0
    with office.archive.reading() as connection:
        assert audit.verify(connection).ok
        assert attachments.find(connection, sha256) is None
        stones = connection.exec_driver_sql("SELECT id, body FROM revision WHERE record_uid = ?", (record,)).all()
    assert [bytes(one.body) for one in stones] == [b""]
    (line,) = retention(office, "陈晓兰").register()
    assert (line.record, line.head, line.appraised_by, line.files) == (record, stones[0].id, "陈晓兰", 1)
    found = read(line.number)
    assert found is not None
    told = ArchiveNumbers(office.archive, office.person, office.clock)
    assert (gap := told.where(line.number).gap) is not None
    assert gap.reason is Reason.DESTROYED
    assert not [one for one in told.gaps(found[0]) if one.first <= found[1] <= one.last]
    office.clock.now += timedelta(days=1)
    with PageReader() as reader:
        report = Examining(office.archive, office.kinds, reader, NOBODY, office.person, office.clock).run(
            lambda _: None, lambda: False
        )
    assert {one.item for one in report.results if one.outcome is Outcome.FAILED} == set()


def test_only_what_is_over_its_time_is_listed_and_what_is_kept_comes_again_when_that_is_over(
    office: SmallOffice,
) -> None:
    filed = office.file_marriage()
    desk = retention(office, "陈晓兰")
    assert desk.expired() == []
    with pytest.raises(Refused):
        desk.mark([str(filed.record)], "早")
    office.clock.now = datetime(2117, 1, 2, 4, 0, tzinfo=UTC)
    (one,) = desk.expired()
    assert (one.number, one.over_since.isoformat()) == (filed.number, "2116-12-31")
    with pytest.raises(InvalidRecord):
        desk.keep([one.record], 2150, " ")
    desk.keep([one.record], 2150, "名人档案")
    assert desk.expired() == []
    office.clock.now = datetime(2151, 1, 2, 4, 0, tzinfo=UTC)
    assert [again.record for again in desk.expired()] == [one.record]
    desk.keep([one.record], FOR_GOOD, "永久")
    office.clock.now = datetime(2300, 1, 2, 4, 0, tzinfo=UTC)
    assert desk.expired() == []


@pytest.mark.parametrize(
    ("kind", "code", "said", "last"),
    [
        ("marriage", "D100", {}, "2120-12-31"),
        ("marriage", "Y", {}, None),
        ("marriage", "D7", {}, None),
        ("dibao", "E3", {"fields": {}}, None),
        ("dibao", "E3", {"fields": {"end": "2021年6月"}}, "2024-06-30"),
        ("dibao", "E3", {"normal": {"end": {"value": "2020-02-29", "precision": "day"}}}, "2023-02-28"),
    ],
)
def test_a_fixed_term_ends_with_its_year_and_one_from_an_event_with_the_day(
    kind: str, code: str, said: dict[str, object], last: str | None
) -> None:
    found = last_day(load_kinds()[kind], code, 2020, said)
    assert (found.isoformat() if found else None) == last


def test_a_shared_file_stays_and_a_record_that_was_taken_up_again_is_passed_over(office: SmallOffice) -> None:
    one, other = (office.file_marriage(cert_no=f"J339921-2016-{n:06}", data=five_pages(f"{n}")) for n in (1, 2))
    office.clock.now = LATER
    first, second = retention(office, "陈晓兰"), retention(office, "周敏")
    first.mark([str(one.record), str(other.record)], "期满")
    listed = first.propose()
    second.approve(listed.id)
    with office.archive.act("x", office.clock()) as act:
        shared = act.connection.exec_driver_sql(
            "SELECT sha256 FROM inbox_item WHERE record_uid = ?", (one.record,)
        ).scalar_one()
        act.connection.exec_driver_sql(
            "INSERT INTO inbox_item (id, name, state, sha256, size_bytes, pages, reason, received_at, record_uid)"
            " VALUES ('again', 'b.pdf', 'doubled', ?, 1, 1, '', '', '')",
            (shared,),
        )
    office.cataloguing.correct(str(other.record))
    done = first.carry_out(listed.id, lambda _: None, lambda: False)
    assert (done.destroyed, done.passed_over) == (1, (str(other.record),))
    with office.archive.reading() as connection:
        assert attachments.find(connection, shared) is not None
        assert records.by_uid(connection, str(other.record)) is not None
