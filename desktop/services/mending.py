"""Mending (修复): a broken file is taken from where a good one lies, opened with its key before and after."""

from __future__ import annotations

from collections.abc import Iterable

from desktop.archive.archive import Archive
from desktop.archive.backup import Wanted, wanted_files
from desktop.archive.generations import Place, naming_faults
from sync.contract.errors import DiskFails, SealBroken
from sync.vault.sealed_files import SealedFiles
from sync.vault.whole_file import WholeFile, blocks_of, make_folder


def mend_pool(archive: Archive, place: Place, file_ids: Iterable[str]) -> list[str]:
    """Return which of the broken files of a place's pool are good again, taken from the archive."""
    with archive.reading() as connection:
        known = {one.file_id: one for one in wanted_files(connection)}
    with naming_faults():
        pool = place.pool()
        return [
            file_id
            for file_id in file_ids
            if file_id in known and taken_over(archive.files, pool, known[file_id])
        ]  # fmt: skip


def mend_archive(archive: Archive, places: Iterable[Place], one: Wanted) -> bool:
    """Whether a broken attachment is good again, taken from the pool of a place that holds a good copy."""
    return any(taken_over(place.pool(), archive.files, one) for place in places)


def taken_over(source: SealedFiles, target: SealedFiles, one: Wanted) -> bool:
    """The target holds the file, good, if the source did; else nothing is changed and False is returned."""
    file_id, sha256 = bytes.fromhex(one.file_id), bytes.fromhex(one.sha256)
    try:
        source.check(file_id, one.key, sha256)
    except (SealBroken, DiskFails):
        return False
    path = target.place_of(file_id)
    if not path.parent.exists():
        make_folder(path.parent)
    with WholeFile(path) as file:
        for block in blocks_of(source.place_of(file_id)):
            file.write(block)
    target.check(file_id, one.key, sha256)
    return True
