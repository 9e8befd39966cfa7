"""The venues whose wire the simulator speaks, each a folder that knows its world and its words."""

from __future__ import annotations

from account_cli.errors import InputError
from account_cli.simulator.stage import Venue

NAMES = ("kraken", "binance", "binanceusdm")


def venue(name: str) -> Venue:
    """Return the venue of that ccxt id; ``InputError`` names those there are."""
    if name == "kraken":
        from account_cli.simulator.protocols.kraken import VENUE as KRAKEN

        return KRAKEN
    if name == "binance":
        from account_cli.simulator.protocols.binance import VENUE as BINANCE

        return BINANCE
    if name == "binanceusdm":
        from account_cli.simulator.protocols.binanceusdm import VENUE as BINANCEUSDM

        return BINANCEUSDM
    raise InputError(f"no simulator for {name!r}", hint=f"one of: {', '.join(NAMES)}")
