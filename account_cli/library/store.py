"""A store is read as one would ask a person: what do I hold, what is open, what was traded and what came of it.

Answers are the rows that every command of acct prints (docs/formats.md, section 2), in a ``Report`` that says when they
were true and why they may not be all. Each answer is of one committed state; a collector beside it is not disturbed.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Self, TypeVar

from account_cli.bootstrap.reading import Reading, reading
from account_cli.engine.position_snapshots import kept_positions
from account_cli.errors import InputError
from account_cli.library.places import Database, demand, settings_of
from account_cli.ports import AccountRow
from account_cli.reports.accounts import accounts as account_rows
from account_cli.reports.balances import balances
from account_cli.reports.fills import fills
from account_cli.reports.orders import orders
from account_cli.reports.positions import positions
from account_cli.reports.rows import AccountStatusRow, BalanceRow, FillRow, OrderRow, PositionRow, Report, TransferRow
from account_cli.reports.transfers import transfers

T = TypeVar("T")


class Store:
    """A database of acct, open for reading; use as a context manager, from one thread.

    ``database`` is a SQLite file, ``sqlite:///FILE``, ``postgresql://…``, or what ``configuration`` returned. Values
    are turned into ``currency`` (default: the configuration's, else USD). Raises ``StorageError`` when there is no such
    database or it cannot be read, ``InputError`` for a URL that names none.

    Every question takes names of accounts, all accounts for none, and raises ``InputError`` for one that the store does
    not know. Amounts are Decimal, times nanoseconds since 1970, None is unknown.
    """

    def __init__(self, database: Database, *, currency: str | None = None) -> None:
        self._config = settings_of(database, currency)
        demand(self._config)
        with ExitStack() as stack:
            self._reading: Reading = stack.enter_context(reading(self._config))
            self._stack = stack.pop_all()

    def close(self) -> None:
        """Close the database; may be called twice."""
        self._stack.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def accounts(self) -> tuple[str, ...]:
        """Return the names of all accounts that the store knows."""
        return tuple(row.account for row in self._known())

    def position(self, account: str) -> int:
        """Return the number of the last line of an account's journal: what ``follow`` would go on after from now."""
        (name,) = self._named((account,))
        return next(row.head for row in self._known() if row.account == name)

    def status(self, *accounts: str) -> Report[AccountStatusRow]:
        """Return how each account is followed and how fresh it is: LIVE, DEGRADED, STALE or OFFLINE."""
        return account_rows(self._now().present(self._named(accounts)), now_ns=self._reading.now_ns)

    def balances(self, *accounts: str, include_zero: bool = False) -> Report[BalanceRow]:
        """Return what the accounts hold, valued; what has no price has no value, and ``incomplete`` says so."""
        views = self._now().present(self._named(accounts))
        return balances(
            views,
            now_ns=self._reading.now_ns,
            currency=self._config.currency,
            include_zero=include_zero,
            pegged=self._config.pegged,
        )

    def positions(self, *accounts: str, symbol: str | None = None) -> Report[PositionRow]:
        """Return what is open, spot holdings among it; amounts are in each row's own ``currency``."""
        views = self._now().present(self._named(accounts))
        return positions(views, now_ns=self._reading.now_ns, symbol=symbol, pegged=self._config.pegged)

    def position_snapshots(
        self, account: str, *, since_ns: int | None = None, until_ns: int | None = None
    ) -> list[Report[PositionRow]]:
        """Return what was recorded as open within ``[since, until)``, oldest first: by default every 300 s."""
        (name,) = self._named((account,))
        assert self._reading.reader is not None
        return kept_positions(self._reading.reader, name, since_ns=since_ns, until_ns=until_ns)

    def orders(self, *accounts: str, only_open: bool = True, symbol: str | None = None) -> Report[OrderRow]:
        """Return orders as the exchange last told of them, newest first."""
        views = self._now().present(self._named(accounts), all_orders=not only_open)
        return orders(views, now_ns=self._reading.now_ns, only_open=only_open, symbol=symbol)

    def fills(
        self,
        *accounts: str,
        symbol: str | None = None,
        since_ns: int | None = None,
        until_ns: int | None = None,
        limit: int | None = None,
    ) -> Report[FillRow]:
        """Return trades within ``[since, until)``, newest first, at most ``limit``.

        ``realized_pnl`` is by average cost with all fees in; None for a fill that closed nothing, or nothing of which
        the cost is known.
        """
        names = self._named(accounts)
        views = self._now().present(names)
        found = self._reading.fills(names, symbol=symbol, since_ns=since_ns, until_ns=until_ns, limit=limit)
        return fills(
            views,
            now_ns=self._reading.now_ns,
            events=[fill for fill, _ in found],
            closings=[closing for _, closings in found for closing in closings],
            newest_first=True,
        )

    def transfers(
        self, *accounts: str, since_ns: int | None = None, until_ns: int | None = None
    ) -> Report[TransferRow]:
        """Return deposits, withdrawals and internal transfers within ``[since, until)``, oldest first."""
        names = self._named(accounts)
        views = self._now().present(names)
        found = self._reading.transfers(names, since_ns=since_ns, until_ns=until_ns)
        return transfers(views, now_ns=self._reading.now_ns, events=found)

    def _now(self) -> Reading:
        self._reading.now_ns = time.time_ns()
        return self._reading

    def _known(self) -> list[AccountRow]:
        assert self._reading.reader is not None
        return self._reading.reader.accounts()

    def _named(self, accounts: tuple[str, ...]) -> tuple[str, ...]:
        known = self.accounts()
        for name in accounts:
            if name not in known:
                raise InputError(f"the store knows no account {name!r}", hint=f"It knows {', '.join(known) or 'none'}.")
        return tuple(dict.fromkeys(accounts)) or known


class AsyncStore:
    """The same answers without holding up the loop: ``async with AsyncStore(database) as store``.

    ``await store.ask(question)`` runs ``question`` with the ``Store`` on a thread of its own, one after another; raises
    what ``Store`` raises. Example: ``await store.ask(lambda store: store.fills("main", limit=10))``.
    """

    def __init__(self, database: Database, *, currency: str | None = None) -> None:
        self._database, self._currency = database, currency
        self._thread: ThreadPoolExecutor | None = None
        self._store: Store | None = None

    async def __aenter__(self) -> Self:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="acct-store")
        try:
            self._store = await self._run(lambda: Store(self._database, currency=self._currency))
        except BaseException:
            self._thread.shutdown()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._store is not None
        assert self._thread is not None
        await self._run(self._store.close)
        self._thread.shutdown()

    async def ask(self, question: Callable[[Store], T]) -> T:
        """Return the answer to a question; questions wait for each other."""
        store = self._store
        if store is None:
            raise InputError("an AsyncStore is entered with `async with` before it is asked")
        return await self._run(lambda: question(store))

    async def _run(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)
