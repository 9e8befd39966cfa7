"""The laws of ``account_cli.ledger``, each under its number.

``ACCT_LAW_EXAMPLES`` sets how many examples each law is tried on.
"""

from __future__ import annotations

import ast
import os
from collections import defaultdict
from decimal import Decimal, localcontext
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import account_cli.ledger
from account_cli.domain.events import Amount, Event, Fill, Opening, TransferArrived
from account_cli.domain.identity import identity, merge, order_key
from account_cli.domain.money import MONEY, ZERO
from account_cli.ledger import Closing, LedgerState, dump, empty, fold, fold_state, load
from account_cli.ledger import apply as apply_module
from account_cli.ledger.state import MethodName
from tests.laws.histories import LINEAR, SPOT, Prices, contracts_only, everything, fills, histories, spot_only

EXAMPLES = int(os.environ.get("ACCT_LAW_EXAMPLES", "100"))
lawful = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
METHODS: tuple[MethodName, ...] = ("average", "fifo", "lifo", "hifo")
methods = st.sampled_from(METHODS)
QUANTUM = Decimal("1e-18")


def run(history: list[Event], method: MethodName = "average") -> LedgerState:
    return fold_state(empty("a", method), history, Prices())


def journal(told: list[Event]) -> list[Event]:
    """What a journal makes of tellings: each fact once, in order."""
    facts: dict[str, Event] = {}
    for event in told:
        name = identity(event)
        facts[name] = merge(facts[name], event) if name in facts else event
    return sorted(facts.values(), key=order_key)


@lawful
@given(history=everything, method=methods, data=st.data())
def test_law_1_order_and_repetition_of_delivery_change_nothing(
    history: list[Event], method: MethodName, data: st.DataObject
) -> None:
    told = data.draw(st.permutations(history + data.draw(st.lists(st.sampled_from(history), max_size=5))))
    assert dump(run(journal(list(told)), method)) == dump(run(history, method))


@lawful
@given(history=everything, method=methods)
def test_law_2_lots_conserve_quantity(history: list[Event], method: MethodName) -> None:
    state = run(history, method)
    with localcontext(MONEY):
        for asset, holding in state.holdings.items():
            if holding.tracked:
                lots = sum((line.quantity for line in state.lines.values() if line.asset == asset), ZERO)
                held = sum((value for (_, name), value in state.balances().items() if name == asset), ZERO)
                assert (
                    lots + holding.unknown_quantity == held - holding.borrowed + holding.oversold + holding.in_transit
                )
        for line in state.lines.values():
            if line.kind == "linear":
                mine = [
                    e
                    for e in history
                    if isinstance(e, Fill) and (e.symbol, e.position_side or "") == (line.symbol, line.side)
                ]
                assert line.quantity == sum((_signed(e) for e in mine), ZERO)
            if line.lots:
                assert abs(line.quantity) == sum((lot.quantity for lot in line.lots), ZERO)
                assert line.cost == sum((lot.cost or ZERO for lot in line.lots), ZERO)
                assert line.fee == sum((lot.fee for lot in line.lots), ZERO)


def _signed(fill: Fill) -> Decimal:
    assert fill.quantity is not None
    return fill.quantity if fill.side == "buy" else -fill.quantity


def cash_legs(history: list[Event]) -> dict[tuple[str, str, str], Decimal]:
    """What each market's facts cost or brought, in its currency; fees in a third asset at their value."""
    cash: dict[tuple[str, str, str], Decimal] = defaultdict(lambda: ZERO)
    prices = Prices()
    for event in history:
        if isinstance(event, Opening) and event.cost is not None:
            cash[f"{event.asset}/{event.cost_asset}", "", str(event.cost_asset)] -= event.cost
        if not isinstance(event, Fill):
            continue
        base, _, rest = event.symbol.partition("/")
        currency = event.settle or rest
        key = (event.symbol, event.position_side or "", currency)
        if event.inverse:
            assert event.contracts is not None
            assert event.contract_size is not None
            units = event.contracts * event.contract_size * (1 if event.side == "buy" else -1)
            cash[key] += (units / event.price).quantize(QUANTUM)
        else:
            cash[key] -= _signed(event) * event.price
        for fee in event.fees or ():
            if fee.asset == currency:
                cash[key] -= fee.amount
            elif fee.asset != base or event.settle is not None:
                quote = prices.price(fee.asset, currency, 0, 0)
                if quote is not None:
                    cash[key] -= fee.amount * quote.price
                    cash[f"{fee.asset}/{currency}", "", currency] += fee.amount * quote.price
    return cash


@lawful
@given(history=histories(fills(), fills()), method=methods)
def test_law_3_realised_less_open_cost_is_the_cash_exactly(history: list[Event], method: MethodName) -> None:
    state = run(history, method)
    with localcontext(MONEY):
        cash = cash_legs(history)
        for line in state.lines.values():
            left = line.realized + line.unknown_cost_proceeds - line.cost - line.moved_cost + line.other_income
            assert left == cash[line.symbol, line.side, line.currency], line.symbol


@lawful
@given(history=contracts_only, price=st.integers(1, 10**6))
def test_law_4_methods_agree_once_flat(history: list[Event], price: int) -> None:
    last = len(history)
    for line in run(history).lines.values():
        if line.kind in {"linear", "inverse"} and line.quantity:
            inverse = line.kind == "inverse"
            last += 1
            history = [*history, Fill(
                account="a", id=f"e{last}", time_ns=last * 10**9, order_id="o", symbol=line.symbol, wallet="futures",
                side="sell" if line.quantity > 0 else "buy", price=Decimal(price).scaleb(-3), settle=line.currency,
                quantity=None if inverse else abs(line.quantity), inverse=inverse, fees=(),
                contracts=abs(line.quantity) / line.size if inverse else None, contract_size=line.size,
                position_side=line.side or None)]  # type: ignore[arg-type]  # fmt: skip
    ends = [run(history, method) for method in METHODS]
    for key, line in ends[0].lines.items():
        if line.kind in {"linear", "inverse"}:
            assert not line.quantity
            assert not line.cost
            assert {end.lines[key].realized for end in ends} == {line.realized}


def _money(state: LedgerState) -> dict[object, tuple[Decimal, ...]]:
    return {
        key: (line.realized, line.cost, line.fees, line.fee, line.moved_cost, line.unknown_cost_proceeds, line.quantity)
        for key, line in state.lines.items()
    }


def _same_money(a: LedgerState, b: LedgerState, allocations: int, scale: Decimal = Decimal(1)) -> None:
    ours, theirs = _money(a), _money(b)
    assert ours.keys() == theirs.keys()
    with localcontext(MONEY):
        for key, row in ours.items():
            for x, y in zip(row, theirs[key], strict=True):
                assert abs(x * scale - y) <= QUANTUM * allocations * scale, key


@lawful
@given(history=histories(fills((*SPOT[:2], *LINEAR))), method=methods, data=st.data())
def test_law_5_splitting_a_fill_changes_no_money(history: list[Event], method: MethodName, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(history) - 1))
    whole = history[index]
    assert isinstance(whole, Fill)
    assert whole.quantity is not None
    quarter = whole.quantity / 4
    fees = whole.fees or ()
    a = msgspec.structs.replace(whole, quantity=quarter, fees=tuple(Amount(f.asset, f.amount / 4) for f in fees))
    b = msgspec.structs.replace(
        whole, id=f"{whole.id}-rest", quantity=whole.quantity - quarter,
        fees=tuple(Amount(f.asset, f.amount - f.amount / 4) for f in fees), seq=1,
    )  # fmt: skip
    history_split = [*history[:index], a, b, *history[index + 1 :]]
    _same_money(run(history, method), run(history_split, method), 20 * len(history))


def _times(fill: Fill, k: int) -> Event:
    assert fill.quantity is not None
    fees = tuple(Amount(fee.asset, fee.amount * k) for fee in fill.fees or ())
    return msgspec.structs.replace(fill, quantity=fill.quantity * k, fees=fees)


@lawful
@given(history=histories(fills((*SPOT[:2], *LINEAR))), method=methods, k=st.integers(2, 1000))
def test_law_6_quantities_times_k_give_money_times_k(history: list[Event], method: MethodName, k: int) -> None:
    with localcontext(MONEY):
        scaled = [_times(e, k) for e in history if isinstance(e, Fill)]
    _same_money(run(history, method), run(scaled, method), 20 * len(history), Decimal(k))


@lawful
@given(history=everything, method=methods, data=st.data())
def test_law_7_halves_make_the_whole(history: list[Event], method: MethodName, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(history)))
    first = fold_state(empty("a", method), history[:at], Prices())
    assert dump(fold_state(load(dump(first)), history[at:], Prices())) == dump(run(history, method))


@lawful
@given(history=everything, method=methods)
def test_law_8_rebuilt_is_kept_up_to_date(history: list[Event], method: MethodName) -> None:
    state, live = empty("a", method), list[Closing]()
    for event in history:
        state, closings = fold(state, [event], Prices())
        live += closings
    rebuilt, at_once = fold(empty("a", method), history, Prices())
    assert dump(state) == dump(rebuilt)
    assert live == at_once


@lawful
@given(history=everything, method=methods, data=st.data())
def test_law_9_a_fold_changes_nothing_it_was_given(
    history: list[Event], method: MethodName, data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(history)))
    before = run(history[:at], method)
    bytes_before = dump(before)
    fold(before, history[at:], Prices())
    assert dump(before) == bytes_before


@lawful
@given(history=everything, method=methods)
def test_law_10_a_snapshot_is_the_state(history: list[Event], method: MethodName) -> None:
    state = run(history, method)
    again = load(dump(state))
    assert dump(again) == dump(state)
    assert again.totals() == state.totals()
    assert again.lots() == state.lots()
    assert again.issues() == state.issues()


def test_law_10_holds_for_numbers_of_38_digits() -> None:
    price, quantity = (
        Decimal("12345678901234567890.123456789012345678"),
        Decimal("98765432109876543210.987654321098765432"),
    )
    fill = Fill(account="a", id="1", time_ns=1, order_id="o", symbol="AAA/USD", side="buy", price=price,
                quantity=quantity, fees=())  # fmt: skip
    state = load(dump(run([fill])))
    with localcontext(MONEY):
        assert state.totals()[0].cost == price * quantity
        assert state.balances()["spot", "USD"] == -price * quantity


@lawful
@given(history=st.one_of(everything, spot_only, contracts_only), method=methods)
def test_law_11_both_roads_come_to_the_same_digits(history: list[Event], method: MethodName) -> None:
    short, closings_short = fold(empty("a", method), history, Prices())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(apply_module, "open_lane", lambda work, fill: None)
        long, closings_long = fold(empty("a", method), history, Prices())
    assert dump(short) == dump(long)
    assert closings_short == closings_long


@lawful
@given(history=everything, method=methods)
def test_law_12_closings_add_up_to_the_totals(history: list[Event], method: MethodName) -> None:
    state, closings = fold(empty("a", method), history, Prices())
    with localcontext(MONEY):
        for line in state.lines.values():
            mine = [c for c in closings if c.symbol == line.symbol and c.currency == line.currency]
            lines = [x for x in state.lines.values() if (x.symbol, x.currency) == (line.symbol, line.currency)]
            assert sum((c.realized_pnl or ZERO for c in mine), ZERO) == sum((x.realized for x in lines), ZERO)
            assert sum((c.fees for c in mine), ZERO) == sum((x.fees for x in lines), ZERO)
            assert sum((c.unknown_proceeds for c in mine), ZERO) == sum((x.unknown_cost_proceeds for x in lines), ZERO)
            assert sum((c.unknown_quantity for c in mine), ZERO) == sum((x.unknown_cost_quantity for x in lines), ZERO)


@lawful
@given(history=everything, method=methods)
def test_law_13_no_lot_is_negative_or_empty(history: list[Event], method: MethodName) -> None:
    state = run(history, method)
    lots = [lot for line in state.lines.values() for lot in (*line.lots, *line.unknown)]
    lots += [lot for holding in state.holdings.values() for lot in holding.unknown]
    assert all(lot.quantity > 0 for lot in lots)
    for holding in state.holdings.values():
        assert holding.unknown_quantity == sum((lot.quantity for lot in holding.unknown), ZERO)


@lawful
@given(buys=histories(fills(SPOT[:1]), most=8), method=st.just("average"), data=st.data())
def test_law_14_the_order_of_purchases_is_nothing_to_average_cost(
    buys: list[Event], method: MethodName, data: st.DataObject
) -> None:
    bought: list[Event] = [msgspec.structs.replace(e, side="buy") for e in buys if isinstance(e, Fill)]
    other = list(data.draw(st.permutations(bought)))
    sale = Fill(account="a", id="s", time_ns=10**12, order_id="o", symbol=SPOT[0], side="sell", price=Decimal(7),
                quantity=Decimal("0.00001"), fees=())  # fmt: skip
    one, two = run([*bought, sale], method), run([*other, sale], method)
    assert one.lines["", SPOT[0], "", "USD"].realized == two.lines["", SPOT[0], "", "USD"].realized


def test_law_15_no_float_even_by_name() -> None:
    package = Path(account_cli.ledger.__file__).parent
    for path in package.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            assert not (isinstance(node, ast.Name) and node.id == "float"), path
            assert not (isinstance(node, ast.Constant) and isinstance(node.value, float)), path


def test_deposits_alone_leave_plain_cash_without_lots() -> None:
    deposit = TransferArrived(account="a", id="d", time_ns=1, asset="USD", amount=Decimal(100), type="deposit")
    assert run([deposit]).lots() == []
