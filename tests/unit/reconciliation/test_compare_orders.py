"""What the exchange says was filled of an order is held against the fills; what may lie before them is left alone."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from account_cli.domain.events import Fill
from account_cli.domain.observations import Order
from account_cli.domain.times import SECOND
from account_cli.reconciliation import Item, compare_orders

NOW_S = 10_000


def order(filled: str | None = "1", **given: Any) -> Order:
    told = {"id": "O1", "symbol": "BTC/USD", "status": "closed", "created_ns": 1000 * SECOND, **given}
    return Order(filled=None if filled is None else Decimal(filled), **told)


def fill(quantity: str, at_s: int = 2000, **given: Any) -> Fill:
    told = {"account": "a", "order_id": "O1", "symbol": "BTC/USD", "side": "buy", "price": Decimal(100), **given}
    return Fill(id=f"T{at_s}", time_ns=at_s * SECOND, quantity=Decimal(quantity), **told)


def compared(told: Order, *fills: Fill, listed: tuple[str, ...] = (), known_from_s: int = 0) -> Item | None:
    found = compare_orders([told], listed, fills, read_ns=NOW_S * SECOND, known_from_ns=known_from_s * SECOND)
    return found[0] if found else None


def state(*given: Any, **named: Any) -> str | None:
    item = compared(*given, **named)
    return None if item is None else item.state


def test_all_fills_of_an_order_make_what_was_filled() -> None:
    assert state(order("1"), fill("0.4"), fill("0.6", 2001)) == "clean"
    item = compared(order("1"), fill("0.4"), fill("0.6", 2001, order_id="O2"))
    assert item is not None
    assert (item.kind, item.key, item.wallet, item.state) == ("order", "O1", "spot", "pending")
    assert (item.local, item.exchange, item.difference) == (Decimal("0.4"), Decimal(1), Decimal("0.6"))


def test_an_order_without_any_fill_known_has_none_by_the_ledger() -> None:
    item = compared(order("0.5", symbol="BTC/USDT:USDT"))
    assert item is not None
    assert (item.wallet, item.local, item.state) == ("futures", Decimal(0), "pending")
    assert state(order("0")) == "clean"


def test_the_same_order_id_in_another_market_is_another_order() -> None:
    assert state(order("0"), fill("1", symbol="ETH/USD")) == "clean"


def test_contracts_are_counted_where_the_exchange_counts_them() -> None:
    of_contracts: dict[str, Any] = {
        "symbol": "BTC/USD:BTC",
        "contracts": Decimal(7),
        "contract_size": Decimal(100),
        "inverse": True,
    }
    assert state(order("7", symbol="BTC/USD:BTC"), fill("0.01", **of_contracts)) == "clean"


def test_a_difference_of_one_last_digit_is_one_and_what_kraken_rounds_is_none() -> None:
    assert state(order("0.33333333"), fill("0.333333333333")) == "clean"
    assert state(order("0.33333333"), fill("0.33333332")) == "pending"
    assert state(order("0.3"), fill("0.33")) == "pending"


def test_what_may_lie_before_the_first_known_fill_is_not_compared() -> None:
    assert state(order("1"), known_from_s=1001) is None
    assert state(order("1", created_ns=None)) is None
    assert state(order(None), fill("1")) is None
    assert state(order("1"), known_from_s=1000) == "pending"


def test_an_order_that_is_told_as_it_was_before_its_newest_fills_is_late() -> None:
    newest = (fill("0.4", NOW_S - 20), fill("0.2", NOW_S - 10))
    item = compared(order("0.4", status="open"), *newest, listed=("O1",))
    assert item is not None
    assert (item.state, item.as_of_ns) == ("pending", (NOW_S - 10) * SECOND)
    item = compared(order("0.4", status="open"), fill("0.4"), fill("0.2", 2001), listed=("O1",))
    assert item is not None
    assert item.as_of_ns is None, "these are too old for that"


def test_an_order_that_is_listed_no_longer_and_was_not_told_to_have_ended_is_unknown() -> None:
    told = order("0.4", status="open", quantity=Decimal(1))
    assert state(told, fill("0.4"), listed=("O1",)) == "clean"
    item = compared(told, fill("0.4"))
    assert item is not None
    assert (item.state, item.local, item.exchange) == ("unknown", Decimal("0.4"), None)
    assert state(told, fill("0.4", NOW_S - 60)) == "pending", "its end may be told any moment"
    assert state(order("0", status="open")) == "clean", "nothing of it was filled"


def test_what_was_told_of_an_order_while_it_was_open_says_nothing_of_later_fills() -> None:
    told = order("0.4", status="open", quantity=Decimal(1))
    later = (fill("0.4"), fill("0.3", NOW_S - 20))
    assert state(told, *later, listed=("O1",)) == "pending"
    item = compared(told, fill("0.4"), fill("0.3", 2001))
    assert item is not None
    assert (item.state, item.local, item.exchange) == ("unknown", Decimal("0.7"), None), "how it ended was not told"
    assert state(told, fill("0.3")) == "pending", "a fill that was told of it is missing"
    item = compared(told, fill("0.4"), fill("0.6", NOW_S - 20))
    assert item is not None
    assert (item.state, item.local, item.exchange) == ("clean", Decimal(1), Decimal(1)), "all of it was filled"
