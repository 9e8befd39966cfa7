"""Money that came in, went out or moved between wallets, as the facts say."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from account_cli.domain.events import Event, TransferArrived
from account_cli.domain.money import plain
from account_cli.domain.times import format_time
from account_cli.reconciliation.own import OwnTransfers, name_of
from account_cli.reports.accounts import POLL_INTERVAL_NS, history_reasons, stream_reasons
from account_cli.reports.arithmetic import exactly
from account_cli.reports.rows import FeeRow, Report, TransferRow
from account_cli.reports.view import AccountView

_LISTED = 5


def transfers(
    views: Sequence[AccountView],
    *,
    now_ns: int,
    events: Iterable[Event],
    own: OwnTransfers | None = None,
    newest_first: bool = False,
    poll_interval_ns: int = POLL_INTERVAL_NS,
) -> Report[TransferRow]:
    """Return the transfers among ``events`` by time; other kinds of facts are passed over.

    ``own`` are the transfers between own accounts and wallets, linked.
    """
    others = {} if own is None else own.other_sides()
    rows = [_row(event, others.get(name_of(event))) for event in events if isinstance(event, TransferArrived)]
    rows.sort(key=lambda row: (row.time, row.account, row.id), reverse=newest_first)
    reasons: list[str] = []
    for view in views:
        reasons += stream_reasons(view, ("transfers",), now_ns, poll_interval_ns)
        reasons += history_reasons(view, ("transfers",))
    return Report(name="transfers", as_of=now_ns, items=tuple(rows), incomplete=tuple(reasons))


@exactly
def own_lines(own: OwnTransfers) -> list[str]:
    """Return for people how many transfers between own accounts are linked, and the newest sides without the other."""
    if not own.links and not own.unmatched:
        return []
    alone = len(own.unmatched)
    lines = [f"transfers between own accounts and wallets: {len(own.links)} linked, {alone} with one side only"]
    lines += [f"  {_side(event)}" for event in own.unmatched[: -_LISTED - 1 : -1]]
    return lines + ([f"  and {alone - _LISTED} older (acct transfers lists them all)"] if alone > _LISTED else [])


def _side(event: TransferArrived) -> str:
    what = f"{plain(abs(event.amount))} {event.asset}"
    said = f"{what} {'left' if event.amount < 0 else 'came to'} {event.account} ({event.wallet})"
    return f"{said} at {format_time(event.time_ns)}, {event.id}: the other side is not told"


def _row(event: TransferArrived, other: TransferArrived | None) -> TransferRow:
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
        other_side=None if other is None else f"{other.account} ({other.wallet}) {other.id}",
    )
