"""Orders written down: every state ever told, merged one order at a time, and which of them are listed as open."""

from __future__ import annotations

from account_cli.domain.observations import TERMINAL, Order, OrdersSeen, update_order
from account_cli.storage.codec import decode_order, encode, names
from account_cli.storage.database import Database, Row

_NAMESAKES = """
SELECT id, symbol, at_ns, open, body FROM orders WHERE account = ? AND id IN (SELECT value FROM json_each(?))
"""
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
    namesakes: dict[str, dict[str, Row]] = {order.id: {} for order in seen.rows}
    for its_id, *row in db.rows(_NAMESAKES, (seen.account, names(namesakes))) if namesakes else ():
        namesakes[its_id][row[0]] = tuple(row)
    for order in seen.rows:
        _put(db, seen, order, namesakes[order.id], fresh=floor is None or seen.at_ns >= floor)
    if seen.complete and (floor is None or seen.at_ns >= floor):
        listed = {(order.id, order.symbol) for order in seen.rows}
        stored = db.rows(_OPEN, (seen.account, seen.at_ns))
        gone = [(its_id, its) for its_id, its in stored if not listed & {(its_id, its), (its_id, None)}]
        db.many(_CLOSE, [(seen.account, *row) for row in gone])


def _put(db: Database, seen: OrdersSeen, order: Order, namesakes: dict[str, Row], *, fresh: bool) -> None:
    """Merge one order; ``namesakes`` are those stored under its id, by symbol, and are kept as they are stored."""
    before = _stored(namesakes, order)
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
            del namesakes[""]
    is_open = _is_open(merged, was_open=bool(was_open), told_open=fresh and seen.complete, fresh=fresh)
    sort_ns = merged.updated_ns or merged.created_ns or at_ns
    symbol, body = merged.symbol or "", encode(merged)
    db.put(_PUT, (seen.account, order.id, symbol, at_ns, int(is_open), sort_ns, body))
    namesakes[symbol] = symbol, at_ns, int(is_open), body


def _stored(namesakes: dict[str, Row], order: Order) -> Row | None:
    """Return the stored order that ``order`` tells of: some venues count order ids per symbol."""
    if order.symbol is None:
        return next(iter(namesakes.values())) if len(namesakes) == 1 else namesakes.get("")
    return namesakes.get(order.symbol) or namesakes.get("")


def _is_open(order: Order, *, was_open: bool, told_open: bool, fresh: bool) -> bool:
    if order.status in TERMINAL:
        return False
    if order.status is None:
        return was_open or told_open
    return was_open or fresh
