"""Figures: exact, rounded once where a division does not end, and unknown that stays unknown."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal, Inexact, localcontext

from hypothesis import given
from hypothesis import strategies as st

from account_cli.reports.arithmetic import divide, exactly, percent, plus
from tests.unit.reports.report_views import D

numbers = st.decimals(allow_nan=False, allow_infinity=False, min_value=D("-1e20"), max_value=D("1e20"), places=9)


def test_a_division_that_does_not_end_is_rounded_half_even_at_1e_18() -> None:
    assert exactly(divide)(D(2), D(3)) == D("0.666666666666666667")
    assert exactly(divide)(D(1), D(8)) == D("0.125")
    assert divide(D(1), D(0)) is None


def test_percent_is_of_the_absolute_whole() -> None:
    assert exactly(percent)(D(9), D(-99)) == D("9.090909090909090909")
    assert percent(D(1), D(0)) is None
    assert percent(None, D(1)) is None
    assert percent(D(1), None) is None


def test_a_sum_with_an_unknown_part_is_unknown() -> None:
    assert plus(D(1), D(2)) == 3
    assert plus(D(1), None) is None
    assert plus() == 0


def test_neither_a_callers_context_nor_a_threads_decides_about_digits() -> None:
    product = exactly(lambda: D("1.000000000000000000000001") * D("1.000000000000000000000001"))
    wanted = D("1.000000000000000000000002000000000000000000000001")
    with localcontext() as context, ThreadPoolExecutor(1) as pool:
        context.prec = 5
        context.traps[Inexact] = True
        assert product() == wanted
        assert pool.submit(product).result() == wanted


def test_a_number_too_large_for_the_quantum_is_left_as_it_is() -> None:
    huge = Decimal("1e90")
    assert exactly(divide)(huge, D(1)) == huge


@given(numbers, numbers)
def test_a_quotient_is_within_half_a_quantum(part: Decimal, whole: Decimal) -> None:
    quotient = exactly(divide)(part, whole)
    if quotient is None:
        assert whole == 0
        return
    with localcontext() as context:
        context.prec = 100
        assert abs(quotient * whole - part) <= abs(whole) * D("5.000001e-19")
