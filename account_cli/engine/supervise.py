"""A task per account: one account's bug ends that account, loudly, and no other."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence

from account_cli.collector.account import AccountCollector
from account_cli.collector.delivery import Delivery
from account_cli.domain.health import Notice
from account_cli.engine.answering import Answering
from account_cli.engine.beside import Reconciler
from account_cli.engine.recording import Recorder
from account_cli.engine.retention import Retention, keep_small
from account_cli.engine.writing import Writer
from account_cli.errors import AcctError
from account_cli.ports import Clock


async def supervise(
    collectors: Sequence[AccountCollector],
    writer: Writer,
    clock: Clock,
    on_bug: Callable[[str, BaseException], None],
    recorder: Recorder | None = None,
    retention: Retention | None = None,
    reconciler: Reconciler | None = None,
    answering: Answering | None = None,
) -> None:
    """Run every collector, and what goes on beside them, until cancelled; then all are closed.

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
        for collector in collectors:
            group.create_task(_one(collector, writer, clock, on_bug), name=f"collect {collector.account}")


async def _one(
    collector: AccountCollector, writer: Writer, clock: Clock, on_bug: Callable[[str, BaseException], None]
) -> None:
    try:
        await collector.run()
    except Exception as group:
        error = _first(group)
        on_bug(collector.account, error)
        text = f"collecting stopped by a bug ({type(error).__name__}); what was journaled is kept; please report it"
        notice = Notice(
            account=collector.account, at_ns=clock.now_ns(), severity="critical", code="internal", text=text
        )
        with contextlib.suppress(AcctError):  # the account is silent from now on, which says the same
            await writer.write(Delivery(account=collector.account, notices=(notice,)))


def _first(error: BaseException) -> BaseException:
    """Return what a group of tasks failed of first; any other error itself."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
