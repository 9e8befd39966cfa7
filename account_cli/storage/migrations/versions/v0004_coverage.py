"""Schema 4: what is proved to be known is stored interval by interval, for each part of an account."""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make an interval of each claim; one without an end, until the exchange has been asked again."""
    connection = op.get_bind()
    claims = connection.execute(sa.text("SELECT account, kind, since_ns, from_start FROM coverage")).all()
    op.drop_table("coverage")
    op.create_table(
        "coverage",
        *(sa.Column(name, sa.Text, nullable=False) for name in ("account", "kind", "scope")),
        sa.Column("since_ns", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("account", "kind", "scope", "since_ns"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    for account, kind, since_ns, from_start in claims:
        body = json.dumps({"kind": kind, "since_ns": since_ns, "from_start": bool(from_start)})
        connection.execute(
            sa.text("INSERT INTO coverage VALUES (:account, :kind, '', :since_ns, :body)"),
            {"account": account, "kind": kind, "since_ns": since_ns, "body": body},
        )
