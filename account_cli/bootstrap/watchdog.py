"""The pulse of a run: its loop's beat, a thread that says what holds the loop up, and the machine's sleeps."""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
import time
import traceback
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any

from account_cli.collector.account import AccountCollector
from account_cli.collector.delivery import Delivery
from account_cli.collector.pulse import BLOCKED_S, Pulse
from account_cli.engine.writing import Writer
from account_cli.errors import AcctError
from account_cli.ports import Clock

_LOG = logging.getLogger(__name__)
_LOOK_S = 1.0
_FRAMES = 8


def asleep() -> float:
    """Return for how many seconds this machine has slept since it was started.

    Linux counts them: the boot-time clock runs on in a sleep, the monotonic one does not. Elsewhere the wall clock
    stands in for it, so that a wall clock set forward looks like a sleep: that costs one reconnection.
    """
    boottime = getattr(time, "CLOCK_BOOTTIME", None)
    whole = time.time() if boottime is None else time.clock_gettime(boottime)
    return whole - time.monotonic()


class Watchdog:
    """A thread beside the loop: when the loop has not beaten for long, it notes where it is stuck."""

    def __init__(self, pulse: Pulse) -> None:
        self._pulse = pulse
        self._loop_thread = threading.get_ident()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watchdog", daemon=True)
        self._place: str | None = None

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End the thread; returns when it is gone."""
        self._over.set()
        self._thread.join()

    def place(self) -> str | None:
        """Return where the loop was last found stuck, and forget it."""
        place, self._place = self._place, None
        return place

    def _run(self) -> None:
        told_for = 0.0
        while not self._over.wait(_LOOK_S):
            beat_at = self._pulse.beat_at
            if time.monotonic() - beat_at < BLOCKED_S or told_for == beat_at:
                continue
            told_for = beat_at
            lines = stack_of(self._loop_thread)
            self._place = lines[-1] if lines else None
            _LOG.warning("acct does not get to listen: it is at %s", " < ".join(reversed(lines)))


def stack_of(thread: int) -> list[str]:
    """Return the last calls of a thread, the innermost last, as ``file:line function``: no value, so no secret."""
    frame = sys._current_frames().get(thread)  # noqa: SLF001  # documented, in spite of its name
    if frame is None:
        return []
    found = traceback.extract_stack(frame, limit=None)[-_FRAMES:]
    return [f"{one.filename.rpartition('/')[2]}:{one.lineno} {one.name}" for one in found]


@asynccontextmanager
async def pulse(collectors: Mapping[str, AccountCollector], writer: Writer, clock: Clock) -> AsyncIterator[None]:
    """Watch the pulse for the length of the block; the collectors there are hear of every lag and of every sleep."""
    telling: set[asyncio.Task[None]] = set()

    def on_lag(seconds: float) -> None:
        for collector in collectors.values():
            collector.health.lagged(seconds)
        if seconds >= BLOCKED_S:
            for collector in collectors.values():
                begin(_say_blocked(collector, writer, seconds, dog.place()))

    def on_woke(seconds: float) -> None:
        for collector in collectors.values():
            begin(collector.woke(seconds))

    def begin(what: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(what)
        telling.add(task)
        task.add_done_callback(telling.discard)

    beat = Pulse(clock, asleep, on_lag, on_woke)
    dog = Watchdog(beat)
    beating = asyncio.create_task(beat.run(), name="pulse")
    dog.start()
    try:
        yield
    finally:
        dog.stop()
        for task in (beating, *telling):
            task.cancel()
        await asyncio.gather(beating, *telling, return_exceptions=True)


async def _say_blocked(collector: AccountCollector, writer: Writer, seconds: float, place: str | None) -> None:
    where = f", at {place}" if place else ""
    text = f"acct was too busy to listen for {seconds:.1f} s{where}; what came meanwhile waited and was read after"
    notice = collector.health.notice("warning", "blocked", text)
    with suppress(AcctError):
        await writer.write(Delivery(account=collector.account, notices=(notice,)))
