"""Long runs of plain fills, which seldom leave the short road, come out as if each had gone the long way."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from account_cli.domain.events import Amount, Event, Fill, FundingPaid, TransferArrived
from account_cli.ledger import apply as apply_module
from account_cli.ledger import dump, empty, fold, load
from account_cli.ledger.state import MethodName
from tests.unit.ledger.ledger_helpers import Quotes

SPOT, LINEAR = "AAA/USDT", "BBB/USDT:USDT"
Step = tuple[str, str, int, int, int]

steps = st.lists(
    st.tuples(
        st.sampled_from((SPOT, SPOT, LINEAR, LINEAR, "deposit", "funding")),
        st.sampled_from(("buy", "sell")),
        st.integers(1, 6),
        st.integers(1, 40),
        st.integers(-1, 3),
    ),
    min_size=5,
    max_size=60,
)
methods: st.SearchStrategy[MethodName] = st.sampled_from(("average", "fifo", "lifo", "hifo"))


def facts(drawn: list[Step]) -> list[Event]:
    """Whole quantities, so that lots are often taken exactly; odd prices, so that parts of them are not."""
    found: list[Event] = []
    for i, (what, side, quantity, price, fee) in enumerate(drawn):
        name, at = f"e{i}", i * 10**9
        if what == "deposit":
            found.append(TransferArrived(account="a", id=name, time_ns=at, asset="USDT", amount=Decimal(50 * price),
                                         type="deposit"))  # fmt: skip
        elif what == "funding":
            found.append(FundingPaid(account="a", id=name, time_ns=at, wallet="futures", symbol=LINEAR, asset="USDT",
                                     amount=Decimal(fee)))  # fmt: skip
        else:
            contract = what == LINEAR
            found.append(
                Fill(account="a", id=name, time_ns=at, order_id="o", symbol=what, side=side,  # type: ignore[arg-type]
                     price=Decimal(price) / 7, quantity=Decimal(quantity), fees=(Amount("USDT", Decimal(fee) / 9),),
                     settle="USDT" if contract else None, wallet="futures" if contract else "spot")
            )  # fmt: skip
    return found


@settings(max_examples=150, deadline=None)
@given(drawn=steps, method=methods, cut=st.integers(0, 60))
def test_long_runs_come_to_the_same_on_both_roads_and_in_two_halves(
    drawn: list[Step], method: MethodName, cut: int
) -> None:
    history = facts(drawn)
    short, closings_short = fold(empty("a", method), history, Quotes())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(apply_module, "open_lane", lambda work, fill: None)
        long, closings_long = fold(empty("a", method), history, Quotes())
    assert dump(short) == dump(long)
    assert closings_short == closings_long
    first, closings_first = fold(empty("a", method), history[:cut], Quotes())
    before = dump(first)
    second, closings_second = fold(load(before), history[cut:], Quotes())
    assert dump(second) == dump(short)
    assert closings_first + closings_second == closings_short
    assert dump(fold(first, history[cut:], Quotes())[0]) == dump(short)
    assert dump(first) == before


MARKETS = ("AAA/USDT", "CCC/USDT", "BBB/USDT:USDT", "DDD/USDT:USDT")
trades = st.lists(
    st.tuples(st.sampled_from(MARKETS), st.sampled_from(("buy", "sell")), st.integers(1, 6), st.integers(1, 40),
              st.sampled_from((-2, 0, 0, 1, 30)), st.booleans()),
    min_size=10,
    max_size=60,
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(drawn=trades, method=methods, money=st.sampled_from((0, 5, 50, 200, 400, 1000, 10**6)))
def test_the_fill_that_overdraws_is_found_although_markets_share_the_money(
    drawn: list[tuple[str, str, int, int, int, bool]], method: MethodName, money: int
) -> None:
    """All in one wallet: no lane alone can say what is left, and the first fill too many is the one that is named."""
    history: list[Event] = [
        Fill(account="a", id=f"e{i}", time_ns=i * 10**9, order_id="o", symbol=symbol, side=side,  # type: ignore[arg-type]
             price=Decimal(price), quantity=Decimal(quantity), fees=(Amount("USDT", Decimal(fee)),) if fee else (),
             settle="USDT" if ":" in symbol else None, margin=margin and ":" not in symbol)
        for i, (symbol, side, quantity, price, fee, margin) in enumerate(drawn, 1)
    ]  # fmt: skip
    if money:
        deposit = TransferArrived(account="a", id="d", time_ns=0, asset="USDT", amount=Decimal(money), type="deposit")
        history = [deposit, *history]
    short, closings_short = fold(empty("a", method), history, Quotes())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(apply_module, "open_lane", lambda work, fill: None)
        long, closings_long = fold(empty("a", method), history, Quotes())
    assert short.issues() == long.issues()
    assert short.balances() == long.balances()
    assert dump(short) == dump(long)
    assert closings_short == closings_long
