"""``acct poll`` asks the exchanges once and stores what they say; fit for cron."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from account_cli.cli.options import Accounts, AllowWritableKey, JsonFlag
from account_cli.cli.session import Session, session_of

if TYPE_CHECKING:
    from account_cli.bootstrap import PollSummary

EXAMPLES = (
    ("acct poll", "all configured accounts, once"),
    ("acct poll kraken --every 60s", "again and again, until stopped"),
    ("acct -q poll", "for cron: silent unless something went wrong"),
)
Every = Annotated[str | None, typer.Option("--every", metavar="SPAN", help="Again after so long: 60s, 5m, 1h.")]


def command(
    ctx: typer.Context,
    accounts: Accounts = None,
    every: Every = None,
    json: JsonFlag = False,
    allow_writable_key: AllowWritableKey = False,
) -> int:
    """Ask the exchanges once, or every so often, and store the answers.

    Writes a line for each account, also when its exchange could not be reached; the exit status is the worst of all. An
    account that another acct collects is asked through that one.
    """
    from account_cli import bootstrap
    from account_cli.cli.diagnostics import log_to_stderr
    from account_cli.cli.progress import StatusLine
    from account_cli.cli.words import span
    from account_cli.domain.times import SECOND

    session = session_of(ctx, json=json)
    every_s = None if every is None else span(every, "--every") / SECOND
    log_to_stderr(session)
    config = session.config.with_writable_keys() if allow_writable_key else session.config
    line = None if session.quiet or session.wants_json else StatusLine.on(sys.stderr)

    def tell(summary: PollSummary) -> None:
        if line is not None:
            line.clear()
        _tell(summary, session)

    return bootstrap.poll(
        config, accounts or (), every_s=every_s, on_summary=tell, on_progress=None if line is None else line.show
    )


def _tell(summary: PollSummary, session: Session) -> None:
    from account_cli.cli.diagnostics import show_error
    from account_cli.cli.output import json_line, write_now

    if session.wants_json:
        write_now(json_line(_fields(summary, session)))
        return
    if summary.error is not None:
        show_error(summary.error, session, about=summary.account)
    elif not session.quiet:
        words = [
            _counted(summary.new_facts, "new fact"),
            _counted(summary.balances, "balance"),
            _counted(summary.open_orders, "open order"),
            _counted(summary.positions, "position"),
        ]
        through = ", through the acct that collects it" if summary.attached else ""
        told = ", ".join(word for word in words if word)
        write_now(f"{summary.account}: ok, {told}, {summary.seconds:.1f} s{through}")


def _counted(number: int | None, word: str) -> str:
    if number is None:
        return ""
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def _fields(summary: PollSummary, session: Session) -> dict[str, object]:
    from account_cli.cli.diagnostics import error_body

    return {
        "schema": "acct.poll/1",
        "account": summary.account,
        "ok": summary.ok,
        "attached": summary.attached,
        "new_facts": summary.new_facts,
        "balances": summary.balances,
        "open_orders": summary.open_orders,
        "positions": summary.positions,
        "seconds": f"{summary.seconds:.3f}",
        "error": None if summary.error is None else error_body(summary.error, session),
    }
