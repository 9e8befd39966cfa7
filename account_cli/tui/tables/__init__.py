"""The panes' tables in the order of their numbers; a column's name is the field's, the JSON key's, the CSV head's."""

from __future__ import annotations

from typing import Any

from account_cli.tui.model.column import Table
from account_cli.tui.tables.activity import ALERTS, FILLS, ORDERS
from account_cli.tui.tables.differences import DIFFERENCES
from account_cli.tui.tables.money import BALANCES, POSITIONS
from account_cli.tui.tables.streams import STREAMS

__all__ = ["DIFFERENCES", "TABLES"]
TABLES: tuple[Table[Any], ...] = (POSITIONS, ORDERS, FILLS, BALANCES, ALERTS, STREAMS)
