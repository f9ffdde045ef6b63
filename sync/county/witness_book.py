"""The part of the county's book about witnesses: who has said what it holds since the store went back (docs/protocol.md, section 11)."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy import Connection, bindparam, or_, select, update

from sync.contract.certificates import Role
from sync.contract.decisions import DecisionId
from sync.contract.histories import RevisionStanding
from sync.contract.revisions import DeviceId, RecordId, TownshipId
from sync.contract.witnesses import NAME_BYTES, Witnessing
from sync.county import tables
from sync.county.statements import in_runs, insert_ignoring
from sync.county.tables import table

_DEVICE, _WITNESSED, _LIST = table(tables.Device), table(tables.Witnessed), table(tables.WitnessList)
_DECISION, _RECORD, _REVISION = table(tables.DecisionRow), table(tables.Record), table(tables.RevisionRow)


_OF_DEVICE = select(_WITNESSED).where(
    (_WITNESSED.c.epoch == bindparam("epoch")) & (_WITNESSED.c.device == bindparam("device"))
)  # asked with each request of each desk

ID_DIGITS = 64


class SqlWitnesses:
    """What a CountyBook says of witnesses, over one connection in one transaction."""

    connection: Connection

    def desks(self, township: TownshipId) -> frozenset[DeviceId]:
        ours = (_DEVICE.c.township == township) & (_DEVICE.c.role == Role.DESK.value) & _DEVICE.c.revoked_at.is_(None)
        return frozenset(self.connection.execute(select(_DEVICE.c.id).where(ours)).scalars())

    def witnessed(self, epoch: str, device: DeviceId | None = None) -> Mapping[DeviceId, Witnessing]:
        if device is not None:
            rows = self.connection.execute(_OF_DEVICE, {"epoch": epoch, "device": device})
        else:
            rows = self.connection.execute(select(_WITNESSED).where(_WITNESSED.c.epoch == epoch))
        return {row.device: Witnessing(row.how) for row in rows}

    def set_witnessed(self, epoch: str, device: DeviceId, how: Witnessing) -> None:
        values = {"epoch": epoch, "device": device, "how": how.value}
        self.connection.execute(insert_ignoring(self.connection, tables.Witnessed), values)
        here = (_WITNESSED.c.epoch == epoch) & (_WITNESSED.c.device == device)
        self.connection.execute(update(_WITNESSED).where(here).values(how=how.value))

    def witness_taken(self, epoch: str, list_name: str) -> int:
        here = (_LIST.c.epoch == epoch) & (_LIST.c.list_id == list_name)
        return self.connection.execute(select(_LIST.c.taken).where(here)).scalar_one_or_none() or 0

    def set_witness_taken(self, epoch: str, list_name: str, taken: int) -> None:
        values = {"epoch": epoch, "list_id": list_name, "taken": taken}
        self.connection.execute(insert_ignoring(self.connection, tables.WitnessList), values)
        here = (_LIST.c.epoch == epoch) & (_LIST.c.list_id == list_name)
        self.connection.execute(update(_LIST).where(here).values(taken=taken))

    def known_names(self, township: TownshipId, names: Collection[str]) -> frozenset[str]:
        known: set[str] = set()
        for held in (_REVISION, _DECISION):
            for run in in_runs(names):
                named = or_(*(held.c.id.between(name, name + "f" * (ID_DIGITS - len(name))) for name in run))
                found = self.connection.execute(select(held.c.id).where(named & (held.c.township == township)))
                known.update(name[: NAME_BYTES * 2] for name in found.scalars())
        return frozenset(names) & known

    def known_decisions(self, decisions: Collection[DecisionId]) -> frozenset[DecisionId]:
        known: set[DecisionId] = set()
        for run in in_runs(decisions):
            known.update(self.connection.execute(select(_DECISION.c.id).where(_DECISION.c.id.in_(run))).scalars())
        return frozenset(known)

    def claim_record(self, township: TownshipId, record: RecordId) -> bool:
        values = {"id": record, "township": township}
        self.connection.execute(insert_ignoring(self.connection, tables.Record), values)
        owner = select(_RECORD.c.township).where(_RECORD.c.id == record)
        return bool(self.connection.execute(owner).scalar_one_or_none() == township)

    def hold_staged(self, township: TownshipId, record: RecordId) -> None:
        ours = (_REVISION.c.record == record) & (_REVISION.c.township == township)
        staged = ours & (_REVISION.c.standing == RevisionStanding.STAGED.value)
        self.connection.execute(update(_REVISION).where(staged).values(standing=RevisionStanding.HELD.value))
