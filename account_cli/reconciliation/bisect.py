"""The first bad interval lies between two neighbouring readings of the exchange: one that agreed and one that did not.

Theory. At every reading the ledger, by the facts known now, either agrees with what the exchange stated then or does
not. It agreed at the oldest reading (or at a proven checkpoint) and does not now, so between some two neighbours it
parted; halving finds such a pair without looking at them all. Differences may come and go: then it is one of several
partings, and a real one.

A reading lags: an exchange's answer may not have in it what happened a minute or two before, and may have what happened
while it was being given. So a reading agrees when it is what the ledger held at any time in that window, and
is proof only up to the end of the time at which the ledger held it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from decimal import Decimal, localcontext
from typing import NamedTuple

from account_cli.domain.money import MONEY, ZERO
from account_cli.domain.times import SECOND
from account_cli.reconciliation.in_flight import LAG_NS, SWEEP_NS

_OLD_NS = LAG_NS + SWEEP_NS
"""So old may be what a reading states."""
AHEAD_NS = 10 * SECOND
"""An answer is dated when it was asked for; what happens until it is given may be in it."""


class Reading(NamedTuple):
    """What the exchange stated of one figure; ``before_ns`` is the last reading at which it stated another."""

    at_ns: int
    amount: Decimal
    before_ns: int | None = None


class Interval(NamedTuple):
    """It agreed up to ``clean_ns`` (None: never, as far as is known) and did not at ``since_ns``."""

    clean_ns: int | None
    since_ns: int


class Course:
    """What the ledger held from time to time: ``opening``, and what was added when."""

    def __init__(self, opening: Decimal, moves: Iterable[tuple[int, Decimal]]) -> None:
        self._times: list[int] = []
        self._figures = [opening]
        with localcontext(MONEY):
            for time_ns, amount in sorted(moves, key=lambda move: move[0]):
                self._times.append(time_ns)
                self._figures.append(self._figures[-1] + amount)

    def agreed(self, reading: Reading, within: Decimal = ZERO) -> int | None:
        """Return up to when the ledger agrees with this reading; None when it does not."""
        first = bisect_right(self._times, reading.at_ns - _OLD_NS)
        last = bisect_right(self._times, reading.at_ns + AHEAD_NS)
        for place in range(last, first - 1, -1):
            if abs(MONEY.subtract(self._figures[place], reading.amount)) <= within:
                ends = self._times[place] - 1 if place < len(self._times) else reading.at_ns
                return min(ends, reading.at_ns)
        return None


def first_bad_interval(
    readings: Sequence[Reading], course: Course, *, proven_ns: int | None = None, within: Decimal = ZERO
) -> Interval | None:
    """Return where ledger and exchange parted; None when the last of ``readings``, oldest first, agrees.

    ``proven_ns`` is a time at which they agreed for certain.
    """
    points = _points(readings, proven_ns)
    if not points or course.agreed(points[-1], within) is not None:
        return None
    clean, bad = -1, len(points) - 1
    clean_ns = proven_ns
    if proven_ns is None:
        clean, clean_ns = 0, course.agreed(points[0], within)
        if clean_ns is None:
            return Interval(None, points[0].at_ns)
    while bad - clean > 1:
        middle = (clean + bad) // 2
        agreed = course.agreed(points[middle], within)
        if agreed is None:
            bad = middle
        else:
            clean, clean_ns = middle, agreed
    return Interval(clean_ns, points[bad].at_ns)


def _points(readings: Sequence[Reading], proven_ns: int | None) -> list[Reading]:
    """Return when what was stated: also that a figure was still the old one when it was read last before it changed."""
    points: list[Reading] = []
    for place, reading in enumerate(readings):
        if place and reading.before_ns is not None and reading.before_ns > readings[place - 1].at_ns:
            points.append(Reading(reading.before_ns, readings[place - 1].amount))
        points.append(reading)
    return points if proven_ns is None else [point for point in points if point.at_ns > proven_ns]
