"""``acct fills`` shows trades, their fees and what each realised."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from account_cli.cli.options import Accounts, AlsoIn, CsvFlag, JsonFlag, Since, Symbol, Until
from account_cli.cli.session import session_of

if TYPE_CHECKING:
    from account_cli.cli.asking import Question
    from account_cli.reports.valued import FillsValued

EXAMPLES = (
    ("acct fills --limit 20", "the newest twenty"),
    ("acct fills --since 2026-11 --symbol BTC/USD", "one market since the first of the month"),
    ("acct fills --since ytd --csv > fills.csv", "every one of this year; never cut short"),
    ("acct fills --since 30d --in EUR", "value, fees and profit in euros too, at the prices of then"),
)


def command(
    ctx: typer.Context,
    accounts: Accounts = None,
    symbol: Symbol = None,
    since: Since = None,
    until: Until = None,
    currency: AlsoIn = None,
    json: JsonFlag = False,
    csv: CsvFlag = False,
) -> int:
    """Show trades with their fees and what they realised.

    Newest first. What a fill realised is by average cost, with all fees in; a fill that opened something realised
    nothing. A fee of ? was not told yet. With --in what changed hands, the fees and what was realised are also turned
    into one currency at the prices stored of each fill's time; where none is, they are ?, and the report says which.
    """
    from account_cli.cli import tables
    from account_cli.cli.asking import ask, nothing_of
    from account_cli.cli.output import write_report
    from account_cli.cli.words import currency_code, period
    from account_cli.reports.fills import fills
    from account_cli.reports.rows import FillRow

    session = session_of(ctx, json=json)
    with ask(session, accounts) as question:
        since_ns, until_ns = period(since, until, now_ns=question.now_ns, zone=session.shape.zone)
        found = (
            question.reading.fills(
                question.names, symbol=symbol, since_ns=since_ns, until_ns=until_ns, limit=session.shape.newest
            )
            if question.names
            else []
        )
        valued = None if currency is None else _valued(question, currency_code(currency, "--in"))
        report = fills(
            question.views(),
            now_ns=question.now_ns,
            events=[fill for fill, _ in found],
            closings=[closing for _, closings in found for closing in closings],
            newest_first=True,
            valued=None if valued is None else valued.row,
        )
        empty = nothing_of(question, symbol)
    report = question.honest(report)
    if valued is None:
        return write_report(report, FillRow, tables.FILLS, session, csv=csv, empty=empty)
    from msgspec.structs import replace

    from account_cli.reports.valued import ValuedFillRow

    report = replace(report, name="fills.in", incomplete=(*report.incomplete, *valued.reasons()))
    extra = {"price_sources": valued.sources}
    return write_report(report, ValuedFillRow, tables.FILLS_IN, session, csv=csv, empty=empty, extra=extra)


def _valued(question: Question, currency: str) -> FillsValued | None:
    """Return what values fills in ``currency``; None where no database is, and so no fill."""
    if question.reading.reader is None:
        return None
    from account_cli.engine.references import MarketReferences
    from account_cli.reports.valued import FillsValued

    return FillsValued(MarketReferences(question.reading.reader), currency, question.config.pegged)
