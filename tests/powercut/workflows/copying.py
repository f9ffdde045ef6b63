"""Sealed copies (密封副本): a reader's key is made, and the auditor's copy is sealed to it and signed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from desktop.archive.archive import Archive
from desktop.services.exporting import KEYS_FOLDER, Exporting
from sync.vault.copy_check import verify_copy
from tests.desktop.services.office import NOON, begin_office
from tests.powercut.judging import KINDS, OFFICE, Fault, Mark, Sort, Tell, acts, archive_faults, goes_on, opened

STICK = "stick"


class Copying:
    """Two records with their pages are copied onto a stick."""

    name = "copy"
    share = 2

    def __init__(self) -> None:
        self._verdicts: dict[int, int] = {}

    def prepare(self, folder: Path) -> None:
        office = begin_office(folder / OFFICE)
        for number in range(2):
            office.file_marriage(data=b"%PDF-" + bytes([number]) * 30_000, cert_no=f"J339921-2016-{number:06}")
        office.archive.close()
        (folder / STICK).mkdir()

    def run(self, folder: Path, tell: Tell) -> None:
        with opened(folder / OFFICE) as archive:
            exporting = _exporting(archive)
            reader = exporting.make_recipient()
            tell("key made", name=reader.key_file.name, public=reader.public_key)
            made = exporting.export(folder / STICK, [reader.public_key], lambda _: None, lambda: False)
            tell("copied", name=made.path.name)

    def judge(self, folder: Path, told: Sequence[Mark]) -> Iterator[Fault]:
        keys: list[str] = []
        for mark in acts(told, "key made"):
            file = folder / KEYS_FOLDER / str(mark["name"])
            said = file.read_text(encoding="ascii", errors="replace") if file.is_file() else ""
            if not said.startswith(f"# public key: {mark['public']}\n") or not said.endswith("\n"):
                yield Fault(Sort.LOST, "the key that opens the copy")
                return
            keys.append(said)
        copies = {one.name: one for one in (folder / STICK).glob("*.tar.age")}
        for mark in acts(told, "copied"):
            if mark["name"] not in copies:
                yield Fault(Sort.LOST, "the copy")
        with opened(folder / OFFICE) as archive:
            yield from archive_faults(archive)
            public = _exporting(archive).signature_key()
            goes_on(archive)
        for copy in copies.values():
            found = self._found(copy, public, keys[0])
            if found:
                yield Fault(Sort.CORRUPT, f"a copy under its final name with {found} findings")

    def _found(self, copy: Path, public: str, identity: str) -> int:
        signature = copy.with_name(copy.name + ".minisig")
        key = hash((copy.read_bytes(), signature.read_bytes() if signature.exists() else b"", public))
        if key not in self._verdicts:
            self._verdicts[key] = len(verify_copy(copy, public_key=public, identity=identity).findings)
        return self._verdicts[key]


def _exporting(archive: Archive) -> Exporting:
    return Exporting(archive, KINDS, "吴审计", lambda: NOON)
