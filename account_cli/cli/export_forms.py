"""How the rows of an export become bytes: one branch a family of formats, everything streamed."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

import msgspec

from account_cli.cli import export_rows
from account_cli.interchange.whole import Sink, Through, write_rows

if TYPE_CHECKING:
    from account_cli.bootstrap.exporting import Wish
    from account_cli.cli.asking import Question
    from account_cli.cli.exporting import Plan
    from account_cli.interchange.tables import Table

BOOKS = frozenset({"beancount", "hledger"})
TAX = frozenset({"koinly", "cointracker", "rp2"})


def write(
    question: Question, plan: Plan, sink: Sink, since: Through | None, *, header: bool
) -> tuple[Through | None, tuple[str, ...]]:
    """Write the rows; return how far they come, where they can be continued, and what may be missing."""
    from account_cli.interchange.tables import only

    reader = question.reading.reader
    if plan.is_ledger_file:
        incomplete = export_rows.lacking(question, plan.wish, plan.what)
        return write_rows(_ledger_file(question, plan.wish), sink, since), incomplete
    if plan.format in BOOKS:
        sink.write_lines(_book(question, plan, sink))
        return None, export_rows.lacking(question, plan.wish, plan.what)
    if plan.format in TAX:
        lines = _table_lines(_taxes(question, plan, sink), plan, sink, header)
        sink.write_lines(lines)
        return None, export_rows.lacking(question, plan.wish, plan.what)
    bare = plan.format == "csv"
    told = export_rows.told(question, reader, plan.wish, plan.what, plan.currency, bare=bare)
    table = told.table if plan.columns is None else only(told.table, plan.columns)
    if plan.format == "parquet":
        from account_cli.interchange.formats import parquet

        parquet.write(_counted(table, sink), cast("Any", sink))
        return None, told.incomplete
    if plan.format == "json":
        from account_cli.interchange.formats import json

        sink.write_lines(json.lines(_counted(table, sink), question.now_ns, told.incomplete, plan.clock))
        return None, told.incomplete
    return write_rows(_table_lines(table, plan, sink, header), sink, since), told.incomplete


def _ledger_file(question: Question, wish: Wish) -> Iterator[str]:
    from account_cli.bootstrap import exporting

    reader = question.reading.reader
    return exporting.ledger_lines(reader, wish)


def _book(question: Question, plan: Plan, sink: Sink) -> Iterator[str]:
    from account_cli.bootstrap import exporting

    reader = question.reading.reader
    held: dict[tuple[str, str, str], Decimal] = {}
    made = exporting.transactions(reader, plan.wish, question.reading.unknown_cost, held)
    form = import_module(f"account_cli.interchange.formats.{plan.format}")
    lines: Iterator[str] = form.lines(sink.counted(made), held, plan.clock)
    return lines


def _taxes(question: Question, plan: Plan, sink: Sink) -> Table:
    from account_cli.bootstrap import exporting

    reader = question.reading.reader
    made = exporting.movements_of(reader, plan.wish, question.reading.unknown_cost)
    form = import_module(f"account_cli.interchange.formats.{plan.format}")
    table: Table = form.table(made) if plan.part is None else form.table(made, plan.part)
    return _counted(table, sink)


def _table_lines(table: Table, plan: Plan, sink: Sink, header: bool) -> Iterator[str]:
    if plan.format == "ndjson":
        from account_cli.interchange.formats import ndjson

        return ndjson.lines(table, plan.clock)
    from account_cli.interchange.csv_fills import guarded
    from account_cli.interchange.formats import csv
    from account_cli.reports.schema import escaped, safe

    def fill_cell(text: str) -> str:  # what is read back is exact in a file, and harmless where a person looks
        return guarded(escaped(text) if plan.is_looked_at else text)

    lines = csv.lines(table, plan.clock, guarded=fill_cell if plan.what == "fills" else safe)
    first = next(lines)
    if header:
        sink.write(first.encode())
    return lines


def _counted(table: Table, sink: Sink) -> Table:
    return msgspec.structs.replace(table, rows=sink.counted(table.rows))
