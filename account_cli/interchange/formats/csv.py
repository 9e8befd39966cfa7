"""CSV for spreadsheets: exact digits, UTF-8, LF, quoting of RFC 4180, no cell that a spreadsheet would run.

What guards a cell is its column's kind: a text that begins like a formula (CWE-1236) gets an apostrophe in front, a
number never does, so ``-1.5`` stays a number. Unknown is an empty cell; data of a cell is JSON.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec

from account_cli.domain.money import plain
from account_cli.interchange.tables import UTC_CLOCK, Clock, Column, ColumnKind, Table, data_ready
from account_cli.reports.schema import escaped, safe

Write = Callable[[Any], str]
_SPECIAL = re.compile('[",\r\n]').search
_HARMLESS = re.compile(r"[0-9A-Za-z][\w ./:|-]*", re.ASCII).fullmatch
"""Begins no formula and needs no quotes: as nearly every text."""


def lines(table: Table, clock: Clock = UTC_CLOCK, *, guarded: Callable[[str], str] = safe) -> Iterator[str]:
    """Yield the header, then a line a row, each with its end."""
    yield ",".join(quoted(column.name) for column in table.columns) + "\n"
    writers = cell_writers(table.columns, clock, guarded)
    join = ",".join
    for row in table.rows:
        yield join(["" if value is None else write(value) for write, value in zip(writers, row, strict=True)]) + "\n"


def cell_writers(columns: Sequence[Column], clock: Clock, guarded: Callable[[str], str]) -> list[Write]:
    """Return for each column what writes its cells; they are not asked for None."""
    write: dict[ColumnKind, Write] = {
        "text": _text_writer(guarded),
        "number": plain,
        "time": clock.written,
        "flag": lambda value: "true" if value else "false",
        "count": str,
        "data": lambda value: quoted(escaped(msgspec.json.encode(data_ready(value)).decode())),
    }
    return [write[column.kind] for column in columns]


def quoted(text: str) -> str:
    """Return ``text`` as one cell of RFC 4180."""
    return '"' + text.replace('"', '""') + '"' if _SPECIAL(text) else text


def _text_writer(guarded: Callable[[str], str]) -> Write:
    def write(text: str) -> str:
        return text if _HARMLESS(text) else quoted(guarded(text))

    return write
