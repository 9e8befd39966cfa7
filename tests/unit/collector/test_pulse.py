"""A beat that comes late is a lag, and a sleep of the machine is told from it."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

from account_cli.bootstrap.watchdog import Watchdog, asleep, stack_of
from account_cli.collector.pulse import Pulse


class Scripted:
    """A clock on which every wait takes as long as the script says, and the machine sleeps as it says."""

    def __init__(self, *steps: tuple[float, float]) -> None:
        self.now, self.slept, self._steps = 100.0, 0.0, list(steps)

    def now_ns(self) -> int:
        return round(self.now * 1e9)

    def monotonic(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        if not self._steps:
            raise asyncio.CancelledError
        late, slept = self._steps.pop(0)
        self.now += seconds + late
        self.slept += slept


@pytest.mark.parametrize(
    ("steps", "lags", "sleeps"),
    [
        ([(0.0, 0.0), (0.2, 0.0), (0.0, 0.0)], [], []),
        ([(0.0, 0.0), (0.4, 0.0), (6.0, 0.0)], [0.4, 6.0], []),
        ([(0.0, 3600.0), (0.0, 0.0)], [], [3600.0]),
        ([(0.1, 3600.0)], [], [3600.1]),
        ([(45.0, 0.0)], [], [45.0]),  # the process was stopped: as good as asleep
        ([(0.0, -30.0)], [], []),  # a wall clock set back is no sleep
    ],
)
async def test_a_late_beat_and_a_sleep_are_told_apart(
    steps: list[tuple[float, float]], lags: list[float], sleeps: list[float]
) -> None:
    clock, told, woke = Scripted(*steps), list[float](), list[float]()
    with pytest.raises(asyncio.CancelledError):
        await Pulse(clock, lambda: clock.slept, told.append, woke.append).run()
    assert told == pytest.approx(lags)
    assert woke == pytest.approx(sleeps)


def test_the_machine_has_slept_for_some_time_or_none_and_the_figure_stands_still() -> None:
    first = asleep()
    time.sleep(0.01)
    assert asleep() == pytest.approx(first, abs=1.0)


def stuck_here(over: threading.Event) -> None:
    over.wait()


def test_a_stack_names_the_functions_and_no_value() -> None:
    over = threading.Event()
    thread = threading.Thread(target=stuck_here, args=(over,))
    thread.start()
    try:
        lines = stack_of(thread.ident or 0)
    finally:
        over.set()
        thread.join()
    assert any(line.startswith("test_pulse.py:") and line.endswith(" stuck_here") for line in lines), lines


def test_the_watchdog_finds_where_a_loop_is_stuck(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("account_cli.bootstrap.watchdog._LOOK_S", 0.01)
    clock = Scripted()
    clock.now = time.monotonic() - 60
    dog = Watchdog(Pulse(clock, lambda: 0.0, lambda _: None, lambda _: None))
    dog.start()
    deadline = time.monotonic() + 20
    place = None
    while place is None and time.monotonic() < deadline:
        place = dog.place()
    dog.stop()
    assert place is not None
    assert ".py:" in place
