"""The pure half of the screen: fitting, ordering, measuring, places, what is looked at and when."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from account_cli.errors import Unavailable
from account_cli.reports.rows import PositionRow, Screenful
from account_cli.tui.feed import Feed
from account_cli.tui.layout import boxes, mode_for
from account_cli.tui.model.cell import Cell, Span
from account_cli.tui.model.column import Showing
from account_cli.tui.model.fit import Measure, Place, Wish, changed_span, clip, fit, pad, text_width
from account_cli.tui.model.order import matches, settle, sort_keys
from account_cli.tui.model.rows import Rows
from account_cli.tui.model.view import View
from account_cli.tui.tables import TABLES
from account_cli.tui.tables.cells import amount, price
from account_cli.tui.tables.money import POSITIONS
from account_cli.tui.widgets.lines import Group, fit_groups
from tests.tui.watch_fixture import NOW, StillSource, position, screenful

_keys = st.lists(st.text("abcdef", min_size=1, max_size=2), unique=True, max_size=8)


@given(st.lists(st.tuples(st.integers(1, 30), st.integers(0, 9), st.booleans()), min_size=1), st.integers(1, 200))
def test_chosen_columns_fit_in_their_own_order_and_the_most_important_is_there(
    columns: list[tuple[int, int, bool]], room: int
) -> None:
    wishes = [Wish(*column) for column in columns]
    gap, places = fit(wishes, room)
    assert sum(place.width for place in places) + gap * (len(places) - 1) <= room
    assert [place.column for place in places] == sorted(place.column for place in places)
    best = min(range(len(wishes)), key=lambda i: (wishes[i].priority, i))
    assert best in [place.column for place in places]
    if len(places) > 1:
        assert all(place.width >= wishes[place.column].width for place in places), "none is cut"
    worst = max((wishes[place.column].priority, place.column) for place in places)
    left_out = [i for i in range(len(wishes)) if i not in [place.column for place in places]]
    assert all((wishes[i].priority, i) > worst for i in left_out), "the least important go first"


def test_points_stand_under_each_other_and_widths_only_grow() -> None:
    measure = Measure("decimal", 3, 24)
    cells = [Cell("1.5"), Cell("1,000"), Cell("−0.00012"), Cell("?"), Cell("+7.25", lead="▲")]
    for cell in cells:
        measure.take(cell)
    texts = [pad(cell, measure, Place(0, measure.width)) for cell in cells]
    assert {len(text) for text in texts} == {measure.width}
    assert len({text.index(".") for text in texts if "." in text}) == 1
    assert texts[3].endswith("?")
    assert texts[4].startswith("▲")
    assert not measure.take(Cell("2.5"))
    assert measure.take(Cell("2.500000"))


@given(st.text(max_size=40), st.integers(0, 30))
def test_a_clipped_text_has_the_width_asked_for(text: str, width: int) -> None:
    text = "".join(letter for letter in text if letter.isprintable())
    clipped = clip(text, width)
    assert text_width(clipped) == width or not text.isascii()


def test_only_the_characters_that_differ_are_fresh() -> None:
    assert changed_span("91,950.5", "91,953.5") == (5, 6)
    assert changed_span(" 9.9", "10.0") == (0, 4)
    assert changed_span("1.0", "1.0") == (3, 3)


@given(_keys, _keys)
def test_a_held_order_keeps_rows_where_they_were_and_loses_none(old: list[str], target: list[str]) -> None:
    held = settle(old, target, hold=True)
    assert sorted(held) == sorted(target)
    kept = [key for key in held if key in old]
    assert kept == [key for key in old if key in target]
    assert settle(old, target, hold=False) == target


def test_sorting_puts_unknown_last_either_way() -> None:
    rows: dict[str, Any] = {"a": 2, "b": None, "c": 1}
    assert sort_keys(rows, lambda v: v, reverse=False) == ["c", "a", "b"]
    assert sort_keys(rows, lambda v: v, reverse=True) == ["a", "c", "b"]
    assert sort_keys(rows, None, reverse=True) == ["c", "b", "a"]


def test_a_filter_asks_for_words_and_against_them() -> None:
    assert matches("BTC/USD long kraken", "btc KRAK")
    assert not matches("BTC/USD long kraken", "btc !long")
    assert matches("anything", "!")
    assert matches("anything", "")


@given(_keys, _keys, st.integers(0, 9), st.integers(0, 5))
def test_a_view_never_shows_emptiness_below_rows_and_keeps_its_cursor_in_the_order(
    first: list[str], second: list[str], index: int, page: int
) -> None:
    view = View()
    view.replace(first)
    view.resize(page)
    view.go(index)
    if first and page:
        assert view.at in view.in_sight
    view.replace(second)
    assert view.at is None or view.at in second
    assert len(view.in_sight) == min(page, len(second))


def _rows(*rows: PositionRow, flash_s: float = 0.4) -> Rows[PositionRow]:
    table: Rows[PositionRow] = Rows(POSITIONS, flash_s=flash_s)
    table.take(rows, Showing(now_ns=NOW), 0.0)
    return table


def test_only_rows_that_changed_are_told_and_flash_until_their_time_is_over() -> None:
    a, b = position("A/USD", "1", "10", "11"), position("B/USD", "1", "10", "11")
    table = _rows(a, b)
    key_a, key_b = table.order
    other = msgspec.structs.replace(a, mark_price=Decimal(12))
    changes = table.take((other, b), Showing(now_ns=NOW), 1.0, in_sight=table.order)
    assert (changes.all, changes.keys) == (False, {key_a})
    assert table.lines[key_a].fresh
    assert not table.lines[key_b].fresh
    assert table.settled(1.3) == []
    assert table.settled(1.5) == [key_a]
    assert table.settled(1.6) == []


def test_rows_out_of_sight_are_written_when_they_come_in_sight() -> None:
    a = position("A/USD", "1", "10", "11")
    table = _rows(a)
    key = table.order[0]
    table.take((msgspec.structs.replace(a, mark_price=Decimal(12)),), Showing(now_ns=NOW), 1.0)
    assert "11.0000" in [cell.text for cell in table.lines[key].cells]
    table.ready([key])
    assert "12.0000" in [cell.text for cell in table.lines[key].cells]


def test_two_rows_of_one_name_are_both_kept() -> None:
    a = position("A/USD", "1", "10", "11")
    assert len(_rows(a, a).order) == 2


def test_the_same_order_again_is_no_change() -> None:
    a = position("A/USD", "1", "10", "11")
    table = _rows(a)
    changes = table.take((msgspec.structs.replace(a),), Showing(now_ns=NOW), 1.0)
    assert (changes.all, changes.keys) == (False, set())


@given(st.integers(1, 300), st.integers(1, 100), st.sampled_from([t.name for t in TABLES]), st.booleans())
def test_panes_fill_the_room_and_never_overlap(width: int, height: int, current: str, zoomed: bool) -> None:
    mode = mode_for(width, height)
    placed = boxes(mode, width, height, current, zoomed=zoomed)
    assert current in placed
    assert sum(max(0, box.height) * box.width for box in placed.values()) == width * height or height < 7
    if mode in {"two", "three"} and not zoomed:
        everything = {table.name for table in TABLES} | {"equity", "risk"}
        hidden = {"two": {"alerts" if current == "streams" else "streams"}, "three": set()}[mode]
        assert set(placed) == everything - hidden


def test_shares_of_the_columns_of_panes_leave_no_gap() -> None:
    placed = boxes("three", 250, 57, "positions")
    columns = sorted({(box.x, box.width) for box in placed.values()})
    assert all(x + width == following for (x, width), (following, _) in pairwise(columns))


def test_words_are_left_out_whole_the_least_important_first() -> None:
    groups = [Group((Span("aaaa"),), 0), Group((Span("bbbb"),), 2), Group((Span("cccc"),), 1, right=True)]
    lines = {width: "".join(span.text for span in fit_groups(groups, width)) for width in (30, 14, 8)}
    assert lines[30] == " aaaa  bbbb" + " " * 14 + "cccc"
    assert lines[14] == " aaaa    cccc"
    assert lines[8] == " aaaa"


def test_a_number_too_long_for_any_column_is_rounded_and_says_so() -> None:
    showing = Showing(now_ns=NOW)
    assert amount(Decimal("-1234567890123456789012345678"), showing).text == "≈−1.234568e+27"
    assert price(Decimal("0"), showing).text == "0.00"
    assert price(Decimal("0.00001234"), showing).text == "0.00001234"


class _Broken(StillSource):
    def screenful(self) -> Screenful:
        raise Unavailable("the database is locked")


def test_a_price_has_the_digits_that_were_sent_and_no_zeros_that_only_fill_it_up() -> None:
    showing = Showing(now_ns=NOW)
    sent = {"64978.55000000": "64,978.55", "0.12282000": "0.122820", "0.12345678": "0.12345678", "105.0": "105.000"}
    assert {text: price(Decimal(text), showing, exact=True).text for text in sent} == sent


def test_an_account_named_like_a_market_is_not_cut_in_any_table() -> None:
    widest = {column.widest for table in TABLES for column in table.columns if column.is_account}
    assert widest == {14}, "binanceusdm with a few letters before it"


def test_nothing_is_built_while_nothing_changes_but_once_a_second() -> None:
    source = StillSource(screenful())
    feed = Feed(source)
    looks = [feed.pull(now) for now in (0.0, 0.1, 0.5, 0.9, 1.0, 1.1)]
    assert looks == [True, False, False, False, True, False]
    assert source.asked == 2
    source.give(screenful())
    assert feed.pull(1.2)


def test_a_source_that_fails_keeps_what_was_shown_and_says_why() -> None:
    feed = Feed(_Broken(screenful()))
    assert not feed.pull(0.0)
    assert feed.error == "the database is locked"
    assert feed.shown is None
