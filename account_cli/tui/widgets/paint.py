"""Frames, headings and rows as segments of plain characters in their tones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from rich.segment import Segment
from rich.style import Style

from account_cli.tui.model.cell import Span
from account_cli.tui.model.fit import Place, Wish, changed_span, clip, fit, pad, text_width
from account_cli.tui.model.rows import Rows
from account_cli.tui.theme import style_of

Run = tuple[str, Style]


class Columns(NamedTuple):
    """The columns that fit, in order, and the blanks between them."""

    gap: int
    places: tuple[Place, ...]

    @property
    def numbers(self) -> list[int]:
        """Which columns of the table these are."""
        return [place.column for place in self.places]

    def at(self, x: int) -> int | None:
        """Which column of the table is at cell ``x``."""
        left = 0
        for place in self.places:
            if left <= x < left + place.width + self.gap:
                return place.column
            left += place.width + self.gap
        return None


def choose_columns(rows: Rows[Any], room: int, *, accounts: bool) -> Columns:
    """Return the columns to show in ``room`` cells: points under each other unless that costs a column.

    A column in which nothing is known of any row is left out, and whose a row is while there is one account.
    """
    columns = rows.table.columns
    candidates = [
        i
        for i, (column, measure) in enumerate(zip(columns, rows.measures, strict=True))
        if (measure.any_known or not rows.lines) and (accounts or not column.is_account)
    ]
    aligned = _fitted(rows, candidates, room, narrow=False)
    if len(aligned.places) == len(candidates):
        return aligned
    narrow = _fitted(rows, candidates, room, narrow=True)
    return narrow if len(narrow.places) > len(aligned.places) else aligned


def _fitted(rows: Rows[Any], candidates: list[int], room: int, *, narrow: bool) -> Columns:
    columns, measures = rows.table.columns, rows.measures
    wishes = [
        Wish(measures[i].narrow_width if narrow else measures[i].width, columns[i].priority, columns[i].grows)
        for i in candidates
    ]
    gap, places = fit(wishes, max(1, room))
    own = [(candidates[place.column], place.width) for place in places]
    return Columns(gap, tuple(Place(i, width, narrow and columns[i].align == "mixed") for i, width in own))


def edge(corners: str, width: int, frame: Style, left: Sequence[Span], right: Sequence[Span]) -> list[Segment]:
    """Draw an upper or lower edge ``width`` wide, ``╭─ 1 Positions 4 ──── sort uPnL↓ ─╮``.

    Words at the right give way to those at the left, both to the frame.
    """
    if width < 2:
        return [Segment(corners[:width], frame)]
    room = width - 2
    left_width, right_width = _edge_width(left), _edge_width(right)
    if left_width > room:
        left, left_width = (), 0
    if left_width + right_width + 1 > room:
        right, right_width = (), 0
    segments = [Segment(corners[0] + ("─" if left else ""), frame), *_edge_words(left)]
    segments.append(Segment("─" * (room - left_width - right_width), frame))
    return [*segments, *_edge_words(right), Segment(("─" if right else "") + corners[1], frame)]


def _edge_width(spans: Sequence[Span]) -> int:
    """Cells that words take in an edge: with a blank at either side and a piece of the line outside of them."""
    return sum(text_width(span.text) for span in spans) + 3 if spans else 0


def _edge_words(spans: Sequence[Span]) -> list[Segment]:
    if not spans:
        return []
    blank = Segment(" ", style_of(""))
    return [blank, *(Segment(span.text, style_of(span.tone)) for span in spans), blank]


def heading(rows: Rows[Any], columns: Columns) -> list[Segment]:
    """Draw the columns' titles, each over its figures, an arrow at the one that rows are sorted by."""
    text = " "
    for place in columns.places:
        column = rows.table.columns[place.column]
        title = column.title
        if column is rows.sort_by:
            title += "↓" if rows.reverse else "↑"
        text += clip(title if column.align == "left" else title.rjust(place.width), place.width) + " " * columns.gap
    return [Segment(text, style_of("head"))]


def row_segments(
    rows: Rows[Any], key: str, columns: Columns, width: int, *, cursor: bool, stale: bool
) -> list[Segment]:
    """Draw one row ``width`` wide; characters that just changed are reversed."""
    line = rows.lines[key]
    ground = style_of("", cursor=cursor)
    gap = " " * columns.gap
    runs: list[Run] = [("▸" if cursor else " ", style_of("key", cursor=cursor))]
    used = 1
    for place in columns.places:
        cell, measure = line.cells[place.column], rows.measures[place.column]
        text = pad(cell, measure, place)
        style = style_of(cell.tone, cursor=cursor, stale=stale)
        old = line.fresh.get(place.column)
        if old is None:
            runs.append((text, style))
        else:
            start, end = changed_span(pad(old, measure, place), text)
            fresh = style_of(cell.tone, cursor=cursor, fresh=True)
            runs += [(text[:start], style), (text[start:end], fresh), (text[end:], style)]
        runs.append((gap, ground))
        used += place.width + columns.gap
    runs.append((" " * max(0, width - used), ground))
    return _joined(runs)


def _joined(runs: Sequence[Run]) -> list[Segment]:
    """Join neighbours in the same style: fewer segments, fewer bytes to the terminal."""
    segments: list[Segment] = []
    text, style = "", None
    for part, its in runs:
        if not part:
            continue
        if its is style:
            text += part
            continue
        if text:
            segments.append(Segment(text, style))
        text, style = part, its
    if text:
        segments.append(Segment(text, style))
    return segments
