"""A table is named columns, each of one kind, and rows that come one by one; what a format makes of it is the format's.

A row is a tuple: a text, an exact number, a time in nanoseconds, a flag, a count, or data (a list of records) that no
single cell can hold. None is unknown. Nothing here is limited or rounded by what a screen would show.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from operator import attrgetter, itemgetter
from types import UnionType
from typing import Any, Literal, NamedTuple, Union, get_args, get_origin, get_type_hints

import msgspec

from account_cli.domain.money import plain
from account_cli.domain.times import format_time
from account_cli.errors import InputError
from account_cli.reports.rows import FeeRow
from account_cli.reports.schema import is_time, record

ColumnKind = Literal["text", "number", "time", "flag", "count", "data"]
Row = tuple[Any, ...]


class Column(NamedTuple):
    """A column: its name is the JSON key and the CSV header alike."""

    name: str
    kind: ColumnKind


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """``name`` is what the rows are; they are given once."""

    name: str
    columns: tuple[Column, ...]
    rows: Iterator[Row]


def only(table: Table, names: Sequence[str]) -> Table:
    """Return the table with these columns in this order. Raises ``InputError`` for one that it has not."""
    known = [column.name for column in table.columns]
    for name in names:
        if name not in known:
            raise InputError(f"--columns: {table.name} has no column {name!r}", hint=f"it has {', '.join(known)}")
    if len(set(names)) != len(names):
        raise InputError("--columns: a column is named twice", hint="name each once")
    places = [known.index(name) for name in names]
    take: Callable[[Row], Row] = itemgetter(*places) if len(places) > 1 else lambda row: (row[places[0]],)
    return Table(name=table.name, columns=tuple(table.columns[place] for place in places), rows=map(take, table.rows))


def of_rows(name: str, row_type: type[msgspec.Struct], rows: Iterable[msgspec.Struct]) -> Table:
    """Return a report's rows as a table: its fields are the columns; a fee is one for the amount, one for the asset."""
    columns: list[Column] = []
    hints = get_type_hints(row_type)
    fees: set[int] = set()
    for field in row_type.__struct_fields__:
        kind = _kind(field, hints[field])
        if kind == "fee":
            fees.add(len(columns))
            columns += [Column(field, "number"), Column(f"{field}_asset", "text")]
        else:
            columns.append(Column(field, kind))
    read = attrgetter(*row_type.__struct_fields__)
    flat = (_flat(read(row), fees) for row in rows) if fees else map(read, rows)
    return Table(name=name, columns=tuple(columns), rows=iter(flat))


def _flat(values: Row, fees: set[int]) -> Row:
    out: list[Any] = []
    for value in values:
        if len(out) in fees:
            out += [None, None] if value is None else [value.amount, value.asset]
        else:
            out.append(value)
    return tuple(out)


def _kind(field: str, hint: Any) -> Any:
    if get_origin(hint) in {Union, UnionType}:
        (hint,) = (part for part in get_args(hint) if part is not type(None))
    if hint is FeeRow:
        return "fee"
    if hint is int:
        return "time" if is_time(field) else "count"
    return {str: "text", Decimal: "number", bool: "flag"}.get(hint, "data")


# ---- values on their way out --------------------------------------------------------------------------------------


class Clock(NamedTuple):
    """How times and days are written; in UTC, RFC 3339 with ``Z``, when nothing else is said."""

    written: Callable[[int], str]
    day: Callable[[int], str]


UTC_CLOCK = Clock(format_time, lambda ns: format_time(ns)[:10])


def json_ready(columns: Sequence[Column], clock: Clock = UTC_CLOCK) -> Callable[[Row], dict[str, Any]]:
    """Return what turns a row into JSON-ready data: numbers as strings of plain digits, unknown as null."""
    convert: dict[str, Callable[[Any], Any]] = {"number": plain, "time": clock.written, "data": data_ready}
    steps = [(column.name, convert.get(column.kind)) for column in columns]

    def ready(row: Row) -> dict[str, Any]:
        return {
            name: value if value is None or step is None else step(value)
            for (name, step), value in zip(steps, row, strict=True)
        }

    return ready


def data_ready(value: Any) -> Any:
    """Return a list of records, or of texts, as JSON-ready data."""
    if isinstance(value, msgspec.Struct):
        return record(value)
    if isinstance(value, (tuple, list)):
        return [data_ready(item) for item in value]
    return plain(value) if isinstance(value, Decimal) else value
