"""Positions and fills in one currency, beside what they are in their own: ``--in`` of those commands.

A position is valued at the prices of the report's instant. A fill is valued at the prices stored of its own time, like
the accounting book does, at most five minutes away; what it realised is what the trading book says, turned into the
currency at that time (the accounting book, ``acct pnl --in``, values every leg at its own). None is a value that
nobody knows, and the report says which price is missing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec

from account_cli.domain.events import Fill
from account_cli.domain.money import ONE, ZERO
from account_cli.ledger.fills import notional
from account_cli.ledger.state import References
from account_cli.ledger.valuing import Valuer
from account_cli.ledger.work import PRICE_WITHIN_NS
from account_cli.reports.accounting import missing_reasons
from account_cli.reports.arithmetic import exactly, settle_digits
from account_cli.reports.rows import FillRow, PositionRow, Report
from account_cli.reports.valuation import PEGGED, STALE_AFTER_NS, Rate, graphs_of, stale_reason
from account_cli.reports.view import AccountView


class ValuedPositionRow(PositionRow, frozen=True, kw_only=True):
    """A position, and what it is worth and has unrealised in ``in_currency``; ``rate`` is that of its own currency."""

    in_currency: str
    market_value_in: Decimal | None
    unrealized_pnl_in: Decimal | None
    rate: Decimal | None
    rate_source: str | None
    rate_at: int | None


class ValuedFillRow(FillRow, frozen=True, kw_only=True):
    """A fill, and in ``in_currency``: what changed hands, its fees, and what it realised, at the prices of then."""

    in_currency: str
    value_in: Decimal | None
    fees_in: Decimal | None
    realized_pnl_in: Decimal | None


@exactly
def valued_positions(
    report: Report[PositionRow],
    views: Sequence[AccountView],
    *,
    currency: str,
    pegged: Sequence[str] = PEGGED,
    stale_after_ns: int = STALE_AFTER_NS,
) -> Report[ValuedPositionRow]:
    """Return the rows of ``report``, made of these views, in ``currency`` too."""
    graphs = graphs_of(views, now_ns=report.as_of, pegged=pegged, stale_after_ns=stale_after_ns)
    graph_of = {view.account: graph for view, graph in zip(views, graphs, strict=True)}
    rows: list[ValuedPositionRow] = []
    reasons: list[str] = list(report.incomplete)
    for row in report.items:
        graph = graph_of[row.account]
        rate = None if row.currency is None else graph.rate(row.currency, currency)
        if rate is None:
            reasons.append(f"{row.account}: {row.currency} has no price in {currency}")
        elif rate.at_ns is not None and graph.is_stale(rate.at_ns):
            reasons.append(stale_reason(row.account, str(row.currency), rate.at_ns, report.as_of))
        rows.append(
            ValuedPositionRow(
                **_fields(row),
                in_currency=currency,
                market_value_in=_at(rate, row.market_value),
                unrealized_pnl_in=_at(rate, row.unrealized_pnl),
                rate=None if rate is None else rate.price,
                rate_source=None if rate is None else rate.source,
                rate_at=None if rate is None else rate.at_ns,
            )
        )
    return Report(name="positions.in", as_of=report.as_of, items=tuple(rows), incomplete=tuple(dict.fromkeys(reasons)))


def _at(rate: Rate | None, amount: Decimal | None) -> Decimal | None:
    return None if rate is None or amount is None else rate.value(amount)


def _fields(row: msgspec.Struct) -> dict[str, Any]:
    return {name: getattr(row, name) for name in row.__struct_fields__}


class _Money(NamedTuple):
    """What changed hands in a fill: so much of ``asset``, of which one unit was worth ``num`` ÷ ``den``."""

    asset: str
    amount: Decimal
    num: Decimal
    den: Decimal

    def value(self, amount: Decimal) -> Decimal:
        return amount * self.num if self.den == ONE else settle_digits(amount * self.num / self.den)


class FillsValued:
    """Values fills one by one; knows afterwards which prices that rested on, and which it lacked."""

    def __init__(self, refs: References, currency: str, pegged: Sequence[str] = PEGGED) -> None:
        self._refs, self._currency, self._pegged = refs, currency, pegged
        self._of: dict[str, Valuer] = {}

    @exactly
    def row(self, fill: Fill, row: FillRow) -> ValuedFillRow:
        """Return the row of a fill with its values."""
        if fill.account not in self._of:
            self._of[fill.account] = Valuer(self._refs, self._currency, self._pegged, PRICE_WITHIN_NS)
        valuer = self._of[fill.account]
        money = self._money(fill, valuer)
        realized = row.realized_pnl
        return ValuedFillRow(
            **_fields(row),
            in_currency=self._currency,
            value_in=None if money is None else money.value(money.amount),
            fees_in=self._fees(fill, money, valuer),
            realized_pnl_in=None if money is None or realized is None else money.value(realized),
        )

    def _money(self, fill: Fill, valuer: Valuer) -> _Money | None:
        """Return what changed hands; None, and listed, when nobody knows what that was worth."""
        market = self._refs.instrument(fill.symbol)
        paid = notional(fill, market)
        if paid is None:
            return None
        asset, amount = paid
        price = valuer.price(asset, fill.time_ns)
        if price is not None:
            return _Money(asset, amount, price, ONE)
        if market is not None and asset == market.quote and fill.quantity and amount:
            base = valuer.price(market.base, fill.time_ns)
            if base is not None:
                return _Money(asset, amount, fill.quantity * base, amount)
        valuer.lack(asset, amount, fill)
        return None

    def _fees(self, fill: Fill, money: _Money | None, valuer: Valuer) -> Decimal | None:
        """Return all fees; one in the base of a spot market is worth the fill's own price.

        Of a fill whose money has no price that is listed already: its fees are not listed again.
        """
        market = self._refs.instrument(fill.symbol)
        total: Decimal | None = None if fill.fees is None else ZERO
        for fee in fill.fees or ():
            if money is not None and fee.asset == money.asset:
                part: Decimal | None = money.value(fee.amount)
            elif money is not None and market is not None and market.settle is None and fee.asset == market.base:
                part = money.value(fee.amount * fill.price)
            else:
                price = valuer.price(fee.asset, fill.time_ns)
                part = None if price is None else fee.amount * price
                if price is None and money is not None:
                    valuer.lack(fee.asset, fee.amount, fill)
            total = None if part is None or total is None else total + part
        return total

    @property
    def sources(self) -> dict[str, int]:
        """How many prices of each source the values rest on."""
        counted: Counter[str] = Counter()
        for valuer in self._of.values():
            counted.update(valuer.sources)
        return dict(sorted(counted.items()))

    def reasons(self) -> tuple[str, ...]:
        """Say which prices were missing."""
        return tuple(
            reason
            for account, valuer in self._of.items()
            for reason in missing_reasons(account, self._currency, dict.fromkeys(valuer.missing))
        )
