"""``acct simulate`` runs a simulated exchange and prints the configuration that reaches it."""

from __future__ import annotations

import re
import sys
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from account_cli.cli.session import session_of

if TYPE_CHECKING:
    from account_cli.bootstrap.demo import Listed

EXAMPLES = (
    ("acct simulate --venue kraken", "prints what to put into a configuration"),
    ("acct simulate --venue binanceusdm --seed 7 --speed 600x", "the same world, ten hours a minute"),
    ("acct simulate --fault F03@t=30s,for=20s --fault F05@t=60s", "a stream that falls silent, then a cut"),
    ("acct simulate --faults random --seed 42", "eight faults within a minute, the same ones each time"),
)
_VENUES = ("kraken", "binance", "binanceusdm")
_LIST = "list"
_PLAYERS = {
    "exchange": "not yet",
    "test": "the tests play it",
    "library": "the client library's own; the tests play it",
    "machine": "befalls this computer; the tests play it",
}

Venue = Annotated[
    str,
    typer.Option(
        "--venue", metavar="kraken|binance|binanceusdm", help="Whose protocol it speaks; kraken when not given."
    ),
]
Account = Annotated[
    str | None,
    typer.Option("--account", metavar="NAME", help="What the printed account is called; else like the venue."),
]
Seed = Annotated[int, typer.Option("--seed", metavar="N", help="Which world; the same number gives the same one.")]
Port = Annotated[int, typer.Option("--port", metavar="N", help="Where to listen on this computer; 0 takes a free one.")]
Speed = Annotated[str, typer.Option("--speed", metavar="60x", help="How fast the world's past is lived through.")]
Fault = Annotated[
    list[str] | None,
    typer.Option(
        "--fault",
        metavar="F03@t=30s,for=20s",
        help="What goes wrong, and when; may be repeated. `list` tells what there is.",
    ),
]
Faults = Annotated[
    str | None, typer.Option("--faults", metavar="random", help="Let eight faults happen within a minute, by --seed.")
]
WritableKey = Annotated[
    bool, typer.Option("--writable-key", help="The key may trade: an acct that meets it must refuse it.")
]
NoLimits = Annotated[
    bool,
    typer.Option("--no-limits", help="No request is one too many: limits do not go faster when the world does."),
]


def command(
    ctx: typer.Context,
    venue: Venue = "kraken",
    account: Account = None,
    seed: Seed = 7,
    port: Port = 0,
    speed: Speed = "60x",
    fault: Fault = None,
    faults: Faults = None,
    writable_key: WritableKey = False,
    no_limits: NoLimits = False,
) -> int:
    """Run a simulated exchange on this computer.

    It listens on 127.0.0.1 only, until it is stopped. The configuration it prints holds a key that is good for nothing
    else. Faults change how it tells what happened, never what happened: when they are over, whoever watches must know
    all of it.
    """
    from account_cli import bootstrap
    from account_cli.cli.diagnostics import log_to_stderr
    from account_cli.cli.words import choice
    from account_cli.errors import InputError

    session = session_of(ctx)
    venue = choice(venue, _VENUES, "--venue")
    if not 0 <= port <= 65_535:
        raise InputError(f"--port: must be from 0 to 65535, not {port}")
    if faults is not None:
        choice(faults, ("random",), "--faults")
        if fault:
            raise InputError("--fault and --faults exclude each other", hint="leave one out")
    if fault == [_LIST]:
        return _list()
    log_to_stderr(session)
    return bootstrap.simulate(
        venue,
        account=account or venue,
        seed=seed,
        port=port,
        speed=factor(speed),
        emit=_print_section,
        faults=[faults] if faults else fault or (),
        writable_key=writable_key,
        limits=not no_limits,
    )


def _list() -> int:
    from account_cli import bootstrap
    from account_cli.cli.output import write_lines

    write_lines(_listed(bootstrap.faults()))
    return 0


def _listed(table: Sequence[Listed]) -> list[str]:
    """Return the catalogue by sections, what is switched on by its name first, within eighty columns."""
    lines: list[str] = []
    for section in dict.fromkeys(row.section for row in table):
        found = [line for row in table if row.section == section and row.name for line in _entry(row.name, row)]
        if found:
            lines += [*([""] if lines else []), section, *found]
    lines += ["", "Not switched on here"]
    return lines + [line for row in table if not row.name for line in _entry(row.number, row)]


def _entry(name: str, row: Listed) -> list[str]:
    """Return the lines of one row: what it is, whether it lasts, where it is confined to, why it is not played."""
    more = ["lasts"] if row.lasts and row.name else []
    if 0 < len(row.venues) < len(_VENUES):
        more.append(f"only {', '.join(row.venues)}")
    if not row.name:
        more.append(row.note if not row.venues and row.note else _PLAYERS[row.player])
    about = row.about + (f" ({'; '.join(more)})" if more else "")
    return textwrap.wrap(about, 80, initial_indent=f"  {name:6}", subsequent_indent=" " * 8)


def factor(text: str) -> float:
    """Read a speed like ``60x``."""
    from account_cli.errors import InputError

    match = re.fullmatch(r"(\d{1,7}(?:\.\d{1,6})?)x?", text.strip().lower())
    value = float(match[1]) if match else 0.0
    if value <= 0:
        raise InputError(f"--speed: not a factor: {text!r}", hint="write 60x for an hour a minute")
    return value


def _print_section(text: str) -> None:
    """Write the configuration at once; the empty line after it says that it is whole."""
    sys.stdout.write(text.rstrip("\n") + "\n\n")
    sys.stdout.flush()
