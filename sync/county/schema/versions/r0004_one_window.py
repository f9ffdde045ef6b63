"""Who is named in which record, for townships that do not hold it; what each may see of it; and who opened what (docs/one-window.md)."""

from __future__ import annotations

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision: str = "0004"
down_revision: str | None = "0003"


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sqlmodel.AutoString(), nullable=False)


def upgrade() -> None:
    """The four tables stand, empty."""
    op.create_table(
        "catalogue",
        _text("record"),
        sa.Column("edition", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        _text("township"),
        _text("kind"),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("people", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("record"),
        sa.UniqueConstraint("edition"),
    )
    op.create_table(
        "catalogue_cursor",
        _text("township"),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("township"),
    )
    op.create_table(
        "catalogue_rule", _text("township"), _text("kind"), _text("may"), sa.PrimaryKeyConstraint("township", "kind")
    )
    texts = ("id", "record", "revision", "township", "device", "person", "purpose", "given_at", "until")
    op.create_table(
        "grant_given",
        _text("holder"),
        sa.Column("number", sa.Integer(), nullable=False),
        *(_text(name) for name in texts),
        sa.Column("pages", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("holder", "number"),
        sa.UniqueConstraint("id"),
    )
