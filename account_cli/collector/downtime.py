"""For how long each kind of data was not followed as it should be, and why: what an honest figure of uptime rests on.

Time is measured on the monotonic clock, which stands still while the machine sleeps; what a sleep took is added by
whoever noticed it. An outage has the cause it began with, whatever else went wrong before it ended.
"""

from __future__ import annotations

from account_cli.domain.health import Downtime
from account_cli.domain.times import SECOND

START = "starting"
"""The cause of the time from the first word of a collector to the first time a kind was live."""


class DownClock:
    """Counts one kind's outages; ``now`` is always the monotonic clock's, in seconds."""

    def __init__(self, now: float) -> None:
        self._down_since: float | None = now
        self._cause = START
        self._counted: dict[str, tuple[int, float]] = {}

    def down(self, cause: str, now: float) -> None:
        """It is not followed from now on; nothing changes when that was so already."""
        if self._down_since is None:
            self._down_since, self._cause = now, cause

    def up(self, now: float) -> None:
        """It is followed from now on."""
        if self._down_since is not None:
            self.missed(self._cause, now - self._down_since)
            self._down_since = None

    def missed(self, cause: str, seconds: float) -> None:
        """Count an outage that is over, of so many seconds."""
        times, whole = self._counted.get(cause, (0, 0.0))
        self._counted[cause] = times + 1, whole + seconds

    def told(self, now: float) -> tuple[Downtime, ...]:
        """Return every cause with how often and how long, the outage of this moment included; the longest first."""
        counted = dict(self._counted)
        if self._down_since is not None:
            times, whole = counted.get(self._cause, (0, 0.0))
            counted[self._cause] = times + 1, whole + now - self._down_since
        rows = [
            Downtime(cause=cause, times=times, ns=round(seconds * SECOND))
            for cause, (times, seconds) in counted.items()
        ]
        return tuple(sorted(rows, key=lambda row: -row.ns))
