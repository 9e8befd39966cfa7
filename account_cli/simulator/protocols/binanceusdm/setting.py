"""The world behind Binance USDⓈ-M: four perpetual contracts in USDT, fees in USDT or BNB, times in milliseconds.

Trade ids of two markets overlap and one market's order ids are beyond 2^53, as on the real exchange.
"""

from __future__ import annotations

import random
from decimal import Decimal

from account_cli.simulator.world.facts import EntryKind, Market, Names, Setting

DIGITS = 8
_FIRST_ORDER = {"ETH/USDT:USDT": 8_389_765_501_234_567_890}


class BinanceNames:
    """Whole numbers: orders and trades count within a market, entries (``tranId``) within the account."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(f"{seed}:binance:names")  # noqa: S311
        self._orders: dict[str, int] = {}
        self._trades: dict[str, int] = {}
        self._entry = 9_689_322_000

    def order(self, symbol: str) -> tuple[str, int]:
        """Name an order."""
        number = self._orders.get(symbol, _FIRST_ORDER.get(symbol, 395_848_120_000)) + self._random.randint(1, 500)
        self._orders[symbol] = number
        return str(number), number

    def fill(self, market: Market, number: int = 0) -> tuple[str, int]:
        """Name a trade."""
        number = number or self._trades.get(market.symbol, market.first_trade) + self._random.randint(1, 3)
        self._trades[market.symbol] = number
        return str(number), number

    def entry(self, _kind: EntryKind) -> tuple[str, int]:
        """Name a line of income."""
        self._entry += self._random.randint(1, 9)
        return str(self._entry), self._entry

    def transfer(self, _kind: EntryKind) -> str:
        """A transfer has no other name than its line's."""
        return ""


def _names(seed: int) -> Names:
    return BinanceNames(seed)


def _market(
    base: str,
    price: str,
    price_digits: int,
    lot_digits: int,
    wobble: int,
    unit: str,
    first: int,
    *,
    quiet: bool = False,
) -> Market:
    return Market(
        symbol=f"{base}/USDT:USDT",
        base=base,
        quote="USDT",
        settle="USDT",
        price_digits=price_digits,
        lot_digits=lot_digits,
        start_price=Decimal(price),
        wobble=wobble,
        unit=Decimal(unit),
        first_trade=first,
        quiet=quiet,
    )


SETTING = Setting(
    venue="binanceusdm",
    wallet="futures",
    markets=(
        _market("BTC", "65000.0", 1, 3, 60, "0.010", 5_600_000_000),
        _market("ETH", "3500.00", 2, 3, 35, "0.200", 5_600_000_000),
        _market("BNB", "600.00", 2, 2, 6, "0.50", 1_200_000_000),
        _market("SOL", "150.00", 2, 0, 2, "4", 2_300_000_000),
        _market("XRP", "0.5000", 4, 0, 5, "200", 1_900_000_000, quiet=True),
    ),
    grain_ns=1_000_000,
    asset_digits=DIGITS,
    maker_rate=Decimal("0.0002"),
    taker_rate=Decimal("0.0005"),
    fee_styles=("quote", "quote", "third"),
    third_asset="BNB",
    third_per_dollar=Decimal("0.9"),
    third_market="BNB/USDT:USDT",
    deposits=(("USDT", Decimal("10000.12345678"), Decimal(0)), ("BNB", Decimal("1.5"), Decimal(0))),
    names=_names,
)
IDS = {f"{market.base}{market.quote}": market for market in SETTING.markets}


def wire_id(symbol: str) -> str:
    """Return Binance's name of a contract, for example ``BTCUSDT``."""
    return symbol.partition(":")[0].replace("/", "")
