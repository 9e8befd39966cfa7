"""What a person can do with the keys."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from account_cli.tui.keys import KEYS
from account_cli.tui.screens.watch import WatchScreen
from tests.tui.screen_text import Watching, watching
from tests.tui.watch_fixture import POSITIONS, account, fill, many, screenful


def _rows(text: str) -> list[str]:
    """Symbols of the positions as a tab, from above."""
    lines = text.split("\n")
    return [line[1:].split()[0] for line in lines[4:9] if line[1:].split()]


def _focused(screen: Watching) -> str:
    focused = screen.app.focused
    assert focused is not None
    return focused.id or ""


async def test_numbers_go_to_a_pane_and_again_show_it_alone() -> None:
    async with watching(screenful()) as screen:
        assert _focused(screen) == "positions"
        text = await screen.press("4")
        assert _focused(screen) == "balances"
        assert "Positions" in text
        text = await screen.press("4")
        assert "4 Balances 6" in text
        assert "Positions" not in text
        assert "Price from" in text, "with more room come more columns"
        text = await screen.press("4")
        assert "Positions" in text


async def test_tab_goes_round_the_panes() -> None:
    async with watching(screenful()) as screen:
        await screen.press("tab")
        assert _focused(screen) == "orders"
        await screen.press("shift+tab", "shift+tab")
        assert _focused(screen) == "reconcile"


async def test_tabs_show_one_pane_at_a_time_above_the_latest_fills() -> None:
    async with watching(screenful(), 80, 24) as screen:
        text = await screen.press("2")
        assert "[2 Orders 3]" in text
        assert "93,000.00" in text
        assert "── 3 Fills 6" in text
        text = await screen.press("3")
        assert "[3 Fills 6]" in text
        assert "── 5 Alerts 5" in text


async def test_every_tab_is_named_whatever_their_counts() -> None:
    async with watching(many(150), 80, 24) as screen:
        bar = (await screen.press("3")).split("\n")[2]
        for name in ("1 Pos", "2 Ord", "[3 Fills 149]", "4 Bal", "5 Ale", "6 Str"):
            assert name in bar
        assert "of 149" in bar


async def test_the_cursor_moves_and_stays_on_its_row() -> None:
    async with watching(many(50)) as screen:
        assert "▸C002/USD" in await screen.press("j", "down")
        assert "▸C001/USD" in await screen.press("k")
        assert "▸C011/USD" in await screen.press("pagedown")
        assert "▸C049/USD" in await screen.press("G")
        assert "▸C000/USD" in await screen.press("g")
        await screen.press("j", "j", "j")
        value = many(50)
        gone = msgspec.structs.replace(value, positions=value.positions[1:])
        assert "▸C003/USD" in await screen.give(gone)
        gone = msgspec.structs.replace(value, positions=value.positions[:3])
        assert "▸C002/USD" in await screen.give(gone)


async def test_s_sorts_by_each_column_in_turn_and_at_last_by_none() -> None:
    async with watching(screenful(), 80, 24) as screen:
        given = _rows(await screen.text())
        text = await screen.press("s")
        assert "Symbol↑" in text
        assert _rows(text) == sorted(given)
        text = await screen.press("S")
        assert "Symbol↓" in text
        assert _rows(text) == sorted(given, reverse=True)
        seen = set()
        for _ in range(9):
            text = await screen.press("s")
            seen.add(text.split("\n")[3])
            if _rows(text) == given and "↓" not in text.split("\n")[3] + text.split("\n")[3].replace("↑", "↓"):
                break
        assert "↑" not in text.split("\n")[3]
        assert len(seen) > 5


async def test_unknown_figures_sort_last_either_way() -> None:
    async with watching(screenful(), 80, 24) as screen:
        while "uPnL↓" not in (text := await screen.press("s")):
            pass
        assert _rows(text)[-1] == "SHIB/USD"
        assert _rows(text)[0] == "BTC/USD"
        text = await screen.press("S")
        assert _rows(text)[-1] == "SHIB/USD"
        assert _rows(text)[0] == "ETH/USDT:USDT"


async def test_rows_do_not_move_under_a_reader_until_asked_or_idle() -> None:
    async with watching(screenful(), 80, 24) as screen:
        while "uPnL↓" not in (text := await screen.press("s")):
            pass
        before = _rows(text)
        turned = tuple(
            msgspec.structs.replace(r, unrealized_pnl=-r.unrealized_pnl) if r.unrealized_pnl else r for r in POSITIONS
        )
        assert _rows(await screen.give(screenful(positions=turned))) == before, "a key was just pressed"
        screen.clock.pass_(6)
        after = _rows(await screen.text())
        assert after == [*reversed(before[:-1]), "SHIB/USD"], "five seconds idle"
        await screen.press("j")
        assert _rows(await screen.give(screenful())) == after
        assert _rows(await screen.press("S", "S")) == before, "asked"


async def test_new_fills_come_in_above_and_the_reader_keeps_the_place() -> None:
    first = many(60)
    async with watching(first) as screen:
        await screen.press("3", "j", "j")
        marked = next(line for line in (await screen.text()).split("\n") if "▸" in line)
        new = fill(1, "NEW/USD", "buy", "1", "1", None, id="T-new")
        text = await screen.give(msgspec.structs.replace(first, fills=(new, *first.fills)))
        assert next(line for line in text.split("\n") if "▸" in line)[:20] == marked[:20]
        assert "NEW/USD" not in text, "it is above what is in sight"
        assert "NEW/USD" in await screen.press("g")


async def test_a_filter_is_shown_and_cleared() -> None:
    async with watching(screenful()) as screen:
        text = await screen.press("slash", "e", "t", "h")
        assert "1 Positions 1 of 5" in text
        assert "/eth" in text
        text = await screen.press("enter")
        assert "SHIB/USD   " not in text.split("Orders")[0]
        assert _focused(screen) == "positions"
        text = await screen.press("escape")
        assert "1 Positions 5" in text


async def test_a_filter_may_exclude_and_find_nothing() -> None:
    async with watching(screenful()) as screen:
        text = await screen.press("slash", "exclamation_mark", "b", "t", "c", "enter")
        assert "1 Positions 4 of 5" in text
        text = await screen.press("slash", "space", "z", "z", "enter")
        assert "Nothing matches /!btc zz" in text
        text = await screen.press("slash", "escape")
        assert "1 Positions 5" in text


async def test_keys_typed_into_a_filter_do_nothing_else() -> None:
    async with watching(screenful()) as screen:
        await screen.press("slash", "q", "s", "2", "question_mark", "dollar_sign")
        assert screen.app.is_running
        assert screen.app.privacy == "off"
        assert isinstance(screen.app.screen, WatchScreen)


async def test_space_freezes_and_counts_what_is_missed() -> None:
    async with watching(screenful()) as screen:
        text = await screen.press("space")
        assert "‖ FROZEN" in text
        assert "● LIVE" not in text
        changed = screenful(positions=(msgspec.structs.replace(POSITIONS[0], mark_price=Decimal(77777)),))
        text = await screen.give(changed)
        screen.clock.pass_(2)
        text = await screen.give(changed)
        assert "2 changes not shown" in text
        assert "77,777" not in text
        assert "14:03:29 UTC" in text, "the clock goes on"
        text = await screen.press("space")
        assert "77,777" in text
        assert "FROZEN" not in text


async def test_dollar_hides_amounts_then_percentages_then_nothing() -> None:
    async with watching(screenful(), 80, 24) as screen:
        text = await screen.press("dollar_sign")
        assert "38,619.21" not in text
        assert "+0.82%" in text
        assert "$ amounts hidden" in text
        text = await screen.press("dollar_sign")
        assert "+0.82%" not in text
        text = await screen.press("dollar_sign")
        assert "38,619.21" in text


async def test_hiding_works_while_frozen() -> None:
    async with watching(screenful(), 80, 24) as screen:
        text = await screen.press("space", "dollar_sign")
        assert "38,619.21" not in text
        assert "FROZEN" in text


async def test_help_lists_every_key_and_closes() -> None:
    async with watching(screenful()) as screen:
        text = await screen.press("question_mark")
        for key in KEYS:
            assert key.shown in text
            assert key.does in text
        assert "no key sends an order" in text
        text = await screen.press("escape")
        assert "no key sends an order" not in text


async def test_unknown_keys_do_nothing() -> None:
    async with watching(screenful()) as screen:
        before = await screen.text()
        assert await screen.press("x", "0", "ctrl+p", "f7", "é", "left", "right") == before


async def test_q_quits_and_ctrl_c_says_130() -> None:
    async with watching(screenful()) as screen:
        await screen.pilot.press("q")
        await screen.pilot.pause()
        assert not screen.app.is_running
        assert screen.app.return_code == 0
    async with watching(screenful()) as screen:
        await screen.pilot.press("ctrl+c")
        await screen.pilot.pause()
        assert screen.app.return_code == 130


async def test_a_click_on_a_heading_sorts_and_on_a_row_goes_there() -> None:
    async with watching(screenful()) as screen:
        await screen.pilot.click("#positions", offset=(4, 1))
        assert "Symbol↑" in await screen.text()
        await screen.pilot.click("#positions", offset=(4, 4))
        assert "▸SHIB/USD" in await screen.text()
        await screen.pilot.click("#balances", offset=(4, 3))
        assert _focused(screen) == "balances"
        assert "▸BTC" in await screen.text()


async def test_the_footer_names_its_keys_at_every_width() -> None:
    for width in (30, 80, 120):
        async with watching(screenful(accounts=(account(),)), width, 24) as screen:
            last = (await screen.text()).split("\n")[-1]
            assert "? help" in last
            assert "q quit" in last
