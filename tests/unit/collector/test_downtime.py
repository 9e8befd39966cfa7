"""What was not live is counted to the second and by its cause, whatever else happened before it was live again."""

from __future__ import annotations

import pytest

from account_cli.collector.health import Health
from account_cli.domain.health import DataKind
from account_cli.domain.times import SECOND
from account_cli.reports.accounts import status_row
from tests.unit.reports.report_views import view


class HandClock:
    """Time that stands still until it is moved."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def now_ns(self) -> int:
        return round(self.seconds * SECOND)

    def monotonic(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        raise AssertionError("nobody waits here")


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def health(clock: HandClock) -> Health:
    return Health("main", {"balances": "stream", "fills": "stream", "positions": "off"}, clock)


def down(health: Health, kind: DataKind) -> dict[str, tuple[int, float]]:
    row = next(row for row in health.rows() if row.kind == kind)
    return {one.cause: (one.times, one.ns / SECOND) for one in row.down}


def test_an_outage_counts_from_its_first_cause_to_the_moment_it_is_live_again(clock: HandClock, health: Health) -> None:
    clock.seconds += 2
    health.set(["balances", "fills"], "live")
    clock.seconds += 50
    health.set(["fills"], "offline", "gone", cause="connection lost")
    clock.seconds += 5
    health.set(["fills"], "starting", cause="something else")
    clock.seconds += 1
    health.set(["fills"], "catching-up")
    clock.seconds += 4
    assert down(health, "fills") == {"connection lost": (1, 10.0), "starting": (1, 2.0)}, "an open outage counts"
    health.set(["fills"], "live")
    clock.seconds += 100
    assert down(health, "fills") == {"connection lost": (1, 10.0), "starting": (1, 2.0)}
    assert down(health, "balances") == {"starting": (1, 2.0)}


def test_a_doubt_counts_as_an_outage_while_it_lasts(clock: HandClock, health: Health) -> None:
    health.set(["balances", "fills"], "live")
    health.doubt("database", ["fills"], "no room left")
    clock.seconds += 3
    health.trust("database")
    clock.seconds += 3
    health.doubt("database", ["fills"], "no room left")
    clock.seconds += 4
    health.trust("database")
    assert down(health, "fills") == {"database": (2, 7.0), "starting": (1, 0.0)}


def test_the_time_a_start_takes_is_told_and_not_counted_as_downtime(clock: HandClock, health: Health) -> None:
    clock.seconds += 7
    health.set(["balances", "fills"], "live")
    health.missed("asleep", 60)
    health.lagged(0.4)
    health.lagged(0.3)
    row = status_row(view(streams=health.rows()), clock.now_ns())
    states = {state.kind: state for state in row.streams}
    assert states["fills"].down_ms == 60_000
    assert [(one.cause, one.times, one.ms) for one in states["fills"].outages] == [
        ("asleep", 1, 60_000),
        ("starting", 1, 7_000),
    ]
    assert states["positions"].down_ms is None
    assert (row.lags, row.worst_lag_ms) == (2, 400)
