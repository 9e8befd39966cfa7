"""``acct schema`` tells programs what they will read: the JSON schema of every form that acct writes."""

from __future__ import annotations

from typing import Annotated

import typer

from account_cli.cli.options import CsvFlag, JsonFlag
from account_cli.cli.session import session_of

EXAMPLES = (
    ("acct schema", "every form, and the command that writes it"),
    ("acct schema positions", "what acct positions --json writes"),
    ("acct schema pnl.closings > closings.json", "for a validator"),
)
Name = Annotated[str | None, typer.Argument(metavar="[NAME]", help="Which form; all are listed when none is named.")]


def command(ctx: typer.Context, name: Name = None, json: JsonFlag = False, csv: CsvFlag = False) -> int:
    """Show the JSON schema of what a command writes, or list them.

    The schemas are made from the types that are written (JSON schema, draft 2020-12). Decimals are strings of plain
    digits, times RFC 3339 in UTC, unknown is null. New keys may be added at any time; one that goes or changes its
    meaning raises the number behind the schema's name.
    """
    import time

    from account_cli.cli import tables
    from account_cli.cli.output import write_lines, write_report
    from account_cli.cli.schemas import OUTPUTS, SchemaRow, listed, schema_named
    from account_cli.config.nearest import did_you_mean
    from account_cli.errors import InputError
    from account_cli.reports.rows import Report

    session = session_of(ctx, json=json)
    if name is None:
        report = Report(name="schemas", as_of=time.time_ns(), items=listed())
        return write_report(report, SchemaRow, tables.SCHEMAS, session, csv=csv)
    wanted = name.removeprefix("acct.").partition("/")[0]
    if wanted not in OUTPUTS:
        raise InputError(f"no schema {name!r}", hint=did_you_mean(wanted, OUTPUTS) or "acct schema lists them")
    from json import dumps

    write_lines(dumps(schema_named(wanted), indent=2).splitlines())
    return 0
