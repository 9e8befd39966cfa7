"""The pane of risk and statistics: figures with their names, drawn again at most once a second."""

from __future__ import annotations

from rich.segment import Segment
from textual.geometry import Region
from textual.strip import Strip

from account_cli.reports.rows import Screenful
from account_cli.tui.model.cell import Span
from account_cli.tui.model.column import Showing
from account_cli.tui.theme import style_of
from account_cli.tui.widgets.pane import Pane
from account_cli.tui.widgets.risk import risk_lines
from account_cli.tui.widgets.status import is_dead

REDRAW_S = 1.0


class FactsPane(Pane):
    """Shows as many figures as there is room for."""

    def __init__(self, number: int) -> None:
        super().__init__(number, "risk", "Risk & statistics")
        self._shown: tuple[Screenful, Showing] | None = None
        self._drawn_at = float("-inf")
        self._lines: list[list[Span]] = []
        self._stale = False

    def show(self, screenful: Screenful, showing: Showing, now: float, *, hold: bool) -> None:  # noqa: ARG002
        """Take what is known now; drawn at once when privacy changed, else when the last drawing is a second old."""
        changed = self._shown is None or self._shown[1].privacy != showing.privacy
        self._shown = (screenful, showing)
        if changed or now - self._drawn_at >= REDRAW_S:
            self._drawn_at = now
            self._draw()

    def _draw(self, *, whole: bool = False) -> None:
        if self._shown is None or not self.display:
            return
        screenful, showing = self._shown
        stale, before = any(is_dead(row) for row in screenful.accounts), self._lines
        self._lines = risk_lines(screenful, showing.privacy, self.inner_width, self.inner_height)
        if whole or stale != self._stale or len(before) != len(self._lines):
            self._stale = stale
            self.refresh()
            return
        left = 1 if self.frame == "box" else 0
        for y, (old, new) in enumerate(zip(before, self._lines, strict=True)):
            if old != new:
                self.refresh(Region(left, y + self.above, self.inner_width, 1))

    def content(self, y: int) -> Strip:
        """Draw a line of figures."""
        if not 0 <= y < len(self._lines):
            return Strip.blank(self.inner_width, style_of(""))
        return Strip([Segment(span.text, style_of(span.tone, stale=self._stale)) for span in self._lines[y]])

    def note_spans(self) -> list[Span]:
        """That not all that is held has a price; that there are more figures than room."""
        risk = None if self._shown is None else self._shown[0].risk
        spans = [Span("equity is at least", "warn")] if risk is not None and risk.partial else []
        if len(self._lines) > self.inner_height:
            spans.append(Span(f"{'  ' if spans else ''}more: z", "dim"))
        return spans

    def redraw(self) -> None:
        """Paint all."""
        self._draw(whole=True)

    def on_resize(self) -> None:
        """Use the room there is."""
        self.redraw()

    def on_show(self) -> None:
        """Catch up with what came while this was out of sight."""
        self.redraw()
