"""``acct version`` says which acct this is and what it stands on."""

from __future__ import annotations

import typer

from account_cli import __version__
from account_cli.cli.options import JsonFlag
from account_cli.cli.session import session_of

EXAMPLES = (("acct version", ""), ("acct version --json", "with the versions of what it stands on"))


def command(ctx: typer.Context, json: JsonFlag = False) -> int:
    """Show which acct this is."""
    session = session_of(ctx, json=json)
    if not session.wants_json:
        typer.echo(f"acct {__version__}")
        return 0
    import platform
    from importlib.metadata import version

    from account_cli.cli.output import write_json

    write_json(
        {
            "schema": "acct.version/1",
            "version": __version__,
            "python": platform.python_version(),
            "ccxt": version("ccxt"),
            "platform": platform.platform(),
        }
    )
    return 0
