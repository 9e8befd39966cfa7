"""The screen at each size and in each state is what the golden files say."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from account_cli.domain.times import SECOND
from account_cli.reports.rows import AccountStatusRow
from tests.tui.screen_text import check_golden, watching
from tests.tui.watch_fixture import FIGURES, NOW, account, empty, many, screenful

SIZES = ((80, 24), (120, 40), (250, 60))


@pytest.mark.parametrize(("width", "height"), SIZES)
async def test_the_screen_of_one_account(width: int, height: int) -> None:
    async with watching(screenful(), width, height) as screen:
        check_golden(f"watch_{width}x{height}", await screen.text())


@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize(("key", "name"), [("7", "equity"), ("8", "risk")])
async def test_the_panes_of_equity_and_risk_alone(key: str, name: str, width: int, height: int) -> None:
    async with watching(screenful(), width, height) as screen:
        check_golden(f"{name}_{width}x{height}", await screen.press(key, "z"))


async def test_equity_and_risk_as_tabs() -> None:
    async with watching(screenful(), 80, 24) as screen:
        check_golden("tab_equity_80x24", await screen.press("7"))
        check_golden("tab_risk_80x24", await screen.press("8"))


@pytest.mark.parametrize(("width", "height"), SIZES)
async def test_amounts_hidden_and_percentages_shown(width: int, height: int) -> None:
    async with watching(screenful(), width, height) as screen:
        check_golden(f"percent_{width}x{height}", await screen.press("dollar_sign", "7"))


@pytest.mark.parametrize(("width", "height"), SIZES)
async def test_no_history_yet(width: int, height: int) -> None:
    value = screenful(equity_curve=(), statistics=(), performance=None)
    async with watching(value, width, height) as screen:
        text = await screen.press("7")
        assert "No history yet" in text
        check_golden(f"no_history_{width}x{height}", text)


@pytest.mark.parametrize(("width", "height"), SIZES)
async def test_amounts_hidden(width: int, height: int) -> None:
    async with watching(screenful(), width, height, privacy=True) as screen:
        check_golden(f"hidden_{width}x{height}", await screen.text())


@pytest.mark.parametrize(("width", "height"), SIZES)
async def test_nothing_configured_says_what_to_do(width: int, height: int) -> None:
    async with watching(empty(), width, height) as screen:
        text = await screen.text()
        assert "acct demo" in text
        check_golden(f"empty_{width}x{height}", text)


@pytest.mark.parametrize(("width", "height"), [(40, 10), (79, 24), (80, 19), (20, 5)])
async def test_a_small_terminal_shows_figures_and_asks_for_room(width: int, height: int) -> None:
    async with watching(screenful(), width, height) as screen:
        text = await screen.text()
        assert "enlarge the terminal"[: width - 2] in text or height < 6
        check_golden(f"small_{width}x{height}", text)


@pytest.mark.parametrize(("width", "height"), [(1, 1), (2, 3), (9, 2), (300, 4), (5, 80)])
async def test_no_size_breaks_it(width: int, height: int) -> None:
    async with watching(screenful(), width, height) as screen:
        await screen.press("1", "2", "z", "s", "S", "dollar_sign", "space", "question_mark", "escape", "G", "g")
        lines = (await screen.text()).split("\n")
        assert all(len(line) <= width for line in lines)


def _stale() -> AccountStatusRow:
    row = account(liveness="STALE", stale_seconds=73)
    streams = tuple(
        msgspec.structs.replace(s, status="degraded", last_message_at=NOW - 73 * SECOND) for s in row.streams
    )
    return msgspec.structs.replace(row, streams=streams)


async def test_stale_says_since_when_and_is_dimmed() -> None:
    stale = screenful(accounts=(_stale(),), incomplete=("kraken: balances silent for 73 s",))
    async with watching(stale) as screen:
        text = await screen.text()
        assert "○ STALE 73s" in text
        check_golden("stale_120x40", text)
        positions = screen.app.screen.query_one("#positions")
        segments = [s for s in positions.render_line(4) if s.text.strip(" │")]
        assert all(s.style is not None and s.style.italic for s in segments)


async def test_offline_says_since_when() -> None:
    streams = tuple(
        msgspec.structs.replace(s, status="offline", last_message_at=NOW - 300 * SECOND) for s in account().streams
    )
    async with watching(screenful(accounts=(account(liveness="OFFLINE", streams=streams),)), 80, 24) as screen:
        text = await screen.text()
        assert "✖ OFFLINE since 13:58" in text
        check_golden("offline_80x24", text)


async def test_degraded_and_attached_and_generic() -> None:
    value = screenful(accounts=(account(liveness="DEGRADED", generic=True),), attached=True)
    async with watching(value, 160, 40) as screen:
        text = await screen.text()
        assert "◐ DEGRADED" in text
        assert "attached" in text
        assert "generic" in text


async def test_an_imported_account_is_not_called_dead() -> None:
    row = account("ledger", venue=None, strategy=None, liveness="OFFLINE", streams=())
    async with watching(screenful(accounts=(row,))) as screen:
        text = await screen.text()
        assert "imported" in text
        assert "OFFLINE" not in text


async def test_several_accounts_are_told_apart_and_the_worst_is_named() -> None:
    accounts = (account("kraken"), account("binance", liveness="STALE", stale_seconds=42))
    async with watching(screenful(accounts=accounts)) as screen:
        text = await screen.text()
        assert "binance ○ STALE 42s" in text.split("\n")[0]
        assert "Account" in text
        check_golden("two_accounts_120x40", text)


async def test_a_partial_equity_says_at_least() -> None:
    figures = msgspec.structs.replace(FIGURES, equity_is_partial=True, unpriced=("KFEE",))
    value = screenful(figures=figures, incomplete=("no price for KFEE", "history before 2026-01-01 is not read yet"))
    async with watching(value, 250, 60) as screen:
        text = await screen.text()
        assert "≥ 128,402.11 USD" in text
        assert "1 unpriced" in text
        assert "! incomplete (2): no price for KFEE · history before 2026-01-01 is not read yet" in text


async def test_unknown_figures_are_not_zero() -> None:
    async with watching(empty(accounts=(account(),))) as screen:
        text = await screen.text()
        assert "Equity ? USD" in text
        assert "uPnL ?" in text
        assert "No open position." in text


async def test_history_still_being_read_is_said_where_rows_are_missing() -> None:
    row = account(history_complete=False, history_from=NOW)
    async with watching(empty(accounts=(row,)), 250, 60) as screen:
        assert "History of kraken is still being read (so far from 2026-11-20 14:03:27 UTC)." in await screen.text()


async def test_many_rows_say_which_are_in_sight() -> None:
    async with watching(many(), 120, 40) as screen:
        assert "1–11 of 200" in await screen.text()
        text = await screen.press("G")
        assert "190–200 of 200" in text
        assert "▸C199/USD" in text


async def test_no_column_is_cut_and_none_dances() -> None:
    first = screenful()
    async with watching(first, 100, 30) as screen:
        before = (await screen.text()).split("\n")
        small = tuple(msgspec.structs.replace(r, unrealized_pnl=Decimal("0.5")) for r in first.positions)
        after = (await screen.give(screenful(positions=small))).split("\n")
        assert before[3] == after[3], "headings stay where they were"
        assert all(len(line) <= 100 for line in after)


@pytest.mark.parametrize(
    ("standing", "words"),
    [
        ("can-trade", "key can trade"),
        ("can-withdraw", "key can withdraw"),
        ("rejected", "key rejected"),
        ("unverified", "key unverified"),
    ],
)
async def test_a_key_that_is_not_known_to_only_read_is_named_on_the_screen(standing: str, words: str) -> None:
    async with watching(screenful(accounts=(account(key=standing),))) as screen:
        assert words in await screen.text()
    async with watching(screenful(accounts=(account(key="read-only"),))) as screen:
        assert words not in await screen.text()
