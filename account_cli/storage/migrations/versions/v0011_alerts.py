"""Schema 11: what the rules said, the state of each of their slots, and what is still to be told."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_INTEGER = sa.Integer().with_variant(sa.BigInteger(), "postgresql")


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, _TEXT, nullable=nullable)


def _integer(name: str) -> sa.Column[int]:
    return sa.Column(name, _INTEGER, nullable=False, autoincrement=False)


def _id() -> sa.Column[int]:
    return sa.Column("id", _INTEGER, primary_key=True)


def _slots(name: str, *parts: sa.schema.SchemaItem) -> None:
    op.create_table(name, *parts, sqlite_strict=True, sqlite_with_rowid=False)


def upgrade() -> None:
    """Make the tables; nothing was said."""
    op.create_table("alerts", _id(), _integer("at_ns"), _text("body"), sqlite_strict=True)
    op.create_index("alerts_time", "alerts", ["at_ns"])
    _slots(
        "episodes",
        *(_text("account"), _text("rule"), _text("key"), _integer("began_ns"), _text("body")),
        sa.PrimaryKeyConstraint("account", "rule", "key"),
    )
    _slots("alert_reach", _text("account"), _integer("n"), _integer("since_ns"), sa.PrimaryKeyConstraint("account"))
    _slots("mutes", _text("rule"), _integer("until_ns"), sa.PrimaryKeyConstraint("rule"))
    op.create_table(
        "tellings",
        *(_id(), _integer("alert"), _text("channel"), _text("state"), _integer("tries"), _integer("next_ns")),
        _text("error", nullable=True),
        sqlite_strict=True,
    )
    only = sa.text("state = 'pending'")
    op.create_index("tellings_due", "tellings", ["next_ns"], sqlite_where=only, postgresql_where=only)
