"""A chart with its axes as lines of text: which part of the curve, in which unit, with which marks.

With amounts hidden the axis is in percent of where the chart begins; with percentages hidden too nothing is drawn at
all, for a curve tells the sign of what it hides.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, localcontext
from typing import Literal, NamedTuple

from account_cli.domain.money import MONEY
from account_cli.domain.times import DAY, HOUR, MINUTE
from account_cli.reports import render
from account_cli.reports.render import Privacy
from account_cli.reports.rows import EquityPointRow
from account_cli.tui.model.axis import spread, step_places, ticks, time_ticks
from account_cli.tui.model.braille import Field, Point, raster
from account_cli.tui.model.cell import Span, Tone
from account_cli.tui.model.fit import text_width

RANGES: tuple[tuple[str, int], ...] = (("1h", HOUR), ("24h", DAY), ("7d", 7 * DAY), ("30d", 30 * DAY))
USUAL_RANGE = 1
_SHORTEST = 10 * MINUTE
_HUNDRED = Decimal(100)

Kind = Literal["equity", "pnl"]


class Window(NamedTuple):
    """The points within ``[since, until]``, nanoseconds."""

    since: int
    until: int
    points: tuple[EquityPointRow, ...]


def ranges_for(curve: Sequence[EquityPointRow], now_ns: int) -> int:
    """Return how many of ``RANGES`` show more than the one before; the first is always there."""
    reach = now_ns - curve[0].at if curve else 0
    return 1 + sum(reach > length for _, length in RANGES[:-1])


def window(curve: Sequence[EquityPointRow], now_ns: int, length: int) -> Window:
    """Cut out the last ``length`` nanoseconds; where the curve is younger, time begins with it."""
    begins = curve[0].at if curve else now_ns
    since = min(max(now_ns - length, begins), now_ns - _SHORTEST)
    return Window(since, now_ns, tuple(point for point in curve if point.at + point.span > since))


def values(seen: Window, kind: Kind, *, relative: bool) -> list[Point]:
    """Return what to draw: equity, or the profit since the window began; ``relative`` in percent of equity then.

    What comes after something unknown begins flat, as long as its bucket: a single point can be seen.
    """
    made: list[Point] = []
    known_until: int | None = None
    first = base = None
    with localcontext(MONEY):
        for one in seen.points:
            value = one.equity if kind == "equity" else one.net_pnl
            if value is None:
                continue
            if first is None:
                first, base = value, one.equity
            shown = value - first if relative or kind == "pnl" else value
            if relative:
                shown = shown * _HUNDRED / base if base and base > 0 else Decimal(0)
            end = min(one.at + one.span, seen.until)
            if known_until is None or one.at > known_until:
                made.append(Point(one.at, shown, False))
            made.append(Point(end, shown, True))
            known_until = end
    return made


def chart(
    seen: Window, kind: Kind, privacy: Privacy, tone: Tone, width: int, height: int, *, margin: int = 0
) -> list[list[Span]]:
    """Draw ``height`` lines of at most ``width`` cells: the curve, amounts at its left, the time below.

    ``margin`` is the least room for the amounts: charts with equal margins stand under each other.
    """
    points = values(seen, kind, relative=privacy != "off")
    if privacy == "hidden" or not points or width < 12 or height < 2:
        return []
    rows = height - 1
    low, high = spread(min(p.value for p in points), max(p.value for p in points))
    if kind == "pnl":
        low, high = min(low, Decimal(0)), max(high, Decimal(0))
    marks = ticks(low, high, max(1, (rows + 1) // 3))
    labels = _labels(marks, kind, privacy)
    left = max(margin, *(text_width(text) for text in labels))
    field = Field(seen.since, seen.until, low, high, max(1, width - left - 2), rows)
    named = {field.y(mark) // 4: text for mark, text in zip(marks, labels, strict=True)}
    lines = []
    for row, dots in enumerate(raster(points, field)):
        text = named.get(row)
        axis = " " * left + "│" if text is None else text.rjust(left) + "┤"
        lines.append([Span(axis, "dim"), Span(dots, tone)])
    lines.append([Span(" " * left + "└" + _times(field), "dim")])
    return lines


def margin_of(lines: Sequence[Sequence[Span]]) -> int:
    """Return the room that a drawn chart has for its amounts."""
    return lines[-1][-1].text.find("└") if lines and lines[-1] else 0


def _labels(marks: list[Decimal], kind: Kind, privacy: Privacy) -> list[str]:
    places = step_places(marks)
    signed = kind == "pnl" or privacy != "off"
    tail = "" if privacy == "off" else "%"
    return [render.amount(mark, places, signed=signed) + tail for mark in marks]


def _times(field: Field) -> str:
    """Return the line of the time axis, each mark's name beginning where the mark is."""
    text, length = "", field.width
    for at, name in time_ticks(field.since, field.until, max(1, length // 9)):
        place = field.x(at) // 2
        if place >= len(text) + (2 if text else 0) and place + len(name) <= length:
            text += "─" * (place - len(text)) + name
    return text + "─" * (length - len(text))
