"""A backup's place (备份处) and the generations on it: labels, names, manifests, lists. The form stands in docs/backup.md, section 2."""

from __future__ import annotations

import errno
import json
import re
import shutil
import tomllib
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Final, Self

from desktop.archive.manifests import FORMAT, VERSION, Manifest, PoolFile
from sync.contract.errors import DiskFails, DiskFull, NotAllowed, PlaceUnavailable, SealBroken
from sync.vault.sealed_files import SealedFiles
from sync.vault.whole_file import PART_SUFFIX, flush_folder, make_folder, replace_whole

LABEL: Final = "LANTAI-BACKUP.toml"
HOME: Final = "lantai-backup"
POOL: Final = "files"
MANIFEST, DATABASE, KEYSTORE, LIST = "manifest.json", "archive.db", "keys.json", "files.list"
LABEL_BYTES_MAX: Final = 4096
_NAME = re.compile(r"(\d{6,9})-\d{8}T\d{6}Z")
_LINE = re.compile(r"([0-9a-f]{32}) (\d{1,15}) ([0-9a-f]{64})")
_READ_ONLY: Final = frozenset({errno.EROFS, errno.EACCES, errno.EPERM})


class PlaceKind(StrEnum):
    """What a place is."""

    FOLDER = "folder"  # 第二文件夹
    STICK = "stick"  # 备份优盘


@dataclass(frozen=True, slots=True)
class Label:
    """What our label at a place says."""

    archive: str
    place: str
    kind: PlaceKind
    office: str
    labelled: str

    def to_bytes(self) -> bytes:
        facts = {"format": FORMAT, **asdict(self), "kind": self.kind.value}
        # a JSON string is a TOML string
        lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in facts.items()]
        return ("\n".join(["# 兰台备份 · Lantai backup: docs/backup.md", "version = 1", *lines]) + "\n").encode()

    @classmethod
    def read(cls, folder: Path) -> Self | None:
        """Return the label in the folder; None where there is none, or something else under its name."""
        try:
            with open(folder / LABEL, "rb") as file:
                found = tomllib.loads(file.read(LABEL_BYTES_MAX).decode())
            if found["format"] != FORMAT or int(found["version"]) > VERSION:
                return None
            archive, place = str(found["archive"]), str(found["place"])
            return cls(archive, place, PlaceKind(found["kind"]), str(found["office"]), str(found["labelled"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None


class Generation:
    """One generation's folder, finished or being made."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.name = folder.name.removesuffix(PART_SUFFIX)

    @property
    def number(self) -> int:
        return int(self.name.split("-")[0])

    @property
    def made_at(self) -> str:
        """Return the moment the name claims, as 20260302T040000Z."""
        return self.name.split("-")[1]

    @property
    def database(self) -> Path:
        return self.folder / DATABASE

    def manifest(self) -> Manifest:
        """Raises SealBroken, ArchiveTooNew; PlaceUnavailable when the place does not let it be read."""
        try:
            return Manifest.from_bytes((self.folder / MANIFEST).read_bytes())
        except OSError as error:
            raise _not_read(error, "manifest away") from error

    def listed(self) -> Iterator[PoolFile]:
        """Yield every file this generation needs from the pool. Raises SealBroken when a line is none."""
        try:
            with open(self.folder / LIST, encoding="ascii", errors="replace", newline="\n") as lines:
                for line in lines:
                    found = _LINE.fullmatch(line.rstrip("\n"))
                    if found is None:
                        raise SealBroken("list")
                    yield PoolFile(found[1], int(found[2]), found[3])
        except OSError as error:
            raise _not_read(error, "list away") from error


class Place:
    """A labelled place. Every failure of the place itself is told as PlaceUnavailable with its reason."""

    def __init__(self, root: Path, label: Label) -> None:
        self.root, self.label = root, label
        self.home = root / HOME

    @classmethod
    def at(cls, root: Path) -> Self:
        """Return the place in a folder that carries our label.

        Raises:
            PlaceUnavailable: there is no label, so nothing is ever written there.
        """
        label = Label.read(root)
        if label is None:
            raise PlaceUnavailable("no label", reason="gone")
        return cls(root, label)

    @classmethod
    def to_read(cls, folder: Path) -> Self:
        """Return the place in a folder, or the one that the folder is the inside of, for reading: a label is not needed.

        Raises:
            PlaceUnavailable: nothing of a backup is there.
        """
        root = folder.parent if folder.name == HOME and not (folder / HOME).is_dir() else folder
        if not (root / HOME).is_dir():
            raise PlaceUnavailable("no backup here", reason="gone")
        return cls(root, Label.read(root) or Label("", "", PlaceKind.FOLDER, "", ""))

    @classmethod
    def begin(cls, root: Path, archive: str, kind: PlaceKind, office: str, moment: str) -> Self:
        """The folder carries a label for this archive; one that is there for it already is kept.

        Raises:
            NotAllowed: it is another archive's.
            PlaceUnavailable: it is away, full or may not be written.
        """
        known = Label.read(root)
        if known is not None and known.archive != archive:
            raise NotAllowed("labelled for another archive")
        with naming_faults():
            if not root.is_dir():
                raise PlaceUnavailable("no folder", reason="gone")
            label = replace(known, kind=kind) if known else Label(archive, str(uuid.uuid4()), kind, office, moment)
            replace_whole(root / LABEL, label.to_bytes())
        return cls(root, label)

    def pool(self) -> SealedFiles:
        return SealedFiles(self.home / POOL)

    def pool_path(self, file_id: str) -> Path:
        """Return where a file of the pool lies, or would."""
        return self.home / POOL / file_id[:2] / file_id

    def generations(self) -> list[Generation]:
        """Return every generation under a final name, the newest number first."""
        with naming_faults():
            if self.label.place and Label.read(self.root) is None:
                raise PlaceUnavailable("no label", reason="gone")
            found = self.home.iterdir() if self.home.is_dir() else iter(())
            named = [Generation(folder) for folder in found if _NAME.fullmatch(folder.name)]
        return sorted(named, key=lambda one: one.number, reverse=True)

    def generation(self, name: str) -> Generation:
        """Raises PlaceUnavailable when it is not there."""
        if not _NAME.fullmatch(name) or not (self.home / name).is_dir():
            raise PlaceUnavailable("no such generation", reason="gone")
        return Generation(self.home / name)

    def begin_generation(self, compact_moment: str) -> Generation:
        """A new unfinished generation's folder is there, and nothing else unfinished is."""
        known = self.generations()
        with naming_faults():
            make_folder(self.home)
            self.sweep()
            number = known[0].number + 1 if known else 1
            part = self.home / f"{number:06d}-{compact_moment}{PART_SUFFIX}"
            part.mkdir()
        return Generation(part)

    def finish(self, made: Generation) -> Generation:
        """The generation stands under its name, on the disk."""
        with naming_faults():
            flush_folder(made.folder)
            final = self.home / made.name
            made.folder.rename(final)
            flush_folder(self.home)
        return Generation(final)

    def drop(self, one: Generation) -> None:
        """The generation is gone; at no moment does a part of it stand under a final name."""
        with naming_faults():
            part = one.folder if one.folder.name.endswith(PART_SUFFIX) else self.home / (one.name + PART_SUFFIX)
            if part != one.folder:
                one.folder.rename(part)
                flush_folder(self.home)
            shutil.rmtree(part)

    def sweep(self) -> None:
        """Nothing unfinished is left, of generations or of the pool."""
        for left in self.home.glob(f"*{PART_SUFFIX}"):
            if left.is_dir():
                shutil.rmtree(left)
            else:
                left.unlink()
        for left in (self.home / POOL).glob(f"??/*{PART_SUFFIX}"):
            left.unlink()

    def free_bytes(self) -> int:
        with naming_faults():
            return shutil.disk_usage(self.root).free


@contextmanager
def naming_faults() -> Iterator[None]:
    """A failure of the system at a place is told as PlaceUnavailable, with the reason a person can act on."""
    try:
        yield
    except DiskFull as error:
        raise PlaceUnavailable("full", reason="full") from error
    except DiskFails as error:
        cause = error.__cause__
        raise PlaceUnavailable("place", reason=_reason(cause) if isinstance(cause, OSError) else "gone") from error
    except OSError as error:
        raise PlaceUnavailable("place", reason=_reason(error)) from error


def away(error: OSError) -> bool:
    """Whether what cannot be read is lost: not there, or on a bad sector; anything else is the place's failure."""
    return error.errno in (errno.ENOENT, errno.EIO)


def _not_read(error: OSError, what: str) -> SealBroken | PlaceUnavailable:
    return SealBroken(what) if away(error) else PlaceUnavailable("place", reason=_reason(error))


def _reason(error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "full"
    if error.errno == errno.EFBIG:
        return "too_large"
    return "read_only" if error.errno in _READ_ONLY else "gone"
