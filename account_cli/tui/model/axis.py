"""Marks at round numbers and round times: 1, 2 or 5 times a power of ten; whole minutes, hours, days."""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal, localcontext

from account_cli.domain.money import MONEY
from account_cli.domain.times import DAY, HOUR, MINUTE
from account_cli.reports import render

_TIMES = (
    MINUTE,
    2 * MINUTE,
    5 * MINUTE,
    10 * MINUTE,
    15 * MINUTE,
    30 * MINUTE,
    HOUR,
    2 * HOUR,
    3 * HOUR,
    6 * HOUR,
    12 * HOUR,
    DAY,
    2 * DAY,
    5 * DAY,
    10 * DAY,
)
_LEAST_SHARE = Decimal("0.0002")
"""A curve that moves less than this part of its height above zero is flat, not a mountain range."""


def spread(low: Decimal, high: Decimal) -> tuple[Decimal, Decimal]:
    """Return the range to draw: a little more than what is there, and never so little that noise looks like a storm."""
    with localcontext(MONEY):
        least = max(abs(low), abs(high)) * _LEAST_SHARE or Decimal(1)
        missing = max(least - (high - low), Decimal(0))
        return low - missing / 2, high + missing / 2


def ticks(low: Decimal, high: Decimal, most: int) -> list[Decimal]:
    """Return at most ``most`` round numbers within ``[low, high]``, from below, as finely spaced as that allows."""
    if most < 1 or high <= low:
        return [low] if most > 0 else []
    with localcontext(MONEY):
        power = ((high - low) / most).adjusted()
        for factor in (1, 2, 5, 10, 20, 50):
            step = Decimal(factor).scaleb(power)
            first = (low / step).to_integral_value(rounding=ROUND_CEILING) * step
            found = [first + step * i for i in range(most + 1) if first + step * i <= high]
            if len(found) <= most:
                return found or [low]
    return [low]


def step_places(marks: list[Decimal]) -> int:
    """Return how many digits after the point tell these round numbers apart."""
    exponents = [value.normalize().as_tuple().exponent for value in marks if value]
    return max((-e for e in exponents if isinstance(e, int) and e < 0), default=0)


def time_ticks(since: int, until: int, most: int) -> list[tuple[int, str]]:
    """Return at most ``most`` round instants (UTC) within ``[since, until]`` with what to call them."""
    step = next((step for step in _TIMES if (until - since) // step <= most), 30 * DAY)
    first = -(-since // step) * step
    return [(at, _name(at, step)) for at in range(first, until + 1, step)][: max(0, most)]


def _name(at: int, step: int) -> str:
    text = render.date_and_time(at)
    return text[5:10] if step >= DAY or at % DAY == 0 else text[11:16]
