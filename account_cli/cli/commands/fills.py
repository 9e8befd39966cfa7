"""``acct fills`` shows trades, their fees and what each realised."""

from __future__ import annotations

import typer

from account_cli.cli.options import Accounts, CsvFlag, JsonFlag, Since, Symbol, Until
from account_cli.cli.session import session_of

EXAMPLES = (
    ("acct fills --limit 20", "the newest twenty"),
    ("acct fills --since 2026-11 --symbol BTC/USD", "one market since the first of the month"),
    ("acct fills --since ytd --csv > fills.csv", "every one of this year; never cut short"),
)


def command(
    ctx: typer.Context,
    accounts: Accounts = None,
    symbol: Symbol = None,
    since: Since = None,
    until: Until = None,
    json: JsonFlag = False,
    csv: CsvFlag = False,
) -> int:
    """Show trades with their fees and what they realised.

    Newest first. What a fill realised is by average cost, with all fees in; a fill that opened something realised
    nothing. A fee of ? was not told yet.
    """
    from account_cli.cli import tables
    from account_cli.cli.asking import ask, nothing_of
    from account_cli.cli.output import write_report
    from account_cli.cli.words import period
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
        report = fills(
            question.views(),
            now_ns=question.now_ns,
            events=[fill for fill, _ in found],
            closings=[closing for _, closings in found for closing in closings],
            newest_first=True,
        )
        empty = nothing_of(question, symbol)
    return write_report(question.honest(report), FillRow, tables.FILLS, session, csv=csv, empty=empty)
