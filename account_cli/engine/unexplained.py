"""What the exchange says is held is put beside what the facts add up to: the difference is what nobody explains.

What is taken to have been there before history began counts too, and says so: a fact that the exchange told too late
for the first look may hide in it.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import TypeGuard

from account_cli.collector.delivery import Unexplained
from account_cli.domain.events import Adjustment, Event, Opening
from account_cli.domain.money import MONEY, ZERO
from account_cli.domain.observations import BalancesSeen
from account_cli.ledger import LedgerState
from account_cli.reconciliation import followed, is_correction

_ROUNDING = Decimal("0.000001")
"""Exchanges round what a position realised to their own digits: so little tells nothing."""


def unexplained(state: LedgerState, balances: BalancesSeen, named: Iterable[Event]) -> tuple[Unexplained, ...]:
    """Return what is held beyond the facts (negative: what lacks), in wallets that both sides tell of.

    ``named`` are openings and adjustments: what lay before history or was corrected has a name and no explanation yet.
    """
    known = followed(state)
    told = {(row.wallet, row.asset): row.total for row in balances.rows if row.wallet in known}
    wallets = {wallet for wallet, _ in told}
    worked_out = {key: total for key, total in state.balances().items() if key[0] in wallets}
    found = []
    for wallet, asset in sorted({*told, *worked_out}):
        difference = MONEY.subtract(told.get((wallet, asset), ZERO), worked_out.get((wallet, asset), ZERO))
        if abs(difference) > _ROUNDING:
            found.append(Unexplained(wallet, asset, difference, before_history=False))
    found += [Unexplained(one.wallet, one.asset, one.amount, before_history=True) for one in named if _is_sought(one)]
    return tuple(found)


def _is_sought(event: Event) -> TypeGuard[Opening | Adjustment]:
    if isinstance(event, Opening):
        return event.symbol is None and event.cost is None and bool(event.amount)
    return isinstance(event, Adjustment) and is_correction(event) and bool(event.amount)
