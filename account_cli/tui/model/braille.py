"""A curve as braille: two dots a cell across, four down, and nothing drawn where nothing is known.

All in whole numbers and exact decimals. A column of dots spans from the least to the greatest value that falls into
it, so that no peak is lost however long the time; neighbouring points are joined by a line, points with something
unknown between them are not.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import NamedTuple

_LEFT = (0x01, 0x02, 0x04, 0x40)
_RIGHT = (0x08, 0x10, 0x20, 0x80)
_EMPTY = 0x2800


class Point(NamedTuple):
    """A value at an instant (nanoseconds); ``joined`` says that all is known between the point before and this."""

    at: int
    value: Decimal
    joined: bool


class Field(NamedTuple):
    """What is drawn: ``[since, until]`` by ``[low, high]``, on ``width`` by ``height`` cells."""

    since: int
    until: int
    low: Decimal
    high: Decimal
    width: int
    height: int

    def x(self, at: int) -> int:
        """The column of dots of an instant, from the left."""
        return (at - self.since) * (self.width * 2 - 1) // max(1, self.until - self.since)

    def y(self, value: Decimal) -> int:
        """The row of dots of a value, from above."""
        rows = self.height * 4 - 1
        if self.high <= self.low:
            return rows // 2
        return rows - int((value - self.low) * rows / (self.high - self.low) + Decimal("0.5"))


def raster(points: Iterable[Point], field: Field) -> list[str]:
    """Draw the points, which are in order of time, as ``height`` lines of ``width`` characters; a blank is no dot."""
    if field.width < 1 or field.height < 1:
        return []
    columns: dict[int, tuple[int, int]] = {}
    before: tuple[int, int] | None = None
    for point in points:
        here = (field.x(point.at), field.y(point.value))
        for x, top, bottom in _steps(before if point.joined and before is not None else here, here):
            old = columns.get(x, (top, bottom))
            columns[x] = (min(old[0], top), max(old[1], bottom))
        before = here
    cells = [[0] * field.width for _ in range(field.height)]
    for x, (top, bottom) in columns.items():
        if 0 <= x < field.width * 2:
            bits = _RIGHT if x % 2 else _LEFT
            for y in range(max(0, top), min(field.height * 4 - 1, bottom) + 1):
                cells[y // 4][x // 2] |= bits[y % 4]
    return ["".join(chr(_EMPTY + bits) if bits else " " for bits in row) for row in cells]


def _steps(start: tuple[int, int], end: tuple[int, int]) -> Iterable[tuple[int, int, int]]:
    """Yield (x, top, bottom) of an unbroken line between two dots."""
    (x0, y0), (x1, y1) = start, end
    if x1 <= x0:
        yield x1, min(y0, y1), max(y0, y1)
        return
    last = y0
    for x in range(x0, x1 + 1):
        y = y0 + (y1 - y0) * (x - x0) // (x1 - x0)
        # From the row beside the one before, so that a steep line has no holes and a flat one no steps.
        first = last if abs(y - last) <= 1 else last + (1 if y > last else -1)
        yield x, min(first, y) if abs(y - last) > 1 else y, max(first, y) if abs(y - last) > 1 else y
        last = y


def sparkline(values: Sequence[Decimal | None], width: int) -> str:
    """Draw the last values in one line of blocks, ``width`` long or as long as there are values; a blank is unknown."""
    known = [value for value in values if value is not None]
    if not known or width < 1:
        return ""
    low, high = min(known), max(known)
    count = min(width, len(values))
    parts = [values[len(values) * i // count : len(values) * (i + 1) // count] for i in range(count)]
    lasts = [next((value for value in reversed(part) if value is not None), None) for part in parts]
    return "".join(" " if value is None else _block(value, low, high) for value in lasts)


def _block(value: Decimal, low: Decimal, high: Decimal) -> str:
    return "▄" if high == low else "▁▂▃▄▅▆▇█"[min(7, int((value - low) * 8 / (high - low)))]
