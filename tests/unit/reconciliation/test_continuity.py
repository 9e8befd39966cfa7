"""A missing entry of an exchange's ledger leaves a hole in its balances; entries told in any order leave none."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from account_cli.domain.observations import RunningBalance
from account_cli.reconciliation.continuity import holes

changes = st.integers(-5, 5).filter(bool)


def entries(steps: Sequence[tuple[int, int]], *, book: str = "XXBT") -> list[RunningBalance]:
    """What an exchange tells of these (time, change), from nothing on."""
    told, held = [], 0
    for n, (time_ns, change) in enumerate(steps):
        held += change
        told.append(
            RunningBalance(book=book, id=f"{book}-{n}", wallet="spot", asset="BTC", time_ns=time_ns,
                           change=Decimal(change), balance=Decimal(held))
        )  # fmt: skip
    return told


def by_time(told: list[RunningBalance]) -> list[RunningBalance]:
    return sorted(told, key=lambda entry: (entry.book, entry.time_ns))


def timed(steps: list[tuple[bool, int]]) -> list[tuple[int, int]]:
    """Each step an instant after the one before, or at the same."""
    at, found = 0, []
    for later, change in steps:
        at += later
        found.append((at, change))
    return found


books = st.lists(st.tuples(st.booleans(), changes), min_size=1, max_size=12).map(timed)


@given(one=books, other=books, data=st.data())
def test_in_whatever_order_all_entries_are_told_there_is_no_hole(
    one: list[tuple[int, int]], other: list[tuple[int, int]], data: st.DataObject
) -> None:
    told = [*entries(one), *entries(other, book="XBT.F")]
    assert holes(by_time(data.draw(st.permutations(told)))) == []


@given(steps=st.lists(changes, min_size=3, max_size=12), data=st.data())
def test_an_entry_that_is_missing_is_named_by_its_neighbours(steps: list[int], data: st.DataObject) -> None:
    told = entries(list(enumerate(steps)))
    gone = data.draw(st.integers(1, len(told) - 2))
    (hole,) = holes(told[:gone] + told[gone + 1 :])
    assert (hole.after.id, hole.before.id) == (told[gone - 1].id, told[gone + 1].id)
    assert hole.amount == told[gone].change


def test_an_entry_missing_within_one_instant_is_found_too() -> None:
    first, second, third, fourth = entries([(1, 10), (2, 3), (2, 4), (2, 5)])
    (hole,) = holes([first, fourth, second])
    assert (hole.after, hole.before, hole.amount) == (second, fourth, third.change)
    (hole,) = holes([first, third, fourth])
    assert (hole.after, hole.before, hole.amount) == (first, third, second.change)


def test_there_and_back_within_one_instant_is_whole() -> None:
    assert holes(entries([(1, 10), (2, 3), (2, -3), (2, 3), (2, -3), (3, 1)])) == []
