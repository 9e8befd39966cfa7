"""Accounts are collected in this process from ``start`` to ``stop``; asking for either twice does nothing more.

What is collected goes into the configuration's database, where ``Store`` and ``follow`` find it: whoever reads need not
be whoever collects. An account that another process collects already is not collected twice but listed
as attached, and taken over when that one ends.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Self

from account_cli.config import Config, load_config
from account_cli.errors import AcctError, HalfRunning

if TYPE_CHECKING:
    from account_cli.bootstrap.fleet import Collected


def configuration(path: Path | str | None = None) -> Config:
    """Read a configuration file: ``path``, else what ``ACCT_CONFIG`` names, else the usual place, else all defaults.

    An account that is named like its exchange needs no file: its key is found in the environment (docs/library.md).
    Raises ``ConfigError`` with file, line and key.
    """
    from account_cli.exchanges import venues

    return load_config(None if path is None else Path(path), venues=venues)


class Collecting:
    """Collects accounts in the running loop: ``async with Collecting(configuration(), "main")``, or start and stop.

    Without names all configured accounts. Streams, polls, back-fills, records and compares as ``acct watch`` does, with
    keys that can only read. Nothing is sent that could change anything at an exchange. Starting changes two things of
    this process for good: it writes no core dump, which would hold the key, and its garbage collector looks less often;
    now and then it is sent, at everything made since the start. Use from one event loop.
    """

    def __init__(self, config: Config, *accounts: str) -> None:
        self._config, self._accounts = config, accounts
        self._task: asyncio.Task[None] | None = None
        self._begun: asyncio.Future[Collected] | None = None
        self._end = asyncio.Event()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, kind: object, *_: object) -> None:
        try:
            await self.stop()
        except AcctError:
            if kind is None:
                raise

    @property
    def running(self) -> bool:
        """True from the end of ``start`` until ``stop``, or until collecting has ended by an error."""
        return self._collected is not None and self._task is not None and not self._task.done()

    @property
    def accounts(self) -> tuple[str, ...]:
        """The accounts that are collected here; none while nothing runs."""
        found = self._collected
        if found is None or not self.running:
            return ()
        ended = {name for name, _ in found.bugs}
        return tuple(one for one in found.accounts if one not in {*found.attached, *found.refused, *ended})

    @property
    def attached(self) -> Mapping[str, str]:
        """Accounts that another process collects already, each with the sentence that says who."""
        return {} if self._collected is None else dict(self._collected.attached)

    @property
    def refused(self) -> Mapping[str, AcctError]:
        """Accounts that cannot be collected as they are configured, and why; the others are."""
        return {} if self._collected is None else dict(self._collected.refused)

    async def start(self) -> None:
        """Start, and return once the accounts are connected; does nothing when they are collected already.

        Raises ``HalfRunning`` when collecting is just being stopped, has ended by an error, or goes on without an
        account that ended by a bug: ``stop`` first. Raises ``ConfigError``, ``CredentialError``, ``StorageError`` or
        ``ExchangeError`` when no account at all can be collected; nothing runs then.
        """
        if self._task is None:
            self._end = asyncio.Event()
            self._begun = asyncio.get_running_loop().create_future()
            self._task = asyncio.create_task(self._run(self._begun), name="acct collecting")
            try:
                await asyncio.shield(self._begun)
            except BaseException:
                await self._give_up()
                raise
            return
        if self._end.is_set():
            raise HalfRunning("collecting is just being stopped", hint="Wait for stop(), then start again.")
        assert self._begun is not None
        await asyncio.shield(self._begun)
        self._demand_whole()

    async def stop(self) -> None:
        """End collecting in order: what was received is stored, locks are given back. Does nothing when nothing runs.

        Raises the error that had ended collecting before, if any; afterwards ``start`` may be called again.
        """
        task = self._task
        if task is None:
            return
        self._end.set()
        if self._collected is None:
            task.cancel()
        await asyncio.wait([task])
        if self._task is task:
            self._task = self._begun = None
            if not task.cancelled():
                task.result()

    async def wait(self) -> None:
        """Wait until collecting ends, by ``stop``, by ``acct collect --stop``, or by an error, which is raised."""
        if self._task is not None:
            await asyncio.wait([self._task])
            if not self._task.cancelled():
                self._task.result()

    @property
    def _collected(self) -> Collected | None:
        begun = self._begun
        return begun.result() if begun is not None and begun.done() and begun.exception() is None else None

    def _demand_whole(self) -> None:
        assert self._task is not None
        if self._task.done():
            error = None if self._task.cancelled() else self._task.exception()
            why = "acct collect --stop asked for it" if error is None else str(error)
            raise HalfRunning(f"collecting has ended: {why}", hint="stop(), then start again.") from error
        assert self._collected is not None
        for name, bug in self._collected.bugs:
            text = f"{name!r} is not collected any more, because of a bug ({type(bug).__name__}); the others are"
            raise HalfRunning(text, hint="stop(), then start again; please report it.") from bug

    async def _give_up(self) -> None:
        """Leave nothing behind of a start that failed or was cancelled."""
        task, self._task, self._begun = self._task, None, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _run(self, begun: asyncio.Future[Collected]) -> None:
        from account_cli.bootstrap.collecting import collecting

        try:
            async with collecting(self._config, self._accounts, kind="collect") as collected:
                begun.set_result(collected)
                ends = [asyncio.create_task(one.wait()) for one in (self._end, collected.asked_to_stop)]
                try:
                    await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    for end in ends:
                        end.cancel()
        except BaseException as error:
            if not begun.done():
                begun.set_exception(error if isinstance(error, AcctError) else HalfRunning("collecting was given up"))
                begun.exception()  # who no longer waits need not hear of it
                return
            raise
