"""With amounts hidden none of them is anywhere on the screen; foreign texts can neither draw nor break anything."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from account_cli.domain.times import HOUR, MINUTE
from account_cli.reports import render
from account_cli.reports.rows import EquityPointRow
from account_cli.tui.model.cell import Span
from account_cli.tui.model.chart import chart, window
from account_cli.tui.model.column import Showing
from account_cli.tui.tables import TABLES
from account_cli.tui.widgets.figures import figure_card, figure_line
from account_cli.tui.widgets.risk import risk_lines
from tests.tui.screen_text import watching
from tests.tui.watch_fixture import FIGURES, NOW, RISK, account, balance, fill, notice, order, position, screenful, stat

_TIMES = re.compile(r"\d\d:\d\d(:\d\d)?|\d\d-\d\d|\d+[smhd]\b")


def _amounts(value: Any) -> set[str]:
    """Every amount within, written in the ways the screen might write it, without its sign."""
    if isinstance(value, Decimal):
        texts = {render.amount(abs(value), places) for places in (None, 0, 1, 2, 3, 4, 5, 8)}
        return {text for text in texts if len(text) > 3} | {f"{abs(value):f}"} - {"0", "1", "2", "3"}
    if isinstance(value, msgspec.Struct):
        return set().union(*(_amounts(getattr(value, name)) for name in value.__struct_fields__))
    if isinstance(value, tuple):
        return set().union(*(_amounts(item) for item in value))
    return set()


@pytest.mark.parametrize(("width", "height"), [(60, 15), (80, 24), (120, 40), (250, 60)])
async def test_no_amount_of_the_fixture_is_on_any_page(width: int, height: int) -> None:
    whole = screenful(accounts=(account(history_complete=False),), incomplete=("128402.11 USD are missing",))
    amounts = _amounts(whole) | {"5,000.00", "11.25", "128402"}
    assert len(amounts) > 200
    async with watching(whole, width, height, privacy=True) as screen:
        pages = [await screen.text()]
        for number in "12345678":
            pages += [await screen.press(number), await screen.press("z"), await screen.press("z")]
            pages += [await screen.press("right_square_bracket"), await screen.press("p")]
        pages.append(await screen.press("question_mark"))
        for page in pages:
            page = _TIMES.sub("", page)  # noqa: PLW2901
            found = amounts & set(re.findall(r"[\d.,]+", page))
            assert not found


_money = st.decimals(min_value=-(10**12), max_value=10**12, places=8, allow_nan=False, allow_infinity=False)


@given(a=_money, b=_money, c=_money)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_cell_shows_a_digit_of_a_hidden_amount(a: Decimal, b: Decimal, c: Decimal) -> None:
    whole = screenful(
        positions=(
            position(
                "A/USD",
                "1",
                "1",
                "1",
                quantity=a,
                entry_price=b,
                mark_price=c,
                market_value=a,
                unrealized_pnl=b,
                unrealized_pnl_pct=c,
                realized_pnl=a,
                fees=b,
                funding=c,
                leverage=a,
                margin=b,
                liquidation_price=c,
                unknown_cost_quantity=a,
            ),
        ),
        balances=(balance("A", "1", total=a, free=b, used=c, value=a, price=b),),
        orders=(order(1, "A/USD", "buy", "1", "1", quantity=a, filled=b, price=c, average=a),),
        fills=(fill(1, "A/USD", "buy", "1", "1", None, quantity=a, price=b, realized_pnl=c, roi_pct=a),),
        alerts=(notice(1, "info", "x", f"{a} and {b:f} or {c:.2f}"),),
    )
    showing = Showing(now_ns=NOW, privacy="hidden")
    told = {"time", "created_at", "mark_at", "price_at", "id", "order_id", "kind", "last_message_at"}
    for table in TABLES:
        for row in table.rows(whole):
            for column in table.columns:
                cell = column.cell(row, showing)
                if column.name not in told:
                    assert not any(letter.isdigit() for letter in cell.text), (table.name, column.name, cell)
                    assert cell.lead == "", "an arrow tells the sign"
                    assert cell.tone not in {"up", "down"} or column.name == "side"


@given(a=_money, b=_money)
@settings(max_examples=40, deadline=None)
def test_no_key_figure_shows_a_digit_when_hidden(a: Decimal, b: Decimal) -> None:
    figures = msgspec.structs.replace(
        FIGURES,
        equity=a,
        day_change=b,
        day_change_pct=a,
        unrealized_pnl=b,
        realized_pnl=a,
        fees=b,
        funding=a,
        price_age_seconds=None,
    )
    lines = figure_line(figures, "hidden", 300) + figure_card(figures, "hidden", 300, 20)
    text = "".join(span.text for line in lines for span in line)
    assert not any(letter.isdigit() for letter in text)
    assert "▲" not in text
    assert "▼" not in text


@given(a=_money, b=_money, c=_money)
@settings(max_examples=40, deadline=None)
def test_no_risk_or_statistic_shows_a_digit_when_hidden_nor_an_amount_in_percent(
    a: Decimal, b: Decimal, c: Decimal
) -> None:
    risk = msgspec.structs.replace(
        RISK,
        used_margin=a,
        available_margin=b,
        margin_ratio=c,
        leverage=a,
        net_exposure=b,
        gross_exposure=a,
        liquidation_distance_pct=c,
    )
    row = stat("USD", 7, total=a, win_rate=c, average_win=b, average_loss=a, profit_factor=c, expectancy=b)
    whole = screenful(risk=risk, statistics=(row,))
    for width, height in ((48, 8), (80, 14), (66, 40)):
        text = _plain(risk_lines(whole, "hidden", width, height))
        left = re.sub(r"30d|n=\d+", "", text)
        assert not any(letter.isdigit() for letter in left), left
        assert not any(letter in text for letter in "▲▼█")
        shown = set(re.findall(r"[\d.,]+", _plain(risk_lines(whole, "percent", width, height))))
        rates = {render.amount(abs(value), digits) for value in (c, c * 100) for digits in (1, 2)}
        for value in (a, b):
            written = render.amount(abs(value), 2)
            assert len(written) < 6 or written in rates or written not in shown


@given(values=st.lists(_money, min_size=2, max_size=40))
@settings(max_examples=40, deadline=None)
def test_no_axis_shows_an_amount_when_hidden(values: list[Decimal]) -> None:
    rows = tuple(
        EquityPointRow(at=NOW - (40 - n) * MINUTE, span=MINUTE, equity=value, net_pnl=value, flows=Decimal(0))
        for n, value in enumerate(values)
    )
    seen = window(rows, NOW, HOUR)
    for kind in ("equity", "pnl"):
        assert chart(seen, kind, "hidden", "", 60, 12) == []
        for line in chart(seen, kind, "percent", "", 60, 12)[:-1]:
            assert line[0].text.strip("│ ") == "" or line[0].text.endswith("%┤")


def _plain(lines: list[list[Span]]) -> str:
    return "\n".join("".join(span.text for span in line) for line in lines)


HOSTILE = (
    "[/foo] bad",
    "[red]x[/red]",
    "[@click=app.quit]free money[/]",
    "\x1b[2J\x1b]0;owned\x07",
    "\u202eDSU/CTB\u202c",
    "a\nb\r\tc\x00d\x9b31m",
    "zero\u200bwidth\u2066\u2069\ufeff",
    "🦀" * 40,
    "漢字" * 60,
    "e\u0301\u0323" * 50,
    "\ud800 lone",
    "",
    "x" * 5000,
)


@pytest.mark.parametrize("text", HOSTILE)
async def test_a_hostile_text_is_drawn_as_harmless_characters(text: str) -> None:
    whole = screenful(
        accounts=(account(text or "x", venue=text, strategy=text),),
        positions=(position("BTC/USD", "1", "1", "2", symbol=text, account=text, side=text, currency=text),),
        balances=(balance(text, "1", account=text, wallet=text, source=text, price_source=text, currency=text),),
        orders=(order(1, text, text, "1", "1", type=text, status=text, id=text, client_id=text),),
        fills=(fill(1, text, text, "1", "1", "1", id=text, order_id=text, settle=text, type=text, liquidity=text),),
        alerts=(notice(1, text, text, text, text),),
        incomplete=(text,),
        risk=msgspec.structs.replace(RISK, liquidation_symbol=text),
        statistics=(stat(text, 3),),
        curve_without=(text,),
    )
    for width, height in ((80, 24), (120, 40), (250, 60)):
        async with watching(whole, width, height) as screen:
            pages = [await screen.text(), await screen.press("z"), await screen.press("3"), await screen.press("5")]
            pages += [await screen.press("7"), await screen.press("8"), await screen.press("3")]
            pages.append(await screen.press("slash", "left_square_bracket", "slash", "f", "enter"))
            for page in pages:
                assert all(letter.isprintable() or letter == "\n" for letter in page)
                assert not any(letter in page for letter in "\u202e\u2066\u200b\x1b")
        async with watching(whole, width, height) as screen:
            strips = screen.app.screen._compositor.render_strips()
            assert all(strip.cell_length == width for strip in strips), "nothing pushes the frame out of place"


async def test_markup_is_shown_letter_by_letter() -> None:
    whole = screenful(alerts=(notice(1, "info", "x", "[red]x[/red] [/foo]"),))
    async with watching(whole) as screen:
        assert "[red]x[/red] [/foo]" in await screen.text()
