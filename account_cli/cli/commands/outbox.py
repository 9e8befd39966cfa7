"""``acct outbox`` shows what waits to be told to others, and has it told again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from account_cli.cli.options import CsvFlag, JsonFlag
from account_cli.cli.session import Session, session_of

if TYPE_CHECKING:
    from account_cli.ports.outbox import OutboxState

EXAMPLES = (
    ("acct outbox", "what waits, was refused, or was told last"),
    ("acct outbox --state dead", "what was given up"),
    ("acct outbox retry", "tell all of that again"),
)
ACTS = ("retry",)
_SHOWN = 1000

Words = Annotated[
    list[str] | None,
    typer.Argument(metavar="list | retry [ID]...", help="What is to be done; list, if nothing is said."),
]
State = Annotated[
    str | None, typer.Option("--state", metavar="pending|failed|dead|delivered", help="With list: these only.")
]


def command(
    ctx: typer.Context, words: Words = None, state: State = None, json: JsonFlag = False, csv: CsvFlag = False
) -> int:
    """Show what waits to be told to others, or have it told again.

    A message to Redis, or an alert to a channel, is pending until it is taken; failed when it was refused, and then
    tried again ever later; dead when that was given up (Redis: after five times, a channel: after a day), until retry.
    docs/redis.md and docs/alerts.md say what is told.
    """
    from account_cli.cli.words import choice
    from account_cli.errors import InputError
    from account_cli.ports.outbox import OUTBOX_STATES

    session = session_of(ctx, json=json)
    word, *ids = words or ["list"]
    if choice(word, ("list", "retry"), "acct outbox") == "retry":
        for given, option in ((state, "--state"), (csv, "--csv")):
            if given:
                raise InputError(f"{option} goes with list", hint="acct outbox retry [ID]...")
        return _retry(session, ids)
    if ids:
        raise InputError("list takes no further word", hint="acct outbox list --state dead")
    states: list[OutboxState] = [one for one in OUTBOX_STATES if one == state]
    if state is not None:
        choice(state, OUTBOX_STATES, "--state")
    return _list(session, states, csv=csv)


def _list(session: Session, states: list[OutboxState], *, csv: bool) -> int:
    import time

    from account_cli import bootstrap
    from account_cli.cli import tables
    from account_cli.cli.output import write_report
    from account_cli.reports.outbox import OutboxMessageRow
    from account_cli.reports.rows import Report

    rows = bootstrap.outbox(session.config, states, _SHOWN)
    report = Report(name="outbox", as_of=time.time_ns(), items=tuple(rows))
    empty = "nothing is there to be told"
    return write_report(report, OutboxMessageRow, tables.OUTBOX, session, csv=csv, empty=empty)


def _retry(session: Session, ids: list[str]) -> int:
    from account_cli import bootstrap
    from account_cli.cli.output import json_line, write_now

    count = bootstrap.retry_outbox(session.config, ids)
    if session.wants_json:
        write_now(json_line({"schema": "acct.outbox-retry/1", "retried": count}))
    elif not session.quiet:
        write_now(f"{count} messages are told again" if count != 1 else "1 message is told again")
    return 0
