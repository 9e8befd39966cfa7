"""One thing that is tried again for as long as it fails, waited for ever longer, and told once, not every time."""

from __future__ import annotations

from collections.abc import Callable

from account_cli.collector.backoff import Backoff

_TELL_AGAIN = 3600.0
"""A failure that lasts is told once an hour, in seconds: an outage of a day must not bury every other notice."""


class Attempts:
    """Counts how often one thing (``what``, a word or two) failed in a row."""

    def __init__(self, what: str, backoff: Backoff, monotonic: Callable[[], float]) -> None:
        self.what, self._backoff, self._monotonic = what, backoff, monotonic
        self._code: str | None = None
        self._told_at = 0.0

    def worked(self) -> None:
        """Start over: the next failure is the first, and news."""
        self._backoff.reset()
        self._code = None

    def forget(self) -> None:
        """The next failure is news, however alike."""
        self._code = None

    def is_news(self, code: str) -> bool:
        """Return whether a failure of this kind is to be told: it is another one than last time, or lasts for hours."""
        now = self._monotonic()
        if code == self._code and now - self._told_at < _TELL_AGAIN:
            return False
        self._code, self._told_at = code, now
        return True

    def delay(self, at_least: float | None = None) -> float:
        """Return the seconds to wait before the next attempt."""
        return self._backoff.delay(at_least)
