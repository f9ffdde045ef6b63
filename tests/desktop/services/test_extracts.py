"""An extract is registered before it can be printed, says what the record says, and can be checked by a stranger."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from desktop.services.extracts import Extracts, Request, check_code
from desktop.services.finding import Finding
from sync.contract.errors import InvalidRecord, NotAllowed, Refused, SealBroken
from sync.contract.kinds import Print
from sync.vault import audit
from sync.vault.signing import PublicKey, SigningKey
from tests.desktop.services.office import SmallOffice, begin_office

ASKED = Request("何晨", "本人", "办理房产登记")


@pytest.fixture
def office(tmp_path: Path) -> Iterator[SmallOffice]:
    made = begin_office(tmp_path / "office")
    yield made
    made.archive.close()


def extracts_of(office: SmallOffice) -> Extracts:
    return Extracts(office.archive, office.kinds, office.finding, "云泽县青石镇", office.person, office.clock)


def test_an_extract_says_what_the_record_says_and_is_checked_with_the_office_s_key(office: SmallOffice) -> None:
    uid = office.file_marriage().record
    service = extracts_of(office)
    issued = service.issue(uid, ASKED)
    told = {one.label: one.value for one in issued.extract.values}
    assert issued.extract.number == "J001-证·2026-0001"
    assert (issued.extract.title, issued.extract.applicant) == ("何晨、陳思结婚登记", "何晨")
    assert told["男方证件号"] == "339921198903080032"
    assert told["登记日期"] == "二〇一六年二月二十七日（2016-02-27）"
    assert check_code(issued.code, PublicKey.from_minisign(service.public_key())) == issued.extract
    with pytest.raises(SealBroken):
        check_code(issued.code, SigningKey.new().public)


def test_before_it_is_issued_numbers_are_hidden_and_nothing_is_registered(office: SmallOffice) -> None:
    uid = office.file_marriage().record
    draft = extracts_of(office).draft(uid)
    assert draft.number == ""
    assert not any("339921198903080032" in one.value for one in draft.values)
    assert extracts_of(office).of_record(uid) == []
    with office.archive.reading() as connection:
        assert not [one for one in audit.events(connection, subject=uid) if one.act.startswith(("extract", "masked"))]


def test_each_extract_has_a_number_of_its_own_and_the_next_year_begins_again(office: SmallOffice) -> None:
    uid = office.file_marriage().record
    service = extracts_of(office)
    numbers = [service.issue(uid, ASKED).extract.number for _ in range(3)]
    office.clock.forward(timedelta(days=365))
    numbers.append(service.issue(uid, ASKED).extract.number)
    assert numbers == ["J001-证·2026-0001", "J001-证·2026-0002", "J001-证·2026-0003", "J001-证·2027-0001"]
    assert [one.extract.number for one in service.of_record(uid)] == numbers[::-1]


def test_the_look_and_the_extract_stand_in_the_log(office: SmallOffice) -> None:
    uid = office.file_marriage().record
    issued = extracts_of(office).issue(uid, ASKED)
    with office.archive.reading() as connection:
        told = [(one.act, one.details.get("number")) for one in audit.events(connection, subject=uid)]
        looks = connection.exec_driver_sql("SELECT person, purpose FROM look WHERE record_uid = ?", (uid,)).all()
    assert told[-2:] == [("masked-fields-shown", None), ("extract-issued", issued.extract.number)]
    assert [tuple(one) for one in looks] == [("陈晓兰", "办理房产登记")]


def test_an_extract_shown_again_leaves_a_trace_of_its_own(office: SmallOffice) -> None:
    uid = office.file_marriage().record
    service = extracts_of(office)
    issued = service.issue(uid, ASKED)
    assert service.show_again(uid, service.of_record(uid)[0]) == issued
    with office.archive.reading() as connection:
        last = audit.events(connection, subject=uid)[-1]
        looks = connection.exec_driver_sql("SELECT count(*) FROM look WHERE record_uid = ?", (uid,)).scalar_one()
    assert (last.act, last.details["number"]) == ("extract-shown-again", issued.extract.number)
    assert looks == 2
    assert len(service.of_record(uid)) == 1


@pytest.mark.parametrize(
    ("request_", "fields"),
    [
        (Request("", "本人", "办证"), ["applicant"]),
        (Request("何晨", "本人", "  "), ["purpose"]),
        (Request("何" * 61, "", "办证"), ["applicant"]),
    ],
)
def test_without_who_and_what_for_nothing_is_given_out(
    office: SmallOffice, request_: Request, fields: list[str]
) -> None:
    uid = office.file_marriage().record
    with pytest.raises(InvalidRecord) as refused:
        extracts_of(office).issue(uid, request_)
    assert refused.value.facts["fields"] == fields
    assert extracts_of(office).of_record(uid) == []


def test_of_a_voided_record_nothing_is_certified(office: SmallOffice) -> None:
    uid = office.file_marriage().record
    with office.archive.act(office.person, office.clock()) as act:
        act.connection.exec_driver_sql("UPDATE record SET state = 'voided' WHERE uid = ?", (uid,))
    with pytest.raises(Refused):
        extracts_of(office).issue(uid, ASKED)


def test_a_kind_whose_print_set_has_no_extract_gives_none(office: SmallOffice) -> None:
    uid = office.file_marriage().record
    kinds = {**office.kinds, "marriage": replace(office.kinds["marriage"], prints=(Print.CATALOGUE,))}
    finding = Finding(office.archive, kinds, office.person, office.clock)
    service = Extracts(office.archive, kinds, finding, "云泽县青石镇", office.person, office.clock)
    for refused in (lambda: service.draft(uid), lambda: service.issue(uid, ASKED)):
        with pytest.raises(NotAllowed):
            refused()
    assert service.of_record(uid) == []
