"""Stream where the exchange can, poll where it cannot, and the name that follows from it."""

from __future__ import annotations

import pytest

from account_cli.collector.strategy import choose, derived_name
from account_cli.domain.health import DataKind
from account_cli.ports import Abilities

ALL: frozenset[DataKind] = frozenset({"balances", "orders", "fills", "positions", "transfers"})


def abilities(*streams: DataKind, positions: bool = True) -> Abilities:
    return Abilities(streams=frozenset(streams), polls=ALL, has_positions=positions)


@pytest.mark.parametrize(
    ("able", "name"),
    [
        (abilities("balances", "orders", "fills", "positions"), "FULL_WEBSOCKET"),
        (abilities("balances", "orders", positions=False), "FULL_WEBSOCKET"),
        (abilities("balances", "orders"), "PARTIAL_WEBSOCKET"),
        (abilities("balances"), "PARTIAL_WEBSOCKET"),
        (abilities("fills"), "PARTIAL_WEBSOCKET"),
        (abilities(), "REST_ONLY"),
    ],
)
def test_the_name_follows_from_what_streams(able: Abilities, name: str) -> None:
    assert derived_name(choose(able, {}), has_positions=able.has_positions) == name


def test_what_cannot_stream_is_polled_and_a_venue_without_positions_has_none() -> None:
    chosen = choose(abilities("balances", positions=False), {})
    assert chosen == {
        "balances": "stream",
        "orders": "poll",
        "fills": "poll",
        "positions": "off",
        "transfers": "poll",
    }


def test_an_override_wins_where_the_exchange_can_serve_it() -> None:
    able = abilities("balances", "orders")
    assert choose(able, {"balances": "poll"})["balances"] == "poll"
    assert choose(able, {"orders": "off"})["orders"] == "off"
    assert choose(able, {"fills": "stream"})["fills"] == "poll"
