"""How trading went and what equity returned: counted from closings, measured on the equity's daily history.

Trade statistics are counted twice, per closing and per round trip (flat to flat, funding in); returns and ratios are
those of ``ledger.performance`` over one equity a day. A day without a complete equity is left out, and that is said;
with fewer than 30 daily returns a row is marked ``small``. Rates are in percent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal

from account_cli.domain.events import Event, Fill
from account_cli.domain.money import ZERO
from account_cli.ledger import performance as returns_of
from account_cli.ledger.closings import TRADES, Closing
from account_cli.ledger.performance import EquityPoint
from account_cli.ledger.statistics import Statistics, round_trips, statistics
from account_cli.reports.accounts import POLL_INTERVAL_NS, history_reasons, stream_reasons
from account_cli.reports.arithmetic import exactly, settle_digits
from account_cli.reports.history import HistoryPoint
from account_cli.reports.ledger_rows import PerformanceRow, StatRow
from account_cli.reports.rows import Report
from account_cli.reports.sums import PriceThen, fee_values
from account_cli.reports.view import AccountView

TOTAL = "*"
"""The account's name in rows that are of all of them."""

_HUNDRED = Decimal(100)
Fees = dict[tuple[str, str], dict[str | None, Decimal]]
"""(account, currency) → fees paid as maker, as taker, as nobody said."""


@exactly
def stats(
    views: Sequence[AccountView],
    *,
    now_ns: int,
    closings: Iterable[Closing],
    fees: Fees | None = None,
    poll_interval_ns: int = POLL_INTERVAL_NS,
) -> Report[StatRow]:
    """Return a row per account, way of counting and currency, then those of all accounts when there are several.

    ``closings`` must come in order, and are looked at once; a round trip that has not come back to flat is not counted.
    """
    reasons: list[str] = []
    for view in views:
        reasons += stream_reasons(view, ("fills",), now_ns, poll_interval_ns) + history_reasons(view)
    gains, unknown = _gains(closings)
    if unknown:
        reasons.append(f"{unknown} closing(s) with a part of unknown cost are counted by their known part only")
    accounts = [view.account for view in views]
    keys = sorted(gains, key=lambda key: (accounts.index(key[0]) if key[0] in accounts else 0, *key))
    rows = [_row(key, gains[key], fees or {}) for key in keys]
    if len({key[0] for key in keys}) > 1:
        together: dict[tuple[str, str, str], list[Decimal]] = {}
        for (_, per, currency), values in gains.items():
            together.setdefault((TOTAL, per, currency), []).extend(values)
        rows += [_row(key, together[key], _all(fees or {})) for key in sorted(together)]
    return Report(name="stats", as_of=now_ns, items=tuple(rows), incomplete=tuple(dict.fromkeys(reasons)))


def _gains(closings: Iterable[Closing]) -> tuple[dict[tuple[str, str, str], list[Decimal]], int]:
    """Return the known gains by account, way of counting and currency; and how many had a part of unknown cost."""
    found: dict[tuple[str, str, str], list[Decimal]] = {}
    unknown = 0

    def counted() -> Iterator[Closing]:
        nonlocal unknown
        for one in closings:
            if one.kind in TRADES:
                unknown += bool(one.unknown_quantity)
                gain = one.realized_pnl
                if gain is not None:
                    found.setdefault((one.account, "closing", one.currency), []).append(gain)
            yield one

    for trip in round_trips(counted()):
        if not trip.open:
            found.setdefault((trip.account, "round_trip", trip.currency), []).append(trip.gain)
    return found, unknown


def _row(key: tuple[str, str, str], gains: Sequence[Decimal], fees: Fees) -> StatRow:
    account, per, currency = key
    one: Statistics = statistics(gains)
    paid = fees.get((account, currency)) if per == "closing" else None
    return StatRow(
        account=account,
        per=per,
        currency=currency,
        count=one.count,
        winners=one.winning,
        losers=one.losing,
        break_even=one.even,
        total=one.total,
        win_rate=_settled(one.win_rate),
        average_win=_settled(one.average_win),
        average_loss=_settled(one.average_loss),
        profit_factor=_settled(one.profit_factor),
        payoff=_settled(one.payoff),
        expectancy=_settled(one.expectancy),
        best=one.best,
        worst=one.worst,
        maker_fees=None if paid is None else paid.get("maker", ZERO),
        taker_fees=None if paid is None else paid.get("taker", ZERO),
    )


def _all(fees: Fees) -> Fees:
    found: Fees = {}
    for (_, currency), parts in fees.items():
        mine = found.setdefault((TOTAL, currency), {})
        for liquidity, value in parts.items():
            mine[liquidity] = mine.get(liquidity, ZERO) + value
    return found


def _settled(value: Decimal | None) -> Decimal | None:
    return None if value is None else settle_digits(value)


@exactly
def fees_by_liquidity(events: Iterable[Event], price_then: PriceThen | None = None) -> Fees:
    """Add up the fees of fills by who made the market, in each market's own currency; unpriced ones are left out."""
    found: Fees = {}
    for event in events:
        if isinstance(event, Fill):
            currency, values = fee_values(event, price_then)
            if currency is not None:
                mine = found.setdefault((event.account, currency), {})
                mine[event.liquidity] = mine.get(event.liquidity, ZERO) + sum((v for v in values if v), ZERO)
    return found


@exactly
def performance(
    accounts: Sequence[str], *, now_ns: int, points: Sequence[HistoryPoint], currency: str
) -> Report[PerformanceRow]:
    """Return a row per account from its daily points, and one of all together where there are several.

    Points of markets, of another currency, and those whose equity or flows are unknown are passed over.
    """
    days: dict[str, dict[int, HistoryPoint]] = {account: {} for account in accounts}
    reasons: list[str] = []
    for point in points:
        if point.symbol is None and point.currency == currency and point.account in days:
            days[point.account][point.at_ns] = point
    rows = []
    for account in accounts:
        known = {at: one for at, one in days[account].items() if one.equity is not None and one.flows is not None}
        if len(known) < len(days[account]):
            reasons.append(f"{account}: {len(days[account]) - len(known)} day(s) without a complete equity left out")
        days[account] = known
        rows.append(_performance(account, currency, _equities([known]), reasons))
    if len(accounts) > 1:
        rows.append(_performance(TOTAL, currency, _equities(list(days.values())), reasons))
    return Report(name="stats.performance", as_of=now_ns, items=tuple(rows), incomplete=tuple(dict.fromkeys(reasons)))


def _equities(days: Sequence[dict[int, HistoryPoint]]) -> list[EquityPoint]:
    """Return the summed equity of the days that all of them have, with what flowed in since the day before."""
    shared = sorted(set.intersection(*(set(one) for one in days))) if days else []
    made: list[EquityPoint] = []
    before: Decimal | None = None
    for at in shared:
        equity = sum((one[at].equity or ZERO for one in days), ZERO)
        flows = sum((one[at].flows or ZERO for one in days), ZERO)
        made.append(EquityPoint(time_ns=at, equity=equity, flow=ZERO if before is None else flows - before))
        before = flows
    return made


def _performance(account: str, currency: str, points: Sequence[EquityPoint], reasons: list[str]) -> PerformanceRow:
    chained = returns_of.time_weighted(points)
    returns = chained.returns
    if len(points) < 2:
        reasons.append(f"{account}: returns need the equity of two days at least, {len(points)} known")
    if chained.broken_at:
        reasons.append(f"{account}: equity was not positive on {len(chained.broken_at)} day(s); the chain is broken")
    weighted = returns_of.money_weighted(points)
    if len(points) >= 2 and weighted.rate is None:
        reasons.append(f"{account}: money-weighted return: {weighted.why}")
    some = bool(returns)
    return PerformanceRow(
        account=account,
        currency=currency,
        since_at=points[0].time_ns if points else None,
        until_at=points[-1].time_ns if points else None,
        days=len(returns),
        small=len(returns) < 30,
        time_weighted_pct=_percent(chained.total) if some else None,
        money_weighted_pct=_percent(weighted.rate),
        max_drawdown_pct=_percent(returns_of.max_drawdown(returns)) if some else None,
        drawdown_pct=_percent(returns_of.drawdown(returns)) if some else None,
        volatility_pct=_percent(returns_of.volatility(returns).value),
        sharpe=_ratio(returns_of.sharpe, returns),
        sortino=_ratio(returns_of.sortino, returns),
    )


def _ratio(of: Callable[[Sequence[Decimal]], returns_of.Ratio], returns: Sequence[Decimal]) -> Decimal | None:
    return _settled(of(returns).value)


def _percent(value: Decimal | None) -> Decimal | None:
    return None if value is None else settle_digits(value * _HUNDRED)
