"""Everything that acct answers goes to stdout here: a table for people, plain lines for pipes, JSON, CSV.

A terminal gets a table: columns that do not fit give way whole, least important first, numbers are grouped and rounded
to what is usual. A pipe gets every column and digit, ASCII signs, one row a line, nothing cut. Text from an exchange is
never read as markup.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO, TypeVar

import msgspec

from account_cli.cli.diagnostics import note, warn
from account_cli.cli.session import Session, is_terminal
from account_cli.cli.tables import Column
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
    """Write a report in the form asked for; ``empty`` is the hint for when there is no row. Returns 0.

    ``extra`` are further keys of the JSON object.
    """
    if session.wants_json:
        if csv:
            raise InputError("--json and --csv exclude each other", hint="choose one")
        write_json({**envelope(report), **(extra or {})})
    elif csv:
        _write_csv(csv_rows(row_type, report.items))
    else:
        write_rows(report.items, columns, session)
    if not report.items and empty:
        note(empty, session)
    tell_reasons(report.incomplete, session)
    return 0


def tell_reasons(reasons: Sequence[str], session: Session) -> None:
    """Say why figures are not all of it; the first few, --json has every one."""
    for reason in reasons[:_REASONS_SHOWN]:
        warn(f"incomplete: {reason}", session)
    if len(reasons) > _REASONS_SHOWN:
        warn(f"incomplete for {len(reasons) - _REASONS_SHOWN} more reasons: --json lists all", session)


def write_rows(rows: Sequence[Any], columns: Sequence[Column], session: Session) -> None:
    """Write rows as a table for people, or as plain lines where nobody looks."""
    if is_terminal(sys.stdout) or session.color == "always":
        _write_table(rows, columns, session)
    else:
        write_lines(plain_lines(rows, columns))


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


def _write_csv(rows: Any) -> None:
    from csv import writer

    writer(sys.stdout, lineterminator="\n").writerows(rows)


def plain_lines(rows: Sequence[Any], columns: Sequence[Column]) -> list[str]:
    """Return aligned lines with a header of field names.

    Two or more blanks part columns (``awk -F '  +'``). Columns of words, whose texts keep their single blanks, stand
    last, so that the others can also be counted by any white space.
    """
    columns = [column for column in columns if not column.words] + [column for column in columns if column.words]
    heads = [column.head if columns_share(column, columns) else column.field for column in columns]
    table = [[str(head).replace(" ", "_") for head in heads]]
    table += [[column.write(getattr(row, column.field), row, False) or "-" for column in columns] for row in rows]
    widths = [max(len(line[i]) for line in table) for i in range(len(columns))]
    return [
        "  ".join(
            cell.rjust(width) if column.right else cell.ljust(width)
            for cell, width, column in zip(line, widths, columns, strict=True)
        ).rstrip()
        for line in table
    ]


def columns_share(column: Column, columns: Sequence[Column]) -> bool:
    """True when several columns show parts of one field, so that the field's name does not tell them apart."""
    return sum(other.field == column.field for other in columns) > 1


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
    widths = [max([cell_len(column.title), *(cell_len(line[i]) for line in cells)]) for i, column in enumerate(columns)]
    widths = [min(w, _LEAST_WRAPPED) if column.wrap else w for w, column in zip(widths, columns, strict=True)]
    shown = fitting(columns, widths, console.width)
    table = Table(box=None, pad_edge=False, show_edge=False, header_style="bold" if colored else "")
    for i in shown:
        table.add_column(
            Text(columns[i].title), justify="right" if columns[i].right else "left", no_wrap=not columns[i].wrap
        )
    for line in cells:
        table.add_row(*(Text(line[i], style=_style(line[i]) if columns[i].gain else "") for i in shown))
    console.print(table)
    if len(shown) < len(columns):
        note(f"{len(shown)} of {len(columns)} columns fit: widen the terminal, or pipe it for all", session)


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


def first(report: Report[Row], limit: int | None) -> Report[Row]:
    """Return the report with its first ``limit`` rows."""
    if limit is None or len(report.items) <= limit:
        return report
    return msgspec.structs.replace(report, items=report.items[:limit])


@contextmanager
def whole_file(path: Path) -> Iterator[TextIO]:
    """Open a file that appears whole or not at all: the owner's only, written beside its place, then renamed.

    Raises ``InputError`` when the place cannot be written; an error inside the block leaves the old file as it was.
    """
    if path.is_dir():
        raise InputError(f"{path} is a directory", hint="name a file")
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror}", hint="name a place that you may write to") from None
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
