"""Fills as a table: the ledger file's fields as columns, safe to open in a spreadsheet.

A single fee stands in ``fee`` and ``fee_asset``; no fee at all is a fee of 0 without an asset; an empty fee is not
known yet; several fees stand in ``fees`` as JSON. Cells are guarded by type: a text that a spreadsheet would run as a
formula (CWE-1236) gets an apostrophe in front, which reading takes off again; a number never does, so ``-1.5`` stays a
number. Quoting is that of RFC 4180; lines end with LF. What the ledger worked out of a fill stands last; reading passes
over it, because it follows from the facts.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from operator import attrgetter
from typing import Any

from account_cli.domain.events import Amount, Fill
from account_cli.domain.money import ZERO, plain
from account_cli.errors import FileWrong
from account_cli.interchange import values
from account_cli.interchange.fields import KINDS, build
from account_cli.interchange.formats.csv import lines as csv_lines
from account_cli.interchange.ndjson import Line
from account_cli.interchange.tables import Column, ColumnKind, Table
from account_cli.interchange.values import Digits, Refused

_FILL = KINDS["fill"]
_BEFORE_FEES = tuple(field.key for field in _FILL.fields if field.key != "fees")
_AT = _BEFORE_FEES.index("quantity") + 1
COLUMNS = (*_BEFORE_FEES[:_AT], "fee", "fee_asset", "fees", *_BEFORE_FEES[_AT:])
"""The columns of a fill itself, in order."""
WORKED_OUT = ("realized_pnl", "roi_pct", "position")
"""What an export adds: the gain realised by average cost, that in percent of cost, the symbol's running quantity."""

_TEXTS = frozenset(field.key for field in _FILL.fields if field.parse in {values.text, values.name}) | {"fee_asset"}
_FLAGS = frozenset(field.key for field in _FILL.fields if field.parse is values.flag)
_COUNTS = frozenset(field.key for field in _FILL.fields if field.parse is values.count)
_NUMBERS = frozenset(field.key for field in _FILL.fields if field.parse is values.number) | {"fee", *WORKED_OUT}
_AFTER_FEES = tuple(field for field in _FILL.fields if field.key != "fees")[_AT:]
_SHOWN = 1024
_ATTRIBUTES = tuple(field.attribute for field in _FILL.fields if field.key != "fees")
_REQUIRED = tuple(field.key for field in _FILL.fields if field.required)
_FORMULA = tuple("=+-@\t\r\n\0＝＋－＠")
_GUARD = "'"
WorkedOut = tuple[Fill, Decimal | None, Decimal | None, Decimal | None]
"""A fill and its figures of ``WORKED_OUT``."""


# ---- out ----------------------------------------------------------------------------------------------------------


def write_fills(fills: Iterable[tuple[Fill, Mapping[str, Decimal | None]]]) -> Iterator[str]:
    """Yield the table's lines, header first, each with its end; beside each fill the figures of ``WORKED_OUT``."""
    rows = ((fill, told.get("realized_pnl"), told.get("roi_pct"), told.get("position")) for fill, told in fills)
    return csv_lines(fill_table(rows), guarded=guarded)


def fill_table(worked_out: Iterable[WorkedOut], *, bare: bool = True) -> Table:
    """Return fills as a table, each with its figures of ``WORKED_OUT``; ``bare`` leaves out what goes without saying.

    That is the wallet ``spot``, the type ``trade`` and every flag that is not set, as in the ledger file.
    """
    columns = tuple(Column(key, _kind(key)) for key in (*COLUMNS, *WORKED_OUT))
    return Table(name="fills", columns=columns, rows=_rows(worked_out, bare))


def guarded(text: str) -> str:
    """Return ``text`` such that no spreadsheet runs it; for texts only, never for numbers."""
    return _GUARD + text if text.startswith((*_FORMULA, _GUARD)) else text


def _kind(key: str) -> ColumnKind:
    if key == "time":
        return "time"
    if key == "fees":
        return "data"
    if key in _FLAGS:
        return "flag"
    if key in _COUNTS:
        return "count"
    return "number" if key in _NUMBERS else "text"


def _rows(worked_out: Iterable[WorkedOut], bare: bool) -> Iterator[tuple[Any, ...]]:
    before, after = attrgetter(*_ATTRIBUTES[:_AT]), attrgetter(*_ATTRIBUTES[_AT:])
    wallet = _ATTRIBUTES.index("wallet")
    usual = [(place, field.default) for place, field in enumerate(_AFTER_FEES) if bare and field.default is not None]
    shown: dict[tuple[Any, ...], tuple[Any, ...]] = {}
    for fill, *figures in worked_out:
        first, last = before(fill), after(fill)
        if bare:
            if first[wallet] == "spot":
                first = (*first[:wallet], None, *first[wallet + 1 :])
            found = shown.get(last)  # the same in row after row
            if found is None:
                cells = list(last)
                for place, default in usual:
                    cells[place] = None if cells[place] == default else cells[place]
                if len(shown) >= _SHOWN:
                    shown.clear()
                found = shown[last] = tuple(cells)
            last = found
        yield (*first, *_fee_cells(fill.fees), *last, *figures)


def _fee_cells(fees: tuple[Amount, ...] | None) -> tuple[Decimal | None, str | None, list[dict[str, str]] | None]:
    if fees is None:
        return None, None, None
    if not fees:
        return ZERO, None, None
    if len(fees) == 1:
        return fees[0].amount, fees[0].asset, None
    return None, None, [{"asset": fee.asset, "amount": plain(fee.amount)} for fee in fees]


# ---- in -----------------------------------------------------------------------------------------------------------


def read_fills(lines: Iterable[str], *, file: str) -> Iterator[Line]:
    """Yield the fill of each line of a table whose first line names its columns, in any order.

    Raises ``InputError`` with ``file``, line and column at the first thing that is wrong.
    """
    reader = csv.reader(_without_mark(lines), strict=True)
    header: list[str] | None = None
    while True:
        line = reader.line_num + 1
        try:
            row = next(reader, None)
            if row is None:
                break
            if not row:
                continue
            if header is None:
                header = _header(row)
            else:
                yield Line(line, _fill(header, row))
        except csv.Error as error:
            raise FileWrong(f"is not CSV: {error}", file=file, line=line) from None
        except Refused as refused:
            raise FileWrong(refused.message, file=file, line=line, field=refused.field or None) from None
    if header is None:
        raise FileWrong("is empty: the first line must name the columns", file=file, line=1)


def _without_mark(lines: Iterable[str]) -> Iterator[str]:
    for number, line in enumerate(lines):
        yield line.removeprefix("\ufeff") if number == 0 else line


def _header(row: list[str]) -> list[str]:
    names = [cell.strip() for cell in row]
    for name in names:
        if name not in {*COLUMNS, *WORKED_OUT, "kind"}:
            raise Refused(name, f"is unknown; known columns are {', '.join(COLUMNS)}")
        if names.count(name) > 1:
            raise Refused(name, "is there twice")
    for name in _REQUIRED:
        if name not in names:
            raise Refused(name, "is missing from the header")
    return names


def _fill(header: list[str], row: list[str]) -> Fill:
    if len(row) != len(header):
        raise Refused("", f"has {len(row)} cells where the header has {len(header)}")
    cells = dict(zip(header, row, strict=True))
    if cells.pop("kind", "fill") not in {"", "fill"}:
        raise Refused("kind", "must be fill in a table of fills")
    for name in WORKED_OUT:
        cells.pop(name, None)
    fees = _fees(*(cells.pop(key, "") for key in ("fee", "fee_asset", "fees")))
    raw = {key: _value(key, cell) for key, cell in cells.items() if cell != "" or key == "order_id"}
    if fees is not None:
        raw["fees"] = fees
    fill = build(raw, _FILL)
    assert isinstance(fill, Fill)
    return fill


def _value(key: str, cell: str) -> Any:
    if key in _TEXTS:
        return _unguarded(cell)
    if key in _FLAGS:
        return {"true": True, "false": False}.get(cell.strip().lower(), cell)
    return Digits(cell.strip()) if key in _COUNTS else cell.strip()


def _unguarded(cell: str) -> str:
    return cell[1:] if cell.startswith(_GUARD) and cell[1:].startswith((*_FORMULA, _GUARD)) else cell


def _fees(fee: str, asset: str, fees: str) -> list[Any] | None:
    if fees:
        if fee or asset:
            raise Refused("fees", "cannot stand beside fee and fee_asset")
        try:
            found = json.loads(fees, parse_float=Digits, parse_int=Digits)
        except (ValueError, RecursionError):
            raise Refused("fees", "is not JSON") from None
        return found if isinstance(found, list) else [found]
    if not fee:
        if asset:
            raise Refused("fee", "is missing beside fee_asset")
        return None
    if not asset:
        if values.number(fee.strip(), "fee"):
            raise Refused("fee_asset", "is missing beside fee")
        return []
    return [{"asset": _unguarded(asset), "amount": fee.strip()}]
