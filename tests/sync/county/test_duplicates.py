"""What is filed twice in a county is found, asked about, answered and taken back; the same on both stores."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import delete, select, update

from sync.contract.duplicates import Answer, Node, PairAnswer, PairLine, PairList
from sync.contract.errors import Refused
from sync.contract.identity import check_character
from sync.contract.revisions import canonical_bytes
from sync.county import pairs, tables
from sync.county.comparing import count_left
from sync.county.service import County, create_county
from sync.county.tables import table
from tests.sync.contract.office import NOW
from tests.sync.county.filed_papers import Paper, put

HUSBAND, WIFE = (one + check_character(one) for one in ("33992119890308003", "33992119910307002"))
WEDDING = {
    "cert_no": "J339921-2016-000010", "reg_date": "2016-02-27", "office": "云泽县民政局", "husband.name": "何晨",
    "husband.id_no": HUSBAND, "husband.village": "云泽县青石镇石桥村", "wife.name": "陈思", "wife.id_no": WIFE,
    "wife.village": "云泽县白石镇上林村",
}  # fmt: skip
AID = {"case_no": "1", "type": "城市", "begin": "2020-05", "head.name": "何晨", "head.id_no": HUSBAND}


@pytest.fixture(params=["sqlcipher", "postgresql"])
def county(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[County]:
    url = request.getfixturevalue("postgres_database") if request.param == "postgresql" else None
    create_county(tmp_path / "county", "云泽县", tmp_path / "key", url)
    with closing(County(tmp_path / "county", tmp_path / "key", url)) as made:
        yield made


def bring(county: County, *papers: tuple[str, str, str, dict[str, str]]) -> PairList:
    """The papers came in and were compared."""
    with county.storage.connection(writing=True) as connection:
        put(connection, county.kinds, [Paper(*one) for one in papers])
    return compare(county)


def compare(county: County) -> PairList:
    while county.comparing.work_on():
        continue
    return listed(county)


def listed(county: County, *, answered: bool = False) -> PairList:
    with county.storage.connection() as connection:
        return pairs.list_pairs(connection, county.kinds, answered, 0)


def say(county: County, pair: PairLine, answer: Answer) -> str:
    one, other = (Node(side.record, side.key) for side in (pair.one, pair.other))
    with county.storage.writing(None) as book:
        return pairs.answer(book.connection, PairAnswer(one, other, answer), "周敏", NOW).id


def void(county: County, name: str, township: str) -> None:
    """The record's head is a void, and it waits to be compared again."""
    revision, record = table(tables.RevisionRow), table(tables.Record)
    with county.storage.connection(writing=True) as connection:
        head = connection.execute(select(record.c.head).where(record.c.id == name)).scalar_one()
        values = {"id": "f" * 64, "record": name, "township": township, "device": None, "kind": "void"}
        values |= {"parents": bytes.fromhex(head), "body": b'{"layout":1}', "standing": "accepted", "number": ""}
        connection.execute(revision.insert().values(values))
        connection.execute(update(record).where(record.c.id == name).values(head="f" * 64))
        connection.execute(table(tables.ToCompare).insert().values(record=name))


def test_one_wedding_filed_by_both_townships_is_one_case(county: County) -> None:
    again = {**WEDDING, "wife.name": "陳思", "cert_no": "2016第10号", "wife.id_no": WIFE[:16] + "9" + WIFE[17:]}
    found = bring(county, ("r1", "339921101", "marriage", WEDDING), ("r2", "339921102", "marriage", again))
    assert (found.cases, found.claims, found.persons, found.unread) == (1, 0, 0, 0)
    (pair,) = found.pairs
    assert (pair.sort, pair.one.record, pair.other.record) == ("case", "r1", "r2")
    assert (pair.one.township, pair.other.township_name) == ("339921101", "339921102镇")
    assert pair.one.title
    assert "number_nearly" in pair.reasons


def test_a_slip_in_the_day_does_not_hide_that_it_is_one_wedding(county: County) -> None:
    again = {**WEDDING, "reg_date": "2016-02-28", "wife.name": "陈偲"}
    found = bring(county, ("r1", "339921101", "marriage", WEDDING), ("r2", "339921102", "marriage", again))
    assert [(one.sort, one.grade) for one in found.pairs] == [("case", "unclear")]


def test_another_wedding_of_the_same_two_is_none(county: County) -> None:
    later = {**WEDDING, "reg_date": "2021-03-01", "cert_no": "J339921-2021-000007"}
    found = bring(county, ("r1", "339921101", "marriage", WEDDING), ("r2", "339921102", "marriage", later))
    assert found.waiting == 0


def test_a_household_that_draws_aid_in_two_townships_is_told_and_a_renewal_is_not(county: County) -> None:
    files = [("a1", "339921101", AID), ("a2", "339921102", {**AID, "begin": "2021-01"})]
    found = bring(county, *((name, code, "dibao", said) for name, code, said in files))
    assert [(one.sort, one.grade) for one in found.pairs] == [("claim", "sure")]
    found = bring(county, ("a3", "339921101", "dibao", {**AID, "begin": "2022-01"}))
    assert {(one.one.record, one.other.record) for one in found.pairs} == {("a1", "a2"), ("a2", "a3")}


def test_a_person_without_a_number_is_known_across_townships_by_name_birth_and_spouse(county: County) -> None:
    roster = {
        "counted": "2010-11-01", "head.name": "何辰", "head.birth": "1989-03-08", "head.village": "云泽县青石镇石桥村",
        "members.0.name": "陈思", "members.0.birth": "1991-03-07", "members.0.relation": "配偶",
    }  # fmt: skip
    found = bring(county, ("r1", "339921101", "marriage", WEDDING), ("r2", "339921102", "census", roster))
    assert {(one.sort, one.one.name, one.other.name) for one in found.pairs} == {
        ("person", "何晨", "何辰"), ("person", "陈思", "陈思")
    }  # fmt: skip
    stranger = {**roster, "head.birth": "1974-03-08", "members.0.name": "吴玉", "members.0.birth": "1975-01-02"}
    assert bring(county, ("r3", "339921103", "census", stranger)).waiting == found.waiting


def test_an_adoption_is_set_beside_nothing(county: County) -> None:
    adopted = {"reg_date": "2019-01-05", "adopter.name": "何晨", "adopter.id_no": HUSBAND, "child.name": "何小满"}
    found = bring(county, ("r1", "339921101", "dibao", AID), ("r2", "339921102", "adoption", adopted))
    assert found.waiting == 0


def test_an_answer_stands_until_it_is_undone_and_both_stay_in_the_journal(county: County) -> None:
    (pair,) = bring(county, ("a1", "339921101", "dibao", AID), ("a2", "339921102", "dibao", AID)).pairs
    made = say(county, pair, Answer.SAME)
    assert listed(county).waiting == 0
    (shown,) = listed(county, answered=True).pairs
    assert (shown.answer, shown.answered_by, shown.answer_id) == ("same", "周敏", made)
    with pytest.raises(Refused):
        say(county, pair, Answer.DIFFERENT)  # somebody was first
    with county.storage.writing(None) as book:
        assert pairs.undo(book.connection, made, "周敏", NOW) == ("a1", "a2")
    assert listed(county).waiting == 1
    assert listed(county, answered=True).pairs == ()
    with county.storage.writing(None) as book, pytest.raises(Refused):
        pairs.undo(book.connection, made, "周敏", NOW)
    with county.storage.connection() as connection:
        journal = connection.execute(select(table(tables.PairSaid)).order_by(table(tables.PairSaid).c.id)).all()
    assert [(row.answer, row.by, row.undoes) for row in journal] == [("same", "周敏", ""), ("", "周敏", made)]


def test_what_was_answered_is_not_asked_again_when_all_is_compared_anew(county: County) -> None:
    (pair,) = bring(county, ("a1", "339921101", "dibao", AID), ("a2", "339921102", "dibao", AID)).pairs
    say(county, pair, Answer.DIFFERENT)
    county.comparing.again()
    assert compare(county).waiting == 0
    assert len(listed(county, answered=True).pairs) == 1


def test_a_record_that_is_voided_is_asked_about_no_more(county: County) -> None:
    bring(county, ("a1", "339921101", "dibao", AID), ("a2", "339921102", "dibao", AID))
    void(county, "a2", "339921102")
    assert compare(county).waiting == 0
    with county.storage.connection() as connection:
        words = table(tables.Block)
        assert connection.execute(select(words.c.record).where(words.c.record == "a2")).all() == []


def test_a_county_that_was_filled_before_is_compared_from_its_beginning_while_it_serves(county: County) -> None:
    with county.storage.connection(writing=True) as connection:
        put(connection, county.kinds, [Paper("a1", "339921101", "dibao", AID), Paper("a2", "339921102", "dibao", AID)])
        connection.execute(delete(table(tables.ToCompare)))
    county.comparing.begin()
    give_up = time.monotonic() + 60
    while not listed(county).waiting and time.monotonic() < give_up:
        time.sleep(0.05)
    county.comparing.end()
    assert listed(county).cases == 1
    with county.storage.connection() as connection:
        assert count_left(connection) == 0


def test_comparing_leaves_the_county_to_whoever_hands_over_and_yet_goes_on(county: County) -> None:
    papers = [
        Paper(
            f"a{number:03}",
            "339921101",
            "dibao",
            {**AID, "case_no": str(number), "head.name": f"何{chr(0x4E00 + number)}", "head.id_no": ""},
        )
        for number in range(300)
    ]
    with county.storage.connection(writing=True) as connection:
        put(connection, county.kinds, papers)
    county.handing_over.note()
    county.comparing.begin()
    seen: dict[int, float] = {}
    while (left := waiting(county)) == 300 or time.monotonic() - seen.setdefault(left, time.monotonic()) < 0.5:
        county.handing_over.note()
    county.comparing.end()
    assert len(seen) <= 2  # one step, and in half a second no more than a second one
    assert 0 < left < 300


def waiting(county: County) -> int:
    with county.storage.connection() as connection:
        return count_left(connection)


def test_an_answer_undone_about_a_record_that_was_voided_since_asks_nobody(county: County) -> None:
    (pair,) = bring(county, ("a1", "339921101", "dibao", AID), ("a2", "339921102", "dibao", AID)).pairs
    made = say(county, pair, Answer.SAME)
    void(county, "a2", "339921102")
    assert compare(county).waiting == 0
    with county.storage.writing(None) as book:
        pairs.undo(book.connection, made, "周敏", NOW)
    assert compare(county).waiting == 0


def test_one_record_that_cannot_be_read_holds_up_no_other(county: County) -> None:
    with county.storage.connection(writing=True) as connection:
        put(connection, county.kinds, [Paper("a0", "339921101", "dibao", AID)])
        revision = table(tables.RevisionRow)
        newer = canonical_bytes({"kind": "dibao", "kind_version": 99, "fields": AID, "normal": {"begin": "no table"}})
        connection.execute(update(revision).where(revision.c.record == "a0").values(body=newer))
    found = bring(county, ("a1", "339921101", "dibao", AID), ("a2", "339921102", "dibao", AID))
    assert [(one.one.record, one.other.record) for one in found.pairs] == [("a1", "a2")]
    assert found.unread == 0
