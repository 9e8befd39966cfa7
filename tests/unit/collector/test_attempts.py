"""A failure that lasts is waited for ever longer and told once an hour; another one, or a new one, is told at once."""

from __future__ import annotations

from account_cli.collector.attempts import Attempts
from account_cli.collector.backoff import Backoff


class Hours:
    """Monotonic seconds that a test turns by hand."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def attempts(now: Hours) -> Attempts:
    return Attempts("poll", Backoff(1.0, 60.0, lambda: 1.0), now)


def test_the_same_failure_is_told_once_an_hour() -> None:
    now = Hours()
    tried = attempts(now)
    told = []
    for minute in range(121):
        now.seconds = minute * 60.0
        told.append(tried.is_news("unreachable"))
    assert [minute for minute, news in enumerate(told) if news] == [0, 60, 120]


def test_another_failure_and_one_after_success_are_news() -> None:
    tried = attempts(Hours())
    assert tried.is_news("unreachable")
    assert tried.is_news("rate-limited")
    assert tried.is_news("unreachable")
    assert not tried.is_news("unreachable")
    assert tried.delay() == 1
    assert tried.delay() == 2
    tried.worked()
    assert tried.is_news("unreachable")
    assert tried.delay() == 1


def test_what_could_not_be_written_down_is_told_again() -> None:
    tried = attempts(Hours())
    assert tried.is_news("unreachable")
    tried.forget()
    assert tried.is_news("unreachable")
