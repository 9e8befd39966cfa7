"""One budget for each key, or for each address, counted as the venue counts it.

Venues drain a counter: each request adds its cost, the counter falls with time, and a request that would lift it above
the ceiling is refused and remembered. ``Budget`` keeps the same counter and waits until the request fits. Others add
up within a minute and say in a header how much of it is used, by everybody at this address: what they say is believed,
and beyond ``SHARE`` of the minute nothing more is asked until the next.

Who can wait (``ports.patient``) leaves a part of the budget to whoever cannot: a connection that has to be caught up is
not kept waiting by a walk through the past.

All accounts and all processes of this machine draw on one budget, through a file that is locked for the moment in which
it is read and written; requests of one process are served in the order they were asked.
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
from account_cli.exchanges.files import locked, read_text, write_text
from account_cli.exchanges.nonces import Nonces
from account_cli.ports import Clock

T = TypeVar("T")
SHARE = 0.8
"""How much of what a venue allows is used at most: the rest is for whoever else is at this address."""
_RESERVED = 1 / 3
"""The part of the ceiling that is left to whoever cannot wait."""
_LEFT = re.compile(r"(\d{1,9}\.\d{3}) (\d{1,20}) (\d{1,9})\n")


class Budget:
    """A counter that rises by the cost of each request and falls by ``per_second``; never above ``ceiling``.

    ``a_minute`` is what the venue allows within one minute of the clock, for a venue that counts so.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        ceiling: float,
        per_second: float,
        a_minute: float | None = None,
        file: Path | None = None,
    ) -> None:
        self._clock, self.ceiling, self.per_second, self._file = clock, ceiling, per_second, file
        self._a_minute, self._used, self._minute = a_minute, 0.0, 0
        self._level, self._at = 0.0, clock.monotonic()
        self._seen: str | None = None
        self._turns = {True: asyncio.Lock(), False: asyncio.Lock()}

    async def admit(self, cost: float, *, patient: bool = False) -> None:
        """Wait until a request of this cost may be sent."""
        async with self._turns[patient]:
            ceiling = self.ceiling * (1 - _RESERVED) if patient else self.ceiling
            cost = min(cost, ceiling)
            while (wait := self._take(cost, ceiling)) > 0:
                await self._clock.sleep(max(wait, 0.01))

    def level(self) -> float:
        """Return what the counter shows now."""
        self._take_over()
        now = self._clock.monotonic()
        self._level = max(0.0, self._level - (now - self._at) * self.per_second)
        self._at = now
        return self._level

    def told(self, used: float) -> None:
        """The exchange says that so much of this minute is used: believe the higher of the two counts."""
        with locked(self._file):
            self._take_over()
            if used > self._used_now():
                self._used = used
                self._write()

    def _take(self, cost: float, ceiling: float) -> float:
        """Count a request of this cost and return 0, or return for how many seconds it does not fit."""
        with locked(self._file):
            over = self.level() + cost - ceiling
            if over > 0:
                return over / self.per_second
            if self._a_minute is not None and self._used_now() + cost > max(SHARE * self._a_minute, cost):
                return 60.0 - self._clock.now_ns() / SECOND % 60.0
            self._level += cost
            self._used = self._used_now() + cost
            self._write()
            return 0.0

    def _used_now(self) -> float:
        """Return what is used of the present minute of the clock."""
        minute = self._clock.now_ns() // (60 * SECOND)
        if minute != self._minute:
            self._minute, self._used = minute, 0.0
        return self._used

    def _write(self) -> None:
        if self._file is not None:
            self._seen = f"{self._level:.3f} {self._clock.now_ns()} {self._used:.0f}\n"
            write_text(self._file, self._seen)

    def _take_over(self) -> None:
        """Take over what another process, or an earlier one, wrote down."""
        told = read_text(self._file) if self._file is not None else None
        if told is None or told == self._seen:
            return
        self._seen = told
        if (match := _LEFT.fullmatch(told)) is None:
            return
        now_ns, at_ns = self._clock.now_ns(), int(match[2])
        passed = max(0.0, (now_ns - at_ns) / SECOND)
        self._level = min(self.ceiling, max(0.0, float(match[1]) - passed * self.per_second))
        self._at = self._clock.monotonic()
        self._minute = now_ns // (60 * SECOND)
        self._used = float(match[3]) if at_ns // (60 * SECOND) == self._minute else 0.0


class Shared:
    """What all readers of one key share: what it may still ask, what is asked without it, and its nonces."""

    def __init__(
        self, budget: Budget, nonces: Nonces, public: Budget | None, apart: Budget | None, private: asyncio.Lock
    ) -> None:
        self.budget, self.nonces = budget, nonces
        self.apart = apart or budget
        """For sections that the venue counts apart."""
        self.public = public or budget
        """For requests without a key, where the venue counts them apart."""
        self.private = private
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
