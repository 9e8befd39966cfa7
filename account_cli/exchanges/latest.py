"""A frame that comes again, or late, takes nothing back: of each balance and position the latest telling stands.

Frames of one connection say when what they tell came to be (``T`` in Binance's USDⓈ-M futures, ``u`` in its spot, both
in milliseconds; ``timestamp`` of each element in Kraken's ``balances``). What is older than the same connection has
told of the same thing already is left out, and so is what it told of that very instant before; of what is new of an
instant the last telling stands.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import TypeVar

from account_cli.domain.times import MINUTE
from account_cli.exchanges.fields import Unreadable, maybe_milliseconds, row_of
from account_cli.exchanges.tee import Frame

T = TypeVar("T", bound=Hashable)


class Latest:
    """What one connection told last: the time of each thing, by name; ``key`` holds a frame's time."""

    def __init__(self, key: str = "") -> None:
        self._key = key
        self._told: dict[str, tuple[int, set[Hashable]]] = {}
        """Of each thing the latest time, and all that was told of it then."""

    def time(self, frame: Frame, data: object) -> tuple[int | None, list[str]]:
        """Return when what a frame tells came to be (ns), and what of that cannot be read.

        None where it does not say, or says what is still to come: one such time would shut out all that follow.
        """
        try:
            return credible(maybe_milliseconds(row_of(data), self._key), frame), []
        except Unreadable as error:
            return None, [f"{self._key}: {error}"]

    def of(self, rows: Iterable[T], came_ns: int | None, name: Callable[[T], str]) -> Sequence[T]:
        """Return those of ``rows`` that are no older than what was told of them; all where no time is told."""
        if came_ns is None:
            return tuple(rows)
        return tuple(row for row in rows if self.is_new(name(row), row, came_ns))

    def is_new(self, name: str, row: Hashable, came_ns: int) -> bool:
        """Take in that ``row`` was told of a thing, as of ``came_ns``; True when it is to count."""
        at_ns, before = self._told.get(name, (came_ns, set()))
        if came_ns < at_ns or (came_ns == at_ns and row in before):
            return False
        if came_ns > at_ns:
            before = set()
        before.add(row)
        self._told[name] = (came_ns, before)
        return True


def credible(came_ns: int | None, frame: Frame) -> int | None:
    """Return the time that a frame tells; None where that is still to come."""
    return None if came_ns is not None and came_ns > frame.received_ns + MINUTE else came_ns
