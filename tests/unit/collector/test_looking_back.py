"""When history is walked again from further back: a difference that lasts, ever more rarely, and said once."""

from __future__ import annotations

from decimal import Decimal

from account_cli.collector.delivery import Unexplained
from account_cli.collector.looking_back import LookingBack


def lacking(amount: str = "-0.5", *, before_history: bool = False) -> tuple[Unexplained, ...]:
    return (Unexplained("spot", "USD", Decimal(amount), before_history),)


def swept(looking: LookingBack, items: tuple[Unexplained, ...]) -> int:
    looking.found(items)
    return looking.reach_s()


def test_what_adds_up_or_changes_from_sweep_to_sweep_is_no_reason() -> None:
    looking = LookingBack()
    assert [swept(looking, ()) for _ in range(5)] == [0] * 5
    assert [swept(looking, lacking(str(amount))) for amount in range(1, 6)] == [0] * 5


def test_what_lasts_is_looked_for_an_hour_back_then_a_day_ever_more_rarely() -> None:
    looking = LookingBack()
    reaches = [swept(looking, lacking()) for _ in range(400)]
    places = [place for place, reach in enumerate(reaches) if reach]
    assert places[:5] == [1, 3, 7, 15, 31]
    assert [reaches[place] for place in places[:4]] == [3600, 3600, 86_400, 3600]
    assert places[-1] - places[-2] == 60
    assert swept(looking, ()) == 0
    assert [swept(looking, lacking("7")) for _ in range(2)] == [0, 3600], "another one begins anew"


def test_what_stays_unexplained_is_said_once() -> None:
    looking, said = LookingBack(), []
    for _ in range(100):
        swept(looking, (*lacking(), *lacking("3", before_history=True)))
        said.append(looking.news())
    (text,) = [line for line in said if line is not None]
    assert "-0.5 USD (spot)" in text
    assert "3 USD" not in text


def test_what_was_before_history_is_looked_for_a_few_times_and_not_said() -> None:
    looking = LookingBack()
    reaches = [swept(looking, lacking(before_history=True)) for _ in range(1000)]
    assert sum(1 for reach in reaches if reach) == 6
    assert looking.news() is None


def test_for_what_is_new_nothing_was_looked_into_yet() -> None:
    looking = LookingBack()
    while looking.news() is None:
        swept(looking, lacking())
    both = (*lacking(), Unexplained("spot", "EUR", Decimal(7), before_history=False))
    reaches = []
    while (said := looking.news()) is None:
        reaches.append(swept(looking, both))
    assert sum(1 for reach in reaches if reach) >= 3, "an hour, an hour, a day"
    assert "7 EUR" in said
