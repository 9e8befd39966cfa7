"""Before anything is written about an account it is held, and its lease must not have gone to another process."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from account_cli.ports import JournalTx


def hold(tx: JournalTx, accounts: Iterable[str], fences: Mapping[str, int]) -> None:
    """Let nobody else write about these accounts until the transaction ends.

    Raises ``LeaseLost`` for one that stands in ``fences`` and whose lease has another number by now.
    """
    named = sorted(accounts)
    for account in named:
        if account not in fences:
            tx.hold(account)
    tx.demand_leases({account: fences[account] for account in named if account in fences})
