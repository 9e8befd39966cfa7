"""How stated balances, positions and orders add up, whatever the order in which they were told."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from account_cli.domain.observations import (
    Balance,
    BalancesSeen,
    Observation,
    Order,
    OrdersSeen,
    OrderStatus,
    Position,
    PositionsSeen,
)
from account_cli.ports import Journal
from account_cli.storage import open_journal
from tests.services import JOURNALS


@pytest.fixture(params=sorted(JOURNALS))
def journal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Journal]:
    with JOURNALS[request.param](tmp_path) as location:
        opened = open_journal(location)
        yield opened
        opened.close()


def see(journal: Journal, *seen: Observation) -> None:
    for one in seen:
        with journal.transaction() as tx:
            tx.put_observation(one)


def balances(at_ns: int, complete: bool = True, **totals: str) -> BalancesSeen:
    rows = tuple(Balance(asset=asset, total=Decimal(total)) for asset, total in totals.items())
    return BalancesSeen(account="main", at_ns=at_ns, complete=complete, rows=rows)


def held(journal: Journal) -> dict[str, str]:
    reader = journal.reader()
    seen = reader.balances("main")
    reader.close()
    return {} if seen is None else {row.asset: str(row.total) for row in seen.rows}


def test_a_complete_statement_replaces_everything(journal: Journal) -> None:
    see(journal, balances(1, BTC="1.50", ETH="2"), balances(2, BTC="3"))
    assert held(journal) == {"BTC": "3"}


def test_an_incomplete_statement_updates_only_what_it_names(journal: Journal) -> None:
    see(journal, balances(1, BTC="1", ETH="2"), balances(2, complete=False, ETH="0"))
    assert held(journal) == {"BTC": "1", "ETH": "0"}


def test_nothing_older_than_a_complete_statement_counts(journal: Journal) -> None:
    see(journal, balances(5, BTC="1"), balances(4, ETH="9"), balances(4, complete=False, BTC="8", ADA="7"))
    assert held(journal) == {"BTC": "1"}


def test_each_row_stands_at_its_own_time(journal: Journal) -> None:
    see(journal, balances(1, BTC="1", ETH="1"), balances(9, complete=False, BTC="9"), balances(5, BTC="5", ETH="5"))
    assert held(journal) == {"BTC": "9", "ETH": "5"}
    see(journal, balances(7, complete=False, BTC="7", ETH="7"))
    assert held(journal) == {"BTC": "9", "ETH": "7"}


def test_wallets_are_apart_and_the_statement_says_how_new_and_how_complete_it_is(journal: Journal) -> None:
    def one(wallet: str) -> Balance:
        return Balance(asset="BTC", total=Decimal(1), free=Decimal("0.40"), wallet=wallet)

    see(journal, BalancesSeen(account="main", at_ns=3, complete=False, rows=(one("spot"), one("margin"))))
    reader = journal.reader()
    assert reader.balances("main") == BalancesSeen(
        account="main", at_ns=3, complete=False, rows=(one("margin"), one("spot"))
    )
    see(journal, balances(4, BTC="1"), balances(6, complete=False, BTC="2"))
    seen = reader.balances("main")
    assert seen is not None
    assert (seen.at_ns, seen.complete) == (6, True)
    assert reader.balances("other") is None
    reader.close()


def test_positions_follow_the_same_rules_side_by_side(journal: Journal) -> None:
    def long(quantity: str) -> Position:
        return Position(symbol="BTC/USDT:USDT", quantity=Decimal(quantity), side="long", entry_price=Decimal("1.10"))

    short = Position(symbol="BTC/USDT:USDT", quantity=Decimal(-1), side="short")
    see(
        journal,
        PositionsSeen(account="main", at_ns=1, complete=True, rows=(long("1"), short)),
        PositionsSeen(account="main", at_ns=2, complete=False, rows=(long("0"),)),
    )
    reader = journal.reader()
    assert reader.positions("main") == PositionsSeen(account="main", at_ns=2, complete=True, rows=(long("0"), short))
    see(journal, PositionsSeen(account="main", at_ns=3, complete=True, rows=()))
    assert reader.positions("main") == PositionsSeen(account="main", at_ns=3, complete=True, rows=())
    reader.close()


# ---- orders -------------------------------------------------------------------------------------------------------


def order(name: str, status: OrderStatus | None = "open", updated_ns: int | None = None, **more: object) -> Order:
    return Order(id=name, status=status, updated_ns=updated_ns, **{"symbol": "BTC/USD", **more})  # type: ignore[arg-type]


def orders(at_ns: int, *rows: Order, complete: bool = False) -> OrdersSeen:
    return OrdersSeen(account="main", at_ns=at_ns, complete=complete, rows=rows)


def listed(journal: Journal, *, only_open: bool = True) -> dict[str, str | None]:
    reader = journal.reader()
    found = reader.orders("main", only_open=only_open)
    reader.close()
    return {row.id: row.status for row in found}


def test_every_order_ever_told_is_kept_and_the_open_ones_are_listed(journal: Journal) -> None:
    see(journal, orders(1, order("A"), order("B", "closed"), order("C", "pending")))
    assert listed(journal) == {"A": "open", "C": "pending"}
    assert listed(journal, only_open=False) == {"A": "open", "B": "closed", "C": "pending"}


def test_an_open_order_absent_from_a_newer_complete_list_is_no_longer_listed(journal: Journal) -> None:
    see(journal, orders(1, order("A"), order("B")), orders(2, order("B"), complete=True))
    assert listed(journal) == {"B": "open"}
    assert listed(journal, only_open=False) == {"A": "open", "B": "open"}
    see(journal, orders(3, order("A", "canceled")))
    assert listed(journal, only_open=False) == {"A": "canceled", "B": "open"}


def test_an_order_told_after_the_complete_list_was_made_stays_listed(journal: Journal) -> None:
    see(journal, orders(5, order("A")), orders(4, complete=True))
    assert listed(journal) == {"A": "open"}


def test_an_older_complete_list_or_telling_opens_and_closes_nothing(journal: Journal) -> None:
    see(journal, orders(5, order("A"), complete=True), orders(4, order("B"), complete=True), orders(3, order("C")))
    assert listed(journal) == {"A": "open"}
    assert listed(journal, only_open=False) == {"A": "open", "B": "open", "C": "open"}


def test_a_terminal_status_is_final_and_nothing_known_is_lost(journal: Journal) -> None:
    see(
        journal,
        orders(1, order("A", "open", 10, price=Decimal("1.50"), client_id="mine")),
        orders(2, order("A", "closed", 20, filled=Decimal(2))),
        orders(3, order("A", "open", 15, filled=Decimal(1))),
    )
    reader = journal.reader()
    (only,) = reader.orders("main", only_open=False)
    reader.close()
    assert only == order("A", "closed", 20, price=Decimal("1.50"), client_id="mine", filled=Decimal(2))
    assert listed(journal) == {}


def test_an_undated_older_telling_only_completes(journal: Journal) -> None:
    see(journal, orders(9, order("A", price=Decimal(2))), orders(5, order("A", price=Decimal(1), type="limit")))
    reader = journal.reader()
    assert reader.orders("main") == [order("A", price=Decimal(2), type="limit")]
    reader.close()


def test_orders_of_two_markets_may_share_an_id(journal: Journal) -> None:
    see(journal, orders(1, order("1", symbol=None, price=Decimal(5))))
    see(journal, orders(2, order("1", symbol="ETH/USD")), orders(3, order("1", symbol="BTC/USD")))
    reader = journal.reader()
    found = reader.orders("main")
    reader.close()
    assert {(row.symbol, row.price) for row in found} == {("ETH/USD", Decimal(5)), ("BTC/USD", None)}


def test_orders_come_last_changed_first_and_no_more_than_asked_for(journal: Journal) -> None:
    see(journal, orders(1, order("A", updated_ns=3), order("B", updated_ns=9), order("C", created_ns=5)))
    reader = journal.reader()
    assert [row.id for row in reader.orders("main")] == ["B", "C", "A"]
    assert [row.id for row in reader.orders("main", limit=2)] == ["B", "C"]
    assert [row.id for row in reader.orders("main", only_open=False, limit=1)] == ["B"]
    reader.close()


def test_an_order_without_a_status_is_open_only_where_the_list_says_so(journal: Journal) -> None:
    see(journal, orders(1, order("A", None)), orders(2, order("B", None), complete=True))
    assert listed(journal) == {"B": None}
