"""The numbers that Kraken counts the messages of a connection by, and what a number out of turn means.

``sequence`` rises by one with every message of a subscription (docs.kraken.com, WebSocket v2, Executions, Balances).
The documentation leaves open whether the channels of a connection count together; the first number of the second
channel tells: it is 1 when each has a count of its own.
"""

from __future__ import annotations

_MISSED_MOST = 1000
"""So many numbers left out are remembered, in case their messages come late."""


class Sequence:
    """Watches the numbers of one connection."""

    def __init__(self) -> None:
        self._counts: dict[str, Count] = {}
        self._together: Count | None = None
        self._apart = False

    def gap(self, channel: str, number: object) -> str | None:
        """Take the next message's number; return what is wrong when something may have been lost, else None.

        A number that was left out and comes late, and one that comes twice, are no loss.
        """
        if not isinstance(number, int) or isinstance(number, bool):
            return None
        if channel not in self._counts:
            if not self._counts or (number == 1 and self._together is not None and not self._apart):
                self._apart = bool(self._counts)
                self._counts[channel] = Count()
            elif self._apart:
                self._counts[channel] = Count()
            else:
                self._counts[channel] = next(iter(self._counts.values()))
            self._together = self._counts[channel]
        said = self._counts[channel].take(number)
        return None if said is None else f"a message of {channel} was lost ({said})"


class Count:
    """One run of numbers."""

    def __init__(self) -> None:
        self._last: int | None = None
        self._left_out: set[int] = set()
        self._behind: int | None = None
        """A number that had been before: it came twice, or the count began again there, which the next one tells."""

    def take(self, number: int) -> str | None:
        """Take the next number; return what is wrong with it, None when nothing is."""
        last, behind = self._last, self._behind
        if last is None or number == last + 1:
            self._last, self._behind = number, None
            return None
        if behind is not None and number == behind + 1:
            self._begin_again(number)
            return f"the count began again: after {last} came {number}"
        if number in self._left_out:
            self._left_out.discard(number)
            return None
        if number <= last:
            self._behind = number
            return None
        self._left_out.update(range(max(last + 1, number - _MISSED_MOST), number))
        if len(self._left_out) > _MISSED_MOST:
            self._left_out = set(sorted(self._left_out)[-_MISSED_MOST:])
        self._last, self._behind = number, None
        return f"after {last} came {number}"

    def _begin_again(self, number: int) -> None:
        self._last, self._behind = number, None
        self._left_out.clear()
