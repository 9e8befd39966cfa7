"""JSON: the envelope that ``--json`` of a read command has, with every row in it, written as the rows come."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from account_cli.domain.times import format_time
from account_cli.interchange.tables import UTC_CLOCK, Clock, Table, json_ready
from account_cli.reports.schema import escaped, schema_of

_encode = msgspec.json.Encoder().encode


def lines(table: Table, as_of_ns: int, incomplete: Sequence[str], clock: Clock = UTC_CLOCK) -> Iterator[str]:
    """Yield one object in pieces: ``schema, as_of, complete, incomplete, items``, a line an item."""
    head = {
        "schema": schema_of(f"export.{table.name}"),
        "as_of": format_time(as_of_ns),
        "complete": not incomplete,
        "incomplete": list(incomplete),
    }
    ready = json_ready(table.columns, clock)
    yield escaped(_encode(head).decode())[:-1] + ',"items":['
    before = "\n"
    for row in table.rows:
        yield before + escaped(_encode(ready(row)).decode())
        before = ",\n"
    yield "\n]}\n"
