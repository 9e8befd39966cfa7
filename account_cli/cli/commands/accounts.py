"""``acct accounts`` shows how each account is followed and how fresh it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from account_cli.cli.options import Accounts, CsvFlag, JsonFlag
from account_cli.cli.session import session_of

if TYPE_CHECKING:
    from account_cli.config import AccountConfig
    from account_cli.reports.rows import AccountStatusRow

EXAMPLES = (
    ("acct accounts", "how each kind of data comes, and how live it is"),
    ("acct accounts --json", "with the age of every stream's last message"),
)


def command(ctx: typer.Context, accounts: Accounts = None, json: JsonFlag = False, csv: CsvFlag = False) -> int:
    """Show the accounts, how each is followed and how fresh it is.

    FULL_WEBSOCKET: all kinds of data stream. PARTIAL_WEBSOCKET: some stream, the others are polled. REST_ONLY: all are
    polled. An account that was never collected has no strategy yet.
    """
    import msgspec

    from account_cli.cli import tables
    from account_cli.cli.asking import ask, generic_accounts
    from account_cli.cli.output import write_report
    from account_cli.reports.accounts import accounts as status_of
    from account_cli.reports.rows import AccountStatusRow

    session = session_of(ctx, json=json)
    with ask(session, accounts) as question:
        views = question.views()
        report = status_of(views, now_ns=question.now_ns, generic=generic_accounts(views))
        configured = question.config.accounts
        waiting = tuple(_never_collected(configured[name]) for name in question.unknown if name in configured)
    report = msgspec.structs.replace(report, items=report.items + waiting)
    return write_report(
        question.honest(report), AccountStatusRow, tables.ACCOUNTS, session, csv=csv, empty=question.empty
    )


def _never_collected(account: AccountConfig) -> AccountStatusRow:
    from account_cli.cli.asking import is_generic
    from account_cli.reports.rows import AccountStatusRow

    return AccountStatusRow(
        account=account.name,
        venue=account.exchange,
        user=account.user,
        strategy=None,
        liveness="OFFLINE",
        stale_seconds=None,
        streams=(),
        facts=0,
        history_from=None,
        history_complete=False,
        generic=is_generic(account.exchange),
    )
