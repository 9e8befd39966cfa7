"""Delays grow, stop growing, are never in step and never shorter than asked."""

from __future__ import annotations

from account_cli.collector.backoff import Backoff


def test_delays_double_up_to_the_most_and_start_over_after_success() -> None:
    backoff = Backoff(1.0, 60.0, lambda: 1.0)
    assert [backoff.delay() for _ in range(8)] == [1, 2, 4, 8, 16, 32, 60, 60]
    backoff.reset()
    assert backoff.delay() == 1


def test_jitter_keeps_a_delay_between_half_and_whole() -> None:
    assert Backoff(4.0, 60.0, lambda: 0.0).delay() == 2
    assert Backoff(4.0, 60.0, lambda: 0.5).delay() == 3


def test_a_delay_is_never_shorter_than_the_exchange_asked() -> None:
    assert Backoff(1.0, 60.0, lambda: 0.0).delay(at_least=90) == 90


def test_a_thousand_failures_do_not_overflow() -> None:
    backoff = Backoff(1.0, 60.0, lambda: 1.0)
    assert [backoff.delay() for _ in range(1000)][-1] == 60
