"""``acct issues`` shows what the figures lack: nothing is passed over in silence."""

from __future__ import annotations

from typing import Annotated

import typer

from account_cli.cli.options import Accounts, CsvFlag, JsonFlag
from account_cli.cli.session import session_of

EXAMPLES = (
    ("acct issues", "what is missing, and the next step for each"),
    ("acct issues --in EUR", "the prices too that acct pnl --in EUR lacks"),
    ("acct issues --restatements", "figures that changed after they had been kept, and why"),
)
In = Annotated[
    str | None,
    typer.Option("--in", metavar="CURRENCY", help="Look at the accounting book in this currency too."),
]
Restatements = Annotated[
    bool, typer.Option("--restatements", help="Figures that changed: late facts, new rules, costs given.")
]


def command(
    ctx: typer.Context,
    accounts: Accounts = None,
    currency: In = None,
    restatements: Restatements = False,
    json: JsonFlag = False,
    csv: CsvFlag = False,
) -> int:
    """Show what the figures lack, and what to do about each.

    Missing prices, unknown costs, balances below zero with the first fact at which that happened, facts of an unknown
    type, facts that were told in two ways. An id stays the same as long as the issue does. The exit status is 3 when
    there is any.
    """
    from account_cli.cli import ledger_tables, tables
    from account_cli.cli.asking import ask
    from account_cli.cli.diagnostics import note
    from account_cli.cli.output import write_report
    from account_cli.cli.words import currency_code
    from account_cli.reports import issues as lacking
    from account_cli.reports.ledger_rows import IssueRow
    from account_cli.reports.rows import NoticeRow

    session = session_of(ctx, json=json)
    code = None if currency is None else currency_code(currency, "--in")
    with ask(session, accounts) as question:
        told = [one for one in question.reading.restatements() if one.account in question.names]
        if restatements:
            found = question.honest(lacking.restatements(told, now_ns=question.now_ns))
            empty = "no figure was restated" if question.names else question.empty
            return write_report(found, NoticeRow, ledger_tables.RESTATEMENTS, session, csv=csv, empty=empty)
        report = lacking.issues(
            question.views(),
            now_ns=question.now_ns,
            currency=code or question.config.currency,
            pegged=question.config.pegged,
            books=question.reading.book(question.names, currency=code) if code and question.names else (),
            contradictions=question.reading.contradictions(question.names) if question.names else (),
        )
    empty = "no issues: nothing that the figures rest on is missing" if question.names else question.empty
    shown = question.honest(report)
    write_report(shown, IssueRow, tables.ISSUES, session, csv=csv, empty=empty)
    if told:
        note(f"{len(told)} figure(s) were restated: acct issues --restatements lists them", session)
    return 3 if report.items else 0
