"""A township's records are in the order of their ids, so that one of them is found within it at once."""

from __future__ import annotations

from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"


def upgrade() -> None:
    """The index on the township alone has given way to one on township and record."""
    op.create_index("record_township", "record", ["township", "id"])
    op.drop_index("ix_record_township", "record")
