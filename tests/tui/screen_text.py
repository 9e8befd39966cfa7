"""What a terminal would show, as plain text: the one place that reads Textual's compositor."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from textual.app import App
from textual.pilot import Pilot

from account_cli.reports.rows import Screenful
from account_cli.tui.app import WatchApp
from tests.tui.watch_fixture import NOW, StillSource

GOLDEN = Path(__file__).parent / "golden"


def text_of(app: App[Any]) -> str:
    """Every line of the screen, without the blanks at their ends."""
    return "\n".join(strip.text.rstrip() for strip in app.screen._compositor.render_strips())


def check_golden(name: str, text: str) -> None:
    """Compare with the file of that name; ``ACCT_UPDATE_GOLDEN=1`` writes it."""
    path = GOLDEN / f"{name}.txt"
    if os.environ.get("ACCT_UPDATE_GOLDEN"):
        path.write_text(text + "\n", encoding="utf-8")
    assert text + "\n" == path.read_text(encoding="utf-8")


class Clock:
    """Time that passes when the test says so."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def monotonic(self) -> float:
        return self.seconds

    def now_ns(self) -> int:
        return NOW + int((self.seconds - 1000) * 1e9)

    def pass_(self, seconds: float) -> None:
        self.seconds += seconds


class Watching:
    """A running screen, driven by hand."""

    def __init__(self, app: WatchApp, pilot: Pilot[None], source: StillSource, clock: Clock) -> None:
        self.app, self.pilot, self.source, self.clock = app, pilot, source, clock

    async def text(self) -> str:
        await self.settle()
        return text_of(self.app)

    async def settle(self) -> None:
        self.app.frame()
        await self.pilot.pause()
        await self.pilot.pause()

    async def press(self, *keys: str) -> str:
        await self.pilot.press(*keys)
        return await self.text()

    async def give(self, value: Screenful) -> str:
        self.source.give(value)
        return await self.text()


@asynccontextmanager
async def watching(
    first: Screenful, width: int = 120, height: int = 40, *, flash: bool = False, privacy: bool = False
) -> AsyncIterator[Watching]:
    source, clock = StillSource(first), Clock()
    app = WatchApp(source, flash=flash, privacy=privacy, now_ns=clock.now_ns, monotonic=clock.monotonic)
    async with app.run_test(size=(width, height)) as pilot:
        screen = Watching(app, pilot, source, clock)
        await screen.settle()
        await screen.settle()
        yield screen
