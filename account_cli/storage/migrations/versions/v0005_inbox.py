"""Schema 5: a text of the inbox says when its effects were committed, and how large it is."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Mark what is there as done: until now a text was only stored together with what it said."""
    op.execute("ALTER TABLE raws RENAME TO before_0005")
    for index in ("raws_received", "raws_unreadable"):
        op.drop_index(index)
    op.create_table(
        "raws",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("received_ns", sa.Integer, nullable=False, autoincrement=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("source", "channel", "raw")),
        sa.Column("unreadable", sa.Text, nullable=True),
        sa.Column("done_ns", sa.Integer, nullable=True, autoincrement=False),
        sa.Column("size", sa.Integer, nullable=False, autoincrement=False),
        sqlite_strict=True,
    )
    op.execute(
        "INSERT INTO raws (id, account, received_ns, source, channel, raw, unreadable, done_ns, size) "
        "SELECT id, account, received_ns, source, channel, raw, unreadable, received_ns, length(CAST(raw AS BLOB)) "
        "FROM before_0005"
    )
    op.execute("DROP TABLE before_0005")
    op.create_index("raws_received", "raws", ["received_ns", "size"])
    op.create_index("raws_unreadable", "raws", ["account", "id"], sqlite_where=sa.text("unreadable IS NOT NULL"))
    op.create_index("raws_waiting", "raws", ["account", "id"], sqlite_where=sa.text("done_ns IS NULL"))
