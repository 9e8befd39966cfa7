"""Gathered observations leave behind what the single ones would have left."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from account_cli.domain.observations import (
    Balance,
    BalancesSeen,
    Observation,
    Order,
    OrdersSeen,
    Position,
    PositionsSeen,
)
from account_cli.engine.gathering import gathered
from account_cli.storage import open_journal

TIMES = st.integers(1, 6)


def amounts() -> st.SearchStrategy[Decimal]:
    return st.integers(0, 9).map(Decimal)


def batches() -> st.SearchStrategy[Observation]:
    balances = st.builds(
        lambda at, complete, rows: BalancesSeen(account="a", at_ns=at, complete=complete, rows=tuple(rows)),
        TIMES,
        st.booleans(),
        st.lists(
            st.builds(lambda a, t: Balance(asset=a, total=t), st.sampled_from("XYZ"), amounts()),
            max_size=3,
            unique_by=lambda r: r.asset,
        ),
    )
    positions = st.builds(
        lambda at, complete, rows: PositionsSeen(account="a", at_ns=at, complete=complete, rows=tuple(rows)),
        TIMES,
        st.booleans(),
        st.lists(
            st.builds(lambda s, q: Position(symbol=s, quantity=q), st.sampled_from(["X/Y:Y", "Z/Y:Y"]), amounts()),
            max_size=2,
            unique_by=lambda r: r.symbol,
        ),
    )
    orders = st.builds(
        lambda at, rows: OrdersSeen(account="a", at_ns=at, complete=False, rows=tuple(rows)),
        TIMES,
        st.lists(
            # What is filled grows with the order's own time, as it does at an exchange.
            st.builds(
                lambda i, s, u: Order(id=i, symbol="X/Y", filled=Decimal(u), status=s, updated_ns=u),
                st.sampled_from("12"), st.sampled_from([None, "open", "closed"]), TIMES,
            ),
            max_size=2, unique_by=lambda r: r.id,
        ),
    )  # fmt: skip
    return st.one_of(balances, positions, orders)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seen=st.lists(batches(), max_size=8))
def test_the_same_state_is_left_behind(tmp_path_factory: object, seen: list[Observation]) -> None:
    # A stream tells in order of time: what is gathered is what one transaction received.
    ordered = sorted(seen, key=lambda one: one.at_ns)
    assert left_behind(ordered, tmp_path_factory) == left_behind(gathered(ordered), tmp_path_factory)


def left_behind(seen: list[Observation], factory: object) -> object:
    folder: Path = factory.mktemp("db")  # type: ignore[attr-defined]
    journal = open_journal(folder / "acct.db")
    try:
        with journal.transaction() as tx:
            for one in seen:
                tx.put_observation(one)
        reader = journal.reader()
        try:
            balances, positions = reader.balances("a"), reader.positions("a")
            orders = sorted(reader.orders("a", only_open=False), key=lambda order: order.id)
            return (
                None if balances is None else {row.asset: row.total for row in balances.rows},
                None if positions is None else {row.symbol: row.quantity for row in positions.rows},
                orders,
            )
        finally:
            reader.close()
    finally:
        journal.close()
