"""History: aligned buckets, the last figures of each, and a chart that shows what was."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from account_cli.cli.zones import zone_named
from account_cli.domain.times import DAY, HOUR, SECOND, format_time, parse_time
from account_cli.reports.chart import braille
from account_cli.reports.history import (
    INTERVALS,
    HistoryPoint,
    Interval,
    boundaries,
    bucket_after,
    bucket_start,
    history,
    roll_up,
)
from account_cli.reports.schema import envelope

NOON = parse_time("2026-11-19T14:03:27.5Z")


@pytest.mark.parametrize(
    ("interval", "start"),
    [
        ("30s", "2026-11-19T14:03:00Z"),
        ("1m", "2026-11-19T14:03:00Z"),
        ("5m", "2026-11-19T14:00:00Z"),
        ("1h", "2026-11-19T14:00:00Z"),
        ("1d", "2026-11-19T00:00:00Z"),
        ("1w", "2026-11-16T00:00:00Z"),
        ("1mo", "2026-11-01T00:00:00Z"),
    ],
)
def test_a_bucket_begins_at_an_aligned_instant(interval: Interval, start: str) -> None:
    assert format_time(bucket_start(NOON, interval)) == start


@given(st.integers(0, parse_time("2200-01-01T00:00:00Z")), st.sampled_from(INTERVALS))
def test_every_instant_lies_in_exactly_one_bucket(time_ns: int, interval: Interval) -> None:
    start = bucket_start(time_ns, interval)
    after = bucket_after(start, interval)
    assert start <= time_ns < after
    assert bucket_start(start, interval) == start
    assert bucket_start(after, interval) == after
    assert boundaries(start, after, interval) == [start]


ZONES = ("Europe/Berlin", "America/Sao_Paulo", "America/Havana", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia")


@given(
    st.integers(parse_time("2011-12-01T00:00:00Z"), parse_time("2037-01-01T00:00:00Z")),
    st.sampled_from(INTERVALS),
    st.sampled_from(ZONES),
)
def test_every_instant_lies_in_exactly_one_bucket_of_a_zone(time_ns: int, interval: Interval, name: str) -> None:
    zone = zone_named(name, "--tz")
    assert zone is not None
    start = bucket_start(time_ns, interval, zone)
    after = bucket_after(start, interval, zone)
    assert start <= time_ns < after
    assert bucket_start(start, interval, zone) == start
    assert bucket_start(after, interval, zone) == after
    assert boundaries(start, after, interval, zone) == [start]
    if interval == "1d":
        assert 23 * HOUR <= after - start <= 25 * HOUR
        assert zone.at(start).date() == zone.at(time_ns).date() != zone.at(after).date()


def test_a_day_of_a_zone_has_twenty_three_or_twenty_five_hours_when_its_clocks_are_changed() -> None:
    berlin = zone_named("Europe/Berlin", "--tz")
    for day, begins, hours in (
        ("2026-03-29T12:00:00Z", "2026-03-28T23:00:00Z", 23),
        ("2026-10-25T12:00:00Z", "2026-10-24T22:00:00Z", 25),
        ("2026-11-01T12:00:00Z", "2026-10-31T23:00:00Z", 24),
    ):
        start = bucket_start(parse_time(day), "1d", berlin)
        assert (format_time(start), bucket_after(start, "1d", berlin) - start) == (begins, hours * HOUR)


def point(at_ns: int, equity: str | None, **more: object) -> HistoryPoint:
    value = None if equity is None else Decimal(equity)
    return HistoryPoint(account="main", at_ns=at_ns, currency="USD", equity=value, **more)  # type: ignore[arg-type]


def test_a_coarser_bucket_holds_the_last_of_the_finer_ones() -> None:
    day = bucket_start(NOON, "1d")
    fine = [point(day + hour * HOUR, str(hour)) for hour in (3, 1, 2)]
    other = point(day + HOUR, None, symbol="BTC/USD", net_pnl=Decimal(5))
    rolled = roll_up([*fine, other, point(day + DAY, "7")], "1d")
    assert [(one.symbol, one.at_ns, one.equity, one.net_pnl) for one in rolled] == [
        (None, day, Decimal(3), None),
        (None, day + DAY, Decimal(7), None),
        ("BTC/USD", day, None, Decimal(5)),
    ]


def test_weeks_begin_on_monday_and_months_on_the_first() -> None:
    days = [point(bucket_start(NOON, "1d") + at * DAY, str(at)) for at in range(-4, 14)]
    weeks = [(format_time(one.at_ns)[:10], str(one.equity)) for one in roll_up(days, "1w")]
    assert weeks == [("2026-11-09", "-4"), ("2026-11-16", "3"), ("2026-11-23", "10"), ("2026-11-30", "13")]
    months = [(format_time(one.at_ns)[:7], str(one.equity)) for one in roll_up(days, "1mo")]
    assert months == [("2026-11", "11"), ("2026-12", "13")]


def test_a_history_leaves_as_rows_with_times_and_unknown_as_null() -> None:
    report = history([point(2 * SECOND, "1.50"), point(SECOND, None)], now_ns=NOON)
    rows = envelope(report)["items"]
    assert [(row["time"], row["equity"], row["source"]) for row in rows] == [
        ("1970-01-01T00:00:01Z", None, "recorded"),
        ("1970-01-01T00:00:02Z", "1.5", "recorded"),
    ]
    assert envelope(report)["schema"] == "acct.pnl.history/1"


def test_a_rising_line_rises() -> None:
    lines = braille([Decimal(value) for value in range(8)], 4, 2)
    assert [len(line) for line in lines] == [4, 4]
    assert lines[0][0] == "⠀"
    assert lines[0][3] != "⠀"
    assert lines[1][0] != "⠀"


@given(st.lists(st.decimals(-10, 10, places=3), max_size=60), st.integers(1, 30), st.integers(1, 5))
def test_a_chart_keeps_to_its_room_and_draws_every_column(values: list[Decimal], width: int, height: int) -> None:
    lines = braille(values, width, height)
    assert len(lines) == (height if values else 0)
    assert {len(line) for line in lines} <= {min((len(values) + 1) // 2, width)}
    for column in range(len(lines[0]) if lines else 0):
        assert any(line[column] != "⠀" for line in lines)
