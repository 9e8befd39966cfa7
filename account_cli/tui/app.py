"""The application pulls a Screenful a few times a second and draws what changed; it never waits for anything.

It knows a ``ScreenSource`` and nothing else: no exchange, no database, no network. Quitting loses nothing.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import ClassVar

from textual import events
from textual.app import App
from textual.binding import Binding, BindingType

from account_cli.errors import AcctError
from account_cli.ports import ScreenSource
from account_cli.reports.render import Privacy, clean_text
from account_cli.tui.feed import Feed
from account_cli.tui.screens.help import HelpScreen
from account_cli.tui.screens.watch import WatchScreen
from account_cli.tui.theme import THEME
from account_cli.tui.widgets.status import Situation

_FLASH_S = 0.4
_IDLE_S = 5.0
"""After so long without a key rows may move under the cursor again."""
_UNFOCUSED_FPS = 2
_NEXT_PRIVACY: dict[Privacy, Privacy] = {"off": "percent", "percent": "hidden", "hidden": "off"}


class WatchApp(App[None]):
    """``acct watch``.

    ``fps`` is how often to look for something new, per second. ``privacy`` starts with every figure hidden. ``flash``
    reverses digits that just changed for 400 ms. ``now_ns`` and ``monotonic`` are the clocks.
    """

    ENABLE_COMMAND_PALETTE = False
    AUTO_FOCUS = None
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+c", "interrupt", show=False, priority=True)]

    def __init__(
        self,
        source: ScreenSource,
        *,
        fps: int = 10,
        title: str = "acct",
        privacy: bool = False,
        flash: bool = True,
        now_ns: Callable[[], int] = time.time_ns,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        self.title = title
        self.feed = Feed(source)
        self.privacy: Privacy = "hidden" if privacy else "off"
        self._brand = title
        self._fps = max(1, min(50, fps))
        self._now_ns, self._monotonic = now_ns, monotonic
        self._last_key = self._last_frame = self._last_second = float("-inf")
        self._watch = WatchScreen(flash_s=_FLASH_S if flash else 0.0)

    def on_mount(self) -> None:
        """Draw once at once, then at a steady pace."""
        self.register_theme(THEME)
        self.theme = THEME.name
        self.push_screen(self._watch)
        self.call_after_refresh(self.frame)
        self.set_interval(1 / self._fps, self.frame)

    # ---- frames

    def frame(self) -> None:
        """Look at the source and draw what changed; does next to nothing when nothing did."""
        now = self._monotonic()
        if not self._watch.is_mounted or (not self.app_focus and now - self._last_frame < 1 / _UNFOCUSED_FPS):
            return
        self._last_frame = now
        with self.batch_update():
            new = self.feed.pull(now)
            if new:
                self._draw(now)
            self._watch.calm(now)
            if now - self._last_second >= 1:
                self._last_second = now
                self._second()

    def _second(self) -> None:
        """Let a second pass: the clock and, unless frozen, the ages go on."""
        if not self.feed.frozen:
            self._watch.grow_older(self._situation())
        self._watch.draw_lines(self.feed.shown, self._situation())

    def _draw(self, now: float) -> None:
        if self.feed.shown is not None:
            idle = now - self._last_key >= _IDLE_S
            self._watch.draw(self.feed.shown, self._situation(), now, idle=idle)

    def _situation(self) -> Situation:
        return Situation(
            title=self._brand,
            now_ns=self._now_ns(),
            privacy=self.privacy,
            frozen=self.feed.frozen,
            missed=self.feed.missed,
            error=self.feed.error,
        )

    async def on_event(self, event: events.Event) -> None:
        """Remember when a person last did something: until five seconds later no row moves under the cursor."""
        if isinstance(event, events.Key | events.MouseDown | events.MouseScrollDown | events.MouseScrollUp):
            self._last_key = self._monotonic()
        await super().on_event(event)

    # ---- keys

    def action_help(self) -> None:
        """Show the keys."""
        self.push_screen(HelpScreen())

    def action_freeze(self) -> None:
        """Stop the picture, or catch up."""
        self.feed.freeze()
        self._last_second = float("-inf")
        self.frame()

    def action_privacy(self) -> None:
        """Hide amounts, then percentages too, then show all again."""
        self.privacy = _NEXT_PRIVACY[self.privacy]
        self._draw(self._monotonic())

    def action_acknowledge(self, every: bool = False) -> None:
        """Say that the alert under the cursor is seen, or every one; the database is asked beside the screen."""
        for number in self._watch.to_acknowledge(every=every):
            self.run_worker(self._acknowledge(number), group="acknowledge", exit_on_error=False)

    async def _acknowledge(self, number: int) -> None:
        try:
            await asyncio.to_thread(self.feed.acknowledge, number)
        except AcctError as error:
            self.notify(clean_text(error.message, 200), severity="error", markup=False)

    def action_leave(self) -> None:
        """Quit."""
        self.exit()

    def action_interrupt(self) -> None:
        """Ctrl-C ends the screen as SIGINT ends any other command."""
        self.exit(return_code=130)
