"""Figures are exact; only a division that does not end is rounded, once, at 1e-18, half-even.

None is unknown and stays unknown through every operation here: it is never taken for zero.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, localcontext
from functools import wraps
from typing import ParamSpec, TypeVar

from account_cli.domain.money import MONEY, round_to_quantum

P = ParamSpec("P")
R = TypeVar("R")

_HUNDRED = Decimal(100)
_ROUNDABLE = 75
"""Beyond so many digits before the point a quantum of 1e-18 does not fit the context; such a number stays as it is."""


def exactly(function: Callable[P, R]) -> Callable[P, R]:
    """Run ``function`` in the money context: a caller's, or a thread's, context never decides about digits."""

    @wraps(function)
    def inside(*args: P.args, **kwargs: P.kwargs) -> R:
        with localcontext(MONEY):
            return function(*args, **kwargs)

    return inside


def settle_digits(value: Decimal) -> Decimal:
    """Return the result of a division with 18 digits after the point."""
    return round_to_quantum(value) if value.adjusted() < _ROUNDABLE else value


def divide(part: Decimal, whole: Decimal) -> Decimal | None:
    """Return ``part ÷ whole``; None when ``whole`` is zero."""
    return settle_digits(part / whole) if whole else None


def percent(part: Decimal | None, whole: Decimal | None) -> Decimal | None:
    """Return ``part`` in percent of ``|whole|``; None when either is unknown or ``whole`` is zero."""
    if part is None or not whole:
        return None
    return settle_digits(part * _HUNDRED / abs(whole))


def plus(*parts: Decimal | None) -> Decimal | None:
    """Return the sum; None as soon as one part is unknown."""
    total = Decimal(0)
    for part in parts:
        if part is None:
            return None
        total += part
    return total
