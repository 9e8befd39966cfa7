"""Intervals of what is known: where they have gaps, and how far back a kind is known."""

from __future__ import annotations

from account_cli.domain.health import Coverage, Gap, gaps, reaches


def fills(since_ns: int, until_ns: int, scope: str = "", **more: object) -> Coverage:
    return Coverage(kind="fills", scope=scope, since_ns=since_ns, until_ns=until_ns, **more)  # type: ignore[arg-type]


def test_between_two_intervals_of_one_scope_there_is_a_gap() -> None:
    parts = [fills(50, 60), fills(0, 10, from_start=True), fills(20, 30), fills(5, 9, "A/B")]
    assert gaps(parts) == [
        Gap(kind="fills", scope="", since_ns=30, until_ns=50),
        Gap(kind="fills", scope="", since_ns=10, until_ns=20),
    ]


def test_a_kind_is_known_from_where_all_its_scopes_are_known_without_a_gap() -> None:
    parts = [fills(0, 10, from_start=True), fills(50, 60, asked_ns=90), fills(7, 70, "A/B", asked_ns=80)]
    reach = reaches(parts)["fills"]
    assert (reach.since_ns, reach.whole, reach.kept_only, reach.asked_ns) == (50, False, False, 80)


def test_it_is_whole_only_when_every_scope_begins_at_the_start_and_nothing_is_out_of_reach() -> None:
    from_start = [fills(0, 10, from_start=True, asked_ns=20), fills(0, 5, "A/B", from_start=True, asked_ns=20)]
    assert reaches(from_start)["fills"].whole
    assert not reaches([*from_start, fills(0, 5, "C/D")])["fills"].whole
    lacking = reaches([*from_start, fills(0, 5, "C/D", from_start=True, lacks="old markets")])["fills"]
    assert (lacking.whole, lacking.lacks) == (False, ("old markets",))


def test_what_the_exchange_does_not_keep_is_told_from_what_was_not_read() -> None:
    kept = [fills(5, 10, kept_only=True), fills(0, 5, "A/B", from_start=True)]
    assert reaches(kept)["fills"].kept_only
    assert not reaches([*kept, fills(5, 9, "C/D")])["fills"].kept_only


def test_a_scope_that_was_never_asked_makes_the_age_of_the_whole_unknown() -> None:
    assert reaches([fills(0, 1, asked_ns=9), fills(0, 1, "A/B")])["fills"].asked_ns is None
    assert reaches([]) == {}
