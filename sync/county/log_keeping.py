"""The county as witness of its desks' audit logs (日志见证), and its own head of the day for them; docs/audit.md, section 3."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, insert, select, update

from sync.contract.certificates import read_certificate
from sync.contract.enrolment import pin_of
from sync.contract.errors import BadRequest, SealBroken, Unavailable
from sync.contract.log_heads import REFUSED, LogFlaw, LogHead, LogSaid, LogTold
from sync.contract.revisions import DeviceId
from sync.contract.rulings import DoubtfulLog, check_reason
from sync.county import tables
from sync.county.authority import Authority
from sync.county.book import SqlBook
from sync.county.collisions import again
from sync.county.statements import insert_ignoring
from sync.county.storage import Storage
from sync.county.tables import table
from sync.ledger import Desk
from sync.ledger.county_book import LogDetail
from sync.vault import audit
from sync.vault.checkpoints import Checkpoint, public_of, spell_note
from sync.vault.log_heads import COUNTY_ORIGIN, UNSEEN, Seen, desk_origin, follow, is_same, say, split_hashes
from sync.vault.merkle import Frontier, fold_ranges

KEPT: Final = "checkpoint.kept"
MOST_ROWS: Final = 2**53
_OF_DAY: Final = len("2026-03-02")
_SEEN, _DAY, _DEVICE = table(tables.SeenLog), table(tables.LogDay), table(tables.Device)
_TOWNSHIP = table(tables.Township)
_log = logging.getLogger(__name__)


class LogKeeping:
    """What the county has seen of its desks' logs; every head it keeps stands in its own."""

    def __init__(self, storage: Storage, authority: Authority, clock: Callable[[], datetime]) -> None:
        self._storage, self._authority, self._clock = storage, authority, clock
        self.origin = COUNTY_ORIGIN + pin_of(authority.certificate).hex()

    def take(self, desk: Desk, said: LogSaid) -> LogTold | None:
        """Return what became of a desk's head; None if the county could not keep it now, and the desk says it again.

        Raises:
            BadRequest: it counts rows as no log can.
        """
        if not all(0 <= rows <= MOST_ROWS for rows in (said.head.known, said.head.size, said.held)):
            raise BadRequest("no log has so many rows")
        try:
            kept, flaw = self._take(desk, said.head)
            return LogTold(kept, flaw, self._head_for(said.held))
        except Unavailable as error:  # what the desk came for is done, and is answered
            _log.warning("log head not kept: %s", error.code)
            return None

    @again
    def _take(self, desk: Desk, said: LogHead) -> tuple[int, LogFlaw]:
        with self._storage.writing(desk.township) as book:
            return self.judge(book, desk, said)

    def doubtful(self) -> tuple[DoubtfulLog, ...]:
        """Return every desk whose log does not follow from what was seen of it, by township."""
        joined = _SEEN.outerjoin(_TOWNSHIP, _SEEN.c.township == _TOWNSHIP.c.code)
        found = select(_SEEN, _TOWNSHIP.c.name).select_from(joined).where(_SEEN.c.flaw != "")
        with self._storage.connection() as connection:
            rows = connection.execute(found.order_by(_SEEN.c.township, _SEEN.c.device)).all()
        return tuple(
            DoubtfulLog(
                row.township,
                row.name or "",
                row.device,
                LogFlaw(row.flaw),
                row.size,
                row.seen_at,
                row.flaw_size,
                row.flaw_at,
            )
            for row in rows
        )

    @again
    def begin_again(
        self, device: DeviceId, officer: str, why: str, proof: Mapping[str, LogDetail] = MappingProxyType({})
    ) -> None:
        """The desk's log is seen from its beginning next time; who said so and why stands in the log, `proof` beside it.

        Raises:
            BadRequest: nothing was ever seen of such a desk; no reason.
        """
        check_reason(why)
        with self._storage.writing(None) as book:
            row = _row(book.connection, device)
            if row is None:
                raise BadRequest("nothing was seen of its log", device=device)
            book.connection.execute(delete(_SEEN).where(_SEEN.c.device == device))
            book.log(officer, "log.begun-again", device, {"size": row.size, "flaw": row.flaw, "why": why, **proof})

    def notes(self, device: DeviceId | None = None) -> Iterator[str]:
        """Yield every checkpoint that was kept, of one desk if it is given, as the notes that the desks signed."""
        with self._storage.connection() as connection:
            signers = {row.id: row.signing_certificate for row in connection.execute(select(_DEVICE))}
            townships = {row.id: row.township for row in connection.execute(select(_DEVICE))}
        with self._storage.keeping() as connection:
            for event in audit.of_act(connection, KEPT, device):
                said = event.details
                root, chain = bytes.fromhex(str(said["root"])), bytes.fromhex(str(said["chain"]))
                origin = desk_origin(townships[event.subject], event.subject)
                checkpoint = Checkpoint(origin, int(str(said["size"])), root, chain)
                public = public_of(read_certificate(signers[event.subject]))
                yield spell_note(checkpoint, bytes.fromhex(str(said["signature"])), public)

    def judge(self, book: SqlBook, desk: Desk, said: LogHead) -> tuple[int, LogFlaw]:
        """Return how many rows of the desk's log are seen now, and what is wrong; what follows is kept in this transaction."""
        device, row = desk.holder.device, _row(book.connection, desk.holder.device)
        seen = UNSEEN if row is None else Seen(Frontier.from_bytes(row.size, row.peaks), row.chain)
        size, origin = seen.frontier.size, desk_origin(desk.township, device)
        public = public_of(desk.signer)
        if said.size < size:
            flaw = LogFlaw.SHORTER
        elif said.size == size and row is not None:
            flaw = LogFlaw.NONE if is_same(seen, said, origin, public) else LogFlaw.DIFFERS
        elif said.known != size:
            flaw = LogFlaw.AGAIN
        else:
            try:
                checkpoint, seen = follow(seen, said, origin, public)
            except SealBroken:
                flaw = LogFlaw.DIFFERS
            else:
                self._keep(book, desk, checkpoint, seen, said.signature, is_first=row is None)
                return said.size, LogFlaw.NONE
        if flaw in REFUSED and (row is None or not row.flaw or row.flaw_at[:_OF_DAY] != self._now()[:_OF_DAY]):
            self._note_flaw(book, desk, seen, flaw, said.size)  # once a day: a desk that is wrong fills no log
        return size, flaw

    def _keep(
        self, book: SqlBook, desk: Desk, checkpoint: Checkpoint, seen: Seen, signature: bytes, *, is_first: bool
    ) -> None:
        values = {
            "size": checkpoint.size,
            "chain": seen.chain,
            "peaks": seen.frontier.to_bytes(),
            "seen_at": self._now(),
        }
        self._write(book, desk, values, is_first=is_first)
        details: dict[str, str | int] = {"size": checkpoint.size, "root": checkpoint.root.hex()}
        details |= {"chain": checkpoint.chain.hex(), "signature": signature.hex()}
        book.log(desk.holder.device, KEPT, desk.holder.device, details)

    def _note_flaw(self, book: SqlBook, desk: Desk, seen: Seen, flaw: LogFlaw, size: int) -> None:
        values = {"flaw": flaw.value, "flaw_size": size, "flaw_at": self._now()}
        first = {"size": 0, "chain": seen.chain, "peaks": b"", "seen_at": self._now()}
        is_first = _row(book.connection, desk.holder.device) is None
        self._write(book, desk, {**(first if is_first else {}), **values}, is_first=is_first)
        details: dict[str, str | int] = {"flaw": flaw.value, "size": size, "seen": seen.frontier.size}
        book.log(desk.holder.device, "log.refused", desk.holder.device, details)

    def _write(self, book: SqlBook, desk: Desk, values: dict[str, object], *, is_first: bool) -> None:
        device = desk.holder.device
        if is_first:
            empty = {"flaw": "", "flaw_size": 0, "flaw_at": ""}
            book.connection.execute(insert(_SEEN), {"device": device, "township": desk.township, **empty, **values})
        else:
            book.connection.execute(update(_SEEN).where(_SEEN.c.device == device).values(**values))

    # the county's own head

    def _head_for(self, held: int) -> LogHead | None:
        """Return today's head, from the rows on that the desk holds a head of; None if it holds it."""
        today = self._clock().date().isoformat()
        with self._storage.connection() as connection:
            signed = connection.execute(select(_DAY.c.day).where(_DAY.c.day == today)).one_or_none()
        if signed is None:
            self._sign_day(today)
        with self._storage.connection() as connection:
            days = connection.execute(select(_DAY).order_by(_DAY.c.size)).all()
        if not days or days[-1].size == held:
            return None
        newest = days[-1]
        later = [day for day in days if day.known >= held]
        if not later or later[0].known != held:
            later = list(days)  # another history than the desk's: it sees that for itself
        nodes = fold_ranges((day.known, day.size, split_hashes(day.nodes)) for day in later)
        return LogHead(later[0].known, newest.size, b"".join(nodes), newest.chain, newest.signature)

    def _sign_day(self, today: str) -> None:
        key = self._authority.key
        with self._storage.connection() as connection:
            newest = connection.execute(select(_DAY).order_by(_DAY.c.size.desc()).limit(1)).one_or_none()
        with self._storage.keeping(writing=True) as connection:
            known = 0 if newest is None else newest.size
            head = audit.head(connection)
            if head.size <= known:
                return
            said = say(connection, known, self.origin, key)
            checkpoint = Checkpoint(self.origin, head.size, head.root, head.chain)
            audit.keep_note(connection, checkpoint, spell_note(checkpoint, said.signature, key.public_key()))
        values = {"day": today, "known": said.known, "size": said.size, "chain": said.chain}
        with self._storage.connection(writing=True) as connection:
            statement = insert_ignoring(connection, tables.LogDay)
            connection.execute(statement, {**values, "nodes": said.nodes, "signature": said.signature})

    def _now(self) -> str:
        return self._clock().isoformat(timespec="seconds")


def _row(connection: Connection, device: str) -> Row[Any] | None:
    return connection.execute(select(_SEEN).where(_SEEN.c.device == device)).one_or_none()
