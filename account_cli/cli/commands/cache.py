"""``acct cache`` writes what others read in Redis anew, from the journal."""

from __future__ import annotations

from typing import Annotated

import typer

from account_cli.cli.options import JsonFlag
from account_cli.cli.session import session_of

EXAMPLES = (("acct cache rebuild", "all accounts"), ("acct cache rebuild kraken", "one of them"))

Words = Annotated[list[str], typer.Argument(metavar="rebuild [ACCOUNT]...", help="What is to be done.")]


def command(ctx: typer.Context, words: Words, json: JsonFlag = False) -> int:
    """Write the present state that others read in Redis anew.

    Whoever collects does so by itself within seconds of Redis having forgotten; this is for when nobody collects.
    """
    from account_cli import bootstrap
    from account_cli.cli.output import json_line, write_now
    from account_cli.cli.words import choice

    session = session_of(ctx, json=json)
    choice(words[0], ("rebuild",), "acct cache")
    done = bootstrap.rebuild_cache(session.config, words[1:])
    if session.wants_json:
        write_now(json_line({"schema": "acct.cache-rebuild/1", "accounts": done.accounts, "keys": done.keys}))
    elif not session.quiet:
        write_now(f"{done.keys} keys of {done.accounts} accounts were written anew")
    return 0
