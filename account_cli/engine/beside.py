"""Beside the collectors every account is compared again and again, and a break is told when it begins and when it ends.

Every ``every_s`` seconds, after every reconnect, and sooner while something is undecided. A run is kept when it says
something new, and one an hour; when the account was last looked at is written down every time.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping

from account_cli.collector.delivery import Delivery
from account_cli.domain.health import Notice
from account_cli.domain.money import plain
from account_cli.domain.times import HOUR, SECOND
from account_cli.engine.correcting import Keeping, lasting
from account_cli.engine.follow import Follower
from account_cli.engine.looking import ReadingThread
from account_cli.engine.proving import Proving, proven, stated_only
from account_cli.engine.reconciling import reconcile, says_the_same
from account_cli.engine.writing import Writer
from account_cli.errors import AcctError
from account_cli.ports import Clock, Wish
from account_cli.reconciliation import Item, Run

SOON_S = 5.0
"""Until the next look, while something is undecided."""
SETTLE_NS = 15 * SECOND
"""Beside a stream a difference must last longer: two channels of one exchange may be seconds apart."""
_KEPT_EVERY_NS = HOUR


class Reconciler:
    """Compares the accounts that have a wish at that moment, each as its wish says."""

    def __init__(self, thread: ReadingThread, wishes: Mapping[str, Wish], clock: Clock, every_s: float = 60.0) -> None:
        self._thread, self._wishes, self._clock, self._every_s = thread, wishes, clock, every_s
        self._wanted = asyncio.Event()

    def look_now(self) -> None:
        """End the wait for the next look: something may have been missed, and was asked for just now."""
        self._wanted.set()

    async def run(self, writer: Writer) -> None:
        """Compare until cancelled; a bug ends this with a critical notice, never with an exception."""
        decided = False
        try:
            while True:
                await self._wait(self._every_s if decided else min(SOON_S, self._every_s))
                decided = True
                with contextlib.suppress(AcctError):  # whoever writes facts says what is wrong with the database
                    for account in tuple(self._wishes):
                        decided &= await self.look(account, writer)
        except Exception as error:
            text = f"nothing is reconciled any more, because of a bug ({type(error).__name__}); please report it"
            now = self._clock.now_ns()
            told = [
                Notice(account=account, at_ns=now, severity="critical", code="internal", text=text)
                for account in self._wishes
            ]
            with contextlib.suppress(AcctError):
                for notice in told:
                    await writer.write(Delivery(account=notice.account, notices=(notice,)))

    async def _wait(self, seconds: float) -> None:
        waits = [asyncio.ensure_future(self._clock.sleep(seconds)), asyncio.ensure_future(self._wanted.wait())]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        self._wanted.clear()

    async def look(self, account: str, writer: Writer) -> bool:
        """Compare one account; return whether that decided everything."""
        proving, is_news, before = await self._thread.do(lambda follower: self.compare(follower, account))
        run = proving.run
        if not is_news:
            await writer.do(proving.keep_look, [account])
            return run.is_decided
        told = notices(run, before)
        keeping = Keeping(proving, correct=self._wishes[account].correct, by_itself=True)
        await writer.plan(keeping, [account])
        if told:
            await writer.write(Delivery(account=account, notices=tuple(told)))
        return run.is_decided

    def compare(self, follower: Follower, account: str) -> tuple[Proving, bool, Run | None]:
        """Return a comparison, proved where it is worth keeping, whether it is, and the last one that was kept."""
        with follower.reader.snapshot_view():
            kept = follower.reader.runs(account, limit=1)
            before = kept[0][1] if kept else None
            wish = self._wishes[account]
            settle_ns = max(SETTLE_NS, wish.settle_ns)
            now = self._clock.now_ns()
            run = reconcile(follower, account, now_ns=now, tolerance=wish.tolerance, settle_ns=settle_ns)
            fresh = before is None or not 0 <= run.at_ns - before.at_ns < _KEPT_EVERY_NS
            due = wish.correct and lasting(follower.reader, run)
            if fresh or due or not says_the_same(run, before):
                return proven(follower, run, whole=False), True, before
            return stated_only(follower.reader, run), False, before


def notices(run: Run, before: Run | None) -> list[Notice]:
    """Say which breaks began and which are gone since the run before."""
    was = {item.slot: item for item in before.items if item.state == "unexplained"} if before is not None else {}
    now = {item.slot: item for item in run.items if item.state == "unexplained"}
    here = {item.slot: item for item in run.items if item.state != "explained"}
    why = {item.slot: f": {item.hints[0]}" for item in run.items if item.state == "explained" and item.hints}
    told = [
        Notice(account=run.account, at_ns=run.at_ns, severity="warning", code="drift", text=_words(item))
        for slot, item in now.items()
        if slot not in was or was[slot].corrected is not None
    ]
    if run.missing:
        return told
    return told + [
        Notice(
            account=run.account,
            at_ns=run.at_ns,
            severity="info",
            code="drift",
            text=_gone(item) + why.get(slot, ""),
        )
        for slot, item in was.items()
        if slot not in here
    ]


def _gone(item: Item) -> str:
    return f"{item.what} {'are as stored' if item.kind == 'journal' else 'agrees with the exchange'} again"


def _words(item: Item) -> str:
    if item.kind == "journal":
        return item.hints[0]
    assert item.local is not None
    assert item.exchange is not None
    return f"{item.what}: ledger {plain(item.local)}, exchange {plain(item.exchange)}"
