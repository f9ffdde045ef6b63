"""Open copies (开放导出): everything an archive holds as a folder of open formats, and an archive made of one again."""

from __future__ import annotations

import csv
import hashlib
import io
import tarfile
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

from desktop.archive import attachments, export_requests, indexing, open_tables, records, restored, settings
from desktop.archive.archive import Archive, Connection
from desktop.archive.clock import Clock, system_clock
from desktop.archive.open_tables import OpenTable
from desktop.archive.records import RecordLine
from desktop.archive.upgrades import LAYOUT
from desktop.services.changed import Progress
from desktop.services.export_requests import ExportRequests, Terms, Way
from desktop.services.sealing.tables import ENDINGS, safe_cell
from sync.contract.errors import BadRequest, DigestDiffers, Refused, SealBroken, UnreadableFile
from sync.contract.kinds import Kind
from sync.vault import audit
from sync.vault.bag import BagFile, BagStream, Block, is_safe_name
from sync.vault.engine import raise_storage_error
from sync.vault.slots import Keystore, Role, new_data_key
from sync.vault.stretching import FLOOR, StretchCost
from sync.vault.whole_file import blocks_of, flush_folder, flush_tree, make_folder

TABLES: Final = "data/tables"
PART: Final = ".part"
_READ_BYTES: Final = 1 << 20
ROWS_HELD: Final = 1000
EVERYTHING: Final = Terms(Way.PLAIN)


@dataclass(frozen=True, slots=True)
class OpenCopy:
    """A folder that was written: how many files and bytes, and the digest of each table."""

    folder: Path
    files: int
    size_bytes: int
    digests: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Reimported:
    """An archive made of an open copy: equal digests, so many records and originals; the recovery code, once."""

    folder: Path
    digests: Mapping[str, str]
    records: int
    originals: int
    recovery_code: str


class OpenCopies:
    """Open copies of one archive, made by one person who may export."""

    def __init__(self, archive: Archive, kinds: Mapping[str, Kind], person: str, clock: Clock) -> None:
        self._archive = archive
        self._kinds = kinds
        self._person = person
        self._clock = clock
        self.requests = ExportRequests(archive, person, clock)

    def export(self, to: Path, progress: Callable[[Progress], None], cancelled: Callable[[], bool]) -> OpenCopy:
        """The folder stands in `to`, whole or not at all; every original was compared with the hash it was filed under.

        Raises:
            SealBroken: a file in the archive is not what was filed; DiskFull; Refused: cancelled; NotAllowed: (`reason` two_people)
                nobody else approved it, and somebody could.
        """
        request, now = self.requests.claim(EVERYTHING), self._clock()
        with self._archive.act(self._person, now) as act:
            act.note("open-copy-begun", "archive", request=request.id)
        try:
            with self._archive.reading() as connection:
                made = self._write(connection, to, f"{now:%Y%m%dT%H%M%SZ}", progress, cancelled)
        except OSError as error:
            raise_storage_error(error)
        with self._archive.act(self._person, self._clock()) as act:
            export_requests.set_done(act, request.id)
        return made

    def _write(
        self,
        connection: Connection,
        to: Path,
        stamp: str,
        progress: Callable[[Progress], None],
        cancelled: Callable[[], bool],
    ) -> OpenCopy:
        name = f"lantai-open-{settings.get(connection, 'township_code') or '0'}-{stamp}"
        tables = open_tables.tables(connection)
        whole = 2 * len(tables) + len(attachments.everything(connection))

        def told(done: int) -> None:
            if cancelled():
                raise Refused("cancelled")
            progress(Progress("open_copy", done, whole))

        head = audit.head(connection)
        info = {
            "Source-Organization": settings.get(connection, "county") + settings.get(connection, "township"),
            "Lantai-Layout": str(LAYOUT),
            "Lantai-Audit-Head": f"{head.size} {head.root.hex()}",
        }
        bag = BagStream(name, self._payload(connection, tables), info, told)
        make_folder(to)
        with tempfile.TemporaryDirectory(dir=to, prefix=".lantai-", suffix=PART) as room:
            _unpack(bag.blocks(), Path(room))
            flush_tree(Path(room))
            (Path(room) / name).rename(to / name)
        flush_folder(to)
        digests = {one.name: _digest_of(to / name / TABLES / f"{one.name}.jsonl") for one in tables}
        return OpenCopy(to / name, bag.files, bag.size_bytes, digests)

    def _payload(self, connection: Connection, tables: Iterable[OpenTable]) -> Iterator[BagFile]:
        for table in tables:
            yield BagFile(f"{TABLES}/{table.name}.jsonl", *_twice(partial(open_tables.lines, connection, table)))
            yield BagFile(f"{TABLES}/{table.name}.csv", *_twice(partial(_table_csv, connection, table)))
        for kind in self._kinds.values():
            ids = records.rows(connection, kind.key)
            if ids:
                yield BagFile(f"data/records/{kind.key}.csv", *_twice(partial(_records_csv, connection, kind, ids)))
        for one in attachments.everything(connection):
            place = f"data/files/{one.sha256[:2]}/{one.sha256}.{ENDINGS.get(one.media, 'bin')}"
            blocks = attachments.chunks(self._archive, connection, one.sha256)
            yield BagFile(place, one.size_bytes, blocks, {"sha256": one.sha256})


def _unpack(blocks: Iterator[Block], folder: Path) -> None:
    """The members of a tar that is made while it is read are files in the folder."""
    with tarfile.open(fileobj=_Flow(blocks), mode="r|") as members:  # type: ignore[call-overload]
        members.extractall(folder, filter="data")
        for _ in blocks:
            pass  # the end of the tar: what the bag tells of itself is told only there


class _Flow:
    """Blocks of bytes as something to read from; an empty block is no end (the padding of a file that needs none is one)."""

    def __init__(self, blocks: Iterator[Block]) -> None:
        self._blocks, self._held = blocks, b""

    def read(self, size: int) -> bytes:
        while len(self._held) < size and (block := next(self._blocks, None)) is not None:
            self._held += block
        found, self._held = self._held[:size], self._held[size:]
        return found


def _csv(heads: Iterable[str], lines: Iterable[Iterable[object]]) -> Iterator[bytes]:
    yield b"\xef\xbb\xbf"  # the mark tells spreadsheet programs that it is UTF-8
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(heads)
    for line in lines:
        writer.writerow([_cell(value) for value in line])
        if out.tell() > _READ_BYTES:
            yield out.getvalue().encode()
            out.seek(0)
            out.truncate()
    yield out.getvalue().encode()


def _cell(value: object) -> str:
    if isinstance(value, bytes | memoryview):
        held = bytes(value)
        try:
            return safe_cell(held.decode())
        except UnicodeDecodeError:
            return held.hex()
    return "" if value is None else safe_cell(str(value))


def _twice(make: Callable[[], Iterator[bytes]]) -> tuple[int, Iterator[bytes]]:
    """Return size and content of something whose size is known only at its end: made twice rather than held in memory."""
    return sum(map(len, make())), make()


def _table_csv(connection: Connection, table: OpenTable) -> Iterator[bytes]:
    return _csv(table.columns, (row.values() for row in open_tables.rows(connection, table)))


def _records_csv(connection: Connection, kind: Kind, ids: Sequence[int]) -> Iterator[bytes]:
    single = [(group, field) for group, field in kind.all_fields() if not group.repeated]
    repeated = [group for group in kind.groups if group.repeated]
    heads = ["档号", "状态", "题名"]
    heads += [f"{group.label}·{field.label}" if group.key else field.label for group, field in single]
    heads += [group.label for group in repeated]

    def lines() -> Iterator[list[str]]:
        for line in _lines(connection, ids):
            said: Mapping[str, str] = (records.body(connection, line.head) or {}).get("fields", {})
            row = [line.number, line.state.value, line.title, *(said.get(field.key, "") for _, field in single)]
            yield row + [_places(said, group.key) for group in repeated]

    return _csv(heads, lines())


def _lines(connection: Connection, ids: Sequence[int]) -> Iterator[RecordLine]:
    """Yield the records of these rows, a thousand at a time in memory."""
    for first in range(0, len(ids), ROWS_HELD):
        yield from records.by_ids(connection, ids[first : first + ROWS_HELD])


def _places(said: Mapping[str, str], group: str) -> str:
    prefix = group + "."
    return "；".join(f"{key.removeprefix(prefix)}={text}" for key, text in said.items() if key.startswith(prefix))


def _digest_of(path: Path) -> str:
    digest = hashlib.sha256()
    for block in blocks_of(path):
        digest.update(block)
    return digest.hexdigest()


def reimport(
    source: Path,
    to: Path,
    person: str,
    password: str,
    kinds: Mapping[str, Kind],
    progress: Callable[[Progress], None],
    *,
    clock: Clock = system_clock,
    cost: StretchCost = FLOOR,
) -> Reimported:
    """An archive with equal digests stands in `to`, opened by the person's password; or nothing stands there.

    Raises:
        Refused: something is there already; UnreadableFile: `source` is no open copy; SealBroken, DigestDiffers,
        BadRequest: it is not as it was written, or of another layout; WeakPassword; DiskFull.
    """
    if to.exists() and any(to.iterdir()):
        raise Refused("an archive is there already")
    try:
        manifest = _proved(source, progress)
        make_folder(to.parent)
        with tempfile.TemporaryDirectory(dir=to.parent, prefix=".lantai-", suffix=PART) as room:
            growing, data_key = Path(room) / "archive", new_data_key()
            growing.mkdir()
            keystore = Keystore.create(growing, data_key)
            keystore.add(data_key, person, Role.ADMIN, password, cost=cost)
            code = keystore.make_recovery(data_key, cost=cost)
            archive = Archive.bare(growing, data_key)
            try:
                done = _Filling(source, archive, manifest, kinds, progress).run(person, clock())
            finally:
                archive.close()
            flush_folder(growing)
            if to.exists():
                to.rmdir()
            growing.rename(to)
        flush_folder(to.parent)
    except OSError as error:
        raise_storage_error(error)
    return Reimported(to, done[0], done[1], done[2], code)


def _proved(source: Path, progress: Callable[[Progress], None]) -> dict[str, str]:
    """Return the manifest of a folder, every file of which was compared with it and which holds nothing else."""
    try:
        spoken = (source / "manifest-sha256.txt").read_text(encoding="utf-8")
        info = (source / "bag-info.txt").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableFile("no open copy", reason="gone") from error
    manifest: dict[str, str] = {}
    for line in spoken.splitlines():
        sha256, _, name = line.partition("  ")
        if not is_safe_name(name):
            raise BadRequest("a name that is not safe")
        manifest[name] = sha256
    if f"Lantai-Layout: {LAYOUT}\n" not in info:
        raise BadRequest("an open copy of another layout", known=LAYOUT)
    for done, (name, sha256) in enumerate(manifest.items()):
        progress(Progress("prove", done, len(manifest)))
        if not (source / name).is_file() or _digest_of(source / name) != sha256:
            raise SealBroken("not what was exported", name=name)
    held = {path.relative_to(source).as_posix() for path in (source / "data").rglob("*") if path.is_file()}
    if held != set(manifest):
        raise SealBroken("a file is missing or strange", count=len(held ^ set(manifest)))
    return manifest


class _Filling:
    """One re-import: the originals are sealed, the rows written, read out again and compared, all before anybody sees it."""

    def __init__(
        self,
        source: Path,
        archive: Archive,
        manifest: Mapping[str, str],
        kinds: Mapping[str, Kind],
        progress: Callable[[Progress], None],
    ) -> None:
        self._source, self._archive, self._manifest = source, archive, manifest
        self._kinds, self._progress = kinds, progress

    def run(self, person: str, now: datetime) -> tuple[dict[str, str], int, int]:
        """Return the digests, the number of records and of originals."""
        originals = self._seal_originals()
        with self._archive.act(person, now) as act:
            digests = self._fill(act.connection, originals)
            count = self._index(act.connection)
            if not audit.verify(act.connection).ok:
                raise SealBroken("the log does not hold together")
            act.note("archive-reimported", "archive", tables=len(digests), originals=len(originals))
            restored.begin_again(act)
        return digests, count, len(originals)

    def _seal_originals(self) -> dict[str, dict[str, Any]]:
        places = [name for name in self._manifest if name.startswith("data/files/")]
        sealed: dict[str, dict[str, Any]] = {}
        for done, name in enumerate(places):
            self._progress(Progress("originals", done, len(places)))
            sha256 = Path(name).stem
            content = (self._source / name).read_bytes()
            sealed[sha256] = open_tables.seal_file(self._archive.folder, content, sha256)
        return sealed

    def _fill(self, connection: Connection, originals: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
        """Every table holds its rows, and read out again each has the digest it was exported with."""
        digests: dict[str, str] = {}
        tables = [one for one in open_tables.tables(connection) if one.comes_back]
        for done, table in enumerate(tables):
            self._progress(Progress("tables", done, len(tables)))
            name = f"{TABLES}/{table.name}.jsonl"
            if name not in self._manifest:
                raise BadRequest("a table is missing", table=table.name)
            with (self._source / name).open("rb") as spoken:
                open_tables.fill(connection, table, spoken, originals)
            digest = hashlib.sha256()
            for block in open_tables.lines(connection, table):
                digest.update(block)
            if digest.hexdigest() != self._manifest[name]:
                raise DigestDiffers("a table came in otherwise", table=table.name)
            digests[table.name] = digest.hexdigest()
        return digests

    def _index(self, connection: Connection) -> int:
        """Every record is found as before."""
        ids = records.rows(connection)
        for done, line in enumerate(_lines(connection, ids)):
            said = records.body(connection, line.head)
            if said is not None and line.kind in self._kinds:
                indexing.index_record(connection, self._kinds[line.kind], line.id, said)
            if done % 500 == 0:
                self._progress(Progress("index", done, len(ids)))
        return len(ids)
