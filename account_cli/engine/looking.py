"""An account is compared after each reading of its exchange, until nothing is on its way any more or the time is up.

Every run is kept. Where a difference lasts and an explanation was asked for, history is asked for again from further
back; from where a person says, it is asked for again whatever the first run says, and no further back. The comparing is
done in a thread, over a connection of its own: whoever collects goes on hearing.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import msgspec

from account_cli.domain.times import SECOND
from account_cli.engine.correcting import Keeping, oldest_correction
from account_cli.engine.follow import Follower
from account_cli.engine.proving import Proving, proven
from account_cli.engine.reconciling import reconcile
from account_cli.engine.writing import Writer
from account_cli.errors import ExchangeError
from account_cli.ports import Clock, JournalReader, Wish
from account_cli.reconciliation import Run, further_back

T = TypeVar("T")
Look = Callable[[int], Awaitable[object]]
"""Ask the exchange for what is new and its present state, history from so many seconds further back than usual."""


class ReadingThread:
    """Reads over ``reader``, which is its own, in a thread, one piece of work after the other."""

    def __init__(self, reader: JournalReader) -> None:
        self._follower = Follower(reader)
        self._turn = asyncio.Lock()

    async def do(self, work: Callable[[Follower], T]) -> T:
        """Run ``work``; whoever is cancelled leaves only when it is done: the connection may be closed after that."""
        async with self._turn:
            working = asyncio.ensure_future(asyncio.to_thread(work, self._follower))
            try:
                return await asyncio.shield(working)
            except asyncio.CancelledError:
                await asyncio.wait([working])
                raise


class Looking:
    """One account, looked at as ``wish`` says; its time begins now."""

    def __init__(self, account: str, wish: Wish, clock: Clock, thread: ReadingThread, writer: Writer) -> None:
        self._account, self._wish, self._clock = account, wish, clock
        self._thread, self._writer = thread, writer
        self._settle_s = wish.settle_ns / SECOND
        self._ends = clock.monotonic() + wish.timeout_ns / SECOND
        self.kept: Keeping | None = None
        """The last run as it was kept; None before the first."""
        self._corrected = False
        """Whether the last run was one that corrects what it finds."""
        self._corrected_ns: int | None = None

    async def through(self, look: Look) -> None:
        """Compare what was read just now; ``look`` reads it again as often as that may say more."""
        tried_s: list[int] = []
        while True:
            proving = await self._compare()
            reach_s = self._reach_s(proving.run, tried_s)
            ends = self._left() < self._settle_s
            last = proving.run.is_decided or ends
            keeping = await self._keep(proving, correct=self._wish.correct and last and reach_s is None)
            if reach_s is not None:
                tried_s.append(reach_s)
                # What cannot be fetched explains nothing, and is no reason to forget what was compared.
                with contextlib.suppress(ExchangeError, TimeoutError):
                    async with asyncio.timeout(self._left()):
                        await look(reach_s)
            elif (keeping.run.is_decided and not keeping.outdated) or ends:
                return
            else:
                await self._clock.sleep(self._settle_s)
                await look(0)

    async def give_up(self, why: str) -> None:
        """Where nothing was compared yet, compare what is known, and say that the exchange did not tell it just now.

        What was compared and waited for one more reading is corrected now, when that is wished for.
        """
        if self.kept is None:
            run = (await self._compare()).run
            untold = msgspec.structs.replace(run, missing=(*run.missing, why))
            await self._keep(Proving(run=untold), correct=False)
        elif self._wish.correct and not self._corrected:
            await self._keep(await self._compare(), correct=True)

    def _reach_s(self, run: Run, tried_s: Sequence[int]) -> int | None:
        """Return how much further back facts shall be fetched that could explain what differs; None for not now."""
        wish, now_ns = self._wish, self._clock.now_ns()
        if not (wish.explain or wish.correct) or self._left() <= 0:
            return None
        if wish.since_ns is not None:
            return None if tried_s else max(1, (now_ns - wish.since_ns) // SECOND)
        return further_back(run, now_ns, tried_s, self._corrected_ns)

    def _left(self) -> float:
        return self._ends - self._clock.monotonic()

    async def _compare(self) -> Proving:
        def compare(follower: Follower) -> Proving:
            with follower.reader.snapshot_view():
                if self._wish.explain:
                    self._corrected_ns = oldest_correction(follower.reader, self._account)
                run = reconcile(
                    follower,
                    self._account,
                    now_ns=self._clock.now_ns(),
                    tolerance=self._wish.tolerance,
                    settle_ns=self._wish.settle_ns,
                )
                return proven(follower, run, whole=self._wish.explain, since_ns=self._wish.since_ns)

        return await self._thread.do(compare)

    async def _keep(self, proving: Proving, *, correct: bool) -> Keeping:
        keeping = Keeping(proving, correct=correct)
        await self._writer.plan(keeping, [self._account])
        self.kept, self._corrected = keeping, correct and not keeping.outdated
        return keeping
