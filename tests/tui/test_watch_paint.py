"""What is painted, when, and only that."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from textual import events

from account_cli.errors import Unavailable
from account_cli.reports.rows import Screenful
from account_cli.tui.app import WatchApp
from account_cli.tui.widgets.grid import LiveGrid
from tests.tui.screen_text import Clock, Watching, text_of, watching
from tests.tui.watch_fixture import POSITIONS, StillSource, many, screenful


def _watch_painting(screen: Watching, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    painted: list[tuple[str, int]] = []
    original = LiveGrid.render_line

    def render_line(self: LiveGrid, y: int) -> Any:
        painted.append((self.id or "", y))
        return original(self, y)

    monkeypatch.setattr(LiveGrid, "render_line", render_line)
    return painted


async def test_one_changed_row_paints_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    first = many(200)
    async with watching(first) as screen:
        painted = _watch_painting(screen, monkeypatch)
        changed = msgspec.structs.replace(first.positions[3], mark_price=Decimal("104.05"))
        rows = (*first.positions[:3], changed, *first.positions[4:])
        text = await screen.give(msgspec.structs.replace(first, positions=rows))
        assert "104.05" in text
        assert set(painted) == {("positions", 5)}


async def test_a_row_out_of_sight_paints_nothing_and_is_right_when_it_comes_in_sight(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = many(200)
    async with watching(first) as screen:
        await screen.press("G", "g")
        painted = _watch_painting(screen, monkeypatch)
        changed = msgspec.structs.replace(first.positions[199], mark_price=Decimal("77.05"))
        await screen.give(msgspec.structs.replace(first, positions=(*first.positions[:199], changed)))
        assert painted == []
        assert "77.05" in await screen.press("G")


async def test_nothing_new_paints_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    async with watching(screenful()) as screen:
        painted = _watch_painting(screen, monkeypatch)
        for _ in range(3):
            await screen.give(screenful())
        assert painted == []


async def test_a_second_passing_paints_only_ages(monkeypatch: pytest.MonkeyPatch) -> None:
    async with watching(screenful()) as screen:
        painted = _watch_painting(screen, monkeypatch)
        screen.clock.pass_(1.0)
        assert "14:03:28 UTC" in await screen.text()
        assert {name for name, _ in painted} <= {"orders", "streams"}


async def test_changed_digits_flash_for_400_ms() -> None:
    async with watching(screenful(), flash=True) as screen:
        grid = screen.app.screen.query_one("#positions", LiveGrid)
        changed = msgspec.structs.replace(POSITIONS[0], mark_price=Decimal("91957.5"))
        await screen.give(screenful(positions=(changed, *POSITIONS[1:])))

        def flashing() -> list[str]:
            return [s.text for s in grid.render_line(2) if s.style is not None and s.style.reverse]

        assert flashing() == ["7"]
        screen.clock.pass_(0.5)
        await screen.settle()
        assert flashing() == []


async def test_no_flash_when_asked_not_to() -> None:
    async with watching(screenful(), flash=False) as screen:
        grid = screen.app.screen.query_one("#positions", LiveGrid)
        changed = msgspec.structs.replace(POSITIONS[0], mark_price=Decimal("91957.5"))
        await screen.give(screenful(positions=(changed, *POSITIONS[1:])))
        assert not [s for s in grid.render_line(2) if s.style is not None and s.style.reverse]


async def test_a_resize_uses_the_room_there_is_and_keeps_the_cursor() -> None:
    async with watching(many(100)) as screen:
        await screen.press("G")
        await screen.pilot.resize_terminal(80, 24)
        text = await screen.text()
        assert "[1 Positions 100]" in text
        assert "▸C099/USD" in text
        await screen.pilot.resize_terminal(250, 60)
        text = await screen.text()
        assert "╭─ 3 Fills" in text
        assert "▸C099/USD" in text
        await screen.pilot.resize_terminal(30, 8)
        assert "▸C099/USD" in await screen.text()


async def test_out_of_focus_it_looks_less_often() -> None:
    async with watching(screenful()) as screen:
        screen.app.post_message(events.AppBlur())
        await screen.pilot.pause()
        screen.clock.pass_(0.1)
        assert "77,777" not in await screen.give(_marked(77777))
        screen.clock.pass_(0.5)
        assert "77,777" in await screen.text()


def _marked(mark: int) -> Screenful:
    return screenful(positions=(msgspec.structs.replace(POSITIONS[0], mark_price=Decimal(mark)), *POSITIONS[1:]))


class _Breaking(StillSource):
    broken = False

    def screenful(self) -> Screenful:
        if self.broken:
            raise Unavailable("the database cannot be read: disk I/O error")
        return super().screenful()


async def test_a_source_that_fails_is_said_and_what_was_there_stays() -> None:
    source, clock = _Breaking(screenful()), Clock()
    app = WatchApp(source, now_ns=clock.now_ns, monotonic=clock.monotonic)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = Watching(app, pilot, source, clock)
        await screen.settle()
        source.broken = True
        clock.pass_(2)
        text = await screen.text()
        assert "disk I/O error" in text
        assert "BTC/USD" in text
        source.broken = False
        clock.pass_(2)
        assert "disk I/O error" not in await screen.text()


async def test_no_color_leaves_every_sign(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    source, clock = StillSource(screenful()), Clock()
    app = WatchApp(source, now_ns=clock.now_ns, monotonic=clock.monotonic)
    async with app.run_test(size=(80, 24)) as pilot:
        await Watching(app, pilot, source, clock).settle()
        for strip in app.screen._compositor.render_strips():
            for segment in strip:
                color = segment.style and segment.style.color
                if color and color.triplet:
                    assert len(set(color.triplet)) == 1, "grey"
        assert "▲ +315.21" in text_of(app)
