"""The copies that are tampered with: a small office, exported twice, and what its county kept of the log."""

from __future__ import annotations

import io
import json
import random
import tarfile
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pyrage

from desktop.services.exporting import Exporting
from desktop.services.filing import file_new
from desktop.services.signers import signing_key
from sync.vault import audit
from sync.vault.checkpoints import Checkpoint, sign_note
from sync.vault.signing import SigningKey
from tests.bench.filled_office import invented_marriage
from tests.desktop.services.office import begin_office

AUDITOR = "吴审计"
Members = list[tuple[str, bytes]]  # the files inside, by their names in the bag, in their order


@dataclass(frozen=True)
class Originals:
    """What everybody starts from."""

    name: str  # of the newer copy's folder
    sealed: bytes  # the newer copy, as it lies on the stick
    signature: str
    older: tuple[bytes, str]  # a copy made before, and its signature
    members: Members
    office: SigningKey  # the signing key of the one who exported
    reader: pyrage.x25519.Identity
    kept: str  # what the county kept of the log: up to before the last filings, and at the newer export
    early: str  # the first of these alone


def open_tar(plain: bytes) -> tuple[str, Members]:
    """Return the folder and the files of a tar."""
    with tarfile.open(fileobj=io.BytesIO(plain)) as tar:
        found = [(one.name, tar.extractfile(one).read()) for one in tar]
    return found[0][0].partition("/")[0], [(name.partition("/")[2], content) for name, content in found]


def make(folder: Path) -> Originals:
    """Seven records filed singly and four in bulk; a copy after the first five and the bulk, and one at the end."""
    office = begin_office(folder / "office")
    exporting = Exporting(office.archive, office.kinds, AUDITOR, office.clock)
    reader = exporting.make_recipient()
    secret = pyrage.x25519.Identity.from_str(reader.key_file.read_text(encoding="ascii").splitlines()[-1])

    def file(number: int) -> None:
        year = 2014 + number % 3
        data = b"%PDF-1.4 page " + bytes([number]) * (200 + number)
        office.file_marriage(data=data, cert_no=f"J339921-{year}-{number:06d}", reg_date=f"{year}-05-0{number + 1}")
        office.clock.forward(timedelta(minutes=7))

    def export(to: str) -> tuple[bytes, str]:
        (folder / to).mkdir()
        made = exporting.export(folder / to, [reader.public_key], lambda _: None, lambda: False).copies[0]
        office.clock.forward(timedelta(minutes=7))
        return made.path.read_bytes(), made.signature_path.read_text(encoding="utf-8")

    def checkpoint() -> str:
        with office.archive.reading() as connection:
            head = audit.head(connection)
        return sign_note(Checkpoint("lantai/339921102/desk", head.size, head.root, head.chain), SigningKey(bytes(32)))

    for number in range(5):
        file(number)
    with office.archive.act("test", office.clock()) as act:
        draw = random.Random(3)
        file_new(
            act, office.kinds["marriage"], [invented_marriage(office.kinds["marriage"], draw) for _ in range(4)], "bulk"
        )
    older = export("older")
    early = checkpoint()
    for number in (5, 6):
        file(number)
    sealed, signature = export("newer")
    key = signing_key(office.archive, f"signing.{AUDITOR}", AUDITOR, office.clock)
    root, members = open_tar(pyrage.decrypt(sealed, [secret]))
    note = json.loads(dict(members)["data/proof.json"])["checkpoint"]  # the county hears of the log at an export
    office.archive.close()
    return Originals(root, sealed, signature, older, members, key, secret, early + note, early)
