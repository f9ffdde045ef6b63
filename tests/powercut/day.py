"""A whole day at the desk, ended by a crash: `day FOLDER INPUTS HOW`. What was typed and read may be nowhere on the disk in plain.

FOLDER is where the archive, its second folder and its stick go; INPUTS holds `page.pdf` and `table.csv`; HOW is the
signal that ends the day in the middle of an act.
"""

from __future__ import annotations

import os
import resource
import shutil
import signal
import sys
from pathlib import Path

from desktop.services.desk import Desk
from desktop.services.finding import Asked
from desktop.services.imports.importing import Importing
from desktop.services.opening import NewPerson, OfficeFacts, Opening
from sync.vault.memory import keep_out_of_dumps
from sync.vault.slots import Role
from tests.desktop.services.office import MARRIAGE, PAPERS
from tests.powercut.plain_text import LOOKED_FOR, PASSWORD, PEOPLE

EXCUSES = {"paper_missing": "原件未扫描", "identity_check": "原件如此", "possible_double": "不是同一件"}


def main() -> None:
    folder, inputs, how = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    resource.setrlimit(
        resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    )  # as on a careless machine
    if how != "without the guard":
        keep_out_of_dumps()
    door = Opening(folder / "office")
    door.create(OfficeFacts("云泽县", "青石镇", "339921102", "J001"), [NewPerson("赵主任", Role.ADMIN, PASSWORD)])
    desk = door.unlock("赵主任", PASSWORD)
    desk.settle_seconds = 0.0
    _receive_and_file(desk, inputs / "page.pdf")
    _import(desk.importing, inputs / "table.csv")
    _keep_away(desk, folder)
    form = desk.cataloguing.start("marriage")
    desk.cataloguing.put(form.draft.uid, "husband.name", PEOPLE["typed only"].name)
    sys.stdout.write("done\n")
    sys.stdout.flush()
    with desk._archive.act("赵主任", desk._clock()) as act:
        text = PEOPLE["in the middle"].name + PEOPLE["in the middle"].number
        rows = [
            (f"half-{number}", text * 500) for number in range(3_000)
        ]  # more than the cache holds: it spills into the log
        act.connection.exec_driver_sql("INSERT INTO setting (key, value) VALUES (?, ?)", rows)
        os.kill(os.getpid(), signal.SIGSEGV if how == "SIGSEGV" else signal.SIGABRT)


def _receive_and_file(desk: Desk, page: Path) -> None:
    desk.scanner_folder.mkdir(exist_ok=True)
    shutil.copyfile(page, desk.scanner_folder / "扫描.pdf")
    for _ in range(3):
        desk.receiving.sweep()
    (item,) = desk.receiving.items()
    for sha256, number in desk.viewing.unread():
        assert desk.viewing.read_text(sha256, number)
    desk.viewing.picture(item.sha256, 1, 60)
    form = desk.cataloguing.start("marriage", item.id)
    typed = PEOPLE["filed"]
    fields = {**MARRIAGE, "husband.name": typed.name, "husband.id_no": typed.number, "wife.phone": typed.phone}
    known = {field.key for _, field in desk.kinds["marriage"].all_fields()}
    for key, text in fields.items():
        if key in known:
            desk.cataloguing.put(form.draft.uid, key, text)
    for paper in PAPERS:
        desk.cataloguing.attach(form.draft.uid, paper, "1")
    for finding in desk.cataloguing.form(form.draft.uid).hindrances:
        desk.cataloguing.give_reason(form.draft.uid, finding.field, f"原件如此，电话{typed.phone}")
    desk.filing.file(form.draft.uid)
    for question in (typed.name, typed.number, PEOPLE["on the page"].number):
        assert desk.finding.find(Asked(question)).total == 1, question
    desk.tidy()


def _import(importing: Importing, file: Path) -> None:
    table = importing.look(file.name, importing.read(file)).table
    done = importing.file(table, EXCUSES, lambda _: None, lambda: False)
    assert done.sums.filed == 2, done


def _keep_away(desk: Desk, folder: Path) -> None:
    """A backup in the second folder, and a sealed copy on a stick."""
    for name in ("second", "stick"):
        (folder / name).mkdir()
    place = desk.backing_up.where.choose_folder(folder / "second").id
    desk.backing_up.back_up(place, lambda _: None, lambda: False)
    reader = desk.exporting.make_recipient()
    made = desk.exporting.export(folder / "stick", [reader.public_key], lambda _: None, lambda: False)
    assert not desk.exporting.verify(made.path, desk.exporting.signature_key(), reader.key_file).findings
    assert LOOKED_FOR


if __name__ == "__main__":
    main()
