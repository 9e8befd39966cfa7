"""Every table, as SQLAlchemy Core metadata: what the migrations must add up to.

Only migrating imports this module; reading and writing speak SQL through the drivers (docs/formats.md has the meaning
of the facts). Amounts are text inside the JSON bodies, digit for digit as they were told, and are never added up in
SQL: ``SUM`` over text would answer in binary floating point. Times are integer nanoseconds since 1970.

``UNIQUE(account, identity, revision)`` beside a rowid, rather than a clustered key: exchanges name their trades at
random, and a clustered tree written in random order costs twice as much.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

APPLICATION_ID = 0x61636374
"""``acct`` in ASCII: tells our files from other programs' SQLite files."""

metadata = sa.MetaData()


def _table(name: str, *parts: sa.schema.SchemaItem, rowid: bool = True) -> sa.Table:
    return sa.Table(name, metadata, *parts, sqlite_strict=True, sqlite_with_rowid=rowid)


TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
"""Sorted by code points, as SQLite does and ``order_key`` demands, whatever the language of a server."""
INTEGER = sa.Integer().with_variant(sa.BigInteger(), "postgresql")
AMOUNT = sa.Text().with_variant(sa.Numeric(), "postgresql")
"""Digits as they are: NUMERIC without a scale keeps them all."""


def _text(name: str, *, key: bool = False, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, TEXT, primary_key=key, nullable=nullable)


def _integer(name: str, *, key: bool = False, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, INTEGER, primary_key=key, nullable=nullable, autoincrement=False)


def _blob(name: str) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary, nullable=False)


def _rowid() -> sa.Column[int]:
    return sa.Column("id", INTEGER, primary_key=True)


def _index(name: str, *columns: sa.Column[Any], where: str | None = None) -> None:
    only = None if where is None else sa.text(where)
    sa.Index(name, *columns, sqlite_where=only, postgresql_where=only)


# ---- facts --------------------------------------------------------------------------------------------------------

accounts = _table(
    "accounts",
    _text("account", key=True),
    _text("venue", nullable=True),
    _text("user", nullable=True),
    _text("derived_strategy", nullable=True),
    _text("key_standing", nullable=True),
    rowid=False,
)

journal = _table(
    "journal",
    _rowid(),
    _text("account"),
    _integer("n"),
    _text("identity"),
    _integer("revision"),
    _text("kind"),
    _integer("time_ns"),
    _integer("seq"),  # -1 where the exchange gave none, so that it sorts as order_key says
    _text("symbol", nullable=True),
    _integer("current"),  # 1: the latest telling of a fact that nobody withdrew
    _text("origin"),
    _integer("heard_ns"),
    _text("body"),
    sa.UniqueConstraint("account", "n", name="journal_line"),
    sa.UniqueConstraint("account", "identity", "revision", name="journal_identity"),
)
_index(
    "journal_order",
    journal.c.account,
    journal.c.time_ns,
    journal.c.seq,
    journal.c.identity,
    where="current = 1",
)
_index(  # fills are nearly all of a journal: whoever asks for the rest need not walk past them
    "journal_order_other",
    journal.c.account,
    journal.c.time_ns,
    journal.c.seq,
    journal.c.identity,
    where="current = 1 AND kind <> 'fill'",
)

_index(
    "journal_symbol",
    journal.c.account,
    journal.c.symbol,
    journal.c.time_ns,
    journal.c.seq,
    journal.c.identity,
    where="current = 1 AND symbol IS NOT NULL",
)

retractions = _table("retractions", _text("account", key=True), _text("target", key=True), rowid=False)
symbols = _table("symbols", _text("account", key=True), _text("symbol", key=True), rowid=False)

snapshots = _table(
    "snapshots",
    _text("account", key=True),
    _text("method", key=True),
    _integer("rules", key=True),
    _integer("time_ns", key=True),
    _integer("seq", key=True),
    _text("identity", key=True),
    _integer("n"),
    _blob("state"),
)

kept = _table(
    "kept",
    _text("account", key=True),
    _text("method", key=True),
    _integer("time_ns", key=True),
    _integer("seq", key=True),
    _text("identity", key=True),
    _integer("ordinal", key=True),
    _text("symbol"),
    _text("currency"),
    _blob("body"),
    rowid=False,
)

_index(
    "kept_symbol",
    kept.c.account,
    kept.c.method,
    kept.c.symbol,
    kept.c.time_ns,
    kept.c.seq,
    kept.c.identity,
    kept.c.ordinal,
)

marks = _table("marks", _text("account", key=True), _text("name", key=True), _text("value"), rowid=False)

# ---- history: what was so at an instant. Hypertables where TimescaleDB is loaded (``timescale``), plain tables else --

history = _table(
    "history",
    _text("account", key=True),
    _text("span", key=True),
    _integer("at_ns", key=True),
    _text("symbol", key=True),  # empty: the account itself
    _text("currency", key=True),
    _blob("body"),
    rowid=False,
)
_index("history_symbol", history.c.account, history.c.span, history.c.symbol, history.c.at_ns)

position_snapshots = _table(
    "position_snapshots", _text("account", key=True), _integer("at_ns", key=True), _blob("body"), rowid=False
)

features = _table("features", _text("name", key=True), _text("value"), _integer("at_ns"), rowid=False)

# ---- references ---------------------------------------------------------------------------------------------------

instruments = _table("instruments", _text("symbol", key=True), _text("body"), rowid=False)

quotes = _table(
    "quotes",
    _text("asset", key=True),
    _text("currency", key=True),
    _integer("time_ns", key=True),
    _text("source", key=True),
    sa.Column("price", AMOUNT, nullable=False),
    rowid=False,
)

prices = _table(
    "prices", _text("venue", key=True), _text("symbol", key=True), _integer("at_ns"), _text("body"), rowid=False
)

# ---- observations -------------------------------------------------------------------------------------------------

observed = _table(
    "observed",
    _text("account", key=True),
    _text("kind", key=True),
    _integer("at_ns"),
    _integer("complete_ns", nullable=True),
    rowid=False,
)

observed_rows = _table(
    "observed_rows",
    _text("account", key=True),
    _text("kind", key=True),
    _text("key", key=True),
    _integer("at_ns"),
    _text("body"),
    rowid=False,
)

orders = _table(
    "orders",
    _text("account", key=True),
    _text("id", key=True),
    _text("symbol", key=True),  # empty while no telling has named it
    _integer("at_ns"),
    _integer("open"),
    _integer("sort_ns"),
    _text("body"),
)
_index("orders_open", orders.c.account, orders.c.sort_ns, where="open = 1")
_index("orders_all", orders.c.account, orders.c.sort_ns)

# ---- the watching itself ------------------------------------------------------------------------------------------

cursors = _table("cursors", _text("account", key=True), _text("name", key=True), _text("value"), rowid=False)

coverage = _table(
    "coverage",
    _text("account", key=True),
    _text("kind", key=True),
    _text("scope", key=True),
    _integer("since_ns", key=True),
    _text("body"),
    rowid=False,
)

streams = _table("streams", _text("account", key=True), _text("kind", key=True), _text("body"), rowid=False)

notices = _table("notices", _rowid(), _text("account"), _integer("at_ns"), _text("body"))

reconciliations = _table("reconciliations", _rowid(), _text("account"), _integer("at_ns"), _text("body"))
_index("reconciliations_account", reconciliations.c.account, reconciliations.c.id)

checkpoints = _table("checkpoints", _rowid(), _text("account"), _integer("head"), _integer("at_ns"), _text("body"))
_index("checkpoints_account", checkpoints.c.account, checkpoints.c.id)

proofs = _table("proofs", _integer("run", key=True), _text("body"))

readings = _table(
    "readings",
    _rowid(),
    _text("account"),
    _text("kind"),
    _text("wallet"),
    _text("key"),
    _integer("at_ns"),
    _integer("head"),
    _text("amount"),
    _integer("before_ns", nullable=True),
    _integer("last"),  # 1: what was stated last of this figure
)
_index("readings_figure", readings.c.account, readings.c.kind, readings.c.wallet, readings.c.key, readings.c.at_ns)
_index("readings_last", readings.c.account, where="last = 1")
_index("readings_age", readings.c.at_ns, where="last = 0")

running = _table(
    "running",
    _rowid(),
    _text("account"),
    _text("book"),
    _text("entry"),
    _text("wallet"),
    _text("asset"),
    _integer("time_ns"),
    _text("change"),
    _text("balance"),
    sa.UniqueConstraint("account", "book", "entry", name="running_entry"),
)
_index("running_time", running.c.account, running.c.book, running.c.time_ns)

requests = _table(
    "requests",
    _rowid(),
    _integer("asked_ns"),
    _text("body"),
    _integer("taken_ns", nullable=True),
    _text("answer", nullable=True),
)
_index("requests_waiting", requests.c.id, where="taken_ns IS NULL")

looks = _table("looks", _text("account", key=True), _integer("at_ns"), _integer("run"), rowid=False)

processes = _table(
    "processes", _text("id", key=True), _integer("beat_ns"), _integer("stop"), _text("body"), rowid=False
)

leases = _table(
    "leases",
    _text("account", key=True),
    _text("process", nullable=True),  # NULL: given back
    _integer("fence"),
    _integer("taken_ns"),
    rowid=False,
)

alerts = _table("alerts", _rowid(), _integer("at_ns"), _text("body"))
_index("alerts_time", alerts.c.at_ns)

episodes = _table(
    "episodes",
    _text("account", key=True),
    _text("rule", key=True),
    _text("key", key=True),
    _integer("began_ns"),
    _text("body"),
    rowid=False,
)

alert_reach = _table("alert_reach", _text("account", key=True), _integer("n"), _integer("since_ns"), rowid=False)

mutes = _table("mutes", _text("rule", key=True), _integer("until_ns"), rowid=False)

tellings = _table(
    "tellings",
    _rowid(),
    _integer("alert"),
    _text("channel"),
    _text("state"),
    _integer("tries"),
    _integer("next_ns"),
    _text("error", nullable=True),
)
_index("tellings_due", tellings.c.next_ns, where="state = 'pending'")

raws = _table(
    "raws",
    _rowid(),
    _text("account"),
    _integer("received_ns"),
    _text("source"),
    _text("channel"),
    _text("raw"),
    _text("unreadable", nullable=True),
    _integer("done_ns", nullable=True),
    _integer("size"),
)
_index(
    "raws_received", raws.c.received_ns, raws.c.size
)  # with the size, so that the sum of all need not read the texts
_index("raws_unreadable", raws.c.account, raws.c.id, where="unreadable IS NOT NULL")
_index("raws_waiting", raws.c.account, raws.c.id, where="done_ns IS NULL")

outbox = _table(
    "outbox",
    _rowid(),
    _text("message"),
    _text("account"),
    _text("topic"),
    _integer("n"),
    _blob("body"),
    _text("state"),
    _integer("tries"),
    _integer("next_ns"),
    _text("error", nullable=True),
)
_index("outbox_waiting", outbox.c.id, where="state IN ('pending', 'failed')")
_index("outbox_failed", outbox.c.account, outbox.c.topic, where="state = 'failed'")
_index("outbox_dead", outbox.c.id, where="state = 'dead'")
_index("outbox_told", outbox.c.topic, outbox.c.id, where="state = 'delivered'")
