"""A task per account: one account's bug ends that account, loudly, and no other; accounts come and go meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from account_cli.collector.account import AccountCollector
from account_cli.collector.delivery import Delivery
from account_cli.domain.health import Notice
from account_cli.engine.alerting import Alerting
from account_cli.engine.answering import Answering
from account_cli.engine.beside import Reconciler
from account_cli.engine.delivering import Delivering
from account_cli.engine.recording import Recorder
from account_cli.engine.retention import Retention, keep_small
from account_cli.engine.writing import Writer
from account_cli.errors import AcctError, first_of
from account_cli.ports import Clock


class Crew:
    """The collectors that run now, by account."""

    def __init__(self, *collectors: AccountCollector) -> None:
        self.running = {collector.account: collector for collector in collectors}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._run: Callable[[AccountCollector], asyncio.Task[None]] | None = None

    def open(self, run: Callable[[AccountCollector], asyncio.Task[None]]) -> None:
        """From now on collectors can be started; those that were given before are."""
        self._run = run
        for collector in self.running.values():
            self._tasks[collector.account] = run(collector)

    def start(self, collector: AccountCollector) -> None:
        """Run a collector until it is ended; before ``open`` it waits for that."""
        self.running[collector.account] = collector
        if self._run is not None:
            self._tasks[collector.account] = self._run(collector)

    async def end(self, account: str) -> None:
        """End the collector of an account; returns when it has left in order."""
        self.running.pop(account, None)
        task = self._tasks.pop(account, None)
        if task is not None:
            task.cancel()
            await asyncio.wait([task])


async def supervise(
    crew: Crew,
    writer: Writer,
    clock: Clock,
    on_bug: Callable[[str, BaseException], None],
    recorder: Recorder | None = None,
    retention: Retention | None = None,
    reconciler: Reconciler | None = None,
    answering: Answering | None = None,
    alerting: Alerting | None = None,
    delivering: Delivering | None = None,
) -> None:
    """Run every collector of the crew, and what goes on beside them, until cancelled; then all are closed.

    ``on_bug`` hears of an account that ended by anything but cancellation; a critical notice says so too.
    """
    async with asyncio.TaskGroup() as group:
        group.create_task(keep_small(writer, clock, retention or Retention()), name="prune the inbox")
        if recorder is not None:
            group.create_task(recorder.run(writer), name="record history")
        if reconciler is not None:
            group.create_task(reconciler.run(writer), name="reconcile")
        if answering is not None:
            group.create_task(answering.run(writer), name="answer")
        if alerting is not None:
            group.create_task(alerting.run(writer), name="hold to the rules")
        if delivering is not None:
            group.create_task(delivering.run(writer), name="tell alerts")

        def run(collector: AccountCollector) -> asyncio.Task[None]:
            return group.create_task(_one(collector, writer, clock, on_bug), name=f"collect {collector.account}")

        crew.open(run)


async def _one(
    collector: AccountCollector, writer: Writer, clock: Clock, on_bug: Callable[[str, BaseException], None]
) -> None:
    try:
        await collector.run()
    except Exception as group:
        error = first_of(group)
        on_bug(collector.account, error)
        text = f"collecting stopped by a bug ({type(error).__name__}); what was journaled is kept; please report it"
        notice = Notice(
            account=collector.account, at_ns=clock.now_ns(), severity="critical", code="internal", text=text
        )
        with contextlib.suppress(AcctError):  # the account is silent from now on, which says the same
            await writer.write(Delivery(account=collector.account, notices=(notice,)))
