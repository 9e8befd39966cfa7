"""The orders and fills that a comparison is about, besides what is held.

Orders are those listed as open, those told of since it was last clear, and those that did not agree then. One pass over
the newest fills of the account is all that they cost: an order placed before the oldest of them is not compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from account_cli.domain.events import Fill
from account_cli.domain.health import reaches
from account_cli.domain.times import DAY
from account_cli.ports import JournalReader
from account_cli.reconciliation import LAG_NS, SWEEP_NS, Item, Run, compare_counts, compare_orders, last_counted
from account_cli.reports.view import AccountView

_ORDERS = 1000
_FILLS = 5000


def count_items(view: AccountView, reader: JournalReader) -> list[Item]:
    """Return an item for each market in which the exchange counted fills lately."""
    counted = last_counted(reader.cursors(view.account))
    if counted is None or not counted.counts:
        return []
    known = reader.events(view.account, kinds=("fill",), since_ns=counted.since_ns + 1, until_ns=counted.until_ns + 1)
    return compare_counts(counted, (event for event in known if isinstance(event, Fill)))


def order_items(view: AccountView, before: Sequence[Run], reader: JournalReader, read_ns: int) -> list[Item]:
    """Return an item for each order that can be compared; ``before`` are earlier runs, newest first."""
    reach = reaches(view.coverage).get("fills")
    if reach is None:
        return []
    since_ns = max([read_ns - DAY, *(run.read_ns or 0 for run in before if run.is_decided)]) - LAG_NS - SWEEP_NS
    owing = {item.key for run in before[:1] for item in run.items if item.kind == "order"}
    listed = {order.id for order in view.orders}
    told = reader.orders(view.account, only_open=False, limit=_ORDERS)
    orders = [
        one
        for one in told
        if one.id in listed or one.id in owing or (one.updated_ns or one.created_ns or 0) >= since_ns
    ]
    placed = [one.created_ns for one in orders if one.filled and one.created_ns is not None]
    from_ns = max(0 if reach.whole else reach.since_ns, min([since_ns, *placed]))
    newest = reader.events(view.account, kinds=("fill",), since_ns=from_ns, newest_first=True, limit=_FILLS)
    fills = [event for event in islice(newest, _FILLS) if isinstance(event, Fill)]
    if len(fills) == _FILLS:
        from_ns = fills[-1].time_ns + 1
    return compare_orders(orders, listed, fills, read_ns=read_ns, known_from_ns=from_ns)
