"""The exchange's time is known as well as its answers allow, and no better is pretended."""

from __future__ import annotations

import pytest

from account_cli.domain.times import MILLISECOND, SECOND
from account_cli.exchanges.offsets import ServerTime
from tests.unit.exchanges.exch_clock import TestClock


class Skewed(TestClock):
    """A computer whose wall clock is set apart from its monotonic one."""

    def __init__(self) -> None:
        super().__init__()
        self.set_ns = 0

    def now_ns(self) -> int:
        return self.ns + self.set_ns


async def measured(clock: Skewed, time: ServerTime, ahead_s: float, *, there: float, back: float) -> None:
    sent_ns = clock.now_ns()
    await clock.sleep(there)
    server_ns = clock.ns + int(ahead_s * SECOND)
    await clock.sleep(back)
    time.told(server_ns // MILLISECOND * MILLISECOND, sent_ns)


async def test_the_offset_is_the_middle_of_the_best_round_trip() -> None:
    clock = Skewed()
    time = ServerTime(clock)
    await measured(clock, time, 10.0, there=0.5, back=0.01)
    await measured(clock, time, 10.0, there=0.02, back=0.03)
    await measured(clock, time, 10.0, there=0.4, back=0.4)
    assert time.ahead_ns() == pytest.approx(10.0 * SECOND, abs=0.03 * SECOND)
    assert time.remark() == "this computer's clock is 10.0 s behind"


async def test_a_slow_answer_is_no_proof_that_the_clock_is_off() -> None:
    clock = Skewed()
    time = ServerTime(clock)
    await measured(clock, time, 0.0, there=3.0, back=0.0)
    assert time.remark() is None
    await measured(clock, time, -0.3, there=0.01, back=0.01)
    assert time.remark() is None


async def test_what_is_known_is_carried_on_though_the_clock_is_set_and_then_measured_again() -> None:
    clock = Skewed()
    time = ServerTime(clock)
    await measured(clock, time, 0.0, there=0.01, back=0.01)
    wanted = [time.wants_measuring]
    clock.set_ns = -10 * SECOND
    wanted.append(time.wants_measuring)
    assert wanted == [False, True]
    assert time.ahead_ns() == pytest.approx(10 * SECOND, abs=0.05 * SECOND)
    await measured(clock, time, 0.0, there=0.01, back=0.01)
    assert not time.wants_measuring
    assert time.ahead_ns() == pytest.approx(10 * SECOND, abs=0.05 * SECOND)


async def test_a_clock_that_drifts_is_followed() -> None:
    clock = Skewed()
    time = ServerTime(clock)
    for minute in range(60):
        drifted = minute * 0.05  # 50 ms a minute
        await measured(clock, time, drifted, there=0.02 + 0.01 * (minute % 3), back=0.03)
        assert time.ahead_ns() == pytest.approx(drifted * SECOND, abs=0.1 * SECOND)
        await clock.sleep(60)
    assert time.wants_measuring is False
    await clock.sleep(301)
    assert time.wants_measuring


async def test_seconds_alone_tell_a_clock_that_is_off_by_ten_and_not_one_that_is_right() -> None:
    for ahead, said in ((0, False), (10, True), (-10, True)):
        clock = Skewed()
        time = ServerTime(clock)
        for step in range(20):
            sent_ns = clock.now_ns()
            await clock.sleep(0.05)
            time.told((clock.ns + ahead * SECOND) // SECOND * SECOND, sent_ns, grain_ns=SECOND)
            await clock.sleep(0.3 + step / 100)
        assert (time.remark() is not None) is said
