"""What is measured of sealing, in a process of its own: CPU of all its threads, and the most memory it ever held."""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

from desktop.archive.archive import Archive
from desktop.archive.clock import system_clock
from desktop.services.exporting import Exporting
from sync.contract.kind_files import load_kinds
from sync.vault import lantai_verify
from sync.vault.bag import BagFile
from sync.vault.sealed_copy import write_copy
from sync.vault.signing import SigningKey
from sync.vault.whole_file import blocks_of
from tests.bench.filled_office import KEY

PERSON = "吴审计"


def measured(act: Callable[[], object]) -> None:
    """The act is done, and what it took stands on the last line."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    cpu, wall = time.process_time(), time.perf_counter()
    told = act()
    spent = {"cpu_s": time.process_time() - cpu, "wall_s": time.perf_counter() - wall}
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({**spent, "rss_mib": held, "grown_mib": held - before, "told": told}))


def export(folder: Path, to: Path, reader: str) -> None:
    """The archive in the folder is exported to the reader's key; the signer's key lies beside."""
    archive = Archive.open(folder, KEY)
    service = Exporting(archive, load_kinds(), PERSON, system_clock)
    (to.parent / "office.pub").write_text(service.signature_key(), encoding="ascii")
    measured(lambda: service.export(to, [reader], lambda _: None, lambda: False).path.name)
    archive.close()


def sparse(file: Path, to: Path, reader: str) -> None:
    """One large file of nothing but zeros is sealed."""
    payload = [BagFile("data/files/000/0000001.pdf", file.stat().st_size, blocks_of(file))]
    measured(
        lambda: (
            write_copy(
                to / "sparse.tar.age",
                payload,
                recipients=[reader],
                signer=SigningKey.new(),
                bag_info={},
                progress=lambda *_: None,
                cancelled=lambda: False,
            ).files
        )
    )


def verify(copy: Path, signer: Path, key: Path) -> None:
    """The copy is judged by the verifier; what it finds, and how many records it saw, is told."""

    def judged() -> dict[str, int]:
        bags, findings = lantai_verify.judge([copy], str(signer), lantai_verify.read_identity(key))
        return {"findings": len(findings), "records": sum(len(bag.records) for bag in bags)}

    measured(judged)


def main(act: str, first: str, second: str, third: str) -> None:
    if act == "verify":
        verify(Path(first), Path(second), Path(third))
    else:
        (export if act == "export" else sparse)(Path(first), Path(second), third)


if __name__ == "__main__":
    main(*sys.argv[1:])
