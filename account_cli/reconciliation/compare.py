"""Every key that either side knows, and whether both say the same of it."""

from __future__ import annotations

from decimal import Decimal, localcontext

from account_cli.domain.money import MONEY, ZERO
from account_cli.reconciliation.records import Item, ItemKind, ReconcileState
from account_cli.reconciliation.sides import Key, Side
from account_cli.reconciliation.tolerance import Tolerance


def compare(local: Side, exchange: Side, tolerance: Tolerance) -> list[Item]:
    """Return an item for every key of either side, sorted; a difference is ``pending`` until somebody judges it."""
    with localcontext(MONEY):
        balances, positions = _union(local.balances, exchange.balances), _union(local.positions, exchange.positions)
        items = [compare_balance(key, local, exchange, tolerance) for key in balances]
        items += [compare_position(key, local, exchange, tolerance) for key in positions]
        items += [
            compare_entry(key, local, exchange, tolerance)
            for key in sorted(local.entries.keys() & exchange.entries.keys())
        ]
    return items


def compare_balance(key: Key, local: Side, exchange: Side, tolerance: Tolerance) -> Item:
    """Return the item of one balance, whether or not a side names it."""
    return _item("balance", key, local.balance(key), exchange.balance(key), tolerance.of_balance(key.name))


def compare_position(key: Key, local: Side, exchange: Side, tolerance: Tolerance) -> Item:
    """Return the item of one position, whether or not a side names it."""
    return _item("position", key, local.position(key), exchange.position(key), tolerance.position)


def compare_entry(key: Key, local: Side, exchange: Side, _: Tolerance) -> Item:
    """Return the item of the average entry of one position."""
    theirs = exchange.entries.get(key)
    return _item("entry", key, local.entries.get(key), theirs, ZERO if theirs is None else _last_digit(theirs))


def _union(mine: object, theirs: object) -> list[Key]:
    keys: set[Key] = set()
    for side in (mine, theirs):
        if isinstance(side, dict):
            keys |= side.keys()
    return sorted(keys, key=lambda key: (key.wallet, key.name, key.side or ""))


def _item(kind: ItemKind, key: Key, mine: Decimal | None, theirs: Decimal | None, within: Decimal) -> Item:
    state: ReconcileState = "pending"
    if mine is None or theirs is None:
        state = "unknown" if mine or theirs else "clean"
    elif abs(theirs - mine) <= within:
        state = "clean"
    return Item(kind=kind, wallet=key.wallet, key=str(key), local=mine, exchange=theirs, state=state)


def _last_digit(value: Decimal) -> Decimal:
    """Return one unit of the last digit that was told: the exchange rounds its average there, in its own way."""
    exponent = value.as_tuple().exponent
    return Decimal(1).scaleb(min(int(exponent), 0)) if isinstance(exponent, int) else Decimal(0)
