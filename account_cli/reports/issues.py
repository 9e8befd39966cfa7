"""What the figures lack is listed, each with a name that stays and a next step; nothing is passed over in silence.

What the ledger noted on its way (unknown costs, negative balances with the first fact at which they occur, facts of an
unknown type, fees without a price) stands beside what has no price now. An id is made of what it is about, so the same
lack has the same id tomorrow.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from account_cli.domain.health import Contradiction, Notice
from account_cli.domain.money import ZERO, plain
from account_cli.domain.times import format_time
from account_cli.ledger.accounting import AccountBook
from account_cli.reports.arithmetic import exactly
from account_cli.reports.balances import balance_rows
from account_cli.reports.ledger_rows import IssueRow
from account_cli.reports.positions import mark_positions
from account_cli.reports.rows import NoticeRow, Report
from account_cli.reports.screen import notice_rows
from account_cli.reports.valuation import PEGGED, PriceGraph, graphs_of
from account_cli.reports.view import AccountView


@exactly
def issues(
    views: Sequence[AccountView],
    *,
    now_ns: int,
    currency: str = "USD",
    pegged: Sequence[str] = PEGGED,
    books: Sequence[tuple[str, AccountBook]] = (),
    contradictions: Sequence[Contradiction] = (),
) -> Report[IssueRow]:
    """Return the issues by account and id; ``books`` add the prices that the accounting book lacked.

    ``contradictions`` are facts that were told in two ways.
    """
    rows: list[IssueRow] = []
    for view, graph in zip(views, graphs_of(views, now_ns=now_ns, pegged=pegged), strict=True):
        mine = [
            IssueRow(account=view.account, id=one.id, code=one.code, text=one.text, next_action=one.next_action,
                     time=one.time_ns)
            for one in view.state.issues()
        ]  # fmt: skip
        mine += _unpriced(view, graph, currency)
        for account, book in books:
            if account == view.account:
                mine += _missing(account, book)
        mine += _unreadable(view)
        mine += [_told_twice(one) for one in contradictions if one.account == view.account]
        rows += sorted(mine, key=lambda row: row.id)
    return Report(name="issues", as_of=now_ns, items=tuple(rows))


def _told_twice(one: Contradiction) -> IssueRow:
    return IssueRow(
        account=one.account,
        id=f"contradiction:{one.identity}:{one.first_ns}",
        code="contradiction",
        text=f"{one.identity}: {one.field} is {one.stands}, and {one.told} as told by {one.origin} {one.times} time(s)"
        f" since {format_time(one.first_ns)}; the first telling stands, the other is kept",
        next_action="look the fact up at the exchange; where the first telling is wrong, report it with both",
        time=one.first_ns,
    )


def _unreadable(view: AccountView) -> Iterable[IssueRow]:
    """Say how much of what the exchange said could not be read: it is kept, and what it tells is not in the figures."""
    if view.unreadable:
        yield IssueRow(
            account=view.account,
            id="unreadable",
            code="unreadable",
            text=f"{view.unreadable} frame(s) or answer(s) could not be read whole; they are kept as received",
            next_action="acct inbox --unreadable; after an upgrade, acct replay --unreadable-only reads them again",
            time=None,
        )


def _unpriced(view: AccountView, graph: PriceGraph, currency: str) -> Iterable[IssueRow]:
    """Say what is held and has no price now: it is in no equity, and its position has no value."""
    seen: set[str] = set()
    lacks = [(row.asset, f"{row.asset}/{currency}") for row in balance_rows(view, graph, currency) if row.value is None]
    lacks += [
        (one.figures.symbol, one.figures.symbol)
        for one in mark_positions(view, graph)
        if one.figures.is_contract and one.mark is None
    ]
    for what, market in lacks:
        if market in seen:
            continue
        seen.add(market)
        yield IssueRow(
            account=view.account,
            id=f"no-price:{market}",
            code="no-price",
            text=f"{what} is held and has no price in {currency} now: it is left out of every value",
            next_action="acct poll or acct watch an account at an exchange that trades it",
            time=None,
        )


def _missing(account: str, book: AccountBook) -> Iterable[IssueRow]:
    """Say which prices the accounting book lacked, one issue an asset."""
    by_asset: dict[str, list[tuple[int, str]]] = {}
    for one in book.missing:
        by_asset.setdefault(one.asset, []).append((one.time_ns, one.identity))
    for asset, lacks in sorted(by_asset.items()):
        first_ns, identity = min(lacks)
        total = plain(sum((abs(one.quantity) for one in book.missing if one.asset == asset), start=ZERO))
        yield IssueRow(
            account=account,
            id=f"missing-price:{asset}/{book.currency}",
            code="missing-price",
            text=f"no price of {asset} in {book.currency} near {len(lacks)} fact(s), {total} in all; first {identity}",
            next_action=f"acct import a file with price lines of {asset} in {book.currency} at those times",
            time=first_ns,
        )


def restatements(notices: Sequence[Notice], *, now_ns: int) -> Report[NoticeRow]:
    """Return which figures changed after they had been kept, with old, new and why, in the order given."""
    return Report(name="issues.restatements", as_of=now_ns, items=notice_rows(notices))
