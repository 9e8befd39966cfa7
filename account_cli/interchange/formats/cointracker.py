"""CoinTracker's CSV: support.cointracker.io, articles 4413071299729 (these columns, no other) and 4413049710225 (tags).

Times are UTC. Amounts are without the fee, which stands beside them. Futures are profit and loss only.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from account_cli.domain.times import SECOND
from account_cli.interchange.movements import Movement, What
from account_cli.interchange.tables import Column, Row, Table

COLUMNS = (
    Column("Date", "text"),
    Column("Received Quantity", "number"),
    Column("Received Currency", "text"),
    Column("Sent Quantity", "number"),
    Column("Sent Currency", "text"),
    Column("Fee Amount", "number"),
    Column("Fee Currency", "text"),
    Column("Tag", "text"),
)
_IN: dict[What, str] = {
    "staking": "staking",
    "airdrop": "airdrop",
    "rebate": "margin rebate",
    "funding": "margin gain",
    "gain": "margin gain",
}
_OUT: dict[What, str] = {
    "interest": "margin fee",
    "fee": "margin fee",
    "funding": "margin fee",
    "futures fee": "margin fee",
    "gain": "margin loss",
}


def table(movements: Iterable[Movement]) -> Table:
    """Return one row a movement."""
    return Table(name="cointracker", columns=COLUMNS, rows=(_row(one) for one in movements))


def _row(one: Movement) -> Row:
    tag = _IN.get(one.what, "") if one.received is not None else _OUT.get(one.what, "")
    cells: list[object] = [datetime.fromtimestamp(one.time_ns // SECOND, UTC).strftime("%m/%d/%Y %H:%M:%S")]
    for amount in (one.received, one.sent, one.fee):
        cells += [None, None] if amount is None else [amount.amount, amount.asset]
    return (*cells, tag)
