"""Money is a ``Decimal`` made from the exchange's own digits, and leaves as plain digits.

``MONEY`` is the arithmetic context of the ledger: 100 digits, half-even, floats trapped. It is entered once per fold
(``with localcontext(MONEY)``), never per fill, and never inherited from a caller or a thread.
"""

from __future__ import annotations

from decimal import (
    ROUND_HALF_EVEN,
    Context,
    Decimal,
    DivisionByZero,
    FloatOperation,
    InvalidOperation,
    Overflow,
)
from functools import lru_cache

ZERO = Decimal(0)
ONE = Decimal(1)
QUANTUM = Decimal("1e-18")
"""An allocation of cost is rounded to this, half-even; the last piece takes the remainder."""

MONEY = Context(
    prec=100,
    rounding=ROUND_HALF_EVEN,
    Emin=-999999,
    Emax=999999,
    traps=[InvalidOperation, DivisionByZero, Overflow, FloatOperation],
)

_MAX_DIGITS = 80


def decimal(text: str | int | Decimal) -> Decimal:
    """Return the exact value of a number as an exchange or a person wrote it.

    Raises ``ValueError`` for anything that is not a finite decimal number of at most 80 digits, a ``float`` and a
    ``bool`` among them: what passed through binary floating point has lost its digits already.
    """
    if isinstance(text, str):
        return _read(text)
    if isinstance(text, bool) or not isinstance(text, (int, Decimal)):
        raise ValueError(f"not an exact number: {text!r}")
    return _bounded(Decimal(text), text)


@lru_cache(maxsize=4096)  # the fills of a burst repeat prices, amounts and zeros
def _read(text: str) -> Decimal:
    try:
        value = Decimal(text.strip())
    except InvalidOperation:
        raise ValueError(f"not a number: {text!r}") from None
    if len(text) <= _MAX_DIGITS and value.is_finite() and "e" not in text and "E" not in text:
        return value  # so short a text without an exponent cannot have too many digits
    return _bounded(value, text)


def _bounded(value: Decimal, text: object) -> Decimal:
    if not value.is_finite():
        raise ValueError(f"not a finite number: {text!r}")
    _, digits, exponent = value.as_tuple()
    if not isinstance(exponent, int) or len(digits) > _MAX_DIGITS or abs(exponent) > _MAX_DIGITS:
        raise ValueError(f"too many digits: {text!r}")
    return value


def plain(value: Decimal) -> str:
    """Write ``value`` as plain digits: no exponent, no trailing zeros after the point, ``0`` for any zero."""
    if not value:
        return "0"
    text = str(value)  # as a rule plain digits already, and three times as fast as asking for them
    if "E" in text:
        text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text


def round_to_quantum(value: Decimal) -> Decimal:
    """Round an allocated amount to ``QUANTUM``, half-even."""
    return value.quantize(QUANTUM, rounding=ROUND_HALF_EVEN)
