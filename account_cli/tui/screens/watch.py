"""The one page of ``acct watch``: status line, key figures, panes, keys."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.screen import Screen
from textual.widgets import Input

from account_cli.reports.rows import AlertNotice, Screenful
from account_cli.tui.keys import KEYS
from account_cli.tui.layout import Mode, boxes, mode_for
from account_cli.tui.model.column import Showing
from account_cli.tui.screens.alert import AlertScreen
from account_cli.tui.screens.difference import DifferenceScreen
from account_cli.tui.tables import DIFFERENCES, TABLES
from account_cli.tui.widgets.chart import ChartPane
from account_cli.tui.widgets.chrome import filter_prompt, key_line, note_lines, tab_line
from account_cli.tui.widgets.facts import FactsPane
from account_cli.tui.widgets.figures import figure_card, figure_line
from account_cli.tui.widgets.grid import LiveGrid
from account_cli.tui.widgets.lines import TextLines
from account_cli.tui.widgets.pane import Pane
from account_cli.tui.widgets.panes import Panes
from account_cli.tui.widgets.prompt import FilterLine
from account_cli.tui.widgets.status import Situation, is_dead, status_lines


class WatchScreen(Screen[None]):
    """Hands a Screenful to its lines and panes, and keys to the pane that has the focus."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(key.keys, key.action, key.does, show=False) for key in KEYS if key.action),
        *(Binding(str(n), f"pane({n})", show=False) for n in range(1, len(TABLES) + 4)),
        Binding("tab", "next_pane(1)", show=False, priority=True),
        Binding("shift+tab", "next_pane(-1)", show=False, priority=True),
    ]
    DEFAULT_CSS = """
    WatchScreen { layout: vertical; background: $background; overflow: hidden; }
    WatchScreen TextLines { height: 1; width: 1fr; }
    WatchScreen #bottom { height: 1; }
    WatchScreen #bottom.typing TextLines { width: 20; }
    """

    def __init__(self, *, flash_s: float) -> None:
        super().__init__()
        grids = [LiveGrid(n, table, flash_s=flash_s) for n, table in enumerate(TABLES, 1)]
        self.chart = ChartPane(len(grids) + 1)
        self.differences = LiveGrid(len(grids) + 3, DIFFERENCES, flash_s=flash_s)
        self.alerts = next(grid for grid in grids if grid.id == "alerts")
        self.panes: list[Pane] = [*grids, self.chart, FactsPane(len(grids) + 2), self.differences]
        self.current = self.panes[0]
        self.zoomed = False
        self.mode: Mode = "two"
        self._drawn: tuple[Screenful | None, Situation] | None = None

    def compose(self) -> ComposeResult:
        """From top to bottom."""
        yield TextLines("status")
        yield TextLines("figures")
        yield TextLines("tabs")
        with Panes(id="panes"):
            yield from self.panes
        yield TextLines("note")
        with Horizontal(id="bottom"):
            yield TextLines("keys")
            yield FilterLine()

    def on_mount(self) -> None:
        """Start in the first pane."""
        self.current.focus()

    # ---- drawing

    def draw(self, screenful: Screenful, situation: Situation, now: float, *, idle: bool) -> None:
        """Show ``screenful``: rows under a reader's cursor keep their order unless the reader is idle."""
        showing = Showing(now_ns=situation.now_ns, privacy=situation.privacy)
        for pane in self.panes:
            pane.show(screenful, showing, now, hold=pane.has_focus and not idle)
        self.draw_lines(screenful, situation)

    def draw_lines(self, screenful: Screenful | None, situation: Situation) -> None:
        """Write the lines around the panes."""
        self._drawn = (screenful, situation)
        width, height = self.size
        if not width:
            return
        most = {"small": 1, "tabs": 3, "two": 4, "three": 6}[self.mode]
        self._lines("status").show(status_lines(screenful, situation, width, most))
        self._draw_figures(screenful, situation, width, height)
        self._lines("tabs").show(tab_line(self.panes, self.current.id or "", width) if self._tabbed else [])
        self._lines("note").show(note_lines(screenful, situation, self.mode, width))
        typing = self.query_one(FilterLine).has_class("open")
        self._lines("keys").show(filter_prompt(self.current.title) if typing else key_line(width))

    def _draw_figures(self, screenful: Screenful | None, situation: Situation, width: int, height: int) -> None:
        if screenful is None:
            self._lines("figures").show([])
            return
        figures, stale = screenful.figures, any(is_dead(row) for row in screenful.accounts)
        if self.mode == "small":
            self._lines("figures").show(figure_card(figures, situation.privacy, width, height // 3), stale=stale)
        else:
            curve = screenful.equity_curve if self._tabbed else ()
            self._lines("figures").show(figure_line(figures, situation.privacy, width, curve), stale=stale)

    def grow_older(self, situation: Situation) -> None:
        """Let a second pass in which nothing came."""
        for pane in self.panes:
            pane.grow_older(Showing(now_ns=situation.now_ns, privacy=situation.privacy))

    def calm(self, now: float) -> None:
        """End the flashes whose time is over."""
        for pane in self.panes:
            pane.calm(now)

    def _lines(self, name: str) -> TextLines:
        return self.query_one(f"#{name}", TextLines)

    def _redraw_lines(self) -> None:
        if self._drawn is not None:
            self.draw_lines(*self._drawn)

    @property
    def _tabbed(self) -> bool:
        return self.mode == "tabs"

    # ---- places

    def on_resize(self, event: events.Resize) -> None:
        """Use the room there is."""
        self.mode = mode_for(event.size.width, event.size.height)
        self._redraw_lines()

    def on_panes_resized(self) -> None:
        """The lines around the panes took their part; what is left is the panes'."""
        self.place()

    def place(self) -> None:
        """Put every pane where it belongs; those out of sight are not drawn."""
        width, height = self.query_one("#panes").size
        places = boxes(self.mode, width, height, self.current.id or "", zoomed=self.zoomed)
        for pane in self.panes:
            box = places.get(pane.id or "")
            pane.display = box is not None
            if box is None:
                continue
            pane.frame = "box" if self.mode in {"two", "three"} else "bare" if pane is self.current else "rule"
            pane.styles.offset = (box.x, box.y)
            pane.styles.width, pane.styles.height = box.width, box.height
        self._redraw_lines()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """The pane that a person went to, by key or mouse, is the current one."""
        if isinstance(event.widget, Pane):
            self.current = event.widget
            self._redraw_lines()

    # ---- keys

    def action_pane(self, number: int) -> None:
        """Go to pane ``number``; when there already, show it alone, or all again."""
        pane = self.panes[number - 1]
        if pane is self.current:
            self.action_zoom()
            return
        self._go_to(pane)

    def action_next_pane(self, by: int) -> None:
        """Go to the next or previous pane."""
        self._go_to(self.panes[(self.current.number - 1 + by) % len(self.panes)])

    def _go_to(self, pane: Pane) -> None:
        self.current = pane
        self.place()
        pane.focus()

    def action_zoom(self) -> None:
        """Show the current pane alone, or all panes."""
        self.zoomed = not self.zoomed
        self.place()

    def action_back(self) -> None:
        """Clear the filter; without one, show all panes."""
        if self.current.pattern:
            self.current.filter("")
        elif self.zoomed:
            self.action_zoom()
        self._redraw_lines()

    def action_sort(self) -> None:
        """Sort the current pane by its next column."""
        self.current.sort_next()
        self._redraw_lines()

    def action_sort_turned(self) -> None:
        """Turn the current pane's order round."""
        self.current.sort_turned()
        self._redraw_lines()

    def action_reach(self, by: int) -> None:
        """Let the chart reach further back, or less far."""
        self.chart.reach(by)
        self._redraw_lines()

    def action_turn(self) -> None:
        """Let the chart show profit, or equity again."""
        self.chart.turn()
        self._redraw_lines()

    def action_differences(self) -> None:
        """Show alone what differs from the exchange, or all panes again."""
        if self.current is self.differences and self.zoomed:
            self.action_zoom()
            return
        self.zoomed = True
        self._go_to(self.differences)

    def action_open(self) -> None:
        """Show all about the alert under the cursor, or the figure that differs, and the newest runs."""
        screenful, situation = self._drawn or (None, None)
        if self.current is self.alerts and self.alerts.chosen is not None and situation is not None:
            self.app.push_screen(AlertScreen(self.alerts.chosen, situation.privacy))
        elif self.current is self.differences and screenful is not None and situation is not None:
            self.app.push_screen(DifferenceScreen(self.differences.chosen, screenful, situation.privacy))

    def to_acknowledge(self, *, every: bool) -> list[int]:
        """Return the alerts meant: the one under the cursor, elsewhere the newest that is firing; or all that are."""
        screenful = self._drawn[0] if self._drawn is not None else None
        rows = (
            [self.alerts.chosen] if self.current is self.alerts and not every else screenful.alerts if screenful else ()
        )
        firing = [row.id for row in rows if isinstance(row, AlertNotice) and row.state == "firing"]
        return firing if every else firing[:1]

    # ---- the filter

    def action_filter(self) -> None:
        """Ask for a filter, where there are rows."""
        if not isinstance(self.current, LiveGrid):
            return
        self.query_one("#bottom").add_class("typing")
        self.query_one(FilterLine).open(self.current.pattern)
        self._redraw_lines()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Filter while it is typed."""
        self.current.filter(event.value.strip())
        self._redraw_lines()

    def on_input_submitted(self) -> None:
        """Keep the filter."""
        self.on_filter_line_left()

    def on_filter_line_left(self) -> None:
        """Give the keys back to the pane."""
        self.query_one("#bottom").remove_class("typing")
        self.query_one(FilterLine).close()
        self.current.focus()
        self._redraw_lines()
