"""People are linked by people only, every link can be taken back, and what follows from the links is always the same."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop.archive import person_links, records
from desktop.archive.person_links import DecisionVerb, Entry
from desktop.services.persons import READ_AT_ONCE, Persons
from sync.contract.errors import NotAllowed, Refused
from sync.contract.proposals import Grade
from sync.contract.revisions import RecordState
from sync.vault import audit
from tests.desktop.services.office import SmallOffice, begin_office
from tests.desktop.services.paper_people import (
    DEATH,
    HUSBAND,
    ROSTER,
    WEDDING,
    file_in_bulk,
    persons_of,
    work_to_the_end,
)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[SmallOffice]:
    made = begin_office(tmp_path / "office")
    yield made
    made.archive.close()


@pytest.fixture
def persons(office: SmallOffice) -> Persons:
    """The couple of a wedding of 1962 without numbers, a roster of 2010 with them, and a death of 2015."""
    for kind, fields in (("marriage", WEDDING), ("census", ROSTER), ("death", DEATH)):
        file_in_bulk(office, kind, fields)
    made = persons_of(office)
    work_to_the_end(made)
    return made


def state(office: SmallOffice) -> list[tuple[object, ...]]:
    """Return what every mention belongs to and whether it waits."""
    with office.archive.reading() as connection:
        rows = connection.exec_driver_sql("SELECT record_id, place, key, person, grade FROM person_mention ORDER BY id")
        return [tuple(row) for row in rows]


def mention(office: SmallOffice, place: str, record: int) -> int:
    with office.archive.reading() as connection:
        asked = "SELECT id FROM person_mention WHERE place = ? AND record_id = ?"
        return int(connection.exec_driver_sql(asked, (place, record)).scalar_one())


def test_nothing_is_linked_by_itself(office: SmallOffice, persons: Persons) -> None:
    assert {row[3] for row in state(office)} == {""}
    counts = persons.counts()
    assert (counts.sure, counts.likely, counts.unclear, counts.unread) == (1, 2, 0, 0)


def test_the_queue_is_newest_first_and_says_who_asks(persons: Persons) -> None:
    assert [(one.side.kind, one.side.name, one.grade) for one in persons.waiting()] == [
        ("death", "陈建国", Grade.SURE),
        ("marriage", "李秀贞", Grade.LIKELY),
        ("marriage", "陈建國", Grade.LIKELY),
    ]


def test_a_question_shows_both_sides_masked_and_all_papers_of_one_number_as_one(
    office: SmallOffice, persons: Persons
) -> None:
    question = persons.question(mention(office, "husband", 1))
    assert (question.asked.name, question.asked.born, question.asked.aged) == ("陈建國", "1936—1939", True)
    (candidate,) = question.candidates
    assert {side.kind for side in candidate.sides} == {"census", "death"}
    assert not candidate.linked
    assert all(HUSBAND not in side.masked_number for side in candidate.sides)


def test_linking_makes_one_file_of_a_life_and_undoing_gives_back_exactly_what_was(
    office: SmallOffice, persons: Persons
) -> None:
    before = state(office)
    husband = mention(office, "husband", 1)
    made = persons.link(husband, persons.question(husband).candidates[0].mention)
    file = persons.file(husband)
    assert [(side.kind, side.case[:4]) for side in file.sides] == [
        ("marriage", "1962"),
        ("census", "2010"),
        ("death", "2015"),
    ]
    assert not file.open
    assert file.links[0].papers == 3
    assert file.links[0].by == "陈晓兰"
    assert "spouse_sound" in file.links[0].reasons
    assert persons.counts().all == 1  # the wife's
    undone = persons.undo()
    assert undone is not None
    assert undone.act == made.act
    assert state(office) == before
    assert persons.undo() is None


def test_papers_of_the_same_number_stand_in_the_file_as_not_linked_yet(office: SmallOffice, persons: Persons) -> None:
    file = persons.file(mention(office, "head", 2))
    assert [side.kind for side in file.sides] == ["census", "death"]
    assert file.open == {mention(office, "person", 3)}


def test_who_was_kept_apart_is_not_asked_about_again_until_that_is_undone(
    office: SmallOffice, persons: Persons
) -> None:
    wife = mention(office, "wife", 1)
    (candidate,) = persons.question(wife).candidates
    persons.keep_apart(wife, candidate.mention)
    assert not persons.question(wife).candidates
    assert "李秀贞" not in {one.side.name for one in persons.waiting()}
    with pytest.raises(Refused):
        persons.link(wife, candidate.mention)
    persons.undo()
    assert persons.question(wife).candidates == (candidate,)
    assert "李秀贞" in {one.side.name for one in persons.waiting()}


def test_what_was_put_off_no_longer_waits(office: SmallOffice, persons: Persons) -> None:
    wife = mention(office, "wife", 1)
    persons.put_off(wife)
    work_to_the_end(persons)
    assert wife not in {one.mention for one in persons.waiting()}
    persons.undo()
    assert wife in {one.mention for one in persons.waiting()}


def test_a_record_filed_by_hand_has_its_people_at_once_and_a_corrected_one_lets_go_of_them(office: SmallOffice) -> None:
    persons = persons_of(office)
    filed = office.file_marriage()
    second = office.file_marriage(data=b"again", cert_no="J339921-2016-000077", wife__name="陳思", wife__id_no="339921199103070025",
                                  husband__name="周海", husband__id_no="339921198506120010")  # fmt: skip
    wife = persons.of_record(second.record)[1]
    assert wife.asked.name == "陳思"
    persons.link(wife.mention, wife.candidates[0].mention)
    office.cataloguing.correct(filed.record)
    office.cataloguing.put(filed.record, "wife.name", "陈四")
    office.filing.file(filed.record)
    assert len(persons.file(persons.of_record(second.record)[1].mention).sides) == 2  # the same number, but not linked
    assert persons.file(persons.of_record(second.record)[1].mention).open
    office.cataloguing.correct(filed.record)
    office.cataloguing.put(filed.record, "wife.name", "陳思")
    office.filing.file(filed.record)
    assert not persons.file(persons.of_record(second.record)[1].mention).open


def test_a_voided_record_names_nobody_and_a_restored_one_is_linked_as_before(
    office: SmallOffice, persons: Persons
) -> None:
    husband = mention(office, "husband", 1)
    persons.link(husband, persons.question(husband).candidates[0].mention)
    with office.archive.reading() as connection:
        (death,) = [line for line in records.every(connection) if line.kind == "death"]
    for wanted, papers in ((RecordState.VOIDED, 2), (RecordState.ACCEPTED, 3)):
        with office.archive.act(office.person, office.clock()) as act:
            records.decided(act.connection, death.uid, wanted, "", [])
        work_to_the_end(persons)
        file = persons.file(mention(office, "husband", 1))
        assert (len(file.sides), len(file.open)) == (papers, 0)


def test_an_adoption_names_nobody_here(office: SmallOffice, persons: Persons) -> None:
    before = state(office)
    child = {"reg_date": "2001-01-02", "child.name": "陈建国", "child.id_no": HUSBAND, "adopter.name": "陈大"}
    uid = file_in_bulk(office, "adoption", child)
    work_to_the_end(persons)
    assert state(office) == before
    assert persons.of_record(uid) == []


def test_reading_again_what_did_not_change_changes_nothing(office: SmallOffice, persons: Persons) -> None:
    before = state(office)
    with office.archive.act(office.person, office.clock()) as act:
        act.connection.exec_driver_sql("DELETE FROM setting WHERE key = 'persons.read_to'")
    work_to_the_end(persons)
    assert state(office) == before


def test_an_archive_whose_records_all_bear_one_stamp_is_read_to_the_end(office: SmallOffice) -> None:
    """So do those that an older program filed."""
    for _ in range(READ_AT_ONCE + 5):
        file_in_bulk(office, "death", DEATH)
    with office.archive.act(office.person, office.clock()) as act:
        act.connection.exec_driver_sql("UPDATE record SET touched = 0")
    persons = persons_of(office)
    while persons.counts().unread:
        persons.work_on(60.0)
    assert len(state(office)) == READ_AT_ONCE + 5


def test_a_paper_with_a_number_makes_those_without_one_look_again(office: SmallOffice) -> None:
    persons = persons_of(office)
    file_in_bulk(office, "marriage", WEDDING)
    work_to_the_end(persons)
    assert persons.counts().all == 0
    file_in_bulk(office, "census", ROSTER)
    work_to_the_end(persons)
    assert persons.counts().likely == 2


def test_somebody_whose_birth_no_paper_tells_is_asked_about_too(office: SmallOffice, persons: Persons) -> None:
    silent = {"person.name": "陈建国", "person.village": "云泽县白石镇东桐木村", "died": "2015-03-02"}
    uid = file_in_bulk(office, "death", silent)
    work_to_the_end(persons)
    (question,) = persons.of_record(uid)
    assert question.asked.born == ""
    assert {side.kind for one in question.candidates for side in one.sides} == {"marriage", "census", "death"}
    husband = persons.question(mention(office, "husband", 1))
    assert uid in {side.record for one in husband.candidates for side in one.sides}


def test_every_answer_stands_in_the_log_without_a_name(office: SmallOffice, persons: Persons) -> None:
    wife, husband = mention(office, "wife", 1), mention(office, "husband", 1)
    persons.link(husband, persons.question(husband).candidates[0].mention)
    persons.keep_apart(wife, persons.question(wife).candidates[0].mention)
    persons.undo()
    persons.put_off(wife)
    with office.archive.reading() as connection:
        told = [one for one in audit.events(connection) if one.act.startswith("person-")]
        assert audit.verify(connection).ok
    assert [one.act for one in told] == [
        "person-linked",
        "person-kept-apart",
        "person-decision-undone",
        "person-put-off",
    ]
    assert not any(name in repr(told) for name in ("建国", "秀珍", "秀贞", HUSBAND))


def test_an_act_that_is_cut_off_leaves_nothing_behind(office: SmallOffice, persons: Persons) -> None:
    before = state(office)
    question = persons.question(mention(office, "husband", 1))
    with office.archive.reading() as connection:
        nodes = [
            tuple(row)
            for row in connection.exec_driver_sql(
                "SELECT uid, key FROM person_mention m JOIN record r ON r.id = m.record_id"
            )
        ]

    def cut_off() -> None:
        with office.archive.act(office.person, office.clock()) as act:
            person_links.decide(act, DecisionVerb.LINKED, [Entry(nodes[0], nodes[2])])
            raise RuntimeError("the plug was pulled")

    with pytest.raises(RuntimeError):
        cut_off()
    assert state(office) == before
    assert persons.question(question.mention) == question
    assert persons.undo() is None


def test_who_only_looks_may_not_answer(office: SmallOffice, persons: Persons) -> None:
    auditor, husband = persons_of(office, decides=False), mention(office, "husband", 1)
    candidate = auditor.question(husband).candidates[0].mention
    for answer in (
        lambda: auditor.link(husband, candidate), lambda: auditor.keep_apart(husband, candidate),
        lambda: auditor.put_off(husband), auditor.undo,
    ):  # fmt: skip
        with pytest.raises(NotAllowed):
            answer()


def test_numbers_are_shown_for_a_purpose_that_is_registered_for_each_record(
    office: SmallOffice, persons: Persons
) -> None:
    head = mention(office, "head", 2)
    with pytest.raises(NotAllowed):
        persons.show(head, " ")
    shown = persons.show(head, "核对身份")
    assert {side.written_number for side in shown.sides} == {HUSBAND}
    with office.archive.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM look WHERE purpose = '核对身份'").scalar_one() == 2


@pytest.mark.parametrize("seed", range(6))
def test_whatever_is_linked_and_undone_in_whatever_order_the_same_links_make_the_same_persons(
    office: SmallOffice, seed: int
) -> None:
    """Against an oracle that knows only which links stand."""
    draw = random.Random(seed)
    for _ in range(7):
        file_in_bulk(office, "death", DEATH)
    persons = persons_of(office)
    work_to_the_end(persons)
    with office.archive.reading() as connection:
        nodes = [(str(uid), str(key)) for uid, key in connection.exec_driver_sql(
            "SELECT r.uid, m.key FROM person_mention m JOIN record r ON r.id = m.record_id ORDER BY m.id")]  # fmt: skip
    standing: dict[str, tuple[int, int]] = {}
    for _ in range(40):
        with office.archive.act(office.person, office.clock()) as act:
            if standing and draw.random() < 0.45:
                undone = draw.choice(list(standing))
                assert person_links.undo(act, undone)
                assert not person_links.undo(act, undone)
                del standing[undone]
            else:
                one, other = draw.sample(range(len(nodes)), 2)
                made = person_links.decide(act, DecisionVerb.LINKED, [Entry(nodes[one], nodes[other])])
                standing[made] = (one, other)
        groups = {place: {place} for place in range(len(nodes))}
        for one, other in standing.values():
            joined = groups[one] | groups[other]
            groups |= dict.fromkeys(joined, joined)
        wanted = [
            min((act_id for act_id, (one, _) in standing.items() if one in groups[place]), default="")
            for place in range(len(nodes))
        ]
        assert [row[3] for row in state(office)] == wanted
