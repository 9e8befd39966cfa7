"""Memory that is free again goes back to the system.

A collector makes and drops texts and pages of every size, on several threads. The C library keeps a heap for each
thread, what one of them frees of another's is filled badly, and it keeps what is free: in a soak of 24 simulated hours
half of all growth were such holes (docs/reliability.md). So there is one heap, and what is free in it is given back.

A connection that ended and a walk through history leave objects behind that refer to each other: few, but with buffers
and pages of hundreds of kilobytes. Only the garbage collector frees them, and it counts objects, not bytes: left to
itself it would come after an hour. So it is sent once a minute, before free memory is given back; more rarely where a
look at everything takes long (half a second with two hundred accounts), for nothing else goes on meanwhile.
"""

from __future__ import annotations

import asyncio
import ctypes
import gc
from collections.abc import Callable

from account_cli.ports import Clock

_EVERY_S = 60.0
_SHARE = 1000
"""At most one part in so many of the time goes into looking for what can be freed."""
_M_ARENA_MAX = -8
"""malloc.h: how many heaps there may be."""


def keep_one_heap() -> None:
    """Let threads that are started from now on share one heap: under Python's lock they hardly meet there."""
    if (found := _of_c("mallopt")) is not None:
        found(_M_ARENA_MAX, 1)


async def give_back(clock: Clock) -> None:
    """Now and then, until cancelled, free what refers only to itself, then give free memory back beside the loop."""
    trim, pause_s = trimmer(), _EVERY_S
    while True:
        await clock.sleep(pause_s)
        began = clock.monotonic()
        gc.collect()
        pause_s = max(_EVERY_S, _SHARE * (clock.monotonic() - began))
        if trim is not None:
            await asyncio.to_thread(trim)


def trimmer() -> Callable[[], object] | None:
    """Return what gives free memory back; None where the C library is not glibc and has no such thing."""
    trim = _of_c("malloc_trim")
    return None if trim is None else lambda: trim(ctypes.c_size_t(0))


def _of_c(name: str) -> Callable[..., object] | None:
    try:
        found: Callable[..., object] = getattr(ctypes.CDLL(None), name)
    except (AttributeError, OSError):
        return None
    return found
