"""An hour of waiting costs nothing: an event loop whose time jumps to the next timer as soon as nothing is left to do.

Nothing outside the program is waited for, so the same program with the same seed does the same in the same order.
What would run on a thread runs at once, in its turn.
"""

from __future__ import annotations

import asyncio
import contextlib
import selectors
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import Executor
from typing import Any, TypeVar

T = TypeVar("T")

SECOND = 1_000_000_000


class Stuck(RuntimeError):
    """Everything waits for something that nothing will ever do."""


class _Selector(selectors.BaseSelector):
    """Never waits: time that would pass is added to the loop's clock."""

    def __init__(self) -> None:
        self.passed = 0.0
        self._keys: dict[object, selectors.SelectorKey] = {}

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        key = selectors.SelectorKey(fileobj, fileobj.fileno() if hasattr(fileobj, "fileno") else fileobj, events, data)
        self._keys[fileobj] = key
        return key

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return self._keys.pop(fileobj)

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise Stuck("nothing is left to do and nothing is waited for")
        self.passed += max(0.0, timeout)
        return []

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return self._keys


class VirtualLoop(asyncio.SelectorEventLoop):
    """The loop; ``time()`` begins at zero."""

    def __init__(self) -> None:
        self._virtual = _Selector()
        super().__init__(self._virtual)
        self._clock_resolution = 1e-9

    def time(self) -> float:
        return self._virtual.passed

    def run_in_executor(  # type: ignore[override]
        self, executor: Executor | None, func: Callable[..., T], *args: Any
    ) -> asyncio.Future[T]:
        del executor
        done: asyncio.Future[T] = self.create_future()
        try:
            done.set_result(func(*args))
        except Exception as error:
            done.set_exception(error)
        return done


class VirtualClock:
    """The clock of a virtual loop; ``jump_s`` is what the wall clock was set forward by, the timers go on as ever."""

    def __init__(self, loop: VirtualLoop, start_ns: int) -> None:
        self._loop, self.start_ns = loop, start_ns
        self.jump_s = 0.0

    def now_ns(self) -> int:
        return self.true_ns() + round(self.jump_s * SECOND)

    def true_ns(self) -> int:
        """The wall time of a clock that nobody set."""
        return self.start_ns + round(self._loop.time() * SECOND)

    def monotonic(self) -> float:
        return self._loop.time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


def run(make: Callable[[VirtualLoop], Coroutine[Any, Any, T]]) -> T:
    """Run a coroutine to its end in a virtual loop of its own; tasks it left behind are cancelled."""
    loop = VirtualLoop()
    asyncio.set_event_loop(loop)
    try:
        return loop.run_until_complete(make(loop))
    finally:
        left = asyncio.all_tasks(loop)
        for task in left:
            task.cancel()
        if left:
            with contextlib.suppress(Stuck):  # some waited for others that are cancelled too
                loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        asyncio.set_event_loop(None)
        loop.close()
