"""Until where each township's feed was told, and the decisions that were taken back before anybody was told of them."""

from __future__ import annotations

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision: str = "0005"
down_revision: str | None = "0004"


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sqlmodel.AutoString(), nullable=False)


def _bytes(name: str) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary(), nullable=False)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=False)


def upgrade() -> None:
    """Both tables are there; of what stood before, all counts as told."""
    op.create_table("fetched", _text("township"), _number("sequence"), sa.PrimaryKeyConstraint("township"))
    op.create_table(
        "taken_back",
        _text("decision"),
        _bytes("signature"),
        _text("township"),
        _text("record"),
        _number("cut_at"),
        _number("followed"),
        _bytes("packed"),
        _bytes("said"),
        sa.PrimaryKeyConstraint("decision", "signature"),
    )
    op.create_index("ix_taken_back_followed", "taken_back", ["followed"])
    op.execute(sa.text("INSERT INTO fetched (township, sequence) SELECT code, feed_end FROM township"))
