"""What the exchange's clock shows now, as far as it can be known from here.

Theory. An exchange told its time somewhere between the moment a request left and the moment its answer came. So each
answer bounds how far its clock is from ours, the more closely the shorter the round trip; the best guess is the middle.
A bound is carried on by the monotonic clock, which nobody sets, and widens with age, as no two clocks run alike. The
narrowest counts. Where the machine slept, or its clock was set, the two clocks of this machine disagree: then nothing
known counts any more, and it is measured again.
"""

from __future__ import annotations

from typing import NamedTuple

from account_cli.domain.times import MILLISECOND, SECOND
from account_cli.ports import Clock

OFF_NS = 500 * MILLISECOND
"""A clock that is off by more is worth a word."""
_EVERY_S = 300.0
_DRIFT = 1e-3
"""How fast two clocks may run apart: far worse than any that is not broken."""
_STEP_S = 0.25


class _Bound(NamedTuple):
    """The exchange's time at a monotonic moment lies between ``low_ns`` and ``high_ns``."""

    at: float
    low_ns: int
    high_ns: int

    def width_ns(self, now: float) -> float:
        return self.high_ns - self.low_ns + (now - self.at) * _DRIFT * SECOND


class ServerTime:
    """The time of one exchange."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._best: _Bound | None = None
        self._measured: tuple[float, int] | None = None

    def told(self, server_ns: int, sent_ns: int, *, grain_ns: int = MILLISECOND) -> None:
        """The exchange told its time, in steps of ``grain_ns``, in the answer just come to a request sent then."""
        now, wall_ns = self._clock.monotonic(), self._clock.now_ns()
        made = _Bound(now, server_ns, server_ns + grain_ns + max(0, wall_ns - sent_ns))
        if (
            self._best is None
            or self._stepped()
            or not self._agree(made)
            or made.width_ns(now) < self._best.width_ns(now)
        ):
            self._best = made
        self._measured = now, wall_ns

    def forget(self) -> None:
        """What was known is wrong: the exchange refused it."""
        self._best = self._measured = None

    @property
    def wants_measuring(self) -> bool:
        """True when nothing is known, or it is old, or this machine slept or set its clock since."""
        return self._measured is None or self._stepped() or self._clock.monotonic() - self._measured[0] > _EVERY_S

    def ahead_ns(self) -> int | None:
        """Return how far the exchange's clock is ahead of this computer's, None when that is not known."""
        if self._best is None:
            return None
        middle = (self._best.low_ns + self._best.high_ns) // 2
        return middle + int((self._clock.monotonic() - self._best.at) * SECOND) - self._clock.now_ns()

    def off_ns(self) -> int:
        """Return by how much this computer's clock is off for certain; 0 when it may be right."""
        ahead_ns = self.ahead_ns()
        if ahead_ns is None or self._best is None:
            return 0
        sure = abs(ahead_ns) - int(self._best.width_ns(self._clock.monotonic()) / 2)
        return (1 if ahead_ns > 0 else -1) * sure if sure > 0 else 0

    def remark(self) -> str | None:
        """Return what to say of this computer's clock, if anything."""
        if abs(self.off_ns()) <= OFF_NS:
            return None
        ahead_ns = self.ahead_ns() or 0
        return f"this computer's clock is {abs(ahead_ns) / SECOND:.1f} s {'behind' if ahead_ns > 0 else 'ahead'}"

    def _stepped(self) -> bool:
        """True when this machine's two clocks went apart since the last measurement."""
        if self._measured is None:
            return False
        by_wall = (self._clock.now_ns() - self._measured[1]) / SECOND
        return abs(by_wall - (self._clock.monotonic() - self._measured[0])) > _STEP_S

    def _agree(self, other: _Bound) -> bool:
        """True when the new bound can be right together with the best one: else the exchange's clock was set."""
        assert self._best is not None
        passed = int((other.at - self._best.at) * SECOND)
        slack = int((other.at - self._best.at) * _DRIFT * SECOND)
        low, high = self._best.low_ns + passed - slack, self._best.high_ns + passed + slack
        return other.low_ns <= high and other.high_ns >= low
