"""Which accounts this process collects, from moment to moment: those it wants, may have, and are its fair share.

Every other second it looks again: an account that another process let go of, or died over, is taken; one that was taken
over by another is ended here; one that is no longer wanted is given back. Workers (``--workers``) leave each other a
fair share: as they come and go the surplus is given back and taken by who has less. Where there is something to do for
all accounts together, one process leads: it has a lease of its own for that.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

from account_cli.bootstrap.keys import Keys
from account_cli.collector.account import AccountCollector
from account_cli.config import AccountConfig, Config, load_config
from account_cli.domain.presence import WHOLE
from account_cli.engine.supervise import Crew
from account_cli.errors import AcctError, Busy, LockHeld
from account_cli.ports import Clock, Wish
from account_cli.storage import Presence

_LOG = logging.getLogger(__name__)
LOOK_S = 2.0
_REFUSED_AGAIN_S = 60.0


def standing_by(why: str) -> str:
    """Return what is said of an account that another process collects: ``why`` names it."""
    return f"{why}; this one stands by"


class Collected:
    """What is being watched: accounts this process collects, and those another one collects already."""

    def __init__(self, accounts: Sequence[str]) -> None:
        self.accounts = list(accounts)
        self.attached: dict[str, str] = {}
        """Account to the sentence that says who collects it."""
        self.refused: dict[str, AcctError] = {}
        """Accounts that cannot be collected as they are configured; the others are."""
        self.bugs: list[tuple[str, BaseException]] = []
        self.asked_to_stop = asyncio.Event()
        self.on_change: Callable[[str, str], None] = lambda _account, _what: None
        """Hears of every account that is begun, ended or waited for."""


class Configured:
    """The accounts that the configuration names, read again when its file has changed; a broken one changes nothing.

    With a wrong rule or channel in it all the rules and channels stay what they were, and the rest is as it says.
    """

    def __init__(self, config: Config, names: Sequence[str]) -> None:
        self.config, self._names = config, tuple(names)
        self._seen = self._mark()
        self.on_broken: Callable[[str], object] = lambda _: None
        """Hears why a file that has changed is not used."""

    def __call__(self) -> Sequence[AccountConfig]:
        """Return the accounts as they are configured now."""
        mark = self._mark()
        if mark != self._seen:
            self._seen = mark
            try:
                config = load_config(self.config.path, venues=self.config.venues, profile=self.config.profile)
                if config.alerts.refused:
                    self.on_broken(f"the rules of alerts stay what they were: {config.alerts.refused[0].with_hint()}")
                    config = replace(config, alerts=self.config.alerts)
                allowed = self.config.defaults.get("allow_writable_key", False)
                self.config = config.with_writable_keys() if allowed else config
            except AcctError as error:
                _LOG.warning("the configuration stays what it was: %s", error.message)
                self.on_broken(f"the configuration stays what it was: {error.message}")
        return self.accounts()

    def accounts(self) -> Sequence[AccountConfig]:
        """Return the accounts as they were last configured; reads no file."""
        try:
            return self.config.select(self._names)
        except AcctError as error:
            _LOG.warning("%s", error.message)
            return ()

    def _mark(self) -> tuple[int, int] | None:
        try:
            found = self.config.place.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size


class Wishes(Mapping[str, Wish]):
    """How each account that runs is to be compared, as it is configured now."""

    def __init__(self, running: Mapping[str, AccountCollector], wish_of: Callable[[str], Wish]) -> None:
        self._running, self._wish_of = running, wish_of

    def __getitem__(self, account: str) -> Wish:
        return self._wish_of(account)

    def __iter__(self) -> Iterator[str]:
        return iter(self._running)

    def __len__(self) -> int:
        return len(self._running)


class Fleet:
    """Starts and ends collectors; ``make`` connects nothing yet and raises ``AcctError`` for what cannot be collected.

    ``wanted`` tells the accounts that are configured at that moment; ``may_lead`` that this process can do what belongs
    to all accounts together.
    """

    def __init__(
        self,
        presence: Presence,
        crew: Crew,
        clock: Clock,
        make: Callable[[AccountConfig], AccountCollector],
        wanted: Callable[[], Sequence[AccountConfig]],
        collected: Collected,
        keys: Keys,
        *,
        may_lead: bool = False,
    ) -> None:
        self._keys = keys
        self._presence, self._crew, self._clock = presence, crew, clock
        self._make, self._wanted, self._collected = make, wanted, collected
        self._may_lead = may_lead
        self._not_before: dict[str, float] = {}

    async def run(self) -> None:
        """Look again and again, until cancelled or asked to stop."""
        while not self._presence.asked_to_stop:
            with suppress(AcctError):  # whoever writes facts says what is wrong with the database
                await self.look()
            await self._clock.sleep(LOOK_S)
        self._collected.asked_to_stop.set()

    async def look(self) -> None:
        """Give back what is not to be had any more, then take what is."""
        accounts = {account.name: account for account in self._wanted()}
        self._presence.lost.discard(WHOLE)  # there is nothing to end: whoever leads asks each time whether it does
        for name in sorted(self._presence.lost):
            self._presence.lost.discard(name)
            await self._end(name, "another process has taken it over")
        for name in [name for name in self._crew.running if name not in accounts]:
            await self._end(name, "it is not configured any more")
        share = self._share(len(accounts))
        for name in sorted(self._crew.running)[share:]:
            await self._end(name, "it is left to another worker")
        for name in sorted(self._crew.running):
            await self._renew(accounts[name])
        held = await asyncio.to_thread(self._presence.held)
        if self._may_lead and not self._presence.fences.get(WHOLE) and WHOLE not in held:
            with suppress(LockHeld, Busy):
                await asyncio.to_thread(self._presence.take, WHOLE)
        for name, account in accounts.items():
            if len(self._crew.running) >= share:
                break
            if name in self._crew.running or self._clock.monotonic() < self._not_before.get(name, 0.0):
                continue
            if name in held:
                self._attach(name, held[name])
                continue
            with suppress(Busy):  # somebody is just about it: the others are not kept waiting
                await self._take(account)

    def _share(self, accounts: int) -> int:
        """Return how many accounts are this process's to collect."""
        workers = self._presence.workers if self._presence.process.workers else 1
        return -(-accounts // max(workers, 1))

    async def _take(self, account: AccountConfig) -> None:
        name = account.name
        try:
            await asyncio.to_thread(self._presence.take, name)
        except LockHeld as held:
            self._attach(name, held.message)
            return
        self._collected.attached.pop(name, None)
        await self._start(account, "collected here")

    async def _start(self, account: AccountConfig, said: str) -> None:
        try:
            collector = self._make(account)
        except AcctError as error:
            self._not_before[account.name] = self._clock.monotonic() + _REFUSED_AGAIN_S
            await asyncio.to_thread(self._presence.give_back, account.name)
            self._collected.on_change(account.name, f"not collected: {error.message}")
            return
        self._crew.start(collector)
        self._collected.on_change(account.name, said)

    async def _renew(self, account: AccountConfig) -> None:
        """Begin an account anew whose key, or whatever else is decided about it, has changed; its lease is kept."""
        news = await self._keys.news(account, refused=self._crew.running[account.name].key.is_refused)
        if news is not None:
            await self._crew.end(account.name)
            await self._start(account, f"collected here, {news}")

    def _attach(self, name: str, why: str) -> None:
        if self._collected.attached.get(name) != why:
            self._collected.on_change(name, standing_by(why))
        self._collected.attached[name] = why

    async def _end(self, name: str, why: str) -> None:
        await self._crew.end(name)
        await asyncio.to_thread(self._presence.give_back, name)
        self._collected.on_change(name, f"no longer collected here: {why}")
