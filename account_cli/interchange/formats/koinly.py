"""Koinly's universal file: support.koinly.io, articles 9489976 (columns, UTC), 9490023 and 3663453 (tags).

Amounts are without the fee, which stands beside them. Futures are profit and loss only (article 9490027).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from account_cli.domain.events import Amount
from account_cli.domain.times import SECOND
from account_cli.interchange.movements import Movement, What
from account_cli.interchange.tables import Column, Row, Table

COLUMNS = (
    Column("Date", "text"),
    Column("Sent Amount", "number"),
    Column("Sent Currency", "text"),
    Column("Received Amount", "number"),
    Column("Received Currency", "text"),
    Column("Fee Amount", "number"),
    Column("Fee Currency", "text"),
    Column("Net Worth Amount", "number"),
    Column("Net Worth Currency", "text"),
    Column("Label", "text"),
    Column("Description", "text"),
    Column("TxHash", "text"),
)
_IN: dict[What, str] = {
    "loan": "loan",
    "interest": "lending interest",
    "staking": "reward",
    "airdrop": "airdrop",
    "cashback": "cashback",
    "reward": "reward",
    "rebate": "fee refund",
    "funding": "realized gain",
    "gain": "realized gain",
}
_OUT: dict[What, str] = {
    "interest": "loan fee",
    "rebate": "cost",
    "fee": "cost",
    "funding": "funding fee",
    "gain": "realized gain",
    "futures fee": "futures fee",
}


def table(movements: Iterable[Movement]) -> Table:
    """Return one row a movement."""
    return Table(name="koinly", columns=COLUMNS, rows=(_row(one) for one in movements))


def _row(one: Movement) -> Row:
    label = _IN.get(one.what, "") if one.received is not None else _OUT.get(one.what, "")
    when = datetime.fromtimestamp(one.time_ns // SECOND, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    note = f"{one.account}: {one.note} ({one.id})"
    return (when, *_cells(one.sent, one.received, one.fee, one.worth), label, note, one.tx)


def _cells(*amounts: Amount | None) -> Iterator[object]:
    for amount in amounts:
        yield from (None, None) if amount is None else (amount.amount, amount.asset)
