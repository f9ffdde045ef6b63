"""Restoring (恢复): a folder becomes an archive again, from a place alone and without a key.

What is checked before, while and after, and what the first opening does, stands in docs/backup.md, section 6.
"""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from desktop.archive.archive import FILES
from desktop.archive.backup_check import ONE_BY_ONE, Asked, Flaw, hashed, plain_flaws, stop_if
from desktop.archive.generations import DATABASE, KEYSTORE, Generation, Place, away, naming_faults
from desktop.archive.manifests import Manifest, PoolFile
from desktop.archive.restored import FORMAT, NOTE
from sync.contract.errors import BackupBroken, NotAllowed, SealBroken
from sync.vault.engine import raise_storage_error
from sync.vault.keystore_file import COPY_NAME, FILE_NAME
from sync.vault.whole_file import WholeFile, blocks_of, flush_folder, make_folder, replace_whole

GROWING: Final = ".new"
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Skipped:
    """A generation that was not taken, and why."""

    name: str
    flaws: tuple[Flaw, ...]


@dataclass(frozen=True, slots=True)
class Restored:
    """What stands in the folder now; `lost` are attachments of which the place holds no good copy."""

    folder: Path
    generation: str
    manifest: Manifest
    skipped: tuple[Skipped, ...]
    lost: tuple[str, ...]  # ids of files
    files: int


def restore(place: Place, folder: Path, progress: Progress, asked: Asked, wanted: str | None = None) -> Restored:
    """An archive stands in the folder, as the newest good generation (or the one wanted) holds it, whole or not at all.

    Raises:
        NotAllowed: something is in the folder already; it is left alone.
        BackupBroken: no generation is good enough.
        PlaceUnavailable: the place cannot be read. DiskFull: no room in the folder.
        Refused: `asked` said so.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise NotAllowed("something is there already")
    generation, skipped = choose(place, asked, wanted)
    growing = folder.with_name(folder.name + GROWING)
    try:
        if growing.exists():
            shutil.rmtree(growing)
        make_folder(growing)
        made = _Growing(place, generation, growing, progress, asked).grow()
        if folder.exists():
            folder.rmdir()
        growing.rename(folder)
        flush_folder(folder.parent)
    except OSError as error:
        shutil.rmtree(growing, ignore_errors=True)
        raise_storage_error(error)
    except SealBroken as broken:  # it was good a moment ago, when it was chosen
        shutil.rmtree(growing, ignore_errors=True)
        raise BackupBroken("cannot be read any more", flaw=Flaw.LIST.value) from broken
    except BaseException:
        shutil.rmtree(growing, ignore_errors=True)
        raise
    return Restored(folder, generation.name, made.manifest, skipped, tuple(made.lost), made.files)


def choose(place: Place, asked: Asked, wanted: str | None = None) -> tuple[Generation, tuple[Skipped, ...]]:
    """Return the newest generation whose own files are what they say, and those passed over.

    A file of the pool that is away or changed makes no generation worse than an older one: the pool is one for all.

    Raises:
        BackupBroken: there is none.
    """
    skipped: list[Skipped] = []
    generations = [place.generation(wanted)] if wanted else place.generations()
    for one in generations:
        with naming_faults():
            found = (flaw for flaw, _ in plain_flaws(place, one, asked, lambda _: None, deep=False))
            flaws = tuple(dict.fromkeys(flaw for flaw in found if flaw not in ONE_BY_ONE))
        if not flaws:
            return one, tuple(skipped)
        skipped.append(Skipped(one.name, flaws))
    raise BackupBroken("no good generation", flaw=skipped[0].flaws[0].value if skipped else "none")


class _Growing:
    """The folder of an archive that is being put together again."""

    def __init__(self, place: Place, generation: Generation, folder: Path, progress: Progress, asked: Asked) -> None:
        self._place, self._generation, self._folder = place, generation, folder
        self._progress, self._asked = progress, asked
        self.manifest = generation.manifest()
        self.lost: list[str] = []
        self.files = self._done = 0
        self._whole = 2 * (self.manifest.database.size_bytes + self.manifest.files.size_bytes)

    def grow(self) -> _Growing:
        """Every file stands in the folder, and was read again there."""
        manifest, source = self.manifest, self._generation.folder
        self._bring(source / DATABASE, self._folder / DATABASE, manifest.database.sha256)
        for name in (FILE_NAME, COPY_NAME):
            self._bring(source / KEYSTORE, self._folder / name, manifest.keystore.sha256)
        (self._folder / FILES).mkdir()
        with naming_faults():
            listed = list(self._generation.listed())
        self._bring_files(listed)
        note = {
            "format": FORMAT, "version": 1, "id": str(uuid.uuid4()), "generation": self._generation.name,
            "place": self._place.label.place, "manifest": base64.b64encode(manifest.to_bytes()).decode(),
            "lost": self.lost, "proof": "",
        }  # fmt: skip
        replace_whole(self._folder / NOTE, json.dumps(note, indent=1).encode())
        return self

    def _bring_files(self, listed: Iterable[PoolFile]) -> None:
        for one in listed:
            stop_if(self._asked)
            target = self._folder / FILES / one.file_id[:2] / one.file_id
            target.parent.mkdir(exist_ok=True)
            try:
                self._bring(self._place.pool_path(one.file_id), target, one.sha256)
                self.files += 1
            except BackupBroken:
                target.unlink(missing_ok=True)
                self.lost.append(one.file_id)
        for folder in (self._folder / FILES).iterdir():
            flush_folder(folder)
        flush_folder(self._folder / FILES)

    def _bring(self, source: Path, target: Path, sha256: str) -> None:
        """The bytes with that hash stand at the target, read again there; else it is told and nothing stands."""
        digest = hashlib.sha256()
        with WholeFile(target) as file:
            for block in _readable(source):
                stop_if(self._asked)
                digest.update(block)
                file.write(block)
                self._step(len(block))
        if digest.hexdigest() != sha256 or hashed(target, self._asked, self._step).sha256 != sha256:
            raise BackupBroken("not what the list says", flaw=Flaw.FILE_CHANGED.value)

    def _step(self, size_bytes: int) -> None:
        self._done += size_bytes
        self._progress(min(self._done, self._whole), self._whole)


def _readable(source: Path) -> Iterator[bytes]:
    """Yield a file's bytes; that the place cannot give them is told apart from the target's not taking them.

    Raises:
        BackupBroken: they are lost. PlaceUnavailable: the place does not let them be read now.
    """
    try:
        yield from blocks_of(source)
    except OSError as error:
        if not away(error):
            with naming_faults():
                raise
        raise BackupBroken("cannot be read", flaw=Flaw.FILE_AWAY.value) from error
