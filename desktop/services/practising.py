"""The practice office (练习室): invented papers and people, and a county of its own on this machine."""

from __future__ import annotations

import shutil
import tomllib
from importlib.resources import as_file, files
from pathlib import Path

import resources
from desktop.archive.clock import Clock, system_clock
from desktop.services.county_process import CountyProcess
from desktop.services.desk import Desk
from desktop.services.opening import NewPerson, OfficeFacts, Opening
from sync.vault.slots import Role

PAPERS = files(resources).joinpath("practice")


def _office() -> tuple[OfficeFacts, list[NewPerson]]:
    table = tomllib.loads(PAPERS.joinpath("office.toml").read_text(encoding="utf-8"))
    facts = OfficeFacts(table["county"], table["township"], table["township_code"], table["fonds"], practice="1")
    people = [NewPerson(one["name"], Role(one["role"]), one["password"]) for one in table["person"]]
    return facts, people


class Practice:
    """One practice office in a folder of its own; nothing of it can reach a real archive."""

    def __init__(self, folder: Path, clock: Clock = system_clock) -> None:
        self.folder = folder
        self._clock = clock
        self.facts, self.people = _office()

    @property
    def opening(self) -> Opening:
        return Opening(self.folder / "office", self._clock)

    def open(self, role: Role = Role.CLERK) -> Desk:
        """The practice office is open for its person of this role, its county answers, and its papers lie in the scanner folder."""
        person = next(one for one in self.people if one.role is role)
        if not self.opening.exists():
            self.opening.create(self.facts, self.people)
        county = CountyProcess.start(self.folder / "county", self.facts.county + "民政局")
        try:
            desk = self.opening.unlock(person.name, person.password)
        except BaseException:
            county.close()
            raise
        desk.accompany(county)
        try:
            if desk.may("catalogue"):
                lay_papers(desk.scanner_folder)
            self._enrol(desk, county)
        except BaseException:
            desk.close()  # and with it the county
            raise
        return desk

    def _enrol(self, desk: Desk, county: CountyProcess) -> None:
        """The desk (or the reviewer) knows its county; the address of a county on this machine may change every time."""
        line = desk.county_line if desk.may("review") else desk.syncing if desk.may("sync") else None
        if line is None:
            return
        if line.enrolled():
            line.move_to(county.address)
            return
        folder = self.folder / "county"
        if desk.may("review"):
            code = CountyProcess.enrol_code(folder, "--role", "reviewer", "--name", desk.person.name)
        else:
            township = ("--township", self.facts.township_code, "--township-name", self.facts.township)
            code = CountyProcess.enrol_code(folder, "--role", "desk", *township)
        line.enrol(county.address, code)


def lay_papers(folder: Path) -> int:
    """The invented scans lie in the folder, as if a scanner had just written them; those seen before are not laid again."""
    folder.mkdir(parents=True, exist_ok=True)
    laid = 0
    with as_file(PAPERS) as shipped:
        for paper in sorted(shipped.glob("*.pdf")):
            if not any((place / paper.name).exists() for place in (folder, folder / "已收", folder / "另放")):
                shutil.copyfile(paper, folder / (paper.name + ".part"))
                (folder / (paper.name + ".part")).replace(folder / paper.name)
                laid += 1
    return laid
