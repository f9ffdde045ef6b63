"""The file beside the archive while its key is changed (换钥时旁放的文件): put in the archive's place, or swept away.

What a pulled plug leaves is settled at the next opening, under the lock of the window. Step by step: docs/vault.md, section 10.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from sync.vault.another_key import opens
from sync.vault.engine import raise_storage_error
from sync.vault.whole_file import PART_SUFFIX, flush_folder

DATABASE: Final = "archive.db"
REKEYED: Final = f"{DATABASE}.rekeyed"
_BESIDE: Final = ("-wal", "-shm", "-journal")


def put_in_place(folder: Path) -> None:
    """The file under the new key is the archive; nobody has the old one open, and it has no log."""
    try:
        os.replace(folder / REKEYED, folder / DATABASE)
    except OSError as error:
        raise_storage_error(error)
    flush_folder(folder)


def settle(folder: Path, keys: Sequence[bytes]) -> bytes:
    """Return the key the archive opens by; a change of key that was cut short is brought to its end, or nothing is left of it.

    Args:
        keys: as a slot leads to them, the newest last.
    """
    *earlier, newest = keys
    if not earlier and not any(folder.glob(f"{REKEYED}*")):
        return newest
    if not opens(folder / DATABASE, newest):
        if opens(folder / REKEYED, newest):
            _remove(
                folder / (DATABASE + ending) for ending in _BESIDE
            )  # the old file had none when the keystore was written
            put_in_place(folder)
        else:
            fitting = next((key for key in reversed(earlier) if opens(folder / DATABASE, key)), None)
            if fitting is None:
                return newest  # the archive does not open at all: whoever mends it may need what lies beside
            newest = fitting
    sweep(folder)
    return newest


def sweep(folder: Path) -> None:
    """Nothing of a change of key lies beside the archive."""
    names = (REKEYED, REKEYED + PART_SUFFIX)
    _remove(folder / (name + ending) for name in names for ending in ("", *_BESIDE))


def _remove(paths: Iterable[Path]) -> None:
    try:
        for path in paths:
            path.unlink(missing_ok=True)
    except OSError as error:
        raise_storage_error(error)
