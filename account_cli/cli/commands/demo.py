"""``acct demo`` watches simulated exchanges: what acct looks like, without a key."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from account_cli.cli.commands.simulate import Seed, Speed, factor
from account_cli.cli.commands.watch import HideAmounts, NoFlash
from account_cli.cli.session import is_terminal, session_of

EXAMPLES = (
    ("acct demo", "the whole screen; q leaves it"),
    ("acct demo --headless --seconds 20", "the same figures as text"),
)
_SECONDS = 20
_LONGEST = 86_400

Headless = Annotated[
    bool, typer.Option("--headless", help="Text instead of a screen; chosen by itself where there is no terminal.")
]
Seconds = Annotated[
    int | None, typer.Option("--seconds", metavar="N", help=f"Headless: how long to watch; {_SECONDS} when not given.")
]


def command(
    ctx: typer.Context,
    headless: Headless = False,
    seconds: Seconds = None,
    seed: Seed = 7,
    speed: Speed = "60x",
    no_flash: NoFlash = False,
    hide_amounts: HideAmounts = False,
) -> int:
    """Watch a simulated account; no key needed, nothing of yours touched.

    The exchanges run on this computer, the database is gone afterwards.
    """
    from account_cli import bootstrap
    from account_cli.cli.diagnostics import log_to_file, log_to_stderr
    from account_cli.cli.screenful import write_screenful
    from account_cli.cli.words import counted
    from account_cli.errors import InputError

    session = session_of(ctx)
    counted(seconds, "--seconds")
    if seconds is not None and seconds > _LONGEST:
        raise InputError(f"--seconds: at most {_LONGEST}, not {seconds}")
    as_text = headless or seconds is not None or not (is_terminal(sys.stdin) and is_terminal(sys.stdout))
    if as_text:
        log_to_stderr(session)
    else:
        log_to_file(session)
    return bootstrap.demo(
        seed=seed,
        speed=factor(speed),
        headless_seconds=float(seconds or _SECONDS) if as_text else None,
        on_screen=lambda screenful: write_screenful(screenful, session),
        flash=not no_flash,
        hide_amounts=hide_amounts,
    )
