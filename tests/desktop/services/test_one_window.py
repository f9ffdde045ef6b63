"""One window between two townships and their county: found, opened, written down on both sides, refused by the rule, gone after a void."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from desktop.archive import county_slice, open_tables
from desktop.documents.pages import PageReader
from desktop.services.county_line import CountyLine
from desktop.services.one_window import Hit, OneWindow
from desktop.services.reviewing import Reviewing
from sync.client.one_window import WindowLine
from sync.contract.errors import BadRequest, HeadMoved, LantaiError, NotAllowed, NotNamed, Offline
from sync.contract.one_window import EVERYBODY, GrantAsked, May, SliceAsked
from sync.contract.revisions import ChangeKind, RecordId, Revision
from sync.county import who_sees
from sync.county.service import County
from sync.vault import audit
from tests.desktop.services.test_two_desks import AtTheDesk
from tests.sync.county_process import CountyProcess, running_county

HERE, THERE = ("339921102", "青石镇", "J102"), ("339921103", "白石镇", "J103")
PAGE = Path("resources/practice/marriage-2016.pdf")


@dataclass
class Town:
    """A clerk's desk and its window on the county."""

    desk: AtTheDesk
    window: OneWindow

    def acts(self, *wanted: str) -> list[tuple[str, str]]:
        with self.desk.office.archive.reading() as connection:
            return [(one.act, one.subject) for one in audit.events(connection) if one.act in wanted]


class Room:
    """Two townships, their county in a process of its own, and a reviewer."""

    def __init__(self, folder: Path, county: CountyProcess) -> None:
        self.folder, self.county, self.reader = folder, county, PageReader()
        self.here, self.there = (self._town(*town) for town in (HERE, THERE))
        office = self.there.desk.office  # where a reviewer's enrolment lies is no matter here
        self.line = CountyLine(office.archive, self.reader, "周敏", office.clock)
        self.line.enrol(county.address, county.code_for_reviewer())
        self.reviewing = Reviewing(self.line, office.kinds, office.clock)

    def _town(self, code: str, name: str, fonds: str) -> Town:
        desk = AtTheDesk(self.folder / code, township=name, township_code=code, fonds=fonds)
        desk.syncing.enrol(self.county.address, self.county.code_for_desk(code, name))
        office = desk.office
        return Town(desk, OneWindow(office.archive, office.kinds, self.reader, office.person, office.clock))

    def beside(self) -> County:
        """The county's book, opened beside the running server."""
        return County(self.folder / "county", self.folder / "county" / "county.key", self.county.database)

    def rule(self, may: May, kind: str = EVERYBODY) -> None:
        """The officer says what 青石镇 may do; the county's catalogue has followed every decision."""
        county = self.beside()
        who_sees.set_rule(county.storage, county.kinds, HERE[0], kind, may, officer="周敏", why="全市通办试点")
        while county.catalogue.work_on():
            continue
        county.close()

    def followed(self) -> None:
        county = self.beside()
        while county.catalogue.work_on():
            continue
        county.close()

    def log(self, *wanted: str) -> list[str]:
        county = self.beside()
        with county.storage.keeping() as connection:
            found = [one.act for one in audit.events(connection) if one.act in wanted]
        county.close()
        return found

    def file_there(self, data: bytes) -> str:
        """白石镇 has a wedding that the county accepted, with a page."""
        record = str(self.there.desk.office.file_marriage(data=data).record)
        self.there.desk.sync()
        assert [one.code for one in self.reviewing.accept([record])] == [""]
        self.there.desk.sync()
        return record

    def close(self) -> None:
        self.line.close()
        self.reader.close()
        for town in (self.here, self.there):
            town.desk.office.archive.close()


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    with running_county(tmp_path / "county") as county:
        made = Room(tmp_path, county)
        yield made
        made.close()


def found(town: Town, name: str = "陈思", born: int | None = None) -> list[str]:
    town.window.refresh()
    return [one.record for one in town.window.find(name, born).hits]


def code_of(town: Town, record: str, name: str = "何晨") -> str:
    with pytest.raises(LantaiError) as refusal:
        town.window.open(record, name, "办理养老保险")
    return refusal.value.code


def test_a_file_of_another_township_is_found_opened_written_down_refused_and_gone_after_a_void(room: Room) -> None:
    record = room.file_there(PAGE.read_bytes())
    assert found_without_rule(room, record)
    room.rule(May.FIND)
    assert found(room.here) == [record]  # 陳思 on paper
    (hit,) = room.here.window.find("何晨").hits
    assert hit == Hit(record, "marriage", 2016, THERE[0], THERE[1], "1989")
    assert found(room.here, born=1991) == [record]
    assert found(room.here, born=1990) == found(room.here, "何辰") == found(room.there) == []
    assert code_of(room.here, record) == "not_allowed"  # to be found is not to be read
    leaves_in_no_open_copy(room.here)
    room.rule(May.OPEN, "marriage")
    opened = room.here.window.open(record, "陈思", "办理养老保险")
    said = {one.key: one.written for one in opened.view.fields}
    assert (said["wife.name"], said["husband.id_no"]) == ("陳思", "339921198903080032")
    assert (opened.holder, opened.pages, opened.view.attachments) == (THERE[1], False, ())
    room.rule(May.PAGES, "marriage")
    opened = room.here.window.open(record, "陈思", "办理养老保险")
    sha256 = str(opened.view.attachments[0]["sha256"])
    assert room.here.window.picture(sha256, 1, 40).width > 0
    assert code_of(room.here, record, "何辰") == NotNamed.code
    assert room.here.acts("county-file-opened", "county-file-refused") == [
        (f"county-file-{how}", record) for how in ("refused", "refused", "opened", "opened", "refused")
    ]
    acts = ("grant.given", "grant.refused", "grant.page-read")
    assert room.log(*acts) == ["grant.refused"] * 2 + ["grant.given"] * 2 + ["grant.page-read", "grant.refused"]
    holder_learns(room, record)
    began_anew(room.here, record)
    room.rule(May.NONE, "marriage")
    assert asked_by_hand(room, record, next(iter(room.here.window._grants.values())), sha256) < 250  # nothing new
    room.rule(May.PAGES, "marriage")
    void(room, record)
    assert found(room.here) == []
    assert code_of(room.here, record) == HeadMoved.code
    with pytest.raises(NotAllowed):  # what was open is not, either
        room.here.window._fetch(sha256)
    room.county.kill()
    with pytest.raises(Offline):
        room.here.window.open(record, "陈思", "办理养老保险")


def found_without_rule(room: Room, record: str) -> bool:
    """Nothing is seen before an officer says so, and asking by hand gives nothing."""
    room.followed()
    assert found(room.here) == []
    assert room.here.window.status().records == 0
    return code_of(room.here, record) == "not_allowed"


def began_anew(town: Town, record: str) -> None:
    """A county that was put back knows no such edition: what was fetched goes, and comes again."""
    with town.desk.office.archive.act("陈晓兰", town.desk.office.clock()) as act:
        county_slice.put_state(act, replace(county_slice.state(act.connection), edition=10**6))
    assert found(town) == [record]
    assert (town.window.status().records, town.window.status().whole) == (1, True)


def leaves_in_no_open_copy(town: Town) -> None:
    with town.desk.office.archive.reading() as connection:
        names = {one.name: one for one in open_tables.tables(connection)}
        told = "".join(map(str, open_tables.rows(connection, names["setting"])))
    assert not names.keys() & {"slice_person", "slice_record"}
    assert "layout" in told
    assert "county_slice" not in told


def holder_learns(room: Room, record: str) -> None:
    room.there.window.refresh()
    room.there.window.refresh()
    with room.there.desk.office.archive.reading() as connection:
        looks = county_slice.looks_since(connection, "", 9)
    assert [(one.record, one.township_name, one.person, one.purpose) for one in looks] == [
        (record, HERE[1], "陈晓兰", "办理养老保险")
    ] * 2
    assert room.there.acts("looked-at-elsewhere") == [("looked-at-elsewhere", record)] * 2


def void(room: Room, record: str) -> None:
    """A reviewer voids the record, over the line; its township learns of it with the next exchange."""
    staff = room.line.staff()
    detail = staff.record(RecordId(record))
    assert detail.head is not None
    said = {"layout": 1, "kind": "marriage", "number": "", "reason": "错录"}
    staff.change(detail, Revision.saying(RecordId(record), (detail.head,), ChangeKind.VOID, said))
    room.followed()
    room.there.desk.sync()


def asked_by_hand(room: Room, record: str, grant: str, sha256: str) -> int:
    """Ask with the desk's own certificate for everything that is not its to have; returns the bytes of a call that brings nothing."""
    session = room.here.desk.syncing._drawer.read().open_session()
    line = WindowLine(session)
    other = room.there.desk.syncing._drawer.read().open_session()
    view = line.slice(SliceAsked(b"", 0)).view
    before = session.traffic.up_bytes + session.traffic.down_bytes
    told = line.slice(SliceAsked(view, 0))
    traffic = session.traffic.up_bytes + session.traffic.down_bytes - before
    assert (told.entries, told.holders, told.more) == ((), (), False)
    assert line.slice(SliceAsked(view, 99)).view == view  # an edition there has not been: it begins anew
    for asked in (
        lambda: line.grant(GrantAsked(RecordId(record), "陈思", "陈晓兰", "问问")),
        lambda: line.page(grant, sha256),  # the rule went, and the pages with it
        lambda: WindowLine(other).page(grant, sha256),  # another desk's grant
        lambda: WindowLine(other).grant(GrantAsked(RecordId(record), "陈思", "陈晓兰", "问问")),  # its own record
    ):
        with pytest.raises(NotAllowed):
            asked()
    for wrong in (
        ("", "陈晓兰", "问问"),
        ("陈思", " ", "问问"),
        ("陈思", "陈晓兰", " "),
        ("陈思", "陈晓兰", "问" * 201),
    ):
        with pytest.raises(BadRequest):
            line.grant(GrantAsked(RecordId(record), *wrong))
    with pytest.raises(HeadMoved):
        line.grant(GrantAsked(RecordId("01900000-0000-7000-8000-000000000000"), "陈思", "陈晓兰", "问问"))
    session.close()
    other.close()
    return traffic
