"""What officers rule (负责人签批): taken under their signature, kept with it in the county's log, and checked again from there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509

from sync.contract.errors import BadRequest, HeadMoved, NotAllowed, SealBroken
from sync.contract.revisions import DeviceId, TownshipId
from sync.contract.rulings import Ruling, RulingKind, SignedRuling, check_ruling
from sync.county.collisions import again
from sync.county.log_keeping import LogKeeping
from sync.county.storage import Storage
from sync.ledger import witness_taking
from sync.ledger.county_book import LogDetail
from sync.vault import audit
from sync.vault.audit import Event

PIECE = 128
ACTS = {RulingKind.WAIVED: "witness.waived", RulingKind.LOG_BEGUN_AGAIN: "log.begun-again"}


@dataclass(frozen=True, slots=True)
class KeptRuling:
    """A ruling in the log: who is named, on what, why; `verdict` is `signed`, `unsigned` (the keeper's own command) or `false`."""

    at: datetime
    kind: RulingKind
    who: str
    subject: str
    why: str
    verdict: str


class Rulings:
    """Takes rulings, and reads back which were made."""

    def __init__(self, storage: Storage, logs: LogKeeping, authority: x509.Certificate) -> None:
        self._storage, self._logs, self._authority = storage, logs, authority

    @again
    def waive(self, signed: SignedRuling) -> tuple[DeviceId, ...]:
        """The desks that the ruling names are waited for no more; returns which.

        Raises:
            NotAllowed: no officer's. SealBroken: not signed so. HeadMoved: others are waited for now.
        """
        ruling, officer = signed.ruling, self._check(signed, RulingKind.WAIVED)
        township = TownshipId(ruling.subject)
        with self._storage.writing(township) as book:
            if (book.epoch(), witness_taking.awaited(book, township)) != (ruling.epoch, ruling.about):
                raise HeadMoved("others are waited for now", township=township)
            return witness_taking.waive(book, township, officer, ruling.why, _proof(signed))

    def begin_log_again(self, signed: SignedRuling) -> None:
        """The desk's log is seen from its beginning next time.

        Raises:
            NotAllowed, SealBroken: as above. HeadMoved: it is in doubt for another reason now, or for none.
        """
        ruling, officer = signed.ruling, self._check(signed, RulingKind.LOG_BEGUN_AGAIN)
        with self._storage.reading() as book:
            epoch = book.epoch()
        found = [one for one in self._logs.doubtful() if one.device == ruling.subject]
        if epoch != ruling.epoch or [one.about for one in found] != [ruling.about]:
            raise HeadMoved("not what was ruled on", device=ruling.subject)
        self._logs.begin_again(DeviceId(ruling.subject), officer, ruling.why, _proof(signed))

    def kept(self) -> Iterator[KeptRuling]:
        """Yield every ruling in the log, oldest first of each kind, its signature checked anew."""
        with self._storage.keeping() as connection:
            for kind, act in ACTS.items():
                for event in audit.of_act(connection, act):
                    yield KeptRuling(
                        event.at, kind, event.who, event.subject, str(event.details["why"]), self._judge(kind, event)
                    )

    def _check(self, signed: SignedRuling, kind: RulingKind) -> str:
        if signed.ruling.kind is not kind:
            raise BadRequest("another kind of ruling", kind=signed.ruling.kind.value)
        return check_ruling(signed, self._authority).name

    def _judge(self, kind: RulingKind, event: Event) -> str:
        said = event.details
        if "signature" not in said:
            return "unsigned"
        ruling = Ruling(kind, str(said["epoch"]), event.subject, _texts(said["about"]), str(said["why"]))
        signer, signature = bytes.fromhex("".join(_texts(said["signer"]))), bytes.fromhex(str(said["signature"]))
        try:
            holder = check_ruling(SignedRuling(ruling, signer, str(said["signed_at"]), signature), self._authority)
        except (SealBroken, NotAllowed, BadRequest):
            return "false"
        return "signed" if holder.name == event.who else "false"


def _proof(signed: SignedRuling) -> dict[str, LogDetail]:
    """Return what the log keeps of a ruling, so that it can be checked from the log alone; the certificate in pieces that fit."""
    ruling, signer = signed.ruling, signed.signer.hex()
    pieces = tuple(signer[start : start + PIECE] for start in range(0, len(signer), PIECE))
    said: dict[str, LogDetail] = {"epoch": ruling.epoch, "about": ruling.about, "signed_at": signed.at}
    return {**said, "signer": pieces, "signature": signed.signature.hex()}


def _texts(said: object) -> tuple[str, ...]:
    return tuple(str(one) for one in said) if isinstance(said, list) else ()
