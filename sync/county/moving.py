"""Where a county's attachments lie: in its folder, or in a store of objects that its book names; and their way from one to the other.

The book says it, so that no command can look in the wrong place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, delete, insert, select

from sync.contract.errors import BadRequest, LantaiError
from sync.county import tables
from sync.county.objects import SealedObjects
from sync.county.storage import Storage
from sync.county.tables import table
from sync.vault.sealed_files import Sealed, SealedFiles

IN_FOLDER: Final = "folder"
_PLACE, _CLAIM = "attachments", "attachments_claim"
_SETTING, _HELD = table(tables.Setting), table(tables.Attachment)


@dataclass(frozen=True, slots=True)
class HeldFile:
    """An attachment of the county: the sealed file it lies in, its key, and what it must be."""

    file_id: bytes
    key: bytes
    sha256: bytes


def held_files(connection: Connection) -> list[HeldFile]:
    """Return every whole attachment that the book names, in order of their files."""
    rows = connection.execute(select(_HELD.c.file_id, _HELD.c.key, _HELD.c.sha256).order_by(_HELD.c.file_id))
    return [HeldFile(bytes(row.file_id), bytes(row.key), bytes.fromhex(row.sha256)) for row in rows]


def keeper_of(storage: Storage) -> SealedObjects | None:
    """Return the store of objects that the book names; None: the attachments lie in the county's folder."""
    with storage.connection() as connection:
        address = connection.execute(select(_SETTING.c.value).where(_SETTING.c.key == _PLACE)).scalar_one_or_none()
    return None if address is None else SealedObjects(address)


def lie_in_folder(connection: Connection) -> None:
    """From the next opening on the county's attachments are looked for in its folder."""
    connection.execute(delete(_SETTING).where(_SETTING.c.key.in_([_PLACE, _CLAIM])))


def move(storage: Storage, source: Sealed, folder: Path, address: str, told: Callable[[str], None] = print) -> None:
    """Every attachment lies at the other address, read back whole; then the book says so, and where they lay they are gone.

    The server does not run meanwhile: it would go on writing where they lay.

    Args:
        address: `s3://bucket/prefix`, which must be nobody's, or `folder`.
    Raises:
        BadRequest: they lie there already, or the prefix is somebody's. SealBroken: one is away or changed; the book is as it was.
    """
    ours = keeper_of(storage)
    if (address == IN_FOLDER) is (ours is None) and (ours is None or address == ours.address):
        raise BadRequest("the attachments lie there already", address=address)
    target: Sealed = SealedFiles(folder) if address == IN_FOLDER else SealedObjects(address)
    claim = target.claim() if isinstance(target, SealedObjects) else ""
    with storage.connection() as connection:
        held = held_files(connection)
    there = target.ids()
    for one in held:
        if one.file_id not in there:
            target.bring(source, one.file_id)
        target.check(one.file_id, one.key, one.sha256)
    with storage.writing(None) as book:
        lie_in_folder(book.connection)
        if claim:
            named = ((_PLACE, address), (_CLAIM, claim))
            book.connection.execute(insert(_SETTING), [{"key": key, "value": value} for key, value in named])
        book.log("county", "attachments.moved", address, {"files": len(held)})
    for one in held:
        source.remove(one.file_id)
    told(f"moved {len(held)} attachments to {address}")


def find_flaws(storage: Storage, keeper: Sealed, *, whole: bool) -> Iterator[str]:
    """Yield what is wrong with the attachments, a line each; nothing if nothing is.

    Args:
        whole: read every one, too; else only look that it is there.
    """
    with storage.connection() as connection:
        held = held_files(connection)
        claim = connection.execute(select(_SETTING.c.value).where(_SETTING.c.key == _CLAIM)).scalar_one_or_none()
    try:
        if isinstance(keeper, SealedObjects):
            keeper.check_claim(claim or "")
        there = keeper.ids()
    except LantaiError as error:
        yield f"attachments: {error}"
        return
    for one in held:
        if one.file_id not in there:
            yield f"attachment away: {one.sha256.hex()}"
            continue
        try:
            if whole:
                keeper.check(one.file_id, one.key, one.sha256)
        except LantaiError as error:
            yield f"attachment: {one.sha256.hex()}: {error}"
