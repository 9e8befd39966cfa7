"""A line of figures drawn with braille dots: two to a column, four to a row, nothing but text.

Each dot column shows the mean of the values that fall into it; a column without a value stays empty. Used where there
is room for an impression and none for a table.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, localcontext

from account_cli.domain.money import MONEY, ZERO

_DOTS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
"""Unicode's bits of the dots in the left and the right column of a cell, top down (U+2800 and on)."""
_EMPTY = 0x2800


def braille(values: Sequence[Decimal], width: int, height: int) -> list[str]:
    """Return ``height`` lines of at most ``width`` cells; the highest value is on top, the lowest at the bottom."""
    if not values or width < 1 or height < 1:
        return []
    with localcontext(MONEY):
        points = _squeezed(values, width * 2)
        levels = _levels(points, height * 4)
    cells = [[0] * ((len(levels) + 1) // 2) for _ in range(height)]
    before: int | None = None
    for column, level in enumerate(levels):
        for dot in _between(before, level):
            from_top = height * 4 - 1 - dot
            cells[from_top // 4][column // 2] |= _DOTS[column % 2][from_top % 4]
        before = level
    return ["".join(chr(_EMPTY + cell) for cell in line) for line in cells]


def _squeezed(values: Sequence[Decimal], room: int) -> list[Decimal]:
    """Return at most ``room`` values: means of neighbours where there are more."""
    if len(values) <= room:
        return list(values)
    parts = [values[at * len(values) // room : (at + 1) * len(values) // room] for at in range(room)]
    return [sum(part, ZERO) / len(part) for part in parts if part]


def _levels(points: Sequence[Decimal], steps: int) -> list[int]:
    lowest, highest = min(points), max(points)
    if lowest == highest:
        return [steps // 2] * len(points)
    return [int((point - lowest) * (steps - 1) / (highest - lowest) + Decimal("0.5")) for point in points]


def _between(before: int | None, level: int) -> range:
    """Return the dots that join this column to the one before it."""
    if before is None or abs(before - level) <= 1:
        return range(level, level + 1)
    return range(before + 1, level + 1) if level > before else range(level, before)
