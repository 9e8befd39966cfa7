"""One value of a file, read strictly: the right type, exact digits, a time with its zone, or a complaint.

Numbers arrive as ``Digits``, the text that stood in the file: no number of a file is ever a Python ``float``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from account_cli.domain.events import Amount
from account_cli.domain.money import decimal
from account_cli.domain.times import parse_time

_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?")
_WHOLE = re.compile(r"[0-9]{1,18}")
_LONGEST = 1000
_TIME_LIMIT = 2**63

Parse = Callable[[Any, str], Any]
"""Takes a value and the name of its field; returns what the domain holds; raises ``Refused``."""


class Digits(str):
    """A number as it was written in the file, told apart from a string."""

    __slots__ = ()


class Refused(ValueError):
    """A value cannot be what it says; ``field`` is where."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.message = message


def named(value: object) -> str:
    """Say what ``value`` is, shortly, for a complaint."""
    match value:
        case Digits():
            return f"the number {value[:40]}"
        case str():
            return repr(value if len(value) <= 40 else value[:40] + "…")
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case dict():
            return "an object"
    return "an array"


def text(value: object, field: str) -> str:
    """Read a text, which may be empty."""
    if not isinstance(value, str) or isinstance(value, Digits):
        raise Refused(field, f"must be a text, not {named(value)}")
    if len(value) > _LONGEST:
        raise Refused(field, f"is longer than {_LONGEST} characters")
    if any("\ud800" <= c <= "\udfff" for c in value):
        raise Refused(field, "holds half a character (a lone surrogate)")
    return value


def name(value: object, field: str) -> str:
    """Read a text that may not be empty nor have spaces around it."""
    found = text(value, field)
    if not found.strip():
        raise Refused(field, "may not be empty")
    if found != found.strip():
        raise Refused(field, f"has spaces around it: {named(value)}")
    return found


def number(value: object, field: str) -> Decimal:
    """Read an exact number, written as a string (or, in JSON, as a number) of plain digits."""
    if not isinstance(value, str):
        raise Refused(field, f"must be a number in quotes, not {named(value)}")
    if _NUMBER.fullmatch(value) is None:
        raise Refused(field, f"is not a number: {named(value)}")
    try:
        return decimal(value)
    except ValueError as error:
        raise Refused(field, str(error)) from None


def count(value: object, field: str) -> int:
    """Read a whole number from 0 on."""
    if not isinstance(value, Digits) or _WHOLE.fullmatch(value) is None:
        raise Refused(field, f"must be a whole number from 0 on, not {named(value)}")
    return int(value)


def flag(value: object, field: str) -> bool:
    """Read true or false."""
    if not isinstance(value, bool):
        raise Refused(field, f"must be true or false, not {named(value)}")
    return value


def moment(value: object, field: str) -> int:
    """Read an RFC 3339 time with its zone as nanoseconds since 1970."""
    try:
        ns = parse_time(text(value, field))
    except Refused:
        raise
    except ValueError:
        raise Refused(field, f"must be a time like 2024-01-31T12:00:00Z, not {named(value)}") from None
    if not -_TIME_LIMIT <= ns < _TIME_LIMIT:
        raise Refused(field, f"is too far away: {named(value)}")
    return ns


def choice(allowed: tuple[str, ...]) -> Parse:
    """Return how to read one of ``allowed``."""

    def parse(value: object, field: str) -> str:
        if isinstance(value, str) and not isinstance(value, Digits) and value in allowed:
            return value
        raise Refused(field, f"must be one of {', '.join(allowed)}, not {named(value)}")

    return parse


def amount(value: object, field: str) -> Amount:
    """Read ``{"asset": ..., "amount": ...}``."""
    if not isinstance(value, dict):
        raise Refused(field, f"must be an object of asset and amount, not {named(value)}")
    for key in value:
        if key not in {"asset", "amount"}:
            raise Refused(f"{field}.{key}", "is unknown here; known are asset and amount")
    for key in ("asset", "amount"):
        if key not in value:
            raise Refused(f"{field}.{key}", "is missing")
    return Amount(name(value["asset"], f"{field}.asset"), number(value["amount"], f"{field}.amount"))


def amounts(value: object, field: str) -> tuple[Amount, ...]:
    """Read an array of amounts."""
    if not isinstance(value, list):
        raise Refused(field, f"must be an array, not {named(value)}")
    return tuple(amount(item, f"{field}[{index}]") for index, item in enumerate(value))
