"""What tones look like: blue and orange of Okabe and Ito, which everybody can tell apart, never without a sign.

Colours only repeat what a sign, an arrow or a word says; with ``NO_COLOR`` set Textual draws all of it in grey.
"""

from __future__ import annotations

from rich.style import Style
from textual.theme import Theme

from account_cli.tui.model.cell import Tone

GROUND = "#0e1318"
RAISED = "#1b2630"
TEXT = "#d5dce2"
FAINT = "#7d8b97"
FRAME = "#3b4a56"
BLUE = "#56b4e9"
ORANGE = "#e69f00"
GREEN = "#2bbd96"
YELLOW = "#f0e442"
VERMILION = "#f0743c"

THEME = Theme(
    name="acct",
    primary=BLUE,
    secondary=ORANGE,
    accent=BLUE,
    warning=YELLOW,
    error=VERMILION,
    success=GREEN,
    foreground=TEXT,
    background=GROUND,
    surface=GROUND,
    panel=RAISED,
    dark=True,
)

_TONES: dict[Tone, Style] = {
    "": Style(color=TEXT),
    "dim": Style(color=FAINT),
    "strong": Style(color="#ffffff", bold=True),
    "up": Style(color=BLUE),
    "down": Style(color=ORANGE),
    "good": Style(color=GREEN),
    "warn": Style(color=YELLOW),
    "bad": Style(color=VERMILION, bold=True),
    "key": Style(color=BLUE, bold=True),
    "head": Style(color=FAINT, bold=True),
    "brand": Style(color=GROUND, bgcolor=BLUE, bold=True),
}
_STALE = Style(color=FAINT, italic=True)
_GROUND = Style(bgcolor=GROUND)
_CURSOR = Style(bgcolor=RAISED)
_FRESH = Style(reverse=True)

FRAME_STYLE = Style(color=FRAME, bgcolor=GROUND)
FOCUS_STYLE = Style(color=BLUE, bgcolor=GROUND)


def style_of(tone: Tone, *, cursor: bool = False, stale: bool = False, fresh: bool = False) -> Style:
    """Return how to draw text of ``tone``: under the cursor, on stale data, just changed."""
    key = (tone, cursor, stale, fresh)
    found = _made.get(key)
    if found is None:
        found = (_CURSOR if cursor else _GROUND) + (_STALE if stale and tone != "brand" else _TONES[tone])
        _made[key] = found = found + _FRESH if fresh else found
    return found


_made: dict[tuple[Tone, bool, bool, bool], Style] = {}
