"""One budget for each key, or for each address, counted as the venue counts it.

Venues drain a counter: each request adds its cost, the counter falls with time, and a request that would lift it above
the ceiling is refused and remembered. ``Budget`` keeps the same counter and waits until the request fits.

Readers of one key in one process share a ``Budget``; requests are served in the order they were asked. Between
processes the counter is handed on in a file: a poll from cron begins where the last one left it.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar, cast
from weakref import WeakKeyDictionary

from account_cli.domain.times import SECOND
from account_cli.exchanges.files import read_text, write_text
from account_cli.exchanges.nonces import Nonces
from account_cli.ports import Clock

T = TypeVar("T")
_LEFT = re.compile(r"(\d{1,9}\.\d{3}) (\d{1,20})\n")


class Budget:
    """A counter that rises by the cost of each request and falls by ``per_second``; never above ``ceiling``."""

    def __init__(self, clock: Clock, *, ceiling: float, per_second: float, file: Path | None = None) -> None:
        self._clock, self.ceiling, self.per_second, self._file = clock, ceiling, per_second, file
        self._level, self._at = self._left_behind(), clock.monotonic()
        self._turn = asyncio.Lock()

    async def admit(self, cost: float) -> None:
        """Wait until a request of this cost may be sent."""
        async with self._turn:
            cost = min(cost, self.ceiling)
            while (over := self.level() + cost - self.ceiling) > 0:
                await self._clock.sleep(max(over / self.per_second, 0.01))
            self._level = self.level() + cost
            if self._file is not None:
                write_text(self._file, f"{self._level:.3f} {self._clock.now_ns()}\n")

    def level(self) -> float:
        """Return what the counter shows now."""
        now = self._clock.monotonic()
        self._level = max(0.0, self._level - (now - self._at) * self.per_second)
        self._at = now
        return self._level

    def _left_behind(self) -> float:
        """Return what is left now of the level that the last process wrote down."""
        match = _LEFT.fullmatch(read_text(self._file) or "") if self._file is not None else None
        if match is None:
            return 0.0
        passed = max(0.0, (self._clock.now_ns() - int(match[2])) / SECOND)
        return min(self.ceiling, max(0.0, float(match[1]) - passed * self.per_second))

    def told(self, used: float) -> None:
        """The exchange says that so much is used: believe the higher of the two counts."""
        self._level = max(self.level(), used)


class Shared:
    """What all readers of one key in one process share."""

    def __init__(self, budget: Budget, nonces: Nonces, public: Budget | None = None) -> None:
        self.budget, self.nonces = budget, nonces
        self.public = public or budget
        """For requests without a key, where the venue counts them apart."""
        self.private = asyncio.Lock()
        """Held from the making of a nonce to the answer, where the venue wants nonces in order."""


_known: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, object]] = WeakKeyDictionary()


def shared(name: str, make: Callable[[], T]) -> T:
    """Return what is shared under ``name`` in the running event loop: the first one made."""
    known = _known.setdefault(asyncio.get_running_loop(), {})
    if name not in known:
        known[name] = make()
    return cast("T", known[name])


def fingerprint(*parts: str | None) -> str:
    """Return a name for a key that does not tell the key."""
    return hashlib.sha256("\x00".join(part or "" for part in parts).encode()).hexdigest()[:24]
