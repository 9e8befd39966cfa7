"""Change lines: each difference once, small steps not lost, everything new at first."""

from __future__ import annotations

from account_cli.domain.observations import Balance, Order
from account_cli.domain.times import SECOND
from account_cli.reports.changes import ChangeTeller, changes
from account_cli.reports.rows import Change
from account_cli.reports.view import AccountView
from tests.unit.reports.report_views import NOW, D, fill, said, stream, view


def holding(total: str, wallet: str = "spot") -> AccountView:
    return view(balances=[Balance(asset="BTC", total=D(total), wallet=wallet)])


def texts(found: list[Change]) -> list[str]:
    return [change.text.partition(" ")[2] for change in found]


def test_a_balance_that_moved_is_told_with_both_values_and_the_difference() -> None:
    (change,) = changes([holding("1")], [holding("1.5")], "balance", D("0.001"), now_ns=NOW)
    assert said(change.account, change.kind, change.key, change.old, change.new) == "main balance BTC 1 1.5"
    assert change.time == NOW - SECOND
    assert change.text == "2026-11-19T14:03:26Z main balance BTC 1 -> 1.5 (+0.5)"


def test_a_move_of_exactly_the_threshold_is_told_and_a_smaller_one_is_not() -> None:
    assert changes([holding("1")], [holding("1.0009")], "balance", D("0.001"), now_ns=NOW) == []
    assert len(changes([holding("1")], [holding("1.001")], "balance", D("0.001"), now_ns=NOW)) == 1
    assert changes([holding("1")], [holding("1")], now_ns=NOW) == []


def test_many_small_steps_add_up_to_one_that_is_told() -> None:
    teller = ChangeTeller("balance", D("0.001"))
    teller.tell([holding("1")], now_ns=NOW)
    told = [change.new for step in range(1, 11) for change in teller.tell([holding(f"1.{step:04d}")], now_ns=NOW)]
    assert told == ["1.001"]


def test_at_first_everything_is_new() -> None:
    it = view(balances=[Balance(asset="BTC", total=D(1))], orders=[Order(id="7", status="open", quantity=D(2))])
    found = changes(None, [it], now_ns=NOW)
    assert {change.kind for change in found} == {"balance", "order", "status"}
    assert all(change.old is None for change in found)
    assert "main balance BTC 1" in texts(found)


def test_an_asset_that_is_gone_went_to_zero_once() -> None:
    teller = ChangeTeller("balance")
    teller.tell([holding("1")], now_ns=NOW)
    gone = view(balances=[])
    assert texts(teller.tell([gone], now_ns=NOW)) == ["main balance BTC 1 -> 0 (-1)"]
    assert teller.tell([gone], now_ns=NOW) == []


def test_other_wallets_are_named() -> None:
    assert texts(changes(None, [holding("1", "margin")], "balance", now_ns=NOW)) == ["main balance margin:BTC 1"]


def test_positions_tell_their_quantity() -> None:
    one = fill("1", "BTC/USD", "buy", "1", "100")
    old, new = view(one), view(one, fill("2", "BTC/USD", "sell", "0.25", "100", at=NOW))
    assert texts(changes([old], [new], "position", now_ns=NOW)) == ["main position BTC/USD long 1 -> 0.75 (-0.25)"]


def test_orders_tell_their_state_and_that_they_are_no_longer_listed() -> None:
    def listed(*orders: Order) -> AccountView:
        return view(orders=orders)

    part = Order(id="7", status="open", quantity=D(2), filled=D(0))
    more = Order(id="7", status="open", quantity=D(2), filled=D("1.5"))
    teller = ChangeTeller("order")
    found = [texts(teller.tell([it], now_ns=NOW)) for it in (listed(part), listed(more), listed(more), listed())]
    assert found == [
        ["main order 7 open 0/2"],
        ["main order 7 open 0/2 -> open 1.5/2"],
        [],
        ["main order 7 open 1.5/2 -> no longer listed"],
    ]


def test_status_tells_liveness_and_streams() -> None:
    well, ill = view(streams=[stream("fills")]), view(streams=[stream("fills", status="catching-up")])
    assert texts(changes([well], [ill], "status", now_ns=NOW)) == [
        "main status account LIVE -> DEGRADED",
        "main status fills live -> catching-up",
    ]


def test_a_fill_is_told_once_and_one_that_was_there_before_never() -> None:
    one = fill("1", "BTC/USD", "sell", "0.01", "91902", liquidity="maker")
    teller = ChangeTeller("fill")
    assert teller.tell([], now_ns=NOW, fills=[(fill("0", "BTC/USD", "buy", "1", "1"), [])]) == []
    (change,) = teller.tell([], now_ns=NOW, fills=[(one, [])])
    assert change.text == "2026-11-19T13:03:27Z main fill BTC/USD sell 0.01 @ 91902 maker"
    assert teller.tell([], now_ns=NOW, fills=[(one, [])]) == []


def test_only_the_kind_asked_for_is_told() -> None:
    found = changes(None, [holding("1")], "order", now_ns=NOW, fills=[(fill("1", "BTC/USD", "buy", "1", "1"), [])])
    assert found == []


def test_text_of_an_exchange_cannot_move_a_cursor() -> None:
    it = view(orders=[Order(id="\x1b[2J7", status="open")])
    assert texts(changes(None, [it], "order", now_ns=NOW)) == ["main order [2J7 open"]
