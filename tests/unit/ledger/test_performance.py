"""Golden scenarios G15 and G16, and what has no answer."""

from __future__ import annotations

from decimal import Decimal

import pytest

from account_cli.domain.times import DAY
from account_cli.ledger.performance import (
    EquityPoint,
    compound,
    drawdown,
    max_drawdown,
    modified_dietz,
    money_weighted,
    per_year,
    sharpe,
    sortino,
    time_weighted,
    volatility,
)
from account_cli.ledger.statistics import statistics

G16 = [Decimal(text) for text in (".01", "-.02", ".015", ".03", "-.05", ".02", "0", ".01", "-.01", ".04")]


def point(day: int, equity: str, flow: str = "0") -> EquityPoint:
    return EquityPoint(time_ns=day * DAY, equity=Decimal(equity), flow=Decimal(flow))


G15 = [point(0, "1000"), point(1, "2200", "1100"), point(2, "2090")]


def near(value: Decimal | None, expected: str, digits: int = 12) -> bool:
    assert value is not None
    return abs(value - Decimal(expected)) <= abs(Decimal(expected)).scaleb(-digits)


def test_g15_time_weighted_return() -> None:
    result = time_weighted(G15)
    assert result.returns == (Decimal("0.1"), Decimal("-0.05"))
    assert result.total == Decimal("0.045")
    assert result.broken_at == ()


def test_g15_money_weighted_return_per_period() -> None:
    result = money_weighted(G15, period_ns=DAY)
    assert result.why == "found"
    assert near(result.rate, "-0.003229170174198")


def test_g15_modified_dietz_with_the_flow_in_the_middle() -> None:
    flows = [(Decimal(1100), Decimal("0.5"))]
    assert near(modified_dietz(Decimal(1000), Decimal(2090), flows), "-0.006451612903226")


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (sharpe(G16).value, "3.296217067782705"),
        (sortino(G16).value, "4.963617632332288"),
        (volatility(G16).value, "0.498298493765423"),
        (per_year(G16), "3.602572542930298"),
        (compound(G16), "0.0427120709063460"),
        (max_drawdown(G16), "-0.05"),
        (max_drawdown([Decimal("-0.03"), *G16[1:]]), "-0.0558854685"),
    ],
)
def test_g16_to_twelve_digits(found: Decimal | None, expected: str) -> None:
    assert near(found, expected, 12 if len(expected) > 14 else 9)


def test_g16_profit_factor_and_win_rate_over_days() -> None:
    result = statistics(G16)
    assert result.profit_factor == Decimal("1.5625")
    assert near(result.win_rate, "66.6666666666666666")
    assert result.even == 1


def test_few_observations_are_marked() -> None:
    assert sharpe(G16).small
    assert not sharpe(G16 * 3).small


def test_no_spread_no_ratio() -> None:
    flat = [Decimal("0.01")] * 5
    assert sharpe(flat).value is None
    assert sortino(flat).value is None
    assert volatility([Decimal(1)]).value is None


def test_a_withdrawal_is_no_drawdown() -> None:
    points = [point(0, "1000"), point(1, "500", "-500"), point(2, "500")]
    assert max_drawdown(time_weighted(points).returns) == 0


def test_the_drawdown_now_ends_when_the_high_is_reached_again() -> None:
    assert drawdown([Decimal("-0.5"), Decimal(1)]) == 0
    assert drawdown([Decimal("-0.5"), Decimal("0.5")]) == Decimal("-0.25")


def test_a_chain_breaks_where_there_was_nothing() -> None:
    points = [point(0, "100"), point(1, "0"), point(2, "50", "50"), point(3, "55")]
    result = time_weighted(points)
    assert result.broken_at == (2 * DAY,)
    assert result.returns == (Decimal(-1), Decimal("0.1"))


def test_a_rate_that_is_not_unique_is_not_given() -> None:
    # −1000, +2300 a year later, −1320 at the end of the second: 10 % and 20 % both solve it.
    points = [point(0, "-1000"), point(365, "0", "2300"), point(730, "1320")]
    assert money_weighted(points).why == "no unique solution"
    assert money_weighted(points[:1]).why == "no solution"


def test_money_weighted_over_one_year_is_the_plain_return() -> None:
    assert near(money_weighted([point(0, "100"), point(365, "110")]).rate, "0.1", 20)
