"""Short words for facts in ledger tests."""

from __future__ import annotations

from decimal import Decimal
from itertools import count

from account_cli.domain.events import Amount, Fill, PriceQuoted
from account_cli.domain.instruments import Instrument
from account_cli.domain.times import SECOND

_numbers = count(1)


class Quotes:
    """Constant prices in USD, by asset; ``at`` overrides one at an instant."""

    def __init__(self, **prices: str) -> None:
        self.prices = {asset: Decimal(price) for asset, price in prices.items()}
        self.instruments: dict[str, Instrument] = {}

    def instrument(self, symbol: str) -> Instrument | None:
        return self.instruments.get(symbol)

    def price(self, asset: str, currency: str, time_ns: int, within_ns: int) -> PriceQuoted | None:
        if currency != "USD" or asset not in self.prices:
            return None
        return PriceQuoted(time_ns=time_ns, asset=asset, price=self.prices[asset], currency=currency, source="market")


def fill(side: str, quantity: str, symbol: str, price: str, *fees: tuple[str, str], **more: object) -> Fill:
    """Make a fill a second later than the one made before."""
    n = next(_numbers)
    values: dict[str, object] = {
        "account": "main", "id": f"T{n}", "time_ns": n * SECOND, "order_id": "O", "symbol": symbol, "side": side,
        "price": Decimal(price), "quantity": Decimal(quantity),
        "fees": tuple(Amount(asset, Decimal(amount)) for amount, asset in fees), **more,
    }  # fmt: skip
    return Fill(**values)  # type: ignore[arg-type]


def fact(kind: type, **values: object) -> object:
    """Make any other fact, a second later than the one made before; amounts may be texts."""
    n = next(_numbers)
    decimals = {key: Decimal(v) if key in {"amount", "cost"} and isinstance(v, str) else v for key, v in values.items()}
    return kind(account="main", id=f"T{n}", time_ns=n * SECOND, **decimals)
