"""Time is an integer of nanoseconds since 1970-01-01 UTC; texts are RFC 3339 with ``Z``."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache

SECOND = 1_000_000_000
MILLISECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TEXT = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?([Zz]|[+-]\d\d:\d\d)",
)


@lru_cache(maxsize=1024)  # one time is read three times at least: of a fill, of its order, of what it moved
def parse_time(text: str) -> int:
    """Return nanoseconds since 1970 for an RFC 3339 time with its zone; ``ValueError`` for anything else."""
    match = _TEXT.fullmatch(text)
    if match is None:
        raise ValueError(f"not an RFC 3339 time with a zone: {text!r}")
    year, month, day, hour, minute, second = (int(part) for part in match.groups()[:6])
    whole = datetime(year, month, day, hour, minute, second, tzinfo=UTC) - _EPOCH
    ns = (whole.days * 86_400 + whole.seconds) * SECOND + int((match[7] or "0").ljust(9, "0"))
    zone = match[8]
    if zone not in "Zz":
        offset = (int(zone[1:3]) * 60 + int(zone[4:6])) * MINUTE
        ns += offset if zone[0] == "-" else -offset
    return ns


def format_time(ns: int) -> str:
    """Write nanoseconds since 1970 as RFC 3339 in UTC with ``Z``, with as many digits as are known."""
    seconds, fraction = divmod(ns, SECOND)
    days, second = divmod(seconds, 86_400)
    minute, second = divmod(second, 60)
    text = f"{_day(days)}T{minute // 60:02d}:{minute % 60:02d}:{second:02d}"
    if not fraction:
        return f"{text}Z"
    digits = f"{fraction:09d}".rstrip("0")
    return f"{text}.{digits}Z"


@lru_cache(maxsize=1024)
def _day(days: int) -> str:
    return (_EPOCH + timedelta(days=days)).strftime("%Y-%m-%d")


def from_seconds(value: str | int | Decimal) -> int:
    """Return nanoseconds for a Unix time in seconds, exactly as many digits as were sent."""
    return int(Decimal(value) * SECOND)
