"""Everything that waits is committed together: a queue before the one writer, which runs on a thread of its own.

While one transaction is being written the next one gathers, so the batch grows with the load and a single fill waits
for nobody. When the database refuses, each delivery of the batch fails: whoever sent them starts over from the stored
cursor. When one delivery is what cannot be written, the others are written without it: no account suffers for another.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import accumulate, takewhile
from typing import Any, TypeVar

import msgspec

from account_cli.collector.delivery import Delivery, Receipt
from account_cli.engine.fencing import hold
from account_cli.engine.inbox import Arrivals, refuse, settle
from account_cli.engine.ingest import Ingest
from account_cli.errors import Busy, LeaseLost, StorageError, Unavailable
from account_cli.killing import fault
from account_cli.ports import Arrived, Clock, Inbox, Journal, JournalTx

T = TypeVar("T")

_TRIES = 3
_MOST = 3000
"""Frames and other deliveries in one transaction, so that a long queue does not keep other writers waiting."""


class Writer:
    """The asynchronous face of ``Ingest``; use as an async context manager."""

    def __init__(self, journal: Journal, clock: Clock, fences: Mapping[str, int] | None = None) -> None:
        self._journal, self._clock = journal, clock
        self._fences = {} if fences is None else fences
        self._ingest = Ingest(journal, clock, self._fences)
        self._waiting: list[tuple[Delivery, asyncio.Future[Receipt]]] = []
        self._wake = asyncio.Event()
        self._arrivals = Arrivals(self._wake.set)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="acct-writer")
        self._task: asyncio.Task[None] | None = None
        self._closing = False
        self._taken: list[asyncio.Future[Any]] = []
        self._over: Exception | None = None
        """Why nothing more is written: whoever waited for it would wait for ever."""
        self.on_written: Callable[[Collection[str]], None] = lambda _: None
        """Hears of which accounts something was just written; not of mere signs of life."""
        self.on_committed: Callable[[Delivery, Receipt, int, int], None] | None = None
        """Hears of every delivery that is on disk, with when its transaction began and ended (nanoseconds)."""

    async def __aenter__(self) -> Writer:
        self._task = asyncio.create_task(self._run(), name="writer")
        self._task.add_done_callback(self._ended)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._closing = True
        self._wake.set()
        if self._task is not None:
            await self._task
        await asyncio.get_running_loop().run_in_executor(self._thread, self._journal.close)
        self._thread.shutdown()

    @property
    def inbox(self) -> Inbox:
        """Where readers put what they receive."""
        return self._arrivals

    def write(self, delivery: Delivery) -> asyncio.Future[Receipt]:
        """Queue a delivery; the future ends when it is on disk, or with the ``StorageError`` that kept it off."""
        future: asyncio.Future[Receipt] = asyncio.get_running_loop().create_future()
        if self._over is not None:
            refuse([future], self._over)
            return future
        self._waiting.append((delivery, future))
        self._wake.set()
        return future

    async def do(self, work: Callable[[JournalTx], T], accounts: Iterable[str] = ()) -> T:
        """Run ``work`` in a transaction of its own, between the batches; raises what it raises, then nothing is stored.

        For what is kept about ``accounts`` beside the facts; facts themselves are delivered.
        """

        def run() -> T:
            with self._journal.transaction() as tx:
                hold(tx, accounts, self._fences)
                return work(tx)

        return await asyncio.get_running_loop().run_in_executor(self._thread, run)

    async def plan(self, plan: Callable[[JournalTx], Sequence[Delivery]], accounts: Iterable[str]) -> list[Receipt]:
        """Write what ``plan`` makes of what is known of ``accounts``, between the batches; raises what it raises."""
        return await asyncio.get_running_loop().run_in_executor(
            self._thread, self._ingest.write_planned, plan, accounts
        )

    def _ended(self, task: asyncio.Task[None]) -> None:
        """Leave nobody waiting, however the task of writing came to its end."""
        bug = None if task.cancelled() else task.exception()
        why = bug if isinstance(bug, Exception) else Unavailable("nothing more is written: acct is ending")
        self._over = why
        refuse([*self._taken, *(future for _, future in self._waiting)], why)
        self._arrivals.end(why)

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._waiting or self._arrivals or (self._closing and self._arrivals.forgotten):
                count = _at_once(delivery for delivery, _ in self._waiting)
                batch, self._waiting = self._waiting[:count], self._waiting[count:]
                arrived, keepers = self._arrivals.take()
                deliveries, senders = _together(batch)
                self._taken = [*keepers, *(future for _, future in batch)]
                began_ns = self._clock.now_ns()
                ids, results = await loop.run_in_executor(self._thread, self._write, arrived, deliveries)
                settle(keepers, ids)
                self.on_written({delivery.account for delivery in deliveries if _says_something(delivery)})
                self._tell(deliveries, results, began_ns)
                for futures, result in zip(senders, results, strict=True):
                    if isinstance(result, Receipt):
                        _settle(futures, result)
                    else:
                        refuse(futures, result)
            if self._closing:
                return

    def _tell(self, deliveries: Sequence[Delivery], results: Sequence[Receipt | Exception], began_ns: int) -> None:
        if self.on_committed is None:
            return
        ended_ns = self._clock.now_ns()
        for delivery, result in zip(deliveries, results, strict=True):
            if isinstance(result, Receipt):
                self.on_committed(delivery, result, began_ns, ended_ns)

    def _write(
        self, arrived: Arrived, deliveries: list[Delivery]
    ) -> tuple[list[int | StorageError], list[Receipt | Exception]]:
        """Write all together; where that fails for anything but the database, each on its own, what arrived first."""
        try:
            ids, receipts = self._together(arrived, deliveries)
            if ids:
                fault("after_inbox_commit")
            return [*ids], [*receipts]
        except StorageError as error:
            accounts = {row.account for row in arrived.rows}
            if not isinstance(error, LeaseLost) or len(accounts) + len(deliveries) <= 1:
                return [error] * len(arrived.rows), [error] * len(deliveries)
        except Exception as error:
            if not deliveries:
                raise
            if len(deliveries) == 1 and not arrived:
                return [], [error]
        return self._store(arrived), [one for told in deliveries for one in self._write(Arrived(), [told])[1]]

    def _together(self, arrived: Arrived, deliveries: list[Delivery]) -> tuple[list[int], list[Receipt]]:
        """Write all in one transaction; when others were in the way, try again."""
        for _ in range(_TRIES - 1):
            with contextlib.suppress(Busy):
                return self._ingest.write_with(arrived, deliveries)
        return self._ingest.write_with(arrived, deliveries)

    def _store(self, arrived: Arrived) -> list[int | StorageError]:
        """Store what arrived, each account's on its own: one that another process has taken over keeps none back."""
        stored: dict[int, int | StorageError] = {}
        for account in sorted({row.account for row in arrived.rows}):
            places = [place for place, row in enumerate(arrived.rows) if row.account == account]
            ids = self._write(Arrived(tuple(arrived.rows[place] for place in places)), [])[0]
            stored.update(zip(places, ids, strict=True))
        if arrived.forgotten:
            self._write(Arrived((), arrived.forgotten), [])
        return [stored[place] for place in range(len(arrived.rows))]


def _at_once(waiting: Iterable[Delivery]) -> int:
    """Return how many of the first of these go into one transaction."""
    sizes = accumulate(max(1, len(delivery.heard)) for delivery in waiting)
    return 1 + sum(1 for _ in takewhile(lambda size: size < _MOST, sizes))


def _together(
    batch: Sequence[tuple[Delivery, asyncio.Future[Receipt]]],
) -> tuple[list[Delivery], list[list[asyncio.Future[Receipt]]]]:
    """Join frames of one account's stream that follow each other into one delivery: they share its lookups and fold."""
    joined: list[list[Delivery]] = []
    senders: list[list[asyncio.Future[Receipt]]] = []
    followed = False
    for delivery, future in batch:
        follows, followed = followed, _frames(delivery)
        if follows and followed and joined[-1][-1].account == delivery.account:
            joined[-1].append(delivery)
            senders[-1].append(future)
        else:
            joined.append([delivery])
            senders.append([future])
    return [_join(parts) for parts in joined], senders


def _says_something(delivery: Delivery) -> bool:
    return bool(delivery.heard or delivery.events or delivery.observations or delivery.prices)


def _frames(delivery: Delivery) -> bool:
    """True when a delivery is frames of a stream and nothing else."""
    plain = Delivery(account=delivery.account, origin="stream", heard=delivery.heard)
    return delivery == plain


def _join(parts: list[Delivery]) -> Delivery:
    if len(parts) == 1:
        return parts[0]
    return msgspec.structs.replace(parts[0], heard=tuple(heard for part in parts for heard in part.heard))


def _settle(futures: Sequence[asyncio.Future[Receipt]], receipt: Receipt) -> None:
    for future in futures:
        if not future.done():
            future.set_result(receipt)
