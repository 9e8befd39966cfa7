"""``acct watch``: the full screen, or change lines for a pipe, over whoever collects."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from decimal import Decimal
from typing import Protocol

from account_cli.bootstrap.asking_alerts import acknowledge_alert
from account_cli.bootstrap.collecting import SystemClock, collecting
from account_cli.bootstrap.fleet import Collected
from account_cli.bootstrap.stopping import GivenUp, Stopped
from account_cli.config import Config
from account_cli.domain.times import SECOND
from account_cli.engine.follow import Follower
from account_cli.engine.screen import FollowedScreen
from account_cli.errors import InternalError
from account_cli.exchanges.venues import FIRST_CLASS
from account_cli.reports.changes import ChangeTeller
from account_cli.reports.rows import Change, Screenful
from account_cli.storage import open_reader
from account_cli.storage.following import changes


def watch(config: Config, names: Sequence[str], *, flash: bool = True, hide_amounts: bool = False) -> int:
    """Run the full screen until it is quit; returns the exit status.

    Raises the ``AcctError`` that kept it from starting.
    """
    stopped = Stopped()
    return _run(_watch(config, names, stopped, flash=flash, hide_amounts=hide_amounts), stopped)


async def _watch(config: Config, names: Sequence[str], stopped: Stopped, *, flash: bool, hide_amounts: bool) -> int:
    from account_cli.tui.app import WatchApp

    async with _begun(config, names, stopped) as (collected, source, fresh):
        app = WatchApp(source, flash=flash, privacy=hide_amounts)
        ended = asyncio.create_task(stopped.wait())
        ended.add_done_callback(lambda _: app.exit())
        reading = asyncio.create_task(fresh())
        reading.add_done_callback(lambda _: app.exit())
        try:
            await app.run_async()
        finally:
            ended.cancel()
            broke = reading.exception() if reading.done() and not reading.cancelled() else None
            reading.cancel()
            await asyncio.gather(ended, reading, return_exceptions=True)
    if broke is not None:
        raise broke
    _raise_bugs(collected)
    return stopped.status or app.return_code or 0


def watch_plain(
    config: Config,
    names: Sequence[str],
    *,
    kind: str | None = None,
    count: int | None = None,
    min_change: Decimal = Decimal(0),
    on_change: Callable[[Change], None],
) -> int:
    """Tell every change to ``on_change`` until ``count`` were told, or a signal; returns the exit status."""
    stopped = Stopped()
    return _run(_watch_plain(config, names, stopped, kind, count, min_change, on_change), stopped)


async def _watch_plain(
    config: Config,
    names: Sequence[str],
    stopped: Stopped,
    kind: str | None,
    count: int | None,
    min_change: Decimal,
    on_change: Callable[[Change], None],
) -> int:
    clock = SystemClock()
    async with _begun(config, names, stopped) as (collected, source, fresh):
        told = 0
        teller = ChangeTeller(kind, min_change)

        def tell() -> None:
            nonlocal told
            for change in teller.tell(source.views, now_ns=clock.now_ns(), fills=source.fills):
                if told == count:
                    break
                on_change(change)
                told += 1
            if told == count:
                stopped.stop()

        async with asyncio.TaskGroup() as group:
            reading = group.create_task(fresh(tell))
            await stopped.wait()
            reading.cancel()
    _raise_bugs(collected)
    return stopped.status


def watch_text(config: Config, names: Sequence[str], *, seconds: float, on_screen: Callable[[Screenful], None]) -> int:
    """Collect for so long, then hand over what a screen would show; returns the exit status."""
    stopped = Stopped()
    return _run(_watch_text(config, names, stopped, seconds, on_screen), stopped)


async def _watch_text(
    config: Config, names: Sequence[str], stopped: Stopped, seconds: float, on_screen: Callable[[Screenful], None]
) -> int:
    async with _begun(config, names, stopped) as (collected, source, _):
        await stopped.wait(seconds)
        source.refresh()
        on_screen(source.screenful())
    _raise_bugs(collected)
    return stopped.status


_LOOK_EVERY_S = 0.03
"""How often a screen looks for a new commit: with a frame every 100 ms, what is committed is seen within 150."""


class _Fresh(Protocol):
    """Keeps a screen's source fresh until cancelled, saying each time that it did."""

    def __call__(self, on_refresh: Callable[[], None] | None = None) -> Coroutine[object, object, None]: ...


def _run(run: Coroutine[object, object, int], stopped: Stopped) -> int:
    """Run to the end, or until a signal gave up the beginning; return the exit status."""
    try:
        return asyncio.run(run)
    except GivenUp:
        return stopped.status


@asynccontextmanager
async def _begun(
    config: Config, names: Sequence[str], stopped: Stopped
) -> AsyncIterator[tuple[Collected, FollowedScreen, _Fresh]]:
    """Listen to signals, and enter ``_followed`` unless one comes meanwhile."""
    stopped.on_signals()
    async with AsyncExitStack() as stack:
        with stopped.beginning():
            begun = await stack.enter_async_context(_followed(config, names))
        yield begun


@asynccontextmanager
async def _followed(config: Config, names: Sequence[str]) -> AsyncIterator[tuple[Collected, FollowedScreen, _Fresh]]:
    """Collect, and follow what is committed: what was collected, the source of a screen, and what keeps it fresh."""
    async with collecting(config, names) as collected:
        reader = open_reader(config.database)
        try:
            async with changes(config.database, poll_s=_LOOK_EVERY_S) as changed:
                chosen = config.select(names)
                longest = max((account.poll_interval for account in chosen), default=60.0)
                source = FollowedScreen(
                    Follower(reader),
                    collected.accounts,
                    SystemClock(),
                    currency=config.currency,
                    attached=bool(collected.attached),
                    pegged=config.pegged,
                    poll_interval_ns=int(longest * SECOND),
                    generic=[account.name for account in chosen if account.exchange not in FIRST_CLASS],
                    acknowledge=lambda number: acknowledge_alert(config, number),
                )
                source.refresh()

                def fresh(on_refresh: Callable[[], None] | None = None) -> Coroutine[object, object, None]:
                    return source.keep_fresh(changed, on_refresh)

                yield collected, source, fresh
        finally:
            reader.close()


def _raise_bugs(collected: Collected) -> None:
    if collected.bugs:
        account, error = collected.bugs[0]
        raise InternalError(
            f"collecting {account!r} stopped by a bug: {type(error).__name__}",
            hint="Run again with -vv to see where, and report it; what was journaled is kept.",
        ) from error
