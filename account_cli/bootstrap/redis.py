"""Redis beside the database: what is told while accounts are collected, made anew on request, and looked at."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager, suppress

import msgspec

from account_cli.bootstrap import REDACTOR
from account_cli.bus import RedisBus
from account_cli.config import Config
from account_cli.domain.presence import WHOLE
from account_cli.domain.times import SECOND
from account_cli.engine.follow import Follower
from account_cli.engine.looking import ReadingThread
from account_cli.engine.publishing import Publishing, bodies, state_of
from account_cli.engine.relaying import Relay
from account_cli.engine.totals import KEY, Totals, total_of
from account_cli.engine.writing import Writer
from account_cli.errors import BusAway, ConfigError
from account_cli.ports import Clock, JournalReader
from account_cli.ports.location import host_of, password_of
from account_cli.storage import has_database, open_reader


@asynccontextmanager
async def bus_of(config: Config) -> AsyncIterator[RedisBus]:
    """Return the Redis that is configured; connects when it is first used. Raises ``ConfigError`` where none is."""
    if config.redis is None:
        raise ConfigError("no Redis is configured", key="storage.redis", hint='[storage] redis = "redis://host:6379/0"')
    REDACTOR.learn(password_of(config.redis))
    try:
        bus = RedisBus(config.redis, config.redis_prefix)
    except (TypeError, ValueError):  # what it says may hold a part of the password
        raise ConfigError(
            f"the URL of Redis on {host_of(config.redis)} has a setting that nobody knows", key="storage.redis"
        ) from None
    try:
        yield bus
    finally:
        with suppress(OSError):
            await bus.close()


class Leading(msgspec.Struct, frozen=True):
    """What a process that may lead knows: its lease's number, 0 while it has none, and which accounts there are."""

    fence: Callable[[], int]
    accounts: Callable[[], Collection[str]]


def relay_of(
    config: Config,
    bus: RedisBus,
    reader: JournalReader,
    accounts: Collection[str],
    clock: Clock,
    poll_s: float,
    leading: Leading | None = None,
) -> Relay:
    """Return what tells others of these accounts, and keeps their state there, over ``reader``, which is its own."""
    thread, poll_ns = ReadingThread(reader), int(poll_s * SECOND)
    publishing = Publishing(
        thread,
        bus,
        accounts,
        clock,
        currency=config.currency,
        pegged=config.pegged,
        poll_interval_ns=poll_ns,
    )
    if leading is None:
        return Relay(thread, bus, accounts, clock, publishing)
    totals = Totals(thread, bus, leading.fence, leading.accounts, clock, pegged=config.pegged, poll_interval_ns=poll_ns)
    return Relay(thread, bus, accounts, clock, publishing, totals)


async def tell_once(config: Config, account: str, reader: JournalReader, writer: Writer, clock: Clock) -> None:
    """Tell what there is to tell of one account; when Redis is away that waits for the next who collects it."""
    if config.redis is None:
        return
    async with bus_of(config) as bus:
        relay = relay_of(config, bus, reader, (account,), clock, 60.0)
        with suppress(BusAway):
            await relay.once(writer)


class Rebuilt(msgspec.Struct, frozen=True, kw_only=True):
    """What was written anew."""

    accounts: int
    keys: int


def rebuild_cache(config: Config, names: Sequence[str] = ()) -> Rebuilt:
    """Write the present state of the named accounts, all for none, anew from the journal. Raises ``BusAway``."""
    return asyncio.run(_rebuild(config, names))


async def _rebuild(config: Config, names: Sequence[str]) -> Rebuilt:
    longest = max((account.poll_interval for account in config.accounts.values()), default=60.0)
    async with bus_of(config) as bus:
        await bus.ping()
        if not has_database(config.database):
            return Rebuilt(accounts=0, keys=0)
        reader = open_reader(config.database)
        try:
            known = [row.account for row in reader.accounts() if not names or row.account in names]
            views = Follower(reader).views(known)
        finally:
            reader.close()
        keys, now_ns, poll_ns = 0, time.time_ns(), int(longest * SECOND)
        for view in views:
            state = state_of(
                view, now_ns=now_ns, currency=config.currency, pegged=config.pegged, poll_interval_ns=poll_ns
            )
            await bus.replace(view.account, bodies(state))
            keys += len(state)
        if not names:
            said = total_of(views, config.accounts, None, now_ns=now_ns, pegged=config.pegged, poll_interval_ns=poll_ns)
            await bus.replace(WHOLE, bodies({KEY: said}))
            keys += 1
        return Rebuilt(accounts=len(views), keys=keys)


def answers(config: Config) -> str:
    """Return where Redis is once it has answered; raises ``BusAway``."""

    async def ask() -> None:
        async with bus_of(config) as bus:
            await bus.ping()

    asyncio.run(ask())
    assert config.redis is not None
    return host_of(config.redis)
