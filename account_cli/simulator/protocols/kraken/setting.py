"""The world behind Kraken: four spot markets, fees in quote, base or fee credits, times to a tenth of a millisecond.

Kraken's REST gives times as floating seconds with four digits and its stream with six; facts that happen on the 100 µs
grid look the same in both. Amounts have ten digits, dollars too (the real ones have four): what a fill costs is then
exactly price times volume, and a checker needs no tolerance.
"""

from __future__ import annotations

import random
import string
from decimal import Decimal

from account_cli.simulator.world.facts import EntryKind, Market, Names, Setting

_SIGNS = string.ascii_uppercase + "234567"
DIGITS = 10


class KrakenNames:
    """Order, trade and ledger ids like ``OQCLML-BW3P3-BUCMWZ``; trade numbers count within a market, with gaps."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(f"{seed}:kraken:names")  # noqa: S311
        self._trades: dict[str, int] = {}
        self._count = 0

    def _id(self, letter: str) -> str:
        text = letter + "".join(self._random.choices(_SIGNS, k=16))
        return f"{text[:6]}-{text[6:11]}-{text[11:]}"

    def order(self, _symbol: str) -> tuple[str, int]:
        """Name an order; its number only counts."""
        self._count += 1
        return self._id("O"), self._count

    def fill(self, market: Market, number: int = 0) -> tuple[str, int]:
        """Name a trade; the number is the market's own trade count, which others' trades share."""
        number = number or self._trades.get(market.symbol, market.first_trade) + self._random.randint(1, 40)
        self._trades[market.symbol] = number
        return self._id("T"), number

    def entry(self, _kind: EntryKind) -> tuple[str, int]:
        """Name a ledger line."""
        self._count += 1
        return self._id("L"), self._count

    def transfer(self, kind: EntryKind) -> str:
        """Name what a ledger line of a transfer refers to; withdrawals begin with A, deposits with Q."""
        text = "".join(self._random.choices(_SIGNS, k=18))
        letter = {"deposit": "Q", "withdrawal": "A", "reward": "S"}.get(kind, "B")
        return f"{letter}{text[:6]}-{text[6:12]}-{text[12:]}"


def _names(seed: int) -> Names:
    return KrakenNames(seed)


SETTING = Setting(
    venue="kraken",
    wallet="spot",
    markets=(
        Market(
            symbol="BTC/USD",
            base="BTC",
            quote="USD",
            price_digits=1,
            lot_digits=8,
            start_price=Decimal("65000.0"),
            wobble=60,
            unit=Decimal("0.01"),
            first_trade=68_230_000,
        ),
        Market(
            symbol="ETH/USD",
            base="ETH",
            quote="USD",
            price_digits=2,
            lot_digits=8,
            start_price=Decimal("3500.00"),
            wobble=35,
            unit=Decimal("0.16"),
            first_trade=52_110_000,
        ),
        Market(
            symbol="ETH/BTC",
            base="ETH",
            quote="BTC",
            price_digits=5,
            lot_digits=5,
            start_price=Decimal("0.05380"),
            wobble=1,
            unit=Decimal("0.1"),
            first_trade=30_400_000,
        ),
        Market(
            symbol="DOGE/USD",
            base="DOGE",
            quote="USD",
            price_digits=5,
            lot_digits=5,
            start_price=Decimal("0.12345"),
            wobble=14,
            unit=Decimal(600),
            first_trade=11_900_000,
        ),
    ),
    grain_ns=100_000,
    asset_digits=DIGITS,
    fee_digits={"KFEE": 2},
    maker_rate=Decimal("0.0025"),
    taker_rate=Decimal("0.0040"),
    fee_styles=("quote", "quote", "quote", "base", "third"),
    third_asset="KFEE",
    third_per_dollar=Decimal(100),
    deposits=(
        ("USD", Decimal("250000"), Decimal("10")),
        ("BTC", Decimal("3.0123456789"), Decimal(0)),
        ("ETH", Decimal("25.5"), Decimal(0)),
        ("DOGE", Decimal("60000"), Decimal(0)),
        ("KFEE", Decimal("50000"), Decimal(0)),
    ),
    names=_names,
)
