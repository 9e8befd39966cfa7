"""Now and then an exchange is asked how many fills there were, which is cheap, and tells of one that nobody told."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from account_cli.collector.delivery import Deliver, Delivery
from account_cli.domain.health import reaches
from account_cli.errors import ExchangeError, NotSupported
from account_cli.ports import ExchangeReader, JournalReader
from account_cli.reconciliation.counting import CURSOR, last_counted, to_count


class Counting:
    """Asks ``reader`` when it is time, and delivers what it counted; ``memory`` says when that was last."""

    def __init__(self, reader: ExchangeReader, deliver: Deliver, memory: JournalReader) -> None:
        self._reader, self._deliver, self._memory = reader, deliver, memory
        self._supported = True

    async def look(self, now_ns: int, symbols: Callable[[], frozenset[str]]) -> None:
        """Count what is due by ``now_ns``, in the markets ``symbols``; what cannot be had is tried the next time."""
        account = self._reader.account
        known = reaches(self._memory.coverage(account)).get("fills")
        if not self._supported or known is None:
            return
        last = next((run for _, run in self._memory.runs(account, limit=1)), None)
        from_ns = 0 if known.whole else known.since_ns
        due = to_count(last_counted(self._memory.cursors(account)), last, now_ns, from_ns)
        if due is None:
            return
        if due.since_ns < due.until_ns:
            try:
                asked = frozenset(due.counts) or symbols()
                counts = await self._reader.count_fills(due.since_ns, due.until_ns, asked)
            except NotSupported:
                self._supported = False
                return
            except ExchangeError:
                return
            due = msgspec.structs.replace(due, counts=counts)
        await self._deliver(Delivery(account=account, cursors={CURSOR: msgspec.json.encode(due).decode()}))
