"""Counts of a log's rows are as long as the line lets them be; PostgreSQL's INTEGER ended at two thousand million."""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger

revision: str = "0002"
down_revision: str | None = "0001"

COUNTS = (("seen_log", "size"), ("seen_log", "flaw_size"), ("log_day", "known"), ("log_day", "size"))


def upgrade() -> None:
    """These columns take 2^53; in the encrypted file every INTEGER does."""
    if op.get_context().dialect.name == "postgresql":
        for table, column in COUNTS:
            op.alter_column(table, column, type_=BigInteger)
