"""Hostile files through the real importers of a real desk; each ends taken in or refused with a sentence, or it is a crash."""

from __future__ import annotations

import hashlib
import shutil
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Final

import pyrage

from desktop.archive import attachments
from desktop.archive.inbox import ItemState
from desktop.documents.pages import PageReader
from desktop.documents.sheets import SheetReader
from desktop.services import open_copies
from desktop.services.receiving import Receiving
from desktop.ui.words import Words
from sync.contract.errors import LantaiError
from sync.contract.messages import SyncReply, SyncRequest
from sync.contract.wire import unpack
from sync.vault.copy_check import verify_copy
from sync.vault.keystore_file import COPY_NAME, FILE_NAME, read_keystore
from sync.vault.packets import Packet
from sync.vault.sealed_copy import new_identity
from sync.vault.signing import SIGNATURE_SUFFIX, SigningKey, new_digest, sign_detached
from tests.desktop.services.office import SmallOffice, begin_office

SIGNER: Final = SigningKey(bytes(range(32)))
SECRET, PUBLIC = new_identity()
ROWS_MOST: Final = 5_000
LIMIT_SECONDS: Final = 4.0
GRACE_SECONDS: Final = 6.0  # to end a child and begin another, on a machine that is busy


@dataclass(frozen=True, slots=True)
class Hostile:
    """A file and the way it comes in: scan, table, copy (the tar inside a sealed one), age, open_copy, packet, keystore, message."""

    way: str
    name: str
    content: bytes


@dataclass
class Told:
    """What became of the files."""

    outcomes: Counter[str] = field(default_factory=Counter)
    crashes: list[str] = field(default_factory=list)
    slowest_s: float = 0.0
    over_limit: list[str] = field(default_factory=list)


class Importers:
    """A desk's importers over one archive; files are handed in one after the other."""

    def __init__(self, folder: Path, limit_seconds: float = LIMIT_SECONDS) -> None:
        self.folder, self._limit_seconds = folder, limit_seconds
        self.office: SmallOffice = begin_office(folder / "office")
        self.pages = PageReader(limit_seconds=limit_seconds)
        self.sheets = SheetReader(limit_seconds=limit_seconds)
        self.scans = folder / "scans"
        self.receiving = Receiving(
            self.office.archive, self.pages, self.scans, self.office.person, self.office.clock, 0.0
        )
        self.told = Told()
        self._words = Words("zh")
        self._ways: dict[str, Callable[[Hostile], str]] = {
            "scan": self._scan, "table": self._table, "copy": self._copy, "age": self._age, "open_copy": self._open_copy,
            "packet": self._packet, "keystore": self._keystore, "message": self._message,
        }  # fmt: skip

    def take(self, one: Hostile) -> str:
        """The file went its way; what became of it is returned, and told."""
        began = time.monotonic()
        try:
            came = self._ways[one.way](one)
        except LantaiError as refused:
            said = self._words.of_error(refused)
            came = f"refused:{refused.code}" if said.what else "crash: refused without a sentence"
        except Exception as error:  # noqa: BLE001  # whatever comes that no page expects, is what this looks for
            came = f"crash: {type(error).__name__}: {error}"
        if came.startswith("crash"):
            self.told.crashes.append(f"{one.way} {one.name}: {came}")
        taken_s = time.monotonic() - began
        self.told.slowest_s = max(self.told.slowest_s, taken_s)
        if taken_s > self._asked_at_most() * (self._limit_seconds + GRACE_SECONDS):
            self.told.over_limit.append(f"{one.way} {one.name}: {taken_s:.1f} s")
        self.told.outcomes[f"{one.way} {came.split(':')[0]}"] += 1
        return came

    def _asked_at_most(self) -> int:
        return 4  # questions of one file, each with its own limit: three looks, or a look, a picture, a text

    def close(self) -> None:
        """No child is left."""
        for one in (self.receiving, self.pages, self.sheets, self.office.archive):
            one.close()

    def _scan(self, one: Hostile) -> str:
        place = self.scans / one.name
        place.write_bytes(one.content)
        for _ in range(8):
            self.office.clock.forward(timedelta(seconds=5))
            self.receiving.sweep()
            if not place.exists():
                break
        else:
            place.unlink()
            return "crash: stays in the folder"
        with self.office.archive.reading() as connection:
            known = attachments.find(connection, hashlib.sha256(one.content).hexdigest())
        if known is None:
            aside = self.receiving.items(ItemState.ASIDE)[-1]
            return f"aside:{aside.reason}" if self._words.find(f"aside.{aside.reason}") else "crash: no words for it"
        for page in {0, max(0, known.pages - 1)}:
            self.pages.picture(one.content, page)
            self.pages.text(one.content, page)
        return "taken"

    def _table(self, one: Hostile) -> str:
        file = self.sheets.open(one.content)
        for number in range(min(3, len(file.sheets))):
            for count, _row in enumerate(self.sheets.every(file, number)):
                if count >= ROWS_MOST:
                    break
        return "taken"

    def _copy(self, one: Hostile) -> str:
        return self._age(
            Hostile("age", one.name, pyrage.encrypt(one.content, [pyrage.x25519.Recipient.from_str(PUBLIC)]))
        )

    def _age(self, one: Hostile) -> str:
        """The copy is signed by a key that is trusted: an insider, or a stolen key."""
        path = self.folder / "lantai-copy.tar.age"
        path.write_bytes(one.content)
        digest = new_digest()
        digest.update(one.content)
        signature = sign_detached(SIGNER, digest, "a copy")
        path.with_name(path.name + SIGNATURE_SUFFIX).write_text(signature, encoding="utf-8")
        verdict = verify_copy(path, public_key=SIGNER.public.to_minisign(), identity=SECRET)
        return "taken" if verdict.ok else "refused:findings"

    def _open_copy(self, one: Hostile) -> str:
        source = self.folder / "open"
        (source / "data").mkdir(parents=True)
        try:
            (source / "manifest-sha256.txt").write_bytes(one.content)
            (source / "bag-info.txt").write_text(f"Lantai-Layout: {open_copies.LAYOUT}\n", encoding="utf-8")
            open_copies.reimport(
                source, self.folder / "new", "陈晓兰", "这一句口令只在测试里用一用", self.office.kinds, lambda _: None
            )
            return "crash: an archive was made of nothing"
        finally:
            shutil.rmtree(source)

    def _packet(self, one: Hostile) -> str:
        place = self.folder / "UP-00000000-1.LTP"
        place.write_bytes(one.content)
        Packet.look(place)
        return "taken"

    def _keystore(self, one: Hostile) -> str:
        folder = self.folder / "keystore"
        folder.mkdir(exist_ok=True)
        for name in (FILE_NAME, COPY_NAME):
            (folder / name).write_bytes(one.content)
        read_keystore(folder)
        return "taken"

    def _message(self, one: Hostile) -> str:
        for kind in (SyncReply, SyncRequest):
            try:
                unpack(kind, one.content)
            except LantaiError as refused:
                last = refused
            else:
                return "taken"
        raise last
