"""``acct transfers`` shows money that came in, went out or moved between wallets."""

from __future__ import annotations

import typer

from account_cli.cli.options import Accounts, CsvFlag, JsonFlag, Since, Until
from account_cli.cli.session import session_of

EXAMPLES = (
    ("acct transfers --since ytd", "this year's, newest first"),
    ("acct transfers kraken --csv > transfers.csv", ""),
)


def command(
    ctx: typer.Context,
    accounts: Accounts = None,
    since: Since = None,
    until: Until = None,
    json: JsonFlag = False,
    csv: CsvFlag = False,
) -> int:
    """Show deposits, withdrawals and internal transfers."""
    from account_cli.cli import tables
    from account_cli.cli.asking import ask
    from account_cli.cli.output import write_report
    from account_cli.cli.words import period
    from account_cli.reports.rows import TransferRow
    from account_cli.reports.transfers import transfers

    session = session_of(ctx, json=json)
    with ask(session, accounts) as question:
        first_ns, end_ns = period(since, until, now_ns=question.now_ns, zone=session.shape.zone)
        events = (
            question.reading.transfers(question.names, since_ns=first_ns, until_ns=end_ns) if question.names else ()
        )
        report = transfers(
            question.views(),
            now_ns=question.now_ns,
            events=events,
            own=question.reading.own_transfers(first_ns, end_ns) if question.names else None,
            newest_first=True,
        )
    return write_report(question.honest(report), TransferRow, tables.TRANSFERS, session, csv=csv, empty=question.empty)
