"""``acct pnl`` shows what was gained and lost, exactly, by what a person wants to see it by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from account_cli.cli.options import (
    INTERVALS,
    METHODS,
    Accounts,
    At,
    CsvFlag,
    Interval,
    JsonFlag,
    Method,
    Since,
    UnknownCost,
    Until,
)
from account_cli.cli.session import Session, session_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from account_cli.cli.asking import Question
    from account_cli.cli.asking_pnl import Span

EXAMPLES = (
    ("acct pnl", "by symbol, since the beginning"),
    ("acct pnl --by month --since ytd", "what each month of this year brought"),
    ("acct pnl --in EUR --method fifo", "the accounting book: every leg valued in euros at its own time"),
    ("acct pnl --closings --since 7d", "every closing of the last seven days"),
    ("acct pnl --history --interval 1d --csv", "how it came about, a row a day"),
    ("acct pnl --at 2025", "as it stood at the end of 2025"),
)
BY = ("symbol", "account", "asset", "day", "week", "month")

By = Annotated[
    str, typer.Option("--by", metavar="|".join(BY), help="One row for each of these; symbol when not given.")
]
Closings = Annotated[bool, typer.Option("--closings", help="One row for each fill that closed something.")]
History = Annotated[bool, typer.Option("--history", help="One row for each --interval, 1h when not given.")]
In = Annotated[
    str | None,
    typer.Option("--in", metavar="CURRENCY", help="The accounting book: all in this currency, at stored prices."),
]


def command(
    ctx: typer.Context,
    accounts: Accounts = None,
    by: By = "symbol",
    since: Since = None,
    until: Until = None,
    at: At = None,
    method: Method = "average",
    unknown_cost: UnknownCost = "exclude",
    currency: In = None,
    closings: Closings = False,
    history: History = False,
    interval: Interval = None,
    json: JsonFlag = False,
    csv: CsvFlag = False,
) -> int:
    """Show profit and loss by symbol, account, asset or time.

    One row for each key and currency, in the currency of its market. net = realised + funding + other + unrealised;
    every fee is counted once. What was disposed of at a cost nobody knows is beside it, not in it,
    unless --unknown-cost says what it counts as.

    With --since, --until or a --by of time a row holds the change within that period, unrealised profit too where the
    prices at both its ends are known. With --in every leg is valued in one currency at its own time; prices that are
    missing are listed, and the result is incomplete.
    """
    from account_cli.cli.asking import ask
    from account_cli.cli.asking_pnl import span_of
    from account_cli.cli.words import choice
    from account_cli.errors import InputError

    session = session_of(ctx, json=json)
    choice(method, METHODS, "--method")
    choice(by, BY, "--by")
    if closings and history:
        raise InputError("--closings and --history exclude each other", hint="choose one")
    if history and unknown_cost != "exclude":
        raise InputError("--history is kept without what is unknown", hint="leave out --unknown-cost")
    for given, option in ((closings, "--closings"), (history, "--history")):
        if given and currency is not None:
            raise InputError(f"{option} and --in exclude each other", hint="leave one out")
        if given and by != "symbol":
            raise InputError(f"{option} and --by exclude each other", hint="leave one out")
    if interval is not None:
        choice(interval, INTERVALS, "--interval")
        if not history:
            raise InputError("--interval needs --history", hint="add --history")
    with ask(session, accounts, unknown_cost) as question:
        span = span_of(since, until, at, now_ns=question.now_ns, zone=session.shape.zone)
        if closings:
            return _closings(question, span, method, session, csv=csv)
        if history:
            return _history(question, span, method, interval or "1h", session, csv=csv)
        return _rows(question, span, by, method, currency, session, csv=csv)


def _rows(
    question: Question, span: Span, by: str, method: str, currency: str | None, session: Session, *, csv: bool
) -> int:
    from account_cli.cli import tables
    from account_cli.cli.asking_pnl import in_currency, trading
    from account_cli.cli.output import write_report
    from account_cli.reports.rows import PnlRow

    extra: dict[str, object] = {}
    if currency is None:
        report = trading(question, span, by, method)
    else:
        from account_cli.cli.words import currency_code

        report, sources = in_currency(question, span, by, method, currency_code(currency, "--in"))
        extra = {"price_sources": sources}
    if by in {"day", "week", "month"}:
        extra["tz"] = "UTC" if question.zone is None else question.zone.name
    return write_report(
        question.honest(report), PnlRow, tables.PNL, session, csv=csv, empty=question.empty, extra=extra
    )


def _closings(question: Question, span: Span, method: str, session: Session, *, csv: bool) -> int:
    from account_cli.cli import tables
    from account_cli.cli.asking_pnl import closings_of
    from account_cli.cli.output import write_report
    from account_cli.reports.pnl import pnl_closings
    from account_cli.reports.rows import ClosingRow

    report = pnl_closings(question.views(), now_ns=question.now_ns, closings=closings_of(question, span, method))
    return write_report(question.honest(report), ClosingRow, tables.CLOSINGS, session, csv=csv, empty=question.empty)


def _history(question: Question, span: Span, method: str, interval: str, session: Session, *, csv: bool) -> int:
    from account_cli.cli import ledger_tables
    from account_cli.cli.asking_pnl import points_of
    from account_cli.cli.output import write_report
    from account_cli.errors import InputError
    from account_cli.reports.history import history
    from account_cli.reports.ledger_rows import HistoryRow

    if method != "average":
        raise InputError(f"--history is kept for average cost, not for {method}", hint="leave out --method")
    points = points_of(question, span, interval)
    report = history(points, now_ns=question.now_ns, incomplete=_nothing(question, points))
    empty = "no history is kept yet: acct watch and acct poll --every keep one" if question.names else question.empty
    return write_report(question.honest(report), HistoryRow, ledger_tables.PNL_HISTORY, session, csv=csv, empty=empty)


def _nothing(question: Question, points: Sequence[object]) -> list[str]:
    return [] if points or not question.names else ["no history is kept of this time"]
