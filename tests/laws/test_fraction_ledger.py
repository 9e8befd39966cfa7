"""A second, plainer ledger in exact fractions comes to the same figures.

``ACCT_LAW_EXAMPLES`` sets how many random histories are tried.
"""

from __future__ import annotations

import os
from decimal import Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings

from account_cli.domain.events import Event
from account_cli.domain.money import MONEY
from account_cli.ledger import LedgerState, empty, fold
from account_cli.ledger.state import MethodName
from tests.laws.fraction_ledger import FractionLedger, Lot
from tests.laws.histories import Prices, contracts_only, everything, spot_only

EXAMPLES = int(os.environ.get("ACCT_LAW_EXAMPLES", "100"))
LAWFUL = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=False)
CLOSE = Fraction(1, 10**13)
METHODS: tuple[MethodName, ...] = ("average", "fifo", "lifo", "hifo")


def _near(ours: Decimal, theirs: Fraction, what: str) -> None:
    gap = abs(Fraction(ours) - theirs)
    assert gap <= CLOSE, f"{what}: {ours} against {float(theirs)}"


def _compare(state: LedgerState, plain: FractionLedger) -> None:
    keys = set(plain.figures) | set(plain.pools) | set(plain.shorts) | set(plain.contracts)
    lines = {((line.symbol, line.side) if line.kind in {"linear", "inverse"} else tuple(line.symbol.split("/"))): line
             for line in state.lines.values() if line.kind != "cash"}  # fmt: skip
    for key in keys:
        line, told = lines.get(key), plain.figures[key]
        if line is None:
            assert not any(told.values())
            continue
        _near(line.realized, told["realized"], f"{key} realised")
        _near(line.fees, told["fees"], f"{key} fees")
        _near(line.fees_paid, told["paid"], f"{key} fees paid")
        _near(line.unknown_cost_quantity, told["unknown_q"], f"{key} unknown quantity")
        _near(line.unknown_cost_proceeds, told["unknown_p"], f"{key} unknown proceeds")
        _near(line.moved_cost, told["moved"], f"{key} moved")
        sign = plain.sign.get(key, 1) if line.kind != "spot" else 1
        lots = [(lot, sign) for lot in (plain.contracts if line.kind != "spot" else plain.pools)[key]]
        lots += [(lot, -1) for lot in plain.shorts[key]]
        _near(line.quantity, sum((s * lot.q for lot, s in lots), Fraction(0)), f"{key} quantity")
        _near(line.cost, _sum(lot for lot, _ in lots), f"{key} cost")
        _near(line.fee, sum((lot.fee for lot, _ in lots), Fraction(0)), f"{key} open fees")
    for asset, unknown in plain.unknown.items():
        holding = state.holdings.get(asset)
        if holding is not None and holding.tracked:
            _near(holding.unknown_quantity, sum((lot.q for lot in unknown), Fraction(0)), f"{asset} unknown held")
    for where, amount in plain.balance.items():
        _near(state.balances().get(where, Decimal(0)), amount, f"{where} balance")


def _sum(lots: object) -> Fraction:
    total = Fraction(0)
    for lot in lots:  # type: ignore[attr-defined]
        assert isinstance(lot, Lot)
        assert lot.cost is not None
        total += lot.cost
    return total


def _agree(history: list[Event], method: MethodName) -> None:
    state, _ = fold(empty("a", method), history, Prices())
    plain = FractionLedger(method)
    for event in history:
        plain.book(event)
    with localcontext(MONEY):
        _compare(state, plain)


@pytest.mark.parametrize("method", METHODS)
class TestBothLedgersAgree:
    @LAWFUL
    @given(history=everything)
    def test_on_everything(self, method: MethodName, history: list[Event]) -> None:
        _agree(history, method)

    @LAWFUL
    @given(history=spot_only)
    def test_on_spot_and_margin(self, method: MethodName, history: list[Event]) -> None:
        _agree(history, method)

    @LAWFUL
    @given(history=contracts_only)
    def test_on_contracts(self, method: MethodName, history: list[Event]) -> None:
        _agree(history, method)
