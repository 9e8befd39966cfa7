"""A fact as tax programs think of it: something sent, something received, a fee beside them, and what it was.

Amounts are without the fee. A trade, a conversion, a deposit is one movement; a fee in a further asset is one of its
own. Of a contract only money counts: what a closing brought before fees, the fees, the funding; never the contracts.
A transfer that ends in another wallet of the same account moves nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Literal, NamedTuple, Protocol, assert_never

from account_cli.domain.events import (
    Adjustment,
    Amount,
    Borrowed,
    Converted,
    CostGiven,
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
from account_cli.domain.money import MONEY, ZERO
from account_cli.interchange.books.postings import title_of
from account_cli.ledger.double_entry import Booking

What = Literal[
    "trade", "transfer", "opening", "adjustment", "loan", "interest", "staking", "airdrop", "cashback", "reward",
    "rebate", "fee", "funding", "gain", "futures fee",
]  # fmt: skip


class Movement(NamedTuple):
    """What came and went at once. ``worth`` is what it had cost where that is known and told by nothing else."""

    what: What
    account: str
    id: str
    time_ns: int
    sent: Amount | None
    received: Amount | None
    fee: Amount | None
    worth: Amount | None
    note: str
    tx: str


class _Make(Protocol):
    def __call__(
        self, what: What, sent: Amount | None = None, received: Amount | None = None, fee: Amount | None = None
    ) -> Movement: ...


def movements(booking: Booking) -> Iterator[Movement]:
    """Yield what a fact moved, as far as a tax program can know of it."""
    event = booking.event
    note = title_of(event)

    def made(
        what: What, sent: Amount | None = None, received: Amount | None = None, fee: Amount | None = None,
        worth: Amount | None = None, tx: str = "",
    ) -> Movement:  # fmt: skip
        return Movement(what, event.account, event.id, event.time_ns, sent, received, fee, worth, note, tx)

    def one(what: What, asset: str, amount: Decimal, fee: Amount | None = None, tx: str = "") -> Iterator[Movement]:
        if amount or fee:
            sent = Amount(asset, -amount) if amount < ZERO else None
            yield made(what, sent, Amount(asset, amount) if amount > ZERO else None, fee, tx=tx)

    match event:
        case Fill():
            yield from _fill(booking, event, made)
        case Converted():
            yield from _with_fees(made, event.from_, event.to, event.fees)
        case TransferArrived():
            if event.to_wallet is None or event.to_account not in {None, event.account}:
                yield from one("transfer", event.asset, event.amount, event.fee, event.tx or "")
        case Opening():
            known = event.cost is not None and event.cost_asset is not None
            worth = Amount(event.cost_asset or "", event.cost or ZERO) if known else None
            if event.amount > ZERO and booking.balances:
                yield made("opening", received=Amount(event.asset, event.amount), worth=worth)
        case Adjustment():
            if booking.balances:
                yield from one("adjustment", event.asset, event.amount)
        case Borrowed():
            yield from one("loan", event.asset, event.amount)
        case InterestPaid():
            yield from one("interest", event.asset, event.amount)
        case RewardReceived():
            named: dict[str, What] = {"staking": "staking", "airdrop": "airdrop", "cashback": "cashback"}
            yield from one(named.get(event.type, "reward"), event.asset, event.amount)
        case RebateReceived():
            yield from one("rebate", event.asset, event.amount)
        case FeePaid():
            yield from one("fee" if event.amount < ZERO else "rebate", event.asset, event.amount)
        case FundingPaid():
            yield from one("funding", event.asset, event.amount)
        case Settled():
            yield from one("gain", event.asset, event.amount)
        case CostGiven() | Retracted():
            pass
        case _:
            assert_never(event)


def _fill(booking: Booking, fill: Fill, made: _Make) -> Iterator[Movement]:
    gains = [result for result in booking.results if result.is_contract and result.what == "realized"]
    if fill.settle is not None or any(result.is_contract for result in booking.results):
        for gain in gains:
            amount = Amount(gain.currency, abs(gain.amount))
            yield made("gain", amount) if gain.amount < ZERO else made("gain", None, amount)
        for fee in fill.fees or ():
            if fee.amount and fee.asset:
                paid = Amount(fee.asset, abs(fee.amount))
                yield made("futures fee", paid) if fee.amount > ZERO else made("rebate", None, paid)
        return
    base, slash, quote = fill.symbol.partition("/")
    if fill.quantity is None or not slash:
        return
    got, money = Amount(base, fill.quantity), Amount(quote, MONEY.multiply(fill.quantity, fill.price))
    sent, received = (money, got) if fill.side == "buy" else (got, money)
    yield from _with_fees(made, sent, received, fill.fees or ())


def _with_fees(made: _Make, sent: Amount, received: Amount, fees: Sequence[Amount]) -> Iterator[Movement]:
    paid = [fee for fee in fees if fee.amount > ZERO and fee.asset]
    yield made("trade", sent, received, paid[0] if paid else None)
    for fee in paid[1:]:
        yield made("fee", fee)
    for fee in fees:
        if fee.amount < ZERO and fee.asset:
            yield made("rebate", None, Amount(fee.asset, -fee.amount))
