"""A month in a county (一个月): three desks in two townships, one of them lost, and a reviewer; at its end all agree to the row.

    python -m tests.journeys.month --out DIR [--database postgresql+psycopg://…]

Real desks over the real line to a real county process, without windows. Each step says what it found; the last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from desktop.archive import records
from desktop.archive.archive import Archive
from desktop.documents.pages import PageReader
from desktop.services.backing_up import BackingUp
from desktop.services.conflicts import Conflicts
from desktop.services.county_board import CountyBoard
from desktop.services.county_line import CountyLine
from desktop.services.duplicates import Duplicates
from desktop.services.finding import Asked
from desktop.services.imports.importing import Importing
from desktop.services.opening import Opening
from desktop.services.reconciling import Reconciling
from desktop.services.restoring import restore_from
from desktop.services.reviewing import Reviewing
from desktop.services.syncing import Syncing
from sync.contract.board import TownshipStanding
from sync.contract.duplicates import Answer, PairList
from sync.contract.errors import Refused
from sync.contract.merging import Chosen, Side
from sync.vault.slots import Keystore, Role
from tests.desktop.services.imports.marriages import EXCUSES, marriage, number, table
from tests.desktop.services.office import MARRIAGE, SmallOffice, begin_office
from tests.sync.county_process import CountyProcess, run_county, running_county

KEY = bytes(range(32))
PASSWORD = "这一句口令只在测试里用一用"
GREEN, WHITE = ("339921102", "青石镇", "J102"), ("339921103", "白石镇", "J103")
PATIENCE_S = 120
BACKLOG = 12
HOUSEHOLD = {
    "case_no": "2020-7", "type": "农村", "begin": "2020-05-01", "grade": "B", "head.name": "何晨",
    "head.id_no": MARRIAGE["husband.id_no"], "head.village": "云泽县青石镇石桥村", "author": "青石镇人民政府", "income_wage": "310", "per_capita": "310", "line": "780",
    "amount": "470", "account": "6228480402564890018", "auth_signed": "已签", "notice_from": "2020-04-10",
    "notice_to": "2020-04-17",
}  # fmt: skip
ANNULMENT = {
    "decision_no": "云民撤〔2026〕1号", "decided": "2026-02-20", "office": "云泽县民政局婚姻登记处", "ground": "受胁迫",
    "authority": "人民法院", "author": "云泽县民政局", "husband.name": "何晨", "wife.name": "陈丁", "marriage_date": "2016-04-04",
    "husband.id_no": number("33992119890404007"), "wife.id_no": number("33992119910404006"),
}  # fmt: skip
ANNULLED = "J339921-2016-000003"


@dataclass
class AtADesk:
    """A clerk at one desk of a township."""

    office: SmallOffice
    folder: Path
    township: tuple[str, str, str]

    def __post_init__(self) -> None:
        office = self.office
        self.syncing = Syncing(office.archive, office.kinds, office.person, office.clock)
        self.reconciling = Reconciling(office.archive, office.kinds, office.person, office.clock)

    def send(self) -> None:
        """Everything filed is at the county, everything decided is here."""
        self.office.clock.forward(timedelta(hours=20))
        self.syncing.seal_batch()
        self.syncing.sync(lambda _: None, lambda: False)

    def file(self, kind: str, fields: dict[str, str]) -> str:
        """A record of that kind stands filed, what is missing of its papers excused; its id is returned."""
        form = self.office.cataloguing.start(kind)
        uid = form.draft.uid
        for key, text in fields.items():
            form = self.office.cataloguing.put(uid, key, text)
        for finding in form.hindrances:
            if finding.field.startswith("papers."):
                self.office.cataloguing.give_reason(uid, finding.field, "原件未扫描")
        return str(self.office.filing.file(uid).record)

    def amend(self, record: str, **changed: str) -> None:
        """The record stands filed anew with these fields changed (`wife__name` for wife.name)."""
        uid = self.office.cataloguing.correct(record).draft.uid
        for key, text in changed.items():
            self.office.cataloguing.put(uid, key.replace("__", "."), text)
        self.office.filing.file(uid)

    def held(self) -> dict[str, str]:
        """Return every record here with its number."""
        with self.office.archive.reading() as connection:
            return {str(one.uid): one.number for one in records.every(connection)}

    def find(self, asked: str) -> dict[str, str]:
        """Return what is found by these words, with its number."""
        finding = self.office.finding
        return {str(row.record.uid): row.record.number for row in finding.rows(finding.find(Asked(asked)), 0, 50)}

    def decided(self) -> dict[str, str]:
        """Return the accepted head of each record that has one."""
        with self.office.archive.reading() as connection:
            return {str(one.uid): str(one.accepted) for one in records.every(connection) if one.accepted}


@dataclass
class Month:
    """The county's month; `steps` are what was found, in order."""

    folder: Path
    county: CountyProcess
    say: Callable[[str], None]
    steps: dict[str, dict[str, object]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.one, self.two, self.other = (
            self._desk(name, town) for name, town in (("one", GREEN), ("two", GREEN), ("white", WHITE))
        )
        staff = begin_office(self.folder / "staff")
        self.staff, self.reader = staff, PageReader()
        self.line = CountyLine(staff.archive, self.reader, "周敏", staff.clock)
        self.line.enrol(self.county.address, self.county.code_for_reviewer())
        self.reviewing = Reviewing(self.line, staff.kinds, staff.clock)
        self.conflicts = Conflicts(self.line, staff.kinds, staff.clock)
        self.duplicates = Duplicates(self.line, staff.kinds)

    def _desk(self, name: str, township: tuple[str, str, str]) -> AtADesk:
        code, town, fonds = township
        office = begin_office(self.folder / name, township=town, township_code=code, fonds=fonds)
        Keystore.create(self.folder / name, KEY).add(KEY, office.person, Role.CLERK, PASSWORD)
        made = AtADesk(office, self.folder / name, township)
        made.syncing.enrol(self.county.address, self.county.code_for_desk(code, town))
        return made

    @property
    def desks(self) -> tuple[AtADesk, ...]:
        return self.one, self.two, self.other

    def play(self) -> None:
        """The month has gone by, every day as it should. Raises AssertionError where one did not."""
        for step in (
            self.paper_backlog, self.by_hand, self.a_record_comes_back, self.two_change_one_record, self.one_wedding_twice,
            self.a_household_moves, self.an_annulment_cites_the_original, self.a_pc_is_lost, self.all_agree,
        ):  # fmt: skip
            began = time.monotonic()
            found = step()
            self.steps[step.__name__] = found
            self.say(f"{step.__name__}: {found} ({time.monotonic() - began:.1f} s)")

    def close(self) -> None:
        """Nothing is open."""
        self.line.close()
        self.reader.close()
        for desk in self.desks:
            desk.office.archive.close()
        self.staff.archive.close()

    # the days
    def paper_backlog(self) -> dict[str, object]:
        """Day 1: a register of old marriages is filed in bulk, sent, and accepted."""
        importing = Importing(
            self.one.office.archive, self.one.office.kinds, self.one.office.person, self.one.office.clock
        )
        try:
            rows = table([marriage(place) for place in range(1, BACKLOG + 1)])
            done = importing.file(
                importing.look("结婚.csv", importing.read(self._written(rows))).table,
                EXCUSES,
                lambda _: None,
                lambda: False,
            )
        finally:
            importing.close()
        assert done.sums.filed == BACKLOG
        self.one.send()
        accepted = self.accept_all()
        assert accepted == BACKLOG
        return {"filed": done.sums.filed, "accepted": accepted}

    def by_hand(self) -> dict[str, object]:
        """Day 3: each desk files with pages; one township files a wedding that the other has filed too."""
        self.first = str(self.one.office.file_marriage(data=b"%PDF- one").record)
        self.second = str(self.two.office.file_marriage(data=b"%PDF- two", **COUPLES[0]).record)
        self.again = str(self.other.office.file_marriage(data=b"%PDF- white", cert_no="J339921-2016-000910").record)
        for desk in self.desks:
            desk.send()
        self.reviewing.send_back(self.first, "reg_date", "differs", "与原件不符")
        accepted = self.accept_all()
        assert accepted == 2
        return {"filed": 3, "accepted": accepted, "returned": 1}

    def a_record_comes_back(self) -> dict[str, object]:
        """Day 8: what was returned is corrected and accepted."""
        self.one.send()
        (back,) = self.one.syncing.returned()
        assert (str(back.uid), back.grounds[0].field) == (self.first, "reg_date")
        self.one.amend(self.first, reg_date="2016-02-28")
        self.one.send()
        assert self.accept_all() == 1
        return {"corrected": 1}

    def two_change_one_record(self) -> dict[str, object]:
        """Day 10: two desks correct one record at once; the reviewer joins both, and both have it."""
        for desk in (self.one, self.two):
            desk.send()
        self.one.amend(self.first, wife__name="陈思", office="云泽县民政局")
        self.two.amend(self.first, wife__name="陈偲")
        self.one.send()
        assert self.accept_all() == 1
        self.two.send()
        conflict = self.conflicts.record(self.first)
        clashes = [one.key for one in conflict.clashes]
        assert clashes == ["wife.name"]
        assert self.conflicts.settle(conflict, {"wife.name": Chosen(Side.TOWNSHIP)}) == ""
        for desk in (self.one, self.two):
            desk.send()
            fields = desk.office.finding._view(self.first).fields
            said = {one.key: one.written for one in fields}
            assert (said["wife.name"], said["office"]) == ("陈偲", "云泽县民政局")
        return {"clashes": clashes}

    def one_wedding_twice(self) -> dict[str, object]:
        """Day 12: the county has found the wedding that both townships filed; a person says so, and may take it back."""
        found = self.compared(lambda pairs: pairs.cases == 1)
        (pair,) = [one for one in found.pairs if one.sort == "case"]
        assert {pair.one.record, pair.other.record} == {self.first, self.again}
        wrong = self.duplicates.answer(pair, Answer.DIFFERENT)
        self.duplicates.undo(wrong.id)
        self.duplicates.answer(pair, Answer.SAME)
        try:
            self.duplicates.answer(pair, Answer.SAME)
        except Refused:
            return {"cases": 1, "answered": "same"}
        raise AssertionError("an answer was taken twice")

    def a_household_moves(self) -> dict[str, object]:
        """Day 15: somebody on the register of one township is entered in another, too; the county asks about it."""
        self.one.file("dibao", HOUSEHOLD)
        self.other.file(
            "dibao", {**HOUSEHOLD, "begin": "2022-01-01", "notice_from": "2021-12-01", "notice_to": "2021-12-08"}
        )
        for desk in self.desks:
            desk.send()
        assert self.accept_all() == 2
        found = self.compared(lambda pairs: pairs.claims == 1)
        (pair,) = [one for one in found.pairs if one.sort == "claim"]
        self.duplicates.answer(pair, Answer.SAME)
        return {"claims": 1}

    def an_annulment_cites_the_original(self) -> dict[str, object]:
        """Day 18: a marriage of the backlog is annulled; the new record names it by its number, and both are found by it."""
        ((original, cited),) = self.one.find(ANNULLED).items()
        fields = {**ANNULMENT, "marriage_cert": ANNULLED, "marriage_number": cited}
        annulment = self.one.file("annulment", fields)
        self.one.send()
        assert self.accept_all() == 1
        self.one.send()
        assert set(self.one.find(ANNULLED)) == {original, annulment}
        assert set(self.one.find(cited)) == {original, annulment}
        return {"cites": cited}

    def a_pc_is_lost(self) -> dict[str, object]:
        """Days 22 to 25: a desk files and sends after its backup, and is gone; put back, it gives no number twice."""
        (self.folder / "stick").mkdir()
        desk = self.two
        backing = BackingUp(desk.office.archive, desk.office.person, desk.office.clock)
        backing.back_up(backing.where.choose_folder(self.folder / "stick").id, lambda _: None, lambda: False)
        lost = str(desk.office.file_marriage(data=b"%PDF- after", **COUPLES[1]).record)
        desk.send()
        assert self.accept_all() == 1
        given = set(desk.held().values())
        desk.office.archive.close()
        restore_from(self.folder / "stick", self.folder / "bare", lambda _: None, lambda: False)
        Opening(self.folder / "bare").unlock(desk.office.person, PASSWORD).close()
        clock = desk.office.clock
        self.two = AtADesk(SmallOffice(Archive.open(self.folder / "bare", KEY), clock), self.folder / "bare", GREEN)
        self.two.send()
        assert lost in self.two.held(), "what the county accepted comes back with its decision"
        made = str(self.two.office.file_marriage(data=b"%PDF- again", **COUPLES[2]).record)
        number = self.two.held()[made]
        assert number not in given
        self.two.send()
        assert self.accept_all() == 1
        told, device = self._of_board(GREEN), self.two.syncing._drawer.read().device
        assert told.log_flaw, "a log that went back is told, whatever the reason"
        run_county(
            "begin-log",
            *self._data(),
            "--device",
            device,
            "--officer",
            "林局长",
            "--why",
            "硬盘坏了，已恢复",
        )
        return {"came_back": 1, "next_number": number, "log": told.log_flaw}

    def _of_board(self, township: tuple[str, str, str]) -> TownshipStanding:
        return next(one for one in CountyBoard(self.line).read().townships if one.township == township[0])

    def _data(self) -> tuple[str, ...]:
        database = ("--database", self.county.database) if self.county.database else ()
        return ("--data", str(self.county.folder), *database)

    def all_agree(self) -> dict[str, object]:
        """Day 31: every desk and the county hold the same, no number stands twice, and the county finds itself whole."""
        for desk in (*self.desks, *self.desks):  # the second time each says how it stands since
            desk.send()
        heads = {}
        for desk in self.desks:
            found = desk.reconciling.compare()
            assert found.equal, found.lines
            heads[desk.folder.name] = found.heads
        assert self.one.decided() == self.two.decided()
        numbers = [*self.one.held().values(), *self.other.held().values()]
        assert len(numbers) == len(set(numbers))
        board = CountyBoard(self.line).read()
        counted = {one.name: (one.heads, one.undecided, one.conflicts, one.set_aside) for one in board.townships}
        assert counted == {"青石镇": (len(self.one.held()), 0, 0, 0), "白石镇": (len(self.other.held()), 0, 0, 0)}
        assert all(one.agrees and not one.log_flaw for one in board.townships), board
        data = (
            "--data",
            str(self.county.folder),
            *(("--database", self.county.database) if self.county.database else ()),
        )
        checked = run_county("check", *data).splitlines()[-1]
        assert checked == "all is well"
        return {"heads": heads, "check": checked}

    # what the county does
    def accept_all(self) -> int:
        """Everything that waits and is no conflict is accepted; how many that were is returned."""
        waiting = [
            one.record
            for batch in self.reviewing.batches()
            if batch.undecided
            for one in self.reviewing.batch(batch.batch_id).records
            if one.standing.value == "received"
        ]
        decided = self.reviewing.accept(waiting)
        assert [one.code for one in decided] == [""] * len(waiting)
        return len(waiting)

    def compared(self, seen: Callable[[PairList], bool]) -> PairList:
        """Return what waits as soon as the county has compared all."""
        give_up = time.monotonic() + PATIENCE_S
        while True:
            found = self.duplicates.waiting()
            if not found.unread and seen(found):
                return found
            assert time.monotonic() < give_up, found
            time.sleep(0.2)

    def _written(self, content: bytes) -> Path:
        path = self.folder / "结婚.csv"
        path.write_bytes(content)
        return path


COUPLES = [
    {"cert_no": f"J339921-2016-00010{place}", "husband__name": man, "husband__id_no": man_id, "wife__name": woman,
     "wife__id_no": woman_id, "reg_date": day}
    for place, (man, man_id, woman, woman_id, day) in enumerate((
        ("仇志远", "339921198411050013", "单雅琴", "33992119870719004X", "2016-02-29"),
        ("曾国强", number("33992119850612001"), "解玉兰", number("33992119860814002"), "2016-03-01"),
        ("任小虎", number("33992119831105003"), "盖春梅", number("33992119840223004"), "2016-03-02"),
    ), start=1)
]  # fmt: skip


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.journeys.month", description=__doc__)
    parser.add_argument("--out", type=Path, help="a folder that stays; else one that is gone afterwards")
    parser.add_argument("--database", help="URL of an empty PostgreSQL database for the county's book")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="lantai-month-") as name:
        folder = asked.out or Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        began = time.monotonic()
        with running_county(folder / "county", database=asked.database) as county:
            month = Month(folder, county, say)
            try:
                month.play()
            finally:
                month.close()
        told = {"ok": True, "steps": month.steps, "seconds": round(time.monotonic() - began, 1)}
        say(json.dumps(told, ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(main())
