"""NDJSON: one row a line, as JSON; the ledger itself has a form of its own, ``interchange.ndjson``."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from account_cli.interchange.tables import UTC_CLOCK, Clock, Table, json_ready
from account_cli.reports.schema import escaped

_encode = msgspec.json.Encoder().encode


def lines(table: Table, clock: Clock = UTC_CLOCK) -> Iterator[str]:
    """Yield a line a row, each with its end."""
    ready = json_ready(table.columns, clock)
    for row in table.rows:
        yield escaped(_encode(ready(row)).decode()) + "\n"
