"""Rows of what only a ledger can tell: history, lots, statistics, returns, explanations.

Written by the same rules as ``rows``: field names are JSON keys, amounts are exact, None is unknown.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec


class HistoryRow(msgspec.Struct, frozen=True, kw_only=True):
    """A bucket of history, named by its start, with its last cumulative figures; ``symbol`` None is the account.

    ``source`` is ``recorded`` for what was measured then, ``reconstructed`` for what was worked out from facts and
    stored prices later, ``now`` for the present. ``flows`` are deposits − withdrawals so far, at their value then.
    """

    account: str
    symbol: str | None
    time: int
    currency: str
    equity: Decimal | None
    gross_realized_pnl: Decimal | None
    fees: Decimal | None
    realized_pnl: Decimal | None
    funding: Decimal | None
    other_income: Decimal | None
    unrealized_pnl: Decimal | None
    net_pnl: Decimal | None
    flows: Decimal | None
    source: str


class LotRow(msgspec.Struct, frozen=True, kw_only=True):
    """An open lot. ``cost`` None is unknown; ``lot`` is the fact that opened it, None for a pool of average cost."""

    account: str
    symbol: str
    asset: str
    quantity: Decimal
    cost: Decimal | None
    unit_cost: Decimal | None
    currency: str | None
    opened_at: int | None
    method: str
    lot: str | None


class StatRow(msgspec.Struct, frozen=True, kw_only=True):
    """How trading went, counted ``per`` closing or round trip, in one currency (docs/formats.md, section 3, Rates)."""

    account: str
    per: str
    currency: str
    count: int
    winners: int
    losers: int
    break_even: int
    total: Decimal
    win_rate: Decimal | None
    average_win: Decimal | None
    average_loss: Decimal | None
    profit_factor: Decimal | None
    payoff: Decimal | None
    expectancy: Decimal | None
    best: Decimal | None
    worst: Decimal | None
    maker_fees: Decimal | None = None
    taker_fees: Decimal | None = None


class PerformanceRow(msgspec.Struct, frozen=True, kw_only=True):
    """What equity returned, from its daily history: rates in percent, ratios per year of 365 days.

    ``days`` counts daily returns; ``small`` says that there are fewer than 30, too few to mean much.
    """

    account: str
    currency: str
    since_at: int | None
    until_at: int | None
    days: int
    small: bool
    time_weighted_pct: Decimal | None
    money_weighted_pct: Decimal | None
    max_drawdown_pct: Decimal | None
    drawdown_pct: Decimal | None
    volatility_pct: Decimal | None
    sharpe: Decimal | None
    sortino: Decimal | None


class StepRow(msgspec.Struct, frozen=True, kw_only=True):
    """One line of an explanation: what it is, how it is worked out, and what came out; ``depth`` indents it."""

    account: str
    depth: int
    label: str
    value: Decimal | None
    currency: str | None
    formula: str
    note: str | None


class IssueRow(msgspec.Struct, frozen=True, kw_only=True):
    """Something that the figures of an account rest on and lack, and what a person can do about it."""

    account: str
    id: str
    code: str
    text: str
    next_action: str
    time: int | None


class ChangedFigure(msgspec.Struct, frozen=True, kw_only=True):
    """A figure of a closed period that is no longer what was locked."""

    figure: str
    locked: str
    now: str


class ClosedRow(msgspec.Struct, frozen=True, kw_only=True):
    """What was locked of one market in a closed period ``[since, until)``, and what has changed since."""

    account: str
    period: str
    since_at: int | None
    until_at: int
    closed_at: int
    symbol: str
    currency: str
    gross_realized_pnl: Decimal | None
    fees: Decimal | None
    realized_pnl: Decimal | None
    fees_paid: Decimal | None
    funding: Decimal | None
    other_income: Decimal | None
    changed: tuple[ChangedFigure, ...] = ()
