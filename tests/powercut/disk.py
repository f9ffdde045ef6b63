"""A disk that can lose its power: what was flushed is on it, of the rest any part may be.

The model, stricter than most file systems: a file's bytes are safe only after the file was flushed, its name only after the
folder was. Of what is not safe, any selection may have come to the disk, in any order, a write also in single sectors. One
rename is one step.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from itertools import pairwise
from pathlib import Path

from tests.powercut.journal import Call, UnknownCall, What

SECTOR_BYTES = 512


@dataclass(slots=True)
class Change:
    """One write, or one cut to a length, that was not flushed."""

    order: int
    place: int
    data: bytes | None  # None: the file was cut to `place` bytes

    def apply(self, content: bytearray) -> None:
        if self.data is None:
            if len(content) > self.place:
                del content[self.place :]
            else:
                content.extend(bytes(self.place - len(content)))
            return
        if len(content) < self.place:
            content.extend(bytes(self.place - len(content)))
        content[self.place : self.place + len(self.data)] = self.data

    def torn(self, draw: random.Random) -> Iterator[Change]:
        """Yield the sectors of it that came to the disk."""
        if self.data is None:
            yield self
            return
        start, end = self.place, self.place + len(self.data)
        edges = [start, *range((start // SECTOR_BYTES + 1) * SECTOR_BYTES, end, SECTOR_BYTES), end]
        way, middle = draw.randrange(3), draw.randrange(len(edges))
        for number, (first, last) in enumerate(pairwise(edges)):
            if (number < middle, number >= middle, draw.random() < 0.5)[way]:
                yield Change(self.order, first, self.data[first - start : last - start])


@dataclass(slots=True, eq=False)
class File:
    """A file: what is safe of it, and what is not yet."""

    safe: bytearray = field(default_factory=bytearray)
    loose: list[Change] = field(default_factory=list)

    def flush(self) -> None:
        for change in self.loose:
            change.apply(self.safe)
        self.loose.clear()


@dataclass(slots=True, eq=False)
class Folder:
    """A folder: the names that are safe, and the names as the running system sees them."""

    safe: dict[str, File | Folder] = field(default_factory=dict)
    now: dict[str, File | Folder] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class Naming:
    """One step that changed names, not yet safe: in each of these folders, this name stands for that (None: for nothing)."""

    order: int
    steps: tuple[tuple[Folder, str, File | Folder | None], ...]


class Weather(Enum):
    """What of the loose changes came to the disk."""

    NOTHING = "nothing"
    ALL = "all"  # what a killed process leaves
    IN_ORDER = "in order"  # all up to some moment
    BY_FILE = "by file"  # of each file and folder all up to some moment of its own
    ANY = "any"
    TORN = "torn"  # any, and of a write single sectors


@dataclass(frozen=True, slots=True)
class Image:
    """What a disk holds: folders, and files with their bytes."""

    folders: tuple[str, ...]
    files: dict[str, bytes]

    def write(self, target: Path) -> None:
        """It stands in the folder, which was not there."""
        target.mkdir()
        for folder in self.folders:
            (target / folder).mkdir()
        for name, content in self.files.items():
            (target / name).write_bytes(content)

    def key(self, told: int) -> bytes:
        """Return what two equal images, before which equally much was told, share in every process."""
        digest = hashlib.blake2b(f"{told}\0{self.folders}".encode(), digest_size=12)
        for name, content in self.files.items():
            digest.update(f"\0{name}\0{len(content)}\0".encode())
            digest.update(content)
        return digest.digest()


class Disk:
    """A disk under a process whose calls are played one by one."""

    def __init__(self, base: Path) -> None:
        self.root = _read(base)
        self._open: dict[int, File | Folder] = {}
        self._namings: list[Naming] = []
        self._loose: dict[int, File] = {}
        self._order = 0

    @property
    def played(self) -> int:
        """How many calls were played."""
        return self._order

    def play(self, call: Call) -> None:
        """The call was made and came back."""
        self._order += 1
        self._PLAYED[call.what](self, call)

    def image(self, weather: Weather, draw: random.Random) -> Image:
        """Return what the disk may hold if the power goes now."""
        namings, kept = self._namings, _chooser(weather, draw, self._order)
        names: dict[int, dict[str, File | Folder]] = {}
        if weather is Weather.BY_FILE:
            until: dict[int, Callable[[int], bool]] = {}
            namings = [
                one for one in namings
                if all(until.setdefault(id(folder), _chooser(Weather.IN_ORDER, draw, self._order))(one.order)
                       for folder, _, _ in one.steps)
            ]  # fmt: skip
        else:
            namings = [one for one in namings if kept(one.order)]
        for naming in namings:
            for folder, name, meant in naming.steps:
                found = names.setdefault(id(folder), dict(folder.safe))
                if meant is None:
                    found.pop(name, None)
                else:
                    found[name] = meant
        contents: dict[int, bytes] = {}
        folders: list[str] = []
        files: dict[str, bytes] = {}

        def walk(folder: Folder, path: str) -> None:
            for name, meant in sorted(names.get(id(folder), folder.safe).items()):
                if isinstance(meant, Folder):
                    folders.append(path + name)
                    walk(meant, f"{path}{name}/")
                    continue
                if id(meant) not in contents:
                    mine = _chooser(Weather.IN_ORDER, draw, self._order) if weather is Weather.BY_FILE else kept
                    contents[id(meant)] = _content(meant, mine, draw if weather is Weather.TORN else None)
                files[path + name] = contents[id(meant)]

        walk(self.root, "")
        return Image(tuple(folders), files)

    def loose(self) -> int:
        """Return how many changes are not safe."""
        return len(self._namings) + sum(len(one.loose) for one in self._loose.values())

    # the calls

    def _opened(self, call: Call) -> None:
        folder, name = self._place(call.path)
        found: File | Folder | None = folder.now.get(name) if name else folder
        if found is None:
            found = File()
            self._name((folder, name, found))
        elif call.place & 2 and isinstance(found, File):
            self._change(found, Change(self._order, 0, None))
        self._open[call.file] = found

    def _written(self, call: Call) -> None:
        self._change(self._file(call), Change(self._order, call.place, call.data))

    def _cut(self, call: Call) -> None:
        self._change(self._file(call), Change(self._order, call.place, None))

    def _flushed(self, call: Call) -> None:
        found = self._open[call.file]
        if isinstance(found, File):
            found.flush()
            self._loose.pop(id(found), None)
            return
        going = [one for one in self._namings if any(folder is found for folder, _, _ in one.steps)]
        for one in going:
            for folder, name, meant in one.steps:
                _set(folder.safe, name, meant)
        self._namings = [one for one in self._namings if one not in going]

    def _removed(self, call: Call) -> None:
        folder, name = self._place(call.path)
        self._name((folder, name, None))

    def _renamed(self, call: Call) -> None:
        if call.path is None or call.to is None:
            raise UnknownCall("a rename over the edge of the folder")
        (folder, name), (target, new) = self._place(call.path), self._place(call.to)
        self._name((folder, name, None), (target, new, folder.now[name]))

    def _linked(self, call: Call) -> None:
        if call.path is None or call.to is None:
            raise UnknownCall("a link over the edge of the folder")
        (folder, name), (target, new) = self._place(call.path), self._place(call.to)
        self._name((target, new, folder.now[name]))

    def _made_folder(self, call: Call) -> None:
        folder, name = self._place(call.path)
        self._name((folder, name, Folder()))

    def _told(self, call: Call) -> None:
        """Nothing is asked of the disk."""

    _PLAYED = {
        What.OPEN: _opened, What.WRITE: _written, What.CUT_TO: _cut, What.FLUSH: _flushed, What.REMOVE: _removed,
        What.RENAME: _renamed, What.LINK: _linked, What.MAKE_FOLDER: _made_folder, What.TOLD: _told,
    }  # fmt: skip

    def _place(self, path: str | None) -> tuple[Folder, str]:
        if path is None:
            raise UnknownCall("a path outside the folder")
        *above, name = path.split("/")
        folder = self.root
        for part in above:
            found = folder.now[part]
            if not isinstance(found, Folder):
                raise UnknownCall("a file as a folder")
            folder = found
        return folder, name

    def _file(self, call: Call) -> File:
        found = self._open[call.file]
        if isinstance(found, Folder):
            raise UnknownCall("a write to a folder")
        return found

    def _name(self, *steps: tuple[Folder, str, File | Folder | None]) -> None:
        for folder, name, meant in steps:
            _set(folder.now, name, meant)
        self._namings.append(Naming(self._order, steps))

    def _change(self, file: File, change: Change) -> None:
        file.loose.append(change)
        self._loose[id(file)] = file


def _set(names: dict[str, File | Folder], name: str, meant: File | Folder | None) -> None:
    if meant is None:
        names.pop(name, None)
    else:
        names[name] = meant


def _content(file: File, kept: Callable[[int], bool], tearing: random.Random | None) -> bytes:
    if not file.loose:
        return bytes(file.safe)
    content = bytearray(file.safe)
    for change in file.loose:
        if not kept(change.order):
            continue
        parts: Iterable[Change] = [change]
        if tearing is not None and tearing.random() < 0.3:
            parts = change.torn(tearing)
        for part in parts:
            part.apply(content)
    return bytes(content)


def _chooser(weather: Weather, draw: random.Random, last: int) -> Callable[[int], bool]:
    """Return what tells whether the change with this number came to the disk."""
    if weather is Weather.NOTHING:
        return lambda order: False
    if weather is Weather.ALL:
        return lambda order: True
    if weather in (Weather.IN_ORDER, Weather.BY_FILE):
        until = last - int(draw.expovariate(1 / 40))  # near the cut, where acts are half done
        return lambda order: order <= until
    share = draw.choice((0.15, 0.5, 0.85))
    return lambda order: draw.random() < share


def _read(base: Path) -> Folder:
    made = Folder()
    for path in base.iterdir():
        if not path.name.endswith("-shm"):
            made.safe[path.name] = _read(path) if path.is_dir() else File(bytearray(path.read_bytes()))
    made.now = dict(made.safe)
    return made
