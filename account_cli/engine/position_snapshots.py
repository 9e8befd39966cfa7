"""What was open is written down every five minutes: the answer of ``acct positions`` at that instant, as it was given.

It is kept beside the facts, never in place of them: positions of any past instant follow from the facts too, but what
the exchange said of them then (marks, margin, liquidation) does not. An instant at which nothing was open is a snapshot
without rows; an instant without a snapshot is one at which nobody collected.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from account_cli.domain.times import SECOND
from account_cli.ports import JournalReader, JournalTx
from account_cli.reports.accounts import POLL_INTERVAL_NS
from account_cli.reports.positions import positions
from account_cli.reports.rows import PositionRow, Report
from account_cli.reports.valuation import PEGGED
from account_cli.reports.view import AccountView

_decode = msgspec.json.Decoder(Report[PositionRow]).decode


def is_due(at_ns: int, every_ns: int, *, step_ns: int = 30 * SECOND) -> bool:
    """True on the first of the recorder's boundaries, ``step_ns`` apart, at or after each multiple of ``every_ns``."""
    return at_ns // every_ns != (at_ns - step_ns) // every_ns


def taken(
    views: Sequence[AccountView],
    at_ns: int,
    *,
    now_ns: int,
    pegged: Sequence[str] = PEGGED,
    poll_interval_ns: int = POLL_INTERVAL_NS,
) -> list[tuple[str, Report[PositionRow]]]:
    """Return what is open of each account of which anything is known, dated ``at_ns``."""
    return [
        (
            view.account,
            msgspec.structs.replace(
                positions([view], now_ns=now_ns, pegged=pegged, poll_interval_ns=poll_interval_ns), as_of=at_ns
            ),
        )
        for view in views
        if view.n
    ]


def keep_positions(tx: JournalTx, found: Sequence[tuple[str, Report[PositionRow]]]) -> None:
    """Store snapshots; one of the same account and instant is replaced."""
    for account, report in found:
        tx.put_position_snapshot(account, report.as_of, msgspec.json.encode(report))


def kept_positions(
    reader: JournalReader, account: str, *, since_ns: int | None = None, until_ns: int | None = None
) -> list[Report[PositionRow]]:
    """Return the snapshots of ``[since, until)``, oldest first."""
    return [_decode(body) for body in reader.position_snapshots(account, since_ns=since_ns, until_ns=until_ns)]
