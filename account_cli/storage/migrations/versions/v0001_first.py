"""Schema 1: the journal, what follows from it, what was observed, and how the watching goes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def _table(name: str, *parts: sa.schema.SchemaItem, rowid: bool = True) -> None:
    op.create_table(name, *parts, sqlite_strict=True, sqlite_with_rowid=rowid)


def _text(name: str, *, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=null)


def _integer(name: str, *, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=null, autoincrement=False)


def _blob(name: str) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary, nullable=False)


def _rowid() -> sa.Column[int]:
    return sa.Column("id", sa.Integer, primary_key=True)


def _key(*columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*columns)


def upgrade() -> None:
    """Create everything."""
    _facts()
    _references()
    _observations()
    _watching()


def _facts() -> None:
    _table(
        "accounts",
        _text("account"),
        _text("venue", null=True),
        _text("user", null=True),
        _text("derived_strategy", null=True),
        _key("account"),
        rowid=False,
    )
    _table(
        "journal",
        _rowid(),
        *(_text("account"), _integer("n"), _text("identity"), _integer("revision"), _text("kind")),
        *(_integer("time_ns"), _integer("seq"), _text("symbol", null=True), _integer("current")),
        *(_text("origin"), _integer("heard_ns"), _text("body")),
        sa.UniqueConstraint("account", "n", name="journal_line"),
        sa.UniqueConstraint("account", "identity", "revision", name="journal_identity"),
    )
    order = ["account", "time_ns", "seq", "identity"]
    op.create_index("journal_order", "journal", order, sqlite_where=sa.text("current = 1"))
    other = sa.text("current = 1 AND kind <> 'fill'")
    op.create_index("journal_order_other", "journal", order, sqlite_where=other)
    _table("retractions", _text("account"), _text("target"), _key("account", "target"), rowid=False)
    _table("symbols", _text("account"), _text("symbol"), _key("account", "symbol"), rowid=False)
    _table(
        "snapshots",
        *(_text("account"), _integer("rules"), _integer("time_ns"), _integer("seq"), _text("identity")),
        *(_integer("n"), _blob("state")),
        _key("account", "rules", "time_ns", "seq", "identity"),
    )
    _table(
        "kept",
        *(_text("account"), _text("method"), _integer("time_ns"), _integer("seq"), _text("identity")),
        *(_integer("ordinal"), _text("symbol"), _text("currency"), _blob("body")),
        _key("account", "method", "time_ns", "seq", "identity", "ordinal"),
        rowid=False,
    )


def _references() -> None:
    _table("instruments", _text("symbol"), _text("body"), _key("symbol"), rowid=False)
    _table(
        "quotes",
        *(_text("asset"), _text("currency"), _integer("time_ns"), _text("source"), _text("price")),
        _key("asset", "currency", "time_ns", "source"),
        rowid=False,
    )
    _table(
        "prices",
        *(_text("venue"), _text("symbol"), _integer("at_ns"), _text("body")),
        _key("venue", "symbol"),
        rowid=False,
    )


def _observations() -> None:
    _table(
        "observed",
        *(_text("account"), _text("kind"), _integer("at_ns"), _integer("complete_ns", null=True)),
        _key("account", "kind"),
        rowid=False,
    )
    _table(
        "observed_rows",
        *(_text("account"), _text("kind"), _text("key"), _integer("at_ns"), _text("body")),
        _key("account", "kind", "key"),
        rowid=False,
    )
    _table(
        "orders",
        *(_text("account"), _text("id"), _text("symbol"), _integer("at_ns"), _integer("open")),
        *(_integer("sort_ns"), _text("body")),
        _key("account", "id", "symbol"),
    )
    op.create_index("orders_open", "orders", ["account", "sort_ns"], sqlite_where=sa.text("open = 1"))
    op.create_index("orders_all", "orders", ["account", "sort_ns"])


def _watching() -> None:
    _table("cursors", _text("account"), _text("name"), _text("value"), _key("account", "name"), rowid=False)
    _table(
        "coverage",
        *(_text("account"), _text("kind"), _integer("since_ns"), _integer("from_start")),
        _key("account", "kind"),
        rowid=False,
    )
    _table("streams", _text("account"), _text("kind"), _text("body"), _key("account", "kind"), rowid=False)
    _table("notices", _rowid(), _text("account"), _integer("at_ns"), _text("body"))
    _table(
        "raws",
        _rowid(),
        *(_text("account"), _integer("received_ns"), _text("source"), _text("channel"), _text("raw")),
        _text("unreadable", null=True),
    )
    op.create_index("raws_received", "raws", ["received_ns"])
    unreadable = sa.text("unreadable IS NOT NULL")
    op.create_index("raws_unreadable", "raws", ["account", "id"], sqlite_where=unreadable)
    _table(
        "outbox",
        *(_text("account"), _integer("n"), _text("topic"), _blob("body")),
        _key("account", "n", "topic"),
        rowid=False,
    )
