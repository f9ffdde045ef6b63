"""Keeping a county (县库保管): copies of it beside the running server, a check of all it holds, and its way back. docs/county.md, section 3.

The key is in no copy: who has only the copy can read nothing of it.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, delete, func, select

from sync.contract.errors import BackupBroken, BadRequest, LantaiError, SealBroken
from sync.contract.messages import HeadDigest
from sync.contract.revisions import RecordId, RevisionId
from sync.county import tables
from sync.county.moving import HeldFile, find_flaws, held_files, lie_in_folder
from sync.county.service import County
from sync.county.storage import DATABASE
from sync.county.tables import table
from sync.vault import audit
from sync.vault import engine as vault
from sync.vault.sealed_files import SealedFiles
from sync.vault.whole_file import (
    BLOCK_BYTES,
    WholeFile,
    blocks_of,
    flush_folder,
    make_folder,
    replace_whole,
    sweep_parts,
)

LAYOUT: Final = 1
FILES, LIST, MANIFEST, PREFIX = "files", "files.txt", "manifest.json", "county-"
KEPT_GENERATIONS: Final = 14

_PIECE = table(tables.AttachmentPiece)
_TOWNSHIP, _RECORD, _SETTING = table(tables.Township), table(tables.Record), table(tables.Setting)

Told = Callable[[str], None]
"""Is told a line for the keeper."""


@dataclass(frozen=True, slots=True)
class Copy:
    """What a copy holds, as its manifest says."""

    layout: int
    county: str
    made_at: str
    epoch: str
    database_bytes: int
    database_sha256: str
    files: int
    records: int
    audit_lines: int
    audit_head: str


def back_up(county: County, place: Path, *, keep: int = KEPT_GENERATIONS, told: Told = print) -> Path:
    """A new copy of the county stands in its own folder at the place, read back with the key; older ones beyond `keep` are gone.

    People go on meanwhile. Attachments lie once for all copies, in `files`, sealed as they are.

    Raises:
        DiskFull, DiskFails: the place; nothing half is left under a name. BackupBroken: what was read back is not what was written.
    """
    make_folder(place)
    sweep_parts(place)
    _sweep_unfinished(place)
    at = county.now()
    unfinished = place / f".{PREFIX}{at:%Y%m%dT%H%M%S}"
    make_folder(unfinished)
    try:
        copy = _pour(county, unfinished)
        made = county.storage.data_copy(unfinished / DATABASE)
        try:
            with vault.read(made) as connection:
                if vault.broken_pages(connection) or not audit.verify(connection).ok:
                    raise BackupBroken("the copy does not read back", reason="database")
        finally:
            made.dispose()
        with county.storage.connection() as connection:
            wanted = held_files(connection)
        _fill_pool(county, place / FILES, wanted)
        replace_whole(unfinished / LIST, "".join(f"{one.file_id.hex()}\n" for one in wanted).encode())
        whole = json.dumps({**asdict(copy), "files": len(wanted)}, ensure_ascii=False, indent=1).encode()
        replace_whole(unfinished / MANIFEST, whole)
        generation = place / unfinished.name[1:]
        unfinished.rename(generation)
        flush_folder(place)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)  # a power cut would leave the same, and the next copy sweeps it
        raise
    with county.storage.writing(None) as book:
        book.log("county", "county.backed-up", generation.name, {"files": len(wanted), "records": copy.records})
    _drop_old(place, keep, told)
    return generation


def _pour(county: County, folder: Path) -> Copy:
    """The encrypted file stands in the folder as it was at one moment; what it held then is returned."""
    digest, source = hashlib.sha256(), county.folder / DATABASE
    # `main` is closed after the reader has ended: closing one descriptor drops every lock this process has on the file
    with open(source, "rb") as main, WholeFile(folder / DATABASE) as file, county.storage.still() as connection:
        head = audit.head(connection)
        for block in iter(partial(main.read, BLOCK_BYTES), b""):
            digest.update(block)
            file.write(block)
        size = file.size_bytes
    with county.storage.connection() as connection:
        epoch = connection.execute(select(_SETTING.c.value).where(_SETTING.c.key == "epoch")).scalar_one()
        records = connection.execute(select(func.count()).select_from(_RECORD)).scalar_one()
    return Copy(
        LAYOUT, county.authority.county, county.now().isoformat(timespec="seconds"), epoch, size, digest.hexdigest(), 0,
        records, head.size, head.root.hex(),
    )  # fmt: skip


def _fill_pool(county: County, pool: Path, wanted: Iterable[HeldFile]) -> None:
    """Every wanted file lies in the pool; what was added now was read back whole."""
    copied = SealedFiles(pool)
    there = copied.ids()
    for one in wanted:
        if one.file_id in there:
            continue
        copied.bring(county.attachments.keeper, one.file_id)
        try:
            copied.check(one.file_id, one.key, one.sha256)
        except SealBroken as error:
            copied.remove(one.file_id)
            raise BackupBroken("an attachment does not read back", reason="files", file_id=one.file_id.hex()) from error


def _sweep_unfinished(place: Path) -> None:
    for leftover in place.glob(f".{PREFIX}*"):
        shutil.rmtree(leftover)


def generations(place: Path) -> list[Path]:
    """Return the copies at a place, the oldest first."""
    return sorted(one for one in place.glob(f"{PREFIX}*") if (one / MANIFEST).is_file())


def _drop_old(place: Path, keep: int, told: Told) -> None:
    """At most `keep` copies are left, two at least, and no file that none of them wants."""
    old = generations(place)[: -max(2, keep)]
    if not old:
        return
    for one in old:
        shutil.rmtree(one)
        told(f"dropped {one.name}")
    wanted = {line for one in generations(place) for line in (one / LIST).read_text().split()}
    for sealed in (place / FILES).glob("??/*"):
        if sealed.name not in wanted:
            sealed.unlink()


def read_manifest(generation: Path) -> Copy:
    """Return what a copy says it holds.

    Raises:
        BackupBroken: there is none, or it is of a newer program.
    """
    try:
        said: dict[str, Any] = json.loads((generation / MANIFEST).read_bytes())
        copy = Copy(**said)
    except (OSError, ValueError, TypeError) as error:
        raise BackupBroken("not a copy of a county", reason="manifest") from error
    if copy.layout > LAYOUT:
        raise BackupBroken("made by a newer program", reason="layout")
    return copy


def restore(generation: Path, folder: Path, key_file: Path, url: str | None = None, told: Told = print) -> None:
    """The county stands in the folder as the copy held it, checked whole, in a new epoch: every desk sends again what it holds.

    Its attachments lie in the folder, wherever they lay: a county that is tried out must not write where the other one does.

    Args:
        url: of the PostgreSQL database that the book was put back into before, by PostgreSQL's own tools.
    Raises:
        BadRequest: something stands there already. BackupBroken: the copy is not whole. SealBroken: the key is another's.
    """
    if folder.exists() and any(folder.iterdir()):
        raise BadRequest("the folder is not empty", folder=str(folder))
    copy = read_manifest(generation)
    _bring_database(generation, folder, copy)
    kept = folder / "county.key"
    if key_file.absolute() != kept.absolute():
        _keep_key(kept, key_file.read_bytes())
    with closing(County(folder, kept, url)) as county, county.storage.connection(writing=True) as connection:
        connection.execute(delete(_PIECE))  # what was still arriving is asked for again
        lie_in_folder(connection)
    with closing(County(folder, kept, url)) as county:
        with county.storage.connection() as connection:
            wanted = held_files(connection)
        pool = SealedFiles(generation.parent / FILES)
        for one in wanted:
            county.attachments.keeper.bring(pool, one.file_id)
        found = list(check(county, whole=True))
        if found:
            raise BackupBroken("; ".join(found), reason="check")
        with county.storage.writing(None) as book:
            book.log("county", "county.restored", generation.name, {"made_at": copy.made_at})
        county.ledger.take_new_epoch(secrets.token_hex(16))
    told(f"restored {generation.name}: {copy.records} records, {len(wanted)} attachments, in a new epoch")


def _bring_database(generation: Path, folder: Path, copy: Copy) -> None:
    make_folder(folder)
    digest = hashlib.sha256()
    with WholeFile(folder / DATABASE) as file:
        for block in blocks_of(generation / DATABASE):
            digest.update(block)
            file.write(block)
    if digest.hexdigest() != copy.database_sha256:
        (folder / DATABASE).unlink()
        raise BackupBroken("the database is not what the manifest says", reason="database")


def _keep_key(place: Path, key: bytes) -> None:
    descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(key)
        file.flush()
        os.fsync(file.fileno())
    flush_folder(place.parent)


def check(county: County, *, whole: bool = False) -> Iterator[str]:
    """Yield what is wrong with a county, a line each; nothing if nothing is.

    Args:
        whole: read every attachment, too; else only look that it is there.
    """
    with county.storage.keeping() as connection:
        for finding in audit.verify(connection).findings:
            yield f"log: {finding.flaw.value} at line {finding.sequence}"
    try:
        county.storage.check_integrity()
    except LantaiError as error:
        yield f"database: {error}"
    yield from county.storage.find_holes()
    with county.storage.connection() as connection:
        yield from _check_digests(connection)
    yield from find_flaws(county.storage, county.attachments.keeper, whole=whole)


def _check_digests(connection: Connection) -> Iterator[str]:
    """The digest that is kept for each township is the one its heads give."""
    found: dict[str, HeadDigest] = {}
    with_head = select(_RECORD.c.id, _RECORD.c.township, _RECORD.c.head).where(_RECORD.c.head.is_not(None))
    for row in connection.execute(with_head.execution_options(yield_per=5_000)):
        digest = found.get(row.township, HeadDigest())
        found[row.township] = digest.with_head(RecordId(row.id), RevisionId(row.head))
    for row in connection.execute(select(_TOWNSHIP.c.code, _TOWNSHIP.c.digest, _TOWNSHIP.c.heads)):
        made = found.get(row.code, HeadDigest())
        if (made.value, made.heads) != (bytes(row.digest), row.heads):
            yield f"digest of {row.code}: {row.heads} heads are kept, {made.heads} are there"


def is_due(place: Path, now: datetime, hours: int) -> bool:
    """Whether the newest copy at a place is older than so many hours, or there is none."""
    made = [read_manifest(one).made_at for one in generations(place)[-1:]]
    return not made or (now - datetime.fromisoformat(made[0])).total_seconds() > hours * 3600
