"""Alerts stand newest first with their severity and state, the status line counts them, ``a`` says that one is seen."""

from __future__ import annotations

import msgspec
import pytest

from account_cli.errors import Unavailable
from tests.tui.screen_text import check_golden, watching
from tests.tui.watch_fixture import ALERTS, StillSource, alert, screenful

SIZES = ((80, 24), (120, 40), (250, 60))


@pytest.mark.parametrize(("width", "height"), SIZES)
async def test_the_pane_alone_and_all_about_the_newest(width: int, height: int) -> None:
    async with watching(screenful(), width, height) as screen:
        check_golden(f"alerts_{width}x{height}", await screen.press("5", "z"))
        check_golden(f"alert_{width}x{height}", await screen.press("enter"))
        assert "Alert 41" not in await screen.press("escape")


async def test_a_says_that_the_one_under_the_cursor_is_seen_and_shift_a_that_all_are() -> None:
    firing = [alert(n, n, "warning", "LOW_BALANCE", f"A{n}", "firing", f"kraken holds {n} A{n}") for n in range(1, 4)]
    value = screenful(alerts=(*firing, *ALERTS[1:]))
    async with watching(value) as screen:
        await screen.press("a")
        assert screen.source.acknowledged == [1], "elsewhere the newest is meant"
        await screen.press("5", "j", "a")
        assert screen.source.acknowledged == [1, 2]
        await screen.press("A")
        assert screen.source.acknowledged[2:] == [1, 2, 3]
        screen.source.acknowledged.clear()
        await screen.press("G", "a")
        assert screen.source.acknowledged == [], "what is no alert, or is over, is not acknowledged"


async def test_the_status_line_counts_what_is_firing_and_nobody_has_seen() -> None:
    two = screenful(alerts=(*ALERTS, alert(42, 1, "warning", "LOW_BALANCE", "ETH", "firing", "kraken holds 1 ETH")))
    async with watching(two, 160, 40) as screen:
        assert "✖ 1 CRIT  ! 1 WARN" in (await screen.text()).split("\n")[0]
        seen = tuple(
            msgspec.structs.replace(one, state="acknowledged") if one in two.alerts[:1] else one for one in two.alerts
        )
        assert "CRIT" not in (await screen.give(screenful(alerts=seen))).split("\n")[0]


async def test_a_database_that_cannot_be_written_is_said_and_ends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: StillSource, __: int) -> None:
        raise Unavailable("the database is locked")

    monkeypatch.setattr(StillSource, "acknowledge", refuse)
    async with watching(screenful()) as screen:
        await screen.press("a")
        await screen.app.workers.wait_for_complete()
        assert [said.message for said in screen.app._notifications] == ["the database is locked"]


async def test_figures_of_an_alert_are_hidden_with_all_others() -> None:
    async with watching(screenful(), 120, 40, privacy=True) as screen:
        said = await screen.press("5", "enter")
        assert "HIGH_MARGIN_RATIO" in said
        assert "0.8" not in said
