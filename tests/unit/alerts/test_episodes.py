"""An episode is told once, and none is lost: by rows, and by whatever order of things Hypothesis thinks of."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from hypothesis import given
from hypothesis import strategies as st

from account_cli.alerts import Episode, Judgement, Policy, Severity, Step, acknowledge, advance, happened
from account_cli.domain.times import MINUTE, SECOND

MINUTE_POLICY = Policy(suppress_ns=MINUTE)


def said(is_: Literal["breach", "clear", "unknown"], severity: Severity = "warning") -> Judgement:
    return Judgement(is_=is_, severity=severity, threshold=Decimal(1), value=Decimal(2), text="two is more than one")


def blank() -> Episode:
    return Episode(rule="HIGH_LEVERAGE", account="a", key="")


def notices(steps: list[Step]) -> list[tuple[int, int]]:
    return [(step.notice, step.count) for step in steps if step.notice]


def test_row_of_the_sources_new_breach_at_0_59_61_seconds_gives_1_1_2_notices() -> None:
    told: list[int] = []
    it = blank()
    for second in (0, 59, 61):
        it, steps = advance(it, said("breach"), MINUTE_POLICY, second * SECOND)
        told.append(len(notices(steps)) + (told[-1] if told else 0))
        it, _ = advance(it, said("clear"), MINUTE_POLICY, second * SECOND + 1)
    assert told == [1, 1, 2]
    assert it.untold == 0


def test_what_was_counted_is_told_later_with_the_count_though_it_is_over() -> None:
    it, _ = advance(blank(), said("breach"), MINUTE_POLICY, 0)
    for second in (10, 20, 30):
        it, _ = advance(it, said("clear"), MINUTE_POLICY, second * SECOND)
        it, steps = advance(it, said("breach"), MINUTE_POLICY, second * SECOND + 1)
        assert [step.what for step in steps] == ["counted"]
    it, _ = advance(it, said("clear"), MINUTE_POLICY, 40 * SECOND)
    it, steps = advance(it, None, MINUTE_POLICY, 59 * SECOND)
    assert steps == []
    it, steps = advance(it, None, MINUTE_POLICY, 60 * SECOND)
    assert steps == [Step(what="told", notice=2, count=3)]


def test_an_episode_that_lasts_is_told_once_and_again_only_where_that_is_wanted() -> None:
    it, steps = advance(blank(), said("breach"), MINUTE_POLICY, 0)
    assert notices(steps) == [(1, 1)]
    for minute in range(1, 60):
        it, steps = advance(it, said("breach"), MINUTE_POLICY, minute * MINUTE)
        assert steps == []
    repeating = Policy(suppress_ns=MINUTE, repeat_ns=MINUTE)
    it, steps = advance(it, said("breach"), repeating, 60 * MINUTE)
    assert steps == [Step(what="repeated", notice=2)]
    it, _ = acknowledge(it)
    it, steps = advance(it, said("breach"), repeating, 70 * MINUTE)
    assert steps == [], "what is acknowledged is not repeated"


def test_what_gets_worse_is_told_at_once_though_it_was_acknowledged() -> None:
    it, _ = advance(blank(), said("breach"), MINUTE_POLICY, 0)
    it, _ = acknowledge(it)
    it, steps = advance(it, said("breach", "critical"), MINUTE_POLICY, SECOND)
    assert (it.state, it.severity, notices(steps)) == ("firing", "critical", [(2, 1)])


def test_what_nobody_acknowledges_is_told_once_more_as_critical() -> None:
    policy = Policy(suppress_ns=MINUTE, escalate_ns=10 * MINUTE)
    it, _ = advance(blank(), said("breach"), policy, 0)
    it, steps = advance(it, None, policy, 10 * MINUTE)
    assert (it.severity, [step.what for step in steps]) == ("critical", ["escalated"])
    it, steps = advance(it, None, policy, 30 * MINUTE)
    assert steps == []


def test_in_quiet_hours_nothing_is_told_and_nothing_is_lost() -> None:
    quiet = Policy(suppress_ns=MINUTE, may_tell=False)
    it, steps = advance(blank(), said("breach"), quiet, 0)
    assert [step.what for step in steps] == ["counted"]
    it, _ = advance(it, said("clear"), quiet, MINUTE)
    it, steps = advance(it, None, MINUTE_POLICY, 60 * MINUTE)
    assert steps == [Step(what="told", notice=1, count=1)]


def test_what_cannot_be_told_ends_nothing() -> None:
    it, _ = advance(blank(), said("breach"), MINUTE_POLICY, 0)
    after, steps = advance(it, said("unknown"), MINUTE_POLICY, SECOND)
    assert (after, steps) == (it, [])


def test_two_events_within_a_minute_are_one_notice_and_a_count() -> None:
    it, steps = happened(blank(), said("breach", "critical"), MINUTE_POLICY, 0)
    assert (it.state, notices(steps)) == ("resolved", [(1, 1)])
    it, steps = happened(it, said("breach", "critical"), MINUTE_POLICY, SECOND)
    assert (it.number, notices(steps)) == (2, [])
    it, steps = advance(it, None, MINUTE_POLICY, MINUTE)
    assert notices(steps) == [(2, 1)]


HAPPENINGS = st.lists(
    st.tuples(st.sampled_from(["breach", "clear", "unknown", "event", "ack", "tick"]), st.integers(0, 90)), max_size=60
)


@given(HAPPENINGS)
def test_every_episode_is_told_exactly_once_and_no_two_beginnings_within_a_minute(
    happenings: list[tuple[str, int]],
) -> None:
    it, now = blank(), 0
    began = counted = 0
    tellings: list[int] = []
    for what, seconds in happenings:
        now += seconds * SECOND
        if what == "ack":
            it, steps = acknowledge(it)
        elif what == "event":
            it, steps = happened(it, said("breach"), MINUTE_POLICY, now)
        else:
            judgement = None if what == "tick" else said(what)  # type: ignore[arg-type]
            it, steps = advance(it, judgement, MINUTE_POLICY, now)
        began = it.number
        for step in steps:
            if step.notice:
                counted += step.count
                tellings.append(step.notice)
                assert it.told_ns == now
    it, steps = advance(it, None, MINUTE_POLICY, now + MINUTE)
    counted += sum(step.count for step in steps if step.notice)
    tellings += [step.notice for step in steps if step.notice]
    assert counted == began
    assert tellings == list(range(1, len(tellings) + 1)), "ids are stable: no number twice, none left out"


@given(HAPPENINGS, st.integers(0, 60))
def test_a_restart_between_any_two_happenings_changes_nothing(happenings: list[tuple[str, int]], cut: int) -> None:
    import msgspec

    one = other = blank()
    now = 0
    for at, (what, seconds) in enumerate(happenings):
        now += seconds * SECOND
        if at == cut:
            other = msgspec.json.decode(msgspec.json.encode(other), type=Episode)
        judgement = said("breach" if what == "event" else "clear" if what in {"ack", "tick"} else what)  # type: ignore[arg-type]
        one, first = advance(one, judgement, MINUTE_POLICY, now)
        other, second = advance(other, judgement, MINUTE_POLICY, now)
        assert (one, first) == (other, second)
