"""``acct equity`` shows what the accounts were worth over time, and what they are worth and risk now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from account_cli.cli.options import INTERVALS, Accounts, At, CsvFlag, Currency, Interval, JsonFlag, Since, Until
from account_cli.cli.session import Session, session_of

if TYPE_CHECKING:
    from account_cli.cli.asking import Question
    from account_cli.reports.rows import EquityRow, Report

EXAMPLES = (
    ("acct equity", "how it went, with a chart on a terminal"),
    ("acct equity kraken --since 30d --interval 1d --csv", "a row a day, for a spreadsheet"),
    ("acct equity --now", "what is at risk: margin, leverage, exposure, distance to liquidation"),
    ("acct equity --at 2025 --in EUR", "what it was worth in euros when 2025 ended"),
)
Now = Annotated[bool, typer.Option("--now", help="Only the present, with margin, leverage, exposure and drawdown.")]


def command(
    ctx: typer.Context,
    accounts: Accounts = None,
    now: Now = False,
    at: At = None,
    since: Since = None,
    until: Until = None,
    interval: Interval = None,
    currency: Currency = None,
    json: JsonFlag = False,
    csv: CsvFlag = False,
) -> int:
    """Show equity over time, with a small chart on a terminal.

    Equity is the value of all assets and what open contracts have not paid out yet. A row is named by the start of its
    interval and holds its last figures. What was not recorded at its time is reconstructed from the facts and the
    prices stored of it, and marked so; what has no price is listed, and then equity is "at least".
    """
    from account_cli.cli.asking import ask
    from account_cli.cli.asking_pnl import Span, at_of
    from account_cli.cli.words import choice, currency_code, period
    from account_cli.errors import InputError

    session = session_of(ctx, json=json)
    if interval is not None:
        choice(interval, INTERVALS, "--interval")
    if now or at is not None:
        for given, option in ((since, "--since"), (until, "--until"), (interval, "--interval")):
            if given is not None:
                raise InputError(f"{option} is for the history", hint=f"leave out {'--now' if now else '--at'}")
    if now and at is not None:
        raise InputError("--now and --at exclude each other", hint="choose one")
    with ask(session, accounts) as question:
        code = question.config.currency if currency is None else currency_code(currency, "--in")
        if now or at is not None:
            report = _instant(question, at_of(at, now_ns=question.now_ns, zone=session.shape.zone), code)
            return _write_now(question.honest(report), session, question.empty, csv=csv)
        return _history(
            question,
            Span(*period(since, until, now_ns=question.now_ns, zone=session.shape.zone)),
            interval,
            code,
            session,
            csv,
        )


def _instant(question: Question, at_ns: int | None, currency: str) -> Report[EquityRow]:
    """Return equity and risk as of one time, with the drawdown where a daily history tells it."""
    import msgspec

    from account_cli.cli.asking_equity import with_drawdown
    from account_cli.reports.equity import equity

    views = question.views(at_ns=at_ns)
    report = equity(views, now_ns=at_ns or question.now_ns, currency=currency, pegged=question.config.pegged)
    report = msgspec.structs.replace(report, name="equity.now")  # its rows are others than those of the history
    return with_drawdown(question, report, at_ns, currency)


def _write_now(report: Report[EquityRow], session: Session, empty: str, *, csv: bool) -> int:
    from account_cli.cli import ledger_tables
    from account_cli.cli.output import write_report
    from account_cli.reports.rows import EquityRow

    return write_report(report, EquityRow, ledger_tables.EQUITY, session, csv=csv, empty=empty)


def _history(question: Question, span: object, interval: str | None, currency: str, session: Session, csv: bool) -> int:
    from account_cli.cli import ledger_tables
    from account_cli.cli.asking_equity import equity_history
    from account_cli.cli.asking_pnl import Span
    from account_cli.cli.charting import write_chart
    from account_cli.cli.output import write_report
    from account_cli.reports.ledger_rows import HistoryRow
    from account_cli.reports.schema import record

    assert isinstance(span, Span)
    report, present = equity_history(question, span, interval, currency)
    if not csv and not session.wants_json:
        write_chart(report.items, session)
    extra = {"now": [record(row) for row in present.items]} if present is not None else {}
    return write_report(
        question.honest(report),
        HistoryRow,
        ledger_tables.EQUITY_HISTORY,
        session,
        csv=csv,
        empty=question.empty,
        extra=extra,
    )
