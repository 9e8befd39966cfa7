"""The fills that the benches write: over ten markets, a millisecond apart, with the digits that exchanges send."""

from __future__ import annotations

import random
from collections.abc import Iterator
from decimal import Decimal

from account_cli.domain.events import Amount, Fill

START_NS = 1_700_000_000_000_000_000


def fills(total: int, *, shuffled: bool = True) -> list[Fill]:
    """Return fills that buy and sell in turns of three, under names in no order, as most exchanges give them."""
    return list(stream(total, shuffled=shuffled))


def stream(total: int, *, shuffled: bool = True) -> Iterator[Fill]:
    """Yield such fills one by one: a million of them need not be in memory."""
    dice = random.Random(7)
    for number in range(total):
        yield Fill(
            account="main",
            id=f"{dice.getrandbits(64):016X}" if shuffled else f"T{number:012d}",
            time_ns=START_NS + number * 1_000_000,
            order_id=f"O{number // 50}",
            symbol=f"C{number % 10}/USD",
            side="sell" if number % 3 == 2 else "buy",
            price=Decimal(60_000_00 + number % 9973).scaleb(-2),
            quantity=Decimal(1 + number % 99_991).scaleb(-8),
            fees=(Amount("USD", Decimal(number % 997).scaleb(-4)),),
            liquidity="taker",
        )
