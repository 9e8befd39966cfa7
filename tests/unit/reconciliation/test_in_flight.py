"""A figure that was true a moment ago is late; any other difference is what it is."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from account_cli.domain.observations import Balance, BalancesSeen, Position, PositionsSeen
from account_cli.domain.times import SECOND
from account_cli.reconciliation import (
    LAG_NS,
    SWEEP_NS,
    Earlier,
    Item,
    Key,
    Run,
    Side,
    Tolerance,
    compare,
    exchange_side,
    in_flight,
    judge,
)

BTC = "BTC/USDT:USDT"


def ledger(usd: str, position: str = "0", entry: str | None = None) -> Side:
    key = Key("futures", BTC, "both")
    return Side(
        balances={Key("spot", "USD"): Decimal(usd)},
        positions={key: Decimal(position)},
        entries={} if entry is None else {key: Decimal(entry)},
    )


def states(usd: str, position: str = "0", entry: str | None = None) -> Side:
    return exchange_side(
        BalancesSeen(account="a", at_ns=1, complete=True, rows=(Balance(asset="USD", total=Decimal(usd)),)),
        PositionsSeen(
            account="a",
            at_ns=1,
            complete=True,
            rows=(
                Position(symbol=BTC, quantity=Decimal(position), entry_price=None if entry is None else Decimal(entry)),
            ),
        ),
    )


ALL = frozenset({"USD", BTC})
EARLIER = [
    Earlier(10, ALL, ledger("1000")),
    Earlier(20, ALL, ledger("900", "1", "100")),
    Earlier(30, ALL, ledger("850", "2", "110")),
]
NOW = ledger("1000", "3", "120")


def test_what_the_ledger_held_before_its_newest_facts_is_late() -> None:
    stated = states("900", "2", "110")
    told = {
        item.kind: item.as_of_ns for item in in_flight(compare(NOW, stated, Tolerance()), EARLIER, stated, Tolerance())
    }
    assert told == {"balance": 20, "position": 30, "entry": 30}


def test_what_neither_side_knew_of_before_the_newest_fact_is_late() -> None:
    before = Side(balances={}, positions={}, entries={}, told=frozenset({"spot", "futures"}))
    stated = exchange_side(
        BalancesSeen(account="a", at_ns=1, complete=True, rows=(Balance(asset="EUR", total=Decimal(5)),)),
        PositionsSeen(account="a", at_ns=1, complete=True, rows=()),
    )
    told = in_flight(compare(NOW, stated, Tolerance()), [Earlier(10, ALL, before)], stated, Tolerance())
    assert {item.key: item.as_of_ns for item in told} == {"EUR": None, "USD": 10, BTC: 10}


def test_what_it_never_held_is_not() -> None:
    stated = states("899.99", "7")
    told = in_flight(compare(NOW, stated, Tolerance()), EARLIER, stated, Tolerance())
    assert [item.as_of_ns for item in told] == [None, None]


def test_what_agrees_now_is_not_looked_for_in_the_past() -> None:
    stated = states("1000", "2", "110")
    told = in_flight(compare(NOW, stated, Tolerance()), EARLIER, stated, Tolerance())
    assert next((item.kind, item.state, item.as_of_ns) for item in told) == ("balance", "clean", None)


def test_what_is_late_is_no_break_however_often_it_is_seen_and_one_when_that_cannot_be_any_more() -> None:
    item = Item(kind="balance", wallet="spot", key="USD", local=Decimal(1), exchange=Decimal(2), state="pending")
    late = msgspec.structs.replace(item, as_of_ns=100 * SECOND)
    runs: list[Run] = []
    told = []
    for at_s, seen in ((110, late), (140, late), (240, late), (309, item), (310, item)):
        (judged,) = judge([seen], at_s * SECOND, runs, 15 * SECOND)
        runs.insert(0, run(at_s, judged))
        told.append(judged.state)
    assert told == [*["pending"] * 4, "unexplained"]


def test_where_the_exchange_was_late_what_it_told_early_waits_as_long() -> None:
    late = Item(
        kind="balance", wallet="spot", key="BTC", local=Decimal(1), exchange=Decimal(2), state="pending", as_of_ns=0
    )
    early = Item(kind="balance", wallet="spot", key="USD", local=Decimal(1), exchange=Decimal(2), state="pending")
    states = []
    runs = [run(90, late)]
    for at_s in (100, 120, 249, 250):
        (judged,) = judge([early], at_s * SECOND, runs, 15 * SECOND)
        runs.insert(0, run(at_s, judged))
        states.append(judged.state)
    assert LAG_NS + SWEEP_NS == 150 * SECOND
    assert states == ["pending", "pending", "pending", "unexplained"]


def run(at_s: int, *items: Item) -> Run:
    at_ns = at_s * SECOND
    return Run(account="a", at_ns=at_ns, version="t", head=1, read_ns=at_ns, compared=9, items=items)
