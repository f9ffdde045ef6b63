"""What people do that writes to the disk, one module each; `WORKFLOWS` is all of it, and a new one is one line here."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tests.powercut.judging import Workflow
from tests.powercut.workflows.backing_up import Backing
from tests.powercut.workflows.copying import Copying
from tests.powercut.workflows.county import CountyEnd
from tests.powercut.workflows.founding import Founding
from tests.powercut.workflows.importing import ImportingSheet
from tests.powercut.workflows.keys import Keys
from tests.powercut.workflows.opening_up import OpeningUp
from tests.powercut.workflows.receiving import TakingIn
from tests.powercut.workflows.rekeying import ChangingTheKey
from tests.powercut.workflows.restoring import Restoring
from tests.powercut.workflows.saving import Saving
from tests.powercut.workflows.syncing import Syncing
from tests.powercut.workflows.typing import Typing
from tests.powercut.workflows.upgrading import Upgrading

WORKFLOWS: Mapping[str, Callable[[], Workflow]] = {
    "save": Saving,
    "typing": Typing,
    "receive": TakingIn,
    "import": ImportingSheet,
    "migration": Upgrading,
    "backup": Backing,
    "restore": Restoring,
    "keys": Keys,
    "rekey": ChangingTheKey,
    "founding": Founding,
    "sync-apply": Syncing,
    "copy": Copying,
    "open copy": OpeningUp,
    "county": CountyEnd,
}
CARELESS: Mapping[str, Callable[[], Workflow]] = {"save, whatever the disk says": lambda: Saving(careless=True)}
"""A program that takes no notice of a refusal: it must be caught too."""
UNSAFE: Mapping[str, Callable[[], Workflow]] = {
    "save with synchronous=NORMAL": lambda: Saving("NORMAL"),
    "save with synchronous=OFF": lambda: Saving("OFF"),
}
"""Settings the product does not use: the simulator must catch each."""
