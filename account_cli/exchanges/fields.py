"""One element of an answer is read field by field, and a field that is not as documented names itself.

Nothing here guesses: what is missing where it must be raises ``Unreadable``, what may be missing is None.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal, localcontext
from typing import TypeVar

from account_cli.domain.money import MONEY, decimal
from account_cli.domain.times import MILLISECOND, SECOND, parse_time
from account_cli.errors import BadAnswer

Row = Mapping[str, object]
T = TypeVar("T")


_LAST_NS = 2**63 - 1
"""The last moment that a database can hold: in the year 2262."""


class Unreadable(BadAnswer, ValueError):
    """An element that is not as its exchange documents it; where it is the whole answer, the answer is bad."""


def row_of(value: object, what: str = "element") -> Row:
    """Return ``value`` when it is a JSON object."""
    if not isinstance(value, dict):
        raise Unreadable(f"{what} is not an object")
    return value


def rows_of(value: object, what: str = "answer") -> list[object]:
    """Return ``value`` when it is a JSON array."""
    if not isinstance(value, list):
        raise Unreadable(f"{what} is not an array")
    return value


def number(row: Row, key: str) -> Decimal:
    """Return the exact number of a field that must be there."""
    value = maybe_number(row, key)
    if value is None:
        raise Unreadable(f"no {key}")
    return value


def maybe_number(row: Row, key: str) -> Decimal | None:
    """Return the exact number of a field, None when it is absent, null or empty."""
    value = row.get(key)
    if value is None or value == "":
        return None
    if not isinstance(value, (str, int)):
        raise Unreadable(f"{key} is not a number")
    try:
        return decimal(value)
    except ValueError:
        raise Unreadable(f"{key} is not a number: {str(value)[:40]!r}") from None


def nonzero(row: Row, key: str) -> Decimal | None:
    """Return the number of a field where the exchange writes 0 for nothing (the price of a market order)."""
    return maybe_number(row, key) or None


def text(row: Row, key: str) -> str:
    """Return the text of a field that must be there; a whole number is written as its digits."""
    value = maybe_text(row, key)
    if value is None:
        raise Unreadable(f"no {key}")
    return value


def maybe_text(row: Row, key: str) -> str | None:
    """Return the text of a field, None when it is absent, null or empty."""
    value = row.get(key)
    if isinstance(value, str):
        return value or None
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int):
        raise Unreadable(f"{key} is not a text")
    return str(value)


def whole(row: Row, key: str) -> int:
    """Return a whole number that must be there: an id that counts upwards."""
    told = row.get(key)
    if type(told) is int and 0 <= told <= _LAST_NS:
        return told
    value = number(row, key)
    if value != value.to_integral_value() or not 0 <= value <= _LAST_NS:
        raise Unreadable(f"{key} is not a whole number: {str(value)[:40]!r}")
    return int(value)


def seconds(row: Row, key: str) -> int:
    """Return nanoseconds for a field that holds Unix seconds with any number of decimals."""
    return _moment(key, number(row, key) * SECOND)


def maybe_seconds(row: Row, key: str) -> int | None:
    """Like ``seconds``; None when absent or 0."""
    value = nonzero(row, key)
    return None if value is None else _moment(key, value * SECOND)


def milliseconds(row: Row, key: str) -> int:
    """Return nanoseconds for a field that holds Unix milliseconds."""
    told = row.get(key)
    if type(told) is int:
        return _moment(key, told * MILLISECOND)
    return _moment(key, number(row, key) * MILLISECOND)


def maybe_milliseconds(row: Row, key: str) -> int | None:
    """Like ``milliseconds``; None when absent or 0."""
    told = row.get(key)
    if type(told) is int and told:
        return _moment(key, told * MILLISECOND)
    value = nonzero(row, key)
    return None if value is None else _moment(key, value * MILLISECOND)


def moment(row: Row, key: str) -> int:
    """Return nanoseconds for a field that holds an RFC 3339 time."""
    told = text(row, key)
    try:
        return _moment(key, parse_time(told))
    except (ValueError, OverflowError):
        raise Unreadable(f"{key} is not a time: {told[:40]!r}") from None


def _moment(key: str, ns: Decimal | int) -> int:
    if not 0 < ns <= _LAST_NS:
        raise Unreadable(f"{key} is not a time")
    return int(ns)


def word(row: Row, key: str) -> str | None:
    """Return what tells one kind of message from another; None when it is not a text."""
    value = row.get(key)
    return value if isinstance(value, str) else None


def choice(value: str | None, options: Mapping[str, T], what: str) -> T:
    """Return what the exchange's word means; ``Unreadable`` for a word that is not documented."""
    if value is None or value not in options:
        raise Unreadable(f"unknown {what} {str(value)[:40]!r}")
    return options[value]


def read_each(
    items: Iterable[tuple[str, object]], read: Callable[[str, object], Iterable[T]]
) -> tuple[list[T], list[str]]:
    """Read every element, in the arithmetic of money; return what was read, and a line for each that could not be."""
    good: list[T] = []
    bad: list[str] = []
    with localcontext(MONEY):
        for name, item in items:
            try:
                good.extend(read(name, item))
            except (ValueError, TypeError, KeyError, ArithmeticError) as error:
                bad.append(f"{name}: {error}"[:300])
    return good, bad
