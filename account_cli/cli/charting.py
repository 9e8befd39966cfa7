"""A small chart above a history, for people only: a pipe gets rows."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from decimal import Decimal

from account_cli.cli.output import write_lines
from account_cli.cli.session import Session, is_terminal
from account_cli.reports import render
from account_cli.reports.chart import braille
from account_cli.reports.ledger_rows import HistoryRow

_HEIGHT = 6
_WIDEST = 100
_MOST_CHARTS = 4


def write_chart(rows: Sequence[HistoryRow], session: Session) -> None:
    """Draw the equity of each account (of the first few), where somebody sees it."""
    if not is_terminal(sys.stdout) and session.color != "always":
        return
    import shutil

    room = min(shutil.get_terminal_size().columns, _WIDEST)
    for account in list(dict.fromkeys(row.account for row in rows))[:_MOST_CHARTS]:
        mine = [row for row in rows if row.account == account]
        known = [row.equity for row in mine if row.equity is not None]
        if len(known) > 1:
            write_lines([*chart_lines(account, mine, known, room), ""])


def chart_lines(account: str, rows: Sequence[HistoryRow], known: Sequence[Decimal], room: int) -> list[str]:
    """Return the chart with its highest and lowest value at the left and its times below."""
    currency = rows[0].currency
    places = render.places_for(currency)
    labels = [render.amount(value, places) for value in (max(known), min(known))]
    margin = max(len(label) for label in labels)
    width = max(room - margin - 2, 10)
    lines = braille(_stretched(known, width * 2), width, _HEIGHT)
    heads = [labels[0], *[""] * (_HEIGHT - 2), labels[1]]
    drawn_rows = [row for row in rows if row.equity is not None]
    first, last = (render.date_and_time(row.time)[:16] for row in (drawn_rows[0], drawn_rows[-1]))
    moved = known[-1] - known[0]
    title = (
        f"{render.clean_text(account)}  {render.amount(known[-1], places)} {currency}  {render.change(moved, places)}"
    )
    width = max((len(line) for line in lines), default=0)
    axis = f"{first}{last.rjust(max(width - len(first), len(last) + 1))}" if width > 34 else first
    drawn = [f"{head.rjust(margin)}  {line}".rstrip() for head, line in zip(heads, lines, strict=True)]
    return [title, *drawn, f"{'':{margin}}  {axis} UTC"]


def _stretched(values: Sequence[Decimal], room: int) -> list[Decimal]:
    """Return the values, each as often as there is room for: a few points still fill the chart."""
    times = max(room // len(values), 1)
    return [value for value in values for _ in range(times)]
