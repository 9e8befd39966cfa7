"""What waits in the outbox is told after its commit, and the present state beside it, while this process runs.

Only of the accounts that this process collects. The outbox is settled once the bus has answered: a process that dies
in between tells the same messages again, under the same ids. A bus that cannot be reached is no message's fault:
nothing is counted against any, and nothing else waits for it.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Collection, Sequence
from functools import partial
from typing import Literal, Protocol

from msgspec.structs import replace

from account_cli.collector.delivery import Delivery
from account_cli.domain.health import Notice
from account_cli.domain.times import SECOND
from account_cli.engine.announcing import facts_told, last_told
from account_cli.engine.follow import Follower
from account_cli.engine.looking import ReadingThread
from account_cli.engine.writing import Writer
from account_cli.errors import AcctError, BusAway, BusForgot
from account_cli.killing import fault
from account_cli.ports import Bus, Clock, Message, OutboxRow
from account_cli.ports.outbox import MOST_TRIES, OutboxState

_LOG = logging.getLogger(__name__)
_LOOK_S = 0.1
_AWAY_S = 1.0
"""Between two tries while the bus cannot be reached."""
_FORGOTTEN_S = 1.0
"""How often the bus is asked whether it still has what it was told."""
_AT_ONCE = 1000
FACTS_KEPT = 100_000
"""Of all accounts of this process together so many facts are told again, the newest: streams hold no more."""


class Kept(Protocol):
    """Something that follows from the journal and is kept on the bus."""

    async def keep(self, *, changed: bool) -> None:
        """Bring the bus up to date; raises ``BusAway``."""
        ...


class Relay:
    """Tells what the accounts that run at that moment have to tell, and keeps there what is to be ``kept``."""

    def __init__(self, thread: ReadingThread, bus: Bus, accounts: Collection[str], clock: Clock, *kept: Kept) -> None:
        self._thread, self._bus, self._accounts, self._clock = thread, bus, accounts, clock
        self._kept = kept
        self._away = False
        self._look_at = 0.0

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
                        await self._keep(changed=changed)
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
        await self._keep(changed=True)

    async def _keep(self, *, changed: bool) -> None:
        for one in self._kept:
            await one.keep(changed=changed)

    async def relay(self, writer: Writer) -> None:
        """Tell all that is due; raises ``BusAway``, and then what was not settled is told again."""
        while True:
            try:
                if self._clock.monotonic() >= self._look_at:
                    await self._remind()
                    self._look_at = self._clock.monotonic() + _FORGOTTEN_S
                while await self._some(writer):
                    pass
            except BusForgot:
                self._look_at = 0.0
            else:
                return

    async def _remind(self) -> None:
        """Tell again what was told of accounts that the bus has forgotten."""
        accounts = tuple(self._accounts)
        for account in await self._bus.forgotten(accounts):
            await self._bus.begin_again(account)
            await self._tell_again(account, FACTS_KEPT // len(accounts))
            await self._bus.is_whole(account)

    async def _tell_again(self, account: str, most: int) -> None:
        until = await self._thread.do(lambda follower: last_told(follower.reader, account))
        for after in range(max(0, until - most), until, _AT_ONCE):
            await self._again(await self._thread.do(partial(_facts, account, after, min(until, after + _AT_ONCE))))
        others = await self._thread.do(lambda follower: follower.reader.told(account))
        for at in range(0, len(others), _AT_ONCE):
            await self._again(others[at : at + _AT_ONCE])

    async def _again(self, messages: Sequence[Message]) -> None:
        refused = next((why for why in await self._bus.send(messages, again=True) if why is not None), None)
        if refused is not None:
            raise BusAway(f"Redis refuses: {refused}")

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


def _facts(account: str, after: int, until: int, follower: Follower) -> list[Message]:
    return facts_told(follower.reader, account, after, until)


def failing(row: OutboxRow, why: str, now_ns: int) -> OutboxRow:
    """Return what becomes of a message that was refused: tried again ever later, and dead after so many tries."""
    tries = row.tries + 1
    state: OutboxState = "dead" if tries >= MOST_TRIES else "failed"
    return replace(row, state=state, tries=tries, next_ns=now_ns + 2**tries * SECOND, error=why)
