"""What equity returned: time-weighted, money-weighted, per unit of risk.

Definitions (reference: CFA Institute, Global Investment Performance Standards; W. Sharpe 1994; F. Sortino 1994):

    return of a period      r = (E − F) ÷ E′ − 1      F: what flowed in during it, counted at its end
    time-weighted return    Π(1 + r) − 1
    money-weighted return   the rate i at which Σ Fₖ·(1 + i)^((T − tₖ) ÷ year) = E at T (the first equity is a flow)
    drawdown                index ÷ its highest so far − 1, the index being Π(1 + r) from 1: a withdrawal is not one
    Sharpe                  mean(r − rf) ÷ stdev(r − rf; n − 1) × √365
    Sortino                 mean(r − m) ÷ √(mean of min(0, r − m)² over all n) × √365

Returns are fractions of one (0.01 is one percent), daily unless said otherwise. Below 30 observations a ratio is marked
``small``. Roots and powers are worked out to 40 digits.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Context, Decimal, localcontext
from itertools import pairwise
from typing import Literal

import msgspec

from account_cli.domain.money import MONEY, ONE, ZERO
from account_cli.domain.times import DAY

YEAR_NS = 365 * DAY
_ROOTS = Context(prec=40, rounding=MONEY.rounding, traps=[*(t for t, on in MONEY.traps.items() if on)])
_SEARCH = Context(prec=18, rounding=MONEY.rounding, traps=[*(t for t, on in MONEY.traps.items() if on)])
_SMALL = 30


class EquityPoint(msgspec.Struct, frozen=True, kw_only=True):
    """Equity at an instant, and what flowed in (positive) or out since the point before, at market value."""

    time_ns: int
    equity: Decimal
    flow: Decimal = ZERO


class Ratio(msgspec.Struct, frozen=True, kw_only=True):
    """A ratio over ``n`` observations; ``value`` None when there is no spread to divide by."""

    value: Decimal | None
    n: int

    @property
    def small(self) -> bool:
        """True when there are too few observations to mean much."""
        return self.n < _SMALL


class MoneyWeighted(msgspec.Struct, frozen=True, kw_only=True):
    """A rate per year (or period asked for), or why there is none."""

    rate: Decimal | None
    why: Literal["found", "no solution", "no unique solution"]


class TimeWeighted(msgspec.Struct, frozen=True, kw_only=True):
    """Returns per period, their product, and the times at which the chain broke because equity was not positive."""

    returns: tuple[Decimal, ...]
    total: Decimal
    broken_at: tuple[int, ...]


def time_weighted(points: Sequence[EquityPoint]) -> TimeWeighted:
    """Chain the returns between points; a period that began without equity has none and is named."""
    returns: list[Decimal] = []
    broken: list[int] = []
    with localcontext(MONEY):
        for before, point in pairwise(points):
            if before.equity <= ZERO:
                broken.append(point.time_ns)
            else:
                returns.append((point.equity - point.flow) / before.equity - ONE)
        return TimeWeighted(returns=tuple(returns), total=compound(returns), broken_at=tuple(broken))


def compound(returns: Sequence[Decimal]) -> Decimal:
    """Return Π(1 + r) − 1."""
    with localcontext(MONEY):
        index = ONE
        for r in returns:
            index *= ONE + r
        return index - ONE


def max_drawdown(returns: Sequence[Decimal]) -> Decimal:
    """Return the deepest fall of the index below its highest so far, zero or less; a loss on the first day counts."""
    with localcontext(MONEY):
        index = highest = ONE
        deepest = ZERO
        for r in returns:
            index *= ONE + r
            highest = max(highest, index)
            deepest = min(deepest, index / highest - ONE)
        return deepest


def drawdown(returns: Sequence[Decimal]) -> Decimal:
    """Return how far the index is below its highest now, zero or less."""
    with localcontext(MONEY):
        index = highest = ONE
        for r in returns:
            index *= ONE + r
            highest = max(highest, index)
        return index / highest - ONE


def volatility(returns: Sequence[Decimal], periods: int = 365) -> Ratio:
    """Return the standard deviation (n − 1) × √periods."""
    n = len(returns)
    if n < 2:
        return Ratio(value=None, n=n)
    with localcontext(_ROOTS):
        mean = sum(returns, ZERO) / n
        variance = sum(((r - mean) ** 2 for r in returns), ZERO) / (n - 1)
        return Ratio(value=variance.sqrt() * Decimal(periods).sqrt(), n=n)


def sharpe(returns: Sequence[Decimal], risk_free: Decimal = ZERO, periods: int = 365) -> Ratio:
    """Return mean excess over ``risk_free`` (per period) by its deviation, per year."""
    spread = volatility([r - risk_free for r in returns], periods)
    if not spread.value:
        return Ratio(value=None, n=spread.n)
    with localcontext(_ROOTS):
        mean = sum(returns, ZERO) / spread.n - risk_free
        return Ratio(value=mean * periods / spread.value, n=spread.n)


def sortino(returns: Sequence[Decimal], least: Decimal = ZERO, periods: int = 365) -> Ratio:
    """Return mean excess over ``least`` (per period) by the deviation below it, per year."""
    n = len(returns)
    with localcontext(_ROOTS):
        below = sum((min(ZERO, r - least) ** 2 for r in returns), ZERO)
        if not n or not below:
            return Ratio(value=None, n=n)
        mean = sum(returns, ZERO) / n - least
        return Ratio(value=mean / (below / n).sqrt() * Decimal(periods).sqrt(), n=n)


def per_year(returns: Sequence[Decimal], periods: int = 365) -> Decimal | None:
    """Return the compound return per year (CAGR); None without returns or after a total loss."""
    total = ONE + compound(returns)
    if not returns or total <= ZERO:
        return None
    with localcontext(_ROOTS):
        return total ** (Decimal(periods) / len(returns)) - ONE


def modified_dietz(first: Decimal, last: Decimal, flows: Sequence[tuple[Decimal, Decimal]]) -> Decimal | None:
    """Return of a period whose flows were not valued when they came.

    ``flows`` are (amount, the fraction of the period that was left when it came). None when nothing was invested.
    """
    with localcontext(MONEY):
        flowed = sum((amount for amount, _ in flows), ZERO)
        invested = first + sum((amount * left for amount, left in flows), ZERO)
        return (last - first - flowed) / invested if invested > ZERO else None


def money_weighted(points: Sequence[EquityPoint], period_ns: int = YEAR_NS) -> MoneyWeighted:
    """Return the rate per ``period_ns`` that explains the last equity (XIRR).

    A flow counts at the time of its point; the first equity is the first flow. The rate is looked for between growths
    of e^−30 and e^30 over the whole time; two rates that explain it are none.
    """
    if len(points) < 2:
        return MoneyWeighted(rate=None, why="no solution")
    end, last = points[-1].time_ns, points[-1].equity
    with localcontext(_ROOTS):
        flows = [(points[0].equity, Decimal(end - points[0].time_ns) / period_ns)]
        flows += [(point.flow, Decimal(end - point.time_ns) / period_ns) for point in points[1:] if point.flow]
        longest = flows[0][1]
        grid = [step / longest for step in _grid()]
    with localcontext(_SEARCH):
        gaps = [(_gap(flows, last, log), log) for log in grid]
        brackets = [(a, b) for (x, a), (y, b) in pairwise(gaps) if x * y < ZERO]
        brackets += [(log, log) for gap, log in gaps if not gap]
        if len(brackets) != 1:
            return MoneyWeighted(rate=None, why="no unique solution" if brackets else "no solution")
        rough = _bisect(flows, last, *brackets[0])
    with localcontext(_ROOTS):
        return MoneyWeighted(rate=_polish(flows, last, rough).exp() - ONE, why="found")


def _grid() -> list[Decimal]:
    """Logarithms of growth over the whole time: close together where rates are met, wide apart where they are not."""
    near = [Decimal(step) / 50 for step in range(-200, 201)]
    far = [Decimal(step) / 2 for step in range(9, 61)]
    return [*(-step for step in reversed(far)), *near, *far]


def _gap(flows: Sequence[tuple[Decimal, Decimal]], last: Decimal, log: Decimal) -> Decimal:
    """What the flows, grown at a rate of logarithm ``log``, exceed the last equity by."""
    return sum((amount * (log * time).exp() for amount, time in flows), ZERO) - last


def _bisect(flows: Sequence[tuple[Decimal, Decimal]], last: Decimal, low: Decimal, high: Decimal) -> Decimal:
    rising = _gap(flows, last, high) > ZERO
    for _ in range(40):
        middle = (low + high) / 2
        if (_gap(flows, last, middle) > ZERO) == rising:
            high = middle
        else:
            low = middle
    return (low + high) / 2


def _polish(flows: Sequence[tuple[Decimal, Decimal]], last: Decimal, log: Decimal) -> Decimal:
    """Newton's steps from a root known to some twelve digits."""
    for _ in range(3):
        slope = sum((amount * time * (log * time).exp() for amount, time in flows), ZERO)
        if slope:
            log -= _gap(flows, last, log) / slope
    return log
