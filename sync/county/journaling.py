"""The county's journal on a second disk: written within each act, and replayed after a restore (docs/county.md, section 3)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from cryptography import x509
from sqlalchemy import select, update

from sync.contract.certificates import Holder, Role, check_issued, read_certificate, read_holder
from sync.contract.decisions import DecisionId, SignedDecision
from sync.contract.errors import SealBroken
from sync.contract.revisions import DeviceId
from sync.contract.taking_back import SignedTakeBack, check_take_back
from sync.contract.wire import pack, unpack
from sync.county import registry, tables
from sync.county.book import SqlBook
from sync.county.journal_entries import JournalDevice, JournalEntry, JournalSeat
from sync.county.statements import insert_ignoring
from sync.county.storage import Storage
from sync.county.tables import table
from sync.ledger import Desk, KeptSeat
from sync.ledger.taking_back import take_back
from sync.ledger.witness_taking import WitnessTaker
from sync.vault.journal import Journal, Torn, read_journal

_DEVICE, _CODE = table(tables.Device), table(tables.EnrolmentCode)
_SPEAKER = DeviceId("00000000-0000-7000-8000-000000000000")  # in the log: the journal speaks, no desk


class Journaling:
    """Writes what an act decides, enrols, ends or gives; the act is kept only if the journal has it."""

    def __init__(self, folder: Path, data_key: bytes) -> None:
        self._journal = Journal(folder, data_key)

    def __call__(self, book: SqlBook) -> None:
        """All that the act has for the journal is on its disk. Raises DiskFull, DiskFails: the act is not kept."""
        if book.to_journal:
            self._journal.add([pack(_whole(book, entry)) for entry in book.to_journal])

    def close(self) -> None:
        self._journal.close()


def _whole(book: SqlBook, entry: JournalEntry) -> JournalEntry:
    """Return the entry of a decision with every revision that a county without it may lack."""
    if entry.decision is None:
        return entry
    decision = entry.decision.decision
    history = book.record_files([decision.record_id])[decision.record_id].history
    heads = {one.head for one in history.decisions if one.id != decision.id}
    under = {past for head in heads for past in history.ancestry(head)}
    named = (history.ancestry(decision.revision) | history.ancestry(decision.head)) - under
    sent = book.sent_revisions(named, None)
    ordered = [one for one in history.parents if one in sent]
    return replace(entry, revisions=tuple(sent[one] for one in ordered))


@dataclass(frozen=True, slots=True)
class Replayed:
    """What came back from the journal: how many of each were not known; where it could not be read on."""

    entries: int
    decisions: int
    devices: int
    ended: int
    seats: int
    torn: tuple[Torn, ...]


class Replaying:
    """Brings back into a restored county what its journal holds; what the county knows already changes nothing."""

    def __init__(self, storage: Storage, authority: x509.Certificate, clock: Callable[[], datetime]) -> None:
        self._storage, self._authority, self._clock = storage, authority, clock

    def replay(self, folder: Path, data_key: bytes) -> Replayed:
        """Return what came back; a decision that meets another made since becomes a dispute, as from a desk's witness.

        Raises:
            PlaceUnavailable, SealBroken: see `read_journal`. BadRequest: an entry of a newer program.
        """
        back = self._take_back(folder, data_key)
        counts = {"decisions": 0, "devices": 0, "ended": 0, "seats": 0}
        torn, entries = [], 0
        for found in read_journal(folder, data_key):
            if isinstance(found, Torn):
                torn.append(found)
                continue
            entry = unpack(JournalEntry, found)
            entries += 1
            if entry.taken_back is not None:
                continue
            if entry.decision is not None and entries < back.get(entry.decision.decision.id, 0):
                continue  # nobody was told of it, and whoever made it took it back
            sort, known = self._take(entry)
            counts[sort] += not known
        with self._storage.writing(None) as book:
            book.log("county", "journal.replayed", "", {"entries": entries, **counts})
        return Replayed(entries, **counts, torn=tuple(torn))

    def _take_back(self, folder: Path, data_key: bytes) -> dict[DecisionId, int]:
        """Return at which entry each decision was last taken back; what the county's copy held of them stands no more there."""
        last: dict[DecisionId, int] = {}
        said: list[tuple[int, SignedTakeBack]] = []
        made: dict[DecisionId, int] = {}
        whole = (found for found in read_journal(folder, data_key) if not isinstance(found, Torn))
        for number, found in enumerate(whole, start=1):
            entry = unpack(JournalEntry, found)
            if entry.decision is not None:
                made[entry.decision.decision.id] = number
            if entry.taken_back is not None:
                last |= dict.fromkeys(entry.taken_back.said.decisions, number)
                said.append((number, entry.taken_back))
        for number, signed in said:
            if any(made.get(one, 0) < number for one in signed.said.decisions):
                holder = check_take_back(signed, self._authority)
                with self._storage.writing(signed.said.township) as book:
                    take_back(book, signed, holder.name)
        return last

    def _take(self, entry: JournalEntry) -> tuple[str, bool]:
        """Return what an entry is, and whether it was known."""
        if entry.decision is not None:
            return "decisions", self._take_decision(entry, entry.decision)
        if entry.device is not None:
            return "devices", self._take_device(entry.device)
        if entry.seat is not None:
            return "seats", self._take_seat(entry.seat)
        return "ended", self._take_end(entry)

    def _take_decision(self, entry: JournalEntry, signed: SignedDecision) -> bool:
        decision = signed.decision
        township = decision.township
        with self._storage.writing(township) as book:
            if book.known_decisions([decision.id]):
                return True
            desk = Desk(Holder(_SPEAKER, Role.DESK, "journal", township), self._authority)
            WitnessTaker(book, desk, self._authority).hear(entry.revisions, signed)
            return not book.known_decisions([decision.id])

    def _take_device(self, device: JournalDevice) -> bool:
        holder = check_issued(read_certificate(device.line_certificate), self._authority)
        signer = read_holder(read_certificate(device.signing_certificate))
        if holder != signer or (holder.device, holder.role.value, holder.township) != (
            device.id, device.role, device.township
        ):  # fmt: skip
            raise SealBroken("an enrolment that its certificates do not bear out", device=device.id)
        values = {name: getattr(device, name) for name in _COLUMNS}
        with self._storage.writing(None) as book:
            known = book.connection.execute(select(_DEVICE.c.id).where(_DEVICE.c.id == device.id)).scalar_one_or_none()
            book.connection.execute(insert_ignoring(book.connection, tables.Device), values)
            used = update(_CODE).where(_CODE.c.id == device.code).values(used_by=device.id, secret=b"")
            book.connection.execute(used)
            if known is None:
                book.log(
                    "county", "device.enrolled", device.id, {"role": device.role, "township": device.township or ""}
                )
                if holder.township is not None:
                    registry.name_township(book.connection, holder.township, device.name)
        return known is not None

    def _take_end(self, entry: JournalEntry) -> bool:
        standing = (_DEVICE.c.id == entry.ended) & _DEVICE.c.revoked_at.is_(None)
        with self._storage.writing(None) as book:
            ended = book.connection.execute(update(_DEVICE).where(standing).values(revoked_at=entry.ended_at)).rowcount
            if ended:
                book.log("county", "device.ended", entry.ended, {})
        return not ended

    def _take_seat(self, given: JournalSeat) -> bool:
        with self._storage.writing(given.township) as book:
            seats = book.seats(given.township)
            if any(given.seat == one.seat for one in seats):
                return True
            book.add_seat(given.township, KeptSeat(given.seat, DeviceId(given.device), given.epoch, False))
        return False


_COLUMNS: Sequence[str] = (
    "id", "role", "name", "township", "line_certificate", "signing_certificate", "enrolled_at"
)  # fmt: skip
