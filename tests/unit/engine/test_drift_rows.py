"""The rows about drift of "Checks taken from the sources" in systems.md, each under its own words."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from account_cli.bootstrap.reconciling import Outcome
from account_cli.domain.events import Amount, Fill
from account_cli.domain.observations import Position
from account_cli.reconciliation import PRESETS, Run
from account_cli.reports.reconcile import findings, reconciled, summary
from account_cli.reports.reconcile_rows import ReconcileRow
from tests.unit.engine.correct_bench import CorrectBench
from tests.unit.engine.engine_facts import START, deposit

D = Decimal


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[CorrectBench]:
    bench = CorrectBench(tmp_path / "acct.db")
    yield bench
    bench.close()


def exit_code(run: Run) -> int:
    return Outcome(account="a", run=run).exit_code


def only_row(run: Run) -> ReconcileRow:
    (row,) = reconciled([run], now_ns=run.at_ns).items
    return row


def test_local_9900_exchange_10000_is_plus_100_and_1_0101_percent_with_exit_3_corrected_only_when_asked(
    bench: CorrectBench,
) -> None:
    bench.tell([deposit(1, "9900")])
    for _ in range(3):
        bench.state([("spot", "USD", "10000")])
        run = bench.keep(bench.compare())
    row = only_row(run)
    assert row.difference_pct is not None
    assert (row.local, row.exchange, row.difference, round(row.difference_pct, 4)) == (
        D(9900),
        D(10000),
        D(100),
        D("1.0101"),
    )
    assert (exit_code(run), row.corrected, bench.balance("USD")) == (3, False, D(9900))
    bench.state([("spot", "USD", "10000")])
    run = bench.keep(bench.compare(), correct=True)
    assert (exit_code(run), only_row(run).corrected, bench.balance("USD")) == (3, True, D(10000))
    assert summary(run).startswith("a: 1 unexplained and corrected of 1 figures")
    assert findings(run)[0].startswith("a: unexplained and corrected since 2023-")
    bench.state([("spot", "USD", "10000")])
    assert exit_code(bench.keep(bench.compare(), correct=True)) == 0


@pytest.mark.parametrize(("drift", "code"), [("0.00001", 0), ("-0.00001", 0), ("0.000011", 3), ("-0.000011", 3)])
def test_tolerance_preset_drift_exactly_0_00001_is_clean_and_0_000011_a_break(
    bench: CorrectBench, drift: str, code: int
) -> None:
    bench.tell([deposit(1, "1")])
    stands = str(1 + D(drift))
    for _ in range(2):
        bench.state([("spot", "USD", stands)])
        run = bench.keep(bench.compare(PRESETS["b25"]))
    assert exit_code(run) == code
    bench.state([("spot", "USD", stands)])
    bench.keep(bench.compare(PRESETS["b25"]), correct=True)
    assert bench.balance("USD") == (D(stands) if code else D(1)), "what is within the tolerance is left alone"


def test_position_1_0_against_1_5_is_plus_0_5_with_the_entry_kept(bench: CorrectBench) -> None:
    symbol = "BTC/USDT:USDT"
    bought = Fill(
        account="a", wallet="futures", id="T1", time_ns=START, order_id="O1", symbol=symbol, side="buy",
        price=D(50000), quantity=D("1.0"), fees=(Amount("USDT", D(0)),), settle="USDT", contract_size=D(1),
    )  # fmt: skip
    bench.tell([bought])
    run = bench.correct([], [Position(symbol=symbol, quantity=D("1.5"), entry_price=D(50500))])
    row = next(row for row in reconciled([run], now_ns=run.at_ns).items if row.kind == "position")
    assert (row.local, row.exchange, row.difference, row.corrected) == (D(1), D("1.5"), D("0.5"), True)
    (figures,) = bench.ledger().positions()
    assert (figures.quantity, figures.entry_price, figures.realized_pnl) == (D("1.5"), D(50000), D(0))
    assert (figures.unknown_open_quantity, bench.balance("USDT", "futures")) == (D("0.5"), D(0))
    assert exit_code(bench.compare()) == 0, "an entry price of which a part is not known is not compared"
