"""What is doubted is never told as live, and what was doubted is live again afterwards."""

from __future__ import annotations

import time

import pytest

from account_cli.collector.health import Health
from account_cli.domain.health import DataKind


class WallClock:
    def now_ns(self) -> int:
        return time.time_ns()

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        raise AssertionError("nobody waits here")


@pytest.fixture
def health() -> Health:
    return Health(
        "main", {"balances": "stream", "fills": "stream", "transfers": "poll", "positions": "off"}, WallClock()
    )


def told(health: Health) -> dict[DataKind, str]:
    return {row.kind: row.status for row in health.rows()}


def test_a_doubt_degrades_what_seemed_well_and_only_while_it_lasts(health: Health) -> None:
    health.set(["balances", "fills"], "live")
    health.set(["transfers"], "polling")
    health.doubt("database", ["balances", "fills", "transfers"], "no room left")
    health.doubt("sweep", ["fills"], "no answer in time")
    assert told(health) == {
        "balances": "degraded",
        "fills": "degraded",
        "transfers": "degraded",
        "positions": "starting",
    }
    assert {row.detail for row in health.rows() if row.kind == "balances"} == {"no room left"}
    health.trust("database")
    assert told(health)["balances"] == "live"
    assert told(health)["fills"] == "degraded", "the sweep still fails"
    health.trust("sweep")
    assert told(health)["fills"] == "live"


def test_a_doubt_never_makes_it_look_better(health: Health) -> None:
    health.set(["balances"], "offline", "the key was refused")
    health.doubt("database", ["balances"], "locked")
    assert told(health)["balances"] == "offline"
    health.set(["balances"], "stopped")
    assert told(health)["balances"] == "stopped"


def test_what_is_doubted_is_not_asked_for_as_if_it_were_down(health: Health) -> None:
    health.set(["balances", "fills"], "live")
    health.doubt("database", ["balances", "fills"], "locked")
    assert health.not_live() == frozenset()


def test_a_doubt_is_told_only_once_what_was_proved_before_is_too_old() -> None:
    class SetClock(WallClock):
        at = 100.0

        def monotonic(self) -> float:
            return self.at

    clock = SetClock()
    health = Health("main", {"fills": "stream"}, clock)
    health.set(["fills"], "live")
    health.doubt("sweep", ["fills"], "no answer in time", from_s=110.0)
    assert told(health)["fills"] == "live"
    clock.at = 110.0
    assert told(health)["fills"] == "degraded"
    clock.at = 115.0
    health.trust("sweep")
    (row,) = health.rows()
    assert row.status == "live"
    assert [(one.cause, one.ns) for one in row.down if one.cause == "sweep"] == [("sweep", 5_000_000_000)]
