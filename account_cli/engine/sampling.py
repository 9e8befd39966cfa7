"""One sample of an account's history: what it is worth and has made now, or nothing while that cannot be said whole.

It can be said when every kind of data is followed and live, every price it rests on is at most thirty seconds old, and
history is not just being read back. An asset that no known market trades can never be priced: it is left out, as it is
everywhere, and keeps nothing from being recorded.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import msgspec

from account_cli.domain.health import DATA_KINDS
from account_cli.domain.money import ZERO
from account_cli.ledger import RULES
from account_cli.reports.accounts import POLL_INTERVAL_NS, stream_reasons
from account_cli.reports.arithmetic import exactly, plus
from account_cli.reports.balances import balance_rows, difference_reasons
from account_cli.reports.equity import worth_of
from account_cli.reports.history import HistoryPoint
from account_cli.reports.pnl import pnl
from account_cli.reports.positions import mark_positions
from account_cli.reports.rows import BalanceRow, PnlRow
from account_cli.reports.valuation import PEGGED, STALE_AFTER_NS, PriceGraph, older
from account_cli.reports.view import AccountView


@exactly
def sample(
    view: AccountView,
    *,
    at_ns: int,
    now_ns: int,
    currency: str,
    flows: Decimal | None,
    pegged: Sequence[str] = PEGGED,
    poll_interval_ns: int = POLL_INTERVAL_NS,
) -> list[HistoryPoint]:
    """Return the account's point and one a market, all as of the boundary ``at_ns``; empty when any is incomplete.

    ``flows`` is what came from outside less what went there so far, in ``currency``; None where that is not known.
    """
    if view.balances is None or not view.streams or stream_reasons(view, DATA_KINDS, now_ns, poll_interval_ns):
        return []
    graph = PriceGraph(view.prices, now_ns=now_ns, pegged=pegged, stale_after_ns=STALE_AFTER_NS)
    held, marked = balance_rows(view, graph, currency), mark_positions(view, graph)
    worth = worth_of(view, graph, held, marked, currency, pegged)
    marks = [one.mark_at for one in marked]
    oldest = worth.price_at
    for at in marks:
        oldest = older(oldest, at)
    if oldest is not None and graph.is_stale(oldest):
        return []
    if any(_could_be_priced(view, row) for row in held if row.value is None):
        return []
    if any(one.mark is None and one.figures.symbol in view.instruments for one in marked):
        return []
    rows = pnl([view], now_ns=now_ns, pegged=pegged).items
    whole = _whole(rows, graph, currency)
    if whole is None:
        return []
    # A deposit shows in the balance before its fact is told: until the two agree, what came from outside is not known.
    whole["equity"], whole["flows"] = worth.assets + worth.derivatives, None if difference_reasons(view) else flows
    bare = HistoryPoint(account=view.account, at_ns=at_ns, currency=currency, rules=RULES)
    account = msgspec.structs.replace(bare, **whole)
    return [account, *(_market(view.account, at_ns, row) for row in rows)]


def _could_be_priced(view: AccountView, row: BalanceRow) -> bool:
    """True when some known market trades the asset."""
    return bool(row.total) and any(row.asset in {one.base, one.quote} for one in view.instruments.values())


def _market(account: str, at_ns: int, row: PnlRow) -> HistoryPoint:
    return HistoryPoint(
        account=account,
        at_ns=at_ns,
        symbol=row.key,
        currency=row.currency,
        gross_realized_pnl=row.gross_realized_pnl,
        fees=row.fees,
        realized_pnl=row.realized_pnl,
        funding=row.funding,
        other_income=row.other_income,
        unrealized_pnl=row.unrealized_pnl,
        net_pnl=row.net_pnl,
        rules=RULES,
    )


def _whole(rows: Sequence[PnlRow], graph: PriceGraph, currency: str) -> dict[str, Decimal | None] | None:
    """Add all markets up at present rates; None when a currency with figures in it cannot be turned."""
    names = ("gross_realized_pnl", "fees", "realized_pnl", "funding", "other_income", "unrealized_pnl")
    sums: dict[str, Decimal | None] = dict.fromkeys(names, ZERO)
    for row in rows:
        parts = {name: getattr(row, name) for name in names}
        if not any(part is None or part for part in parts.values()):
            continue
        rate = graph.rate(row.currency, currency)
        if rate is None or rate.stale:
            return None
        for name, part in parts.items():
            sums[name] = plus(sums[name], None if part is None else rate.value(part))
    sums["net_pnl"] = plus(sums["realized_pnl"], sums["funding"], sums["other_income"], sums["unrealized_pnl"])
    return sums
