"""What belongs to the office (单位设置): its name, and the folder its scanner writes into; each change stands in the log."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from desktop.archive import key_register, settings
from desktop.archive.archive import Archive
from desktop.archive.clock import Clock
from sync.contract.errors import InvalidRecord

NAMES: Final = ("county", "township")
LONGEST: Final = 40


class OfficeSettings:
    """The settings of one office, changed by one person."""

    def __init__(self, archive: Archive, person: str, clock: Clock) -> None:
        self._archive, self._person, self._clock = archive, person, clock

    def facts(self) -> Mapping[str, str]:
        """Return county, township, township_code, fonds, scanner_folder ("" for the usual one) and idle_minutes."""
        with self._archive.reading() as connection:
            said = {key: settings.get(connection, key) for key in (*NAMES, "township_code", "fonds", "scanner_folder")}
            return {**said, "idle_minutes": str(key_register.idle_minutes(connection))}

    def rename(self, name: str, words: str) -> None:
        """The county or the township is called so from now on; what was filed and issued before keeps its words.

        Raises:
            InvalidRecord: with `fields`, an empty name or one longer than 40 characters.
        """
        if name not in NAMES or not words.strip() or len(words.strip()) > LONGEST:
            raise InvalidRecord("a name of an office", fields=[name])
        with self._archive.act(self._person, self._clock()) as act:
            settings.put(act.connection, name, words.strip())
            act.note("office-renamed", "archive", field=name)

    def choose_scanner_folder(self, folder: str) -> None:
        """The scanner's papers are looked for in that folder from now on; "" is the usual one beside the archive.

        Raises:
            InvalidRecord: with `fields`, it is no folder that is there.
        """
        if folder and not Path(folder).is_dir():
            raise InvalidRecord("no such folder", fields=["scanner_folder"])
        with self._archive.act(self._person, self._clock()) as act:
            settings.put(act.connection, "scanner_folder", folder)
            act.note("scanner-folder-chosen", "archive")
