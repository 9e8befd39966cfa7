"""Text shaping: signs, digits, ages, masks, and nothing an exchange wrote can move a cursor."""

from __future__ import annotations

import unicodedata
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from account_cli.domain.times import DAY, HOUR, MINUTE, SECOND, parse_time
from account_cli.reports import render

D = Decimal
finite = st.decimals(allow_nan=False, allow_infinity=False, min_value=D("-1e30"), max_value=D("1e30"))


@pytest.mark.parametrize(
    ("value", "places", "text"),
    [
        ("1234567.5", 2, "1,234,567.50"),
        ("-1234.5", 2, "−1,234.50"),
        ("0.31", 8, "0.31000000"),
        ("-0.004", 2, "0.00"),
        ("0", None, "0"),
        ("0.1200", None, "0.12"),
        ("0.00000000123456789", None, "0.00000000123457"),
        ("1E+3", None, "1,000"),
        ("1.123456789", None, "1.12345679"),
        ("2.5", 0, "2"),
        ("3.5", 0, "4"),
    ],
)
def test_amounts_are_grouped_rounded_half_even_and_never_a_negative_zero(
    value: str, places: int | None, text: str
) -> None:
    assert render.amount(D(value), places) == text


def test_an_unknown_amount_is_a_question_mark_and_never_zero() -> None:
    assert render.amount(None) == "?"
    assert render.change(None) == "?"
    assert render.percentage(None) == "?"
    assert render.exact(None) == "?"


def test_plain_output_has_ascii_signs_and_no_groups() -> None:
    assert render.amount(D("-1234.5"), ascii_only=True, grouped=False) == "-1234.5"
    assert render.percentage(D("-0.954"), ascii_only=True) == "-0.95%"
    assert render.exact(D("-1234.50")) == "-1234.5"


def test_gains_and_losses_carry_arrow_and_sign() -> None:
    assert render.change(D("1204.55"), 2) == "▲ +1,204.55"
    assert render.change(D("-22.5"), 2) == "▼ −22.50"
    assert render.change(D("0.001"), 2) == "  0.00"
    assert render.change(D(0), 2) == "  0.00"
    assert render.percentage(D("0.95")) == "+0.95%"
    assert [render.arrow(v) for v in (D(1), D(-1), D(0), None)] == ["▲", "▼", " ", " "]


@pytest.mark.parametrize(
    ("ns", "text"),
    [
        (0, "0s"),
        (-5, "0s"),
        (42 * SECOND, "42s"),
        (3 * MINUTE + 59 * SECOND, "3m"),
        (HOUR, "1h"),
        (9 * DAY, "9d"),
        (None, "—"),
    ],
)
def test_ages_are_whole_units(ns: int | None, text: str) -> None:
    assert render.age(ns) == text


def test_moments_are_utc() -> None:
    ns = parse_time("2026-11-19T14:03:27.5Z")
    assert render.clock(ns) == "14:03:27"
    assert render.date_and_time(ns) == "2026-11-19 14:03:27"
    assert render.clock(None) == "—"


def test_ticks_say_how_many_digits() -> None:
    assert (render.places_for("USD"), render.places_for("JPY"), render.places_for("BTC")) == (2, 0, 8)


def test_a_mask_betrays_neither_length_nor_sign() -> None:
    assert {render.masked(text, "hidden") for text in ("1", "−123,456.00", "?")} == {"•••••"}
    assert render.masked("+0.95%", "percent", is_percent=True) == "+0.95%"
    assert render.masked("12.00", "percent") == "•••••"
    assert render.masked("12.00", "off") == "12.00"
    assert render.masked("—", "hidden") == "—"


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("\x1b[31mred\x1b[0m", "[31mred[0m"),
        ("\x9b31m", "31m"),
        ("a\u202egnp.exe", "agnp.exe"),
        ("z\u200bero\ufeff", "zero"),
        ("two\n lines\tand\u2028more", "two lines and more"),
        ("e\u0301\u0301\u0301\u0301", "e\u0301\u0301"),
        ("[bold]x[/bold]", "[bold]x[/bold]"),
        ("漢字 ok", "漢字 ok"),
    ],
)
def test_foreign_text_becomes_one_harmless_line(raw: str, clean: str) -> None:
    assert render.clean_text(raw) == clean


def test_long_foreign_text_is_cut_and_says_so() -> None:
    assert render.clean_text("x" * 500, 10) == "x" * 9 + "…"
    assert render.clean_text("\x00" * 500 + "end", 10) == "…"
    assert render.clean_text(None) == "—"


@given(st.text(max_size=400), st.integers(1, 60))
def test_clean_text_is_harmless_bounded_and_idempotent(text: str, longest: int) -> None:
    clean = render.clean_text(text, longest)
    assert len(clean) <= longest
    assert not any(unicodedata.category(letter) in {"Cc", "Cf", "Cs", "Co", "Cn"} for letter in clean)
    assert not any(letter in clean for letter in "\n\r\t\x1b\u202e\u200b\u2066")
    assert render.clean_text(clean, longest) == clean


@given(finite)
def test_an_exact_text_reads_back_as_the_same_number(value: Decimal) -> None:
    text = render.exact(value)
    assert D(text) == value
    assert "E" not in text


@given(finite, st.integers(0, 18))
def test_a_shown_amount_is_within_half_a_digit(value: Decimal, places: int) -> None:
    shown = D(render.amount(value, places, grouped=False, ascii_only=True))
    assert abs(shown - value) * 2 <= D(1).scaleb(-places)
    text = render.amount(value, places, signed=True)
    assert text.startswith("−") == (shown < 0)
    assert text.startswith("+") == (shown > 0)
