"""The editions of kinds and rules that were published, and which of them each desk works with (docs/editions.md)."""

from __future__ import annotations

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision: str = "0006"
down_revision: str | None = "0005"


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sqlmodel.AutoString(), nullable=False)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=False, autoincrement=False)


def upgrade() -> None:
    """Both tables stand, empty."""
    packed = sa.Column("packed", sa.LargeBinary(), nullable=False)
    op.create_table(
        "edition",
        _number("number"),
        _text("published_at"),
        _text("published_by"),
        packed,
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_table(
        "desk_edition", _text("device"), _text("township"), _number("works_with"), _number("seen"),
        sa.PrimaryKeyConstraint("device"),
    )  # fmt: skip
