"""Liveness follows what was last heard, by the rules at the head of reports/accounts.py."""

from __future__ import annotations

import pytest

from account_cli.domain.health import Coverage, StreamRow
from account_cli.domain.times import MINUTE, SECOND
from account_cli.reports.accounts import accounts, health_of, stream_reasons
from tests.unit.reports.report_views import KINDS, NOW, said, stream, view


def judged(*rows: StreamRow) -> str:
    health = health_of(rows, now_ns=NOW)
    return said(health.liveness, health.seconds)


OLD_BEAT = NOW - 16 * SECOND


@pytest.mark.parametrize(
    ("row", "verdict"),
    [
        (stream("fills"), "LIVE ?"),
        (stream("fills", age_s=60), "LIVE ?"),
        (stream("fills", age_s=61), "STALE 61"),
        (stream("fills", status="catching-up"), "DEGRADED ?"),
        (stream("fills", status="degraded"), "DEGRADED ?"),
        (stream("fills", last_message_ns=None), "DEGRADED ?"),
        (stream("fills", status="stopped"), "OFFLINE ?"),
        (stream("fills", status="offline", age_s=5), "STALE 5"),
        (stream("fills", status="offline", age_s=600), "STALE 600"),
        (stream("fills", status="offline", age_s=601), "OFFLINE ?"),
        (stream("fills", status="offline", last_message_ns=None), "OFFLINE ?"),
        (stream("fills", status="offline", age_s=5, beat_ns=OLD_BEAT), "OFFLINE ?"),
        (stream("fills", strategy="poll", status="offline", age_s=5), "OFFLINE ?"),
        (stream("fills", beat_ns=OLD_BEAT), "OFFLINE ?"),
        (stream("fills", strategy="poll", status="polling", age_s=149), "LIVE ?"),
        (stream("fills", strategy="poll", status="polling", age_s=151), "STALE 151"),
        (stream("fills", strategy="poll", status="degraded"), "DEGRADED ?"),
        (stream("fills", strategy="off"), "OFFLINE ?"),
    ],
)
def test_one_row_is_judged_by_what_was_last_heard(row: StreamRow, verdict: str) -> None:
    assert judged(row) == verdict


def test_a_beat_of_exactly_fifteen_seconds_still_counts() -> None:
    assert judged(stream("fills", beat_ns=NOW - 15 * SECOND)) == "LIVE ?"


def test_an_account_nobody_ever_collected_is_offline() -> None:
    assert judged() == "OFFLINE ?"


def test_the_oldest_silence_is_the_accounts_age() -> None:
    assert judged(stream("fills", age_s=70), stream("orders", age_s=90), stream("balances")) == "STALE 90"


def test_what_is_still_polled_does_not_hide_that_every_stream_was_lost() -> None:
    polled = stream("transfers", strategy="poll", status="polling", age_s=20)
    assert judged(stream("fills", status="offline", age_s=7), polled) == "STALE 7"
    assert judged(stream("fills", status="offline", age_s=7), stream("orders"), polled) == "DEGRADED ?"


def test_one_kind_down_beside_others_degrades_the_account() -> None:
    assert judged(stream("fills"), stream("orders", status="offline")) == "DEGRADED ?"
    assert judged(stream("fills"), stream("orders", strategy="off", status="offline")) == "LIVE ?"


def test_a_longer_poll_interval_allows_a_longer_silence() -> None:
    row = stream("fills", strategy="poll", status="polling", age_s=500)
    assert health_of([row], now_ns=NOW, poll_interval_ns=5 * MINUTE).liveness == "LIVE"


def test_reasons_name_the_kind_and_the_age() -> None:
    it = view(streams=[stream("fills", age_s=70), stream("orders", status="degraded"), stream("balances")])
    assert stream_reasons(it, ("fills", "orders", "balances"), NOW) == [
        "main: fills silent for 70 s",
        "main: orders degraded",
    ]
    assert stream_reasons(it, ("balances",), NOW) == []


def test_without_a_collector_one_reason_says_it_all() -> None:
    it = view(streams=[stream(kind, beat_ns=NOW - MINUTE, age_s=65) for kind in KINDS])
    assert stream_reasons(it, KINDS, NOW) == ["main: nobody collects, last heard 65 s ago"]


def test_the_report_has_streams_history_and_liveness() -> None:
    coverage = [Coverage(kind="fills", since_ns=5 * SECOND), Coverage(kind="transfers", since_ns=0, from_start=True)]
    report = accounts([view(coverage=coverage), view(account="other")], now_ns=NOW, generic=["other"])
    main, other = report.items
    assert (main.account, main.liveness, main.strategy, main.venue) == ("main", "LIVE", "FULL_WEBSOCKET", "kraken")
    assert [row.kind for row in main.streams] == list(KINDS)
    assert (main.history_from, main.history_complete, main.generic) == (5 * SECOND, False, False)
    assert (other.history_from, other.history_complete, other.generic) == (None, True, True)
    assert report.incomplete == ("main: fills before 1970-01-01T00:00:05Z are not known",)
