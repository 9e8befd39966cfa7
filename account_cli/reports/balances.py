"""Balances are what the exchange stated last; where it stated nothing, what the ledger says, and so marked.

A difference between the two is not hidden by choosing one: it makes the report incomplete.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from account_cli.domain.money import ZERO, plain
from account_cli.domain.observations import Balance
from account_cli.reports.accounts import POLL_INTERVAL_NS, history_reasons, stream_reasons
from account_cli.reports.arithmetic import exactly
from account_cli.reports.rows import BalanceRow, Report
from account_cli.reports.valuation import PEGGED, STALE_AFTER_NS, PriceGraph, graphs_of, stale_reason
from account_cli.reports.view import AccountView


@exactly
def balances(
    views: Sequence[AccountView],
    *,
    now_ns: int,
    currency: str = "USD",
    include_zero: bool = False,
    pegged: Sequence[str] = PEGGED,
    stale_after_ns: int = STALE_AFTER_NS,
    poll_interval_ns: int = POLL_INTERVAL_NS,
) -> Report[BalanceRow]:
    """Return what each wallet holds and is worth in ``currency``, sorted by account, wallet, asset."""
    graphs = graphs_of(views, now_ns=now_ns, pegged=pegged, stale_after_ns=stale_after_ns)
    rows: list[BalanceRow] = []
    reasons: list[str] = []
    for view, graph in zip(views, graphs, strict=True):
        mine = balance_rows(view, graph, currency, include_zero=include_zero)
        rows += mine
        reasons += balance_reasons(view, graph, mine, now_ns)
        reasons += stream_reasons(view, ("balances",), now_ns, poll_interval_ns)
        if any(row.source == "ledger" for row in mine):
            reasons += history_reasons(view)
    return Report(name="balances", as_of=now_ns, items=tuple(rows), incomplete=tuple(dict.fromkeys(reasons)))


def balance_rows(
    view: AccountView, graph: PriceGraph, currency: str, *, include_zero: bool = False
) -> list[BalanceRow]:
    """Return the rows of one account; a holding of zero is left out unless asked for."""
    rows: list[BalanceRow] = []
    told: set[tuple[str, str]] = set()
    seen = view.balances
    if seen is not None:
        for balance in seen.rows:
            told.add((balance.wallet, balance.asset))
            if balance.total or balance.free or balance.used or include_zero:
                rows.append(_row(view, graph, currency, balance, source="observed", updated_at=seen.at_ns))
    if seen is None or not seen.complete:
        for (wallet, asset), total in view.state.balances().items():
            if (wallet, asset) not in told and (total or include_zero):
                balance = Balance(asset=asset, total=total, wallet=wallet)
                rows.append(_row(view, graph, currency, balance, source="ledger", updated_at=None))
    rows.sort(key=lambda row: (row.wallet, row.asset))
    return rows


def _row(
    view: AccountView, graph: PriceGraph, currency: str, balance: Balance, *, source: str, updated_at: int | None
) -> BalanceRow:
    rate = graph.rate(balance.asset, currency)
    return BalanceRow(
        account=view.account,
        wallet=balance.wallet,
        asset=balance.asset,
        free=balance.free,
        used=balance.used,
        total=balance.total,
        value=None if rate is None else rate.value(balance.total),
        currency=currency,
        price=None if rate is None else rate.price,
        price_source=None if rate is None else rate.source,
        price_at=None if rate is None else rate.at_ns,
        source=source,
        updated_at=updated_at,
    )


def balance_reasons(view: AccountView, graph: PriceGraph, rows: Sequence[BalanceRow], now_ns: int) -> list[str]:
    """Say which of these rows have no price or an old one, and where ledger and exchange differ."""
    reasons: list[str] = []
    for row in rows:
        if row.value is None:
            reasons.append(f"{row.account}: {row.asset} has no price in {row.currency}")
        elif row.price_at is not None and graph.is_stale(row.price_at):
            reasons.append(stale_reason(row.account, row.asset, row.price_at, now_ns))
    return list(dict.fromkeys(reasons)) + difference_reasons(view)


def difference_reasons(view: AccountView, assets: Collection[str] | None = None) -> list[str]:
    """Say where the ledger holds another amount (of these assets, else of any) than the exchange states.

    What a complete statement leaves out is stated to be zero; an incomplete one says nothing of what it leaves out.
    """
    seen = view.balances
    if seen is None:
        return []
    stated = {(balance.wallet, balance.asset): balance.total for balance in seen.rows}
    held = view.state.balances()
    keys = sorted(stated.keys() | held.keys()) if seen.complete else sorted(stated)
    return [
        f"{view.account}: {asset} in {wallet}: ledger {plain(mine)}, exchange {plain(theirs)}"
        for wallet, asset in keys
        if (assets is None or asset in assets)
        and (mine := held.get((wallet, asset), ZERO)) != (theirs := stated.get((wallet, asset), ZERO))
    ]
