"""``acct coverage`` shows how far back everything is known, and every gap."""

from __future__ import annotations

from typing import Annotated

import typer

from account_cli.cli.options import Accounts, CsvFlag, JsonFlag
from account_cli.cli.session import session_of

EXAMPLES = (
    ("acct coverage", "how far back fills and transfers are known, and where they have gaps"),
    ("acct coverage kraken --parts", "market by market, history by history"),
)
Parts = Annotated[bool, typer.Option("--parts", help="A row for each market and each history of money.")]


def command(
    ctx: typer.Context, accounts: Accounts = None, parts: Parts = False, json: JsonFlag = False, csv: CsvFlag = False
) -> int:
    """Show from when on facts are known to be complete, and every gap.

    BEGINS says why it reaches no further back: start, there is nothing older; kept, the exchange keeps nothing older;
    reading, it is still being read; unread, it has not begun. ASKED is when the exchange was last asked for newer facts
    and told all it had. The exit status is 3 while there is a gap or anything that could be read has not been.
    """
    from account_cli.cli import tables
    from account_cli.cli.asking import ask
    from account_cli.cli.output import write_report
    from account_cli.reports.coverage import CoverageRow, coverage, is_read

    session = session_of(ctx, json=json)
    with ask(session, accounts) as question:
        report = question.honest(coverage(question.views(), now_ns=question.now_ns, parts=parts))
    empty = "nothing is known to be complete yet" if question.names else question.empty
    columns = tables.COVERAGE if parts else [column for column in tables.COVERAGE if column.field != "part"]
    write_report(report, CoverageRow, columns, session, csv=csv, empty=empty)
    return 0 if all(map(is_read, report.items)) else 3
