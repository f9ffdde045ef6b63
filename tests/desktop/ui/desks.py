"""Real desks for the tests of the screens: an archive made through the door, with papers in its scanner folder."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from importlib.resources import as_file, files
from pathlib import Path

import resources
from desktop.services.desk import Desk
from desktop.services.opening import NewPerson, OfficeFacts, Opening
from desktop.ui.desk_frame import DeskFrame
from sync.vault.slots import Role

PASSWORD = "这一句口令只在测试里用一用"
PEOPLE = {Role.CLERK: "陈晓兰", Role.REVIEWER: "周敏", Role.AUDITOR: "何审计"}
MARRIAGE = {
    "cert_no": "J339921-2016-000010",
    "reg_date": "二〇一六年二月二十七日",
    "office": "云泽县民政局婚姻登记处",
    "husband.name": "何晨",
    "husband.id_no": "339921198903080032",
    "husband.status_before": "未婚",
    "wife.name": "陈思",
    "wife.id_no": "339921199103070025",
    "wife.status_before": "未婚",
    "author": "云泽县民政局",
}
PAPERS = {"review_form": "1", "declaration": "2", "id_copies": "3", "household_copies": "4", "photo": "5"}


def make_office(folder: Path) -> Opening:
    """Return the door of an office that was just made, with its three people."""
    opening = Opening(folder / "office")
    facts = OfficeFacts("云泽县", "青石镇", "339921102", "J001")
    opening.create(facts, [NewPerson(name, role, PASSWORD) for role, name in PEOPLE.items()])
    return opening


def lay(desk: Desk, *names: str) -> None:
    """These shipped practice papers lie in the scanner folder, whole."""
    desk.scanner_folder.mkdir(parents=True, exist_ok=True)
    with as_file(files(resources).joinpath("practice")) as shipped:
        for name in names:
            shutil.copyfile(shipped / name, desk.scanner_folder / name)


def file_marriage(desk: Desk, **changed: str) -> str:
    """A marriage record without pages stands filed, its missing papers excused; its id comes back."""
    form = desk.cataloguing.start("marriage")
    uid = form.draft.uid
    for key, text in {**MARRIAGE, **{key.replace("__", "."): text for key, text in changed.items()}}.items():
        desk.cataloguing.put(uid, key, text)
    for paper in PAPERS:
        desk.cataloguing.give_reason(uid, f"papers.{paper}", "原卷散失")
    return str(desk.filing.file(uid).record)


Until = Callable[[Callable[[], bool]], None]
Furnished = Callable[[Desk], DeskFrame]
