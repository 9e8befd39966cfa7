"""What is free inside the C library's heap goes back to the system."""

from __future__ import annotations

import asyncio
import subprocess
import sys

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
