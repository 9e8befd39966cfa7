"""What a state answers: figures, lots, issues, explanations; what a fold refuses."""

from __future__ import annotations

from decimal import Decimal, getcontext, localcontext
from typing import cast

import msgspec
import pytest

from account_cli.domain.events import (
    Adjustment,
    Amount,
    Borrowed,
    CostGiven,
    Event,
    FundingPaid,
    Opening,
    Retracted,
    TransferArrived,
)
from account_cli.domain.identity import identity
from account_cli.errors import InputError
from account_cli.ledger import LedgerState, dump, empty, fold, load
from account_cli.ledger.explain import explain_closing, explain_pnl, explain_position
from account_cli.ledger.state import MethodName
from account_cli.ledger.statistics import gains, round_trips, statistics
from tests.unit.ledger.ledger_helpers import Quotes, fact, fill


def state_of(*events: object, method: MethodName = "average", refs: Quotes | None = None) -> LedgerState:
    return fold(empty("main", method), cast(list[Event], list(events)), refs or Quotes())[0]


def test_unknown_methods_and_policies_are_refused_by_name() -> None:
    with pytest.raises(InputError, match="no booking method 'best'"):
        empty("main", "best")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="no policy"):
        empty("main", "fifo", "guess")  # type: ignore[arg-type]


def test_policy_error_refuses_a_disposal_of_unknown_cost() -> None:
    with pytest.raises(InputError, match="BTC/USD whose cost is unknown"):
        fold(empty("main", "average", "error"), [fill("sell", "1", "BTC/USD", "100")], Quotes())


def test_the_callers_decimal_context_changes_nothing() -> None:
    events = [fill("buy", "3", "BTC/USD", "33", ("1", "USD")), fill("sell", "1", "BTC/USD", "50")]
    expected, closings = fold(empty("main"), events, Quotes())
    with localcontext() as context:
        context.prec = 3
        found, again = fold(empty("main"), events, Quotes())
        assert again[0].realized_pnl == closings[0].realized_pnl == Decimal("16.666666666666666667")
        assert again[0].roi_pct == closings[0].roi_pct
        assert found.positions()[0].unrealized(Decimal("40.123456")) == Decimal("13.580245333333333333")
    assert getcontext().prec == 28
    assert dump(found) == dump(expected)


def test_return_on_cost_and_on_margin() -> None:
    events = [
        fill("buy", "1", "BTC/USDT:USDT", "100", settle="USDT", leverage=Decimal(10)),
        fill("sell", "1", "BTC/USDT:USDT", "105", settle="USDT"),
    ]
    _, closings = fold(empty("main"), events, Quotes())
    assert closings[0].roi_pct == 5
    assert closings[0].leverage == 10
    assert closings[0].return_on_margin_pct == 50
    assert closings[0].identity == identity(events[1])


def test_a_closing_without_known_cost_has_no_gain_rather_than_none_at_all() -> None:
    _, closings = fold(empty("main"), [fill("sell", "1", "BTC/USD", "100", ("1", "USD"))], Quotes())
    closing = closings[0]
    assert (closing.cost, closing.realized_pnl, closing.gross_realized_pnl, closing.roi_pct) == (None,) * 4
    assert closing.unknown_quantity == 1
    assert closing.unknown_proceeds == 99
    assert gains(closings) == []


def test_negative_balance_names_its_first_event_and_margin_may_owe() -> None:
    first = fill("buy", "1", "BTC/USD", "100")
    state = state_of(first, fill("buy", "1", "BTC/USD", "100"))
    issue = next(issue for issue in state.issues() if issue.code == "negative-balance")
    assert issue.id == "negative-balance:spot USD"
    assert issue.time_ns == first.time_ns
    assert identity(first) in issue.text
    owing = state_of(fill("sell", "1", "BTC/USD", "100", margin=True))
    assert not [issue for issue in owing.issues() if issue.code == "negative-balance"]
    lent = state_of(fact(Borrowed, asset="USD", amount="50"), fill("buy", "1", "BTC/USD", "100"))
    assert not [issue for issue in lent.issues() if issue.code == "negative-balance"]


def test_issues_are_stable_counted_and_come_with_an_action() -> None:
    events = [fill("buy", "1", "BTC/USD", "100", ("1", "XYZ")) for _ in range(3)]
    issues = {issue.id: issue for issue in state_of(*events).issues()}
    assert "3 fee(s), 3 in all" in issues["missing-price:XYZ/USD"].text
    assert all(issue.next_action for issue in issues.values())


def test_a_market_nobody_knows_is_an_issue_and_stops_nothing() -> None:
    state = state_of(fill("buy", "1", "PI_XBTUSD", "100"), fill("buy", "1", "BTC/USD", "100"))
    assert [row.symbol for row in state.positions()] == ["BTC/USD"]
    assert "unknown-instrument:PI_XBTUSD" in {issue.id for issue in state.issues()}


def test_an_inverse_fill_at_price_zero_is_left_out_and_said() -> None:
    bad = fill("buy", "1", "BTC/USD:BTC", "0", settle="BTC", inverse=True, contracts=Decimal(1))
    assert "unusable-fill:BTC/USD:BTC" in {issue.id for issue in state_of(bad).issues()}


def test_a_contract_of_which_only_the_number_is_told_counts_as_often_as_its_size() -> None:
    more = {"settle": "USDT", "contracts": Decimal(3), "contract_size": Decimal("0.01"), "quantity": None}
    told = msgspec.structs.replace(fill("buy", "0", "BTC/USDT:USDT", "100"), **more)
    (position,) = state_of(told).positions()
    assert position.quantity == Decimal("0.03")


def test_unclassified_rows_are_counted_by_their_type() -> None:
    rows = [fact(Adjustment, asset="USD", amount="1", reason="?", raw_type="kraken/nft") for _ in range(2)]
    state = state_of(*rows)
    assert state.balances()["spot", "USD"] == 2
    issue = next(issue for issue in state.issues() if issue.code == "unclassified")
    assert "2 ledger row(s)" in issue.text


def test_a_cost_for_a_lot_that_never_comes_is_an_issue() -> None:
    state = state_of(fact(CostGiven, lot="spot|opening|O9", cost="1", cost_asset="USD"))
    assert [issue.id for issue in load(dump(state)).issues()] == ["unknown-lot:spot|opening|O9"]


def test_retractions_are_the_journals_work() -> None:
    assert dump(state_of(fact(Retracted, target="x"))) == dump(empty("main"))


def test_a_state_of_average_cost_does_not_grow_with_its_fills() -> None:
    few = [fill("buy", "1", "BTC/USD", "100", ("1", "USD")), fill("sell", "1", "BTC/USD", "101")] * 3
    many = [fill("buy", "1", "BTC/USD", "100", ("1", "USD")), fill("sell", "1", "BTC/USD", "101")] * 300
    assert len(dump(state_of(*many))) - len(dump(state_of(*few))) < 30


def test_deposits_never_traded_are_balances_and_no_positions() -> None:
    state = state_of(fact(TransferArrived, asset="BTC", amount="1", type="deposit"))
    assert state.positions() == []
    assert state.balances() == {("spot", "BTC"): Decimal(1)}


def test_what_was_deposited_shows_with_the_position_once_it_is_traded() -> None:
    state = state_of(
        fact(TransferArrived, asset="BTC", amount="2", type="deposit"), fill("sell", "1", "BTC/USD", "100")
    )
    position = state.positions()[0]
    assert (position.symbol, position.cost) == ("BTC/USD", None)
    assert position.quantity == position.unknown_open_quantity == 1
    assert position.unrealized(Decimal(100)) is None


def test_closed_positions_stay_in_the_totals() -> None:
    state = state_of(fill("buy", "1", "BTC/USD", "100"), fill("sell", "1", "BTC/USD", "110"))
    assert state.positions() == []
    line = state.totals()[0]
    assert (line.side, line.closed_trades) == ("flat", 1)
    assert (line.quantity, line.realized_pnl) == (Decimal(0), Decimal(10))


def test_funding_of_a_hedged_contract_goes_to_the_side_that_is_open() -> None:
    state = state_of(
        fill("sell", "1", "BTC/USDT:USDT", "100", settle="USDT", position_side="short", wallet="futures"),
        fact(FundingPaid, symbol="BTC/USDT:USDT", asset="USDT", amount="2", wallet="futures"),
    )
    assert [(line.position_side, line.funding) for line in state.totals()] == [("short", Decimal(2))]


def test_statistics_count_break_even_apart() -> None:
    result = statistics([Decimal(3), Decimal(-1), Decimal(0), Decimal(1)])
    assert (result.count, result.winning, result.losing, result.even) == (4, 2, 1, 1)
    assert (result.average_win, result.average_loss, result.profit_factor) == (Decimal(2), Decimal(-1), Decimal(4))
    assert result.expectancy == Decimal("0.75")
    nothing = statistics([])
    assert (nothing.win_rate, nothing.expectancy, nothing.best) == (None, None, None)


def test_a_round_trip_ends_flat_and_holds_its_funding() -> None:
    events = [
        fill("buy", "1", "BTC/USDT:USDT", "100", settle="USDT"),
        fill("sell", "0.5", "BTC/USDT:USDT", "110", settle="USDT"),
        fact(FundingPaid, symbol="BTC/USDT:USDT", asset="USDT", amount="-1"),
        fill("sell", "1", "BTC/USDT:USDT", "120", settle="USDT"),
        fill("buy", "0.25", "BTC/USDT:USDT", "100", settle="USDT"),
    ]
    _, closings = fold(empty("main"), cast(list[Event], events), Quotes())
    trips = round_trips(closings)
    assert [(trip.side, trip.gain, trip.closings, trip.open) for trip in trips] == [
        ("long", Decimal(14), 2, False),
        ("short", Decimal(5), 1, True),
    ]


def test_an_explanation_adds_up_to_its_figure() -> None:
    events = [
        fill("buy", "1", "BTC/USD", "100", ("1", "USD"), id="B1"),
        fill("buy", "1", "BTC/USD", "120", ("1", "USD"), id="B2"),
        fill("sell", "1.5", "BTC/USD", "130", ("2", "USD"), id="S1"),
    ]
    state, closings = fold(empty("main", "fifo"), events, Quotes())
    steps = explain_closing(closings[0])
    cost = next(step.value for step in steps if step.label == "cost")
    assert sum(step.value or 0 for step in steps if step.label.startswith("lot ")) == cost
    assert [step.label for step in steps if step.label.startswith("lot ")] == ["lot B1", "lot B2"]
    position = explain_position(state.positions()[0], Decimal(140), "kraken, 2 s old")
    values = {step.label: step.value for step in position}
    assert values["unrealised P&L"] == 140 / Decimal(2) - Decimal("60.5")
    assert values["paid for it"] == 60
    pnl = {step.label: step.value for step in explain_pnl(state.totals()[0], closings, Decimal(5))}
    assert pnl["net P&L"] == state.totals()[0].realized_pnl + 5


def test_without_a_mark_the_unrealised_part_is_unknown() -> None:
    state = state_of(fill("buy", "1", "BTC/USD", "100"))
    assert explain_position(state.positions()[0], None, "no price")[-1].value is None
    assert explain_pnl(state.totals()[0])[-1].value is None


def test_an_opening_with_no_market_side_is_owed() -> None:
    state = state_of(fact(Opening, asset="USD", amount="-5"))
    assert state.balances()["spot", "USD"] == -5


def test_fees_in_several_assets_are_all_paid() -> None:
    state = state_of(fill("buy", "1", "BTC/USD", "100", ("1", "USD"), ("0.1", "BNB")), refs=Quotes(BNB="30"))
    line = next(row for row in state.totals() if row.symbol == "BTC/USD")
    assert line.fees_paid == 4
    assert line.cost == 104
    assert Amount("BNB", Decimal("-0.1")).amount == state.balances()["spot", "BNB"]
