"""Halving finds two neighbouring readings between which ledger and exchange parted, also where readings lag."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from account_cli.domain.times import HOUR, MINUTE, SECOND
from account_cli.reconciliation.bisect import Course, Interval, Reading, first_bad_interval

D = Decimal


@given(moves=st.lists(st.integers(1, 9), min_size=1, max_size=40), data=st.data())
def test_what_the_ledger_lacks_lies_between_the_two_readings(moves: list[int], data: st.DataObject) -> None:
    """The account moves by a different amount every hour, is read half an hour later, and one move is not known."""
    lacking = data.draw(st.integers(0, len(moves) - 1))
    lag = data.draw(st.integers(-5, 80)) * SECOND
    known = [(n * HOUR, D(move)) for n, move in enumerate(moves, 1) if n - 1 != lacking]
    readings = [Reading(n * HOUR + 30 * MINUTE + lag, D(sum(moves[:n]))) for n in range(len(moves) + 1)]
    found = first_bad_interval(readings, Course(D(0), known))
    assert found == Interval(readings[lacking].at_ns, readings[lacking + 1].at_ns)


def test_where_nothing_parted_there_is_no_interval() -> None:
    course = Course(D(1), [(HOUR, D(2))])
    assert first_bad_interval([], course) is None
    assert first_bad_interval([Reading(HOUR + MINUTE, D(3))], course) is None
    assert first_bad_interval([Reading(HOUR + MINUTE, D("3.01"))], course, within=D("0.01")) is None


def test_a_reading_that_lags_is_proof_only_up_to_what_it_has() -> None:
    course = Course(D(0), [(HOUR, D(5)), (2 * HOUR, D(7))])
    lagging = Reading(2 * HOUR + MINUTE, D(5))
    found = first_bad_interval([lagging, Reading(3 * HOUR, D(5))], course)
    assert found == Interval(2 * HOUR - 1, 3 * HOUR), "what came at two o'clock is not in the first reading"


def test_a_figure_was_still_the_old_one_when_it_was_read_last() -> None:
    course = Course(D(4), [])
    readings = [Reading(0, D(4)), Reading(9 * HOUR, D(6), before_ns=9 * HOUR - 5 * SECOND)]
    assert first_bad_interval(readings, course) == Interval(9 * HOUR - 5 * SECOND, 9 * HOUR)


def test_what_was_proven_needs_no_reading_and_what_never_agreed_has_no_beginning() -> None:
    course = Course(D(4), [])
    bad = [Reading(HOUR, D(6)), Reading(2 * HOUR, D(6))]
    assert first_bad_interval(bad, course) == Interval(None, HOUR)
    assert first_bad_interval(bad, course, proven_ns=MINUTE) == Interval(MINUTE, HOUR)
    assert first_bad_interval(bad, course, proven_ns=HOUR) == Interval(HOUR, 2 * HOUR)
