"""``acct collect`` follows accounts without a screen: on a server, under systemd, beside others of its kind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from account_cli.cli.options import Accounts, AllowWritableKey
from account_cli.cli.session import Session, session_of

if TYPE_CHECKING:
    from account_cli.domain.presence import Process

EXAMPLES = (
    ("acct collect", "every configured account, until stopped"),
    ("acct collect --only kraken", "one of them"),
    ("acct collect --workers", "a fair share, beside other machines on one PostgreSQL database"),
    ("acct collect --stop", "end the collectors of this database in order"),
)
Only = Annotated[list[str] | None, typer.Option("--only", metavar="ACCOUNT", help="This account; may be repeated.")]
Workers = Annotated[bool, typer.Option("--workers", help="Share the accounts fairly with others started so.")]
Stop = Annotated[bool, typer.Option("--stop", help="End the running ones in order, and wait for that.")]
_STOP_WITHIN_S = 30.0


def command(
    ctx: typer.Context,
    accounts: Accounts = None,
    only: Only = None,
    workers: Workers = False,
    stop: Stop = False,
    allow_writable_key: AllowWritableKey = False,
) -> int:
    """Follow accounts without a screen, until stopped.

    One process collects an account. Others stand by: when it ends, or its machine does, one of them takes over and
    reads what was missed. With --workers each takes its fair share of the accounts, and shares anew as others come and
    go. Accounts that are added to the configuration or taken out of it are picked up without a restart.
    """
    from account_cli import bootstrap
    from account_cli.cli.diagnostics import log_to_stderr, note
    from account_cli.errors import InputError

    session = session_of(ctx)
    names = [*(accounts or ()), *(only or ())]
    log_to_stderr(session)
    if stop:
        if names or workers:
            raise InputError("--stop ends all collectors of the database", hint="leave the rest away")
        return _stop(session)
    config = session.config.with_writable_keys() if allow_writable_key else session.config
    return bootstrap.collect(
        config, names, workers=workers, tell=lambda account, what: note(f"{account}: {what}", session)
    )


def _stop(session: Session) -> int:
    from account_cli import bootstrap
    from account_cli.cli.diagnostics import note, warn

    def waiting(asked: Sequence[Process]) -> None:
        said = ", ".join(one.name for one in asked)
        note(f"asked to end: {said}" if asked else "nothing is collecting", session)

    left = bootstrap.stop_collecting(session.config, within_s=_STOP_WITHIN_S, waiting=waiting)
    for one in left:
        warn(f"{one.name} has not ended within {_STOP_WITHIN_S:g} s", session)
    return 4 if left else 0
