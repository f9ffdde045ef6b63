"""The part of the county's book about checks: what the desk said of a batch, and what was found at intake (docs/checks.md)."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, select

from sync.contract.batches import BatchId
from sync.county import tables
from sync.county.statements import insert_ignoring
from sync.county.tables import table

_CHECK = table(tables.BatchCheck)


class SqlChecks:
    """What a CountyBook says of checks, over one connection in one transaction."""

    connection: Connection

    def put_checks(self, batch_id: BatchId, part: int, told: str) -> None:
        values = {"batch": batch_id, "part": part, "told": told}
        self.connection.execute(insert_ignoring(self.connection, tables.BatchCheck), values)

    def checks(self, batch_id: BatchId) -> Mapping[int, str]:
        rows = self.connection.execute(select(_CHECK).where(_CHECK.c.batch == batch_id).order_by(_CHECK.c.part))
        return {row.part: row.told for row in rows}
