"""Schema 9: which process is there, and which of them has the lease on an account."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_INTEGER = sa.Integer().with_variant(sa.BigInteger(), "postgresql")


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, _TEXT, nullable=nullable)


def _integer(name: str) -> sa.Column[int]:
    return sa.Column(name, _INTEGER, nullable=False, autoincrement=False)


def upgrade() -> None:
    """Make the tables; nobody was there."""
    op.create_table(
        "processes",
        *(_text("id"), _integer("beat_ns"), _integer("stop"), _text("body")),
        sa.PrimaryKeyConstraint("id"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "leases",
        *(_text("account"), _text("process", nullable=True), _integer("fence"), _integer("taken_ns")),
        sa.PrimaryKeyConstraint("account"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
