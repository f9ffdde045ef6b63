"""The main job through the services alone, every step resumable: what a power cut left undone is done at the next start.

    python -m tests.journeys.headless_job --data DIR

Each act that a person would have been told is done prints a line `done ACT ID`; whoever kills this process may hold it to that.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from desktop.archive.inbox import ItemState
from desktop.services.county_process import CountyProcess
from desktop.services.desk import Desk
from desktop.services.opening import NewPerson, OfficeFacts, Opening
from sync.contract.findings import Level
from sync.contract.histories import OPEN_STANDINGS
from sync.vault.slots import Role
from tests.journeys.practice_papers import PracticePaper, practice_papers

OFFICE = OfficeFacts("云泽县", "青石镇", "339921102", "J001")
PEOPLE = {
    Role.CLERK: NewPerson("陈晓兰", Role.CLERK, "档案员今天也要好好收件呀"),
    Role.REVIEWER: NewPerson("周敏", Role.REVIEWER, "审核员一件一件认真看过了"),
    Role.AUDITOR: NewPerson("吴审计", Role.AUDITOR, "审计员只读不改留痕可以查"),
}
COUNTY = "云泽县民政局"
RETURNS = 2


def done(act: str, subject: str) -> None:
    """Say that an act is done; from now on it may not be lost."""
    sys.stdout.write(f"done {act} {subject}\n")
    sys.stdout.flush()


class HeadlessJob:
    """One office and its county in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.opening = Opening(folder / "office")
        self.papers = {one.file.name: one for one in practice_papers()}

    def run(self) -> dict[str, object]:
        """Do whatever is not done yet; return how both ends stand."""
        if not self.opening.exists():
            self.opening.create(OFFICE, list(PEOPLE.values()))
            done("created", "office")
        county = CountyProcess.start(self.folder / "county", COUNTY)
        try:
            return self._run(county)
        finally:
            county.close()

    def _run(self, county: CountyProcess) -> dict[str, object]:
        with self.desk(Role.CLERK) as desk:
            self._enrol(desk, county)
            self._receive(desk)
            self._file(desk)
            self._send(desk)
        with self.desk(Role.REVIEWER) as desk:
            self._enrol(desk, county)
            self._review(desk, returns=RETURNS)
        with self.desk(Role.CLERK) as desk:
            desk.syncing.move_to(county.address)
            self._send(desk)
            self._correct(desk)
            self._send(desk)
        with self.desk(Role.REVIEWER) as desk:
            desk.county_line.move_to(county.address)
            self._review(desk, returns=0)
        with self.desk(Role.CLERK) as desk:
            desk.syncing.move_to(county.address)
            synced = self._send(desk)
            status = desk.syncing.status()
        self._export()
        return {"accepted": status.accepted, "records": synced[1], "digest": synced[0]}

    @contextmanager
    def desk(self, role: Role) -> Iterator[Desk]:
        person = PEOPLE[role]
        desk = self.opening.unlock(person.name, person.password)
        desk.settle_seconds = 0.0
        try:
            yield desk
        finally:
            desk.close()

    def _enrol(self, desk: Desk, county: CountyProcess) -> None:
        line = desk.county_line if desk.may("review") else desk.syncing
        if line.enrolled():
            line.move_to(county.address)
            return
        if desk.may("review"):
            words = ("--role", "reviewer", "--name", desk.person.name)
        else:
            words = ("--role", "desk", "--township", OFFICE.township_code, "--township-name", OFFICE.township)
        line.enrol(county.address, CountyProcess.enrol_code(self.folder / "county", *words))
        done("enrolled", desk.person.role.value)

    def _receive(self, desk: Desk) -> None:
        folder = desk.scanner_folder
        folder.mkdir(exist_ok=True)
        receiving = desk.receiving
        with_names = {item.name for item in receiving.items()}
        used = {item.name for item in receiving.items(ItemState.USED)}
        for name, paper in self.papers.items():
            if name not in with_names | used and not (folder / name).exists():
                shutil.copyfile(paper.file, folder / (name + ".part"))
                (folder / (name + ".part")).rename(folder / name)
        for _ in range(3):
            receiving.sweep()
        for item in receiving.items(ItemState.TAKEN):
            done("received", item.sha256)

    def _file(self, desk: Desk) -> None:
        for item in desk.receiving.items(ItemState.TAKEN):
            begun = next((one for one in desk.cataloguing.drafts() if one.item_id == item.id), None)
            paper = self.papers[item.name]
            form = desk.cataloguing.form(begun.uid) if begun else desk.cataloguing.start(paper.kind, item.id)
            filed = self._type_in(desk, form.draft.uid, paper)
            done("filed", filed)

    def _type_in(self, desk: Desk, uid: str, paper: PracticePaper) -> str:
        for key, text in paper.fields.items():
            desk.cataloguing.put(uid, key, text)
        done("typed", uid)
        for key, ranges in paper.papers.items():
            form = desk.cataloguing.attach(uid, key, ranges)
        for key, reason in paper.reasons.items():
            form = desk.cataloguing.give_reason(uid, key, reason)
        for finding in form.hindrances:
            if finding.level is Level.WARNING:
                desk.cataloguing.give_reason(uid, finding.field, "原件如此")
        return desk.filing.file(uid).record

    def _send(self, desk: Desk) -> tuple[str, int]:
        sealed = desk.syncing.seal_batch()
        if sealed:
            done("sealed", sealed.batch_id)
        synced = desk.syncing.sync(lambda progress: None, lambda: False)
        done("synced", synced.digest)
        return synced.digest, synced.heads

    def _review(self, desk: Desk, returns: int) -> None:
        for batch in reversed(desk.reviewing.batches()):
            records = desk.reviewing.batch(batch.batch_id).records
            decided = sum(one.standing not in OPEN_STANDINGS for one in records)
            for place, one in enumerate((one for one in records if one.standing in OPEN_STANDINGS), start=decided):
                if place < returns and batch.sequence == 1:
                    made = desk.reviewing.send_back(one.record, "author", "differs", "责任者请与原件核对")
                else:
                    made = desk.reviewing.accept([one.record])[0]
                if made.code:
                    raise AssertionError(f"decision refused: {made.code}")
                done("decided", one.record)

    def _correct(self, desk: Desk) -> None:
        for line in desk.syncing.returned():
            form = desk.cataloguing.correct(line.uid)
            desk.cataloguing.put(line.uid, "author", form.draft.fields["author"] + "（已核）")
            desk.filing.file(line.uid)
            done("corrected", line.uid)

    def _export(self) -> None:
        with self.desk(Role.AUDITOR) as desk:
            target = self.folder / "stick"
            target.mkdir(exist_ok=True)
            recipient = desk.exporting.make_recipient()
            made = desk.exporting.export(target, [recipient.public_key], lambda progress: None, lambda: False)
            verdict = desk.exporting.verify(made.path, desk.exporting.signature_key(), recipient.key_file)
            if verdict.findings:
                raise AssertionError(f"the copy does not verify: {verdict.findings}")
            done("exported", made.copies[0].blake2b)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    result = HeadlessJob(parser.parse_args().data).run()
    if result["accepted"] != len(practice_papers()):
        raise AssertionError(f"not all accepted: {result}")
    sys.stdout.write("result " + json.dumps(result) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
