"""An auditor lists what a scope means and notes findings about records and pages; nothing else changes, and the copy carries them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from desktop.services.auditing import Auditing
from desktop.services.exporting import Exporting
from sync.contract.errors import InvalidRecord, NotAllowed, Refused
from sync.vault import audit
from tests.desktop.services.office import SmallOffice, begin_office
from tests.desktop.services.test_sealing import inside


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory):
    made = begin_office(tmp_path_factory.mktemp("auditing") / "office")
    for number, year in enumerate((2014, 2016, 2025)):
        day = f"{year}-12-27"
        made.file_marriage(data=b"%PDF- " + bytes([number]) * 99, cert_no=f"J339921-{year}-00000{number}", reg_date=day)
    yield made
    made.archive.close()


@pytest.fixture
def auditing(office: SmallOffice) -> Auditing:
    exporting = Exporting(office.archive, office.kinds, "吴审计", office.clock)
    return Auditing(office.archive, office.kinds, exporting, "吴审计", office.clock)


def test_the_list_on_screen_is_what_a_copy_of_the_same_words_holds(auditing: Auditing, tmp_path: Path) -> None:
    listed = auditing.records("结婚 抽:2 种子:ab12")
    assert (listed.count, listed.among) == (2, 3)
    exporting = auditing._exporting
    reader = exporting.make_recipient()
    made = exporting.export(tmp_path, [reader.public_key], lambda _: None, lambda: False, scope=listed.scope)
    files = inside(made.path, reader)
    held = {json.loads(line)["record"] for name in files if "/chosen/" in name for line in files[name].splitlines()}
    assert held == {one.record for one in listed.lines}
    with pytest.raises(Refused):
        auditing.records("无此门类")


def test_what_falls_under_a_rule_of_risk_is_listed_with_the_rule(auditing: Auditing) -> None:
    late = auditing.records("风险:任一")
    assert {(one.year, one.why) for one in late.lines} == {(2014, ("late",)), (2016, ("late",))}


def test_a_finding_names_a_page_that_is_there_and_stays_when_it_is_withdrawn(
    auditing: Auditing, office: SmallOffice, tmp_path: Path
) -> None:
    record = auditing.records("2014").lines[0].record
    for place, gravity, text, field in (
        ("6", 2, "缺签字", "place"), ("2/1", 2, "缺签字", "place"), ("第三", 2, "缺签字", "place"), ("", 4, "缺签字", "gravity"),
        ("1", 1, "  ", "text"),
    ):  # fmt: skip
        with pytest.raises(InvalidRecord) as refused:
            auditing.note(record, place, gravity, text)
        assert refused.value.facts["fields"] == [field]
    before = _heads(office)
    one = auditing.note(record, "1/3", 3, "何晨没有签字")
    other = auditing.note(record, "", 1, "题名可再简")
    assert _heads(office) == before
    assert [(line.file, line.finding.page, line.number) for line in auditing.findings()][1][:2] == (1, 3)
    auditing.withdraw(other.id)
    stranger = Auditing(office.archive, office.kinds, auditing._exporting, "别人", office.clock)
    for service, finding in ((auditing, other.id), (stranger, one.id)):
        with pytest.raises(NotAllowed):
            service.withdraw(finding)
    assert [bool(line.finding.withdrawn_at) for line in auditing.findings()] == [True, False]
    with office.archive.reading() as connection:
        log = [event for event in audit.events(connection) if event.act.startswith("finding-")]
    assert [event.act for event in log] == ["finding-noted", "finding-noted", "finding-withdrawn"]
    assert "签字" not in str(log)
    exporting = auditing._exporting
    office.clock.forward(office.clock().resolution * 2_000_000)
    reader = exporting.make_recipient()
    made = exporting.export(tmp_path, [reader.public_key], lambda _: None, lambda: False)
    told = [json.loads(line) for line in inside(made.path, reader)["data/findings.jsonl"].splitlines()]
    assert [(line["id"], line["page"], bool(line["withdrawn_at"])) for line in told] == [
        (one.id, 3, False), (other.id, 0, True),
    ]  # fmt: skip
    assert exporting.verify(made.path, exporting.signature_key(), reader.key_file).complete


def _heads(office: SmallOffice) -> list[tuple[str, ...]]:
    with office.archive.reading() as connection:
        return [tuple(row) for row in connection.exec_driver_sql("SELECT uid, head, state FROM record ORDER BY uid")]
