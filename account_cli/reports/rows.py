"""The rows that every face of acct shows: table, screen, JSON, CSV, API.

Field names are the JSON keys, the column names and the web keys alike (docs/formats.md, section 2). Amounts are exact;
None is unknown. Times are nanoseconds since 1970 in fields that end in ``_at`` or are called ``time``; whoever writes
them out turns them into RFC 3339.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Generic, TypeVar

import msgspec

from account_cli.reports import proof, reconcile_rows
from account_cli.reports.ledger_rows import PerformanceRow, StatRow

Row = TypeVar("Row")


class Report(msgspec.Struct, Generic[Row], frozen=True, kw_only=True):
    """Rows, when they were true, and why they may not be all: ``complete`` is ``not incomplete``."""

    name: str
    as_of: int
    items: tuple[Row, ...]
    incomplete: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """True when nothing that the numbers rest on is stale, missing or unpriced."""
        return not self.incomplete


class PositionRow(msgspec.Struct, frozen=True, kw_only=True):
    """An open position by the ledger, with what the exchange says of its risk. Spot holdings are positions too.

    Amounts are in ``currency``. ``unknown_cost_quantity`` is the part of ``quantity`` held at a cost nobody knows, None
    when there is none; ``cost`` and ``unrealized_pnl`` are of the rest.
    """

    account: str
    symbol: str
    side: str
    quantity: Decimal
    entry_price: Decimal | None
    mark_price: Decimal | None
    cost: Decimal | None
    market_value: Decimal | None
    unrealized_pnl: Decimal | None
    unrealized_pnl_pct: Decimal | None
    realized_pnl: Decimal | None
    fees: Decimal | None
    funding: Decimal | None
    leverage: Decimal | None = None
    margin: Decimal | None = None
    liquidation_price: Decimal | None = None
    updated_at: int | None = None
    mark_at: int | None = None
    currency: str | None = None
    unknown_cost_quantity: Decimal | None = None


class BalanceRow(msgspec.Struct, frozen=True, kw_only=True):
    """One asset in one wallet; ``source`` says whether the exchange stated it or the ledger worked it out."""

    account: str
    wallet: str
    asset: str
    free: Decimal | None
    used: Decimal | None
    total: Decimal
    value: Decimal | None
    currency: str
    price: Decimal | None
    price_source: str | None
    price_at: int | None
    source: str
    updated_at: int | None


class OrderRow(msgspec.Struct, frozen=True, kw_only=True):
    """An order's last known state."""

    account: str
    id: str
    client_id: str | None
    symbol: str | None
    type: str | None
    side: str | None
    price: Decimal | None
    quantity: Decimal | None
    filled: Decimal | None
    average: Decimal | None
    status: str | None
    created_at: int | None
    updated_at: int | None


class FeeRow(msgspec.Struct, frozen=True):
    """A fee in its own asset; negative is a rebate."""

    asset: str
    amount: Decimal


class FillRow(msgspec.Struct, frozen=True, kw_only=True):
    """A fill with what it realised."""

    account: str
    id: str
    order_id: str
    time: int
    seq: int | None
    symbol: str
    side: str
    price: Decimal
    quantity: Decimal | None
    fees: tuple[FeeRow, ...] | None
    liquidity: str | None
    wallet: str = "spot"
    position_side: str | None = None
    margin: bool = False
    leverage: Decimal | None = None
    type: str = "trade"
    contracts: Decimal | None = None
    contract_size: Decimal | None = None
    settle: str | None = None
    inverse: bool = False
    realized_pnl: Decimal | None = None
    roi_pct: Decimal | None = None


class TransferRow(msgspec.Struct, frozen=True, kw_only=True):
    """A deposit, withdrawal or internal transfer; ``other_side`` is where its other side was told, and as what."""

    account: str
    wallet: str
    id: str
    time: int
    asset: str
    amount: Decimal
    type: str
    fee: FeeRow | None
    tx: str | None
    to_account: str | None = None
    to_wallet: str | None = None
    seq: int | None = None
    other_side: str | None = None


class PnlRow(msgspec.Struct, frozen=True, kw_only=True):
    """Profit and loss of one key in one currency (docs/formats.md, section 3).

    In the accounting book the money figures are None where nothing of the row had a price in that currency.
    """

    key: str
    currency: str
    gross_realized_pnl: Decimal | None
    fees: Decimal | None
    realized_pnl: Decimal | None
    fees_paid: Decimal | None
    funding: Decimal | None
    other_income: Decimal | None
    unrealized_pnl: Decimal | None
    net_pnl: Decimal | None
    unknown_cost_quantity: Decimal
    unknown_cost_proceeds: Decimal
    unpriced_fees: int
    closed_trades: int
    winning_trades: int
    losing_trades: int
    win_rate: Decimal | None
    average_win: Decimal | None
    average_loss: Decimal | None
    profit_factor: Decimal | None


class ClosingRow(msgspec.Struct, frozen=True, kw_only=True):
    """What one fill realised; signs and unknown parts as in ``ledger.closings.Closing``."""

    account: str
    symbol: str
    fill_id: str
    time: int
    quantity: Decimal
    proceeds: Decimal
    cost: Decimal | None
    gross_realized_pnl: Decimal | None
    fees: Decimal
    realized_pnl: Decimal | None
    roi_pct: Decimal | None
    leverage: Decimal | None
    return_on_margin_pct: Decimal | None
    opened_by: tuple[str, ...]
    currency: str
    side: str
    liquidity: str | None
    kind: str
    unknown_cost_quantity: Decimal
    unknown_cost_proceeds: Decimal


class EquityRow(msgspec.Struct, frozen=True, kw_only=True):
    """What an account is worth in ``currency`` and what it risks.

    ``equity`` = ``assets_value`` + ``derivatives_unrealized_pnl`` (before entry fees: those have left the balances).
    ``partial`` means "at least": what is ``unpriced`` is not in it. ``margin_ratio`` = used margin ÷ equity,
    ``leverage`` = gross exposure ÷ equity. ``liquidation_distance_pct`` is how far, in percent, the mark of the
    position nearest to its liquidation may move against it. ``drawdown_pct`` is how far the time-weighted index of the
    daily history is below its highest, zero or less.
    """

    account: str
    currency: str
    equity: Decimal | None
    partial: bool
    assets_value: Decimal | None
    derivatives_unrealized_pnl: Decimal | None
    used_margin: Decimal | None
    available_margin: Decimal | None
    margin_ratio: Decimal | None
    leverage: Decimal | None
    net_exposure: Decimal | None
    gross_exposure: Decimal | None
    liquidation_symbol: str | None
    liquidation_distance_pct: Decimal | None
    unpriced: tuple[str, ...]
    price_at: int | None
    drawdown_pct: Decimal | None = None


class Outage(msgspec.Struct, frozen=True, kw_only=True):
    """How often a kind of data was not live for one cause, and for how many milliseconds altogether."""

    cause: str
    times: int
    ms: int


class StreamState(msgspec.Struct, frozen=True, kw_only=True):
    """How fresh one kind of data is, and for how long its present collector did not have it live, by cause.

    ``since_at`` is when that collector began; ``down_ms`` counts from then, without the time that its start took.
    """

    kind: str
    strategy: str
    status: str
    last_message_at: int | None
    detail: str | None = None
    since_at: int | None = None
    down_ms: int | None = None
    outages: tuple[Outage, ...] = ()


class AccountStatusRow(msgspec.Struct, frozen=True, kw_only=True):
    """An account, how it is followed and how fresh it is.

    ``liveness`` is ``LIVE``, ``DEGRADED``, ``STALE`` or ``OFFLINE``; ``stale_seconds`` the age that made it stale.
    ``lags`` is how often the process that collects it was too busy to listen for 250 ms or longer, ``worst_lag_ms`` how
    long at worst; both count from when it began, and are None when that is not known.
    ``key`` is ``read-only``, ``unverified``, ``can-trade``, ``can-withdraw`` or ``rejected``; None before it was asked.
    """

    account: str
    venue: str | None
    user: str | None
    strategy: str | None
    liveness: str
    stale_seconds: int | None
    streams: tuple[StreamState, ...]
    facts: int
    history_from: int | None
    history_complete: bool
    generic: bool = False
    lags: int | None = None
    worst_lag_ms: int | None = None
    key: str | None = None
    reconciled: str | None = None
    """What the last comparison with the exchange found: unknown while ``reading_history``; None when there was none."""
    reconciled_at: int | None = None
    """When that was last looked at, also where it found what was known."""
    drifting: int = 0
    """Figures that are breaks."""
    reading_history: bool = False
    history_gaps: int = 0
    unreadable: int = 0
    """Texts received of which something could not be read; ``acct inbox --unreadable`` lists them."""
    """Intervals between what is known of the history in which facts may be missing."""


class NoticeRow(msgspec.Struct, frozen=True, kw_only=True):
    """A connection event, a catch-up or an alert."""

    account: str
    time: int
    severity: str
    code: str
    text: str


class AlertNotice(NoticeRow, frozen=True, kw_only=True):
    """An alert among the notices: ``id`` is what ``acct alerts ack`` takes, ``code`` the rule, ``why`` when it fires.

    ``state`` is ``firing``, ``acknowledged`` or ``resolved``, which it was last at ``changed_at``; ``value`` and
    ``threshold`` are as it began, in ``unit``; ``told`` is how many notices there were of it.
    """

    id: int
    key: str | None
    state: str
    value: Decimal | None
    threshold: Decimal | None
    unit: str
    changed_at: int
    told: int
    why: str


class EquityPointRow(msgspec.Struct, frozen=True, kw_only=True):
    """What all accounts together were worth at the end of a bucket that began ``at`` and lasted ``span`` nanoseconds.

    ``net_pnl`` and ``flows`` (external deposits − withdrawals) are since the beginning. None is unknown.
    """

    at: int
    span: int
    equity: Decimal | None
    net_pnl: Decimal | None = None
    flows: Decimal | None = None


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """The key figures on top of the screen, in one currency; ``equity_is_partial`` means "at least".

    ``day_change`` is what equity gained since ``day_start_at``, deposits and withdrawals not counted.
    """

    currency: str
    equity: Decimal | None
    equity_is_partial: bool
    day_change: Decimal | None
    day_change_pct: Decimal | None
    unrealized_pnl: Decimal | None
    realized_pnl: Decimal | None
    fees: Decimal | None
    funding: Decimal | None
    price_age_seconds: int | None
    unpriced: tuple[str, ...] = ()
    partial: tuple[str, ...] = ()
    """Names of the figures above that lack a part which is unknown or unpriced."""
    day_start_at: int | None = None


class Screenful(msgspec.Struct, frozen=True, kw_only=True):
    """All that ``acct watch`` shows at one instant."""

    as_of: int
    accounts: tuple[AccountStatusRow, ...]
    figures: Figures
    positions: tuple[PositionRow, ...]
    balances: tuple[BalanceRow, ...]
    orders: tuple[OrderRow, ...]
    fills: tuple[FillRow, ...]
    alerts: tuple[NoticeRow, ...]
    incomplete: tuple[str, ...] = ()
    attached: bool = False
    """True when another process collects and this one only follows."""
    equity_curve: tuple[EquityPointRow, ...] = ()
    """The last 30 days in the figures' currency, oldest first, the longer ago the coarser."""
    curve_without: tuple[str, ...] = ()
    """Accounts that have no history and are not in the curve."""
    risk: EquityRow | None = None
    """Of all accounts together."""
    statistics: tuple[StatRow, ...] = ()
    """Of all accounts together over the last 30 days, per closing: a row for each currency."""
    performance: PerformanceRow | None = None
    """Of all accounts together over the last 30 days."""
    differences: tuple[reconcile_rows.ReconcileRow, ...] = ()
    """The figures that did not agree with the exchange when each account was last compared."""
    runs: tuple[reconcile_rows.RunRow, ...] = ()
    """The newest runs of reconciliation, newest first."""
    proofs: tuple[proof.ProofRow, ...] = ()
    """How the balances of the newest runs came about, where something differs."""
    not_compared: tuple[str, ...] = ()
    """Why the last comparison of an account said nothing, or not all."""


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One line of ``acct watch --plain``: what ``key`` was (None: not there) and is; ``kind`` as in ``--kind``."""

    time: int
    account: str
    kind: str
    key: str
    old: str | None
    new: str | None
    text: str
