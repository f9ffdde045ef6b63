"""Many tamperings, each judged twice: with the copy alone, and with the checkpoints that the county kept; and verifiers that notice less."""

from __future__ import annotations

import importlib.util
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from sync.vault import lantai_verify
from tests.tampering.kinds import KINDS, Kind, Tampered
from tests.tampering.originals import Originals, make

COPY: Final = "copy.tar.age"
# what a verifier may have forgotten: words of its source, and what stands there instead
BROKEN: Final = {
    "says yes to everything": ("    return bags, findings\n", "    return bags, []\n"),
    "believes any signature": ("        public.verify(blob[10:], digest)\n", ""),
    "believes any comment": ("        public.verify(over_comment, blob[10:] + comment.encode())\n", ""),
    "compares no manifest": ("        bag.check_manifests()\n", ""),
    "computes no revision": ("right = (digest.hexdigest() == revision or ", "right = (True or "),
    "looks for no page": (
        "            for away in sorted(self.named.keys() - here):\n",
        "            for away in ():\n",
    ),
    "computes no root": ("            if not (self.is_chosen() and self.is_whole()):\n", "            if False:\n"),
    "reads no log": ('elif whole == "- to -":', "elif False:"),
    "compares no checkpoint": ("for bag, size in [] if findings else ", "for bag, size in [] if True else "),
    "asks the log for no export": ("if self.log.begun.get(export) != begun", "if False"),
}


@dataclass
class Report:
    """How often each kind was found, without and with checkpoints; what was planted, missed, and found against what is promised."""

    runs: Counter[str] = field(default_factory=Counter)
    alone: Counter[str] = field(default_factory=Counter)
    kept: Counter[str] = field(default_factory=Counter)
    planted: int = 0
    missed: int = 0
    honest_blamed: int = 0

    def lines(self) -> Iterator[str]:
        yield f"{'tampering':58} {'runs':>6} {'alone':>6} {'kept':>6}   as promised"
        for kind in KINDS:
            runs, alone, kept = (counts[kind.name] for counts in (self.runs, self.alone, self.kept))
            right = (alone, kept) == (runs * kind.alone, runs * kind.kept)
            yield f"{kind.name:58} {runs:6} {alone:6} {kept:6}   {'yes' if right else 'NO'}"

    @property
    def as_promised(self) -> bool:
        """Every kind ended as the table of docs/sealed-copy.md says, each time, also those that nobody can find."""
        return not self.honest_blamed and all(
            self.alone[kind.name] == self.runs[kind.name] * kind.alone
            and self.kept[kind.name] == self.runs[kind.name] * kind.kept
            for kind in KINDS
        )


class Campaign:
    """One set of copies in a folder of its own, tampered with again and again."""

    def __init__(self, originals: Originals, folder: Path, verifier: ModuleType = lantai_verify) -> None:
        self._one, self._folder, self._verifier = originals, folder, verifier
        self._signer = originals.office.public.to_minisign()
        self._kept = verifier.read_notes(originals.kept, None)

    def run(self, count: int, seed: int) -> Report:
        """Return what came of so many tamperings, all kinds in turn."""
        report = Report(honest_blamed=sum(self._found((self._one.sealed, self._one.signature))))
        for number in range(count):
            kind = KINDS[number % len(KINDS)]
            self._play(kind, random.Random(f"{seed} {number}"), report)
        return report

    def _play(self, kind: Kind, draw: random.Random, report: Report) -> None:
        tampered = kind.tamper(self._one, draw)
        if tampered == (self._one.sealed, self._one.signature):
            return  # two equal things were exchanged: nothing was done
        alone, kept = self._found(tampered)
        report.runs[kind.name] += 1
        report.alone[kind.name] += alone
        report.kept[kind.name] += kept
        report.planted += kind.alone or kind.kept
        report.missed += (kind.alone and not alone) or (kind.kept and not kept)

    def _found(self, tampered: Tampered) -> tuple[bool, bool]:
        path = self._folder / COPY
        path.write_bytes(tampered[0])
        signature = path.with_name(path.name + ".minisig")
        signature.unlink(missing_ok=True)
        if tampered[1] is not None:
            signature.write_text(tampered[1], encoding="utf-8")
        alone = bool(self._judged(path, None))
        return alone, alone or bool(self._judged(path, self._kept))

    def _judged(self, path: Path, kept: Any) -> list[Any]:
        found: list[Any] = self._verifier.judge([path], self._signer, self._one.reader, kept)[1]
        return found


def broken_verifier(name: str, folder: Path) -> ModuleType:
    """Return the verifier with one thing forgotten."""
    source, (right, wrong) = Path(lantai_verify.__file__).read_text(encoding="utf-8"), BROKEN[name]
    if source.count(right) != 1:
        raise AssertionError(f"nothing to forget: {right}")
    path = folder / "broken_verifier.py"
    path.write_text(source.replace(right, wrong), encoding="utf-8")
    spec = importlib.util.spec_from_file_location("broken_verifier", path)
    if spec is None or spec.loader is None:
        raise AssertionError("a module without a loader")
    made = importlib.util.module_from_spec(spec)
    sys.modules["broken_verifier"] = made  # its dataclasses look for the module they stand in
    spec.loader.exec_module(made)
    return made


def play(count: int, seed: int) -> Report:
    """Return what came of a share of the tamperings, in a process of its own."""
    with tempfile.TemporaryDirectory(prefix="lantai-tampering-") as name:
        return Campaign(make(Path(name) / "made"), Path(name)).run(count, seed)


def hunt(rounds: int, seed: int) -> dict[str, int]:
    """Return how many tamperings each broken verifier missed."""
    with tempfile.TemporaryDirectory(prefix="lantai-tampering-") as name:
        originals = make(Path(name) / "made")
        return {
            broken: Campaign(originals, Path(name), broken_verifier(broken, Path(name)))
            .run(rounds * len(KINDS), seed)
            .missed
            for broken in BROKEN
        }
