"""``acct balances`` shows what the accounts hold."""

from __future__ import annotations

from typing import Annotated

import typer

from account_cli.cli.options import Accounts, At, CsvFlag, Currency, JsonFlag
from account_cli.cli.session import session_of

EXAMPLES = (
    ("acct balances", "all accounts, valued in the configured currency"),
    ("acct balances kraken --in EUR", "one account, valued in euros"),
    ("acct balances --csv > balances.csv", ""),
    ("acct balances --at 2025-06-30", "what was held at the end of that day, by the ledger"),
)
Zero = Annotated[bool, typer.Option("--zero", help="Show holdings of zero too.")]


def command(
    ctx: typer.Context,
    accounts: Accounts = None,
    at: At = None,
    currency: Currency = None,
    zero: Zero = False,
    json: JsonFlag = False,
    csv: CsvFlag = False,
) -> int:
    """Show what the accounts hold.

    The column source says whether the exchange stated a balance (observed) or the ledger worked it out (ledger). With
    --at all of it is reconstructed by the ledger from the facts up to that time, and valued at the prices stored of it.
    An asset without a price has no value, and is never worth 0.
    """
    from account_cli.cli import tables
    from account_cli.cli.asking import RECONSTRUCTED, ask
    from account_cli.cli.asking_pnl import at_of
    from account_cli.cli.diagnostics import note
    from account_cli.cli.output import write_report
    from account_cli.cli.words import currency_code
    from account_cli.reports.balances import balances
    from account_cli.reports.rows import BalanceRow

    session = session_of(ctx, json=json)
    with ask(session, accounts) as question:
        at_ns = at_of(at, now_ns=question.now_ns, zone=session.shape.zone)
        report = balances(
            question.views(at_ns=at_ns),
            now_ns=at_ns or question.now_ns,
            currency=question.config.currency if currency is None else currency_code(currency, "--in"),
            include_zero=zero,
            pegged=question.config.pegged,
        )
    if at_ns is not None:
        note(RECONSTRUCTED, session)
    return write_report(question.honest(report), BalanceRow, tables.BALANCES, session, csv=csv, empty=question.empty)
