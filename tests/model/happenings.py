"""What happens on the exchange of the random operations, and what it comes to when it is only added up."""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal, localcontext

from msgspec.structs import replace

from account_cli.domain.events import (
    Amount,
    Converted,
    Event,
    FeePaid,
    Fill,
    FundingPaid,
    InterestPaid,
    RewardReceived,
    TransferArrived,
)
from account_cli.domain.identity import identity
from account_cli.domain.instruments import Instrument
from account_cli.domain.money import MONEY, ZERO
from account_cli.domain.times import MILLISECOND, SECOND

START = 1_700_000_000 * SECOND
ACCOUNTS = ("one", "two")
SPOT = ("AAA/USD", "BBB/USD", "BBB/AAA")
SWAPS = ("AAA/USDT:USDT", "BBB/USDT:USDT")
INVERSE = "AAA/USD:AAA"
TERMS = Instrument(symbol=INVERSE, base="AAA", quote="USD", settle="AAA", inverse=True, contract_size=Decimal(10))


@dataclass(slots=True)
class Account:
    """What is true of one account, what was told of it, and what waits to be told."""

    name: str
    facts: list[Event] = field(default_factory=list)
    waiting: list[Event] = field(default_factory=list)
    told: dict[str, Event] = field(default_factory=dict)
    orders: list[tuple[str, str]] = field(default_factory=list)
    entries: int = 0
    cursor: int = 0
    """Facts before this one are proved to be known."""


class Venue:
    """Makes facts of accounts, in order; two may share an instant."""

    def __init__(self) -> None:
        self.now = START
        self._number = 0

    def _time(self, dice: random.Random) -> int:
        if dice.random() < 0.7:
            self.now += dice.randrange(1, 3 * SECOND)
        return self.now

    def _happens(self, account: Account, event: Event, dice: random.Random) -> None:
        """A fact comes into being: some time it will be told, perhaps with less than all that is to say."""
        account.facts.append(event)
        telling = event
        if isinstance(event, Fill):
            if dice.random() < 0.15:
                telling = replace(telling, fees=None)
            if dice.random() < 0.15:
                telling = replace(telling, time_ns=event.time_ns // MILLISECOND * MILLISECOND)
            if dice.random() < 0.1:
                telling = replace(telling, liquidity=None)
        account.waiting.append(telling)

    def fill(self, account: Account, dice: random.Random) -> None:
        self._number += 1
        symbol = dice.choice((*SPOT, *SPOT, *SWAPS, INVERSE))
        account.orders.append((f"O{self._number}", symbol))
        self._fill(account, account.orders[-1], dice)

    def partial(self, account: Account, dice: random.Random) -> None:
        """A further fill of an order there is; often in the same instant."""
        if account.orders:
            self._fill(account, dice.choice(account.orders[-5:]), dice)

    def _fill(self, account: Account, order: tuple[str, str], dice: random.Random) -> None:
        order_id, symbol = order
        self._number += 1
        # Exchanges number trades by market and give both sides of a self-trade one number.
        name = f"T{self._number // 2}"
        price = Decimal(dice.randrange(1, 10**6)).scaleb(-3)
        quantity = Decimal(dice.randrange(1, 10**6)).scaleb(-dice.choice((0, 3, 8)))
        swap = symbol in SWAPS
        inverse = symbol == INVERSE
        base, quote = symbol.partition("/")[0], symbol.partition("/")[2].partition(":")[0]
        fee = Decimal(dice.randrange(-20, 200)).scaleb(-4)
        paid = dice.choice(((quote, fee), ("BNB", fee), (base, quantity * abs(fee) / 1000), (quote, ZERO)))
        if swap or inverse:
            paid = ("USDT" if swap else "AAA", fee)
        event = Fill(
            account=account.name,
            id=name,
            time_ns=self._time(dice),
            seq=self._number if dice.random() < 0.5 else None,
            wallet="futures" if swap or inverse else "spot",
            order_id=order_id,
            symbol=symbol,
            side="buy" if int(order_id[1:]) % 2 else "sell",
            price=price,
            quantity=None if inverse else quantity,
            contracts=Decimal(dice.randrange(1, 50)) if inverse else None,
            contract_size=Decimal(10) if inverse else None,
            settle="USDT" if swap else "AAA" if inverse else None,
            inverse=inverse,
            fees=(Amount(*paid),),
            liquidity="maker",
        )
        if identity(event) not in {identity(one) for one in account.facts[-50:]}:
            self._happens(account, event, dice)

    def money(self, account: Account, dice: random.Random) -> None:
        """Money comes, goes, is earned, charged or changed."""
        self._number += 1
        head = {"account": account.name, "id": f"M{self._number}", "time_ns": self._time(dice)}
        asset = dice.choice(("AAA", "BBB", "USD", "BNB"))
        amount = Decimal(dice.randrange(1, 10**6)).scaleb(-3)
        made: Event
        match dice.randrange(7):
            case 0:
                made = TransferArrived(**head, asset=asset, amount=amount, type="deposit")  # type: ignore[arg-type]
            case 1:
                fee = Amount(asset, Decimal("0.001"))
                made = TransferArrived(**head, asset=asset, amount=-amount, type="withdrawal", fee=fee)  # type: ignore[arg-type]
            case 2:
                made = FundingPaid(**head, wallet="futures", symbol=SWAPS[0], asset="USDT", amount=amount - 500)  # type: ignore[arg-type]
            case 3:
                made = RewardReceived(**head, asset=asset, amount=amount)  # type: ignore[arg-type]
            case 4:
                made = InterestPaid(**head, asset=asset, amount=-amount)  # type: ignore[arg-type]
            case 5:
                made = FeePaid(**head, asset=asset, amount=-amount)  # type: ignore[arg-type]
            case _:
                given = Amount("AAA", amount)
                made = Converted(**head, from_=given, to=Amount("BBB", amount * 3))  # type: ignore[arg-type]
        self._happens(account, made, dice)


def counted(facts: list[Event]) -> tuple[dict[tuple[str, str], Decimal], dict[str, Decimal]]:
    """Add up what facts say, by (wallet, asset) and by contract, without zeros: the ledger is asked nothing.

    The money of contracts is left out: what they realised is in it, and the laws of the ledger look after that.
    """
    sums: dict[tuple[str, str], Decimal] = defaultdict(lambda: ZERO)
    positions: dict[str, Decimal] = defaultdict(lambda: ZERO)
    with localcontext(MONEY):
        for fact in facts:
            match fact:
                case Fill():
                    sign = 1 if fact.side == "buy" else -1
                    if fact.settle is not None:
                        units = fact.contracts if fact.inverse else fact.quantity
                        positions[fact.symbol] += sign * (units or ZERO)
                    else:
                        base, _, quote = fact.symbol.partition("/")
                        assert fact.quantity is not None
                        sums[fact.wallet, base] += sign * fact.quantity
                        sums[fact.wallet, quote] -= sign * fact.quantity * fact.price
                    for fee in fact.fees or ():
                        sums[fact.wallet, fee.asset] -= fee.amount
                case Converted():
                    sums[fact.wallet, fact.from_.asset] -= fact.from_.amount
                    sums[fact.wallet, fact.to.asset] += fact.to.amount
                case TransferArrived() | FundingPaid() | RewardReceived() | InterestPaid() | FeePaid():
                    sums[fact.wallet, fact.asset] += fact.amount
                    charged = getattr(fact, "fee", None)
                    if charged is not None:
                        sums[fact.wallet, charged.asset] -= charged.amount
    nonzero = {slot: amount for slot, amount in sums.items() if amount and slot[0] == "spot"}
    return nonzero, {symbol: quantity for symbol, quantity in positions.items() if quantity}
