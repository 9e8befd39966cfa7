"""A fill is shown with what it realised; one that closed nothing realised nothing known, which is not zero."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal

from account_cli.domain.events import Event, Fill
from account_cli.domain.money import MONEY
from account_cli.ledger.closings import Closing, fill_identity
from account_cli.reports.accounts import POLL_INTERVAL_NS, history_reasons, stream_reasons
from account_cli.reports.arithmetic import exactly, percent
from account_cli.reports.rows import FeeRow, FillRow, Report
from account_cli.reports.view import AccountView

ToldFill = FillRow | tuple[Fill, Sequence[Closing]]


@exactly
def fills(
    views: Sequence[AccountView],
    *,
    now_ns: int,
    events: Iterable[Event],
    closings: Iterable[Closing] = (),
    newest_first: bool = False,
    valued: Callable[[Fill, FillRow], FillRow] | None = None,
    poll_interval_ns: int = POLL_INTERVAL_NS,
) -> Report[FillRow]:
    """Return the fills among ``events`` by (time, seq, id), each joined to the ``closings`` it caused.

    Other kinds of facts are passed over. ``realized_pnl`` is of the fill's own market: what a fee in a third asset
    realised as a disposal of that asset belongs to that asset. ``valued`` adds to a row what it is in some currency.
    """
    rows = fill_rows(events, closings, valued)
    rows.sort(key=lambda row: (row.time, -1 if row.seq is None else row.seq, row.id), reverse=newest_first)
    reasons: list[str] = []
    for view in views:
        reasons += stream_reasons(view, ("fills",), now_ns, poll_interval_ns) + history_reasons(view, ("fills",))
    return Report(name="fills", as_of=now_ns, items=tuple(rows), incomplete=tuple(reasons))


def fill_rows(
    events: Iterable[Event],
    closings: Iterable[Closing] = (),
    valued: Callable[[Fill, FillRow], FillRow] | None = None,
) -> list[FillRow]:
    """Return the rows of the fills among ``events``, in their order."""
    caused: dict[tuple[str, str], list[Closing]] = {}
    for closing in closings:
        caused.setdefault((closing.account, closing.identity), []).append(closing)
    rows = []
    for event in events:
        if isinstance(event, Fill):
            row = fill_row(event, caused.get((event.account, fill_identity(event)), ()))
            rows.append(row if valued is None else valued(event, row))
    return rows


def as_rows(told: Iterable[ToldFill]) -> list[FillRow]:
    """Return rows of fills that come as rows already, or each with what it closed."""
    return [one if isinstance(one, FillRow) else fill_row(*one) for one in told]


def fill_row(fill: Fill, closings: Sequence[Closing]) -> FillRow:
    """Return the row of a fill, given all that it closed."""
    realized, roi = realized_of(fill, closings)
    return FillRow(
        account=fill.account,
        id=fill.id,
        order_id=fill.order_id,
        time=fill.time_ns,
        seq=fill.seq,
        symbol=fill.symbol,
        side=fill.side,
        price=fill.price,
        quantity=fill.quantity,
        fees=None if fill.fees is None else tuple(FeeRow(fee.asset, fee.amount) for fee in fill.fees),
        liquidity=fill.liquidity,
        wallet=fill.wallet,
        position_side=fill.position_side,
        margin=fill.margin,
        leverage=fill.leverage,
        type=fill.type,
        contracts=fill.contracts,
        contract_size=fill.contract_size,
        settle=fill.settle,
        inverse=fill.inverse,
        realized_pnl=realized,
        roi_pct=roi,
    )


def realized_of(fill: Fill, closings: Sequence[Closing]) -> tuple[Decimal | None, Decimal | None]:
    """Return what a fill realised in its own market and that in percent of |cost|; of the part whose cost is known.

    None where no part is known. ``closings`` is all that it closed.
    """
    realized = cost = None
    for one in closings:
        if one.cost is not None and one.symbol == fill.symbol and one.kind != "fee":
            gain = MONEY.subtract(one.proceeds, one.cost)
            realized = gain if realized is None else MONEY.add(realized, gain)
            cost = one.cost if cost is None else MONEY.add(cost, one.cost)
    return realized, _percent(realized, cost)


@exactly
def _percent(realized: Decimal | None, cost: Decimal | None) -> Decimal | None:
    return percent(realized, cost)
