"""Schema 10: history in a table of its own, snapshots of positions, and what the database was found able to do."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_INTEGER = sa.Integer().with_variant(sa.BigInteger(), "postgresql")


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, _TEXT, nullable=False)


def _integer(name: str) -> sa.Column[int]:
    return sa.Column(name, _INTEGER, nullable=False, autoincrement=False)


def _blob(name: str) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary, nullable=False)


def upgrade() -> None:
    """Move the recorded points out of the kept results, where they stood under the names of their intervals."""
    op.create_table(
        "history",
        *(_text("account"), _text("span"), _integer("at_ns"), _text("symbol"), _text("currency"), _blob("body")),
        sa.PrimaryKeyConstraint("account", "span", "at_ns", "symbol", "currency"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index("history_symbol", "history", ["account", "span", "symbol", "at_ns"])
    op.create_table(
        "position_snapshots",
        *(_text("account"), _integer("at_ns"), _blob("body")),
        sa.PrimaryKeyConstraint("account", "at_ns"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "features",
        *(_text("name"), _text("value"), _integer("at_ns")),
        sa.PrimaryKeyConstraint("name"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.execute(
        "INSERT INTO history (account, span, at_ns, symbol, currency, body) "
        "SELECT account, substr(method, 9), time_ns, symbol, currency, body FROM kept "
        "WHERE substr(method, 1, 8) = 'history:'"
    )
    op.execute("DELETE FROM kept WHERE substr(method, 1, 8) = 'history:'")
