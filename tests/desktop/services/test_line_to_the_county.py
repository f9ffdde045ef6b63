"""Township and county over the real line: a real server process, TLS, a batch, decisions, corrections, agreement."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from desktop.archive import log_witness
from desktop.documents.pages import PageReader
from desktop.services.cataloguing import Cataloguing
from desktop.services.county_line import CountyLine
from desktop.services.county_process import CountyProcess
from desktop.services.editions import EditionStatus, load_edition
from desktop.services.publishing import Publishing
from desktop.services.received_lists import ReceivedLists, check_received_code
from desktop.services.reviewing import Reviewing
from desktop.services.syncing import Syncing
from sync.contract.editions import Edition, EditionFile, SignedEdition
from sync.contract.errors import BadRequest, HeadMoved, LantaiError, NotAllowed, Offline, Refused, WrongCode
from sync.contract.review import BatchLine
from sync.contract.revisions import RecordState
from sync.county.service import County
from sync.vault.checkpoints import parse_note
from tests.desktop.county_beside import enrol_code, start_county
from tests.desktop.services.office import MARRIAGE, PAPERS, SmallOffice, begin_office
from tests.sync.client.people import DeskPerson
from tests.sync.county.witnessed import alter

TOWNSHIP = ("--role", "desk", "--township", "339921102", "--township-name", "青石镇")


class Codes:
    """Where the county answers, and its one-time codes, as another township's desk asks for them."""

    def __init__(self, both: Both) -> None:
        self.address, self._folder = both.county.address, both.folder

    def code_for_desk(self, township: str, name: str) -> str:
        asked = ("--role", "desk", "--township", township, "--township-name", name)
        return enrol_code(self._folder, *asked)


class Both:
    """A clerk, a reviewer, and the county between them."""

    def __init__(self, office: SmallOffice, folder: Path, county: CountyProcess) -> None:
        self.office, self.folder, self.county = office, folder, county
        self.syncing = Syncing(office.archive, office.kinds, office.person, office.clock)
        self.reader = PageReader()
        self.line = CountyLine(office.archive, self.reader, "周敏", office.clock)
        self.reviewing = Reviewing(self.line, office.kinds, office.clock)

    def enrol(self) -> None:
        self.syncing.enrol(self.county.address, enrol_code(self.folder, *TOWNSHIP))
        code = enrol_code(self.folder, "--role", "reviewer", "--name", "周敏")
        self.line.enrol(self.county.address, code)

    def newest(self) -> BatchLine:
        """The last batch of this office; one of another may have come in the same second."""
        return next(one for one in self.reviewing.batches() if one.township == TOWNSHIP[3])

    def send(self):
        self.syncing.seal_batch()
        return self.syncing.sync(lambda progress: None, lambda: False)


@pytest.fixture(scope="module")  # starting a county takes seconds; no test depends on what another left
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    folder = tmp_path_factory.mktemp("line")
    office = begin_office(folder / "office")
    county = start_county(folder / "county")
    made = Both(office, folder / "county", county)
    made.enrol()
    yield made
    made.line.close()
    made.reader.close()
    made.county.close()
    office.archive.close()


def test_accept_return_correct_and_agree_to_the_row(both: Both) -> None:
    first = both.office.file_marriage(data=b"%PDF- one")
    second = both.office.file_marriage(data=b"%PDF- two", husband__name="何辰")
    before = both.syncing.status()
    sent = both.send()
    assert sent.outcome.digest_equal is True
    batch = both.newest()
    assert [one.title for one in both.reviewing.batch(batch.batch_id).records] == [first.title, second.title]
    assert both.reviewing.record(first.record).clean
    assert both.reviewing.accept([first.record])[0].code == ""
    assert both.reviewing.send_back(second.record, "husband.name", "differs", "纸上是何晨").code == ""
    both.send()
    returned = both.syncing.returned()
    assert [(one.uid, one.grounds[0].field, one.grounds[0].text) for one in returned] == [
        (second.record, "husband.name", "纸上是何晨")
    ]
    both.office.cataloguing.correct(second.record)
    both.office.cataloguing.put(second.record, "husband.name", "何晨")
    both.office.filing.file(second.record)
    both.send()
    again = both.reviewing.record(second.record)
    assert not again.first
    assert [(one.key, one.sent, one.held) for one in again.fields if one.differs] == [("husband.name", "何晨", "何辰")]
    assert both.reviewing.accept([second.record])[0].code == ""
    last = both.send()
    assert (last.outcome.digest_equal, last.heads) == (True, sent.heads + 2)
    status = both.syncing.status()
    assert (status.accepted - before.accepted, status.returned, status.queued, status.filed) == (2, 0, 0, 0)


def test_a_record_returned_twice_is_shown_as_it_was_accepted_at_last(both: Both) -> None:
    filed = both.office.file_marriage(data=b"%PDF- six", husband__name="何一")
    both.send()
    for name in ("何二", "何三"):
        both.reviewing.send_back(filed.record, "husband.name", "differs", "")
        both.send()
        both.office.cataloguing.correct(filed.record)
        both.office.cataloguing.put(filed.record, "husband.name", name)
        both.office.filing.file(filed.record)
        both.send()
    assert both.reviewing.accept([filed.record])[0].code == ""
    shown = next(one for one in both.reviewing.record(filed.record).fields if one.key == "husband.name")
    assert (shown.sent, shown.held) == ("何三", "何三")


def test_accepting_twice_changes_nothing_and_says_so(both: Both) -> None:
    filed = both.office.file_marriage(data=b"%PDF- three")
    both.send()
    assert both.reviewing.accept([filed.record])[0].code == ""
    assert both.reviewing.accept([filed.record])[0].code == "head_moved"
    with pytest.raises(Refused):
        both.reviewing.send_back(filed.record, "", "", " ")


def test_a_bulk_accepted_in_one_act_is_taken_back_until_a_desk_fetches_it(both: Both) -> None:
    filed = [both.office.file_marriage(data=b"%%PDF- bulk %d" % one).record for one in range(3)]
    both.send()
    batch = both.newest().batch_id
    assert [one.code for one in both.reviewing.accept_clean(batch)] == ["", "", ""]
    assert both.reviewing.batch(batch).summary.accepted == 3
    taken = both.reviewing.take_back()
    assert (set(taken.records), taken.fetched, taken.stayed) == (set(filed), 0, 0)
    summary = both.reviewing.batch(batch).summary
    assert (summary.accepted, summary.undecided) == (0, 3)
    both.reviewing.send_back(filed[0], "husband.name", "differs", "纸上是何晨")
    both.send()
    assert both.reviewing.take_back().fetched == 1
    assert [one.uid for one in both.syncing.returned()] == [filed[0]]
    both.reviewing.accept_clean(batch)
    assert both.send().outcome.digest_equal is True
    assert both.reviewing.take_back().fetched == 2
    assert both.reviewing.batch(batch).summary.accepted == 2


def test_a_received_list_adds_up_and_is_checked_with_the_county_s_certificate_alone(both: Both, tmp_path: Path) -> None:
    filed = [both.office.file_marriage(data=b"%%PDF- list %d" % one).record for one in range(3)]
    both.send()
    batch = both.newest().batch_id
    both.reviewing.accept(filed[:1])
    both.reviewing.send_back(filed[1], "husband.name", "differs", "")
    lists = ReceivedLists(both.line, both.reviewing, both.office.kinds)
    given = lists.make(batch)
    told = given.told
    assert (told.sent, told.received, told.accepted, told.returned, told.conflicts, told.set_aside, told.open) == (
        3, 3, 1, 1, 0, 0, 1
    )  # fmt: skip
    assert (told.township_name, told.county, told.by, told.batch) == ("青石镇", "云泽县民政局", "周敏", batch)
    assert {str(one.standing) for one in given.rows} == {"returned", "received"}
    certificate = lists.save_authority(tmp_path / "county.pem")
    assert check_received_code(given.code, certificate.read_bytes()) == told
    altered = given.code[:150] + ("A" if given.code[150] != "A" else "B") + given.code[151:]
    for code, result, words in ((given.code, 0, "青石镇"), (altered, 1, "不是这个县签出的")):
        command = [sys.executable, "-m", "desktop", "check-received", code, "--authority", str(certificate)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert (done.returncode, words in done.stdout) == (result, True), done.stderr
    both.reviewing.take_back()
    assert (lists.make(batch).told.returned, lists.make(batch).told.open) == (0, 2)
    with pytest.raises(BadRequest):
        lists.make("01900000-0000-7000-8000-000000000000")


def test_an_officer_publishes_and_the_desk_takes_it_up_at_its_next_opening(both: Both, tmp_path: Path) -> None:
    officer = CountyLine(both.office.archive, both.reader, "赵敏", both.office.clock)
    officer.enrol(both.county.address, CountyProcess.enrol_code(both.folder, "--role", "officer", "--name", "赵敏"))
    publishing = Publishing(officer)
    rules = publishing.read()
    assert (rules.publishes, rules.standing.edition.number, rules.standing.next_number) == (True, 0, 1)
    assert not Publishing(both.line).read().publishes
    folder = tmp_path / "rules"
    folder.mkdir()
    publishing.save_files(rules, folder)
    dibao = folder / "dibao.toml"
    dibao.write_text(dibao.read_text().replace("version = 1", "version = 2", 1))
    (folder / "standards.toml").write_text(
        '[[standard]]\nkind = "dibao"\nname = "dibao"\nwhere = "农村"\nfrom = 2026-01-01\namount = 820\n'
    )
    marriage = folder / "marriage.toml"
    marriage.write_text(marriage.read_text().replace("version = 1", "version = 2", 1))
    trial = publishing.try_folder(folder)
    assert (trial.tried.changed, trial.tried.flaw) == (("marriage", "dibao"), "")
    filed = both.office.file_marriage(data=b"%PDF- before the rules")
    draft, written = both.office.cataloguing.start("dibao"), {"type": "农村", "begin": "2026-01-05", "line": "700"}
    for key, text in written.items():
        both.office.cataloguing.put(draft.draft.uid, key, text)
    with pytest.raises(NotAllowed):
        Publishing(both.line).publish(rules, trial, "2026 年低保标准")
    assert publishing.publish(rules, trial, "2026 年低保标准").edition.number == 1
    with pytest.raises(HeadMoved):
        publishing.publish(rules, trial, "又一次")
    assert both.syncing.editions.status() == EditionStatus(0, 0, 0, "")
    both.send()
    both.office.clock.forward(timedelta(minutes=11))
    shown = both.reviewing.record(filed.record)
    assert (shown.kind.version, shown.clean) == (2, True)  # the reviewer sees it by the rules that stand now
    assert both.syncing.editions.status() == EditionStatus(0, 1, 0, "", "2026 年低保标准")
    loaded = load_edition(both.office.archive)  # as at the next opening
    assert (loaded.number, loaded.kinds["dibao"].version) == (1, 2)
    again = Cataloguing(both.office.archive, loaded.kinds, both.office.person, both.office.clock).form(draft.draft.uid)
    assert written.items() <= dict(again.draft.fields).items()  # what was typed before is all there
    told = [one.facts["expected"] for one in again.judgement.findings if one.code == "is_standard"]
    assert (again.kind.version, told) == (2, ["820"])
    both.office.cataloguing.put_away(draft.draft.uid)
    reopened = Syncing(both.office.archive, loaded.kinds, both.office.person, both.office.clock, loaded.number)
    reopened.sync(lambda progress: None, lambda: False)
    assert [(one.name, one.works_with) for one in publishing.read().standing.townships] == [("青石镇", 1)]
    older = sign_as(officer, replace(publishing.read().standing.edition, number=1))
    reopened.editions.hear(older)
    too_new = sign_as(officer, replace(older.edition, number=2, needs=9))
    reopened.editions.hear(replace(too_new, signature=older.signature))  # somebody changed it
    assert reopened.editions.status() == EditionStatus(1, 0, 0, "", "2026 年低保标准")
    reopened.editions.hear(too_new)
    assert reopened.editions.status() == EditionStatus(1, 0, 2, "archive_too_new", "2026 年低保标准")
    broken = replace(older.edition, number=3, files=(*older.edition.files, EditionFile("z.toml", "[[")))
    reopened.editions.hear(sign_as(officer, broken))
    assert reopened.editions.status() == EditionStatus(1, 0, 3, "factory_fault", "2026 年低保标准")
    assert load_edition(both.office.archive).number == 1
    officer.close()


def sign_as(line: CountyLine, edition: Edition) -> SignedEdition:
    return line.staff().sign_edition(edition)


def test_a_record_whose_pages_are_on_the_way_holds_up_no_other_decision(both: Both) -> None:
    late = both.office.file_marriage(data=b"%PDF- pages that come later")
    both.syncing.seal_batch()
    both.syncing.sync(lambda progress: None, lambda: both.syncing.status().queued == 0)  # stopped before any page
    office, there = both.office, both.office.cataloguing.start("marriage")
    for key, written in MARRIAGE.items():
        office.cataloguing.put(there.draft.uid, key, written)
    for paper in PAPERS:
        office.cataloguing.give_reason(there.draft.uid, f"papers.{paper}", "原卷散失")
    without = office.filing.file(there.draft.uid)
    both.syncing.seal_batch()
    both.syncing.sync(lambda progress: None, lambda: both.syncing.status().queued == 0)
    decided = both.reviewing.accept([late.record, without.record])
    assert [one.code for one in decided] == ["attachments_missing", ""]
    assert both.send().outcome.digest_equal is True
    assert both.reviewing.accept([late.record])[0].code == ""


def test_a_batch_longer_than_one_answer_is_shown_whole(both: Both) -> None:
    clerk = DeskPerson(Codes(both), township="339921109", name="天目山镇")
    filed = [clerk.file(f"关于低保的通知{number}").record_id for number in range(501)]
    clerk.seal()
    clerk.exchange()
    batch = next(one for one in both.reviewing.batches() if one.township == "339921109")
    assert [one.record for one in both.reviewing.batch(batch.batch_id).records] == filed


def test_a_county_away_in_the_middle_loses_nothing(both: Both) -> None:
    filed = both.office.file_marriage(data=b"%PDF- four")
    both.syncing.seal_batch()
    port = int(both.county.address.rsplit(":", 1)[1])
    both.county.close()
    with pytest.raises(Offline):
        both.syncing.sync(lambda progress: None, lambda: False)
    assert both.syncing.status().queued == 1
    both.county = start_county(both.folder, port)
    assert both.send().outcome.digest_equal is True
    assert both.reviewing.accept([filed.record])[0].code == ""


@pytest.mark.parametrize("code", ["AAAA", "2345-6789-ABCD-EFGH-JKLM-NPQR-STUV-WXYZ"])
def test_a_wrong_code_enrols_nobody(both: Both, code: str) -> None:
    with pytest.raises(LantaiError) as refused:
        both.syncing.enrol(both.county.address, code)
    assert refused.value.code in ("wrong_code", "not_the_county")


def test_a_used_code_enrols_nobody(both: Both) -> None:
    code = enrol_code(both.folder, *TOWNSHIP)
    both.syncing.enrol(both.county.address, code)
    with pytest.raises(WrongCode):
        both.syncing.enrol(both.county.address, code)


def test_the_states_of_a_record_are_seen_on_its_way(both: Both) -> None:
    filed = both.office.file_marriage(data=b"%PDF- five")
    seen = [both.office.finding.record(filed.record).record.state]
    both.syncing.seal_batch()
    seen.append(both.office.finding.record(filed.record).record.state)
    both.send()
    seen.append(both.office.finding.record(filed.record).record.state)
    both.reviewing.accept_clean(both.newest().batch_id)
    both.send()
    seen.append(both.office.finding.record(filed.record).record.state)
    assert seen == [RecordState.FILED, RecordState.QUEUED, RecordState.RECEIVED, RecordState.ACCEPTED]


def test_the_county_sees_how_far_the_log_has_come_and_that_its_past_was_rewritten(both: Both) -> None:
    def seen() -> list[int]:
        beside = County(both.folder, both.folder / "county.key")
        notes = [parse_note(note).size for note in beside.logs.notes()]
        beside.close()
        return notes

    both.office.clock.forward(timedelta(days=1))
    both.send()
    known = seen()
    both.send()
    assert seen() == known  # a moment ago is enough
    both.office.clock.forward(timedelta(minutes=15))
    assert both.send().outcome.digest_equal is True
    assert len(seen()) == len(known) + 1
    assert known[-1] < seen()[-1]
    with both.office.archive.reading() as connection:
        assert len(log_witness.county_notes(connection)) == 1  # the county's head of today
    assert (both.syncing.status().log_flaw, both.syncing.status().county_log_flaw) == ("", "")
    with both.office.archive.act("somebody", both.office.clock()) as act:
        alter(act.connection, "UPDATE audit SET who = 'x' WHERE sequence = 3")
    both.office.clock.forward(timedelta(minutes=15))
    assert both.send().outcome.digest_equal is True  # the exchange goes on
    assert both.syncing.status().log_flaw == "differs"
    assert len(seen()) == len(known) + 1
