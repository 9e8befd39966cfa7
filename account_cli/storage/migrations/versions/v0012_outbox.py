"""Schema 12: what is to leave the process waits until it was told; before, nobody took it away."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_INTEGER = sa.Integer().with_variant(sa.BigInteger(), "postgresql")


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, _TEXT, nullable=nullable)


def _integer(name: str) -> sa.Column[int]:
    return sa.Column(name, _INTEGER, nullable=False, autoincrement=False)


def upgrade() -> None:
    """Make the table anew: hints that nobody was waiting for are forgotten."""
    op.drop_table("outbox")
    op.create_table(
        "outbox",
        sa.Column("id", _INTEGER, primary_key=True),
        *(_text("message"), _text("account"), _text("topic"), _integer("n")),
        sa.Column("body", sa.LargeBinary, nullable=False),
        *(_text("state"), _integer("tries"), _integer("next_ns"), _text("error", nullable=True)),
        sqlite_strict=True,
    )
    waiting = sa.text("state IN ('pending', 'failed')")
    op.create_index("outbox_waiting", "outbox", ["id"], sqlite_where=waiting, postgresql_where=waiting)
    failed = sa.text("state = 'failed'")
    op.create_index("outbox_failed", "outbox", ["account", "topic"], sqlite_where=failed, postgresql_where=failed)
