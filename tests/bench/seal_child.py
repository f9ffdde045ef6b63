"""An export, or the verifier on a copy, measured in a process of its own."""

from __future__ import annotations

import sys
from pathlib import Path

import pyrage

from desktop.archive.archive import Archive
from desktop.archive.clock import system_clock
from desktop.services.exporting import Exporting
from sync.contract.kind_files import load_kinds
from sync.vault import lantai_verify
from tests.bench.filled_office import KEY
from tests.bench.sealed_sparse import measured

PERSON = "吴审计"


def export(folder: Path, to: Path, reader: str) -> None:
    """The archive in the folder is exported to the reader's key; the signer's key lies beside."""
    archive = Archive.open(folder, KEY)
    service = Exporting(archive, load_kinds(), PERSON, system_clock)
    (to.parent / "office.pub").write_text(service.signature_key(), encoding="ascii")
    measured(lambda: service.export(to, [reader], lambda _: None, lambda: False).path.name)
    archive.close()


def verify(copy: Path, signer: Path, key: Path) -> None:
    """The copy is judged by the verifier; what it finds, and how many records it saw, is told."""

    def judged() -> dict[str, int]:
        secret = key.read_text(encoding="ascii").splitlines()[-1]
        bags, findings = lantai_verify.judge([copy], str(signer), pyrage.x25519.Identity.from_str(secret))
        return {"findings": len(findings), "records": sum(len(bag.records) for bag in bags)}

    measured(judged)


def main(act: str, first: str, second: str, third: str) -> None:
    if act == "verify":
        verify(Path(first), Path(second), Path(third))
    else:
        export(Path(first), Path(second), third)


if __name__ == "__main__":
    main(*sys.argv[1:])
