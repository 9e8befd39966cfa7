"""One comparison of an account's ledger with what its exchange states, from what is committed, kept for ever.

Nothing is asked here: whoever collects asks, and this looks at what came of it. Beside the collectors it looks every
few seconds, and keeps a run when it says something new, and one an hour; a run that a person or a timer asked for is
kept always. A break is told once when it begins and once when it is gone.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from itertools import islice

from account_cli import __version__
from account_cli.collector.delivery import Delivery
from account_cli.domain.events import Fill
from account_cli.domain.health import Notice
from account_cli.domain.money import plain
from account_cli.domain.times import HOUR, SECOND
from account_cli.engine.contradictions import contradictions
from account_cli.engine.correcting import Keeping, lasting
from account_cli.engine.earlier import earlier_sides
from account_cli.engine.follow import Follower
from account_cli.engine.openings import are_settled
from account_cli.engine.ordered import order_items
from account_cli.engine.writing import Writer
from account_cli.errors import AcctError
from account_cli.ports import Clock, JournalReader
from account_cli.reconciliation import (
    LAG_NS,
    SWEEP_NS,
    Clues,
    Item,
    Run,
    Tolerance,
    compare,
    exchange_side,
    explain,
    explained,
    in_flight,
    judge,
    ledger_side,
)
from account_cli.reports.view import AccountView

EVERY_S = 5.0
SETTLE_NS = 15 * SECOND
"""Beside a stream a difference must last longer: two channels of one exchange may be seconds apart."""
_KEPT_EVERY_NS = HOUR
RUNS_LOOKED_AT = 50
"""Earlier runs in which a difference is looked for."""
_RECENT_FILLS = 200


def reconcile(follower: Follower, account: str, *, now_ns: int, tolerance: Tolerance, settle_ns: int) -> Run:
    """Compare one account as it is committed now, in the light of its earlier runs."""
    reader = follower.reader
    with reader.snapshot_view():
        (view,) = follower.views([account])
        before = [run for _, run in reader.runs(account, limit=RUNS_LOOKED_AT)]
        return _run(view, before, reader, now_ns=now_ns, tolerance=tolerance, settle_ns=settle_ns)


def _run(
    view: AccountView,
    before: Sequence[Run],
    reader: JournalReader,
    *,
    now_ns: int,
    tolerance: Tolerance,
    settle_ns: int,
) -> Run:
    times = [seen.at_ns for seen in (view.balances, view.positions) if seen is not None]
    read_ns = min(times) if times else None
    settled = are_settled(reader, view.account)
    items: list[Item] = []
    if read_ns is not None and settled:
        stated = exchange_side(view.balances, view.positions)
        items = compare(ledger_side(view.state), stated, tolerance)
        if names := {item.name for item in items if item.state == "pending"}:
            earlier = earlier_sides(reader, view.account, read_ns - LAG_NS - SWEEP_NS, names)
            items = in_flight(items, earlier, stated.only(names), tolerance)
        items += order_items(view, before, reader, read_ns)
        items = judge(items, read_ns, before, settle_ns)
    wrong = [item for item in items if item.state != "clean"]
    if wrong:
        wrong = explain(_clues(view, wrong, reader))
    if items and before:
        wrong += _explained(before[0], wrong, read_ns or 0, reader)
    return Run(
        account=view.account,
        at_ns=now_ns,
        version=__version__,
        head=view.n,
        read_ns=read_ns,
        compared=len(items),
        items=tuple(wrong),
        missing=_missing(view, settled),
    )


def _clues(view: AccountView, wrong: Sequence[Item], reader: JournalReader) -> Clues:
    fills = reader.events(view.account, kinds=("fill",), newest_first=True, limit=_RECENT_FILLS)
    last = {row.account: runs[0][1] for row in reader.accounts() if (runs := reader.runs(row.account, limit=1))}
    return Clues(
        wrong=wrong,
        elsewhere=[
            (name, item)
            for name, run in last.items()
            if name != view.account
            for item in run.items
            if item.state in {"pending", "unexplained"}
        ],
        coverage=view.coverage,
        recent=[event for event in islice(fills, _RECENT_FILLS) if isinstance(event, Fill)],
        prices={symbol: seen.price for symbol, seen in view.prices.items()},
        contracts=frozenset(row.symbol for row in (view.positions.rows if view.positions else ()) if row.quantity),
        contradictions=contradictions(reader, view.account),
    )


def _explained(before: Run, wrong: Sequence[Item], read_ns: int, reader: JournalReader) -> list[Item]:
    """Return the breaks of the run before that are gone and were not corrected, and what explains each."""
    still = {item.slot for item in wrong}
    broken = [item for item in before.items if item.state == "unexplained" and item.corrected is None]
    gone = [item for item in broken if item.slot not in still]
    if not gone or before.read_ns is None or before.read_ns >= read_ns:
        return []
    told = [entry.event for entry in reader.entries_since(before.account, before.head)]
    return [one for item in gone if (one := explained(item, told, before.read_ns)) is not None]


def _missing(view: AccountView, settled: bool) -> tuple[str, ...]:
    """Say why a comparison says nothing, or not all."""
    followed = {row.kind for row in view.streams if row.strategy != "off"}
    missing = []
    if not settled:
        missing.append("its history is still being read")
    if view.balances is None:
        missing.append("the exchange has not stated its balances yet")
    if view.positions is None and "positions" in followed:
        missing.append("the exchange has not stated its positions yet")
    return tuple(missing)


def says_the_same(run: Run, before: Run | None) -> bool:
    """True when a run says nothing that the one before did not say."""
    if before is None or run.missing != before.missing:
        return False
    return [_said(item) for item in run.items] == [_said(item) for item in before.items]


def _said(item: Item) -> tuple[object, ...]:
    return *item.slot, item.difference, item.state


class Reconciler:
    """Compares these accounts every few seconds, and corrects what lasts where it may; ``reader`` is its own."""

    def __init__(
        self,
        reader: JournalReader,
        accounts: Sequence[str],
        clock: Clock,
        tolerance: Tolerance,
        *,
        auto_correct: bool = False,
    ) -> None:
        self._follower = Follower(reader)
        self._accounts, self._clock, self._tolerance = tuple(accounts), clock, tolerance
        self._auto_correct = auto_correct

    async def run(self, writer: Writer) -> None:
        """Compare until cancelled; a bug ends this with a critical notice, never with an exception."""
        try:
            while self._accounts:
                await self._clock.sleep(EVERY_S)
                with contextlib.suppress(AcctError):  # whoever writes facts says what is wrong with the database
                    for account in self._accounts:
                        await self._look(account, writer)
        except Exception as error:
            text = f"nothing is reconciled any more, because of a bug ({type(error).__name__}); please report it"
            now = self._clock.now_ns()
            told = [
                Notice(account=account, at_ns=now, severity="critical", code="internal", text=text)
                for account in self._accounts
            ]
            with contextlib.suppress(AcctError):
                for notice in told:
                    await writer.write(Delivery(account=notice.account, notices=(notice,)))

    async def _look(self, account: str, writer: Writer) -> None:
        looking = asyncio.ensure_future(asyncio.to_thread(self.compare, account))
        try:
            run, before = await asyncio.shield(looking)
        except asyncio.CancelledError:
            await asyncio.wait([looking])  # the connection is about to be closed under it
            raise
        if run is None:
            return
        told = notices(run, before)
        await writer.plan(Keeping(run, correct=self._auto_correct, by_itself=True))
        if told:
            await writer.write(Delivery(account=account, notices=tuple(told)))

    def compare(self, account: str) -> tuple[Run | None, Run | None]:
        """Return a run that is worth keeping, None when it says nothing new, and the last one that was kept."""
        kept = self._follower.reader.runs(account, limit=1)
        before = kept[0][1] if kept else None
        run = reconcile(
            self._follower, account, now_ns=self._clock.now_ns(), tolerance=self._tolerance, settle_ns=SETTLE_NS
        )
        fresh = before is None or run.at_ns - before.at_ns >= _KEPT_EVERY_NS or run.at_ns < before.at_ns
        due = self._auto_correct and lasting(self._follower.reader, run)
        return (run if fresh or due or not says_the_same(run, before) else None), before


def notices(run: Run, before: Run | None) -> list[Notice]:
    """Say which breaks began and which are gone since the run before."""
    was = {item.slot: item for item in before.items if item.state == "unexplained"} if before is not None else {}
    now = {item.slot: item for item in run.items if item.state == "unexplained"}
    here = {item.slot: item for item in run.items if item.state != "explained"}
    why = {item.slot: f": {item.hints[0]}" for item in run.items if item.state == "explained" and item.hints}
    told = [
        Notice(account=run.account, at_ns=run.at_ns, severity="warning", code="drift", text=_words(item))
        for slot, item in now.items()
        if slot not in was
    ]
    if run.missing:
        return told
    return told + [
        Notice(
            account=run.account,
            at_ns=run.at_ns,
            severity="info",
            code="drift",
            text=f"{item.kind} of {item.key} agrees with the exchange again{why.get(slot, '')}",
        )
        for slot, item in was.items()
        if slot not in here
    ]


def _words(item: Item) -> str:
    assert item.local is not None
    assert item.exchange is not None
    return f"{item.kind} of {item.key}: ledger {plain(item.local)}, exchange {plain(item.exchange)}"
