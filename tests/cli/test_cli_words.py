"""What a person writes for a time, a span, an amount or a choice means one thing, or is refused by name."""

from __future__ import annotations

from decimal import Decimal

import pytest

from account_cli.cli.asking_pnl import Span, at_of, span_of
from account_cli.cli.commands.simulate import factor
from account_cli.cli.words import choice, closed_period, counted, currency_code, moment, period, quantity, span
from account_cli.domain.times import DAY, HOUR, SECOND, format_time, parse_time
from account_cli.errors import InputError

NOW = parse_time("2026-11-20T14:03:27.5Z")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("7d", "2026-11-13T14:03:27.5Z"),
        ("36h", "2026-11-19T02:03:27.5Z"),
        ("1.5h", "2026-11-20T12:33:27.5Z"),
        ("90s", "2026-11-20T14:01:57.5Z"),
        ("2w", "2026-11-06T14:03:27.5Z"),
        ("now", "2026-11-20T14:03:27.5Z"),
        ("today", "2026-11-20T00:00:00Z"),
        ("Yesterday", "2026-11-19T00:00:00Z"),
        ("ytd", "2026-01-01T00:00:00Z"),
        ("2026-11", "2026-11-01T00:00:00Z"),
        ("2024-02-29", "2024-02-29T00:00:00Z"),
        ("2026-11-01T09:00Z", "2026-11-01T09:00:00Z"),
        ("2026-11-01 09:00", "2026-11-01T09:00:00Z"),
        ("2026-11-01T09:00:01.000000001+02:00", "2026-11-01T07:00:01.000000001Z"),
    ],
)
def test_a_time_as_people_write_it(written: str, meant: str) -> None:
    found = moment(written, "--since", now_ns=NOW)
    assert found is not None
    assert format_time(found) == meant


@pytest.mark.parametrize(
    ("written", "meant"), [("2024-02", "2024-03-01"), ("2025-12", "2026-01-01"), ("today", "2026-11-21")]
)
def test_the_last_instant_of_a_day_or_month(written: str, meant: str) -> None:
    assert moment(written, "--at", now_ns=NOW, end=True) == parse_time(f"{meant}T00:00:00Z")


@pytest.mark.parametrize(
    "wrong", ["", "soon", "2026-13", "2026-02-30", "2026-11-01T25:00Z", "7", "-7d", "7 days", "1e3d", "２d", "9999999d"]
)
def test_what_is_no_time_is_refused_with_examples(wrong: str) -> None:
    with pytest.raises(InputError) as caught:
        moment(wrong, "--since", now_ns=NOW)
    assert caught.value.message.startswith("--since: not a time")
    assert "yesterday" in (caught.value.hint or "")


def test_a_period_is_half_open_and_never_empty() -> None:
    assert period(None, None, now_ns=NOW) == (None, None)
    assert period("2026-10", "2026-11", now_ns=NOW) == (
        parse_time("2026-10-01T00:00:00Z"),
        parse_time("2026-11-01T00:00:00Z"),
    )
    with pytest.raises(InputError, match="is not after"):
        period("1h", "2h", now_ns=NOW)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("60s", 60 * SECOND),
        ("60", 60 * SECOND),
        ("5m", 300 * SECOND),
        ("1.5h", 3 * HOUR // 2),
        ("250ms", SECOND // 4),
        ("1d", DAY),
    ],
)
def test_a_span(written: str, meant: int) -> None:
    assert span(written, "--every") == meant


@pytest.mark.parametrize("wrong", ["", "0s", "-5s", "5y", "s", "1e9h", "99999999d"])
def test_what_is_no_span_is_refused(wrong: str) -> None:
    with pytest.raises(InputError, match="--every"):
        span(wrong, "--every")


def test_amounts_counts_choices_and_speeds() -> None:
    assert quantity("0.001", "--min-change") == Decimal("0.001")
    for wrong in ("-1", "x", "NaN", "inf", ""):
        with pytest.raises(InputError, match="--min-change"):
            quantity(wrong, "--min-change")
    assert counted(None, "--limit") is None
    with pytest.raises(InputError, match="at least 1"):
        counted(0, "--limit")
    assert choice("balance", ("balance", "fill"), "--kind") == "balance"
    with pytest.raises(InputError) as caught:
        choice("balnce", ("balance", "fill"), "--kind")
    assert caught.value.hint == "did you mean 'balance'?"
    assert (factor("60x"), factor("0.5")) == (60.0, 0.5)
    for wrong in ("0x", "fast", "-1x", "1e5"):
        with pytest.raises(InputError, match="--speed"):
            factor(wrong)


def day(text: str) -> int:
    return parse_time(f"{text}T00:00:00Z")


@pytest.mark.parametrize(
    ("written", "last"),
    [
        ("2024", "2024-12-31T23:59:59.999999999Z"),
        ("2024-02", "2024-02-29T23:59:59.999999999Z"),
        ("yesterday", "2026-11-19T23:59:59.999999999Z"),
        ("2026-11-01T09:00Z", "2026-11-01T09:00:00Z"),
        ("1h", "2026-11-20T13:03:27.5Z"),
        ("today", "2026-11-20T14:03:27.5Z"),
        ("2026", "2026-11-20T14:03:27.5Z"),
        ("now", "2026-11-20T14:03:27.5Z"),
    ],
)
def test_as_of_a_day_is_its_end_as_far_as_it_has_come(written: str, last: str) -> None:
    found = at_of(written, now_ns=NOW)
    assert found is not None
    assert format_time(found) == last
    assert span_of(None, None, written, now_ns=NOW) == Span(None, found + 1)


def test_the_future_is_not_known() -> None:
    assert at_of(None, now_ns=NOW) is None
    for wrong in ("2027", "2026-12", "2026-11-21", "2026-11-20T14:04Z"):
        with pytest.raises(InputError, match="not come yet"):
            at_of(wrong, now_ns=NOW)


def test_a_period_that_is_closed_is_a_year_a_month_or_a_day() -> None:
    assert closed_period("2025", "PERIOD") == (day("2025-01-01"), day("2026-01-01"))
    assert closed_period("2024-02", "PERIOD") == (day("2024-02-01"), day("2024-03-01"))
    assert closed_period("2025-12-31", "PERIOD") == (day("2025-12-31"), day("2026-01-01"))
    for wrong in ("", "today", "7d", "1969", "9999", "2025-13", "2025-Q1", "ytd"):
        with pytest.raises(InputError, match="PERIOD: not a year"):
            closed_period(wrong, "PERIOD")


def test_a_currency_is_a_code() -> None:
    assert currency_code(" eur ", "--in") == "EUR"
    for wrong in ("", "US$", "E U R", "€", "X" * 21):
        with pytest.raises(InputError, match="--in: not a currency"):
            currency_code(wrong, "--in")
