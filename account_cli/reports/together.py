"""The P&L of all accounts together: a sum says what it is a sum of, and what it is without.

A sum over accounts of which one is not known is no estimate of the whole: that account is named, and the sums are what
the others made. A part that is known and old, or rests on history with gaps, is in them, and the reason stands beside.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import msgspec

from account_cli.reports.accounts import POLL_INTERVAL_NS
from account_cli.reports.pnl import pnl
from account_cli.reports.rows import PnlRow, Report
from account_cli.reports.valuation import PEGGED
from account_cli.reports.view import AccountView


class Together(msgspec.Struct, frozen=True, kw_only=True):
    """``parts`` has a row for each account and currency, ``totals`` one for each currency, both of the same instant.

    ``accounts`` are those that are in the sums, ``lacking`` those of which nothing is known.
    """

    accounts: tuple[str, ...]
    lacking: tuple[str, ...]
    parts: Report[PnlRow]
    totals: tuple[PnlRow, ...]


def together(
    views: Sequence[AccountView],
    expected: Collection[str] = (),
    *,
    now_ns: int,
    pegged: Sequence[str] = PEGGED,
    poll_interval_ns: int = POLL_INTERVAL_NS,
) -> Together:
    """Return what these accounts made; ``expected`` names those that there ought to be, known or not."""
    views = sorted(views, key=lambda view: view.account)
    known = {view.account for view in views if view.n or view.coverage}
    lacking = sorted({view.account for view in views}.union(expected) - known)
    parts = pnl(views, now_ns=now_ns, by="account", pegged=pegged, poll_interval_ns=poll_interval_ns)
    totals = pnl(views, now_ns=now_ns, by="all", pegged=pegged, poll_interval_ns=poll_interval_ns).items
    reasons = [f"{name}: nothing of it is known yet; the totals are without it" for name in lacking]
    parts = msgspec.structs.replace(parts, incomplete=tuple(dict.fromkeys([*reasons, *parts.incomplete])))
    return Together(accounts=tuple(sorted(known)), lacking=tuple(lacking), parts=parts, totals=totals)
