"""The chart draws what is known where it belongs, and nothing where nothing is known."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from account_cli.domain.times import DAY, HOUR, MINUTE
from account_cli.reports.rows import EquityPointRow
from account_cli.tui.model.axis import spread, step_places, ticks, time_ticks
from account_cli.tui.model.braille import Field, Point, raster, sparkline
from account_cli.tui.model.chart import RANGES, chart, ranges_for, values, window
from tests.tui.screen_text import watching
from tests.tui.watch_fixture import CURVE, FIGURES, NOW, RISK, account, curve, empty, screenful

D = Decimal
_money = st.decimals(min_value=-(10**9), max_value=10**9, places=4, allow_nan=False, allow_infinity=False)


def _field(width: int, height: int, high: str = "10") -> Field:
    return Field(0, 100, D(0), D(high), width, height)


def _points(*pairs: tuple[int, str], joined: bool = True) -> list[Point]:
    return [Point(at, D(value), joined) for at, value in pairs]


def _text(lines: Any) -> list[str]:
    return ["".join(span.text for span in line) for line in lines]


# ---- braille


def test_a_rising_line_goes_from_the_lower_left_to_the_upper_right() -> None:
    assert raster(_points((0, "0"), (100, "10")), _field(4, 2)) == ["  ⡠⠊", "⡠⠊  "]


def test_a_flat_line_is_flat_and_a_single_point_is_a_dot() -> None:
    assert raster(_points((0, "5"), (100, "5")), Field(0, 100, D(5), D(5), 3, 1)) == ["⠒⠒⠒"]
    assert raster(_points((0, "10")), _field(3, 1)) == ["⠁  "]


def test_every_peak_within_a_column_is_drawn() -> None:
    spike = _points(*((at, "10" if at == 50 else "0") for at in range(101)))
    drawn = raster(spike, _field(5, 2))
    assert drawn[0].strip()
    assert all(line.count(" ") == 4 for line in drawn[:1])


def test_what_is_not_known_is_not_drawn_over() -> None:
    points = [*_points((0, "5"), (30, "5")), Point(70, D(5), False), Point(100, D(5), True)]
    line = raster(points, _field(20, 1))[0]
    assert re.fullmatch(r"⠒+[⠂⠐]? {5,}[⠐⠂]?⠒+", line)


@given(st.lists(_money, min_size=1, max_size=60), st.integers(1, 40), st.integers(1, 12))
@settings(max_examples=80, deadline=None)
def test_every_raster_fits_and_every_known_column_has_a_dot(found: list[Decimal], width: int, height: int) -> None:
    field = Field(0, len(found), min(found), max(found), width, height)
    points = [Point(at, value, at > 0) for at, value in enumerate(found)]
    lines = raster(points, field)
    assert len(lines) == height
    assert all(len(line) == width for line in lines)
    for point in points:
        x = field.x(point.at) // 2
        assert any(line[x] != " " for line in lines)
    assert all(0 <= field.y(value) < height * 4 for value in found)


def test_the_sparkline_has_its_lowest_and_its_highest_block() -> None:
    assert sparkline([D(n) for n in range(8)], 8) == "▁▂▃▄▅▆▇█"
    assert sparkline([D(1), None, D(3)], 3) == "▁ █"
    assert sparkline([D(1), D(1)], 10) == "▄▄"
    assert sparkline([None], 5) == ""
    assert len(sparkline([D(n % 7) for n in range(1000)], 10)) == 10


# ---- axes


def test_marks_stand_at_round_numbers() -> None:
    assert ticks(D(127412), D(130918), 4) == [D(128000), D(129000), D(130000)]
    assert ticks(D("128593.0"), D("128593.7"), 3) == [D("128593.0"), D("128593.5")]
    assert ticks(D(-50), D(10), 4) == [D(-40), D(-20), D(0)]
    assert step_places(ticks(D("0.00012"), D("0.00018"), 4)) == 5
    assert step_places([D(1000), D(2000)]) == 0


@given(_money, _money, st.integers(1, 9))
@settings(max_examples=200, deadline=None)
def test_marks_are_within_the_range_and_never_too_many(a: Decimal, b: Decimal, most: int) -> None:
    low, high = spread(min(a, b), max(a, b))
    found = ticks(low, high, most)
    assert 1 <= len(found) <= most
    assert all(low <= mark <= high for mark in found)
    assert found == sorted(found)
    assert low <= min(a, b)
    assert high >= max(a, b)


def test_a_curve_that_hardly_moves_is_drawn_flat() -> None:
    low, high = spread(D("99999.99"), D("100000.01"))
    assert high - low >= 19


def test_times_are_round_and_named_by_hour_or_day() -> None:
    day = time_ticks(NOW - DAY, NOW, 5)
    assert [name for _, name in day] == ["18:00", "11-20", "06:00", "12:00"]
    assert all(at % HOUR == 0 for at, _ in day)
    month = [name for _, name in time_ticks(NOW - 30 * DAY, NOW, 4)]
    assert month == ["10-24", "11-03", "11-13"]


# ---- which part of the curve


def test_longer_ranges_are_offered_only_when_there_is_more_to_see() -> None:
    assert ranges_for((), NOW) == 1
    assert [ranges_for(curve(days=1)[-minutes:], NOW) for minutes in (1, 50, 70)] == [1, 1, 2]
    assert ranges_for(CURVE, NOW) == len(RANGES)


def test_time_begins_with_the_curve_and_is_at_least_ten_minutes() -> None:
    assert window(CURVE, NOW, DAY).since == NOW - DAY
    young = CURVE[-3:]
    assert window(young, NOW, DAY).since == NOW - 10 * MINUTE
    assert window((), NOW, DAY).points == ()


def _row(minute: int, equity: str, span: int = MINUTE) -> EquityPointRow:
    return EquityPointRow(at=minute * MINUTE, span=span, equity=D(equity), net_pnl=D(equity) - 90, flows=D(0))


def test_points_are_joined_only_where_nothing_is_missing_between() -> None:
    rows = (_row(0, "100", 5 * MINUTE), _row(5, "110"), _row(6, "120"), _row(8, "130"))
    seen = window(rows, 10 * MINUTE, HOUR)
    drawn = values(seen, "equity", relative=False)
    assert [(point.at // MINUTE, point.joined) for point in drawn] == [
        (0, False),
        (5, True),
        (6, True),
        (7, True),
        (8, False),
        (9, True),
    ]
    assert [point.value for point in values(seen, "equity", relative=True)] == [0, 0, 10, 20, 30, 30]
    assert [point.value for point in values(seen, "pnl", relative=False)] == [0, 0, 10, 20, 30, 30]


def test_the_chart_has_amounts_at_the_left_and_time_below() -> None:
    lines = _text(chart(window(CURVE, NOW, DAY), "equity", "off", "up", 50, 9))
    assert len(lines) == 9
    assert all(len(line) <= 50 for line in lines)
    assert re.search(r"^ *1\d\d,000┤", "\n".join(lines), re.MULTILINE)
    assert lines[-1].lstrip().startswith("└")
    assert "11-20" in lines[-1]
    assert chart(window(CURVE, NOW, DAY), "equity", "off", "up", 5, 9) == []
    assert chart(window(CURVE, NOW, DAY), "equity", "hidden", "up", 50, 9) == []


def test_profit_has_its_zero_in_sight() -> None:
    rows = tuple(_row(minute, str(100 + minute)) for minute in range(30))
    lines = _text(chart(window(rows, 30 * MINUTE, HOUR), "pnl", "off", "up", 40, 8))
    assert any(line.lstrip().startswith("0┤") for line in lines)
    assert any("+20┤" in line for line in lines)


# ---- the pane


async def test_brackets_change_how_far_back_the_chart_goes() -> None:
    async with watching(screenful()) as screen:
        assert "1h [24h] 7d 30d" in await screen.text()
        text = await screen.press("left_square_bracket")
        assert "[1h] 24h" in text
        assert "1h ▲" in text or "1h ▼" in text
        assert "[1h]" in await screen.press("left_square_bracket")
        text = await screen.press("right_square_bracket", "right_square_bracket", "right_square_bracket")
        assert "7d [30d]" in text
        assert "[30d]" in await screen.press("right_square_bracket")


async def test_p_shows_profit_and_with_room_both_are_there() -> None:
    async with watching(screenful()) as screen:
        text = await screen.press("p")
        assert "7 P&L" in text
        assert "+" in text.split("\n")[4]
        assert "7 Equity" in await screen.press("p")
        assert "7 Equity and P&L" in await screen.press("7", "z")


async def test_the_chart_is_drawn_at_most_once_a_second() -> None:
    async with watching(screenful()) as screen:
        before = await screen.text()
        later = tuple(msgspec.structs.replace(one, equity=(one.equity or 0) * 2) for one in CURVE)
        assert await screen.give(screenful(equity_curve=later)) == before
        screen.clock.pass_(1)
        assert await screen.give(screenful(equity_curve=later)) != before


async def test_a_young_history_offers_what_there_is() -> None:
    async with watching(screenful(equity_curve=CURVE[-1:])) as screen:
        text = await screen.text()
        assert "[1h] ─╮" in text
        assert "1h ?" in text
        assert "[1h]" in await screen.press("right_square_bracket")


async def test_no_history_says_when_there_will_be_some() -> None:
    async with watching(empty(accounts=(account(),))) as screen:
        assert "No history yet: a point every 30 s once" in await screen.text()


async def test_accounts_that_are_not_in_the_curve_are_named() -> None:
    async with watching(screenful(curve_without=("ledger",)), 250, 60) as screen:
        assert "without ledger" in await screen.text()


async def test_in_percent_the_axis_has_no_amounts() -> None:
    async with watching(screenful()) as screen:
        text = await screen.press("dollar_sign")
        assert re.search(r"[+−]\d+(\.\d)?%┤", text)
        assert ",000┤" not in text
        assert "high •••••" in text
        text = await screen.press("dollar_sign")
        assert "┤" not in text
        assert "⠤" not in text


async def test_the_number_keys_reach_the_new_panes_and_streams_take_the_place_of_alerts() -> None:
    async with watching(screenful()) as screen:
        text = await screen.press("8", "8")
        assert "nearest liquidation" in text
        assert "Positions" not in text
        text = await screen.press("8", "6")
        assert "6 Streams 5" in text
        assert "5 Alerts" not in text
        text = await screen.press("1")
        assert "5 Alerts 5" in text
        assert "6 Streams" not in text


async def test_filters_and_sorting_do_nothing_where_there_are_no_rows() -> None:
    async with watching(screenful()) as screen:
        before = await screen.press("7")
        assert await screen.press("slash", "s", "S", "j", "g", "G", "escape") == before


async def test_partial_equity_is_said_beside_the_risk() -> None:
    whole = screenful()
    assert whole.risk is not None
    partial = msgspec.structs.replace(whole.risk, partial=True, unpriced=("KFEE",))
    async with watching(screenful(risk=partial)) as screen:
        text = await screen.text()
        assert "equity is at least" in text
        assert "≤ 3.3%" in text


async def test_no_liquidation_and_an_unknown_one_differ() -> None:
    for used, said in ((Decimal(0), "—"), (None, "?")):
        risk = msgspec.structs.replace(RISK, used_margin=used, liquidation_symbol=None, liquidation_distance_pct=None)
        async with watching(screenful(risk=risk)) as screen:
            text = await screen.press("8", "8")
            assert re.search(rf"nearest liquidation {re.escape(said)} ", text), text


async def test_the_day_says_since_when_it_was_seen() -> None:
    late = msgspec.structs.replace(FIGURES, day_start_at=NOW - NOW % DAY + 9 * HOUR + 20 * MINUTE)
    async with watching(screenful(figures=late)) as screen:
        assert "Since 09:20 ▲ +1,204.55 +0.95%" in await screen.text()
    whole = msgspec.structs.replace(FIGURES, day_start_at=NOW - NOW % DAY)
    async with watching(screenful(figures=whole)) as screen:
        assert "Day ▲ +1,204.55 +0.95%" in await screen.text()
