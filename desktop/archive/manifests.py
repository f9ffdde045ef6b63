"""What a generation says of itself (备份清单): sizes, hashes, counts, where the log stood. The form: docs/backup.md, section 2."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, Self

from sync.contract.errors import ArchiveTooNew, SealBroken
from sync.vault.keystore_file import canonical_json

FORMAT: Final = "lantai-backup"
VERSION: Final = 1
_SEAL_KEY: Final = b"lantai-backup-seal-v1"


@dataclass(frozen=True, slots=True)
class Piece:
    """Size and SHA-256 of a file as it lies at the place."""

    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class PoolFile:
    """One line of a generation's list."""

    file_id: str
    size_bytes: int
    sha256: str  # of the sealed bytes

    def line(self) -> str:
        return f"{self.file_id} {self.size_bytes} {self.sha256}\n"


@dataclass(frozen=True, slots=True)
class AuditHead:
    """Where the audit log stood."""

    size: int
    chain: str
    root: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a generation says of itself."""

    archive: str
    office: str
    number: int
    made_at: str
    program: str
    database: Piece
    keystore: Piece
    files: Piece  # the list: its own SHA-256, but the size of all the files on it
    count: int
    lost: tuple[str, ...]
    rows: Mapping[str, int]
    audit: AuditHead
    seal: bytes = b""

    def sealed_by(self, data_key: bytes) -> bytes:
        """Return the seal that only a holder of the data key can write."""
        key = hmac.digest(data_key, _SEAL_KEY, "sha256")
        return hmac.digest(key, canonical_json(self._said()), "sha256")

    def is_sealed_by(self, data_key: bytes) -> bool:
        return hmac.compare_digest(self.seal, self.sealed_by(data_key))

    def _said(self) -> dict[str, object]:
        said: dict[str, object] = {key: value for key, value in asdict(self).items() if key not in {"seal", "count"}}
        files = {"count": self.count, **asdict(self.files)}
        return {"format": FORMAT, "version": VERSION, **said, "files": files, "lost": list(self.lost)}

    def to_bytes(self) -> bytes:
        said = self._said()
        said["sha256"] = hashlib.sha256(canonical_json(said)).hexdigest()
        said["seal"] = base64.b64encode(self.seal).decode()
        return json.dumps(said, ensure_ascii=False, indent=1).encode()

    @classmethod
    def from_bytes(cls, found: bytes) -> Self:
        """Raises SealBroken if this is not a whole manifest, ArchiveTooNew if a newer program wrote it."""
        try:
            said: dict[str, Any] = json.loads(found)
            if said.pop("format") != FORMAT:
                raise SealBroken("manifest")
            if int(version := said.pop("version")) > VERSION:
                raise ArchiveTooNew("backup", version=version, known=VERSION)
            seal, sha256 = base64.b64decode(said.pop("seal"), validate=True), said.pop("sha256")
            said["count"] = int(said["files"].pop("count"))
            said |= {key: Piece(**said[key]) for key in ("database", "keystore", "files")}
            said |= {"audit": AuditHead(**said["audit"]), "lost": tuple(said["lost"]), "seal": seal}
            made = cls(**said)
            # to the byte: a flipped bit between two words says nothing else, and is rot all the same
            if hashlib.sha256(canonical_json(made._said())).hexdigest() != sha256 or made.to_bytes() != found:
                raise SealBroken("manifest")
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise SealBroken("manifest") from error
        return made
