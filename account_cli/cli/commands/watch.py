"""``acct watch`` shows accounts live: the whole screen for people, a line a change for pipes."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from account_cli.cli.options import Accounts, AllowWritableKey
from account_cli.cli.session import Session, is_terminal, session_of

if TYPE_CHECKING:
    from account_cli.reports.rows import Change

EXAMPLES = (
    ("acct watch", "all configured accounts, on the whole screen"),
    ("acct watch kraken", "one, with KRAKEN_API_KEY and KRAKEN_API_SECRET set"),
    ("acct watch --plain --kind balance", "a line for every change of a balance"),
    ("acct watch --plain --count 10 --json", "ten changes, one JSON object a line"),
)
_LEAST_COLUMNS, _LEAST_LINES = 40, 12

Plain = Annotated[bool, typer.Option("--plain", help="Lines instead of a screen: one for each change.")]
Kind = Annotated[
    str | None,
    typer.Option("--kind", metavar="balance|position|order|fill|status", help="With --plain: only such changes."),
]
Count = Annotated[int | None, typer.Option("--count", metavar="N", help="With --plain: stop after N changes.")]
MinChange = Annotated[
    str | None,
    typer.Option(
        "--min-change", metavar="AMOUNT", help="With --plain: a balance is told when it moved so far since last told."
    ),
]
LinesJson = Annotated[bool, typer.Option("--json", help="Plain, as JSON: one object a line.")]
NoFlash = Annotated[bool, typer.Option("--no-flash", help="Do not flash cells that change.")]
HideAmounts = Annotated[bool, typer.Option("--hide-amounts", help="Start with amounts hidden; $ shows them.")]


def command(
    ctx: typer.Context,
    accounts: Accounts = None,
    plain: Plain = False,
    kind: Kind = None,
    count: Count = None,
    min_change: MinChange = None,
    json: LinesJson = False,
    no_flash: NoFlash = False,
    hide_amounts: HideAmounts = False,
    allow_writable_key: AllowWritableKey = False,
) -> int:
    """Watch accounts live, on the whole screen or as lines.

    An account named like an exchange needs no configuration, only its key in the environment. When another acct
    collects an account already, this one attaches to it and follows.
    """
    from account_cli import bootstrap
    from account_cli.cli.diagnostics import log_to_file, log_to_stderr
    from account_cli.cli.words import choice, counted, quantity
    from account_cli.errors import InputError

    session = session_of(ctx, json=json)
    config = session.config.with_writable_keys() if allow_writable_key else session.config
    if not plain and not json:
        for given, option in ((kind, "--kind"), (count, "--count"), (min_change, "--min-change")):
            if given is not None:
                raise InputError(f"{option} needs --plain", hint="add --plain")
        _demand_screen()
        config.select(accounts or ())
        log_to_file(session)
        return bootstrap.watch(config, accounts or (), flash=not no_flash, hide_amounts=hide_amounts)
    if kind is not None:
        from account_cli.reports.changes import KINDS

        kind = choice(kind, KINDS, "--kind")
    count, least = counted(count, "--count"), quantity(min_change or "0", "--min-change")
    log_to_stderr(session)
    return bootstrap.watch_plain(
        config, accounts or (), kind=kind, count=count, min_change=least, on_change=_teller(session)
    )


def _demand_screen() -> None:
    import os
    import shutil

    from account_cli.errors import InputError

    if not (is_terminal(sys.stdin) and is_terminal(sys.stdout)):
        raise InputError("not a terminal: there is no screen to fill", hint="acct watch --plain writes lines")
    if os.environ.get("TERM") == "dumb":
        raise InputError("this terminal (TERM=dumb) cannot show a screen", hint="acct watch --plain writes lines")
    size = shutil.get_terminal_size()
    if size.columns < _LEAST_COLUMNS or size.lines < _LEAST_LINES:
        raise InputError(
            f"the terminal is too small: {size.columns}x{size.lines}, needed are {_LEAST_COLUMNS}x{_LEAST_LINES}",
            hint="make it larger (80x24 is comfortable), or use acct watch --plain",
        )


def _teller(session: Session) -> Callable[[Change], None]:
    from account_cli.cli.output import json_line, write_now
    from account_cli.reports.schema import record

    def tell(change: Change) -> None:
        if not session.wants_json:
            write_now(change.text)
            return
        fields = record(change)
        fields.pop("text")
        write_now(json_line(fields))

    return tell
