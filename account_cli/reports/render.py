"""A figure reads the same on every face: grouped digits, its sign, its arrow, and honest marks for none and unknown.

Pure text; colours and widths belong to the faces. Tables use the true minus (U+2212), ``plain`` output and files the
ASCII one. ``?`` is a figure that nobody knows, ``—`` one that does not exist here. Text that came from an exchange
passes through ``clean_text`` before anybody sees it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from typing import Literal

from account_cli.domain.money import MONEY, plain
from account_cli.domain.times import DAY, HOUR, MINUTE, SECOND, format_time

NONE = "—"
UNKNOWN = "?"
MINUS = "−"
UP, DOWN, LEVEL = "▲", "▼", " "
MASKED = "•••••"

Privacy = Literal["off", "percent", "hidden"]
"""``percent`` hides amounts and keeps percentages; ``hidden`` hides both."""

_SHOWN_DIGITS = 8
_SIGNIFICANT = 6
_LONGEST_TEXT = 200
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
_MARKS = frozenset({"Mn", "Me"})
_STACKED = 2
"""More marks than this on one letter draw over the lines above and below."""
_FIAT = frozenset({"USD", "EUR", "GBP", "CHF", "CAD", "AUD", "NZD", "USDT", "USDC", "DAI", "FDUSD", "PYUSD", "TUSD"})
_SMALL = frozenset({"JPY", "KRW"})


def places_for(asset: str) -> int:
    """Return the digits after the point that amounts of ``asset`` are usually shown with."""
    if asset in _SMALL:
        return 0
    return 2 if asset in _FIAT else _SHOWN_DIGITS


def amount(
    value: Decimal | None,
    places: int | None = None,
    *,
    signed: bool = False,
    grouped: bool = True,
    ascii_only: bool = False,
    missing: str = UNKNOWN,
) -> str:
    """Write an amount for people.

    ``places`` rounds half-even to so many digits; None shows every digit up to eight places, and where that would show
    nothing of a small number, its first six significant ones. A number that rounds to zero has no sign.
    """
    if value is None:
        return missing
    with localcontext(MONEY):
        rounded = _rounded(value, places)
        body = format(abs(rounded), ",f" if grouped else "f")
    if places is None and "." in body:
        body = body.rstrip("0").rstrip(".")
    if not rounded:
        return body
    if rounded < 0:
        return ("-" if ascii_only else MINUS) + body
    return f"+{body}" if signed else body


def _rounded(value: Decimal, places: int | None) -> Decimal:
    if places is None:
        exponent = value.as_tuple().exponent
        if isinstance(exponent, int) and exponent >= -_SHOWN_DIGITS:
            return value
        places = max(_SHOWN_DIGITS, _SIGNIFICANT - 1 - value.adjusted()) if value else 0
    if value.adjusted() + places > MONEY.prec - 2:
        return value  # so large that its last shown digit lies beyond the context: nothing to round
    return value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_EVEN)


def percentage(value: Decimal | None, places: int = 2, *, ascii_only: bool = False, missing: str = UNKNOWN) -> str:
    """Write a percentage with its sign and ``%``."""
    if value is None:
        return missing
    return amount(value, places, signed=True, ascii_only=ascii_only) + "%"


def arrow(value: Decimal | None) -> str:
    """Return ``▲``, ``▼``, or a blank for zero and unknown: colour alone never says the sign."""
    if value is None or not value:
        return LEVEL
    return UP if value > 0 else DOWN


def change(value: Decimal | None, places: int | None = None, *, missing: str = UNKNOWN) -> str:
    """Write a gain or loss with arrow and sign: ``▲ +1,204.55``."""
    if value is None:
        return missing
    text = amount(value, places, signed=True)
    mark = DOWN if text.startswith(MINUS) else UP if text.startswith("+") else LEVEL
    return f"{mark} {text}"


def masked(text: str, privacy: Privacy, *, is_percent: bool = False) -> str:
    """Return ``text``, or a mask of constant width that does not even betray its length or sign."""
    if privacy == "off" or (privacy == "percent" and is_percent):
        return text
    return MASKED if text not in {NONE, ""} else text


def age(ns: int | None, *, missing: str = NONE) -> str:
    """Write a span of nanoseconds in its largest whole unit: ``0s``, ``42s``, ``3m``, ``2h``, ``5d``."""
    if ns is None:
        return missing
    ns = max(ns, 0)
    for unit, word in ((DAY, "d"), (HOUR, "h"), (MINUTE, "m")):
        if ns >= unit:
            return f"{ns // unit}{word}"
    return f"{ns // SECOND}s"


def clock(ns: int | None, *, missing: str = NONE) -> str:
    """Write the time of day in UTC: ``14:03:27``."""
    return missing if ns is None else format_time(ns)[11:19]


def date_and_time(ns: int | None, *, missing: str = NONE) -> str:
    """Write a moment to the second, in UTC, without its zone (the column's head names it): ``2026-11-19 14:03:27``."""
    return missing if ns is None else f"{format_time(ns)[:10]} {format_time(ns)[11:19]}"


def exact(value: Decimal | None, missing: str = UNKNOWN) -> str:
    """Write every digit, ungrouped, with an ASCII minus: what programs read."""
    return missing if value is None else plain(value)


def clean_text(text: str | None, longest: int = _LONGEST_TEXT, *, missing: str = NONE) -> str:
    """Return foreign text as one harmless line of at most ``longest`` characters.

    Removed: control characters (C0, C1, so every terminal sequence), direction marks and overrides, zero-width and
    other invisible format characters, private-use characters, lone surrogates, and towers of combining marks. Any white
    space becomes one blank.
    """
    if text is None:
        return missing
    read = text[: longest * 4]
    line = read if read.isascii() and read.isprintable() else "".join(_visible(read))
    line = " ".join(line.split())
    if len(line) > longest or len(text) > len(read):
        return line[: max(longest - 1, 0)].rstrip() + "…"
    return line


def _visible(text: str) -> Iterator[str]:
    stacked = 0
    for letter in text:
        if letter.isspace():
            yield " "
        elif letter.isascii():
            stacked = 0
            if letter.isprintable():
                yield letter
        else:
            category = unicodedata.category(letter)
            stacked = stacked + 1 if category in _MARKS else 0
            if category not in _HIDDEN and stacked <= _STACKED and not _is_invisible(letter):
                yield letter


def _is_invisible(letter: str) -> bool:
    """True for letters that take no room though Unicode calls them letters or marks: Hangul fillers, selectors."""
    point = ord(letter)
    return point in {0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0} or 0xFE00 <= point <= 0xFE0F
