"""``acct import`` reads facts from files: all of a file, or nothing of it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from account_cli.cli.options import JsonFlag
from account_cli.cli.session import session_of

EXAMPLES = (
    ("acct import history.ndjson", "a ledger file, as acct export writes it"),
    ("acct import fills.csv", "fills, one a row, header = field names"),
)
Files = Annotated[list[str], typer.Argument(metavar="FILE...", help="Ledger files (NDJSON) or CSV files of fills.")]


def command(ctx: typer.Context, files: Files, json: JsonFlag = False) -> int:
    """Read facts from a ledger file or a CSV file.

    A fact that is known already changes nothing. A line that cannot be read, or that contradicts a known fact, is named
    with its field, and nothing of that file is stored.
    """
    from account_cli import bootstrap
    from account_cli.cli.output import json_line, write_now

    session = session_of(ctx, json=json)
    for name in files:
        told = bootstrap.import_file(session.config, Path(name))
        if session.wants_json:
            write_now(json_line({"file": name, **told}))
        elif not session.quiet:
            write_now(f"{name}: " + ", ".join(f"{value} {key.replace('_', ' ')}" for key, value in told.items()))
    return 0
