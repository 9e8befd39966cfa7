"""Orders written down: every state ever told, merged one order at a time, and which of them are listed as open."""

from __future__ import annotations

from account_cli.domain.observations import TERMINAL, Order, OrdersSeen, update_order
from account_cli.storage.codec import decode_order, encode
from account_cli.storage.database import Database, Row

_NAMESAKES = "SELECT symbol, at_ns, open, body FROM orders WHERE account = ? AND id = ?"
_PUT = """
INSERT INTO orders (account, id, symbol, at_ns, open, sort_ns, body) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (account, id, symbol) DO UPDATE SET
  at_ns = excluded.at_ns, open = excluded.open, sort_ns = excluded.sort_ns, body = excluded.body
"""
_FORGET_NAMELESS = "DELETE FROM orders WHERE account = ? AND id = ? AND symbol = ''"
_OPEN = "SELECT id, symbol FROM orders INDEXED BY orders_open WHERE account = ? AND open = 1 AND at_ns < ?"
_CLOSE = "UPDATE orders SET open = 0 WHERE account = ? AND id = ? AND symbol = ?"


def put_orders(db: Database, seen: OrdersSeen, floor: int | None) -> None:
    """Merge ``seen`` into what is stored; ``floor`` is the time of the last complete list of open orders.

    A telling older than that list is still worth having, but cannot put an order back on the list of open ones.
    """
    for order in seen.rows:
        _put(db, seen, order, fresh=floor is None or seen.at_ns >= floor)
    if seen.complete and (floor is None or seen.at_ns >= floor):
        listed = {(order.id, order.symbol) for order in seen.rows}
        stored = db.rows(_OPEN, (seen.account, seen.at_ns))
        gone = [(its_id, its) for its_id, its in stored if not listed & {(its_id, its), (its_id, None)}]
        db.many(_CLOSE, [(seen.account, *row) for row in gone])


def _put(db: Database, seen: OrdersSeen, order: Order, *, fresh: bool) -> None:
    before = _stored(db.rows(_NAMESAKES, (seen.account, order.id)), order)
    if before is None:
        merged, at_ns, was_open = order, seen.at_ns, False
    else:
        symbol, at_ns, was_open, body = before
        known = decode_order(body)
        undated = known.updated_ns is None or order.updated_ns is None
        late = undated and seen.at_ns < at_ns
        merged = update_order(order, known) if late else update_order(known, order)
        at_ns = max(at_ns, seen.at_ns)
        if symbol == "" and merged.symbol:
            db.put(_FORGET_NAMELESS, (seen.account, order.id))
    is_open = _is_open(merged, was_open=bool(was_open), told_open=fresh and seen.complete, fresh=fresh)
    sort_ns = merged.updated_ns or merged.created_ns or at_ns
    row = (seen.account, order.id, merged.symbol or "", at_ns, int(is_open), sort_ns, encode(merged))
    db.put(_PUT, row)


def _stored(namesakes: list[Row], order: Order) -> Row | None:
    """Return the stored order that ``order`` tells of: some venues count order ids per symbol."""
    if order.symbol is None:
        return namesakes[0] if len(namesakes) == 1 else next((row for row in namesakes if row[0] == ""), None)
    same = (row for row in namesakes if row[0] in {order.symbol, ""})
    return max(same, key=lambda row: row[0], default=None)


def _is_open(order: Order, *, was_open: bool, told_open: bool, fresh: bool) -> bool:
    if order.status in TERMINAL:
        return False
    if order.status is None:
        return was_open or told_open
    return was_open or fresh
