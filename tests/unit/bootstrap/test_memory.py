"""What nobody uses any more is freed, and what is free inside the C library's heap goes back to the system."""

from __future__ import annotations

import asyncio
import gc
import subprocess
import sys
import weakref

import psutil
import pytest

from account_cli.bootstrap import memory
from account_cli.bootstrap.collecting import SystemClock


@pytest.mark.skipif(memory.trimmer() is None, reason="the C library is not glibc")
async def test_holes_between_what_is_still_used_are_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_EVERY_S", 0.01)
    process = psutil.Process()
    texts = [bytes(1024) for _ in range(64 * 1024)]
    kept = texts[::32]  # holes of about 31 KiB: at no end of the heap
    del texts
    full = process.memory_info().rss
    running = asyncio.ensure_future(memory.give_back(SystemClock()))
    try:
        async with asyncio.timeout(30):
            while process.memory_info().rss > full - 32 * 2**20:
                await asyncio.sleep(0.01)
    finally:
        running.cancel()
    assert len(kept) == 2048


class Connection:
    """Something that refers to itself, as a connection does to the task that reads it."""

    def __init__(self) -> None:
        self.me = self


async def test_what_refers_only_to_itself_is_freed_though_the_garbage_collector_would_not_come(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(memory, "_EVERY_S", 0.01)
    gc.disable()
    running = asyncio.ensure_future(memory.give_back(SystemClock()))
    try:
        gone = weakref.ref(Connection())
        async with asyncio.timeout(30):
            while gone() is not None:
                await asyncio.sleep(0.01)
    finally:
        running.cancel()
        gc.enable()


class Sleeper(SystemClock):
    """Notes how long it was told to sleep, until it was told to three times."""

    def __init__(self) -> None:
        super().__init__()
        self.now, self.slept = 0.0, list[float]()

    def monotonic(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        if len(self.slept) == 3:
            raise asyncio.CancelledError


async def test_a_look_at_everything_that_takes_long_is_taken_rarely(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, takes = Sleeper(), [0.001, 0.5]

    def collect() -> None:
        clock.now += takes.pop(0)

    monkeypatch.setattr(gc, "collect", collect)
    with pytest.raises(asyncio.CancelledError):
        await memory.give_back(clock)
    assert clock.slept == pytest.approx([60, 60, 500])


@pytest.mark.skipif(memory.trimmer() is None, reason="the C library is not glibc")
def test_threads_share_one_heap() -> None:
    """Asked of a process of its own: what is set here would be set for every test after it."""
    script = """
import ctypes, sys, threading
from account_cli.bootstrap import memory
if sys.argv[1] == "one":
    memory.keep_one_heap()
busy = [threading.Thread(target=lambda: [bytes(2000) for _ in range(1000)]) for _ in range(4)]
[thread.start() for thread in busy]
[thread.join() for thread in busy]
libc = ctypes.CDLL(None)
libc.fdopen.restype = ctypes.c_void_p
libc.malloc_info.argtypes = [ctypes.c_int, ctypes.c_void_p]
libc.fflush.argtypes = [ctypes.c_void_p]
out = libc.fdopen(1, b"w")
libc.malloc_info(0, out)
libc.fflush(out)
"""

    def heaps(how: str) -> int:
        done = subprocess.run([sys.executable, "-c", script, how], capture_output=True, text=True, check=True)
        return done.stdout.count("<heap ")

    assert heaps("one") == 1
    assert heaps("many") > 1
