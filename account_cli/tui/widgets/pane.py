"""What every pane has: a number, a name, a frame, and room within it."""

from __future__ import annotations

from typing import Literal

from rich.segment import Segment
from textual.strip import Strip
from textual.widget import Widget

from account_cli.reports.rows import Screenful
from account_cli.tui.model.cell import Span
from account_cli.tui.model.column import Showing
from account_cli.tui.theme import FOCUS_STYLE, FRAME_STYLE, style_of
from account_cli.tui.widgets.paint import edge

Frame = Literal["box", "rule", "bare"]
_ABOVE: dict[Frame, int] = {"box": 1, "rule": 1, "bare": 0}


class Pane(Widget, can_focus=True):
    """A part of the screen that a number key leads to: in a box, under a rule, or bare as a tab."""

    ALLOW_SELECT = False

    def __init__(self, number: int, name: str, title: str) -> None:
        super().__init__(id=name)
        self.number = number
        self.title = title
        self.frame: Frame = "box"

    # ---- what to show

    def show(self, screenful: Screenful, showing: Showing, now: float, *, hold: bool) -> None:
        """Show this from now on; with ``hold`` rows that were there keep their order. ``now`` is in seconds."""

    def content(self, y: int) -> Strip:  # noqa: ARG002
        """Draw line ``y`` of what is within the frame, at most ``inner_width`` wide; ``y`` may lie below it."""
        return Strip.blank(self.inner_width, style_of(""))

    def grow_older(self, showing: Showing) -> None:
        """Let a second pass in which nothing came."""

    def calm(self, now: float) -> None:
        """End what is shown for a moment only."""

    # ---- what only tables do

    @property
    def pattern(self) -> str:
        """The filter; a pane without rows has none."""
        return ""

    def filter(self, pattern: str) -> None:
        """Show only rows that match ``pattern``."""

    def sort_next(self) -> None:
        """Sort by the next column."""

    def sort_turned(self) -> None:
        """Turn the order round."""

    # ---- the frame

    @property
    def above(self) -> int:
        """Lines that the frame takes above the content."""
        return _ABOVE[self.frame]

    @property
    def inner_width(self) -> int:
        """Cells within the frame."""
        return max(0, self.size.width - (2 if self.frame == "box" else 0))

    @property
    def inner_height(self) -> int:
        """Lines within the frame."""
        return max(0, self.size.height - self.above - (1 if self.frame == "box" else 0))

    def render_line(self, y: int) -> Strip:
        """Draw one line of the widget: frame or content."""
        width, height = self.size
        frame = FOCUS_STYLE if self.has_focus else FRAME_STYLE
        if self.frame != "bare" and y == 0:
            corners = "╭╮" if self.frame == "box" else "──"
            return Strip(edge(corners, width, frame, self.title_spans(), self.sort_spans()), width)
        content = self.content(y - self.above).adjust_cell_length
        if self.frame != "box":
            return content(width, style_of(""))
        if y == height - 1:
            return Strip(edge("╰╯", width, frame, (), self.note_spans()), width)
        side = Strip([Segment("│", frame)], 1)
        return Strip.join([side, content(max(0, width - 2), style_of("")), side])

    def title_spans(self) -> list[Span]:
        """The pane's number, name and how much there is in it."""
        name = Span(self.title, "strong" if self.has_focus else "")
        return [Span(f"{self.number} ", "key"), name, *([Span(f" {self.count}", "dim")] if self.count else [])]

    @property
    def count(self) -> str:
        """How many rows there are; empty for what has none."""
        return ""

    def sort_spans(self) -> list[Span]:
        """What stands at the right of the upper edge: the order, the range."""
        return []

    def note_spans(self) -> list[Span]:
        """What stands at the right of the lower edge."""
        return []

    def on_focus(self) -> None:
        """Show that keys go here."""
        self.redraw()

    def on_blur(self) -> None:
        """Show that they do not any more."""
        self.redraw()

    def redraw(self) -> None:
        """Paint all."""
        self.refresh()
