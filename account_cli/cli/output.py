"""Everything that acct answers goes to stdout here: a table for people, plain lines for pipes, JSON, CSV.

A terminal gets a table: columns that do not fit give way whole, least important first, numbers are grouped and rounded
to what is usual. A pipe gets every column and digit, ASCII signs, one row a line, nothing cut. Text from an exchange is
never read as markup.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import msgspec

from account_cli.cli.cells import anything, times_in
from account_cli.cli.diagnostics import note, warn
from account_cli.cli.session import Session, is_terminal
from account_cli.cli.shape import demand_columns, kept
from account_cli.cli.tables import Column
from account_cli.domain.times import format_time
from account_cli.errors import InputError
from account_cli.reports.render import MINUS
from account_cli.reports.rows import Report
from account_cli.reports.schema import csv_rows, envelope

Row = TypeVar("Row", bound=msgspec.Struct)

_GAIN, _LOSS = "#56b4e9", "#e69f00"
"""Blue and orange: told apart by every eye; sign and arrow say the same without colour."""
_REASONS_SHOWN = 3
_LEAST_WRAPPED = 24
"""A column of sentences is worth showing from this width on."""


def write_report(
    report: Report[Row],
    row_type: type[Row],
    columns: Sequence[Column],
    session: Session,
    *,
    csv: bool = False,
    empty: str | None = None,
    extra: Mapping[str, Any] | None = None,
) -> int:
    """Write a report in the form and shape asked for; ``empty`` is the hint for when there is no row. Returns 0.

    ``extra`` are further keys of the JSON object. Raises ``InputError`` for a column that there is not.
    """
    if session.wants_json and csv:
        raise InputError("--json and --csv exclude each other", hint="choose one")
    fields, columns = chosen(row_type, columns, session)
    whole = len(report.items)
    report = msgspec.structs.replace(report, items=tuple(kept(report.items, session, now_ns=report.as_of)))
    if session.wants_json:
        write_json({**envelope(report, fields), **(extra or {})})
    elif csv:
        _write_csv(row_type, report.items, fields, session)
    else:
        write_rows(report.items, columns, session)
    if whole and not report.items:
        note(f"none of {whole} rows is of that time", session)
    elif not report.items and empty:
        note(empty, session)
    tell_reasons(report.incomplete, session)
    return 0


def chosen(
    row_type: type[msgspec.Struct], columns: Sequence[Column], session: Session
) -> tuple[tuple[str, ...] | None, Sequence[Column]]:
    """Return the fields and the columns that ``--columns`` names; every field (None) and all columns without it.

    A column is named like its field; where several show parts of one field, by its head. A field that the table does
    not show may be named too.
    """
    by_name = {_name(column, columns): column for column in columns}
    fields = row_type.__struct_fields__
    demand_columns(fields, [name for name in by_name if name not in fields], session)
    if not session.shape.columns:
        return None, columns
    shown = [by_name.get(name) or Column(name, anything(name), 50) for name in session.shape.columns]
    return tuple(dict.fromkeys(column.field for column in shown)), shown


def tell_reasons(reasons: Sequence[str], session: Session) -> None:
    """Say why figures are not all of it; the first few, --json has every one."""
    for reason in reasons[:_REASONS_SHOWN]:
        warn(f"incomplete: {reason}", session)
    if len(reasons) > _REASONS_SHOWN:
        warn(f"incomplete for {len(reasons) - _REASONS_SHOWN} more reasons: --json lists all", session)


def write_rows(rows: Sequence[Any], columns: Sequence[Column], session: Session) -> None:
    """Write rows as a table for people, or as plain lines where nobody looks."""
    shape = session.shape
    with times_in(shape.zone, given=shape.zone_given is not None):
        if is_terminal(sys.stdout) or session.color == "always":
            _write_table(rows, columns, session)
        else:
            lines = plain_lines(rows, columns)
            write_lines(lines if shape.round == 0 else lines[1:])


def write_json(data: Mapping[str, Any]) -> None:
    """Write one JSON object on one line; ASCII, so that no text in it can steer a terminal."""
    write_lines([json_line(data)])


def json_line(data: Mapping[str, Any]) -> str:
    """Return an object as one line of JSON."""
    return json.dumps(data, separators=(",", ":"), allow_nan=False)


def write_lines(lines: Sequence[str]) -> None:
    """Write lines."""
    sys.stdout.write("".join(f"{line}\n" for line in lines))


def write_now(line: str) -> None:
    """Write one line at once, for whoever reads a pipe as it goes."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _write_csv(row_type: type[Row], rows: Sequence[Row], fields: Sequence[str] | None, session: Session) -> None:
    """Write CSV: its header once, however often the rows are asked for."""
    from csv import writer

    lines = csv_rows(row_type, rows, fields, time_writer(session))
    if session.shape.round:
        next(lines)
    writer(sys.stdout, lineterminator="\n").writerows(lines)


def time_writer(session: Session) -> Callable[[int], str]:
    """Return what writes a moment for programs: in UTC, or with the offset of the zone that was given."""
    zone = session.shape.zone if session.shape.zone_given is not None else None
    return format_time if zone is None else zone.written


def plain_lines(rows: Sequence[Any], columns: Sequence[Column]) -> list[str]:
    """Return aligned lines with a header of field names.

    Two or more blanks part columns (``awk -F '  +'``). Columns of words, whose texts keep their single blanks, stand
    last, so that the others can also be counted by any white space.
    """
    columns = [column for column in columns if not column.words] + [column for column in columns if column.words]
    table = [[_name(column, columns).replace(" ", "_") for column in columns]]
    table += [[column.write(getattr(row, column.field), row, False) or "-" for column in columns] for row in rows]
    widths = [max(len(line[i]) for line in table) for i in range(len(columns))]
    return [
        "  ".join(
            cell.rjust(width) if column.right else cell.ljust(width)
            for cell, width, column in zip(line, widths, columns, strict=True)
        ).rstrip()
        for line in table
    ]


def _name(column: Column, columns: Sequence[Column]) -> str:
    """Return what a column is called: its field, or its head where several columns show parts of one field."""
    shared = sum(other.field == column.field for other in columns) > 1
    return column.head if shared and column.head is not None else column.field


def _write_table(rows: Sequence[Any], columns: Sequence[Column], session: Session) -> None:
    from rich.cells import cell_len
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    colored = session.may_color(sys.stdout)
    console = Console(
        file=sys.stdout,
        no_color=not colored,
        force_terminal=colored or None,
        highlight=False,
        markup=False,
        emoji=False,
    )
    cells = [[column.write(getattr(row, column.field), row, True) for column in columns] for row in rows]
    titles = [_title(column, columns, session) for column in columns]
    widths = [max([cell_len(titles[i]), *(cell_len(line[i]) for line in cells)]) for i in range(len(columns))]
    widths = [min(w, _LEAST_WRAPPED) if column.wrap else w for w, column in zip(widths, columns, strict=True)]
    shown = fitting(columns, widths, console.width)
    table = Table(box=None, pad_edge=False, show_edge=False, header_style="bold" if colored else "")
    for i in shown:
        table.add_column(Text(titles[i]), justify="right" if columns[i].right else "left", no_wrap=not columns[i].wrap)
    for line in cells:
        table.add_row(*(Text(line[i], style=_style(line[i]) if columns[i].gain else "") for i in shown))
    console.print(table)
    if len(shown) < len(columns):
        note(f"{len(shown)} of {len(columns)} columns fit: widen the terminal, or pipe it for all", session)


def _title(column: Column, columns: Sequence[Column], session: Session) -> str:
    """Return what stands above a column: the name that ``--columns`` gave it, so that it can be typed again."""
    zone = session.shape.zone
    if session.shape.columns and "(UTC)" not in column.title:
        return _name(column, columns)
    return column.title if zone is None else column.title.replace("(UTC)", f"({zone.name})")


def fitting(columns: Sequence[Column], widths: Sequence[int], room: int) -> list[int]:
    """Return the places of the columns that fit into ``room``, in order; the dearest is kept whatever the room."""
    shown = list(range(len(columns)))
    while len(shown) > 1 and sum(widths[i] for i in shown) + 2 * (len(shown) - 1) > room:
        shown.remove(min(shown, key=lambda i: columns[i].keep))
    return shown


def _style(cell: str) -> str:
    if "+" in cell:
        return _GAIN
    return _LOSS if MINUS in cell else ""
