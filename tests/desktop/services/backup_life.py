"""An office that files and backs up until it is killed; each line says what is on the disk for certain."""

from __future__ import annotations

import os
import sys
from datetime import timedelta
from pathlib import Path

from desktop.archive import records
from desktop.archive.archive import Archive
from desktop.archive.clock import system_clock
from desktop.services.backing_up import BackingUp
from sync.vault.slots import Keystore
from tests.desktop.services.office import SmallOffice, begin_office

KEY = bytes(range(32))


def main(folder: Path) -> None:
    begun = (folder / "begun").exists()
    if begun:
        office = SmallOffice(Archive.open(folder / "office", KEY))
    else:
        office = begin_office(folder / "office")
        if not Keystore.exists(folder / "office"):
            Keystore.create(folder / "office", KEY)
        (folder / "second").mkdir(exist_ok=True)
    office.clock.now = system_clock()
    backing = BackingUp(office.archive, office.person, office.clock)
    place = backing.where.choose_folder(folder / "second").id
    (folder / "begun").touch()
    say("begun")
    while True:
        with office.archive.reading() as connection:
            count = sum(records.count(connection).values())
        office.file_marriage(data=os.urandom(200_000), cert_no=f"J339921-2016-{count:06}")
        say(f"filed {count + 1}")
        office.clock.forward(timedelta(hours=7))
        backing.back_up(place, lambda _: None, lambda: False)
        say(f"backed {count + 1}")


def say(line: str) -> None:
    sys.stdout.write(line + " .\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
