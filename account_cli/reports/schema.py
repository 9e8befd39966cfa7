"""A report leaves for programs in one shape: the JSON envelope and the CSV rows of docs/formats.md, section 2.

Both are generic over row types: keys and columns are the field names. Decimals leave as strings of plain digits, times
as RFC 3339 in UTC, unknown as null in JSON and as an empty cell in CSV. Nothing here is limited, rounded or hidden by
how a screen would show it.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from types import UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec

from account_cli.domain.money import plain
from account_cli.domain.times import format_time
from account_cli.reports.rows import FeeRow, FillRow, Report

Row = TypeVar("Row", bound=msgspec.Struct)

VERSION = 1
_TIMES = frozenset({"time", "as_of", "history_from"})
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""A cell of text that begins so is run as a formula by spreadsheets."""


def is_time(field: str) -> bool:
    """True for a field that holds nanoseconds since 1970."""
    return field in _TIMES or field.endswith("_at")


def schema_of(name: str) -> str:
    """Return the schema's name and version, for example ``acct.positions/1``."""
    return f"acct.{name}/{VERSION}"


def envelope(report: Report[Row], fields: Sequence[str] | None = None) -> dict[str, Any]:
    """Return the report as JSON-ready data: ``schema, as_of, complete, incomplete, items``; only ``fields`` of rows."""
    return {
        "schema": schema_of(report.name),
        "as_of": format_time(report.as_of),
        "complete": report.complete,
        "incomplete": list(report.incomplete),
        "items": [record(row, fields) for row in report.items],
    }


def record(row: msgspec.Struct, fields: Sequence[str] | None = None) -> dict[str, Any]:
    """Return one row as JSON-ready data, nested rows and all; keys in the order of its fields, or only ``fields``."""
    return {field: json_value(field, getattr(row, field)) for field in fields or row.__struct_fields__}


def json_value(field: str, value: Any) -> Any:
    """Return one value as JSON-ready data; ``field`` says whether a whole number is a time."""
    if value is None or isinstance(value, (str, bool)):
        return value
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, int):
        return format_time(value) if is_time(field) else value
    if isinstance(value, msgspec.Struct):
        return record(value)
    if isinstance(value, Mapping):
        return {str(key): json_value(str(key), item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [json_value(field, item) for item in value]
    raise TypeError(f"field {field!r} holds a {type(value).__name__}, which no report may")


def columns(row_type: type[msgspec.Struct], fields: Sequence[str] | None = None) -> tuple[str, ...]:
    """Return the CSV header of a row type: its field names; a fill's fees come as ``fee`` and ``fee_asset`` too."""
    names: list[str] = []
    for field in fields or row_type.__struct_fields__:
        names += ["fee", "fee_asset", "fees"] if issubclass(row_type, FillRow) and field == "fees" else [field]
    return tuple(names)


def csv_rows(
    row_type: type[Row],
    rows: Iterable[Row],
    fields: Sequence[str] | None = None,
    write_time: Callable[[int], str] = format_time,
) -> Iterator[tuple[str, ...]]:
    """Yield the header, then every row as cells; the header also when there is no row. ``fields`` are some of them."""
    yield columns(row_type, fields)
    for row in rows:
        yield cells(row, fields, write_time)


def cells(
    row: msgspec.Struct, fields: Sequence[str] | None = None, write_time: Callable[[int], str] = format_time
) -> tuple[str, ...]:
    """Return one row as CSV cells: numbers bare, texts guarded against being run as formulas, the rest as JSON.

    A single fee fills ``fee`` and ``fee_asset``; none at all, or several, are a JSON list in ``fees``; not known leaves
    all three empty.
    """
    texts: list[str] = []
    is_fill = isinstance(row, FillRow)
    for field in fields or row.__struct_fields__:
        value = getattr(row, field)
        if is_fill and field == "fees":
            texts += _fee_cells(value)
        elif write_time is not format_time and type(value) is int and is_time(field):
            texts.append(write_time(value))
        else:
            texts.append(_cell(field, value))
    return tuple(texts)


def _fee_cells(fees: tuple[FeeRow, ...] | None) -> list[str]:
    if fees is None:
        return ["", "", ""]
    if len(fees) == 1:
        return [plain(fees[0].amount), guard(fees[0].asset), ""]
    return ["", "", _compact([record(fee) for fee in fees])]


def _cell(field: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return safe(value)
    data = json_value(field, value)
    if isinstance(data, str):
        return data
    return _compact(data)


def _compact(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def escaped(text: str) -> str:
    """Return ``text`` with what would steer a terminal, or hide, written as JSON escapes it, which reads it back.

    That is all control and format characters (direction marks, zero widths), line separators, lone surrogates, and what
    has no letter assigned.
    """
    if text.isprintable():
        return text
    return "".join(letter if unicodedata.category(letter) not in _UNSEEN else _as_escape(letter) for letter in text)


def _as_escape(letter: str) -> str:
    return json.dumps(letter)[1:-1] if ord(letter) > 0xFFFF else f"\\u{ord(letter):04x}"


def safe(text: str) -> str:
    """Return a cell that neither a terminal nor a spreadsheet obeys."""
    return guard(escaped(text))


def guard(text: str) -> str:
    """Return ``text``, with an apostrophe before it when a spreadsheet would run it as a formula."""
    return f"'{text}" if text.lstrip(" \u00a0\ufeff").startswith(_DANGEROUS) or text.startswith("'") else text


def unguard(cell: str) -> str:
    """Undo ``guard``: for whoever reads such a file back."""
    return cell[1:] if cell.startswith("'") else cell


def json_schema(name: str, row_type: type[msgspec.Struct]) -> dict[str, Any]:
    """Return the JSON schema (draft 2020-12) of the envelope of these rows."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": schema_of(name),
        "type": "object",
        "required": ["schema", "as_of", "complete", "incomplete", "items"],
        "properties": {
            "schema": {"const": schema_of(name)},
            "as_of": {"type": "string", "format": "date-time"},
            "complete": {"type": "boolean"},
            "incomplete": {"type": "array", "items": {"type": "string"}},
            "items": {"type": "array", "items": row_schema(row_type)},
        },
    }


def object_schema(name: str, keys: Mapping[str, dict[str, Any]], *, named: bool = True) -> dict[str, Any]:
    """Return the JSON schema of one object with these keys; ``named`` when it carries its schema's name itself."""
    properties = {**({"schema": {"const": schema_of(name)}} if named else {}), **keys}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": schema_of(name),
        "type": "object",
        "required": list(properties),
        "properties": properties,
    }


@lru_cache(maxsize=64)
def _hints(row_type: type[msgspec.Struct]) -> dict[str, Any]:
    return get_type_hints(row_type)


def row_schema(row_type: type[msgspec.Struct]) -> dict[str, Any]:
    """Return the JSON schema of one row."""
    hints = _hints(row_type)
    return {
        "type": "object",
        "required": list(row_type.__struct_fields__),
        "properties": {field: type_schema(field, hints[field]) for field in row_type.__struct_fields__},
    }


def type_schema(field: str, hint: Any) -> dict[str, Any]:
    """Return the JSON schema of a value of this type; ``field`` says whether a whole number is a time."""
    if get_origin(hint) is Literal:
        return {"type": "string", "enum": list(get_args(hint))}
    if get_origin(hint) in {Union, UnionType}:
        known, nullable = [part for part in get_args(hint) if part is not type(None)], type(None) in get_args(hint)
        options = [type_schema(field, part) for part in known] + ([{"type": "null"}] if nullable else [])
        return options[0] if len(options) == 1 else {"anyOf": options}
    if get_origin(hint) is tuple:
        return {"type": "array", "items": type_schema(field, get_args(hint)[0])}
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return row_schema(hint)
    if hint is Decimal:
        return {"type": "string", "pattern": r"^-?\d+(\.\d+)?$"}
    if hint is bool:
        return {"type": "boolean"}
    if hint is int:
        return {"type": "string", "format": "date-time"} if is_time(field) else {"type": "integer"}
    return {"type": "string"}
