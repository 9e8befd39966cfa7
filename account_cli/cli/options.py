"""Options that several commands share: the same word means the same thing everywhere."""

from __future__ import annotations

from typing import Annotated

import typer

Accounts = Annotated[
    list[str] | None,
    typer.Argument(metavar="[ACCOUNT]...", help="The accounts meant; all when none is named."),
]
JsonFlag = Annotated[bool, typer.Option("--json", help="Write JSON: exact decimals as strings, times in UTC.")]
CsvFlag = Annotated[bool, typer.Option("--csv", help="Write CSV: the same fields, one row a line.")]
SINCE_HELP = "From this time on: 7d, 36h, yesterday, ytd, 2026-11, 2026-11-01, 2026-11-01T09:00Z."
UNTIL_HELP = "Up to this time, itself not included."
Since = Annotated[str | None, typer.Option("--since", metavar="TIME", help=SINCE_HELP)]
Until = Annotated[str | None, typer.Option("--until", metavar="TIME", help=UNTIL_HELP)]
Symbol = Annotated[
    str | None, typer.Option("--symbol", metavar="SYMBOL", help="Only this market, for example BTC/USD.")
]
At = Annotated[
    str | None,
    typer.Option(
        "--at", metavar="TIME", help="As it was then, worked out from the facts up to that time; a day means its end."
    ),
]
METHODS = ("average", "fifo", "lifo", "hifo")
Method = Annotated[
    str, typer.Option("--method", metavar="|".join(METHODS), help="Which lots go first; average when not given.")
]
POLICIES = ("exclude", "zero", "market", "error")
UnknownCost = Annotated[
    str,
    typer.Option(
        "--unknown-cost",
        metavar="|".join(POLICIES),
        help="What a cost that nobody knows counts as: left out and shown, 0, the price when it arrived, or an error.",
    ),
]
Currency = Annotated[
    str | None, typer.Option("--in", metavar="CURRENCY", help="Value in this currency; else the configured one.")
]
AlsoIn = Annotated[str | None, typer.Option("--in", metavar="CURRENCY", help="In this currency too, beside their own.")]
INTERVALS = ("30s", "1m", "5m", "1h", "1d", "1w", "1mo")
Interval = Annotated[
    str | None, typer.Option("--interval", metavar="|".join(INTERVALS), help="How far apart the points are.")
]
AllowWritableKey = Annotated[
    bool,
    typer.Option("--allow-writable-key", help="Use a key even when the exchange says that it can trade or withdraw."),
]
