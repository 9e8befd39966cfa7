"""Which columns a report has for people, and which give way first when there is no room.

A column's name is its field's name, the JSON key. ``keep`` is how dearly it is held: the smallest goes first; a column
is dropped whole, never cut.
"""

from __future__ import annotations

from typing import NamedTuple

from account_cli.cli.cells import (
    Cell,
    amount,
    between,
    count,
    fee,
    fees,
    gain,
    gain_in,
    gaps,
    liveness,
    mean,
    money,
    money_in,
    optional,
    optional_price,
    percent,
    price,
    prose,
    rate,
    realized,
    realized_in,
    return_pct,
    sentences,
    stream_of,
    text,
    time,
    whether,
    yes,
)


class Column(NamedTuple):
    """One column; ``gain`` colours by sign, ``right`` aligns numbers, ``wrap`` lets a sentence take several lines.

    ``words`` is for what may hold blanks: in plain output such columns stand last, after those that can be counted.
    """

    field: str
    write: Cell
    keep: int
    head: str | None = None
    right: bool = False
    gain: bool = False
    wrap: bool = False
    words: bool = False

    @property
    def title(self) -> str:
        """What stands above it for people."""
        return self.head or self.field.replace("_", " ")


GAINS = frozenset({gain, gain_in, percent, realized, realized_in, return_pct})


def number(field: str, keep: int, write: Cell = amount, head: str | None = None) -> Column:
    """Return a column of numbers."""
    return Column(field, write, keep, head, right=True, gain=write in GAINS)


POSITIONS = (
    Column("account", text, 90),
    Column("symbol", text, 100),
    Column("side", text, 60),
    number("quantity", 99),
    number("entry_price", 80, price),
    number("mark_price", 78, price),
    number("cost", 40, money),
    number("market_value", 70, money, "value"),
    number("unrealized_pnl", 98, gain, "unrealized"),
    number("unrealized_pnl_pct", 75, percent, "%"),
    number("realized_pnl", 72, gain, "realized"),
    number("fees", 30, money),
    number("funding", 28, money),
    number("leverage", 20, optional),
    number("margin", 18, optional),
    number("liquidation_price", 50, optional_price, "liquidation"),
    Column("currency", text, 65),
    Column("updated_at", time, 10, "updated (UTC)"),
)
POSITIONS_IN = (
    *POSITIONS[:-1],
    number("market_value_in", 96, money_in, "value in"),
    number("unrealized_pnl_in", 97, gain_in, "unrealized in"),
    Column("in_currency", text, 95, "in"),
    number("rate", 35, price),
    Column("rate_at", time, 9, "rate of (UTC)"),
    Column("rate_source", prose, 8, "rate by", words=True),
    POSITIONS[-1],
)
BALANCES = (
    Column("account", text, 90),
    Column("wallet", text, 60),
    Column("asset", text, 100),
    number("free", 50),
    number("used", 45),
    number("total", 99),
    number("value", 95, money),
    Column("currency", text, 80),
    number("price", 40, price),
    Column("price_source", prose, 15, "priced by", words=True),
    Column("price_at", time, 12, "price of (UTC)"),
    Column("source", text, 30),
    Column("updated_at", time, 20, "updated (UTC)"),
)
ORDERS = (
    Column("account", text, 80),
    Column("created_at", time, 60, "created (UTC)"),
    Column("symbol", text, 100),
    Column("type", text, 50),
    Column("side", text, 99),
    number("price", 98, optional),
    number("quantity", 97),
    number("filled", 90),
    number("average", 40, optional),
    Column("status", text, 95),
    Column("id", text, 30),
    Column("client_id", text, 10, "client id"),
    Column("updated_at", time, 20, "updated (UTC)"),
)
FILLS = (
    Column("time", time, 95, "time (UTC)"),
    Column("account", text, 80),
    Column("symbol", text, 100),
    Column("side", text, 99),
    number("price", 98),
    number("quantity", 97, optional),
    Column("fees", fees, 70),
    Column("liquidity", text, 30),
    number("realized_pnl", 60, realized, "realized"),
    number("roi_pct", 50, return_pct, "roi %"),
    Column("id", text, 20),
    Column("order_id", text, 10, "order"),
)
FILLS_IN = (
    *FILLS[:-2],
    number("value_in", 92, money_in, "value in"),
    number("fees_in", 90, money_in, "fees in"),
    number("realized_pnl_in", 91, realized_in, "realized in"),
    Column("in_currency", text, 89, "in"),
    *FILLS[-2:],
)
TRANSFERS = (
    Column("time", time, 95, "time (UTC)"),
    Column("account", text, 80),
    Column("wallet", text, 50),
    Column("type", text, 90),
    Column("asset", text, 100),
    number("amount", 99),
    Column("fee", fee, 70),
    Column("id", text, 30),
    Column("other_side", text, 25, "other side"),
    Column("tx", text, 10),
)
PNL = (
    Column("key", text, 100),
    Column("currency", text, 99),
    number("gross_realized_pnl", 40, gain, "gross"),
    number("fees", 45, money),
    number("realized_pnl", 97, gain, "realized"),
    number("fees_paid", 60, money),
    number("funding", 55, money),
    number("other_income", 30, money, "other"),
    number("unrealized_pnl", 95, gain, "unrealized"),
    number("net_pnl", 98, gain, "net"),
    number("unknown_cost_quantity", 35, amount, "cost unknown"),
    number("unknown_cost_proceeds", 12, money, "its proceeds"),
    number("unpriced_fees", 34, count, "unpriced fees"),
    number("closed_trades", 50, count, "trades"),
    number("winning_trades", 20, count, "won"),
    number("losing_trades", 19, count, "lost"),
    number("win_rate", 48, rate, "win %"),
    number("average_win", 15, mean),
    number("average_loss", 14, mean),
    number("profit_factor", 25, rate),
)
CLOSINGS = (
    Column("time", time, 95, "time (UTC)"),
    Column("account", text, 80),
    Column("symbol", text, 100),
    number("quantity", 97),
    number("proceeds", 70, money),
    number("cost", 70, money),
    number("gross_realized_pnl", 40, gain, "gross"),
    number("fees", 60, money),
    number("realized_pnl", 99, gain, "realized"),
    number("roi_pct", 65, percent, "roi %"),
    number("leverage", 20, optional),
    number("return_on_margin_pct", 15, return_pct, "on margin %"),
    Column("fill_id", text, 30, "fill"),
)
ACCOUNTS = (
    Column("account", text, 100),
    Column("venue", text, 90, "exchange"),
    Column("user", text, 10),
    Column("strategy", text, 98),
    Column("liveness", liveness, 99),
    *(
        Column("streams", stream_of(kind), keep, kind)
        for kind, keep in (("balances", 80), ("orders", 78), ("fills", 82), ("positions", 76), ("transfers", 74))
    ),
    number("facts", 70, count),
    Column("history_from", time, 40, "history from (UTC)"),
    Column("history_complete", yes, 38, "complete"),
    number("history_gaps", 36, count, "gaps"),
    number("unreadable", 34, count),
    Column("reconciled", text, 60),
    Column("generic", yes, 20),
    Column("key", text, 85),
)
STATUS = (
    Column("account", prose, 100),
    Column("role", text, 98),
    Column("liveness", prose, 96),
    Column("host", prose, 90),
    number("pid", 80, count),
    Column("kind", prose, 60),
    Column("strategy", prose, 50),
    number("lag_seconds", 85, count, "lag s"),
    Column("last_message_at", time, 40, "last message (UTC)"),
    Column("reconciled", prose, 70),
    Column("leads", whether, 42),
    Column("reconciled_at", time, 45, "reconciled (UTC)"),
    Column("heartbeat_at", time, 55, "heartbeat (UTC)"),
    number("uptime_seconds", 65, count, "uptime s"),
    number("fence", 30, count),
    Column("venue", prose, 35, "exchange"),
    Column("user", text, 20),
    Column("version", prose, 10),
)
RECONCILE = (
    Column("account", text, 90),
    Column("kind", text, 95),
    Column("wallet", text, 40),
    Column("key", text, 100),
    number("local", 80, optional, "ledger"),
    number("exchange", 81, optional),
    number("difference", 99, optional),
    number("difference_pct", 50, percent, "%"),
    Column("state", text, 98),
    Column("corrected", yes, 28),
    Column("since_at", time, 30, "since (UTC)"),
    Column("first_bad_interval", between, 45, "first went wrong (UTC)", words=True),
    Column("explanation", sentences, 85, "why", wrap=True, words=True),
)
RUNS = (
    number("id", 95, count),
    Column("account", text, 90),
    Column("time", time, 99, "time (UTC)"),
    Column("state", text, 100),
    number("compared", 60, count),
    number("differing", 80, count),
    Column("read_at", time, 50, "exchange read (UTC)"),
    number("head", 20, count, "ledger line"),
    Column("version", text, 10),
)
COVERAGE = (
    Column("account", text, 90),
    Column("kind", text, 100),
    Column("part", text, 99),
    Column("complete", yes, 98),
    Column("begins", text, 80),
    Column("from_at", time, 95, "from (UTC)"),
    Column("newest_at", time, 40, "newest fact (UTC)"),
    Column("asked_at", time, 70, "asked (UTC)"),
    Column("gaps", gaps, 97, words=True),
    Column("lacks", prose, 60, words=True),
)
INBOX = (
    Column("account", text, 90),
    Column("source", text, 70),
    Column("channel", text, 95),
    Column("state", text, 100),
    number("texts", 99, count),
    number("bytes", 80, count),
    Column("oldest_at", time, 60, "oldest (UTC)"),
    Column("newest_at", time, 50, "newest (UTC)"),
)
ALERTS = (
    number("id", 100, count),
    Column("severity", text, 97),
    Column("state", text, 96),
    Column("began_at", time, 80, "began (UTC)"),
    Column("rule", text, 99),
    Column("account", text, 98),
    Column("key", prose, 70),
    number("value", 60, optional),
    number("threshold", 50, optional),
    number("told", 40, count),
    Column("message", prose, 95, wrap=True, words=True),
)
ALERT_RULES = (
    Column("rule", text, 100),
    Column("verdict", text, 98),
    Column("account", prose, 80),
    Column("key", prose, 79),
    number("value", 90, optional),
    number("threshold", 91, optional),
    Column("unit", prose, 60),
    Column("severity", text, 50),
    Column("message", prose, 40, wrap=True, words=True),
)
UNREADABLE = (
    number("id", 100, count),
    Column("account", text, 90),
    Column("received_at", time, 80, "received (UTC)"),
    Column("source", text, 50),
    Column("channel", text, 70),
    number("bytes", 40, count),
    Column("why", prose, 99, wrap=True, words=True),
)
ISSUES = (
    Column("account", text, 90),
    Column("time", time, 60, "first (UTC)"),
    Column("code", text, 80),
    Column("id", prose, 50, words=True),
    Column("text", prose, 100, "issue", wrap=True, words=True),
    Column("next_action", prose, 99, "next", wrap=True, words=True),
)
OUTBOX = (
    Column("id", text, 100),
    Column("topic", text, 80),
    Column("channel", text, 85),
    Column("state", text, 99),
    number("tries", 70, count),
    Column("next_at", time, 60, "next (UTC)"),
    Column("error", prose, 90, wrap=True, words=True),
)
FINDINGS = (
    Column("account", text, 80),
    Column("where", text, 90, words=True),
    Column("what", prose, 99, wrap=True, words=True),
)
COPIED = (
    Column("table", text, 100),
    number("rows", 99, count),
    Column("digest", text, 50),
)
DATABASE_TABLES = (
    Column("table", text, 100),
    number("rows", 99, count),
    number("bytes", 90, count),
)
KNOWN = (
    Column("account", text, 100),
    number("facts", 99, count),
    number("lines", 70, count),
    Column("first_at", time, 90, "first (UTC)"),
    Column("last_at", time, 95, "last (UTC)"),
)
SCHEMAS = (
    Column("name", text, 100),
    Column("schema", text, 50),
    Column("command", prose, 90, words=True),
)
