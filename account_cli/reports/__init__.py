"""What people ask, answered in frozen rows that table, screen, JSON, CSV and API show alike.

``view``       all that is known of an account at one instant: the one input
``rows``       the rows, whose field names are column names and JSON keys
``valuation``  what an asset is worth, by which walk through the market
``positions``, ``balances``, ``orders``, ``fills``, ``transfers``, ``pnl``, ``equity``, ``accounts``   one report each,
               a function of the same name; ``periods`` the P&L of days, weeks and months
``screen``     all of them at once, for ``acct watch``; ``changes`` their differences, for pipes
``render``     figures as text for people; ``schema`` rows as data for programs

Promises:

1. Pure: the same views and the same ``now_ns`` give the same report. Nothing here reads a clock.
2. What is not known is None, and why it is not known stands in ``Report.incomplete``. It is never zero.
3. Every value names its prices and the age of the oldest of them.
4. Nothing is counted twice: fees once in P&L, spot once in equity.

Importing this package loads none of it; ``from account_cli.reports.positions import positions`` loads what that needs.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from account_cli.reports.changes import ChangeTeller
    from account_cli.reports.schema import csv_rows, envelope, record
    from account_cli.reports.screen import screenful

_HOMES = {
    "ChangeTeller": "changes",
    "csv_rows": "schema",
    "envelope": "schema",
    "record": "schema",
    "screenful": "screen",
}

__all__ = ["ChangeTeller", "csv_rows", "envelope", "record", "screenful"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(name)
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
