"""Observations that were told one after the other are written once: the last word on each row is what counts.

A burst tells the same balance and the same order thousands of times in a second. Only incomplete batches are gathered;
a complete one says something about what it leaves out, and ends the run before it.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from account_cli.domain.observations import (
    Balance,
    BalancesSeen,
    Observation,
    Order,
    OrdersSeen,
    Position,
    PositionsSeen,
    update_order,
)


def gathered(observations: Iterable[Observation]) -> list[Observation]:
    """Return observations of one account that leave the same state behind as these, in order, and are fewer."""
    result: list[Observation] = []
    run: dict[type[Observation], list[Observation]] = {}
    for seen in observations:
        if seen.complete:
            result += [_joined(batch) for batch in run.values()]
            run.clear()
            result.append(seen)
        else:
            run.setdefault(type(seen), []).append(seen)
    return result + [_joined(batch) for batch in run.values()]


def _joined(batch: list[Observation]) -> Observation:
    last = max(batch, key=lambda seen: seen.at_ns)
    if len(batch) == 1:
        return last
    if isinstance(last, OrdersSeen):
        orders: dict[tuple[str, str | None], Order] = {}
        for seen in batch:
            assert isinstance(seen, OrdersSeen)
            for order in seen.rows:
                key = (order.id, order.symbol)
                orders[key] = update_order(orders.get(key), order)
        return msgspec.structs.replace(last, rows=tuple(orders.values()))
    rows: dict[tuple[str, str, str], tuple[int, Balance | Position]] = {}
    for seen in batch:
        assert isinstance(seen, (BalancesSeen, PositionsSeen))
        for row in seen.rows:
            slot = _slot(row)
            if slot not in rows or seen.at_ns >= rows[slot][0]:
                rows[slot] = (seen.at_ns, row)
    return msgspec.structs.replace(last, rows=tuple(row for _, row in rows.values()))


def _slot(row: Balance | Position) -> tuple[str, str, str]:
    if isinstance(row, Balance):
        return row.wallet, row.asset, ""
    return row.wallet, row.symbol, row.side
