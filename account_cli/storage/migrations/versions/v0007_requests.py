"""Schema 7: a process asks the one that collects an account; when an account was last compared."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Make the tables; nothing was asked and nothing compared."""
    op.create_table(
        "requests",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("asked_ns", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("taken_ns", sa.Integer, nullable=True, autoincrement=False),
        sa.Column("answer", sa.Text, nullable=True),
        sqlite_strict=True,
    )
    op.create_index("requests_waiting", "requests", ["id"], sqlite_where=sa.text("taken_ns IS NULL"))
    op.create_table(
        "looks",
        sa.Column("account", sa.Text, primary_key=True, nullable=False),
        sa.Column("at_ns", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("run", sa.Integer, nullable=False, autoincrement=False),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
