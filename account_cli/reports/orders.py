"""Orders are shown as the exchange last told of them; nothing about them is worked out."""

from __future__ import annotations

from collections.abc import Sequence

from account_cli.domain.observations import TERMINAL, Order
from account_cli.reports.accounts import POLL_INTERVAL_NS, stream_reasons
from account_cli.reports.rows import OrderRow, Report
from account_cli.reports.view import AccountView


def orders(
    views: Sequence[AccountView],
    *,
    now_ns: int,
    only_open: bool = True,
    symbol: str | None = None,
    poll_interval_ns: int = POLL_INTERVAL_NS,
) -> Report[OrderRow]:
    """Return the orders of these accounts, newest first; ``only_open`` leaves out those known to have ended."""
    rows: list[OrderRow] = []
    reasons: list[str] = []
    for view in views:
        rows += order_rows(view, only_open=only_open, symbol=symbol)
        reasons += stream_reasons(view, ("orders",), now_ns, poll_interval_ns)
    rows.sort(key=lambda row: (-(row.created_at or row.updated_at or 0), row.account, row.id))
    return Report(name="orders", as_of=now_ns, items=tuple(rows), incomplete=tuple(reasons))


def order_rows(view: AccountView, *, only_open: bool, symbol: str | None = None) -> list[OrderRow]:
    """Return the rows of one account in the order of its view."""
    return [
        _row(view.account, order)
        for order in view.orders
        if not (only_open and order.status in TERMINAL) and symbol in {None, order.symbol}
    ]


def _row(account: str, order: Order) -> OrderRow:
    return OrderRow(
        account=account,
        id=order.id,
        client_id=order.client_id,
        symbol=order.symbol,
        type=order.type,
        side=order.side,
        price=order.price,
        quantity=order.quantity,
        filled=order.filled,
        average=order.average,
        status=order.status,
        created_at=order.created_ns,
        updated_at=order.updated_ns,
    )
