"""A break that is gone is explained by what was told since, if it is about it and happened before it was seen."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from account_cli.domain.events import Adjustment, Amount, Converted, Event, Fill, TransferArrived
from account_cli.domain.times import DAY, HOUR, SECOND
from account_cli.reconciliation import Item, Run, explained, further_back
from account_cli.reconciliation.told_late import touches

SEEN = 100 * SECOND
USD = Item(kind="balance", wallet="spot", key="USD", local=Decimal(1), exchange=Decimal(3), state="unexplained")


def deposit(
    number: int, asset: str = "USD", *, at_s: int = 50, wallet: str = "spot", **more: object
) -> TransferArrived:
    return TransferArrived(
        account="a", id=f"D{number}", time_ns=at_s * SECOND, wallet=wallet, asset=asset, amount=Decimal(2),
        **{"type": "deposit", **more},  # type: ignore[arg-type]
    )  # fmt: skip


def trade(symbol: str, **more: object) -> Fill:
    return Fill(
        account="a", id="T1", time_ns=50 * SECOND, order_id="O", symbol=symbol, side="buy", price=Decimal(9),
        quantity=Decimal(2), **more,  # type: ignore[arg-type]
    )  # fmt: skip


def new(*events: Event) -> list[tuple[Event, bool]]:
    return [(event, False) for event in events]


def test_the_fact_is_named_in_a_sentence() -> None:
    item = explained(USD, new(deposit(1), deposit(2, "BTC"), deposit(3, at_s=101)), SEEN)
    assert item is not None
    assert (item.state, item.difference) == ("explained", Decimal(2))
    assert item.hints == ("deposit D1: 2 USD at 1970-01-01T00:00:50Z, told late",)
    assert (item.causes[0].name, item.causes[0].sure, item.causes[0].facts) == (
        "deposit",
        "found",
        ("spot|transfer|D1",),
    )


def test_many_facts_are_summed_up_and_still_named() -> None:
    item = explained(USD, new(*(deposit(number) for number in range(9)), trade("BTC/USD")), SEEN)
    assert item is not None
    assert [cause.name for cause in item.causes] == ["fill", "deposit"]
    assert item.hints[1].startswith("9 facts of the kind deposit between 1970-01-01T00:00:50Z and ")
    assert len(item.causes[1].facts) == 9


def test_a_fee_that_was_told_after_its_fill_is_named_as_that() -> None:
    item = explained(USD, [(trade("BTC/USD", fees=(Amount("USD", Decimal(2)),)), True)], SEEN)
    assert item is not None
    assert item.causes[0].name == "fee"
    assert item.hints == ("fee of fill T1 (BTC/USD, 1970-01-01T00:00:50Z): 2 USD, told late",)


def test_what_no_exchange_told_explains_nothing() -> None:
    made = Adjustment(account="a", id="X", time_ns=1, asset="USD", amount=Decimal(2), reason="unexplained")
    assert explained(USD, new(made), SEEN) is None
    assert explained(USD, [], SEEN) is None


def test_a_fact_touches_what_it_moves() -> None:
    position = Item(
        kind="position", wallet="spot", key="BTC/USDT:USDT long", local=Decimal(1), exchange=Decimal(3),
        state="unexplained",
    )  # fmt: skip
    contract = trade("BTC/USDT:USDT", fees=(Amount("BNB", Decimal(1)),))
    swap = Converted(account="a", id="C", time_ns=1, from_=Amount("ADA", Decimal(1)), to=Amount("USD", Decimal(1)))
    table: list[tuple[Event, Item, bool]] = [
        (contract, position, True),
        (contract, msgspec.structs.replace(position, kind="order", key="O"), True),
        (contract, msgspec.structs.replace(position, kind="order", key="P"), False),
        (contract, msgspec.structs.replace(position, kind="fill", key="BTC/USDT:USDT 9/10"), True),
        (contract, msgspec.structs.replace(position, kind="fill", key="BTC/USDT 9/10"), False),
        (contract, msgspec.structs.replace(position, kind="fill", key="9/10"), True),
        (deposit(1), msgspec.structs.replace(position, kind="fill", key="9/10"), False),
        (trade("ETH/USDT:USDT"), position, False),
        (contract, _of("USDT"), True),
        (contract, _of("BNB"), True),
        (contract, _of("BTC"), False),
        (trade("BTC/USD"), _of("BTC"), True),
        (swap, _of("ADA"), True),
        (swap, USD, True),
        (deposit(1, to_wallet="earn"), _of("USD", "earn"), True),
        (deposit(1), _of("USD", "earn"), False),
    ]
    assert [touches(event, item) for event, item, _ in table] == [expected for *_, expected in table]


def test_history_is_asked_for_over_the_first_bad_interval_and_then_further_back() -> None:
    def run(*clean_s: int | None) -> Run:
        items = tuple(
            Item(kind="balance", wallet="spot", key=str(place), local=Decimal(1), exchange=Decimal(2),
                 state="unexplained", clean_ns=None if at is None else at * SECOND)
            for place, at in enumerate(clean_s)
        )  # fmt: skip
        return Run(account="a", at_ns=1, version="1", head=1, read_ns=1, compared=1, items=items)

    def reaches(*clean_s: int | None) -> list[int]:
        tried: list[int] = []
        while (further := further_back(run(*clean_s), 10_000 * SECOND, tried)) is not None:
            tried.append(further)
        return tried

    hour, day = HOUR // SECOND, DAY // SECOND
    assert reaches() == []
    assert reaches(9000) == [1000 + hour, day]
    assert reaches(9000, 8000) == [2000 + hour, day]
    assert reaches(None) == [hour, day, 30 * day]
    assert reaches(None, 9000) == [1000 + hour, day, 30 * day]


def _of(asset: str, wallet: str = "spot") -> Item:
    return Item(kind="balance", wallet=wallet, key=asset, local=Decimal(1), exchange=Decimal(3), state="unexplained")


def test_what_was_corrected_is_asked_for_too_from_a_day_before_it_on() -> None:
    nothing = Run(account="a", at_ns=1, version="t", head=1, read_ns=1, compared=1)
    at_ns = 10_000 * SECOND
    assert further_back(nothing, at_ns, []) is None
    assert further_back(nothing, at_ns, [], 9_000 * SECOND) == 86_400 + 1_000
    assert further_back(nothing, at_ns, [86_400 + 1_000], 9_000 * SECOND) is None
