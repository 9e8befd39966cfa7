"""An exchange that states what was true a moment ago is late, not wrong.

Theory. REST answers of an exchange lag behind its stream, by up to ``LAG_NS`` (Bittrex's balances by seconds, Kraken's
orders by a minute). A late figure has a signature: it is what the ledger held before its newest facts. So the ledger is
walked through the facts of that while, one by one, and a figure that agrees with any state on the way is in flight.
A difference of any other size has no such excuse, and one that is really there has it for that while only: the facts
grow too old for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import localcontext

import msgspec
from msgspec.structs import replace

from account_cli.domain.money import MONEY
from account_cli.domain.times import SECOND
from account_cli.reconciliation.compare import compare_balance, compare_entry, compare_position
from account_cli.reconciliation.records import Item
from account_cli.reconciliation.sides import Key, Side
from account_cli.reconciliation.tolerance import Tolerance

LAG_NS = 90 * SECOND
"""As long as the REST answers of an exchange were ever seen to lag behind its stream."""
SWEEP_NS = 60 * SECOND
"""A figure that no stream told since may be so old besides."""
_COMPARE = {"balance": compare_balance, "position": compare_position, "entry": compare_entry}


class Earlier(msgspec.Struct, frozen=True):
    """What the ledger said until a fact of ``until_ns`` changed it, of the assets and symbols that it changed."""

    until_ns: int
    names: frozenset[str]
    side: Side


def in_flight(items: Sequence[Item], earlier: Iterable[Earlier], exchange: Side, tolerance: Tolerance) -> list[Item]:
    """Return the items; one whose figure at the exchange agrees with an earlier side of the ledger says when that was.

    ``earlier`` are those sides, oldest first; what none of them tells of did not change in that while.
    """
    late: dict[tuple[str, str, str], int] = {}
    pending: dict[str, list[Item]] = {}
    for item in items:
        if item.state == "pending":
            pending.setdefault(item.name, []).append(item)
    with localcontext(MONEY):
        for one in earlier:
            for item in (item for name in one.names for item in pending.get(name, ())):
                if _COMPARE[item.kind](Key.of(item), one.side, exchange, tolerance).state == "clean":
                    late[item.slot] = one.until_ns
    return [replace(item, as_of_ns=late[item.slot]) if item.slot in late else item for item in items]
