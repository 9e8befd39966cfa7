"""How Binance spot's parameters are read, where they differ from the futures'."""

from __future__ import annotations

from account_cli.simulator.protocols.binance.setting import IDS
from account_cli.simulator.protocols.binanceusdm import errors
from account_cli.simulator.protocols.binanceusdm.endpoint import Params, whole
from account_cli.simulator.world.facts import Market

DAY_MS = 86_400_000


def market_of(params: Params) -> Market | None:
    """Return the market of ``symbol``, which may be missing; -1121 when there is no such."""
    name = params.get("symbol", "")
    if not name:
        return None
    if name not in IDS:
        raise errors.bad_symbol()
    return IDS[name]


def needed_market(params: Params) -> Market:
    """Return the market of ``symbol``; -1102 when it is missing."""
    market = market_of(params)
    if market is None:
        raise errors.missing("symbol")
    return market


def window(params: Params, now_ms: int, *, default_days: int, most_days: int | None = None) -> tuple[int, int]:
    """Return inclusive bounds in milliseconds; ``default_days`` up to now, or up to the end, unless ``startTime``."""
    start, end = whole(params, "startTime"), whole(params, "endTime")
    last = now_ms if end is None else end
    first = last - default_days * DAY_MS if start is None else start
    if most_days is not None and last - first > most_days * DAY_MS:
        raise errors.Refused(-1127, f"More than {most_days * 24} hours between startTime and endTime.")
    return first, last
