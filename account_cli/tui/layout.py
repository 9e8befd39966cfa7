"""Where panes stand at each size: always in the same place, so that eyes find them without reading.

Three columns on a wide screen, two on a middling one, tabs on 80x24, the positions alone on anything smaller.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

Mode = Literal["small", "tabs", "two", "three"]

_BELOW_TAB = 6
LEAST_WIDTH, LEAST_HEIGHT = 80, 20


class Box(NamedTuple):
    """A place within the panes' part of the screen, in cells."""

    x: int
    y: int
    width: int
    height: int


_TWO = (
    (68, (("positions", 5), ("orders", 3), ("fills", 5))),
    (52, (("equity", 12), ("balances", 9), ("risk", 9), ("alerts", 7))),
)
_THREE = (
    (100, (("positions", 3), ("orders", 2))),
    (84, (("equity", 1), ("fills", 1))),
    (66, (("balances", 10), ("risk", 27), ("alerts", 9), ("streams", 9))),
)
_INSTEAD = {"streams": "alerts", "reconcile": "fills"}
"""Where a pane has no place of its own it takes another's while it is the current one."""


def mode_for(width: int, height: int) -> Mode:
    """Return how a terminal of this size is used."""
    if width < LEAST_WIDTH or height < LEAST_HEIGHT:
        return "small"
    if width < 120 or height < 32:
        return "tabs"
    return "three" if width >= 200 else "two"


def boxes(mode: Mode, width: int, height: int, current: str, *, zoomed: bool = False) -> dict[str, Box]:
    """Return where each pane in sight stands.

    Zoomed, the current one has all the room. As a tab it has most of it, above the latest fills.
    """
    if zoomed or mode == "small":
        return {current: Box(0, 0, width, height)}
    if mode == "tabs":
        below = "alerts" if current == "fills" else "fills"
        return {
            current: Box(0, 0, width, height - _BELOW_TAB),
            below: Box(0, height - _BELOW_TAB, width, _BELOW_TAB),
        }
    placed: dict[str, Box] = {}
    plan = _TWO if mode == "two" else _THREE
    xs = _split(width, [share for share, _ in plan])
    for (x, column_width), (_, panes) in zip(xs, plan, strict=True):
        ys = _split(height, [share for _, share in panes])
        for (y, pane_height), (name, _) in zip(ys, panes, strict=True):
            placed[name] = Box(x, y, column_width, pane_height)
    if current not in placed:
        placed[current] = placed.pop(_INSTEAD[current])
    return placed


def _split(total: int, shares: list[int]) -> list[tuple[int, int]]:
    """Divide ``total`` in proportion, without a gap: (start, length) of each part."""
    whole, parts, start, seen = sum(shares), [], 0, 0
    for share in shares:
        seen += share
        end = total * seen // whole
        parts.append((start, end - start))
        start = end
    return parts
