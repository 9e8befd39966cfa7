"""Facts and a clock that the engine's tests share."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from account_cli.domain.events import Amount, Event, Fill, TransferArrived
from account_cli.domain.times import SECOND
from account_cli.engine.folding import METHOD, Folded, load_folded
from account_cli.engine.references import StoredReferences
from account_cli.ledger import LedgerState
from account_cli.ledger.state import MethodName
from account_cli.ports import Journal

START = 1_700_000_000 * SECOND


class FixedClock:
    """A clock that a test turns by hand."""

    def __init__(self, ns: int = START) -> None:
        self.ns = ns

    def now_ns(self) -> int:
        return self.ns

    def monotonic(self) -> float:
        return self.ns / SECOND

    async def sleep(self, seconds: float) -> None:
        self.ns += int(seconds * SECOND)


def fill(
    n: int,
    *,
    side: str = "buy",
    price: str = "100",
    quantity: str = "1",
    fees: tuple[tuple[str, str], ...] | None = (("USD", "0.1"),),
    symbol: str = "BTC/USD",
    account: str = "a",
) -> Fill:
    return Fill(
        account=account,
        id=f"T{n}",
        time_ns=START + n * SECOND,
        seq=n,
        order_id=f"O{n}",
        symbol=symbol,
        side="buy" if side == "buy" else "sell",
        price=Decimal(price),
        quantity=Decimal(quantity),
        fees=None if fees is None else tuple(Amount(asset, Decimal(amount)) for asset, amount in fees),
    )


def deposit(n: int, amount: str = "1000", asset: str = "USD") -> TransferArrived:
    return TransferArrived(
        account="a", id=f"D{n}", time_ns=START + n * SECOND, asset=asset, amount=Decimal(amount), type="deposit"
    )


def history(count: int, seed: int = 7) -> list[Event]:
    """Make trades in three markets, now and then more sold than held, with fees in money, in kind and in a third."""
    dice = random.Random(seed)
    events: list[Event] = [deposit(0, "1000000")]
    for n in range(1, count):
        side = "sell" if dice.random() < 0.45 else "buy"
        paid = dice.choice((("USD", "0.1"), ("USD", "-0.02"), ("BNB", "0.001"), ("BTC", "0.0003")))
        symbol = dice.choice(("BTC/USD", "ETH/USD", "ADA/USD"))
        events.append(
            fill(n, side=side, price=str(100 + dice.randrange(40)), quantity=f"0.{dice.randint(1, 999):03d}",
                 symbol=symbol, fees=(paid,))
        )  # fmt: skip
    return events


def batched(items: Sequence[Event], size: int) -> Iterator[list[Event]]:
    for start in range(0, len(items), size):
        yield list(items[start : start + size])


def folded(journal: Journal, account: str = "a", method: MethodName = METHOD) -> Folded:
    reader = journal.reader()
    try:
        return load_folded(reader, account, StoredReferences(reader), method)
    finally:
        reader.close()


def figures(state: LedgerState) -> tuple[object, ...]:
    """Return all that a state answers, to be compared with another's."""
    return state.totals(), state.lots(), dict(state.balances()), state.issues()


def shuffled(events: Iterable[Event], seed: int) -> list[Event]:
    mixed = list(events)
    random.Random(seed).shuffle(mixed)
    return mixed
