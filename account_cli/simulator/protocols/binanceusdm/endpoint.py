"""An endpoint is an answer, what it takes to ask, and what it weighs; and how parameters are read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from account_cli.simulator.protocols.binanceusdm import errors
from account_cli.simulator.protocols.binanceusdm.setting import DIGITS, IDS
from account_cli.simulator.stage import Stage
from account_cli.simulator.wire import fixed
from account_cli.simulator.world.facts import Market

Params = Mapping[str, str]
Security = Literal["none", "key", "signed"]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A GET endpoint; weights are those of the page that describes it."""

    answer: Callable[[Stage, Params], object]
    security: Security = "signed"
    weight: int = 5


def whole(params: Params, name: str) -> int | None:
    """Return a whole number that may be missing; -1130 for anything else."""
    text = params.get(name, "")
    if not text:
        return None
    if not text.isdigit():
        raise errors.invalid(name)
    return int(text)


def limit(params: Params, default: int, most: int) -> int:
    """Return ``limit``; beyond the most, or zero, it is refused."""
    number = whole(params, "limit")
    if number is None:
        return default
    if not 1 <= number <= most:
        raise errors.invalid("limit")
    return number


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


def amount(value: Decimal) -> str:
    """Write an amount with eight digits."""
    return fixed(round(value, DIGITS), DIGITS)
