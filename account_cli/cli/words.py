"""What a person may write for a time, a span, an amount or a choice, and what they are told when it is none.

Spans of time are ``[since, until)``. A day without a zone is a day in UTC, or in the zone of ``--tz``. All of it raises
``InputError`` that names the option.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from account_cli.domain.money import decimal
from account_cli.domain.times import DAY, HOUR, MINUTE, SECOND, parse_time
from account_cli.errors import InputError

if TYPE_CHECKING:
    from account_cli.cli.zones import Zone

_SPAN = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d|w)", re.ASCII)
_UNIT = {"ms": SECOND // 1000, "s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY, "w": 7 * DAY}
_YEAR = re.compile(r"(\d{4})", re.ASCII)
_CURRENCY = re.compile(r"[A-Z0-9]{1,20}", re.ASCII)
_MONTH = re.compile(r"(\d{4})-(\d\d)", re.ASCII)
_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)", re.ASCII)
_SHORT_TIME = re.compile(r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d)(:\d\d(?:\.\d{1,9})?)?([Zz]|[+-]\d\d:\d\d)?", re.ASCII)
TIME_EXAMPLES = "7d, 36h, yesterday, today, ytd, 2026, 2026-11, 2026-11-01, 2026-11-01T09:00Z"


def span(text: str, option: str) -> int:
    """Return nanoseconds for ``90s``, ``5m``, ``1h``, ``7d``; a bare number is seconds. Must be more than zero."""
    written = text.strip().lower()
    match = _SPAN.fullmatch(written if not written.replace(".", "", 1).isdigit() else f"{written}s")
    value = int(Decimal(match[1]) * _UNIT[match[2]]) if match else 0
    if value <= 0 or value > 36_500 * DAY:
        raise InputError(f"{option}: not a span of time: {text!r}", hint="write 60s, 5m, 1h or 7d")
    return value


def moment(text: str | None, option: str, *, now_ns: int, end: bool = False, zone: Zone | None = None) -> int | None:
    """Return nanoseconds since 1970 for a time as a person writes it; None for None.

    A span (``7d``) is that long before now. A day or month is its beginning, also as an ``--until``, which is not part
    of the period; ``end`` is for times that name the last instant meant (``--at``): then a day or month is its end.
    What names no zone itself is a time of ``zone``, of UTC for None.
    """
    if text is None:
        return None
    try:
        found = _moment(text.strip(), now_ns, end, zone)
    except ValueError:
        found = None
    if found is None or found < 0:
        raise InputError(f"{option}: not a time: {text!r}", hint=f"write one of {TIME_EXAMPLES}")
    return found


def period(
    since: str | None, until: str | None, *, now_ns: int, zone: Zone | None = None
) -> tuple[int | None, int | None]:
    """Read ``--since`` and ``--until`` together; an empty period is an error."""
    first = moment(since, "--since", now_ns=now_ns, zone=zone)
    last = moment(until, "--until", now_ns=now_ns, zone=zone)
    if first is not None and last is not None and last <= first:
        raise InputError(f"--until {until!r} is not after --since {since!r}", hint="a period is [since, until)")
    return first, last


def closed_period(text: str, option: str, *, zone: Zone | None = None) -> tuple[int, int]:
    """Return the first instant of a year, month or day and that of the next: ``2025``, ``2025-11``, ``2025-11-30``."""
    try:
        days = _days(text.strip(), date(1970, 1, 1)) if text[:1].isdigit() else None
    except ValueError:
        days = None
    if days is None or days[0].year < 1970:
        raise InputError(f"{option}: not a year, month or day: {text!r}", hint="write 2025, 2025-11 or 2025-11-30")
    return _day_ns(days[0], zone), _day_ns(days[1], zone)


def _moment(text: str, now_ns: int, end: bool, zone: Zone | None) -> int | None:
    today = (datetime.fromtimestamp(now_ns // SECOND, UTC) if zone is None else zone.at(now_ns)).date()
    word = text.lower()
    if word == "now":
        return now_ns
    if match := _SPAN.fullmatch(word):
        return now_ns - int(Decimal(match[1]) * _UNIT[match[2]])
    if match := _SHORT_TIME.fullmatch(text):
        if zone is not None and match[4] is None:
            return zone.meant(datetime.fromisoformat(f"{match[1]}T{match[2]}{match[3] or ':00'}"))
        return parse_time(f"{match[1]}T{match[2]}{match[3] or ':00'}{match[4] or 'Z'}")
    days = _days(word, today)
    if days is None:
        return None
    return _day_ns(days[1] if end else days[0], zone)


def _days(word: str, today: date) -> tuple[date, date] | None:
    """Return the first day that a word means, and the day after the last."""
    one = timedelta(days=1)
    if word == "today":
        return today, today + one
    if word == "yesterday":
        return today - one, today
    if word == "ytd":
        return date(today.year, 1, 1), today + one
    if match := _DATE.fullmatch(word):
        day = date(int(match[1]), int(match[2]), int(match[3]))
        return day, day + one
    if match := _YEAR.fullmatch(word):
        return date(int(match[1]), 1, 1), date(int(match[1]) + 1, 1, 1)
    if match := _MONTH.fullmatch(word):
        first = date(int(match[1]), int(match[2]), 1)
        return first, (first + timedelta(days=31)).replace(day=1)
    return None


def _day_ns(day: date, zone: Zone | None) -> int:
    if zone is not None:
        return zone.meant(datetime(day.year, day.month, day.day))  # noqa: DTZ001 -- the zone's own
    return (day - date(1970, 1, 1)).days * DAY


def quantity(text: str, option: str) -> Decimal:
    """Return an exact number that is not negative."""
    try:
        value = decimal(text)
    except ValueError:
        raise InputError(f"{option}: not a number: {text!r}", hint="write plain digits, like 0.001") from None
    if value < 0:
        raise InputError(f"{option}: must not be negative: {text!r}")
    return value


def counted(value: int | None, option: str, *, least: int = 1) -> int | None:
    """Return a count that was given, checked; None for None."""
    if value is not None and value < least:
        raise InputError(f"{option}: must be at least {least}, not {value}")
    return value


def choice(text: str, names: Sequence[str], option: str) -> str:
    """Return ``text`` when it is one of ``names``."""
    if text in names:
        return text
    from account_cli.config.nearest import did_you_mean

    raise InputError(f"{option}: unknown {text!r}", hint=did_you_mean(text, names) or f"one of: {', '.join(names)}")


def currency_code(text: str, option: str) -> str:
    """Return the code of a currency or asset in capitals."""
    code = text.strip().upper()
    if not _CURRENCY.fullmatch(code):
        raise InputError(f"{option}: not a currency: {text!r}", hint="write a code like USD, EUR or BTC")
    return code
