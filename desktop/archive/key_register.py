"""What the archive knows of its own keys (钥匙登记): which keystore it last met, which data keys it had, who opened it when.

A keystore older than the one it last met would let removed people in again: whoever opens the archive compares. Former data keys
stand here, under today's, so that backups of their time can still be checked.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy.engine import Connection

from desktop.archive import settings
from desktop.archive.archive import Act, Archive
from desktop.archive.manifests import Manifest

_GENERATION: Final = "keys.generation"
_FORMER: Final = "keys.former"
_OPENED: Final = "keys.opened"
_IDLE: Final = "lock.idle_minutes"
IDLE_MINUTES: Final = 10


def generation(connection: Connection) -> int:
    """Return the generation of the newest keystore this archive was opened or changed with; 0 before the first."""
    return int(settings.get(connection, _GENERATION, "0"))


def met(act: Act, keystore_generation: int) -> None:
    """The archive has met a keystore of this generation; older ones are refused from now on."""
    settings.put(act.connection, _GENERATION, str(keystore_generation))


def former(connection: Connection) -> list[bytes]:
    """Return the data keys the archive had before today's, the latest first."""
    kept = settings.get_table(connection, _FORMER)
    return [bytes.fromhex(kept[number]) for number in sorted(kept, key=int, reverse=True)]


def keep_former(act: Act, data_key: bytes) -> None:
    """The data key that is given up stands among the former ones."""
    kept = settings.get_table(act.connection, _FORMER)
    settings.put_table(act.connection, _FORMER, {**kept, str(len(kept) + 1): data_key.hex()})


def key_for(archive: Archive, manifest: Manifest) -> bytes:
    """Return the data key a backup was made under: today's, or the former one that sealed its manifest."""
    with archive.reading() as connection:
        known = [archive.data_key, *former(connection)]
    return next((key for key in known if manifest.is_sealed_by(key)), archive.data_key)


def opened(act: Act, name: str) -> None:
    """This person opened the archive just now."""
    settings.put_table(act.connection, _OPENED, {**settings.get_table(act.connection, _OPENED), name: act.moment})


def last_opened(connection: Connection) -> dict[str, str]:
    """Return who opened the archive last when, by name."""
    return settings.get_table(connection, _OPENED)


def forget_opened(act: Act, name: str) -> None:
    """Somebody who was removed stands no longer among those who opened it; the log keeps it."""
    kept = settings.get_table(act.connection, _OPENED)
    kept.pop(name, None)
    settings.put_table(act.connection, _OPENED, kept)


def idle_minutes(connection: Connection) -> int:
    """Return after how many minutes without a key the desk locks itself."""
    return int(settings.get(connection, _IDLE, str(IDLE_MINUTES)))


def set_idle_minutes(act: Act, minutes: int) -> None:
    """The desk locks itself after so many minutes without a key."""
    settings.put(act.connection, _IDLE, str(minutes))
