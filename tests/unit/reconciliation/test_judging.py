"""One reading proves nothing; what lasts is a break, and when it began lies between two readings."""

from __future__ import annotations

from decimal import Decimal

from account_cli.domain.times import SECOND
from account_cli.reconciliation import Item, Run, judge, worst

SETTLE = 5 * SECOND


def differs(by: str, asset: str = "USD") -> Item:
    return Item(kind="balance", wallet="spot", key=asset, local=Decimal(0), exchange=Decimal(by), state="pending")


def run(at_s: float, *items: Item, missing: tuple[str, ...] = ()) -> Run:
    read_ns = int(at_s * SECOND)
    return Run(
        account="a", at_ns=read_ns, version="t", head=1, read_ns=read_ns, compared=9, items=items, missing=missing
    )


def story(*readings: tuple[float, str]) -> list[Item]:
    """Judge the same figure reading after reading: (seconds, by how much it differs)."""
    runs: list[Run] = []
    told: list[Item] = []
    for at_s, by in readings:
        items = judge([differs(by)] if Decimal(by) else [], int(at_s * SECOND), runs, SETTLE)
        runs.insert(0, run(at_s, *items))
        told += items
    return told


def test_a_first_difference_is_on_its_way() -> None:
    (only,) = story((10, "1"))
    assert (only.state, only.since_ns, only.clean_ns) == ("pending", 10 * SECOND, None)


def test_what_is_the_same_after_the_wait_is_a_break() -> None:
    assert [item.state for item in story((10, "1"), (14, "1"), (15, "1"), (16, "1"))] == [
        "pending",
        "pending",
        "unexplained",
        "unexplained",
    ]


def test_what_is_another_each_time_is_one_only_when_it_lasts_very_long() -> None:
    told = story((10, "1"), (20, "2"), (30, "3"), (99, "4"), (100, "5"))
    assert [item.state for item in told] == ["pending"] * 4 + ["unexplained"]
    assert told[-1].since_ns == 10 * SECOND


def test_what_agreed_in_between_begins_anew() -> None:
    told = story((10, "1"), (20, "0"), (30, "1"))
    assert [item.state for item in told] == ["pending", "pending"]
    assert (told[-1].since_ns, told[-1].clean_ns) == (30 * SECOND, 20 * SECOND)


def test_when_it_went_wrong_stays_known_however_long_it_lasts() -> None:
    told = story((10, "0"), (20, "1"), (60, "1"), (600, "2"), (700, "2"))
    assert {(item.since_ns, item.clean_ns) for item in told} == {(20 * SECOND, 10 * SECOND)}
    assert told[-1].state == "unexplained"


def test_a_run_that_could_not_read_everything_is_no_proof_that_it_agreed() -> None:
    (item,) = judge([differs("1")], 30 * SECOND, [run(10, missing=("no balances",))], SETTLE)
    assert item.clean_ns is None


def test_two_looks_at_one_reading_are_one() -> None:
    (item,) = judge([differs("1")], 10 * SECOND, [run(10, *story((10, "1")))], 0)
    assert item.state == "pending"


def test_other_figures_say_nothing_of_this_one() -> None:
    (item,) = judge([differs("1")], 20 * SECOND, [run(10, differs("1", "EUR"))], SETTLE)
    assert item.state == "pending"


def test_the_worst_state_is_the_runs() -> None:
    assert worst([]) == "clean"
    assert worst(["clean", "pending", "explained"]) == "pending"
    assert worst(["pending", "unknown"]) == "unknown"
    assert run(1, missing=("no balances",)).state == "unknown"
    assert run(1, differs("1")).state == "pending"
