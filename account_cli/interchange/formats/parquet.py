"""Parquet for analysts: typed columns, a row group at a time in memory.

A number is a string of plain digits: 80 digits are allowed to an amount, and no decimal type of Parquet holds so many.
``CAST(amount AS DECIMAL(38, 18))`` makes a number of what fits. Times are timestamps in nanoseconds and UTC; data is
JSON. Each column says its kind in its metadata under ``acct.kind``.
"""

from __future__ import annotations

from itertools import islice
from typing import Any, BinaryIO

import msgspec

from account_cli.domain.money import plain
from account_cli.errors import InputError
from account_cli.interchange.tables import Table, data_ready

_GROUP = 20_000


def write(table: Table, out: BinaryIO) -> None:
    """Write the whole file. Raises ``InputError`` where pyarrow is not installed."""
    try:
        import pyarrow as pa
        from pyarrow.parquet import ParquetWriter
    except ImportError:
        raise InputError("--format parquet needs pyarrow", hint="pip install pyarrow") from None
    types = {"time": pa.timestamp("ns", tz="UTC"), "flag": pa.bool_(), "count": pa.int64()}
    schema = pa.schema(
        [
            pa.field(column.name, types.get(column.kind, pa.string()), metadata={"acct.kind": column.kind})
            for column in table.columns
        ],
        metadata={"acct.what": table.name},
    )
    with ParquetWriter(out, schema) as writer:
        while rows := list(islice(table.rows, _GROUP)):
            arrays = [
                pa.array([_value(column.kind, row[at]) for row in rows], type=schema.field(at).type)
                for at, column in enumerate(table.columns)
            ]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))


def _value(kind: str, value: Any) -> Any:
    if value is None:
        return None
    if kind == "number":
        return plain(value)
    return msgspec.json.encode(data_ready(value)).decode() if kind == "data" else value
