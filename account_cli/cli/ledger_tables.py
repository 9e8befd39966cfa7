"""The columns of what only a ledger can tell; by the same rules as ``tables``."""

from __future__ import annotations

from typing import Any

from account_cli.cli.cells import (
    count,
    gain,
    mean,
    money,
    percent,
    price,
    prose,
    rate,
    return_pct,
    text,
    time,
    yes,
)
from account_cli.cli.tables import Column, number
from account_cli.reports import render


def changed(value: Any, _row: Any, people: bool) -> str:
    """What is no longer as it was locked: ``realized_pnl 23.5 -> 24``."""
    said = "; ".join(f"{one.figure} {one.locked} -> {one.now}" for one in value)
    return said or (render.NONE if people else "-")


PNL_HISTORY = (
    Column("time", time, 95, "time (UTC)"),
    Column("account", text, 80),
    Column("symbol", text, 100),
    Column("currency", text, 70),
    number("gross_realized_pnl", 40, gain, "gross"),
    number("fees", 45, money),
    number("realized_pnl", 97, gain, "realized"),
    number("funding", 55, money),
    number("other_income", 30, money, "other"),
    number("unrealized_pnl", 96, gain, "unrealized"),
    number("net_pnl", 98, gain, "net"),
    Column("source", text, 10),
)
EQUITY_HISTORY = (
    Column("time", time, 95, "time (UTC)"),
    Column("account", text, 90),
    number("equity", 100, money),
    Column("currency", text, 85),
    number("net_pnl", 60, gain, "net pnl"),
    number("unrealized_pnl", 50, gain, "unrealized"),
    number("flows", 70, money, "deposited"),
    Column("source", text, 40),
)
EQUITY = (
    Column("account", text, 100),
    number("equity", 99, money),
    Column("currency", text, 98),
    number("assets_value", 60, money, "assets"),
    number("derivatives_unrealized_pnl", 58, gain, "contracts"),
    number("used_margin", 70, money),
    number("available_margin", 80, money),
    number("margin_ratio", 75, rate),
    number("leverage", 72, rate),
    number("net_exposure", 50, money),
    number("gross_exposure", 52, money),
    number("drawdown_pct", 65, return_pct, "drawdown"),
    number("liquidation_distance_pct", 68, return_pct, "to liquidation"),
    Column("liquidation_symbol", text, 40, "nearest"),
    Column("price_at", time, 20, "oldest price (UTC)"),
)
LOTS = (
    Column("account", text, 90),
    Column("symbol", text, 100),
    Column("opened_at", time, 80, "opened (UTC)"),
    number("quantity", 99),
    number("cost", 97, money),
    number("unit_cost", 95, price, "unit cost"),
    Column("currency", text, 85),
    Column("method", text, 20),
    Column("lot", prose, 60, words=True),
)
STATS = (
    Column("account", text, 90),
    Column("per", text, 99),
    Column("currency", text, 98),
    number("count", 97, count),
    number("winners", 60, count),
    number("losers", 59, count),
    number("break_even", 40, count, "even"),
    number("total", 96, gain),
    number("win_rate", 95, rate, "win %"),
    number("average_win", 80, mean),
    number("average_loss", 79, mean),
    number("profit_factor", 90, rate),
    number("payoff", 30, rate),
    number("expectancy", 85, mean),
    number("best", 50, gain),
    number("worst", 49, gain),
    number("maker_fees", 20, mean),
    number("taker_fees", 19, mean),
)
PERFORMANCE = (
    Column("account", text, 100),
    Column("currency", text, 60),
    Column("since_at", time, 50, "from (UTC)"),
    Column("until_at", time, 49, "to (UTC)"),
    number("days", 98, count),
    Column("small", yes, 97, "too few"),
    number("time_weighted_pct", 96, percent, "time-weighted"),
    number("money_weighted_pct", 90, percent, "money-weighted"),
    number("max_drawdown_pct", 95, percent, "max drawdown"),
    number("drawdown_pct", 70, percent, "drawdown"),
    number("volatility_pct", 65, percent, "volatility"),
    number("sharpe", 94, rate),
    number("sortino", 93, rate),
)
RESTATEMENTS = (
    Column("time", time, 95, "time (UTC)"),
    Column("account", text, 90),
    Column("severity", text, 30),
    Column("code", text, 60),
    Column("text", prose, 100, "what changed", wrap=True, words=True),
)
CLOSED = (
    Column("account", text, 90),
    Column("period", text, 99),
    Column("closed_at", time, 60, "closed (UTC)"),
    Column("symbol", text, 100),
    Column("currency", text, 95),
    number("gross_realized_pnl", 40, gain, "gross"),
    number("fees", 45, money),
    number("realized_pnl", 97, gain, "realized"),
    number("fees_paid", 50, money),
    number("funding", 55, money),
    number("other_income", 52, money, "other"),
    Column("changed", changed, 98, "changed since", wrap=True, words=True),
)
