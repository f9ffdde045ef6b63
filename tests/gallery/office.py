"""Two offices to be shown: one just begun, with nothing in it, and the practice office in the middle of its work."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from desktop.archive.inbox import ItemState
from desktop.folders import OFFICE, PRACTICE
from desktop.services.desk import Desk
from desktop.services.extracts import Request
from desktop.services.finding import Asked
from desktop.services.opening import NewPerson, OfficeFacts, Opening
from desktop.services.practising import Practice
from sync.contract.findings import Level
from sync.contract.histories import OPEN_STANDINGS
from sync.contract.one_window import EVERYBODY, May
from sync.contract.revisions import TownshipId
from sync.county import registry, who_sees
from sync.county.service import County
from sync.vault.slots import Role
from tests.desktop.services.imports.marriages import marriage, table
from tests.desktop.services.paper_people import DEATH, HUSBAND, ROSTER, WEDDING
from tests.journeys.practice_papers import practice_papers
from tests.sync.county.filed_papers import Paper, put, tell
from tests.sync.county.troubled import trouble

PASSWORD = "这一句口令只在画册里用一用"
HEAD = "赵主任"
LEFT = ("dibao-2024.pdf", "marriage-1978.pdf", "marriage-2016.pdf", "veteran-2013.pdf")  # papers that still wait
NEEDED = {
    "marriage": {"type": "初婚"},
    "census": {"district": "1", "household_no": "7", "type": "家庭户", "present": "2"},
    "death": {"cert_no": "S1", "handler.name": "陈海", "handler.relation": "子"},
}


@dataclass(frozen=True, slots=True)
class Offices:
    """The folders of both, and what lies beside them: a table to be imported, a second place for backups."""

    bare: Path
    empty: Path
    busy: Path
    register: Path
    vehicles: Path


def furnish_offices(folder: Path) -> Offices:
    """Both offices stand in the folder, with nothing open."""
    made = Offices(
        folder / "bare", folder / "empty", folder / "busy", folder / "2016 年结婚台账.csv", folder / "机动车登记.csv"
    )
    people = [(HEAD, Role.ADMIN), ("陈晓兰", Role.CLERK), ("周敏", Role.REVIEWER), ("何审计", Role.AUDITOR)]
    Opening(made.empty / OFFICE).create(
        OfficeFacts("云泽县", "青石镇", "339921102", "J001"), [NewPerson(name, role, PASSWORD) for name, role in people]
    )
    rows = [marriage(place) for place in range(1, 31)]
    rows += [marriage(31, man_id="339921198903080033"), marriage(32, woman_was="已婚"), marriage(33, day="")]
    made.register.write_bytes(table(rows))
    cars = [f"浙Z{place:04},{HUSBAND},小型汽车,{place}0000,2013-03-18,正常" for place in range(8, 20)]
    made.vehicles.write_text("\n".join(("号牌号码,身份证号,车辆类型,价值,登记日期,状态", *cars, "")), encoding="utf-8")
    _work(Practice(made.busy / PRACTICE), folder / "second")
    return made


def _work(practice: Practice, second: Path) -> None:
    """The practice office has received, filed, sent, got back, issued, linked and backed up."""
    second.mkdir()
    with _open(practice, Role.CLERK) as desk:
        _receive(desk)
        _file_papers(desk)
        for kind, fields in (("marriage", WEDDING), ("census", ROSTER), ("death", DEATH)):
            _file(desk, kind, {"author": "白石镇", **NEEDED[kind], **fields})
        while desk.persons.work_on(60.0):
            pass
        desk.syncing.seal_batch()
        _sync(desk)
        place = desk.backing_up.where.choose_folder(second)
        desk.backing_up.back_up(place.id, lambda _: None, lambda: False)
        first = desk.finding.look_up(
            "", desk.finding.find(Asked("孙有田")).ids[:1] or desk.finding.find(Asked("")).ids[:1]
        )
        desk.extracts.issue(first[0].record.uid, Request("孙有田", "本人", "办理房产登记"))
    with _open(practice, Role.REVIEWER) as desk:
        _review(desk)
    with _open(practice, Role.CLERK) as desk:
        _sync(desk)
    _trouble(practice.folder / "county", second.parent)


def _trouble(folder: Path, beside: Path) -> None:
    """The county was put back and waits for a township; two decisions contradict, and a log became shorter."""
    county = County(folder, folder / "county.key")
    elsewhere(county)
    troubled = trouble(county, beside)
    county.close()
    for one in (troubled.log, troubled.away):
        one.engine.dispose()


def elsewhere(county: County) -> None:
    """Another township has files that the county opens to everybody, and its catalogue has followed."""
    weddings = [{**WEDDING, **NEEDED["marriage"], "husband.name": name} for name in ("何晨", "孙有田", "何晨")]
    records = [f"01900000-0000-7000-8000-0000000000{place:02}" for place in range(len(weddings))]
    papers = [Paper(record, "339921107", "marriage", said) for record, said in zip(records, weddings, strict=True)]
    with county.storage.connection(writing=True) as connection:
        put(connection, county.kinds, papers)
        registry.name_township(connection, TownshipId("339921107"), "溪口镇")
        for record in records:
            tell(connection, "339921107", record, "")
    who_sees.set_rule(county.storage, county.kinds, EVERYBODY, EVERYBODY, May.PAGES, officer="周敏", why="全市通办")
    while county.catalogue.work_on():
        continue


@contextmanager
def _open(practice: Practice, role: Role) -> Iterator[Desk]:
    desk = practice.open(role)
    desk.settle_seconds = 0.0
    try:
        yield desk
    finally:
        desk.close()


def _receive(desk: Desk) -> None:
    (desk.scanner_folder / "会议记录.docx").write_bytes(b"PK\x03\x04 not a scan")
    for _ in range(3):
        desk.receiving.sweep()


def _file_papers(desk: Desk) -> None:
    papers = {one.file.name: one for one in practice_papers()}
    for item in desk.receiving.items(ItemState.TAKEN):
        if item.name in papers and item.name not in LEFT:
            paper = papers[item.name]
            form = desk.cataloguing.start(paper.kind, item.id)
            for key, ranges in paper.papers.items():
                desk.cataloguing.attach(form.draft.uid, key, ranges)
            _finish(desk, form.draft.uid, {**paper.fields})


def _file(desk: Desk, kind: str, fields: dict[str, str]) -> None:
    _finish(desk, desk.cataloguing.start(kind).draft.uid, fields)


def _finish(desk: Desk, uid: str, fields: dict[str, str]) -> None:
    form = desk.cataloguing.form(uid)
    for key, text in fields.items():
        form = desk.cataloguing.put(uid, key, text)
    for finding in form.hindrances:
        if finding.level is Level.WARNING:
            desk.cataloguing.give_reason(uid, finding.field, "原件如此")
    desk.filing.file(uid)


def _sync(desk: Desk) -> None:
    desk.syncing.sync(lambda _: None, lambda: False)


def _review(desk: Desk) -> None:
    """Two records are returned and one accepted; the rest wait."""
    (batch,) = desk.reviewing.batches()
    waiting = [one for one in desk.reviewing.batch(batch.batch_id).records if one.standing in OPEN_STANDINGS]
    for one in waiting[:2]:
        desk.reviewing.send_back(one.record, "author", "differs", "责任者请与原件核对")
    desk.reviewing.accept([waiting[2].record])
