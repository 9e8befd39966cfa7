"""The world behind Binance spot: markets in USDT and BTC, fees in what is got or in BNB, times in milliseconds.

Trade ids count within a market, so those of two markets overlap. Not every listed market is ever traded in, and one
(``XRP``) is only met by converting.
"""

from __future__ import annotations

import hashlib
import random
from decimal import Decimal

from account_cli.simulator.world.facts import EntryKind, Market, Names, Setting

DIGITS = 8


class SpotNames:
    """Whole numbers, but withdrawals, which are named in hexadecimal."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(f"{seed}:binance-spot:names")  # noqa: S311
        self._orders: dict[str, int] = {}
        self._trades: dict[str, int] = {}
        self._entry = 769_800_519_366_885_376
        self._conversion = 940_708_407_462_087_195

    def order(self, symbol: str) -> tuple[str, int]:
        """Name an order."""
        number = self._orders.get(symbol, 28_394_000_000) + self._random.randint(1, 500)
        self._orders[symbol] = number
        return str(number), number

    def fill(self, market: Market, number: int = 0) -> tuple[str, int]:
        """Name a trade."""
        number = number or self._trades.get(market.symbol, market.first_trade) + self._random.randint(1, 30)
        self._trades[market.symbol] = number
        return str(number), number

    def entry(self, kind: EntryKind) -> tuple[str, int]:
        """Name a deposit, withdrawal, transfer or dividend."""
        self._entry += self._random.randint(1, 9)
        if kind == "withdrawal":
            return hashlib.sha256(str(self._entry).encode()).hexdigest()[:32], self._entry
        return str(self._entry), self._entry

    def transfer(self, kind: EntryKind) -> str:
        """Name a conversion (``orderId``) or a sweep of dust (``transId``)."""
        if kind not in {"conversion", "dust"}:
            return ""
        self._conversion += self._random.randint(1, 9)
        return str(self._conversion)


def _names(seed: int) -> Names:
    return SpotNames(seed)


def _market(
    symbol: str, price: str, lot_digits: int, wobble: int, unit: str, first: int, *, quiet: bool = False
) -> Market:
    base, _, quote = symbol.partition("/")
    return Market(
        symbol=symbol,
        base=base,
        quote=quote,
        price_digits=len(price.partition(".")[2]),
        lot_digits=lot_digits,
        start_price=Decimal(price),
        wobble=wobble,
        unit=Decimal(unit),
        first_trade=first,
        quiet=quiet,
    )


SETTING = Setting(
    venue="binance",
    wallet="spot",
    markets=(
        _market("BTC/USDT", "65000.00", 5, 600, "0.01", 3_600_000_000),
        _market("ETH/USDT", "3500.00", 4, 35, "0.16", 1_400_000_000),
        _market("ETH/BTC", "0.05380", 3, 1, "0.10", 450_000_000),
        _market("BNB/USDT", "600.00", 3, 6, "0.20", 800_000_000),
        _market("DOGE/USDT", "0.12345", 1, 14, "600.0", 3_600_000_000),
        _market("ADA/USDT", "0.3500", 1, 1, "100.0", 250_000_000, quiet=True),
    ),
    grain_ns=1_000_000,
    asset_digits=DIGITS,
    maker_rate=Decimal("0.001"),
    taker_rate=Decimal("0.001"),
    fee_styles=("got", "got", "third"),
    third_asset="BNB",
    third_per_dollar=Decimal("0.75"),
    third_market="BNB/USDT",
    deposits=(
        ("USDT", Decimal("250000"), Decimal(0)),
        ("BTC", Decimal("3.01234567"), Decimal(0)),
        ("ETH", Decimal("25.5"), Decimal(0)),
        ("DOGE", Decimal("60000"), Decimal(0)),
        ("BNB", Decimal("60"), Decimal(0)),
    ),
    names=_names,
    dollar="USDT",
    converts=True,
)
LISTED = (*SETTING.markets, _market("XRP/USDT", "0.4321", 1, 1, "100.0", 1))
"""One is never traded in at all."""
IDS = {f"{market.base}{market.quote}": market for market in LISTED}


def wire_id(symbol: str) -> str:
    """Return Binance's name of a market, for example ``BTCUSDT``."""
    return symbol.replace("/", "")
