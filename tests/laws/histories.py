"""Random histories of an account, for hypothesis: spot, margin, linear, inverse, hedge mode, fees of all kinds."""

from __future__ import annotations

from decimal import Decimal

import msgspec
from hypothesis import strategies as st

from account_cli.domain.events import (
    Amount,
    Event,
    FeePaid,
    Fill,
    FundingPaid,
    InterestPaid,
    Opening,
    PriceQuoted,
    RewardReceived,
    TransferArrived,
)
from account_cli.domain.instruments import Instrument, from_symbol

SPOT = ("AAA/USD", "BBB/USD", "AAA/EUR", "BBB/AAA")
LINEAR = ("AAA/USDT:USDT", "BBB/USDT:USDT")
INVERSE = ("AAA/USD:AAA",)
SIZE = Decimal(10)


class Prices:
    """One constant price of BNB in every currency; none of PNK."""

    def instrument(self, symbol: str) -> Instrument | None:
        market = from_symbol(symbol)
        if market.inverse:
            return Instrument(symbol=symbol, base=market.base, quote=market.quote, settle=market.settle, inverse=True,
                              contract_size=SIZE)  # fmt: skip
        return market

    def price(self, asset: str, currency: str, time_ns: int, within_ns: int) -> PriceQuoted | None:
        if asset != "BNB":
            return None
        return PriceQuoted(time_ns=time_ns, asset=asset, price=Decimal("3.25"), currency=currency, source="test")


amounts = st.integers(1, 10**7).map(lambda n: Decimal(n).scaleb(-5))
round_amounts = st.integers(1, 30).map(Decimal)
quantities = st.one_of(round_amounts, amounts)
prices = st.integers(1, 10**6).map(lambda n: Decimal(n).scaleb(-3))
fee_rates = st.integers(-3, 20).map(lambda n: Decimal(n).scaleb(-4))


@st.composite
def fees(draw: st.DrawFn, base: str, quote: str, quantity: Decimal, money: Decimal) -> tuple[Amount, ...] | None:
    kind = draw(st.sampled_from(("none", "quote", "quote", "base", "BNB", "PNK", "two", "late")))
    rate = draw(fee_rates)
    match kind:
        case "quote":
            return (Amount(quote, money * rate),)
        case "base" if base:
            return (Amount(base, quantity * rate),)
        case "BNB" | "PNK":
            return (Amount(kind, rate * 100),)
        case "two":
            return (Amount(quote, money * rate), Amount("BNB", Decimal("0.125")))
        case "late":
            return None
    return ()


@st.composite
def fills(draw: st.DrawFn, symbols: tuple[str, ...] = SPOT + LINEAR + INVERSE) -> Fill:
    symbol = draw(st.sampled_from(symbols))
    market = from_symbol(symbol)
    quantity, price = draw(quantities), draw(prices)
    side = draw(st.sampled_from(("buy", "sell")))
    contract = market.settle is not None
    money = quantity * price if not market.inverse else Decimal("0.01")
    return Fill(
        account="a",
        id="",
        time_ns=0,
        order_id="o",
        symbol=symbol,
        side=side,  # type: ignore[arg-type]
        price=price,
        quantity=None if market.inverse else quantity,
        contracts=draw(round_amounts) if market.inverse else None,
        contract_size=SIZE if market.inverse else None,
        settle=market.settle,
        inverse=market.inverse,
        wallet="futures" if contract else draw(st.sampled_from(("spot", "spot", "margin", "earn"))),
        margin=not contract and draw(st.integers(0, 3)) == 0,
        position_side=draw(st.sampled_from((None, "long", "short"))) if symbol == LINEAR[1] else None,
        fees=draw(fees("" if contract else market.base, market.settle or market.quote, quantity, money)),
        leverage=draw(st.sampled_from((None, Decimal(5)))) if contract else None,
    )


@st.composite
def flows(draw: st.DrawFn) -> Event:
    asset = draw(st.sampled_from(("AAA", "BBB", "BNB", "USD")))
    amount = draw(quantities)
    base = {"account": "a", "id": "", "time_ns": 0}
    match draw(st.integers(0, 7)):
        case 0:
            return TransferArrived(**base, asset=asset, amount=amount, type="deposit")  # type: ignore[arg-type]
        case 1:
            fee = Amount("BNB", Decimal("0.5")) if asset == "BBB" else None
            return TransferArrived(**base, asset=asset, amount=-amount, type="withdrawal", fee=fee)  # type: ignore[arg-type]
        case 2:
            return FundingPaid(**base, wallet="futures", symbol=LINEAR[0], asset="USDT", amount=amount - 10)  # type: ignore[arg-type]
        case 3:
            return InterestPaid(**base, asset=asset, amount=-amount / 100)  # type: ignore[arg-type]
        case 4:
            return RewardReceived(**base, asset=asset, amount=amount / 100)  # type: ignore[arg-type]
        case 5:
            return Opening(**base, asset="AAA", amount=amount, cost=amount * 7, cost_asset="USD")  # type: ignore[arg-type]
        case 6:
            return TransferArrived(**base, asset=asset, amount=-amount, type="internal", to_wallet="earn")  # type: ignore[arg-type]
    return FeePaid(**base, asset="USD", amount=-amount / 100)  # type: ignore[arg-type]


def _in_order(events: list[Event]) -> list[Event]:
    return [msgspec.structs.replace(event, id=f"e{i}", time_ns=i * 10**9) for i, event in enumerate(events)]


def histories(*kinds: st.SearchStrategy[Event], most: int = 25) -> st.SearchStrategy[list[Event]]:
    """Histories in order, of up to ``most`` facts."""
    return st.lists(st.one_of(*kinds), min_size=1, max_size=most).map(_in_order)


everything = histories(fills(), fills(), fills(), flows())
spot_only = histories(fills(SPOT), fills(SPOT), flows())
contracts_only = histories(fills(LINEAR + INVERSE))
