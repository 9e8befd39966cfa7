"""Columns that do not fit are left out whole, the least important first; none is ever cut or scrolled sideways."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from rich.cells import cell_len, set_cell_size

from account_cli.reports.render import MASKED, NONE, UNKNOWN
from account_cli.tui.model.cell import Cell

Align = Literal["left", "right", "decimal", "mixed"]
"""``decimal`` puts points under each other, ``mixed`` (figures of unlike things) only where that costs no column."""


_POINTED = frozenset({"decimal", "mixed"})
_MARKS = frozenset({NONE, UNKNOWN, MASKED})
"""These stand at the right edge, having no point."""


class Wish(NamedTuple):
    """What one column would like: its width, how important it is, whether it takes what is left over."""

    width: int
    priority: int
    grows: bool = False


class Place(NamedTuple):
    """Column number ``column`` gets ``width`` cells; ``narrow`` gives up putting points under each other."""

    column: int
    width: int
    narrow: bool = False


def fit(wishes: Sequence[Wish], room: int) -> tuple[int, tuple[Place, ...]]:
    """Return the gap between columns and the columns that fit into ``room`` cells, in their own order.

    The most important column is there even when it does not fit: then it alone takes all the room.
    """
    by_priority = sorted(range(len(wishes)), key=lambda i: (wishes[i].priority, i))
    chosen: list[int] = []
    used = 0
    for index in by_priority:
        needed = wishes[index].width + (1 if chosen else 0)
        if chosen and used + needed > room:
            break
        chosen.append(index)
        used += needed
    chosen.sort()
    gap = 2 if used + len(chosen) - 1 <= room else 1
    spare = max(0, room - used - (gap - 1) * (len(chosen) - 1))
    growing = next((i for i in chosen if wishes[i].grows), None)
    return gap, tuple(Place(i, max(1, min(room, wishes[i].width) + (spare if i == growing else 0))) for i in chosen)


@dataclass(slots=True)
class Measure:
    """How wide a column has had to be so far. It only grows, so that columns do not dance while numbers change."""

    align: Align
    title: int
    widest: int
    whole: int = 0
    fraction: int = 0
    text: int = 0
    lead: int = 0
    any_known: bool = False

    def take(self, cell: Cell) -> bool:
        """Make room for ``cell``; True when the column became wider or is no longer all blank."""
        before = (self.whole, self.fraction, self.text, self.lead, self.any_known)
        if not cell.blank:
            self.any_known = True
        if cell.lead:
            self.lead = 2
        if self.align in _POINTED:
            self.text = max(self.text, len(cell.text))
            whole, point, fraction = cell.text.partition(".")
            self.whole = max(self.whole, len(whole))
            if point:
                self.fraction = max(self.fraction, len(fraction) + 1)
        else:
            self.whole = max(self.whole, min(self.widest, text_width(cell.text)))
        return before != (self.whole, self.fraction, self.text, self.lead, self.any_known)

    @property
    def width(self) -> int:
        """Cells that the column needs, its heading included."""
        return max(self.title, self.lead + self.whole + self.fraction)

    @property
    def narrow_width(self) -> int:
        """Cells that it needs when points need not stand under each other."""
        return max(self.title, self.lead + self.text) if self.align == "mixed" else self.width


def text_width(text: str) -> int:
    """Cells that ``text`` takes in a terminal."""
    return len(text) if text.isascii() else cell_len(text)


def clip(text: str, width: int) -> str:
    """Return ``text`` in exactly ``width`` cells, padded at the right; what is too long ends in an ellipsis."""
    if text_width(text) > width:
        return set_cell_size(text, max(0, width - 1)) + "…" if width > 0 else ""
    return text + " " * (width - text_width(text))


def pad(cell: Cell, measure: Measure, place: Place) -> str:
    """Return the cell's text in exactly the width of its place, aligned as its column is."""
    text, width, lead = cell.text, place.width, cell.lead
    if measure.align == "left":
        return clip(text, width)
    if measure.align == "right":
        taken = text_width(text)
        return clip(text, width) if taken > width else " " * (width - taken) + text
    if measure.fraction and not place.narrow and text not in _MARKS:
        _, point, fraction = text.partition(".")
        text += " " * (measure.fraction - len(fraction) - len(point))
    if len(lead) + len(text) > width:
        return clip(lead + text.strip(), width)
    return lead + text.rjust(width - len(lead))


def changed_span(old: str, new: str) -> tuple[int, int]:
    """Return the half-open range of characters of ``new`` that differ from ``old``; both are equally long."""
    if len(old) != len(new):
        return (0, len(new))
    start, end = 0, len(new)
    while start < end and old[start] == new[start]:
        start += 1
    while end > start and old[end - 1] == new[end - 1]:
        end -= 1
    return (start, end)
