"""Memory that is free again goes back to the system.

A collector makes and drops texts and pages of every size, on several threads. The C library keeps a heap for each
thread, what one of them frees of another's is filled badly, and it keeps what is free: in a soak of 24 simulated hours
half of all growth were such holes (docs/reliability.md). So there is one heap, and what is free in it is given back.
"""

from __future__ import annotations

import asyncio
import ctypes
from collections.abc import Callable

from account_cli.ports import Clock

_EVERY_S = 60.0
_M_ARENA_MAX = -8
"""malloc.h: how many heaps there may be."""


def keep_one_heap() -> None:
    """Let threads that are started from now on share one heap: under Python's lock they hardly meet there."""
    if (found := _of_c("mallopt")) is not None:
        found(_M_ARENA_MAX, 1)


async def give_back(clock: Clock) -> None:
    """Give free memory back once a minute, beside the event loop, until cancelled."""
    trim = trimmer()
    while trim is not None:
        await clock.sleep(_EVERY_S)
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
