"""The first opening after a restore (恢复之后): what was restored is proved, and does not do again what the world may know of.

Between the two steps a plug may be pulled: each can be done again.
"""

from __future__ import annotations

import base64
import hmac
import json
import os
from pathlib import Path
from typing import Any, Final

from desktop.archive import batches, numbering, settings
from desktop.archive.archive import Act, Archive
from desktop.archive.backup_check import sealed_flaws
from desktop.archive.generations import DATABASE
from desktop.archive.manifests import Manifest
from sync.contract.errors import BackupBroken, SealBroken
from sync.vault.engine import raise_storage_error
from sync.vault.whole_file import flush_folder, replace_whole

NOTE: Final = "restored.json"
FORMAT: Final = "lantai-restored"
DONE: Final = "restored.last"
_PROOF_KEY: Final = b"lantai-restored-v1"


def begin_again(act: Act) -> None:
    """No number and no batch sequence from before the loss is used again; the gap has its reason on file."""
    numbering.begin_anew(act)
    if settings.get(act.connection, "line.epoch"):
        settings.put(act.connection, batches.ASKS_FIRST, "1")


def awaits_proof(folder: Path) -> bool:
    """Whether the archive in the folder was restored and not opened since."""
    return (folder / NOTE).exists()


def prove(folder: Path, data_key: bytes) -> None:
    """What was restored is what somebody with the key sealed; the note says so from now on, and a second call does nothing.

    Raises:
        BackupBroken: it is not (`flaw`); the archive is not to be opened.
    """
    said = _read_note(folder)
    if hmac.compare_digest(str(said["proof"]), _proof(said, data_key)):
        return
    manifest = Manifest.from_bytes(base64.b64decode(said["manifest"]))
    flaw = next(sealed_flaws(folder / DATABASE, manifest, data_key), None)
    if flaw is not None:
        raise BackupBroken("not what was backed up", flaw=flaw.value)
    replace_whole(folder / NOTE, json.dumps({**said, "proof": _proof(said, data_key)}, indent=1).encode())


def settle(archive: Archive, act: Act) -> None:
    """The archive knows, in this act, that it was restored, and does not do again what the world may know of.

    Call `forget` once the act is kept.
    """
    said = _read_note(archive.folder)
    if settings.get(act.connection, DONE) == said["id"]:
        return
    manifest = Manifest.from_bytes(base64.b64decode(said["manifest"]))
    settings.put(act.connection, DONE, said["id"])
    act.note(
        "archive-restored", said["generation"], place=said["place"], audit_size=manifest.audit.size,
        audit_chain=manifest.audit.chain, lost=len(said["lost"]),
    )  # fmt: skip
    begin_again(act)


def forget(folder: Path) -> None:
    """The note of the restore is gone: everything is settled."""
    try:
        os.unlink(folder / NOTE)
    except OSError as error:
        raise_storage_error(error)
    flush_folder(folder)


def _read_note(folder: Path) -> dict[str, Any]:
    try:
        said: dict[str, Any] = json.loads(_read(folder / NOTE))
        if said["format"] != FORMAT:
            raise SealBroken("note of the restore")
    except (ValueError, KeyError, TypeError) as error:
        raise SealBroken("note of the restore") from error
    return said


def _read(note: Path) -> bytes:
    try:
        return note.read_bytes()
    except OSError as error:
        raise_storage_error(error)


def _proof(said: dict[str, Any], data_key: bytes) -> str:
    key = hmac.digest(data_key, _PROOF_KEY, "sha256")
    return hmac.digest(key, f"{said['id']} {said['manifest']}".encode(), "sha256").hex()
