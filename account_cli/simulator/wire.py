"""What goes over the wire keeps every digit.

Exchanges send some amounts as JSON numbers. Python's own writer would take them through binary floating point; this one
writes a ``Decimal`` as a number with exactly its digits. Times are integer nanoseconds since 1970 UTC inside and leave
in the digits the exchange sends.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal

SECOND = 1_000_000_000
MILLISECOND = 1_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_quote = json.encoder.encode_basestring_ascii


def dumps(value: object, *, scientific: bool = False) -> str:
    """Write JSON; a ``Decimal`` becomes a number with exactly its digits, a ``float`` is refused (``TypeError``).

    ``scientific`` writes such a number with an exponent, which JSON allows as well.
    """
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            return _quote(value)
        case int():
            return str(value)
        case Decimal():
            return format(value, "E" if scientific else "f")
        case Mapping():
            parts = (f"{_quote(str(key))}:{dumps(item, scientific=scientific)}" for key, item in value.items())
            return "{" + ",".join(parts) + "}"
        case list() | tuple():
            return "[" + ",".join(dumps(item, scientific=scientific) for item in value) + "]"
        case _:
            raise TypeError(f"not to be sent: {type(value).__name__}")


def plain(value: Decimal) -> str:
    """Write plain digits: no exponent, no trailing zeros, ``0`` for any zero."""
    if not value:
        return "0"
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def fixed(value: Decimal, digits: int) -> str:
    """Write exactly ``digits`` digits after the point, more when the value has more: nothing is rounded away."""
    return format(value, f".{max(digits, plain_digits(value))}f")


def plain_digits(value: Decimal) -> int:
    """Return how many digits after the point the value really needs."""
    text = plain(value)
    return len(text) - text.index(".") - 1 if "." in text else 0


def iso(ns: int, digits: int) -> str:
    """Write RFC 3339 with ``Z`` and exactly ``digits`` digits of the second."""
    whole, fraction = divmod(ns, SECOND)
    text = (_EPOCH + timedelta(seconds=whole)).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{text}.{fraction:09d}"[: len(text) + 1 + digits] + "Z"


def shortest_iso(ns: int) -> str:
    """Write RFC 3339 with ``Z`` and as many digits as are needed."""
    whole, fraction = divmod(ns, SECOND)
    text = (_EPOCH + timedelta(seconds=whole)).strftime("%Y-%m-%dT%H:%M:%S")
    digits = f"{fraction:09d}".rstrip("0")
    return f"{text}.{digits}Z" if digits else f"{text}Z"


def seconds(ns: int) -> Decimal:
    """Return Unix seconds as a number with as many digits as are needed (an integer time stays one)."""
    whole, fraction = divmod(ns, SECOND)
    digits = f"{fraction:09d}".rstrip("0")
    return Decimal(f"{whole}.{digits}" if digits else str(whole))


def milliseconds(ns: int) -> int:
    """Return whole Unix milliseconds."""
    return ns // MILLISECOND
