"""``acct export`` writes what acct knows for other programs and for people who work with files: whole and exact."""

from __future__ import annotations

from typing import Annotated

import typer

from account_cli.cli.options import METHODS, Accounts, Currency, Since, Until
from account_cli.cli.session import session_of

FORMATS = ("csv", "ndjson", "json", "parquet", "beancount", "hledger", "koinly", "cointracker", "rp2")
WHATS = ("fills", "orders", "transfers", "ledger", "closings", "lots", "balances", "pnl", "equity")

EXAMPLES = (
    ("acct export > ledger.ndjson", "every fact of every account"),
    ("acct export --csv -O fills.csv", "fills for a spreadsheet, each with what it realised"),
    ("acct export --format csv --what closings --since 2025 --until 2026 --method fifo -O gains-2025.csv", "a year's"),
    ("acct export kraken --format beancount -O kraken.beancount", "books, with a posting for every lot that was used"),
    ("acct export --format koinly -O koinly.csv", "for a tax program; cointracker and rp2 likewise"),
    ("acct export --csv --append --since-last -O fills.csv", "add what came since the last time"),
)
Format = Annotated[
    str | None, typer.Option("--format", metavar="|".join(FORMATS), help="The form; ndjson when not given.")
]
What = Annotated[
    str | None,
    typer.Option(
        "--what", metavar="|".join(WHATS), help="Which rows; fills when not given, of ndjson the ledger file."
    ),
]
Csv = Annotated[bool, typer.Option("--csv", help="The same as --format csv.")]
Account = Annotated[
    list[str] | None, typer.Option("--account", metavar="NAME", help="Only this account; may be given again.")
]
Zone = Annotated[
    str | None,
    typer.Option("--tz", metavar="ZONE", help="Write times in this zone, like Europe/Berlin; UTC when not given."),
]
Method = Annotated[
    str, typer.Option("--method", metavar="|".join(METHODS), help="Which lots go first; average when not given.")
]
Columns = Annotated[str | None, typer.Option("--columns", metavar="A,B,…", help="Only these columns, in this order.")]
Out = Annotated[
    str | None,
    typer.Option("-O", "--output", metavar="FILE", help="Where to; the old file stays until the new is whole."),
]
Append = Annotated[bool, typer.Option("--append", help="Add to FILE in place of replacing it; csv and ndjson.")]
SinceLast = Annotated[
    bool, typer.Option("--since-last", help="Only what came since FILE was exported, as FILE.meta.json says.")
]
RequireComplete = Annotated[
    bool, typer.Option("--require-complete", help="Exit with 4 when anything may be missing; the file is written.")
]


def command(
    ctx: typer.Context,
    accounts: Accounts = None,
    form: Format = None,
    what: What = None,
    csv: Csv = False,
    account: Account = None,
    since: Since = None,
    until: Until = None,
    zone: Zone = None,
    method: Method = "average",
    currency: Currency = None,
    columns: Columns = None,
    output: Out = None,
    append: Append = False,
    since_last: SinceLast = False,
    require_complete: RequireComplete = False,
) -> int:
    """Write facts and figures for other programs.

    Without options the ledger file, which read into an empty database gives the same facts. Nothing is ever limited or
    rounded by what a table would show. Beside FILE stands FILE.meta.json: settings, how complete the history was, the
    number of rows and a checksum.
    """
    from account_cli.cli.exporting import Asked, run

    names = [*(accounts or ()), *(account or ())]
    asked = Asked(
        accounts=tuple(dict.fromkeys(names)) or None,
        format=form,
        csv=csv,
        what=what,
        since=since,
        until=until,
        zone=zone,
        method=method,
        currency=currency,
        columns=columns,
        output=None if output == "-" else output,
        append=append,
        since_last=since_last,
        require_complete=require_complete,
    )
    return run(session_of(ctx), asked)
