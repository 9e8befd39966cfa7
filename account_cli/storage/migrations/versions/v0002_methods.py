"""Schema 2: folds by every booking method are kept, results carry marks, and symbols have an index."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Give snapshots a method; what is there was folded by average cost."""
    op.execute("CREATE TEMP TABLE before_0002 AS SELECT * FROM snapshots")
    op.drop_table("snapshots")
    op.create_table(
        "snapshots",
        *(sa.Column(name, sa.Text, nullable=False) for name in ("account", "method")),
        *(sa.Column(name, sa.Integer, nullable=False, autoincrement=False) for name in ("rules", "time_ns", "seq")),
        sa.Column("identity", sa.Text, nullable=False),
        sa.Column("n", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("state", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("account", "method", "rules", "time_ns", "seq", "identity"),
        sqlite_strict=True,
    )
    op.execute(
        "INSERT INTO snapshots (account, method, rules, time_ns, seq, identity, n, state) "
        "SELECT account, 'average', rules, time_ns, seq, identity, n, state FROM before_0002"
    )
    op.execute("DROP TABLE before_0002")
    op.create_table(
        "marks",
        *(sa.Column(name, sa.Text, nullable=False) for name in ("account", "name", "value")),
        sa.PrimaryKeyConstraint("account", "name"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    named = sa.text("current = 1 AND symbol IS NOT NULL")
    op.create_index(
        "journal_symbol", "journal", ["account", "symbol", "time_ns", "seq", "identity"], sqlite_where=named
    )
    op.create_index("kept_symbol", "kept", ["account", "method", "symbol", "time_ns", "seq", "identity", "ordinal"])
