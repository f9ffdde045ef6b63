"""Keys (钥匙库): passwords are changed, people added and removed, a recovery code printed, wrong passwords counted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from sync.contract.errors import WrongPassword
from sync.vault.keystore_file import COPY_NAME, FILE_NAME
from sync.vault.slots import Keystore, Role
from tests.desktop.services.office import NOON
from tests.powercut.judging import CLERK, KEY, OFFICE, Fault, Mark, Sort, Tell, acts

OLD, NEW = "从前用的那一个旧口令不用了", "从今以后每天都用这个新口令"
HELPER, HELPER_SECRET = "周敏", "审核员一件一件认真看过了"


class Keys:
    """Four changes of the keystore."""

    name = "keys"
    share = 1

    def __init__(self) -> None:
        self._opens: dict[tuple[bytes, bytes, bool], frozenset[str]] = {}  # what opens two copies like these

    def prepare(self, folder: Path) -> None:
        (folder / OFFICE).mkdir()
        keystore = Keystore.create(folder / OFFICE, KEY)
        keystore.add(KEY, CLERK, Role.CLERK, OLD)
        keystore.add(KEY, "吴审计", Role.AUDITOR, HELPER_SECRET)

    def run(self, folder: Path, tell: Tell) -> None:
        keystore = Keystore.open(folder / OFFICE)
        keystore.change_password(CLERK, OLD, NEW, NOON)
        tell("changed")
        keystore.add(KEY, HELPER, Role.REVIEWER, HELPER_SECRET)
        tell("added")
        tell("printed", code=keystore.make_recovery(KEY))
        try:
            keystore.unlock(CLERK, OLD, NOON)
        except WrongPassword:
            tell("counted")
        keystore.remove(KEY, "吴审计")
        tell("removed")

    def judge(self, folder: Path, told: Sequence[Mark]) -> Iterator[Fault]:
        office = folder / OFFICE
        copies = tuple((office / name).read_bytes() for name in (FILE_NAME, COPY_NAME))
        keystore = Keystore.open(office)
        if (office / FILE_NAME).read_bytes() != (office / COPY_NAME).read_bytes():
            yield Fault(Sort.HALF, "two copies that differ")
        names = {one.name for one in keystore.people()}
        if acts(told, "added") and HELPER not in names:
            yield Fault(Sort.LOST, "a person")
        if acts(told, "removed") and "吴审计" in names:
            yield Fault(Sort.LOST, "the removal of a person")
        key = (copies[0], copies[1], bool(acts(told, "printed")))
        if key not in self._opens:
            self._opens[key] = frozenset(_openers(office, told))
        opens = self._opens[key]
        if acts(told, "changed") and opens & {"old", "new"} != {"new"}:
            yield Fault(Sort.LOST, "the new password")
        if not opens & {"old", "new"} or len(opens & {"old", "new"}) == 2:
            yield Fault(Sort.HALF, f"what opens the clerk's slot: {sorted(opens)}")
        if acts(told, "printed") and "code" not in opens:
            yield Fault(Sort.LOST, "the recovery code")


def _openers(office: Path, told: Sequence[Mark]) -> Iterator[str]:
    for what, secret in (("old", OLD), ("new", NEW)):
        try:
            if Keystore.open(office).unlock(CLERK, secret, NOON)[1] == KEY:
                yield what
        except WrongPassword:
            continue
    for mark in acts(told, "printed"):
        if Keystore.open(office).recover(str(mark["code"])) == KEY:
            yield "code"
