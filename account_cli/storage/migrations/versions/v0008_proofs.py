"""Schema 8: checkpoints, proofs, what the exchange stated, and what its own ledger says was held."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_INTEGER = sa.Integer().with_variant(sa.BigInteger(), "postgresql")


def _table(name: str, *columns: sa.Column[int] | sa.Column[str] | sa.UniqueConstraint) -> None:
    op.create_table(name, sa.Column("id", _INTEGER, primary_key=True), *columns, sqlite_strict=True)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, _TEXT, nullable=False)


def _integer(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, _INTEGER, nullable=nullable, autoincrement=False)


def upgrade() -> None:
    """Make the tables; nothing was proven and nothing stated."""
    _table("checkpoints", _text("account"), _integer("head"), _integer("at_ns"), _text("body"))
    op.create_index("checkpoints_account", "checkpoints", ["account", "id"])
    op.create_table(
        "proofs",
        sa.Column("run", _INTEGER, primary_key=True, autoincrement=False),
        _text("body"),
        sqlite_strict=True,
    )
    _table(
        "readings",
        *(_text(name) for name in ("account", "kind", "wallet", "key")),
        _integer("at_ns"),
        _integer("head"),
        _text("amount"),
        _integer("before_ns", nullable=True),
        _integer("last"),
    )
    op.create_index("readings_figure", "readings", ["account", "kind", "wallet", "key", "at_ns"])
    last = sa.text("last = 1")
    op.create_index("readings_last", "readings", ["account"], sqlite_where=last, postgresql_where=last)
    old = sa.text("last = 0")
    op.create_index("readings_age", "readings", ["at_ns"], sqlite_where=old, postgresql_where=old)
    _table(
        "running",
        *(_text(name) for name in ("account", "book", "entry", "wallet", "asset")),
        _integer("time_ns"),
        _text("change"),
        _text("balance"),
        sa.UniqueConstraint("account", "book", "entry", name="running_entry"),
    )
    op.create_index("running_time", "running", ["account", "book", "time_ns"])
