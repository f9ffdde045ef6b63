"""Volumes: put together from a series or a search, ordered, closed with their totals, reopened with a trace, taken back."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop.archive import attachments, imports
from desktop.archive.archive import Archive
from desktop.archive.imports import EntryState, KeptEntry
from desktop.documents.pages import PageReader
from desktop.services.finding import Asked
from desktop.services.open_copies import OpenCopies, reimport
from desktop.services.paper_copies import PaperCopies
from desktop.services.volume_lists import VolumeLists
from desktop.services.volumes import Arrangement, Facts, Volumes, VolumeState
from sync.contract.errors import InvalidRecord, NotAllowed, VolumeRefused
from sync.contract.kinds import Print
from sync.vault import audit
from sync.vault.slots import Keystore
from tests.desktop.documents.drawn import drawn_pdf
from tests.desktop.services.office import MARRIAGE, PAPERS, SmallOffice, begin_office

OFFICE = "云泽县青石镇"
DAYS = ("二〇一六年五月四日", "二〇一六年二月二十七日", "二〇一六年三月九日")


@pytest.fixture
def office(tmp_path: Path) -> Iterator[SmallOffice]:
    """An office with three marriages of one series, each with a scan, filed against the order of their days."""
    made = begin_office(tmp_path / "office")
    for number, day in enumerate(DAYS):
        made.file_marriage(
            data=b"%PDF-" + bytes([65 + number]), cert_no=f"J339921-2016-00001{number}", husband__name=f"何晨{number}号"[:2],
            reg_date=day,
        )  # fmt: skip
    yield made
    made.archive.close()


@pytest.fixture
def acts(office: SmallOffice) -> Volumes:
    return Volumes(office.archive, office.kinds, OFFICE, office.person, office.clock)


@pytest.fixture
def lists(office: SmallOffice) -> VolumeLists:
    return VolumeLists(office.archive, office.kinds, OFFICE, office.person, office.clock)


def items(lists: VolumeLists, uid: str) -> list[int]:
    """Return the last digits of the archive numbers in a volume, in its order."""
    return [int(row.number[-4:]) for row in lists.of(uid).rows]


def logged(office: SmallOffice, uid: str) -> list[str]:
    with office.archive.reading() as connection:
        return [one.act for one in audit.events(connection, subject=uid)]


def test_a_series_waits_until_its_records_are_in_volumes(acts: Volumes, lists: VolumeLists) -> None:
    (series,) = lists.waiting()
    assert (series.fonds, series.kind, series.year, series.retention, series.records) == (
        "J001",
        "marriage",
        2016,
        "D100",
        3,
    )
    first = acts.make(series, 2)
    assert [one.records for one in lists.waiting()] == [1]
    second = acts.make(series, 100)
    assert lists.waiting() == []
    assert (items(lists, first), items(lists, second)) == ([1, 2], [3])
    assert [(one.volume.number, one.totals.items, one.totals.pages) for one in lists.every()] == [(1, 2, 10), (2, 1, 5)]
    with pytest.raises(VolumeRefused) as refused:
        acts.make(series, 100)
    assert refused.value.facts["reason"] == "nothing"


def test_a_search_becomes_a_volume_for_each_series_in_the_order_of_the_answer(
    office: SmallOffice, acts: Volumes, lists: VolumeLists
) -> None:
    office.file_marriage(data=b"%PDF-other", cert_no="J339921-2017-000001", reg_date="二〇一七年一月三日")
    hits = office.finding.find(Asked("结婚登记"))
    made = acts.make_of(hits.ids[:])
    assert [items(lists, uid) for uid in made] == [[1], [3, 2, 1]]
    assert [lists.of(uid).volume.year for uid in made] == [2017, 2016]
    acts.undo()
    assert lists.every() == []
    assert len(lists.waiting()) == 2


def test_a_volume_is_ordered_by_number_by_day_and_by_hand(acts: Volumes, lists: VolumeLists) -> None:
    uid = acts.make(lists.waiting()[0], 100)
    acts.arrange(uid, Arrangement.DATE)
    assert items(lists, uid) == [2, 3, 1]
    acts.move(uid, lists.of(uid).rows[2].uid, -1)
    assert items(lists, uid) == [2, 1, 3]
    acts.move(uid, lists.of(uid).rows[0].uid, -1)  # there is no place above the first
    assert items(lists, uid) == [2, 1, 3]
    acts.arrange(uid, Arrangement.NUMBER)
    assert items(lists, uid) == [1, 2, 3]
    for wanted in ([2, 1, 3], [2, 3, 1], [1, 2, 3]):
        acts.undo()
        assert items(lists, uid) == wanted


def test_a_record_is_in_one_volume_and_only_records_of_its_series_come_in(acts: Volumes, lists: VolumeLists) -> None:
    series = lists.waiting()[0]
    first, second = acts.make(series, 1), acts.make(series, 1)
    for numbers, reason in (("1", "taken"), ("J001-HY·2016-Y-0001", "series"), ("1-1001", "full")):
        with pytest.raises(VolumeRefused) as refused:
            acts.add(second, numbers)
        assert refused.value.facts["reason"] == reason
    for wrong in ("九", "4", "", "0"):
        with pytest.raises(InvalidRecord):
            acts.add(second, wrong)
    assert acts.add(second, "J001-HY·2016-D100-0003、2") == 1  # the second stands there already
    assert (items(lists, first), items(lists, second)) == ([1], [2, 3])
    acts.take_out(second, lists.of(second).rows[0].uid)
    assert acts.add(first, "2") == 1
    assert (items(lists, first), items(lists, second)) == ([1, 2], [3])


def test_a_closed_volume_stands_until_it_is_opened_again_with_a_reason(
    office: SmallOffice, acts: Volumes, lists: VolumeLists
) -> None:
    uid = acts.make(lists.waiting()[0], 100)
    with pytest.raises(VolumeRefused) as refused:
        lists.printed(uid, Print.CATALOGUE)
    assert refused.value.facts["reason"] == "open"
    acts.close(uid)
    lists.printed(uid, Print.CATALOGUE)
    assert [one.totals.printed for one in lists.every()] == [True]
    record = lists.of(uid).rows[0].uid
    for change in (
        lambda: acts.move(uid, record, 1), lambda: acts.take_out(uid, record), lambda: acts.add(uid, "1"),
        lambda: acts.close(uid), lambda: acts.arrange(uid, Arrangement.DATE), lambda: acts.count_pages(uid, record, 3),
    ):  # fmt: skip
        with pytest.raises(VolumeRefused):
            change()
    with pytest.raises(InvalidRecord):
        acts.reopen(uid, "  ")
    acts.reopen(uid, "漏了一件")
    assert [one.note for one in lists.of(uid).reopened] == ["漏了一件"]
    acts.close(uid)
    found = lists.of(uid)
    assert (found.closed, found.pages, found.volume.closed_by) == (True, 15, office.person)
    assert [one.note for one in found.reopened] == ["漏了一件"]
    assert [one.totals.printed for one in lists.every()] == [False]
    assert logged(office, uid) == [
        "volume-made", "volume-closed", "volume-printed", "volume-reopened", "volume-closed",
    ]  # fmt: skip


def test_every_act_is_taken_back_one_after_the_other_and_each_leaves_a_line(
    office: SmallOffice, acts: Volumes, lists: VolumeLists
) -> None:
    uid = acts.make(lists.waiting()[0], 2)
    stood = [lists.of(uid)]
    facts = Facts("结婚登记材料", "12", 40, "李主任", "缺一张合影")
    record = stood[0].rows[0].uid
    for act in (
        lambda: acts.add(uid, "3"), lambda: acts.move(uid, record, 2), lambda: acts.count_pages(uid, record, 7),
        lambda: acts.describe(uid, facts), lambda: acts.take_out(uid, record), lambda: acts.close(uid),
        lambda: acts.reopen(uid, "改"),
    ):  # fmt: skip
        act()
        stood.append(lists.of(uid))
    told = []
    for before in reversed(stood[:-1]):
        told.append(acts.undo())
        found = lists.of(uid)
        assert (found.rows, found.volume) == (before.rows, before.volume)
    assert told == ["reopened", "closed", "taken_out", "described", "counted", "moved", "added"]
    assert acts.undo() == "made"
    assert lists.every() == []
    assert acts.undo() == ""
    assert logged(office, uid).count("volume-undone") == 8


def test_pages_are_numbered_through_the_volume_and_unknown_ones_hinder_closing(
    office: SmallOffice, acts: Volumes, lists: VolumeLists
) -> None:
    file_without_scan(office)
    uid = acts.make(lists.waiting()[0], 100)
    acts.move(uid, lists.of(uid).rows[3].uid, -2)
    second = lists.of(uid).rows[1].uid
    assert [one.totals.unknown for one in lists.every()] == [1]
    with pytest.raises(VolumeRefused) as refused:
        acts.close(uid)
    assert refused.value.facts == {"reason": "pages", "place": 2}
    for wrong in (0, 10_000):
        with pytest.raises(InvalidRecord):
            acts.count_pages(uid, second, wrong)
    acts.count_pages(uid, second, 12)
    acts.close(uid)
    assert [(row.first_page, row.last_page) for row in lists.of(uid).rows] == [(1, 5), (6, 17), (18, 22), (23, 27)]


def test_what_is_said_of_a_volume_must_fit_its_sheets(acts: Volumes, lists: VolumeLists) -> None:
    uid = acts.make(lists.waiting()[0], 100)
    for facts, wrong in (
        (Facts(" ", "1", 30, "", ""), ["title"]),
        (Facts("题名", "1", 35, "", "字" * 501), ["note", "thickness_mm"]),
    ):
        with pytest.raises(InvalidRecord) as refused:
            acts.describe(uid, facts)
        assert refused.value.facts["fields"] == wrong


def file_without_scan(office: SmallOffice) -> None:
    """A marriage stands filed of which only the paper is there, its missing papers excused."""
    uid = office.cataloguing.start("marriage").draft.uid
    for key, text in {**MARRIAGE, "cert_no": "J339921-2016-000019"}.items():
        office.cataloguing.put(uid, key, text)
    for paper in PAPERS:
        office.cataloguing.give_reason(uid, f"papers.{paper}", "原卷散失")
    office.filing.file(uid)


ADOPTION = {
    "case_no": "（2016）云收字第 3 号", "reg_date": "二〇一六年三月九日", "office": "云泽县民政局", "ground": "孤儿",
    "adopter.name": "何晨", "adopter.id_no": "339921198003080037", "adopter.marital": "未婚", "child.name": "仇小雨",
    "child.birth": "二〇一一年三月", "placer_type": "福利机构", "placer": "云泽县福利院", "author": "云泽县民政局",
    "agreement": "是",
}  # fmt: skip


def file_adoption(office: SmallOffice, scan: bytes = b"%PDF-adoption", pages: int = 9) -> str:
    """An adoption stands filed with its scan; its id comes back."""
    form = office.cataloguing.start("adoption", office.receive(scan, pages=pages))
    uid = form.draft.uid
    for key, text in ADOPTION.items():
        office.cataloguing.put(uid, key, text)
    form = office.cataloguing.attach(uid, "inquiry", "3-5" if pages > 4 else "2")
    form = office.cataloguing.attach(uid, "application", "1-2" if pages > 4 else "1")
    for finding in form.judgement.unexcused(form.draft.reasons):
        office.cataloguing.give_reason(uid, finding.field, "原件如此")
    return str(office.filing.file(uid).record)


def test_a_list_of_adoptions_names_nobody_until_a_purpose_is_given_and_every_look_is_registered(
    office: SmallOffice, acts: Volumes, lists: VolumeLists
) -> None:
    record = file_adoption(office)
    uid = acts.make(next(one for one in lists.waiting() if one.kind == "adoption"), 100)
    hidden = lists.of(uid)
    assert hidden.hides
    assert not [
        word for word in ("何晨", "仇小雨", "云收字") if word in repr((hidden.rows, hidden.papers, hidden.volume.title))
    ]
    with pytest.raises(NotAllowed):
        lists.named(uid, " ")
    assert lists.named(uid, "移交县档案馆").rows[0].title == "仇小雨收养登记"
    with office.archive.reading() as connection:
        looks = connection.exec_driver_sql("SELECT record_uid, purpose FROM look").all()
    assert [tuple(one) for one in looks] == [(record, "移交县档案馆")]
    assert logged(office, uid)[-1] == "volume-names-shown"


def test_the_contents_of_a_file_of_one_item_are_its_papers_with_their_pages(
    office: SmallOffice, acts: Volumes, lists: VolumeLists
) -> None:
    file_adoption(office)
    uid = acts.make(next(one for one in lists.waiting() if one.kind == "adoption"), 100)
    papers = lists.of(uid).papers
    assert [(one.title, one.first_page, one.last_page) for one in papers] == [
        ("收养登记申请书", 1, 2),
        ("询问笔录", 3, 5),
    ]
    marriages = acts.make(next(one for one in lists.waiting() if one.kind == "marriage"), 1)
    assert lists.of(marriages).papers == ()  # kept by item: its list is of items


def test_volumes_come_back_from_an_open_export_and_an_import_leaves_what_stands_in_one(
    office: SmallOffice, acts: Volumes, lists: VolumeLists, tmp_path: Path
) -> None:
    uid = acts.make(lists.waiting()[0], 100)
    acts.arrange(uid, Arrangement.DATE)
    acts.close(uid)
    acts.reopen(uid, "改题名")
    record = lists.of(uid).rows[0]
    with office.archive.act(office.person, office.clock()) as act:
        entry = KeptEntry(**_entry(record.uid, record.number))
        assert not imports.take_back(act, entry)
    copy = OpenCopies(office.archive, office.kinds, "何审计", office.clock).export(
        tmp_path / "open", lambda _: None, lambda: False
    )
    password = "这一句口令只在测试里用一用"
    made = reimport(
        copy.folder, tmp_path / "again", "周主任", password, office.kinds, lambda _: None, clock=office.clock
    )
    _, key = Keystore.open(made.folder).unlock("周主任", password, office.clock())
    archive = Archive.open(made.folder, key)
    try:
        again = VolumeLists(archive, office.kinds, OFFICE, "周主任", office.clock)
        assert again.of(uid) == lists.of(uid)
        assert again.of(uid).volume.state is VolumeState.OPEN
    finally:
        archive.close()


def _entry(uid: str, number: str) -> dict[str, object]:
    return {
        "key": hashlib.sha256(uid.encode()).hexdigest(), "content": json.dumps({}), "run_id": "run", "record_uid": uid,
        "number": number, "state": EntryState.FILED,
    }  # fmt: skip


def test_a_stamped_copy_of_an_adoption_needs_a_purpose_and_leaves_the_original_as_it_was(office: SmallOffice) -> None:
    scan = drawn_pdf("application", "inquiry")
    record = file_adoption(office, scan, pages=2)
    with PageReader() as reader:
        copies = PaperCopies(office.archive, office.kinds, reader, office.person, office.clock)
        with pytest.raises(NotAllowed):
            copies.stamped(record, scan)
        copy = copies.stamped(record, scan, "移交县档案馆")
        assert [reader.text(copy, page).split() for page in range(2)] == [["application", "application"], ["inquiry"]]
    with office.archive.reading() as connection:
        looks = connection.exec_driver_sql("SELECT record_uid, purpose FROM look").all()
        kept = attachments.checked_content(office.archive, connection, hashlib.sha256(scan).hexdigest())
    assert [tuple(one) for one in looks] == [(record, "移交县档案馆")]
    assert kept == scan
