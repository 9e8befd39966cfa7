"""What holds for every command alike: an unknown option is answered with the right one, an answer is paged or repeated.

The options of all answers are in ``shape``; this says why a command takes one of them not, runs a command that reads
once or again and again (``--watch``), and gives what is longer than the terminal to a pager.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from typer.core import TyperOption

from account_cli.cli.session import Session, is_terminal
from account_cli.errors import InputError

if TYPE_CHECKING:
    from typer._click import Command, Context

    from account_cli.cli.lean import LeanCommand

WATCH_EVERY = "2s"
ABSENT = {
    "--since": ("shows one moment, not a period", "--at TIME shows another moment"),
    "--until": ("shows one moment, not a period", "--at TIME shows another moment"),
    "--at": ("is not kept for past moments", None),
    "--in": (
        "shows figures in their own currencies",
        "acct equity, balances, show, pnl, positions and fills take --in",
    ),
    "--columns": ("is a page, not a table", "--json has all of it"),
    "--sort": ("is a page, not a table", "--json has all of it"),
    "--limit": ("is a page, not a table", None),
    "--csv": ("is not one table", "--json has all of it"),
    "--json": ("has no form for programs", None),
    "--tz": ("writes no time for people", None),
    "--watch": ("does something: only what reads is asked again and again", None),
}
"""Why a command may lack an option that others have, and what to do instead."""
OF_TABLES = ("--csv", "--columns", "--sort", "--limit")
NO_TABLE = {
    "watch": "fills the screen, or writes a change a line",
    "demo": "fills the screen, or writes a change a line",
    "collect": "stores, and writes no figures",
    "poll": "says what it did, an account a line",
    "show": "is several tables: acct balances, positions, pnl and accounts are one each",
    "explain": "is a page, to be read from its top",
    "health": "is one word and what led to it",
    "rebuild": "says what it did",
    "replay": "says what it did",
    "import": "says what it did",
    "export": "writes whole files, in the order of time",
    "config": "writes keys and values as the file does",
    "doctor": "says one thing a line, and how to mend it",
    "cache": "says what it did",
    "simulate": "runs until it is stopped",
    "version": "is one line",
    "names": "is for the shell",
}
"""Why a command has not all of the options of tables; every other one has."""


@contextmanager
def explained(command: Command, ctx: Context) -> Iterator[None]:
    """Answer an option that ``command`` does not have with the nearest one that it has, or with why it has it not."""
    from typer._click.exceptions import NoSuchOption

    try:
        yield
    except NoSuchOption as error:
        raise _unknown_option(error.option_name, command, ctx) from None


def _unknown_option(given: str, command: Command, ctx: Context) -> InputError:
    from account_cli.config.nearest import nearest

    known = [name for param in command.get_params(ctx) if isinstance(param, TyperOption) for name in param.opts]
    path = ctx.command_path
    if given in ABSENT and ctx.parent is not None:
        why, instead = ABSENT[given]
        if given in OF_TABLES:
            why = NO_TABLE.get(ctx.command.name or "", why)
        if instead is not None and instead.startswith("--") and instead.split()[0] not in known:
            instead = None
        return InputError(f"{path} takes no {given}: it {why}", hint=instead or f"{path} --help")
    if ctx.parent is None and given in ABSENT:
        return InputError(f"no such option: {given} before the command", hint=f"acct COMMAND {given}")
    best = nearest(given, [name for name in known if name.startswith("--")]) if given.startswith("--") else None
    hint = f"{path} --help" if best is None else f"did you mean {best}? {path} --help"
    return InputError(f"no such option: {given}", hint=hint)


def with_default_span(args: Sequence[str]) -> list[str]:
    """Return the words with ``--watch`` alone written out: its span is optional, and stands behind an equals sign."""
    end = args.index("--") if "--" in args else len(args)
    return [f"--watch={WATCH_EVERY}" if word == "--watch" else word for word in args[:end]] + list(args[end:])


def answered(command: LeanCommand, ctx: Context, answer: Callable[[Context], Any]) -> Any:
    """Let a command that reads answer once, through a pager where that helps; or again and again, until stopped."""
    session = ctx.find_root().obj
    assert isinstance(session, Session)
    assert command.reads is not None
    session.shape.moment = command.reads.moment
    every_s = session.shape.every_s
    if every_s is None:
        if not (session.shape.pages and is_terminal(sys.stdout) and is_terminal(sys.stdin)):
            return answer(ctx)
        return _paged(ctx, answer)
    for value in ctx.params.values():
        words = value if isinstance(value, (list, tuple)) else (value,)
        if doing := next((word for word in words[:1] if word in command.acts), None):
            raise InputError(f"--watch: {ctx.command_path} {doing} does something", hint="leave out --watch")
    _again(ctx, answer, session, every_s)
    return None


def _paged(ctx: Context, answer: Callable[[Context], Any]) -> Any:
    from account_cli.cli.paging import Paged

    page = Paged(sys.stdout)
    sys.stdout = page
    try:
        return answer(ctx)
    finally:
        sys.stdout = page.terminal
        page.show()


def _again(ctx: Context, answer: Callable[[Context], Any], session: Session, every_s: float) -> None:
    """Answer every ``every_s`` seconds: in place on a terminal, one answer after the other where nobody looks."""
    import time

    if is_terminal(sys.stdout) and os.environ.get("TERM") != "dumb":
        from account_cli.cli.repainting import repainted

        try:
            while True:
                with repainted():
                    answer(ctx)
                time.sleep(every_s)
        finally:
            sys.stdout.write("\n")
    while True:
        answer(ctx)
        sys.stdout.flush()
        session.shape.round += 1
        time.sleep(every_s)
