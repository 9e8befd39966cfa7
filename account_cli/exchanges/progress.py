"""A walk that takes minutes says how far it has come and how long it will take still."""

from __future__ import annotations

from account_cli.ports import Clock

_SOON_S = 2.0
"""What takes no longer is not worth a word."""


class Progress:
    """How far one walk has come; nothing is said while none is under way."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._what, self._done, self._all, self._began = "", 0, 0, 0.0

    def begin(self, what: str, count: int) -> None:
        """A walk over ``count`` things begins; ``what`` is their plural."""
        self._what, self._done, self._all, self._began = what, 0, count, self._clock.monotonic()

    def step(self) -> None:
        """One more is done."""
        self._done += 1

    def end(self) -> None:
        """The walk is over, or was broken off."""
        self._all = 0

    def remark(self) -> str | None:
        """Return ``120 of 3012 markets, 12 min left``; None when there is nothing to say."""
        passed = self._clock.monotonic() - self._began
        if not self._all or passed < _SOON_S:
            return None
        text = f"{self._done} of {self._all} {self._what}"
        return f"{text}, {_span(passed / self._done * (self._all - self._done))} left" if self._done else text


def _span(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
