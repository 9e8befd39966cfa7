"""The accounting book: every asset is inventory, every leg is valued in one reporting currency at its own time.

Where the trading book asks what a market brought in its own money, this one asks what the account gained in, say, USD:
buying ETH with BTC sells BTC; paying in USDT sells USDT; a reward is income at its value and a lot of that cost. Money
in the reporting currency is plain cash. Contracts realise their gross gain in the settle asset, valued when they close;
their fees are valued when they are paid and follow the closed part pro rata, as everywhere.

A leg without a price has unknown cost (arriving) or unknown proceeds (leaving, at ``moved_cost``); either is listed in
``missing``, and the book is not complete.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal, localcontext
from typing import assert_never

import msgspec

from account_cli.domain.events import (
    Adjustment,
    Amount,
    Borrowed,
    Converted,
    CostGiven,
    Event,
    FeePaid,
    Fill,
    FundingPaid,
    InterestPaid,
    Opening,
    RebateReceived,
    Retracted,
    RewardReceived,
    Settled,
    TransferArrived,
)
from account_cli.domain.money import MONEY, ZERO, round_to_quantum
from account_cli.ledger.booking import Lot, share
from account_cli.ledger.closings import Closing, ClosingKind
from account_cli.ledger.figures import Issue, LotFigures, PositionFigures
from account_cli.ledger.inventory import add_lot, arrive, sell, spend, track
from account_cli.ledger.lines import Line
from account_cli.ledger.openings import book_cost
from account_cli.ledger.state import LedgerState, MethodName, Policy, References, empty
from account_cli.ledger.trading import score, trade
from account_cli.ledger.valuing import PEGGED, MissingPrice, Valuer
from account_cli.ledger.work import PRICE_WITHIN_NS, Work


class AccountBook(msgspec.Struct, frozen=True, kw_only=True):
    """The result, all in ``currency``. ``sources`` counts the prices used, by source; ``pegged`` among them."""

    account: str
    currency: str
    state: LedgerState
    totals: tuple[PositionFigures, ...]
    closings: tuple[Closing, ...]
    missing: tuple[MissingPrice, ...]
    sources: dict[str, int]

    @property
    def lots(self) -> tuple[LotFigures, ...]:
        """The open lots."""
        return tuple(self.state.lots())

    @property
    def issues(self) -> tuple[Issue, ...]:
        """What the figures lack, but for prices."""
        return tuple(self.state.issues())

    @property
    def complete(self) -> bool:
        """True when no price was missing."""
        return not self.missing


def account_book(
    account: str,
    events: Iterable[Event],
    refs: References,
    *,
    currency: str = "USD",
    method: MethodName = "average",
    unknown_cost: Policy = "exclude",
    pegged: Sequence[str] = PEGGED,
    within_ns: int = PRICE_WITHIN_NS,
) -> AccountBook:
    """Fold ``events``, in order, into the accounting book of one account."""
    (book,) = account_books(
        account,
        events,
        refs,
        (None,),
        currency=currency,
        method=method,
        unknown_cost=unknown_cost,
        pegged=pegged,
        within_ns=within_ns,
    )
    return book


def account_books(
    account: str,
    events: Iterable[Event],
    refs: References,
    edges: Iterable[int | None],
    *,
    currency: str = "USD",
    method: MethodName = "average",
    unknown_cost: Policy = "exclude",
    pegged: Sequence[str] = PEGGED,
    within_ns: int = PRICE_WITHIN_NS,
) -> list[AccountBook]:
    """Fold ``events`` once and return the book as it stood before each of ``edges`` (nanoseconds, in order).

    None is after the last fact. The closings and missing prices of a book are those since the book before it; all else
    is since the beginning.
    """
    books = []
    with localcontext(MONEY):
        book = _Book(
            Work(empty(account, method, unknown_cost), refs, wanted=True), Valuer(refs, currency, pegged, within_ns)
        )
        stream = iter(events)
        event = next(stream, None)
        for edge in edges:
            while event is not None and (edge is None or event.time_ns < edge):
                book.book(event)
                event = next(stream, None)
            books.append(book.as_it_stands())
    return books


class _Book:
    """One accounting book in the making."""

    def __init__(self, work: Work, valuer: Valuer) -> None:
        self.work, self.valuer, self.currency = work, valuer, valuer.currency
        assert work.closings is not None
        self.closings = work.closings

    def as_it_stands(self) -> AccountBook:
        """Return the result so far; the next one has only the closings and missing prices that are not in it."""
        state, closings, valuer = self.work.finish(), self.closings, self.valuer
        self.work = Work(state, self.work.refs, wanted=True)
        assert self.work.closings is not None
        self.closings = self.work.closings
        return AccountBook(
            account=state.account,
            currency=self.currency,
            state=state,
            totals=tuple([row for row in state.totals() if row.currency == self.currency and not row.is_contract]),
            closings=tuple(closings),
            missing=valuer.take_missing(),
            sources=dict(sorted(valuer.sources.items())),
        )

    def book(self, event: Event) -> None:
        """Book one fact."""
        match event:
            case Fill():
                self._fill(event)
            case TransferArrived():
                self._transfer(event)
            case FundingPaid():
                self._income(event, event.asset, event.amount, self._named(event.symbol), funding=True)
            case InterestPaid() | RewardReceived():
                self._income(event, event.asset, event.amount, self._own(event.asset))
            case RebateReceived():
                self._income(event, event.asset, event.amount, self._own(event.asset))
            case FeePaid():
                line = self._own(event.asset)
                value = self._income(event, event.asset, event.amount, line)
                line.fees_paid -= value
            case Converted():
                self._convert(event)
            case Settled():
                line = self._own(event.asset) if event.symbol is None else self._named(event.symbol)
                value = self._flow(event, event.asset, event.amount)
                line.realized += value
                score(line, value)
            case Opening() | Adjustment():
                self._opening(event)
            case CostGiven():
                book_cost(self.work, event)
            case Borrowed() | Retracted():
                pass
            case _:
                assert_never(event)

    # Legs. Each returns the value in the reporting currency, zero where it is not known: the lack is listed.

    def _acquire(self, event: Event, asset: str, quantity: Decimal, cost: Decimal | None, fee: Decimal,
                 kind: ClosingKind) -> None:  # fmt: skip
        if asset == self.currency or not quantity:
            return
        track(self.work, asset)
        if cost is None:
            self._arrive(event, asset, quantity)
            return
        pool = self._own(asset)
        pool.updated_ns = event.time_ns
        trade(self.work, pool, quantity, cost, fee, None, event, kind)

    def _arrive(self, event: Event, asset: str, quantity: Decimal, *, oldest: bool = False) -> None:
        """Add a lot of unknown cost; the pool is where it is shown."""
        track(self.work, asset)
        self._own(asset).updated_ns = event.time_ns
        arrive(self.work, asset, quantity, event, oldest=oldest)

    def _dispose(self, event: Event, asset: str, quantity: Decimal, value: Decimal | None, fee: Decimal,
                 kind: ClosingKind, *, margin: bool = False) -> None:  # fmt: skip
        if asset == self.currency or not quantity:
            return
        track(self.work, asset)
        pool = self._own(asset)
        pool.updated_ns = event.time_ns
        if value is None:
            spend(self.work, asset, quantity)
            pool.unpriced_fees += kind == "fee"
            return
        sell(self.work, pool, quantity, -value, fee, None, event, kind, margin=margin)

    def _flow(self, event: Event, asset: str, amount: Decimal) -> Decimal:
        value = self.valuer.value(asset, abs(amount), event)
        if amount > ZERO:
            self._acquire(event, asset, amount, value, ZERO, "payment")
        else:
            self._dispose(event, asset, -amount, value, ZERO, "payment")
        return (value or ZERO) if amount > ZERO else -(value or ZERO)

    def _income(self, event: Event, asset: str, amount: Decimal, line: Line, *, funding: bool = False) -> Decimal:
        value = self._flow(event, asset, amount)
        line.updated_ns = event.time_ns
        if funding:
            line.funding += value
        else:
            line.other_income += value
        return value

    def _worth(self, amounts: dict[str, Decimal], event: Event) -> Decimal:
        """Return what fees were worth, as far as they have a price."""
        return sum((self.valuer.value(asset, amount, event) or ZERO for asset, amount in amounts.items()), ZERO)

    def _pay_fees(self, event: Event, amounts: dict[str, Decimal]) -> None:
        for asset, amount in amounts.items():
            price = self.valuer.price(asset, event.time_ns)
            value = None if price is None else abs(amount) * price
            if amount > ZERO:
                self._dispose(event, asset, amount, value, ZERO, "fee")
            else:
                self._acquire(event, asset, -amount, value, ZERO, "fee")

    # Facts.

    def _fill(self, fill: Fill) -> None:
        market = self.work.instrument(fill.symbol)
        settle = fill.settle or (None if market is None else market.settle)
        if settle is not None:
            self._contract(fill, settle)
            return
        if market is None or fill.quantity is None:
            self.work.note("unknown-instrument" if market is None else "unusable-fill", fill.symbol, fill)
            return
        self._exchange(
            fill, market.base, market.quote, fill.quantity, fill.quantity * fill.price, buy=fill.side == "buy"
        )

    def _exchange(self, fill: Fill, base: str, quote: str, quantity: Decimal, money: Decimal, *, buy: bool) -> None:
        value = self.valuer.trade(base, quantity, quote, money, fill)
        amounts = _amounts(fill.fees or ())
        in_base = amounts.pop(base, ZERO)
        n = (quantity if buy else -quantity) - in_base
        fee, part = self._worth(amounts, fill), value
        if in_base and value is not None:
            at_fill = share(value, in_base, quantity)
            fee, part = fee + at_fill, value - at_fill if buy else value + at_fill
        line = self._own(base)
        line.fees_paid += fee
        paying: ClosingKind = "payment" if quote in self.valuer.pegged else "trade"
        if n > ZERO:
            self._acquire(fill, base, n, part, fee, "trade")
        else:
            self._dispose(fill, base, -n, part, fee, "trade", margin=fill.margin)
        if buy:
            self._dispose(fill, quote, money, value, ZERO, paying, margin=fill.margin)
        else:
            self._acquire(fill, quote, money, value, ZERO, paying)
        self._pay_fees(fill, amounts)

    def _contract(self, fill: Fill, settle: str) -> None:
        market = self.work.instrument(fill.symbol)
        inverse = fill.inverse if fill.settle is not None or market is None else market.inverse
        size = fill.contract_size or (Decimal(1) if market is None else market.contract_size)
        quantity = fill.quantity
        if fill.contracts is not None and (inverse or quantity is None):
            quantity = fill.contracts * size
        if quantity is None or (inverse and not fill.price):
            self.work.note("unusable-fill", fill.symbol, fill)
            return
        amounts = _amounts(fill.fees or ())
        fee = self._worth(amounts, fill)
        # Its cost is leg (settle asset) + fee (reporting currency); only cost − fee and fee are ever looked at.
        mixed = self.work.line((fill.wallet, fill.symbol, fill.position_side or "", settle), "linear")
        line = self._named(fill.symbol)
        n = quantity if fill.side == "buy" else -quantity
        leg = round_to_quantum(-n / fill.price) if inverse else n * fill.price
        fees_before, kept = mixed.fees, len(self.closings)
        gross = trade(self.work, mixed, n, leg, fee, None if inverse else fill.price, fill, fill.type)
        line.fees_paid += fee
        line.updated_ns = fill.time_ns
        for at in range(kept, len(self.closings)):
            self._revalue(at, line, settle, gross, mixed.fees - fees_before, fill)
        self._pay_fees(fill, amounts)

    def _revalue(self, at: int, line: Line, settle: str, gross: Decimal, fees: Decimal, fill: Fill) -> None:
        gain = (self._flow(fill, settle, gross) if gross else ZERO) - fees
        line.realized += gain
        line.fees += fees
        score(line, gain)
        self.closings[at] = msgspec.structs.replace(
            self.closings[at], currency=self.currency, proceeds=gain, cost=ZERO, fees=fees, matches=()
        )

    def _transfer(self, event: TransferArrived) -> None:
        within = event.type == "internal" and event.to_account in {None, event.account}
        if not within and event.asset != self.currency:
            if event.amount > ZERO:
                self._arrive(event, event.asset, event.amount)
            else:
                track(self.work, event.asset)
                spend(self.work, event.asset, -event.amount)
        if event.fee is not None and event.fee.amount:
            line = self._own(event.fee.asset)
            line.fees_paid -= self._income(event, event.fee.asset, -event.fee.amount, line)

    def _convert(self, event: Converted) -> None:
        given, got = event.from_, event.to
        value = self.valuer.trade(got.asset, got.amount, given.asset, given.amount, event)
        amounts = _amounts(event.fees)
        fee = self._worth(amounts, event)
        line = self._own(got.asset if got.asset != self.currency else given.asset)
        line.fees_paid += fee
        to_cash = got.asset == self.currency
        self._dispose(event, given.asset, given.amount, value, fee if to_cash else ZERO, "conversion")
        self._acquire(event, got.asset, got.amount, value, ZERO if to_cash else fee, "conversion")
        self._pay_fees(event, amounts)

    def _opening(self, event: Opening | Adjustment) -> None:
        if event.symbol is not None or event.asset == self.currency:
            return
        track(self.work, event.asset)
        if event.amount <= ZERO:
            spend(self.work, event.asset, -event.amount)
            return
        cost = event.cost if isinstance(event, Opening) else None
        currency = event.cost_asset if isinstance(event, Opening) else None
        value = None if cost is None or currency is None else self.valuer.value(currency, cost, event)
        if value is None:
            self._arrive(event, event.asset, event.amount, oldest=isinstance(event, Opening))
        else:
            lot = Lot(-1, event.id, None, event.time_ns, event.amount, value, ZERO)
            add_lot(self.work, self.work.pool(event.asset, self.currency), lot, event)

    # Lines.

    def _own(self, asset: str) -> Line:
        """The asset's pool, or the cash line of the reporting currency."""
        if asset == self.currency:
            return self.work.income(asset)
        pool, holding = self.work.pool(asset, self.currency), self.work.holding(asset)
        holding.home = holding.home or pool.symbol
        return pool

    def _named(self, symbol: str) -> Line:
        """The line of a contract's results in the reporting currency."""
        market = self.work.instrument(symbol)
        if market is not None and market.settle is None:
            return self._own(market.base)
        return self.work.line(("", symbol, "", self.currency), "cash")


def _amounts(fees: Iterable[Amount]) -> dict[str, Decimal]:
    """Add up fees by asset; one whose asset is not known cannot be valued here and is an issue of the trading book."""
    amounts: dict[str, Decimal] = {}
    for paid in fees:
        if paid.asset and paid.amount:
            amounts[paid.asset] = amounts.get(paid.asset, ZERO) + paid.amount
    return amounts
