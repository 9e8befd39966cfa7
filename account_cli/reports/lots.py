"""A lot is what one fact brought and is still there, at what it cost; what nobody knows of its cost is not guessed."""

from __future__ import annotations

from collections.abc import Sequence

from account_cli.domain.money import plain
from account_cli.ledger.figures import LotFigures
from account_cli.reports.accounts import POLL_INTERVAL_NS, history_reasons, stream_reasons
from account_cli.reports.arithmetic import divide, exactly
from account_cli.reports.ledger_rows import LotRow
from account_cli.reports.rows import Report
from account_cli.reports.view import AccountView


@exactly
def lots(
    views: Sequence[AccountView],
    *,
    now_ns: int,
    held: Sequence[tuple[str, LotFigures]],
    method: str = "fifo",
    symbol: str | None = None,
    poll_interval_ns: int = POLL_INTERVAL_NS,
) -> Report[LotRow]:
    """Return the open lots of ``held`` (account, lot) by account, symbol and age, oldest first."""
    rows = [lot_row(account, lot, method) for account, lot in held if symbol in {None, lot.symbol}]
    rows.sort(key=lambda row: (row.account, row.symbol, row.opened_at or 0, row.lot or ""))
    reasons: list[str] = []
    for view in views:
        reasons += stream_reasons(view, ("fills", "transfers"), now_ns, poll_interval_ns) + history_reasons(view)
    reasons += [
        f"{row.account}: cost of {plain(row.quantity)} {row.asset} ({row.lot or 'pool'}) is not known"
        for row in rows
        if row.cost is None
    ]
    return Report(name="lots", as_of=now_ns, items=tuple(rows), incomplete=tuple(dict.fromkeys(reasons)))


def lot_row(account: str, lot: LotFigures, method: str) -> LotRow:
    """Return the row of one lot; its unit cost has its fees in it."""
    return LotRow(
        account=account,
        symbol=lot.symbol,
        asset=lot.asset,
        quantity=lot.quantity,
        cost=lot.cost,
        unit_cost=None if lot.cost is None else divide(abs(lot.cost), abs(lot.quantity)),
        currency=lot.currency,
        opened_at=lot.opened_ns,
        method=method,
        lot=lot.identity or lot.lot,
    )
