"""Rows go in, changes come out: which lines must be painted again, and which digits in them are new.

A row is looked at again only when it is not equal to what it was, and while it is out of sight not even then: its
cells are made when it comes in sight (``ready``), once, and kept. So widths are those of the rows ever in sight, and
of all rows as they first came.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from account_cli.tui.model.cell import Cell
from account_cli.tui.model.column import Column, Showing, Table
from account_cli.tui.model.fit import Measure, text_width
from account_cli.tui.model.order import matches, settle, sort_keys

R = TypeVar("R")


@dataclass(slots=True)
class Line(Generic[R]):
    """A row with its cells, which are ``behind`` when the row changed out of sight.

    ``fresh`` maps a column to the cell it had before, until ``until`` (seconds).
    """

    row: R
    cells: list[Cell]
    behind: bool = False
    fresh: dict[int, Cell] = field(default_factory=dict)
    until: float = 0.0


@dataclass(slots=True)
class Changes:
    """What a look at new rows found: everything (order or widths), or just some lines by their key."""

    all: bool = False
    keys: set[str] = field(default_factory=set)


class Rows(Generic[R]):
    """The rows of one table as they are shown: measured, filtered, in a steady order."""

    def __init__(self, table: Table[R], *, flash_s: float = 0.4) -> None:
        self.table = table
        self.flash_s = flash_s
        self.lines: dict[str, Line[R]] = {}
        self.order: list[str] = []
        self.pattern = ""
        self.sort_by: Column[R] | None = None
        self.reverse = False
        self.showing = Showing(now_ns=0)
        self.measures = self._unmeasured()
        self._ageing = tuple(i for i, column in enumerate(table.columns) if column.ages)
        self._given: list[str] = []
        self._unsettled = False

    # ---- rows in

    def take(
        self, rows: Sequence[R], showing: Showing, now: float, *, hold: bool = False, in_sight: Sequence[str] = ()
    ) -> Changes:
        """Show ``rows`` from now on; ``hold`` keeps the order of those that were there. ``now`` is in seconds."""
        changes = Changes()
        if showing.privacy != self.showing.privacy:
            self._forget()
            changes.all = True
        self.showing = showing
        lines: dict[str, Line[R]] = {}
        seen = frozenset(in_sight)
        for row in rows:
            key = _unused(self.table.key(row), lines)
            lines[key] = self._line(key, row, now, changes, seen=key in seen)
        given = list(lines)
        moved = given != self._given
        self.lines, self._given = lines, given
        if moved or self.sort_by is not None or changes.all or (self._unsettled and not hold):
            self._arrange(changes, hold=hold)
        return changes

    def _line(self, key: str, row: R, now: float, changes: Changes, *, seen: bool) -> Line[R]:
        line = self.lines.get(key)
        if line is None:
            line = Line(row, self._cells(row))
            changes.all |= self._measure(line)
        elif line.row is not row and line.row != row:
            if seen and not line.behind:
                self._renew(line, row, now)
                changes.all |= self._measure(line)
            else:
                line.row, line.behind = row, True
                line.fresh.clear()
            changes.keys.add(key)
        return line

    def _renew(self, line: Line[R], row: R, now: float) -> None:
        cells = self._cells(row)
        if now >= line.until:
            line.fresh.clear()
        for i, (old, new) in enumerate(zip(line.cells, cells, strict=True)):
            if old.text != new.text and i not in self._ageing and self.flash_s:
                line.fresh[i] = old
                line.until = now + self.flash_s
        line.row, line.cells = row, cells

    def ready(self, keys: Iterable[str]) -> bool:
        """Bring rows that come in sight up to date; True when a column became wider by it."""
        wider = False
        for key in keys:
            line = self.lines[key]
            if line.behind:
                line.cells, line.behind = self._cells(line.row), False
                wider |= self._measure(line)
        return wider

    def _cells(self, row: R) -> list[Cell]:
        return [column.cell(row, self.showing) for column in self.table.columns]

    # ---- time passing

    def age(self, keys: Iterable[str], columns: Container[int], showing: Showing) -> Changes:
        """Look again at the ageing cells of these rows and columns, and tell which read differently now."""
        changes = Changes()
        self.showing = showing
        ageing = [i for i in self._ageing if i in columns]
        for key in keys:
            line = self.lines[key]
            for i in ageing:
                cell = self.table.columns[i].cell(line.row, showing)
                if cell != line.cells[i]:
                    line.cells[i] = cell
                    changes.all |= self.measures[i].take(cell)
                    changes.keys.add(key)
        return changes

    def settled(self, now: float) -> list[str]:
        """Return the keys of rows whose changes are no longer new; they are not told again."""
        done = [key for key, line in self.lines.items() if line.fresh and now >= line.until]
        for key in done:
            self.lines[key].fresh.clear()
        return done

    # ---- order

    def rearrange(self) -> Changes:
        """Put all rows in order now, whoever is reading."""
        changes = Changes()
        self._arrange(changes, hold=False)
        return changes

    def _arrange(self, changes: Changes, *, hold: bool) -> None:
        shown = {key: self.lines[key].row for key in self._given}
        if self.pattern:
            words = self.table.words
            shown = {key: row for key, row in shown.items() if matches(words(row), self.pattern)}
        by: Callable[[R], object] | None = self.sort_by.value if self.sort_by else None
        target = sort_keys(shown, by, reverse=self.reverse)
        order = settle(self.order, target, hold=hold)
        self._unsettled = order != target
        if order != self.order:
            changes.all = True
            self.order = order

    # ---- widths

    def forget_widths(self) -> None:
        """Measure afresh: the terminal has another size, so columns may move for once."""
        self.measures = self._unmeasured()
        for line in self.lines.values():
            line.fresh.clear()
            if not line.behind:
                self._measure(line)

    def _measure(self, line: Line[R]) -> bool:
        wider = False
        for measure, cell in zip(self.measures, line.cells, strict=True):
            wider |= measure.take(cell)
        return wider

    def _unmeasured(self) -> list[Measure]:
        return [Measure(column.align, text_width(column.title) + 1, column.widest) for column in self.table.columns]

    def _forget(self) -> None:
        self.lines = {}
        self.measures = self._unmeasured()


def _unused(key: str, taken: dict[str, Line[R]]) -> str:
    """A source that names two rows alike must not cost one of them its place."""
    n, candidate = 1, key
    while candidate in taken:
        n += 1
        candidate = f"{key}#{n}"
    return candidate
