"""Orders, fills and transfers: as the facts say, with what fills realised."""

from __future__ import annotations

from account_cli.domain.events import Amount, Event, Opening, TransferArrived, TransferType
from account_cli.domain.observations import Order
from account_cli.domain.times import SECOND
from account_cli.reconciliation.own import link
from account_cli.reports.fills import as_rows, fills
from account_cli.reports.orders import orders
from account_cli.reports.rows import FeeRow
from account_cli.reports.transfers import own_lines, transfers
from tests.unit.reports.report_views import NOW, D, Refs, fill, folded, said, stream, view


def test_open_orders_come_newest_first_and_ended_ones_only_when_asked_for() -> None:
    told = [
        Order(id="1", symbol="BTC/USD", status="open", created_ns=1, price=D(5)),
        Order(id="2", symbol="BTC/USD", status="closed", created_ns=2),
        Order(id="3", symbol="ETH/USD", status=None, updated_ns=3),
    ]
    it = view(orders=told)
    assert [row.id for row in orders([it], now_ns=NOW).items] == ["3", "1"]
    assert [row.id for row in orders([it], now_ns=NOW, only_open=False).items] == ["3", "2", "1"]
    assert [row.id for row in orders([it], now_ns=NOW, symbol="ETH/USD").items] == ["3"]
    (order,) = orders([it], now_ns=NOW, symbol="BTC/USD").items
    assert said(order.price, order.quantity, order.status) == "5 ? open"


def test_orders_rest_on_their_own_stream_only() -> None:
    assert orders([view(streams=[stream("orders"), stream("fills", age_s=99)])], now_ns=NOW).complete
    assert not orders([view(streams=[stream("orders", age_s=99), stream("fills")])], now_ns=NOW).complete


def test_a_fill_carries_what_it_realised_and_an_opening_one_nothing() -> None:
    facts = [
        fill("1", "BTC/USDT:USDT", "buy", "1", "50000", "25"),
        fill("2", "BTC/USDT:USDT", "sell", "1", "55000", "27.5", at=NOW - SECOND),
    ]
    _, closings = folded(facts)
    report = fills([view(*facts)], now_ns=NOW, events=facts, closings=closings)
    assert [said(row.id, row.realized_pnl) for row in report.items] == ["1 ?", "2 4947.5"]
    assert report.items[1].fees == (FeeRow("USDT", D("27.5")),)
    assert report.complete
    newest = fills([view(*facts)], now_ns=NOW, events=facts, closings=closings, newest_first=True)
    assert [row.id for row in newest.items] == ["2", "1"]


def test_a_fee_in_a_third_asset_realises_for_that_asset_and_not_for_the_fill() -> None:
    facts = [
        fill("0", "BNB/USDT", "buy", "1", "300", at=1),
        fill("1", "BTC/USDT", "buy", "1", "100", "0.01", fee_asset="BNB"),
        fill("2", "BTC/USDT", "sell", "1", "150", "0.01", fee_asset="BNB", at=NOW),
    ]
    _, closings = folded(facts, refs=Refs({("BNB", "USDT"): D(400)}))
    rows = fills([], now_ns=NOW, events=facts, closings=closings).items
    assert [said(row.id, row.realized_pnl) for row in rows] == ["0 ?", "1 ?", "2 42"]


def test_what_was_sold_at_unknown_cost_realised_nothing_known() -> None:
    facts: list[Event] = [
        Opening(account="main", id="o", time_ns=1, asset="BTC", amount=D(1)),
        fill("1", "BTC/USD", "sell", "1", "150"),
    ]
    _, closings = folded(facts)
    (row,) = fills([], now_ns=NOW, events=facts, closings=closings).items
    assert said(row.realized_pnl, row.roi_pct) == "? ?"


def test_fills_with_their_closings_become_rows_too() -> None:
    one = fill("1", "BTC/USD", "buy", "1", "100")
    (row,) = as_rows([(one, [])])
    assert as_rows([row]) == [row]
    assert said(row.symbol, row.price, row.fees) == "BTC/USD 100 ()"


def test_a_fee_that_was_not_told_is_not_no_fee() -> None:
    (row,) = as_rows([(fill("1", "BTC/USD", "buy", "1", "100", fees=None), [])])
    assert row.fees is None


def test_transfers_are_told_by_time_with_their_fee() -> None:
    facts: list[Event] = [
        TransferArrived(account="main", id="b", time_ns=2, asset="BTC", amount=D(-1), type="withdrawal",
                        fee=Amount("BTC", D("0.001")), tx="0xabc"),
        TransferArrived(account="main", id="a", time_ns=1, asset="USD", amount=D(5), type="deposit"),
        fill("1", "BTC/USD", "buy", "1", "100"),
    ]  # fmt: skip
    rows = transfers([view()], now_ns=NOW, events=facts).items
    assert [said(row.id, row.asset, row.amount, row.type, row.tx) for row in rows] == [
        "a USD 5 deposit ?",
        "b BTC -1 withdrawal 0xabc",
    ]
    assert rows[1].fee == FeeRow("BTC", D("0.001"))


def test_a_transfer_between_own_accounts_shows_its_other_side_and_one_without_it_is_told() -> None:
    def moved(account: str, name: str, amount: str, kind: TransferType = "internal") -> TransferArrived:
        return TransferArrived(account=account, id=name, time_ns=9, asset="BTC", amount=D(amount), type=kind)

    gone, come = moved("main", "W", "-1", "withdrawal"), moved("perp", "D", "1", "deposit")
    alone = [moved("main", f"I{number}", "7") for number in range(7)]
    own = link([gone, come, *alone])
    rows = transfers([view()], now_ns=NOW, events=[gone, *alone], own=own).items
    assert [row.other_side for row in rows] == [*[None] * 7, "perp (spot) D"]
    lines = own_lines(own)
    assert lines[0] == "transfers between own accounts and wallets: 1 linked, 7 with one side only"
    assert lines[1].startswith("  7 BTC came to main (spot) at 1970-01-01T00:00:00.000000009Z, I6: ")
    assert lines[-1] == "  and 2 older (acct transfers lists them all)"
    assert own_lines(link([])) == []
