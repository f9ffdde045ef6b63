"""A county put back to before it knew a desk: the desk enrols anew, and nothing it sealed under its old name is lost or stuck."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from desktop.documents.pages import PageReader
from desktop.services.county_line import CountyLine
from desktop.services.reviewing import Reviewing
from desktop.services.syncing import Syncing
from sync.contract.errors import NotAllowed
from sync.contract.revisions import RecordState
from sync.county.__main__ import main as county_command
from tests.desktop.county_beside import enrol_code, start_county
from tests.desktop.services.office import begin_office

DESK = ("--role", "desk", "--township", "339921102", "--township-name", "青石镇")
REVIEWER = ("--role", "reviewer", "--name", "周敏")


@pytest.mark.timeout(300)
def test_a_desk_that_the_county_forgot_enrols_anew_and_hands_over_what_was_not_decided(tmp_path: Path) -> None:
    folder, backup = tmp_path / "county", tmp_path / "backup"
    office = begin_office(tmp_path / "office")
    syncing = Syncing(office.archive, office.kinds, office.person, office.clock)
    county = start_county(folder)
    reader = PageReader()
    line = CountyLine(office.archive, reader, "周敏", office.clock)
    reviewing = Reviewing(line, office.kinds, office.clock)
    try:
        line.enrol(county.address, enrol_code(folder, *REVIEWER))
        port = int(county.address.rsplit(":", 1)[1])
        county.close()
        shutil.copytree(folder, backup)
        county = start_county(folder, port)
        syncing.enrol(county.address, enrol_code(folder, *DESK))
        decided, open_still = office.file_marriage(), office.file_marriage(cert_no="J339921-2016-000011")
        syncing.seal_batch()
        syncing.sync(lambda _: None, lambda: False)
        assert reviewing.accept([decided.record])[0].code == ""
        syncing.sync(lambda _: None, lambda: False)
        waiting = office.file_marriage(cert_no="J339921-2016-000012")
        syncing.seal_batch()
        county.close()
        shutil.rmtree(folder)
        shutil.copytree(backup, folder)
        assert county_command(["declare-restore", "--data", str(folder)]) == 0
        county = start_county(folder, port)
        with pytest.raises(NotAllowed):
            syncing.sync(lambda _: None, lambda: False)
        syncing.enrol(county.address, enrol_code(folder, *DESK))
        for _ in range(
            2
        ):  # the first exchange learns of the new epoch, and files again what was received under the old name
            syncing.seal_batch()
            outcome = syncing.sync(lambda _: None, lambda: False).outcome
        assert outcome.digest_equal
        states = [office.finding.record(one.record).record.state for one in (decided, open_still, waiting)]
        assert states == [RecordState.ACCEPTED, RecordState.RECEIVED, RecordState.RECEIVED]
        assert [one.code for one in reviewing.accept([open_still.record, waiting.record])] == ["", ""]
        assert syncing.sync(lambda _: None, lambda: False).heads == 3
    finally:
        line.close()
        reader.close()
        county.close()
        office.archive.close()
