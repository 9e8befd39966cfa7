"""A column says how to show and how to compare one thing about a row; a table is its columns in order of reading."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from account_cli.reports.render import Privacy
from account_cli.reports.rows import Screenful
from account_cli.tui.model.cell import Cell
from account_cli.tui.model.fit import Align

R = TypeVar("R")


@dataclass(frozen=True, slots=True, kw_only=True)
class Showing:
    """What cells need besides their row: the instant that ages are counted to, and what is to be hidden."""

    now_ns: int
    privacy: Privacy = "off"


@dataclass(frozen=True)
class Column(Generic[R]):
    """One column of a table of ``R``.

    ``name`` is a field of the row, and what sorting goes by unless ``sort`` says otherwise. ``priority`` decides what
    is left out first where there is little room: 0 is kept longest.
    """

    name: str
    title: str
    priority: int
    cell: Callable[[R, Showing], Cell]
    sort: Callable[[R], Any] | None = field(default=None, kw_only=True)
    align: Align = field(default="left", kw_only=True)
    widest: int = field(default=24, kw_only=True)
    """A longer text ends in an ellipsis; numbers are never cut."""
    grows: bool = field(default=False, kw_only=True)
    """Takes the room that is left."""
    ages: bool = field(default=False, kw_only=True)
    """Shows time passing: looked at again every second although its row did not change."""
    is_account: bool = field(default=False, kw_only=True)
    """Left out while there is only one account."""

    def value(self, row: R) -> Any:
        """Return what rows are compared by; None stands last whichever way the table is sorted."""
        return getattr(row, self.name) if self.sort is None else self.sort(row)

    @property
    def descends(self) -> bool:
        """Sorting starts with the greatest: what people want of amounts and times."""
        return self.align != "left"


@dataclass(frozen=True, kw_only=True)
class Table(Generic[R]):
    """A kind of row: how rows are told apart, what a filter looks through, what to say when there is none.

    ``words`` never holds an amount, so that no filter can be used to guess one that is hidden.
    """

    name: str
    title: str
    rows: Callable[[Screenful], tuple[R, ...]]
    key: Callable[[R], str]
    account: Callable[[R], str]
    words: Callable[[R], str]
    empty: Callable[[Screenful], str]
    columns: tuple[Column[R], ...]
    fades: bool = True
    """Rows of a stale account are dimmed; not those that say that it is stale."""
