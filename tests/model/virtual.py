"""An hour of waiting costs nothing: an event loop whose time jumps to the next timer as soon as nothing is left to do.

Nothing outside the program is waited for, so the same program with the same seed does the same in the same order.
What would run on a thread runs at once, in its turn.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import selectors
import sys
import warnings
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import Executor
from contextvars import Context, ContextVar, copy_context
from pathlib import Path
from typing import Any, TypeVar
from weakref import WeakSet

T = TypeVar("T")

SECOND = 1_000_000_000
MEMORY_DISK = "/dev/shm" if Path("/dev/shm").is_dir() else None
"""A folder that costs no disk; None where there is none."""


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


process: ContextVar[int] = ContextVar("process", default=0)
"""Which process a task belongs to; 0 is the world and whoever runs the model."""


class VirtualLoop(asyncio.SelectorEventLoop):
    """The loop; ``time()`` begins at zero.

    Tasks made in a context in which ``process`` is set are a process: it can be stopped where it is, let go on, or
    killed, after which not one more line of it runs, its clean-up included.
    """

    def __init__(self) -> None:
        self._virtual = _Selector()
        self._stopped: dict[int, list[asyncio.Handle]] = {}
        self._dead: set[int] = set()
        self.graveyard: list[object] = []
        """What killed processes held; cleaning it up would run their code."""
        self._tasks: dict[int, WeakSet[asyncio.Task[Any]]] = {}
        super().__init__(self._virtual)
        self._clock_resolution = 1e-9

    def time(self) -> float:
        return self._virtual.passed

    def stop_process(self, number: int) -> None:
        """What SIGSTOP does."""
        self._stopped.setdefault(number, [])

    def let_go_on(self, number: int) -> None:
        """What SIGCONT does."""
        self._ready.extend(self._stopped.pop(number, ()))  # type: ignore[attr-defined]

    def kill_process(self, number: int) -> None:
        """What SIGKILL does, but for open files: whoever made the process closes them."""
        self._dead.add(number)
        self.graveyard.append(self._stopped.pop(number, None))
        for task in self._tasks.get(number, ()):
            task._log_destroy_pending = False  # type: ignore[attr-defined]
            self.graveyard.append(task)

    def tasks_left(self) -> set[asyncio.Task[Any]]:
        """Return the tasks that are not done, those of killed processes left out."""
        dead = {task for number in self._dead for task in self._tasks.get(number, ())}
        return asyncio.all_tasks(self) - dead

    def create_task(self, coro: Any, *, name: str | None = None, context: Context | None = None) -> asyncio.Task[Any]:  # type: ignore[override]
        task: asyncio.Task[Any] = super().create_task(coro, name=name, context=context)
        number = (copy_context() if context is None else context).get(process, 0)
        if number:
            self._tasks.setdefault(number, WeakSet()).add(task)
        return task

    def call_soon(  # type: ignore[override]
        self, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.Handle:
        if not self._dead and not self._stopped:
            return super().call_soon(callback, *args, context=context)
        number = (copy_context() if context is None else context).get(process, 0)
        if number in self._dead:
            self.graveyard.append((callback, args))
            return asyncio.Handle(callback, args, self, context)
        if number in self._stopped:
            held = asyncio.Handle(callback, args, self, context)
            self._stopped[number].append(held)
            return held
        return super().call_soon(callback, *args, context=context)

    def call_at(  # type: ignore[override]
        self, when: float, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        """A timer that runs out asks for its turn, so that a process that stands still has none."""
        context = copy_context() if context is None else context  # an empty one is false
        if context.get(process, 0) == 0:
            return super().call_at(when, callback, *args, context=context)
        timer: asyncio.TimerHandle

        def due() -> None:
            if not timer.cancelled():
                self.call_soon(callback, *args, context=context)

        timer = super().call_at(when, due, context=context)
        return timer

    def run_in_executor(  # type: ignore[override]
        self, executor: Executor | None, func: Callable[..., T], *args: Any
    ) -> asyncio.Future[T]:
        del executor
        done: asyncio.Future[T] = self.create_future()
        try:
            done.set_result(func(*args))
        except Exception as error:
            done.set_exception(error)
        return self.create_future() if process.get() in self._dead else done


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
        left = loop.tasks_left()
        for task in left:
            task.cancel()
        if left:
            with contextlib.suppress(Stuck):  # some waited for others that are cancelled too
                loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        asyncio.set_event_loop(None)
        loop.close()
        _bury(loop)


def _bury(loop: VirtualLoop) -> None:
    """Let go of what killed processes held; what their code says to that is nobody's business."""
    if loop.graveyard:
        was, sys.unraisablehook = sys.unraisablehook, lambda _: None
        logging.disable(logging.WARNING)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                loop.graveyard.clear()
                gc.collect()
        finally:
            logging.disable(logging.NOTSET)
            sys.unraisablehook = was
