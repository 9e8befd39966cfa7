"""A fact as postings that balance: lots at cost, money as it moved, what was earned, and where the rest came from.

Accounts are Assets:ACCOUNT:WALLET:ASSET. An asset that is traded is held in lots, each where it arrived; a pool of lots
is the account's, so a sale may use a lot that lies in another wallet: then plain units change the wallet too, and what
is in a wallet is always what the ledger says. Lots of unknown cost cost 0 of ``UNKNOWN``, which is no currency.

``Equity:…:Exchange`` is where an inventory asset that is money of a trade changes from units at cost to plain units;
``Equity:…:Moved-Cost`` is the cost of what left without a sale. The weights of every other currency must cancel by
themselves: that is law 3 of the ledger, and a book that breaks it is not written.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal, localcontext
from typing import NamedTuple

import msgspec

from account_cli.domain.events import (
    Adjustment,
    CostGiven,
    Event,
    FeePaid,
    Fill,
    InterestPaid,
    Opening,
    RebateReceived,
    RewardReceived,
    TransferArrived,
)
from account_cli.domain.identity import kind_of
from account_cli.domain.money import MONEY, ZERO, plain
from account_cli.errors import InternalError
from account_cli.ledger.double_entry import Booking, LotMove, LotName, Result

UNKNOWN = "UNKNOWN"
"""The currency of a cost that nobody knows."""
_OUTSIDE: dict[type[Event], str] = {
    TransferArrived: "Transfers",
    Opening: "Opening-Balances",
    CostGiven: "Opening-Balances",
    Adjustment: "Adjustments",
}
_EARNED: dict[type[Event], str] = {InterestPaid: "Interest", RewardReceived: "Rewards", RebateReceived: "Rebates"}
_SPENT = (FeePaid, Fill, TransferArrived)


class Posting(NamedTuple):
    """So many units at one account; those of a lot with its ``label`` and their cost, fees in, signed as the units.

    ``opened_ns`` is set where the lot is new.
    """

    account: tuple[str, ...]
    units: Decimal
    asset: str
    cost: Decimal | None = None
    currency: str = ""
    label: str = ""
    opened_ns: int | None = None


class Transaction(msgspec.Struct, frozen=True, kw_only=True):
    """A fact that moved something."""

    event: Event
    title: str
    postings: tuple[Posting, ...]


class _Lot(NamedTuple):
    label: str
    account: tuple[str, ...]
    bent: bool
    """Its cost has not the sign of its units, as when a rebate was higher than the price: it is held at 0."""


class Postings:
    """Makes transactions of one account's facts, in order."""

    def __init__(self, account: str) -> None:
        self._account = account
        self._open: dict[LotName, _Lot] = {}
        self._made = 0

    def of(self, booking: Booking) -> Transaction | None:
        """Return the fact's transaction; None when it moved nothing."""
        with localcontext(MONEY):
            postings = list(self._postings(booking))
        if not postings:
            return None
        return Transaction(event=booking.event, title=title_of(booking.event), postings=tuple(postings))

    def _postings(self, booking: Booking) -> Iterator[Posting]:
        made: list[Posting] = []
        plain_units = dict(booking.balances)
        for move in booking.lots:
            for posting in self._lot(move, booking.event):
                made.append(posting)
                if posting.account[0] == "Assets":
                    place = (posting.account[2], posting.asset)
                    plain_units[place] = plain_units.get(place, ZERO) - posting.units
        for (wallet, asset), units in plain_units.items():
            if units:
                made.append(Posting(("Assets", self._account, wallet, asset), units, asset))
        made += [
            Posting(("Liabilities", self._account, "Owed", asset), -units, asset)
            for asset, units in booking.owed.items()
        ]
        made += [
            Posting(("Assets", self._account, "In-Transit", asset), units, asset)
            for asset, units in booking.in_transit.items()
        ]
        made += [self._result(result, booking.event) for result in booking.results if _counts(result, booking.event)]
        yield from made
        yield from self._rest(made, booking)

    def _lot(self, move: LotMove, event: Event) -> Iterator[Posting]:
        if move.opened:
            self._made += 1
            cost = move.cost or ZERO
            self._open[move.lot] = _Lot(
                label=f"{move.id or 'before'}/{self._made}",
                account=("Assets", self._account, event.wallet, move.asset),
                bent=bool(cost) and (cost > ZERO) != (move.units > ZERO),
            )
        lot = self._open[move.lot]
        opened_ns = move.opened_ns if move.opened else None
        if move.cost is None or move.currency is None:
            yield Posting(lot.account, move.units, move.asset, ZERO, UNKNOWN, lot.label, opened_ns)
            return
        cost = ZERO if lot.bent else move.cost
        yield Posting(lot.account, move.units, move.asset, cost, move.currency, lot.label, opened_ns)
        if lot.bent:
            yield Posting(("Equity", self._account, "Negative-Cost"), move.cost, move.currency)

    def _result(self, result: Result, event: Event) -> Posting:
        amount, name = -result.amount, ""
        match result.what:
            case "realized":
                name = "Contracts" if result.is_contract else "Trading"
            case "unknown":
                name = "Unknown-Cost"
            case "moved":
                return Posting(("Equity", self._account, "Moved-Cost"), -amount, result.currency)
            case "funding":
                name = "Funding"
            case "fees_paid":
                return Posting(("Expenses", self._account, "Fees"), -amount, result.currency)
            case "income":
                if isinstance(event, _SPENT):
                    return Posting(("Expenses", self._account, "Fees"), amount, result.currency)
                name = _EARNED.get(type(event), "Other")
        return Posting(("Income", self._account, name), amount, result.currency)

    def _rest(self, made: list[Posting], booking: Booking) -> Iterator[Posting]:
        weights: dict[str, Decimal] = {}
        for posting in made:
            asset, weight = (posting.asset, posting.units) if posting.cost is None else (posting.currency, posting.cost)
            weights[asset] = weights.get(asset, ZERO) + weight
        outside = _OUTSIDE.get(type(booking.event))
        for asset, weight in weights.items():
            if not weight:
                continue
            if outside is None and asset not in booking.inventory:
                raise InternalError(
                    f"export: {kind_of(booking.event)} {booking.event.id!r} leaves {plain(weight)} {asset} unbalanced"
                )
            yield Posting(("Equity", self._account, outside or "Exchange"), -weight, asset)


def _counts(result: Result, event: Event) -> bool:
    """A contract's fees are money of their own when a fill paid them; else they are in its income already."""
    return result.what != "fees_paid" or isinstance(event, Fill)


def title_of(event: Event) -> str:
    """Say in a line what happened."""
    if isinstance(event, Fill):
        quantity = event.contracts if event.inverse or event.quantity is None else event.quantity
        how_many = "" if quantity is None else f"{plain(quantity)} "
        forced = "" if event.type == "trade" else f"{event.type}: "
        return f"{forced}{event.side} {how_many}{event.symbol} at {plain(event.price)}"
    if isinstance(event, TransferArrived):
        return f"{event.type} of {plain(abs(event.amount))} {event.asset}"
    amount = getattr(event, "amount", None)
    told = "" if not isinstance(amount, Decimal) else f" {plain(amount)} {getattr(event, 'asset', '')}"
    about = getattr(event, "symbol", None) or getattr(event, "reason", None)
    return f"{kind_of(event)}{told}" + (f" ({about})" if about else "")
