"""Invented papers that name the same people, for tests of persons: a wedding without numbers, a roster, a death."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import uuid6

from desktop.archive.drafts import Draft
from desktop.services.filing import file_new
from desktop.services.persons import Persons
from sync.contract.identity import check_character
from sync.contract.validation import Origin, judge
from tests.desktop.services.office import SmallOffice

SEVENTEEN = "33992119370305003"
HUSBAND = SEVENTEEN + check_character(SEVENTEEN)
WIFE = "33992119390812002" + check_character("33992119390812002")
WEDDING = {
    "reg_date": "1962年5月4日", "office": "白石镇人民公社", "cert_no": "1962 结 7", "husband.name": "陈建國",
    "husband.age_as_written": "25岁", "husband.status_before": "未婚", "husband.village": "东桐木村", "wife.name": "李秀贞",
    "wife.age_as_written": "23岁", "wife.status_before": "未婚",
}  # fmt: skip
ROSTER = {
    "counted": "2010-11-01", "head.name": "陈建国", "head.id_no": HUSBAND, "head.village": "云泽县白石镇东桐木村三组",
    "members.0.name": "李秀珍", "members.0.id_no": WIFE, "members.0.relation": "配偶",
}  # fmt: skip
DEATH = {"person.name": "陈建国", "person.id_no": HUSBAND, "died": "2015-03-02", "way": "土葬"}


def file_in_bulk(office: SmallOffice, kind: str, fields: Mapping[str, str]) -> str:
    """A record stands filed as an import files it: its mentions are read later. Its record is returned."""
    judged = judge(office.kinds[kind], fields, origin=Origin.PAPER, today=date(2026, 3, 2))
    draft = Draft(
        uid=str(uuid6.uuid7()), kind=kind, origin=Origin.PAPER, retention=office.kinds[kind].retentions[0].code, fields=fields,
        reasons={}, papers=(), attachments=(), carried=frozenset(), item_id="", parent="", number="", started_at="",
        changed_at="",
    )  # fmt: skip
    with office.archive.act(office.person, office.clock()) as act:
        ((revision, _),) = file_new(act, office.kinds[kind], [(draft, judged)], "test")
    return str(revision.record_id)


def persons_of(office: SmallOffice, *, decides: bool = True) -> Persons:
    return Persons(office.archive, office.kinds, office.person, office.clock, decides=decides)


def work_to_the_end(persons: Persons) -> None:
    while persons.work_on(60.0):
        pass
