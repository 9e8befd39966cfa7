"""A cell is plain text and a tone; what a tone looks like is decided elsewhere, once."""

from __future__ import annotations

from typing import Literal, NamedTuple

from account_cli.reports.render import NONE, UNKNOWN

Tone = Literal["", "dim", "strong", "up", "down", "good", "warn", "bad", "key", "head", "brand"]


class Span(NamedTuple):
    """A run of text in one tone. The text is drawn as it is: nothing in it is ever read as markup."""

    text: str
    tone: Tone = ""


class Cell(NamedTuple):
    """What one row shows in one column.

    ``lead`` (an arrow) stands at the cell's left edge, so that it stays put when the number beside it grows.
    ``blank`` says that there is nothing to know (no liquidation price on spot): a column of such cells is left out.
    """

    text: str
    tone: Tone = ""
    lead: str = ""
    blank: bool = False


NOTHING = Cell(NONE, "dim", blank=True)
NOT_KNOWN = Cell(UNKNOWN, "dim")
