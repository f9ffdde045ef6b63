"""The part of the county's book about checks: what the desk said of a batch, and what was found at intake (docs/checks.md)."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, select

from sync.contract.batches import BatchId
from sync.county import tables
from sync.county.statements import insert_rows
from sync.county.tables import table

_CHECK = table(tables.BatchCheck)


class SqlChecks:
    """What a CountyBook says of checks, over one connection in one transaction."""

    connection: Connection

    def put_checks(self, batch_id: BatchId, told: Mapping[int, str]) -> None:
        rows = [(batch_id, part, text) for part, text in told.items()]
        insert_rows(self.connection, tables.BatchCheck, ("batch", "part", "told"), rows)

    def checks(self, batch_id: BatchId) -> Mapping[int, str]:
        rows = self.connection.execute(select(_CHECK).where(_CHECK.c.batch == batch_id).order_by(_CHECK.c.part))
        return {row.part: row.told for row in rows}
