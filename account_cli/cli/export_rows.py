"""What ``acct export`` writes for each ``--what``: a table that streams, or a report's rows, and what they lack."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from account_cli.cli.asking import Question
from account_cli.cli.asking_pnl import Span
from account_cli.interchange.tables import Table, of_rows
from account_cli.reports.accounts import history_reasons, stream_reasons
from account_cli.reports.pnl import ledger_reasons
from account_cli.reports.rows import Report

if TYPE_CHECKING:
    from account_cli.bootstrap.exporting import Wish
    from account_cli.ports import JournalReader

STREAMED = ("fills", "ledger", "closings")
WHATS = ("fills", "orders", "transfers", "ledger", "closings", "lots", "balances", "pnl", "equity")


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """Rows, and why they may not be all."""

    table: Table
    incomplete: tuple[str, ...]


def told(question: Question, reader: JournalReader | None, wish: Wish, what: str, currency: str, *, bare: bool) -> Told:
    """Return the rows asked for; ``bare`` is the CSV of fills, which leaves out what goes without saying."""
    if what in STREAMED:
        return Told(table=_streamed(question, reader, wish, what, bare), incomplete=lacking(question, wish, what))
    report, row_type = _reports(question, wish, currency)[what]()
    report = question.honest(report)
    return Told(table=of_rows(what, row_type, report.items), incomplete=report.incomplete)


def lacking(question: Question, wish: Wish, what: str) -> tuple[str, ...]:
    """Say why facts of the period may be missing, and which figures rest on a cost or fee that nobody knows."""
    kinds = ("fills",) if what == "fills" else ("fills", "transfers")
    reasons: list[str] = []
    for view in question.views():
        reasons += history_reasons(view, kinds)
        if wish.until_ns is None:
            reasons += stream_reasons(view, kinds, question.now_ns)
        else:
            reasons += [
                f"{view.account}: {kind} up to the end of the period were not asked for yet"
                for kind, at in _asked(view.coverage).items()
                if kind in kinds and at < wish.until_ns
            ]
        reasons += ledger_reasons(view, ())
    reasons += [f"{name}: nothing has been collected yet" for name in question.unknown]
    return tuple(dict.fromkeys(reasons))


def _asked(coverage: Sequence[object]) -> dict[str, int]:
    from account_cli.domain.health import Coverage, reaches

    found = reaches(part for part in coverage if isinstance(part, Coverage))
    return {kind: reach.asked_ns for kind, reach in found.items() if reach.asked_ns is not None}


def _streamed(question: Question, reader: JournalReader | None, wish: Wish, what: str, bare: bool) -> Table:
    from account_cli.bootstrap import exporting

    if what == "fills":
        return exporting.fills(question.reading, reader, wish, bare=bare)
    if what == "closings":
        return exporting.closings(question.reading, reader, wish)
    return exporting.ledger_table(reader, wish)


Rows = tuple[Report[Any], type[msgspec.Struct]]


def _reports(question: Question, wish: Wish, currency: str) -> dict[str, Callable[[], Rows]]:
    return {
        "orders": lambda: _orders(question, wish),
        "transfers": lambda: _transfers(question, wish),
        "lots": lambda: _lots(question, wish),
        "balances": lambda: _balances(question, wish, currency),
        "pnl": lambda: _pnl(question, wish),
        "equity": lambda: _equity(question, wish, currency),
    }


def _orders(question: Question, wish: Wish) -> Rows:
    """Every order ever seen that was created within the period, oldest first."""
    from account_cli.reports.orders import orders
    from account_cli.reports.rows import OrderRow

    report = orders(question.views(all_orders=True), now_ns=question.now_ns, only_open=False)
    rows = [row for row in reversed(report.items) if wish.has(row.created_at or row.updated_at or 0)]
    return msgspec.structs.replace(report, items=tuple(rows)), OrderRow


def _transfers(question: Question, wish: Wish) -> Rows:
    from account_cli.reports.rows import TransferRow
    from account_cli.reports.transfers import transfers

    names, span = question.names, (wish.since_ns, wish.until_ns)
    report = transfers(
        question.views(),
        now_ns=question.now_ns,
        events=question.reading.transfers(names, since_ns=span[0], until_ns=span[1]) if names else (),
        own=question.reading.own_transfers(*span) if names else None,
    )
    return report, TransferRow


def _at(question: Question, wish: Wish) -> int | None:
    """The last instant of a period that has ended; None for now."""
    return None if wish.until_ns is None or wish.until_ns > question.now_ns else wish.until_ns - 1


def _lots(question: Question, wish: Wish) -> Rows:
    """Open lots as they are, or were at the end of the period."""
    from account_cli.reports.ledger_rows import LotRow
    from account_cli.reports.lots import lots

    views = question.views(at_ns=_at(question, wish), method=wish.method)
    held = [(view.account, lot) for view in views for lot in view.state.lots()]
    return lots(views, now_ns=_at(question, wish) or question.now_ns, held=held, method=wish.method), LotRow


def _balances(question: Question, wish: Wish, currency: str) -> Rows:
    from account_cli.reports.balances import balances
    from account_cli.reports.rows import BalanceRow

    at_ns = _at(question, wish)
    views, now_ns = question.views(at_ns=at_ns), at_ns or question.now_ns
    return balances(views, now_ns=now_ns, currency=currency, pegged=question.config.pegged), BalanceRow


def _pnl(question: Question, wish: Wish) -> Rows:
    from account_cli.cli.asking_pnl import trading
    from account_cli.reports.rows import PnlRow

    return trading(question, Span(wish.since_ns, wish.until_ns), "symbol", wish.method), PnlRow


def _equity(question: Question, wish: Wish, currency: str) -> Rows:
    from account_cli.cli.asking_equity import equity_history
    from account_cli.reports.ledger_rows import HistoryRow

    report, _ = equity_history(question, Span(wish.since_ns, wish.until_ns), None, currency)
    return report, HistoryRow
