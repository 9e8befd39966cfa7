"""Whether this process gets to listen at all: how late its own beat is, and what it slept through.

A beat ten times a second. Where it comes a quarter of a second late or more, something kept the process from listening
(a long computation, a busy machine). Where the machine slept meanwhile, or the process stood still for half a minute,
every connection is taken for dead, whatever it seems: the other side has long given up.
"""

from __future__ import annotations

from collections.abc import Callable

from account_cli.ports import Clock

LATE_S = 0.25
"""A beat so late is a lag, worth counting."""
BLOCKED_S = 5.0
"""A beat so late is worth telling a person, with what held it up."""
_BEAT_S = 0.1
_STOOD_STILL_S = 30.0
_SLEPT_S = 2.0


class Pulse:
    """The beat of one process.

    ``asleep`` returns the seconds that the machine has slept since it was started, as far as that is known; ``on_lag``
    hears of every late beat, ``on_woke`` of every sleep, both in seconds.
    """

    def __init__(
        self,
        clock: Clock,
        asleep: Callable[[], float],
        on_lag: Callable[[float], None],
        on_woke: Callable[[float], None],
    ) -> None:
        self._clock, self._asleep, self._on_lag, self._on_woke = clock, asleep, on_lag, on_woke
        self.beat_at = clock.monotonic()
        """When it last beat, on the monotonic clock; another thread may look."""

    async def run(self) -> None:
        """Beat until cancelled."""
        slept = self._asleep()
        while True:
            self.beat_at = self._clock.monotonic()
            await self._clock.sleep(_BEAT_S)
            late = self._clock.monotonic() - self.beat_at - _BEAT_S
            slept_before, slept = slept, self._asleep()
            if slept - slept_before >= _SLEPT_S:
                self._on_woke(slept - slept_before + max(late, 0.0))
            elif late >= _STOOD_STILL_S:
                self._on_woke(late)
            elif late >= LATE_S:
                self._on_lag(late)
