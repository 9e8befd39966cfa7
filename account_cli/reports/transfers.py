"""Money that came in, went out or moved between wallets, as the facts say."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from account_cli.domain.events import Event, TransferArrived
from account_cli.reports.accounts import POLL_INTERVAL_NS, history_reasons, stream_reasons
from account_cli.reports.rows import FeeRow, Report, TransferRow
from account_cli.reports.view import AccountView


def transfers(
    views: Sequence[AccountView],
    *,
    now_ns: int,
    events: Iterable[Event],
    newest_first: bool = False,
    poll_interval_ns: int = POLL_INTERVAL_NS,
) -> Report[TransferRow]:
    """Return the transfers among ``events`` by time; other kinds of facts are passed over."""
    rows = [_row(event) for event in events if isinstance(event, TransferArrived)]
    rows.sort(key=lambda row: (row.time, row.account, row.id), reverse=newest_first)
    reasons: list[str] = []
    for view in views:
        reasons += stream_reasons(view, ("transfers",), now_ns, poll_interval_ns)
        reasons += history_reasons(view, ("transfers",))
    return Report(name="transfers", as_of=now_ns, items=tuple(rows), incomplete=tuple(reasons))


def _row(event: TransferArrived) -> TransferRow:
    return TransferRow(
        account=event.account,
        wallet=event.wallet,
        id=event.id,
        time=event.time_ns,
        asset=event.asset,
        amount=event.amount,
        type=event.type,
        fee=None if event.fee is None else FeeRow(event.fee.asset, event.fee.amount),
        tx=event.tx,
        to_account=event.to_account,
        to_wallet=event.to_wallet,
        seq=event.seq,
    )
