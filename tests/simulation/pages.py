"""The county's attachments without a disk: range by range, held for the township that sent them, as sync.county.attachments does it."""

from __future__ import annotations

from hashlib import sha256 as hash_sha256
from typing import Protocol

from sync.contract.errors import BadRequest, LantaiError, SealBroken
from sync.contract.messages import Hashes, Trouble
from sync.contract.revisions import TownshipId
from sync.contract.wire import pack, unpack
from sync.ledger import Desk
from sync.ledger.county_rules import CountyRules
from tests.simulation.weather import FailingStore

Answer = tuple[int, dict[str, str], bytes]


class CountyPages(Protocol):
    """What the county's calls need of its attachments."""

    def progress(self, township: TownshipId, sha256: str) -> tuple[int, bool]: ...

    def is_named(self, township: TownshipId, sha256: str) -> bool: ...

    def take(
        self, township: TownshipId, sha256: str, start: int, total: int, content: bytes, who: str
    ) -> tuple[int, bool]: ...


class MemoryPages:
    """Attachments in a book in memory; `store` may lose power within an act."""

    def __init__(self, store: FailingStore) -> None:
        self._store = store

    def progress(self, township: TownshipId, sha256: str) -> tuple[int, bool]:
        book = self._store.book
        whole = book.contents.get((township, sha256))
        return (len(whole), True) if whole is not None else (len(book.pieces.get((township, sha256), b"")), False)

    def is_named(self, township: TownshipId, sha256: str) -> bool:
        rows = self._store.book.revisions.values()
        return any(row.township == township and sha256 in row.kept.attachments for row in rows)

    def take(
        self, township: TownshipId, sha256: str, start: int, total: int, content: bytes, who: str
    ) -> tuple[int, bool]:
        arrived, whole = self.progress(township, sha256)
        if whole or not self.follows(start, arrived) or (not content and total):
            return arrived, whole
        key = township, sha256
        with self._store.writing(township):
            book = self._store.writes
            so_far = book.pieces.pop(key, b"") + content
            right = self.is_right(sha256, so_far)
            if len(so_far) < total:
                book.pieces[key] = so_far
            elif right:
                book.contents[key] = so_far
                book.add_attachment(township, sha256, len(so_far))
                book.log(who, "attachment.received", sha256, {"size_bytes": len(so_far)})
        if len(so_far) >= total and not right:
            raise SealBroken("attachment is not what its name says", sha256=sha256)
        return len(so_far), len(so_far) >= total

    def follows(self, start: int, arrived: int) -> bool:
        """True of a range that begins where what arrived ends."""
        return start == arrived

    def is_right(self, sha256: str, content: bytes) -> bool:
        """True of the bytes that the name says."""
        return hash_sha256(content).hexdigest() == sha256


def deliver_page(
    rules: CountyRules, pages: CountyPages, desk: Desk, method: str, path: str, headers: dict[str, str], content: bytes
) -> Answer:
    """Return what the county answers to a call about attachments."""
    try:
        if path == "/v1/blobs/missing":
            asked = [name.hex() for name in unpack(Hashes, content).hashes]
            missing = rules.missing_attachments(desk.township, asked)
            return 200, {}, pack(Hashes(tuple(bytes.fromhex(name) for name in missing)))
        sha256 = path.rpartition("/")[2]
        if method == "HEAD":
            arrived, whole = pages.progress(desk.township, sha256)
        else:
            if not pages.is_named(desk.township, sha256):
                raise BadRequest("no record names this attachment", sha256=sha256)
            start, total = int(headers["upload-offset"]), int(headers["upload-length"])
            arrived, whole = pages.take(desk.township, sha256, start, total, content, desk.holder.device)
        return 200, {"upload-offset": str(arrived), "upload-complete": "1" if whole else "0"}, b""
    except LantaiError as error:
        return 400, {}, pack(Trouble(error.code, str(error.args[0])))
