"""What is proved to be known of an account's past: intervals of whole seconds, newest first.

A history that is served newest first is walked from its new end; each page proves an interval that reaches a little
further back. A walk that was cut off leaves a hole below what it proved; the next one begins above everything known and
then closes the holes. Intervals are (first, last) seconds since 1970, both known; they never touch each other.

The new end of an interval is the time of the newest fact seen, never the time on the wall: what an exchange has not
told yet is not known, however long ago it may have happened.
"""

from __future__ import annotations

import json

import msgspec

from account_cli.errors import InternalError


class Hole(msgspec.Struct, frozen=True):
    """An interval to be walked: from ``start`` (None: from the beginning) to ``end`` (None: to now), both inclusive."""

    start: int | None
    end: int | None


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """The proved intervals, newest first; ``from_start`` when the lowest one reaches the beginning."""

    intervals: tuple[tuple[int, int], ...] = ()
    from_start: bool = False

    def with_interval(self, first: int, last: int, *, from_start: bool = False) -> Known:
        """Return what is known when [first, last] is proved as well; an empty interval proves nothing."""
        if first > last:
            return self
        merged: list[tuple[int, int]] = []
        for low, high in sorted([*self.intervals, (first, last)]):
            if merged and low <= merged[-1][1] + 1:
                merged[-1] = (merged[-1][0], max(merged[-1][1], high))
            else:
                merged.append((low, high))
        return Known(intervals=tuple(reversed(merged)), from_start=self.from_start or from_start)

    def holes(self) -> list[Hole]:
        """Return what is missing between the oldest known second and now, newest first; all, when nothing is known."""
        if not self.intervals:
            return [Hole(None, None)]
        newer = [(high, None) for _, high in self.intervals[:1]]
        inner = [(older[1], newer_one[0]) for newer_one, older in zip(self.intervals, self.intervals[1:], strict=False)]
        return [Hole(start, end) for start, end in [*newer, *inner]]

    def past(self) -> Hole | None:
        """Return what lies before the oldest known second; None when nothing does, or nothing is known at all."""
        if self.from_start or not self.intervals:
            return None
        return Hole(None, self.intervals[-1][0])


def load(text: str | None) -> Known:
    """Read a stored cursor; nothing is known without one."""
    if text is None:
        return Known()
    try:
        return msgspec.convert(json.loads(text), type=Known)
    except (ValueError, msgspec.ValidationError) as error:
        raise InternalError("the stored cursor cannot be read", hint="report this; the journal is untouched") from error


def dump(known: Known) -> str:
    """Write a cursor to be stored."""
    return msgspec.json.encode(known).decode()
