"""P&L in one reporting currency: the accounting book, every leg valued at its own time by a stored price.

Realised, fees, funding and income are the book's (``ledger.accounting``). What is open is valued at the prices of the
instant asked for: assets at cost of the book, contracts by the unrealised P&L of the trading book (entry fees in),
turned at that instant's rate. A period is the difference of two instants, so neighbouring periods add up. A price that
is missing is listed, and the figure it was needed for is incomplete, never guessed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Literal

import msgspec

from account_cli.domain.money import ZERO, plain
from account_cli.domain.times import format_time
from account_cli.ledger.accounting import AccountBook
from account_cli.ledger.figures import PositionFigures
from account_cli.ledger.valuing import MissingPrice
from account_cli.reports.accounts import POLL_INTERVAL_NS, history_reasons, stream_reasons
from account_cli.reports.arithmetic import exactly
from account_cli.reports.positions import mark_position, mark_positions
from account_cli.reports.rows import PnlRow, Report
from account_cli.reports.sums import Sum
from account_cli.reports.valuation import PEGGED, STALE_AFTER_NS, PriceGraph, sides, stale_reason
from account_cli.reports.view import AccountView

BookBy = Literal["symbol", "account", "asset"]
_MONEY = ("gross_realized_pnl", "fees", "realized_pnl", "fees_paid", "funding", "other_income")
_LISTED = 5
"""So many missing prices of one account are named one by one."""


class Instant(msgspec.Struct, frozen=True, kw_only=True):
    """The books and views of the same accounts as of one time; both empty before the first fact."""

    at_ns: int
    books: Sequence[tuple[str, AccountBook]] = ()
    views: Sequence[AccountView] = ()


class Period(msgspec.Struct, frozen=True, kw_only=True):
    """What lies between two instants; with a ``label`` all of it goes into rows of that key."""

    before: Instant
    after: Instant
    label: str | None = None


@exactly
def book_pnl(
    periods: Sequence[Period],
    *,
    now_ns: int,
    currency: str,
    by: BookBy = "symbol",
    pegged: Sequence[str] = PEGGED,
    stale_after_ns: int = STALE_AFTER_NS,
    poll_interval_ns: int = POLL_INTERVAL_NS,
) -> Report[PnlRow]:
    """Return one row per key, all in ``currency``. ``periods`` come in order."""
    sums: dict[str, Sum] = {}
    reasons: list[str] = []
    for period in periods:
        reasons += _add(sums, period.after, currency, period.label or by, 1, pegged, labelled=period.label is not None)
        reasons += _add(
            sums, period.before, currency, period.label or by, -1, pegged, labelled=period.label is not None
        )
    last = periods[-1].after if periods else None
    for view in last.views if last is not None else ():
        reasons += stream_reasons(view, ("fills", "transfers"), now_ns, poll_interval_ns) + history_reasons(view)
        reasons += _stale(view, now_ns, pegged, stale_after_ns)
    for account, book in last.books if last is not None else ():
        reasons += missing_reasons(account, book.currency, _missing(account, periods))
        reasons += [
            f"{account}: cost of {plain(abs(figures.unknown_open_quantity))} {figures.asset} is not known"
            for figures in book.totals
            if figures.unknown_open_quantity
        ]
    rows = tuple(_honest(sums[key].row(key, currency)) for key in sorted(sums) if _says_anything(sums[key]))
    return Report(name="pnl", as_of=now_ns, items=rows, incomplete=tuple(dict.fromkeys(reasons)))


def _honest(row: PnlRow) -> PnlRow:
    """Return the row, its sums unknown instead of zero where not one of its parts had a price."""
    sums = {name: getattr(row, name) for name in _MONEY}
    happened = row.closed_trades or row.unpriced_fees or row.unrealized_pnl is None
    if any(sums.values()) or not happened:
        return row
    return msgspec.structs.replace(row, **dict.fromkeys(_MONEY, None), net_pnl=None)


def sources_of(books: Sequence[tuple[str, AccountBook]]) -> dict[str, int]:
    """Return how many prices of each source the books rest on, ``pegged`` among them."""
    counted: Counter[str] = Counter()
    for _, book in books:
        counted.update(book.sources)
    return dict(sorted(counted.items()))


def _missing(account: str, periods: Sequence[Period]) -> Iterable[MissingPrice]:
    """Return which prices the account's book lacked, at any of the instants, each once."""
    instants = [periods[0].before, *(period.after for period in periods)]
    books = [book for instant in instants for name, book in instant.books if name == account]
    return dict.fromkeys(one for book in books for one in book.missing)


def missing_reasons(account: str, currency: str, missing: Iterable[MissingPrice]) -> list[str]:
    """Say which prices a book in ``currency`` lacked; many of one asset are summed up."""
    by_asset: dict[str, list[tuple[int, Decimal, str]]] = {}
    for one in missing:
        by_asset.setdefault(one.asset, []).append((one.time_ns, one.quantity, one.identity))
    reasons: list[str] = []
    for asset, lacks in sorted(by_asset.items()):
        for time_ns, quantity, identity in lacks[:_LISTED]:
            reasons.append(
                f"{account}: no price of {asset} in {currency} at {format_time(time_ns)} "
                f"for {plain(abs(quantity))} ({identity})"
            )
        if len(lacks) > _LISTED:
            reasons.append(f"{account}: no price of {asset} in {currency} at {len(lacks) - _LISTED} more times")
    return reasons


def _add(
    sums: dict[str, Sum], one: Instant, currency: str, by: str, sign: int, pegged: Sequence[str], *, labelled: bool
) -> list[str]:
    """Add (1) or take away (−1) all that stood at this instant; say what had no price then."""
    views = {view.account: view for view in one.views}
    graphs = {account: _graph(view, one.at_ns, pegged) for account, view in views.items()}
    reasons: list[str] = []
    for account, book in one.books:
        for figures in book.totals:
            mine = sums.setdefault(_key(account, figures, by, labelled=labelled), Sum())
            mine.add_figures(figures, sign)
            if not figures.quantity:
                continue
            marked = mark_position(views[account], graphs[account], figures, None)
            part = ZERO if figures.cost is None and marked.mark is not None else marked.unrealized
            mine.add_unrealized(part, sign)
            if marked.mark is None:
                reasons.append(f"{account}: {figures.asset} has no price in {currency} at {format_time(one.at_ns)}")
    for account, view in views.items():
        for marked in mark_positions(view, graphs[account]):
            if not marked.figures.is_contract:
                continue
            rate = graphs[account].rate(marked.figures.currency, currency)
            value = None if rate is None or marked.unrealized is None else rate.value(marked.unrealized)
            sums.setdefault(_key(account, marked.figures, by, labelled=labelled), Sum()).add_unrealized(value, sign)
            if value is None:
                reasons.append(f"{account}: {marked.figures.symbol} has no price at {format_time(one.at_ns)}")
    return reasons


def _graph(view: AccountView, at_ns: int, pegged: Sequence[str]) -> PriceGraph:
    return PriceGraph(view.prices, now_ns=at_ns, pegged=pegged, stale_after_ns=STALE_AFTER_NS)


def _key(account: str, figures: PositionFigures, by: str, *, labelled: bool) -> str:
    if labelled:
        return by
    if by == "account":
        return account
    if by == "symbol":
        return figures.symbol
    pair = sides(figures.symbol)
    return figures.asset or (figures.symbol if pair is None else pair.base)


def _stale(view: AccountView, now_ns: int, pegged: Sequence[str], stale_after_ns: int) -> list[str]:
    graph = PriceGraph(view.prices, now_ns=now_ns, pegged=pegged, stale_after_ns=stale_after_ns)
    return [
        stale_reason(view.account, marked.figures.symbol, marked.mark_at, now_ns)
        for marked in mark_positions(view, graph)
        if marked.mark_at is not None and graph.is_stale(marked.mark_at)
    ]


def _says_anything(one: Sum) -> bool:
    return bool(
        one.realized or one.fees or one.fees_paid or one.funding or one.other_income or one.unrealized is None
        or one.unrealized or one.unknown_quantity or one.unknown_proceeds or one.unpriced_fees or one.closed
    )  # fmt: skip
