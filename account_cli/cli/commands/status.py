"""``acct status`` shows which process collects which account, and who stands by."""

from __future__ import annotations

import typer

from account_cli.cli.options import Accounts, CsvFlag, JsonFlag
from account_cli.cli.session import session_of

EXAMPLES = (
    ("acct status", "each account with the process that collects it, and who stands by"),
    ("acct status --json", "with heartbeats, lag and uptime, for programs"),
)


def command(ctx: typer.Context, accounts: Accounts = None, json: JsonFlag = False, csv: CsvFlag = False) -> int:
    """Show which process collects which account, and who stands by.

    ROLE is collecting; standby, a process that waits to take over; gone, its process has not been heard of for twelve
    seconds; nobody, an account that no process has. LAG is the age of the newest message of any kind. With Redis one
    process LEADS: it tells what all accounts made together.
    """
    from account_cli import bootstrap
    from account_cli.cli import tables
    from account_cli.cli.output import write_report
    from account_cli.reports.status import ProcessStatusRow

    session = session_of(ctx, json=json)
    report = bootstrap.status_of(session.config, accounts or ())
    empty = "nothing has been collected yet; try acct watch or acct collect"
    return write_report(report, ProcessStatusRow, tables.STATUS, session, csv=csv, empty=empty)
