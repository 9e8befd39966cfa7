"""For each kind of data: stream where the exchange can, poll where it cannot, unless told otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from account_cli.domain.health import DATA_KINDS, DataKind
from account_cli.ports import Abilities

Strategy = Literal["stream", "poll", "off"]


def choose(abilities: Abilities, overrides: Mapping[DataKind, Strategy]) -> dict[DataKind, Strategy]:
    """Return the strategy of each kind; an override that the exchange cannot serve falls back to what it can."""
    chosen: dict[DataKind, Strategy] = {}
    for kind in DATA_KINDS:
        wanted = overrides.get(kind, "stream")
        if wanted == "off" or (kind == "positions" and not abilities.has_positions):
            chosen[kind] = "off"
        elif wanted == "stream" and kind in abilities.streams:
            chosen[kind] = "stream"
        else:
            chosen[kind] = "poll" if kind in abilities.polls or kind in abilities.streams else "off"
    return chosen


def derived_name(chosen: Mapping[DataKind, Strategy], *, has_positions: bool) -> str:
    """Return FULL_WEBSOCKET, PARTIAL_WEBSOCKET or REST_ONLY.

    Full is: balances, orders and, where the venue has them, positions stream. Fills and transfers do not count.
    """
    counted: list[DataKind] = ["balances", "orders"]
    if has_positions:
        counted.append("positions")
    if all(chosen[kind] == "stream" for kind in counted):
        return "FULL_WEBSOCKET"
    return "PARTIAL_WEBSOCKET" if "stream" in chosen.values() else "REST_ONLY"
