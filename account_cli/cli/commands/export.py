"""``acct export`` writes all facts: whole, exact, in an order that never changes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from account_cli.cli.options import Accounts
from account_cli.cli.session import session_of

EXAMPLES = (
    ("acct export > ledger.ndjson", "every fact of every account"),
    ("acct export kraken -O kraken.ndjson", "one account, into a file that is whole or not there"),
    ("acct export --csv -O fills.csv", "fills for a spreadsheet"),
)
_FORMATS = ("ndjson", "csv")
Format = Annotated[str | None, typer.Option("--format", metavar="ndjson|csv", help="The form; ndjson when not given.")]
Csv = Annotated[bool, typer.Option("--csv", help="The same as --format csv.")]
Out = Annotated[
    str | None,
    typer.Option("-O", "--output", metavar="FILE", help="Where to; the old file stays until the new is whole."),
]


def command(
    ctx: typer.Context, accounts: Accounts = None, form: Format = None, csv: Csv = False, output: Out = None
) -> int:
    """Write all facts as a ledger file, or fills as CSV.

    The ledger file read into an empty database gives the same facts and the same export, byte for byte. It is never
    limited by what a table would show.
    """
    import sys

    from account_cli import bootstrap
    from account_cli.cli.output import whole_file
    from account_cli.cli.words import choice
    from account_cli.errors import InputError

    session = session_of(ctx)
    if csv and form not in {None, "csv"}:
        raise InputError("--csv and --format ndjson exclude each other", hint="choose one")
    chosen = choice(form or ("csv" if csv else "ndjson"), _FORMATS, "--format")
    if output is None or output == "-":
        bootstrap.export(session.config, accounts or (), format=chosen, out=sys.stdout)
        return 0
    with whole_file(Path(output)) as file:
        bootstrap.export(session.config, accounts or (), format=chosen, out=file)
    return 0
