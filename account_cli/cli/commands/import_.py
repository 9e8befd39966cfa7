"""``acct import`` reads facts from files: all of a file, or nothing of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from account_cli.cli.options import JsonFlag
from account_cli.cli.session import Session, session_of

if TYPE_CHECKING:
    from account_cli.bootstrap.carrying import Imported

EXAMPLES = (
    ("acct import history.ndjson", "a ledger file, as acct export writes it"),
    ("acct import fills.csv", "fills, one a row, header = field names"),
    ("acct import ledgers.csv trades.csv --account kraken", "what Kraken's own export gives, both files together"),
    ("acct import transactions.csv --dry-run", "what Binance's would add, and what is known already"),
)
Files = Annotated[
    list[str],
    typer.Argument(metavar="FILE...", help="Ledger files (NDJSON), CSV of fills, CSV of Kraken, Binance or BitMEX."),
]
Account = Annotated[
    str | None, typer.Option("--account", metavar="NAME", help="Whose an exchange's own files are; else its account.")
]
DryRun = Annotated[bool, typer.Option("-n", "--dry-run", help="Say what would be added; store nothing.")]


def command(
    ctx: typer.Context, files: Files, account: Account = None, dry_run: DryRun = False, json: JsonFlag = False
) -> int:
    """Read facts from ledger files, CSV files, or files of an exchange.

    A fact that is known already changes nothing. A line that cannot be read, or that contradicts a known fact, is named
    with its field, and nothing of that file is stored. An exchange's files are known by their headers.
    """
    from account_cli import bootstrap

    session = session_of(ctx, json=json)
    for done in bootstrap.import_files(
        session.config, [Path(name) for name in files], account=account, dry_run=dry_run
    ):
        _tell(done, session, dry_run=dry_run)
    return 0


def _tell(done: Imported, session: Session, *, dry_run: bool) -> None:
    from account_cli.cli.diagnostics import warn
    from account_cli.cli.output import json_line, write_now
    from account_cli.domain.times import format_time

    counts = {"added": done.added, "completed": done.completed, "already_known": done.already_known}
    if session.wants_json:
        more = {
            "account": done.account,
            "covered": done.covered,
            "kinds": done.kinds,
            "first_at": None if done.first_at is None else format_time(done.first_at),
            "last_at": None if done.last_at is None else format_time(done.last_at),
            "passed_over": done.passed_over,
            "dry_run": dry_run,
        }
        write_now(json_line({"file": done.file, **counts, **more}))
        return
    if not session.quiet:
        if done.covered:
            counts["told by the API already"] = done.covered
        line = f"{done.file}: " + ", ".join(f"{value} {key.replace('_', ' ')}" for key, value in counts.items())
        write_now(f"{line} (nothing stored)" if dry_run else line)
        if dry_run and done.first_at is not None and done.last_at is not None:
            kinds = ", ".join(f"{count} {kind}" for kind, count in done.kinds.items())
            write_now(f"  {kinds}; from {format_time(done.first_at)} to {format_time(done.last_at)}")
    for reason, count in done.passed_over.items():
        warn(f"{done.file}: {count} {reason}", session)
