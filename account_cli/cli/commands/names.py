"""``acct names`` prints names for shell completion: quickly, from this computer only, and never an error."""

from __future__ import annotations

import re
from typing import Annotated

import typer

from account_cli.cli.session import Session, session_of, venue_names
from account_cli.errors import AcctError

EXAMPLES = (("acct names accounts", ""), ("acct names symbols", ""))
_HARMLESS = re.compile(r"[A-Za-z0-9_.:/@+-]+")
"""A shell expands what completion is given: a name that holds anything else is not offered."""

_KINDS = ("accounts", "assets", "exchanges", "symbols")

Which = Annotated[list[str], typer.Argument(metavar="|".join(_KINDS), help="Which names.")]


def command(ctx: typer.Context, which: Which) -> int:
    """Print names for shell completion."""
    from account_cli.cli.output import write_lines
    from account_cli.cli.words import choice

    session = session_of(ctx)
    found: list[str] = []
    try:
        for one in which:
            found += venue_names() if choice(one, _KINDS, "NAMES") == "exchanges" else _stored(session, one)
    except AcctError:
        return 0
    write_lines([name for name in sorted(set(found)) if _HARMLESS.fullmatch(name)])
    return 0


def _stored(session: Session, which: str) -> list[str]:
    from account_cli.cli.asking import ask

    with ask(session, None) as question:
        if which == "accounts":
            return [*question.names, *question.unknown]
        reader = question.reading.reader
        if reader is None or not question.names:
            return []
        if which == "assets":
            states = [
                view.state for view in question.reading.views(question.names)
            ]  # without prices: nothing is valued
            held = [asset for state in states for _, asset in state.balances()]
            return [*held, *(row.currency for state in states for row in state.positions())]
        return [symbol for name in question.names for symbol in reader.symbols(name)]
