"""Restoring and drilling (恢复与演练): an archive out of a backup's place, and proof that it would come back."""

from __future__ import annotations

import random
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from desktop.archive import attachments, restore, restored
from desktop.archive.archive import Archive
from desktop.archive.backup_check import Asked as Asked
from desktop.archive.backup_check import count_rows
from desktop.archive.clock import system_clock
from desktop.archive.generations import Place
from desktop.archive.restore import Restored as Restored
from desktop.archive.restore import Skipped as Skipped
from desktop.documents.pages import PageReader
from desktop.services.changed import Progress
from sync.contract.errors import ReaderStopped, SealBroken, UnreadableFile
from sync.vault.slots import Keystore

SAMPLE = 20
LOOK_DPI = 50
READABLE = frozenset({"application/pdf", "image/jpeg", "image/png", "image/tiff"})


@dataclass(frozen=True, slots=True)
class DrillReport:
    """What a drill found; `problems` are hashes of attachments with what was wrong."""

    generation: str
    made_at: str
    skipped: tuple[Skipped, ...]
    records: int
    files: int
    lost: int
    read: int
    opened: int
    unreadable: int
    problems: tuple[tuple[str, str], ...]
    seconds: float

    @property
    def passed(self) -> bool:
        """The archive would come back whole, as far as was looked."""
        return not self.problems and not self.lost


@dataclass(slots=True)
class _Sample:
    read: int = 0
    opened: int = 0
    unreadable: int = 0
    problems: list[tuple[str, str]] = field(default_factory=list)


def restore_from(
    source: Path, folder: Path, progress: Callable[[Progress], None], asked: Asked, wanted: str | None = None
) -> Restored:
    """An archive stands in the folder, as the newest good generation of the place holds it.

    Raises:
        NotAllowed: something is in the folder already. BackupBroken: no generation is good. PlaceUnavailable, DiskFull.
    """
    place = Place.to_read(source)
    return restore.restore(place, folder, _told(progress, "restore"), asked, wanted)


def drill(
    source: Path,
    unlock: Callable[[Keystore], bytes],
    progress: Callable[[Progress], None],
    asked: Asked,
    *,
    work: Path | None = None,
    wanted: str | None = None,
    draw: random.Random | None = None,
) -> DrillReport:
    """What a restore would give was put together in a folder of its own, opened, looked at, and removed again.

    Args:
        unlock: returns the data key out of the backup's own keystore.
        work: where the folder is made; the system's folder for temporary files if none is named. What stands in it is sealed.
    Raises:
        What `restore_from` raises; WrongPassword, WrongCode: what `unlock` raises.
    """
    began = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="lantai-drill-", dir=work))
    try:
        place = Place.to_read(source)
        made = restore.restore(place, folder / "office", _told(progress, "restore"), asked, wanted)
        data_key = unlock(Keystore.open(made.folder))
        restored.prove(made.folder, data_key)
        archive = Archive.open(made.folder, data_key)
        try:
            records, sample = _look(archive, progress, asked, draw or random.Random())
        finally:
            archive.close()
    finally:
        shutil.rmtree(folder)
    return DrillReport(
        made.generation, made.manifest.made_at, made.skipped, records, made.files,
        len(made.lost) + len(made.manifest.lost), sample.read, sample.opened, sample.unreadable, tuple(sample.problems),
        time.monotonic() - began,
    )  # fmt: skip


def key_by_password(keystore: Keystore, name: str, password: str) -> bytes:
    """Return the data key for a person's password of the day the backup was made.

    Raises:
        WrongPassword, LockedOut: as the keystore says.
    """
    _, data_key = keystore.unlock(name, password, system_clock())
    return data_key


def _look(
    archive: Archive, progress: Callable[[Progress], None], asked: Asked, draw: random.Random
) -> tuple[int, _Sample]:
    """Twenty attachments at random are what was filed, and a page of each opens."""
    with archive.reading() as connection:
        records = count_rows(connection)["record"]
        every = attachments.everything(connection)
    sample = _Sample()
    chosen = draw.sample(every, min(SAMPLE, len(every)))
    with PageReader() as reader:
        for number, one in enumerate(chosen):
            if asked():
                break
            progress(Progress("drill", number, len(chosen)))
            _look_at(archive, reader, one.sha256, one.media, sample)
    return records, sample


def _look_at(archive: Archive, reader: PageReader, sha256: str, media: str, sample: _Sample) -> None:
    try:
        with archive.reading() as connection:
            content = attachments.checked_content(archive, connection, sha256)
    except SealBroken:
        sample.problems.append((sha256, "file_changed"))
        return
    sample.read += 1
    if media not in READABLE:
        return
    try:
        reader.picture(content, 0, LOOK_DPI)
        sample.opened += 1
    except (UnreadableFile, ReaderStopped):
        sample.unreadable += 1  # it is what was filed; that its page does not open is older than the backup


def _told(progress: Callable[[Progress], None], step: str) -> Callable[[int, int], None]:
    return lambda done, whole: progress(Progress(step, done, whole))
