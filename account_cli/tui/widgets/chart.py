"""The pane of equity and profit over time: our own curve of braille, drawn again at most once a second."""

from __future__ import annotations

from decimal import Decimal
from textwrap import wrap

from rich.segment import Segment
from textual.geometry import Region
from textual.strip import Strip

from account_cli.reports import render
from account_cli.reports.curve import drawdown, gained
from account_cli.reports.rows import Screenful
from account_cli.tui.model.cell import Span
from account_cli.tui.model.chart import (
    RANGES,
    USUAL_RANGE,
    Kind,
    Window,
    chart,
    margin_of,
    ranges_for,
    window,
)
from account_cli.tui.model.column import Showing
from account_cli.tui.tables.cells import gain_span, gain_tone, places
from account_cli.tui.tables.empty import no_history
from account_cli.tui.theme import style_of
from account_cli.tui.widgets.lines import Group, fit_groups
from account_cli.tui.widgets.pane import Pane

REDRAW_S = 1.0
_BOTH = 20
"""With so many lines equity and profit are drawn one above the other."""
_HIDDEN = "Hidden: a curve tells what its figures do not. $ shows it again."
_TITLES: dict[Kind, str] = {"equity": "Equity", "pnl": "P&L"}
_BOTH_TITLE = "Equity and P&L"


class ChartPane(Pane):
    """Equity, or the profit since the chart began; ``[`` and ``]`` change how far it reaches back."""

    def __init__(self, number: int) -> None:
        super().__init__(number, "equity", _TITLES["equity"])
        self.kind: Kind = "equity"
        self._wanted = USUAL_RANGE
        self._offered = 1
        self._shown: tuple[Screenful, Showing] | None = None
        self._drawn_at = float("-inf")
        self._lines: list[list[Span]] = []
        self._gain: list[Span] = []
        """What the curve in sight came to; stands in the lower edge."""

    # ---- what to show

    def show(self, screenful: Screenful, showing: Showing, now: float, *, hold: bool) -> None:  # noqa: ARG002
        """Take what is known now; drawn at once when privacy changed, else when the last drawing is a second old."""
        changed = self._shown is None or self._shown[1].privacy != showing.privacy
        self._shown = (screenful, showing)
        if changed or now - self._drawn_at >= REDRAW_S:
            self._drawn_at = now
            self.draw()

    def reach(self, by: int) -> None:
        """Show a longer or shorter time, as far as there is anything to show."""
        self._wanted = max(0, min(self._range + by, self._offered - 1))
        self.draw()

    def turn(self) -> None:
        """Show profit instead of equity, or equity again."""
        self.kind = "pnl" if self.kind == "equity" else "equity"
        self.draw(whole=True)

    @property
    def _range(self) -> int:
        return min(self._wanted, self._offered - 1)

    # ---- drawing

    def draw(self, *, whole: bool = False) -> None:
        """Make the lines anew and paint those that changed; nothing while out of sight."""
        if self._shown is None or not self.display:
            return
        offered, before = self._offered, self._lines
        self._lines = self._made(*self._shown)
        if whole or offered != self._offered or len(before) != len(self._lines):
            self.refresh()
            return
        if self.frame == "box":
            self.refresh(Region(0, 0, self.size.width, 1), Region(0, self.size.height - 1, self.size.width, 1))
        left = 1 if self.frame == "box" else 0
        for y, (old, new) in enumerate(zip(before, self._lines, strict=True)):
            if old != new:
                self.refresh(Region(left, y + self.above, self.inner_width, 1))

    def _made(self, screenful: Screenful, showing: Showing) -> list[list[Span]]:
        curve = screenful.equity_curve
        self._gain = []
        height = self.inner_height
        self.title = _TITLES[self.kind] if height < _BOTH else _BOTH_TITLE
        self._offered = ranges_for(curve, showing.now_ns)
        if not curve:
            return self._said(no_history(screenful))
        if showing.privacy == "hidden":
            return self._said(_HIDDEN)
        seen = window(curve, showing.now_ns, RANGES[self._range][1])
        if height < _BOTH:
            return self._one(screenful, showing, seen, self.kind, height)
        above = height * 3 // 5
        lines = self._one(screenful, showing, seen, "equity", above)
        margin = margin_of(lines[:-1])
        return lines + self._one(screenful, showing, seen, "pnl", height - above, max(0, margin))

    def _one(
        self, screenful: Screenful, showing: Showing, seen: Window, kind: Kind, height: int, margin: int = 0
    ) -> list[list[Span]]:
        width = self.inner_width
        gain = self._came_to(screenful, showing, seen, kind)
        groups = self._falls(screenful, showing, seen) if kind == "equity" else []
        if height < self.inner_height and kind == "pnl":
            groups = [Group((Span("P&L ", "dim"), *gain)), *groups]
        elif self.frame == "bare":
            groups = [Group(tuple(gain)), *groups]
        else:
            self._gain = gain
        lines = chart(seen, kind, showing.privacy, gain[-1].tone, width - 2, height - 1, margin=margin)
        if lines:
            lines = [[Span(" "), *line] for line in lines]
        else:
            lines = self._said("Nothing is known of this time.")[: max(0, height - 1)]
        return [*lines, *([[]] * (height - 1 - len(lines))), fit_groups(groups, width)]

    def _came_to(self, screenful: Screenful, showing: Showing, seen: Window, kind: Kind) -> list[Span]:
        currency, privacy = screenful.figures.currency, showing.privacy
        since = Span(f"{RANGES[self._range][0]} ", "dim")
        if kind == "pnl":
            known = [point.net_pnl for point in seen.points if point.net_pnl is not None]
            return [since, gain_span(known[-1] - known[0] if known else None, currency, privacy)]
        gain, pct = gained(seen.points)
        if gain is None:
            return [since, Span(render.UNKNOWN, "dim")]
        return [since, gain_span(gain, currency, privacy), *_percent(pct, showing)]

    def _falls(self, screenful: Screenful, showing: Showing, seen: Window) -> list[Group]:
        """The highest equity in sight, and how far below it equity is and was."""
        groups = []
        falls = drawdown(seen.points)
        if falls is not None:
            text = render.amount(falls.highest, places(screenful.figures.currency))
            highest = (Span("high ", "dim"), Span(render.masked(text, showing.privacy)))
            groups = [
                Group(highest, 2),
                Group((Span("DD", "dim"), *_percent(falls.now_pct, showing)), 1),
                Group((Span("max", "dim"), *_percent(falls.deepest_pct, showing)), 1),
            ]
        if screenful.curve_without:
            names = ", ".join(render.clean_text(one, 20) for one in screenful.curve_without)
            groups.append(Group((Span(f"without {names}", "warn"),), 3))
        return groups

    def _said(self, text: str) -> list[list[Span]]:
        return [[], *([Span(f"  {line}", "dim")] for line in wrap(text, max(1, self.inner_width - 3)))]

    # ---- the frame

    def content(self, y: int) -> Strip:
        """Draw a line of the chart."""
        if not 0 <= y < len(self._lines):
            return Strip.blank(self.inner_width, style_of(""))
        return Strip([Segment(span.text, style_of(span.tone)) for span in self._lines[y] if span.text])

    def sort_spans(self) -> list[Span]:
        """The times one can look back, the present one in brackets."""
        spans: list[Span] = []
        for number, (name, _) in enumerate(RANGES[: self._offered]):
            here = number == self._range
            spans.append(Span(f"{' ' if spans else ''}{f'[{name}]' if here else name}", "" if here else "dim"))
        return spans

    def note_spans(self) -> list[Span]:
        """What the curve came to."""
        return self._gain

    def redraw(self) -> None:
        """Paint all."""
        self.draw(whole=True)

    def on_resize(self) -> None:
        """Use the room there is."""
        self.redraw()

    def on_show(self) -> None:
        """Catch up with what came while this was out of sight."""
        self.redraw()


def _percent(value: Decimal | None, showing: Showing) -> tuple[Span, ...]:
    if value is None:
        return (Span(f" {render.UNKNOWN}", "dim"),)
    text = render.percentage(value)
    shown = render.masked(text, showing.privacy, is_percent=True)
    return (Span(f" {shown}", gain_tone(text) if shown == text else ""),)
