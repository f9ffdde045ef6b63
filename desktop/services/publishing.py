"""Publishing (规则发布): kinds, rules and standards as files, tried over what the county holds, published by an officer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from desktop.services.county_line import CountyLine
from sync.contract.certificates import Role
from sync.contract.editions import (
    FORM,
    LONGEST_TITLE,
    MOST_CHARACTERS,
    MOST_FILES,
    EditionFile,
    SignedEdition,
    StandingEdition,
    Tried,
    TriedFiles,
)
from sync.contract.errors import InvalidRecord, UnreadableFile
from sync.vault.engine import raise_storage_error

SUFFIX: Final = ".toml"


@dataclass(frozen=True, slots=True)
class Rules:
    """The edition that stands at the county, and whether this person may publish another."""

    standing: StandingEdition
    publishes: bool


@dataclass(frozen=True, slots=True)
class Trial:
    """Files out of a folder, and what they would change."""

    files: tuple[EditionFile, ...]
    tried: Tried


class Publishing:
    """What one member of staff sees of the editions, and an officer publishes."""

    def __init__(self, line: CountyLine) -> None:
        self._line = line

    def read(self) -> Rules:
        """Return the edition that stands. Raises Offline, NotTheCounty; Refused: not enrolled."""
        staff = self._line.staff()
        return Rules(staff.ask("GET", "/v1/editions", StandingEdition), staff.role() is Role.OFFICER)

    def save_files(self, rules: Rules, folder: Path) -> Path:
        """Every file of the edition stands in the folder.

        Raises:
            DiskFull, and what else the disk may say.
        """
        try:
            for one in rules.standing.edition.files:
                (folder / one.name).write_text(one.text, encoding="utf-8")
        except OSError as error:
            raise_storage_error(error)
        return folder

    def try_folder(self, folder: Path) -> Trial:
        """Return what the TOML files of a folder would change, as the county tells it.

        Raises:
            UnreadableFile: there are none, too many, one is too large or no text.
        """
        files = _read_folder(folder)
        return Trial(files, self._line.staff().ask("POST", "/v1/editions/try", Tried, TriedFiles(files)))

    def publish(self, rules: Rules, trial: Trial, title: str) -> StandingEdition:
        """The files stand as the next edition, under this officer's signature; every desk gets them at its next exchange.

        Raises:
            NotAllowed: no officer. HeadMoved: another was published meanwhile. InvalidRecord: no title, or too long a one.
        """
        words = title.strip()
        if not 0 < len(words) <= LONGEST_TITLE:
            raise InvalidRecord("what changes is said in a line", fields=["title"])
        stands, staff = rules.standing, self._line.staff()
        edition = replace(stands.edition, number=stands.next_number, needs=FORM, title=words, files=trial.files)
        return staff.ask("POST", "/v1/editions", StandingEdition, staff.sign_edition(edition))


def _read_folder(folder: Path) -> tuple[EditionFile, ...]:
    try:
        found = sorted(one for one in folder.iterdir() if one.suffix == SUFFIX and one.is_file())
        if not 0 < len(found) <= MOST_FILES or any(one.stat().st_size > MOST_CHARACTERS for one in found):
            raise UnreadableFile("a folder with 1 to 64 TOML files of 256 KiB at most")
        return tuple(EditionFile(one.name, one.read_text(encoding="utf-8")) for one in found)
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableFile("a file of the folder is no text") from error


__all__ = ["Publishing", "Rules", "SignedEdition", "Trial"]
