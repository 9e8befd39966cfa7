"""What waits in the outbox is told after its commit, and the present state beside it, while this process runs.

Only of the accounts that this process collects. The outbox is settled once the bus has answered: a process that dies
in between tells the same messages again, under the same ids. A bus that cannot be reached is no message's fault:
nothing is counted against any, and nothing else waits for it.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Collection
from typing import Literal

from msgspec.structs import replace

from account_cli.collector.delivery import Delivery
from account_cli.domain.health import Notice
from account_cli.domain.times import SECOND
from account_cli.engine.looking import ReadingThread
from account_cli.engine.publishing import Publishing
from account_cli.engine.writing import Writer
from account_cli.errors import AcctError, BusAway
from account_cli.killing import fault
from account_cli.ports import Bus, Clock, OutboxRow
from account_cli.ports.outbox import MOST_TRIES, OutboxState

_LOG = logging.getLogger(__name__)
_LOOK_S = 0.1
_AWAY_S = 1.0
"""Between two tries while the bus cannot be reached."""
_AT_ONCE = 1000


class Relay:
    """Tells what the accounts that run at that moment have to tell; ``publishing`` keeps their state there, too."""

    def __init__(
        self, thread: ReadingThread, bus: Bus, accounts: Collection[str], clock: Clock, publishing: Publishing | None
    ) -> None:
        self._thread, self._bus, self._accounts, self._clock = thread, bus, accounts, clock
        self._publishing = publishing
        self._away = False

    async def run(self, writer: Writer) -> None:
        """Relay until cancelled; a bug ends this with a critical notice, never with an exception."""
        token = None
        try:
            while True:
                await self._clock.sleep(_AWAY_S if self._away else _LOOK_S)
                with contextlib.suppress(AcctError):  # whoever writes facts says what is wrong with the database
                    now = await self._thread.do(lambda follower: follower.reader.change_token())
                    changed, token = now != token, now
                    try:
                        await self.relay(writer)
                        if self._publishing is not None:
                            await self._publishing.keep(changed=changed)
                    except BusAway as away:
                        token = None
                        await self._say(writer, away.message)
                    else:
                        await self._say(writer, None)
        except Exception as error:
            _LOG.exception("nothing is relayed any more")
            text = f"others hear nothing any more, because of a bug ({type(error).__name__}); please report it"
            with contextlib.suppress(AcctError):
                await self._notice(writer, "critical", text)

    async def once(self, writer: Writer) -> None:
        """Tell all that is due, and bring the state up to date, now; raises ``BusAway``."""
        await self.relay(writer)
        if self._publishing is not None:
            await self._publishing.keep(changed=True)

    async def relay(self, writer: Writer) -> None:
        """Tell all that is due; raises ``BusAway``, and then what was not settled is told again."""
        while await self._some(writer):
            pass

    async def _some(self, writer: Writer) -> bool:
        now, accounts = self._clock.now_ns(), tuple(self._accounts)
        rows = await self._thread.do(lambda follower: follower.reader.due(accounts, now, limit=_AT_ONCE))
        if not rows:
            return False
        fault("before_sending")
        refused = await self._bus.send([row.message for row in rows])
        fault("after_sending")
        delivered = [row for row, why in zip(rows, refused, strict=True) if why is None]
        failed = [failing(row, why, now) for row, why in zip(rows, refused, strict=True) if why is not None]
        await writer.do(lambda tx: tx.settle_outbox(delivered, failed))
        fault("after_settling")
        return True

    async def _say(self, writer: Writer, away: str | None) -> None:
        """Write down once that the bus is away, and once that it is there again."""
        if (away is not None) == self._away:
            return
        self._away = away is not None
        if away is not None:
            await self._notice(writer, "warning", f"{away}; what others are to hear waits")
        else:
            await self._notice(writer, "info", "Redis answers again; what waited was told")

    async def _notice(self, writer: Writer, severity: Literal["info", "warning", "critical"], text: str) -> None:
        for account in sorted(self._accounts)[:1]:
            notice = Notice(account=account, at_ns=self._clock.now_ns(), severity=severity, code="redis", text=text)
            await writer.write(Delivery(account=account, notices=(notice,)))


def failing(row: OutboxRow, why: str, now_ns: int) -> OutboxRow:
    """Return what becomes of a message that was refused: tried again ever later, and dead after so many tries."""
    tries = row.tries + 1
    state: OutboxState = "dead" if tries >= MOST_TRIES else "failed"
    return replace(row, state=state, tries=tries, next_ns=now_ns + 2**tries * SECOND, error=why)
