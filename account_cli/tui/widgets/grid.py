"""A live table that paints only the lines that changed.

Drawn with Textual's Line API: ``render_line`` makes one strip, made strips are kept until their row changes, and only
the regions of changed lines are handed to the compositor. (``DataTable`` draws all its cells again for every change of
one, which costs five times as much at market speed.) It scrolls by itself: a row more or less is no new layout.
"""

from __future__ import annotations

from textwrap import wrap
from typing import Any, ClassVar

from rich.segment import Segment
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.strip import Strip

from account_cli.reports.rows import Screenful
from account_cli.tui.model.cell import Span
from account_cli.tui.model.column import Showing, Table
from account_cli.tui.model.rows import Changes, Rows
from account_cli.tui.model.view import View
from account_cli.tui.theme import style_of
from account_cli.tui.widgets.paint import Columns, choose_columns, heading, row_segments
from account_cli.tui.widgets.pane import Pane
from account_cli.tui.widgets.status import is_dead


class LiveGrid(Pane):
    """A table with a cursor, a filter and an order."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "move(1)", show=False),
        Binding("up,k", "move(-1)", show=False),
        Binding("pagedown,ctrl+d", "page(1)", show=False),
        Binding("pageup,ctrl+u", "page(-1)", show=False),
        Binding("g,home", "first", show=False),
        Binding("G,end", "last", show=False),
    ]

    def __init__(self, number: int, table: Table[Any], *, flash_s: float) -> None:
        super().__init__(number, table.name, table.title)
        self.rows: Rows[Any] = Rows(table, flash_s=flash_s)
        self.view = View()
        self._columns = Columns(1, ())
        self._strips: dict[str, Strip] = {}
        self._stale: frozenset[str] = frozenset()
        self._many_accounts = False
        self._empty = ""

    # ---- what to show

    def show(self, screenful: Screenful, showing: Showing, now: float, *, hold: bool) -> None:
        """Take new rows; with ``hold`` those that were there keep their order. ``now`` is in seconds."""
        stale = frozenset(row.account for row in screenful.accounts if is_dead(row))
        many = len(screenful.accounts) > 1
        empty = self.rows.table.empty(screenful)
        changes = self.rows.take(self.rows.table.rows(screenful), showing, now, hold=hold, in_sight=self.view.in_sight)
        if (stale, many, empty) != (self._stale, self._many_accounts, self._empty):
            self._stale, self._many_accounts, self._empty = stale, many, empty
            changes.all = True
        self._apply(changes)

    def grow_older(self, showing: Showing) -> None:
        """Let a second pass: ages on the lines in sight are written anew."""
        self._apply(self.rows.age(self.view.in_sight, self._columns.numbers, showing))

    def calm(self, now: float) -> None:
        """End the flashes whose time is over."""
        for key in self.rows.settled(now):
            self._repaint(key)

    def filter(self, pattern: str) -> None:
        """Show only rows that match ``pattern``."""
        if pattern != self.rows.pattern:
            self.rows.pattern = pattern
            self._apply(self.rows.rearrange())
            self.redraw()

    def sort_next(self) -> None:
        """Sort by the next column in sight, after the last one by none."""
        columns = self._columns.numbers
        by = [n for n in columns if self.rows.table.columns[n] is self.rows.sort_by]
        position = columns.index(by[0]) + 1 if by else 0
        self.sort_by(columns[position] if position < len(columns) else None)

    def sort_by(self, number: int | None) -> None:
        """Sort by column ``number``, greatest first where that is what one looks for; None is the source's order."""
        column = None if number is None else self.rows.table.columns[number]
        self.rows.reverse = column is not None and column.descends
        self.rows.sort_by = column
        self._apply(self.rows.rearrange())
        self.redraw()

    def sort_turned(self) -> None:
        """Turn the order round, and put every row where it belongs now."""
        self.rows.reverse = not self.rows.reverse
        self._apply(self.rows.rearrange())
        self.redraw()

    # ---- painting

    def redraw(self) -> None:
        """Choose columns again and paint all."""
        self._strips.clear()
        self._columns = choose_columns(self.rows, self.inner_width - 2, accounts=self._many_accounts)
        self.refresh()

    def _apply(self, changes: Changes) -> None:
        if changes.all:
            self.view.replace(self.rows.order)
            self.rows.ready(self.view.in_sight)
            self.redraw()
            return
        for key in changes.keys:
            self._repaint(key)

    def _repaint(self, key: str | None) -> None:
        if key is None:
            return
        self._strips.pop(key, None)
        line = self.view.line_of(key)
        if line is not None:
            self.refresh(Region(0, self.above + 1 + line, self.size.width, 1))

    def content(self, y: int) -> Strip:
        """Draw the heading, a row, or why there is none."""
        if y == 0:
            return Strip(heading(self.rows, self._columns))
        if not self.rows.order:
            return self._empty_line(y - 1)
        index = self.view.top + y - 1
        if index >= len(self.rows.order):
            return Strip.blank(self.inner_width, style_of(""))
        key = self.rows.order[index]
        strip = self._strips.get(key)
        if strip is None:
            cursor = self.has_focus and index == self.view.index
            table = self.rows.table
            stale = table.fades and table.account(self.rows.lines[key].row) in self._stale
            segments = row_segments(self.rows, key, self._columns, self.inner_width, cursor=cursor, stale=stale)
            strip = self._strips[key] = Strip(segments)
        return strip

    def _empty_line(self, y: int) -> Strip:
        text = self._empty
        if self.rows.lines:
            text = f"Nothing matches /{self.rows.pattern}   Esc shows all again."
        lines = wrap(text, max(1, self.inner_width - 3))
        return Strip([Segment(f"  {lines[y]}" if y < len(lines) else "", style_of("dim"))])

    @property
    def chosen(self) -> Any:
        """The row under the cursor; None where there is no row."""
        line = self.rows.lines.get(self.view.at) if self.view.at is not None else None
        return None if line is None else line.row

    @property
    def pattern(self) -> str:
        """The filter."""
        return self.rows.pattern

    @property
    def count(self) -> str:
        """How many rows there are, and while a filter hides some, how many of them are shown."""
        there = len(self.rows.lines)
        return f"{len(self.rows.order)} of {there}" if self.rows.pattern else f"{there}"

    def sort_spans(self) -> list[Span]:
        """What the rows are sorted by, if not by the source's own order."""
        by = self.rows.sort_by
        if by is None:
            return [Span("reversed", "dim")] if self.rows.reverse else []
        return [Span(f"sort {by.title}{'↓' if self.rows.reverse else '↑'}", "dim")]

    def note_spans(self) -> list[Span]:
        """The filter, and which rows are in sight when that is not all."""
        spans = [Span(f"/{self.rows.pattern}", "warn")] if self.rows.pattern else []
        total, first = len(self.rows.order), self.view.top + 1
        if total > self.view.page > 0:
            last = min(total, self.view.top + self.view.page)
            spans.append(Span(f"{'  ' if spans else ''}{first}–{last} of {total}", "dim"))
        return spans

    # ---- the reader

    def action_move(self, by: int) -> None:
        """Go ``by`` rows down."""
        self._go(self.view.index + by)

    def action_page(self, by: int) -> None:
        """Go a page of rows down or up."""
        self._go(self.view.index + by * max(1, self.view.page - 1))

    def action_first(self) -> None:
        """Go to the first row and stay there, whichever it is."""
        self._go(0)
        self.view.cursor = None

    def action_last(self) -> None:
        """Go to the last row."""
        self._go(len(self.rows.order) - 1)

    def _go(self, index: int) -> None:
        before, top = self.view.at, self.view.top
        self.view.go(index)
        self._repaint(before)
        self._repaint(self.view.at)
        if self.view.top != top:
            self._moved()

    def _moved(self) -> None:
        """Other rows are in sight now."""
        if self.rows.ready(self.view.in_sight):
            self.redraw()
        else:
            self.refresh()

    def on_resize(self) -> None:
        """Measure again: a new size is the one occasion at which columns may move."""
        self.view.resize(self.inner_height - 1)
        self.rows.ready(self.view.in_sight)
        self.rows.forget_widths()
        self.redraw()

    def on_click(self, event: events.Click) -> None:
        """A click on a heading sorts, on a row goes there."""
        y = event.y - self.above
        if y == 0:
            column = self._columns.at(event.x - (2 if self.frame == "box" else 1))
            if column is not None:
                turned = self.rows.table.columns[column] is self.rows.sort_by
                self.sort_turned() if turned else self.sort_by(column)
        elif 0 < y <= len(self.view.in_sight):
            self._go(self.view.top + y - 1)

    def on_mouse_scroll_down(self) -> None:
        """Look further down; the cursor stays."""
        self.view.scroll(3)
        self._moved()

    def on_mouse_scroll_up(self) -> None:
        """Look further up; the cursor stays."""
        self.view.scroll(-3)
        self._moved()
