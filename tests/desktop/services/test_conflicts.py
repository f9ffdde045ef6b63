"""Two desks change one record at once; a person at the county joins both, and all three agree."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop.documents.pages import PageReader
from desktop.services.conflicts import Conflicts
from desktop.services.county_line import CountyLine
from desktop.services.county_process import CountyProcess
from desktop.services.reconciling import Reconciling, Where
from desktop.services.reviewing import Reviewing
from sync.contract.errors import HeadMoved, InvalidRecord
from sync.contract.merging import Chosen, Side
from tests.desktop.county_beside import enrol_code, start_county
from tests.desktop.services.office import PAPERS, SmallOffice, begin_office
from tests.desktop.services.test_two_desks import TOWNSHIP, AtTheDesk


class Room:
    """Two desks of a township and the county's reviewer between them."""

    def __init__(self, folder: Path, county: CountyProcess) -> None:
        self.one, self.two = AtTheDesk(folder / "one"), AtTheDesk(folder / "two")
        for desk in (self.one, self.two):
            desk.syncing.enrol(county.address, enrol_code(folder / "county", *TOWNSHIP))
        self.staff = begin_office(folder / "staff")
        self.reader = PageReader()
        self.line = CountyLine(self.staff.archive, self.reader, "周敏", self.staff.clock)
        self.line.enrol(county.address, enrol_code(folder / "county", "--role", "reviewer", "--name", "周敏"))
        self.reviewing = Reviewing(self.line, self.staff.kinds, self.staff.clock)
        self.conflicts = Conflicts(self.line, self.staff.kinds, self.staff.clock)

    def accepted_at_both(self, data: bytes) -> str:
        """A record stands accepted, and both desks know it."""
        filed = self.one.office.file_marriage(data=data)
        self.one.sync()
        assert self.reviewing.accept([filed.record])[0].code == ""
        self.one.sync()
        self.two.sync()
        return str(filed.record)

    def amend(self, desk: AtTheDesk, record: str, **fields: str) -> None:
        form = desk.office.cataloguing.correct(record)
        for key, text in fields.items():
            desk.office.cataloguing.put(form.draft.uid, key.replace("__", "."), text)
        desk.office.filing.file(form.draft.uid)
        desk.sync()

    def close(self) -> None:
        self.line.close()
        self.reader.close()
        for office in (self.one.office, self.two.office, self.staff):
            office.archive.close()


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    folder = tmp_path_factory.mktemp("conflicts")
    county = start_county(folder / "county")
    made = Room(folder, county)
    yield made
    made.close()
    county.close()


def said(office: SmallOffice, record: str) -> dict[str, str]:
    return dict(office.cataloguing.correct(record).draft.fields)


def test_two_peoples_work_is_joined_and_everybody_has_it(room: Room) -> None:
    record = room.accepted_at_both(b"%PDF- joined")
    room.amend(room.one, record, wife__name="陈思", cert_no="J339921-2016-000011")
    assert room.reviewing.accept([record])[0].code == ""
    room.amend(room.two, record, wife__name="陈偲", office="云泽县民政局")
    waiting = room.conflicts.waiting()
    assert [(one.record, one.clashes, one.township_name) for one in waiting.conflicts] == [(record, 1, "青石镇")]
    assert waiting.total == 1
    conflict = room.conflicts.record(record)
    assert [(one.key, one.base, one.county, one.township) for one in conflict.clashes] == [
        ("wife.name", "陳思", "陈思", "陈偲")
    ]
    merged = {one.key: one.changed_by for one in conflict.differences if not one.clashes}
    assert merged == {"cert_no": Side.COUNTY, "office": Side.TOWNSHIP}
    with pytest.raises(KeyError):
        room.conflicts.settle(conflict, {})
    assert room.conflicts.settle(conflict, {"wife.name": Chosen(Side.TOWNSHIP)}) == ""
    assert room.conflicts.waiting().total == 0
    for desk in (room.two, room.one):
        desk.sync()
        fields = said(desk.office, record)
        assert (fields["wife.name"], fields["cert_no"]) == ("陈偲", "J339921-2016-000011")
        assert fields["office"] == "云泽县民政局"
    with pytest.raises(HeadMoved):
        room.conflicts.record(record)


def test_what_nobody_at_the_county_can_know_is_asked_on_its_field(room: Room) -> None:
    record = room.accepted_at_both(b"%PDF- asked")
    room.amend(room.one, record, wife__name="陈思")
    room.reviewing.accept([record])
    room.amend(room.two, record, wife__name="陈偲")
    conflict = room.conflicts.record(record)
    assert room.conflicts.ask_back(conflict, "wife.name", "请核对户口簿") == ""
    room.two.sync()
    (returned,) = room.two.syncing.returned()
    assert [(one.field, one.code, one.text) for one in returned.grounds] == [("wife.name", "ask", "请核对户口簿")]
    assert room.conflicts.waiting().total == 0


def test_a_third_value_that_cannot_be_filed_is_refused_with_its_field(room: Room) -> None:
    record = room.accepted_at_both(b"%PDF- third")
    room.amend(room.one, record, reg_date="二〇一六年二月二十一日")
    room.reviewing.accept([record])
    room.amend(room.two, record, reg_date="二〇一六年二月二十二日")
    conflict = room.conflicts.record(record)
    wrong = {"reg_date": Chosen(None, "二〇一六年二月三十日")}
    assert [one.field for one in room.conflicts.findings(conflict, wrong)] == ["reg_date"]
    with pytest.raises(InvalidRecord) as refused:
        room.conflicts.settle(conflict, wrong)
    assert refused.value.facts["fields"] == ["reg_date"]
    assert room.conflicts.settle(conflict, {"reg_date": Chosen(None, "2016-02-27")}) == ""
    room.one.sync()
    assert said(room.one.office, record)["reg_date"] == "2016-02-27"


def test_a_record_corrected_at_a_desk_that_has_not_its_pages_keeps_them(room: Room) -> None:
    record = room.accepted_at_both(b"%PDF- far away")
    room.amend(room.two, record, wife__name="陈思")
    shown = room.reviewing.record(record)
    assert [(one["media"], one["pages"]) for one in shown.attachments] == [("application/pdf", 5)]
    assert {one["paper"] for one in shown.papers} == set(PAPERS)


def test_the_board_tells_how_the_township_stands(room: Room) -> None:
    record = room.accepted_at_both(b"%PDF- board")
    room.amend(room.one, record, wife__name="陈思")
    room.reviewing.accept([record])
    room.amend(room.two, record, wife__name="陈偲")
    for desk in (room.one, room.two):
        desk.sync()
        desk.sync()  # the second tells how it stands after the first
    (standing,) = room.line.staff().board().townships
    assert (standing.name, standing.desks, standing.agrees) == ("青石镇", 2, True)
    assert standing.conflicts == room.conflicts.waiting().total > 0
    assert standing.received[-1] > 0
    assert standing.waiting == 0
    assert standing.last_contact
    filed = room.one.office.file_marriage(data=b"%PDF- not sent")
    room.one.syncing.sync(lambda progress: None, lambda: False)
    (later,) = room.line.staff().board().townships
    assert (later.waiting, later.heads) == (1, standing.heads)
    assert room.reviewing.batches()[0].township_name == "青石镇"
    assert filed.number


def test_comparing_names_what_differs_and_asking_brings_what_was_lost(room: Room) -> None:
    """A bad sector took decisions and a record's standing from a desk; nothing but the county knows them."""
    lost, kept = room.accepted_at_both(b"%PDF- lost"), room.accepted_at_both(b"%PDF- kept")
    desk = room.two
    reconciling = Reconciling(desk.office.archive, desk.office.kinds, desk.office.person, desk.office.clock)
    before = reconciling.compare()
    assert before.equal
    with desk.office.archive.act("p", desk.office.clock()) as act:
        act.connection.exec_driver_sql("DELETE FROM decision WHERE record_uid = ?", (lost,))
        act.connection.exec_driver_sql("UPDATE record SET accepted = '', state = 'filed' WHERE uid = ?", (lost,))
        act.note("spoilt", lost)
    found = reconciling.compare()
    assert [(one.record, one.where) for one in found.lines] == [(lost, Where.COUNTY_ONLY)]
    assert found.lines[0].number
    after = reconciling.ask_for_missing(lambda progress: None, lambda: False)
    assert after.equal
    assert after.heads == before.heads
    assert said(desk.office, lost)["wife.name"]
    assert said(desk.office, kept)["wife.name"]
    desk.sync()  # and the running digest agrees, or this raises
