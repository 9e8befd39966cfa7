"""A screen as text: the figures of ``acct watch`` for where there is no screen.

A person reads it, on whatever it was sent to: figures are rounded as on the screen, names that only programs want are
left out, and a line has at most 160 columns.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from account_cli.cli import tables
from account_cli.cli.output import fitting, write_lines, write_rows
from account_cli.cli.session import Session, is_terminal
from account_cli.cli.tables import Column
from account_cli.domain.times import format_time
from account_cli.reports import render
from account_cli.reports.rows import Figures, Screenful

_FILLS_SHOWN = 10
_WIDEST = 160
_NAMES = frozenset({"id", "order_id", "client_id", "tx", "fill_id", "user", "generic", "price_source", "source"})
"""Columns that only programs want."""


def write_screenful(screen: Screenful, session: Session) -> None:
    """Write accounts, key figures, positions, balances, orders and the newest fills."""
    write_lines([f"as of {format_time(screen.as_of)}", "", *figure_lines(screen.figures), ""])
    parts: tuple[tuple[str, Sequence[Any], Sequence[Column]], ...] = (
        ("accounts", screen.accounts, tables.ACCOUNTS),
        ("positions", screen.positions, tables.POSITIONS),
        ("balances", screen.balances, tables.BALANCES),
        ("open orders", screen.orders, tables.ORDERS),
        (f"newest {_FILLS_SHOWN} fills", screen.fills[:_FILLS_SHOWN], tables.FILLS),
    )
    for title, rows, columns in parts:
        write_lines([f"{title}:"])
        if is_terminal(sys.stdout) or session.color == "always":
            write_rows(rows, columns, session)
        else:
            write_lines(compact_lines(rows, columns))
        write_lines([""])


def compact_lines(rows: Sequence[Any], columns: Sequence[Column], room: int = _WIDEST) -> list[str]:
    """Return aligned lines that fit into ``room`` columns; what does not fit gives way whole, least dear first."""
    if not rows:
        return ["  none"]
    columns = [column for column in columns if column.field not in _NAMES]
    cells = [[column.write(getattr(row, column.field), row, True) for column in columns] for row in rows]
    # A column in which nothing exists says nothing.
    known = [i for i in range(len(columns)) if any(line[i] not in {render.NONE, ""} for line in cells)]
    columns, cells = [columns[i] for i in known], [[line[i] for i in known] for line in cells]
    widths = [max(len(column.title), *(len(line[i]) for line in cells)) for i, column in enumerate(columns)]
    shown = fitting(columns, widths, room - 2)
    table = [[column.title for column in columns], *cells]
    return [
        (
            "  " + "  ".join(line[i].rjust(widths[i]) if columns[i].right else line[i].ljust(widths[i]) for i in shown)
        ).rstrip()
        for line in table
    ]


def figure_lines(figures: Figures) -> list[str]:
    """Return the key figures, one a line; ``>=`` before an equity of which a part has no price."""
    places = render.places_for(figures.currency)
    equity = render.amount(figures.equity, places, ascii_only=True)
    change = render.amount(figures.day_change, places, signed=True, ascii_only=True)
    percent = render.percentage(figures.day_change_pct, ascii_only=True)
    lines = [
        f"equity      {'>= ' if figures.equity_is_partial else ''}{equity} {figures.currency}",
        f"day change  {change} ({percent})",
    ]
    for name in ("unrealized_pnl", "realized_pnl", "fees", "funding"):
        value = render.amount(getattr(figures, name), places, ascii_only=True)
        lines.append(f"{name.removesuffix('_pnl'):<11} {value}")
    if figures.unpriced:
        lines.append(f"no price    {', '.join(render.clean_text(asset) for asset in figures.unpriced)}")
    return lines
