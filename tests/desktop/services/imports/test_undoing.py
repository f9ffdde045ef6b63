"""A whole import is taken back: what was not changed or sent since goes, no number is given twice, and the log says so."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import uuid6
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from desktop.archive import batches, imports, records
from desktop.archive.imports import EntryState, RunState
from desktop.services.archive_numbers import ArchiveNumbers
from desktop.services.changed import Progress
from desktop.services.finding import Asked
from desktop.services.imports.importing import Importing, Outcome
from desktop.services.imports.undoing import ImportRuns, Undone
from sync.contract.batches import BatchId
from sync.contract.errors import Refused
from sync.contract.gaps import Gap, Reason
from sync.contract.revisions import DeviceId, TownshipId
from sync.vault import audit
from tests.desktop.services.imports.marriages import marriage, table
from tests.desktop.services.office import SmallOffice

EXCUSES = {"paper_missing": "原件未扫描"}
WRONG = "339921198903080033"


@pytest.fixture
def runs(office: SmallOffice) -> ImportRuns:
    return ImportRuns(office.archive, office.person, office.clock)


def no_progress(_: Progress) -> None:
    """Nobody looks."""


def never() -> bool:
    return False


def brought(importing: Importing, rows: list[list[str]]) -> Outcome:
    chosen = importing.look("结婚.csv", importing.open(table(rows))).table
    return importing.file(chosen, EXCUSES, no_progress, never)


def undone(runs: ImportRuns, run_id: str, cancelled: Callable[[], bool] = never) -> Undone:
    return runs.undo(run_id, no_progress, cancelled)


def numbers(office: SmallOffice) -> list[str]:
    hits = office.finding.find(Asked(""))
    return sorted(row.record.number[-4:] for row in office.finding.rows(hits, 0, hits.total))


def test_what_an_import_brought_is_gone_and_its_numbers_are_never_given_again(
    importing: Importing, office: SmallOffice, runs: ImportRuns
) -> None:
    before = office.file_marriage()
    rows = [marriage(place) for place in range(1, 6)] + [marriage(6, man_id=WRONG)]
    run = brought(importing, rows)
    assert (run.sums.filed, run.sums.open) == (5, 1)
    assert undone(runs, run.run_id) == Undone(records=5, drafts=1, kept=0, whole=True)
    assert numbers(office) == [before.number[-4:]] == ["0001"]
    assert office.finding.find(Asked("陈一")).total == office.finding.find(Asked("339921-2016-000003")).total == 0
    assert office.cataloguing.drafts() == []
    (line,) = runs.all()
    assert (line.state, line.kept) == (RunState.UNDONE, 0)
    again = brought(importing, rows)
    assert (again.sums.filed, again.sums.there) == (5, 0)  # an entry taken back is new again
    assert numbers(office) == ["0001", *(f"{number:04}" for number in range(7, 12))]


def test_every_number_taken_back_has_its_reason_in_the_log(
    importing: Importing, office: SmallOffice, runs: ImportRuns
) -> None:
    run = brought(importing, [marriage(1), marriage(2)])
    undone(runs, run.run_id)
    with office.archive.reading() as connection:
        told = [one for one in audit.events(connection) if one.act in ("record-taken-back", "import-undone")]
        assert audit.verify(connection).ok
        assert imports.count(connection, run.run_id)[EntryState.UNDONE] == 2
        assert connection.exec_driver_sql("SELECT count(*) FROM revision").scalar_one() == 0
    assert sorted(str(one.details.get("number", ""))[-4:] for one in told) == ["", "0001", "0002"]
    assert {one.details.get("run") for one in told[:2]} == {run.run_id}
    (line,) = ArchiveNumbers(office.archive, office.person, office.clock).series()
    gaps = ArchiveNumbers(office.archive, office.person, office.clock).gaps(line.series)
    assert gaps == [Gap(1, 2, Reason.WITHDRAWN, 0, run.run_id)]


def test_a_record_that_was_corrected_sealed_or_is_being_corrected_stays(
    importing: Importing, office: SmallOffice, runs: ImportRuns
) -> None:
    run = brought(importing, [marriage(place) for place in range(1, 5)])
    hits = office.finding.find(Asked(""))
    first, second, third, _ = sorted(
        (row.record for row in office.finding.rows(hits, 0, 4)), key=lambda record: record.number
    )
    form = office.cataloguing.correct(first.uid)
    office.cataloguing.put(form.draft.uid, "remark", "补记")
    office.filing.file(form.draft.uid)
    office.cataloguing.correct(second.uid)
    with office.archive.act(office.person, office.clock()) as act:
        # only the third is sealed: the others are moved out of the way as the county would
        for record in (first, second):
            records.move(act.connection, record.uid, records.RecordState.QUEUED)
        act.connection.exec_driver_sql("UPDATE record SET state = 'queued' WHERE number LIKE '%0004'")
        batches.seal_filed(
            act, TownshipId("339921102"), DeviceId("desk"), Ed25519PrivateKey.generate(), BatchId(str(uuid6.uuid7()))
        )
        act.connection.exec_driver_sql("UPDATE record SET state = 'filed' WHERE number NOT LIKE '%0003'")
    assert third.number.endswith("0003")
    assert undone(runs, run.run_id) == Undone(records=1, drafts=0, kept=3, whole=True)
    assert numbers(office) == ["0001", "0002", "0003"]
    assert brought(importing, [marriage(place) for place in range(1, 4)]).sums.there == 3  # they are still there


def test_a_draft_somebody_worked_on_stays(importing: Importing, office: SmallOffice, runs: ImportRuns) -> None:
    run = brought(importing, [marriage(1, man_id=WRONG), marriage(2, man_id=WRONG)])
    touched = runs.open_drafts(run.run_id)[0]
    office.clock.forward(timedelta(minutes=1))
    office.cataloguing.put(touched, "remark", "看过")
    assert undone(runs, run.run_id) == Undone(records=0, drafts=1, kept=1, whole=True)
    assert [draft.uid for draft in office.cataloguing.drafts()] == [touched]


def test_stopping_on_the_way_leaves_the_rest_for_later(
    importing: Importing, office: SmallOffice, runs: ImportRuns
) -> None:
    run = brought(importing, [marriage(place) for place in range(1, 602)])
    asked = iter([False, True, True, True, True])
    assert undone(runs, run.run_id, lambda: next(asked)) == Undone(records=500, drafts=0, kept=0, whole=False)
    assert runs.all()[0].state is RunState.DONE
    assert undone(runs, run.run_id) == Undone(records=101, drafts=0, kept=0, whole=True)
    assert office.finding.find(Asked("")).total == 0


def test_an_import_stopped_taken_back_in_part_and_gone_on_with_still_adds_up(
    importing: Importing, office: SmallOffice, runs: ImportRuns
) -> None:
    content = table([marriage(place) for place in range(1, 1_201)])
    chosen = importing.look("结婚.csv", importing.open(content)).table
    asked = iter([False, False, True])
    cut = importing.file(chosen, EXCUSES, no_progress, lambda: next(asked))
    with office.archive.reading() as connection:
        (first,) = imports.entries(connection, cut.run_id, EntryState.FILED, "", 1)
    form = office.cataloguing.correct(first.record_uid)
    office.cataloguing.put(form.draft.uid, "remark", "补记")
    office.filing.file(form.draft.uid)
    stopped = iter([False, True, True])
    assert undone(runs, cut.run_id, lambda: next(stopped)) == Undone(records=499, drafts=0, kept=1, whole=False)
    done = importing.file(chosen, EXCUSES, no_progress, never)
    assert done.run_id == cut.run_id
    assert (done.sums.read, done.sums.filed, done.sums.there) == (1_200, 1_199, 1)
    assert len(numbers(office)) == 1_200


def test_an_import_nobody_knows_is_refused(runs: ImportRuns) -> None:
    with pytest.raises(Refused):
        undone(runs, "no such run")
