"""A key that can do more than read is not used, unless its owner insists.

What a key may do is asked at connect and every ten minutes from then on: rights are added at an exchange long after a
key was made. An exchange that cannot be asked just now is asked again within a minute; until then, and where it never
tells, the key is unverified, and that is said.

A key that is refused as a whole is told once, whichever loop heard it; that nothing is sent with it from then on is
the reader's business.
"""

from __future__ import annotations

import contextlib

from account_cli.collector.delivery import Deliver, Delivery
from account_cli.collector.health import Health
from account_cli.domain.health import Notice
from account_cli.domain.keys import WRITING, KeyRights, KeyStanding
from account_cli.errors import AcctError, KeyCanTrade, KeyRejected, Permanent, Temporary
from account_cli.ports import AccountRow, Clock, ExchangeReader

_ASK_SOON_S = 60.0


async def demand_read_only(reader: ExchangeReader, *, allow_writable: bool) -> KeyRights | None:
    """Ask what the key may do; None when the exchange cannot be asked just now.

    Raises ``KeyCanTrade`` for a key that writes unless that is allowed, ``KeyRejected`` for one that is refused.
    """
    try:
        rights = await reader.key()
    except Permanent as error:
        return KeyRights(standing="unverified", why=error.message)
    except Temporary:
        return None
    if rights.writes and not allow_writable:
        raise _refusal(reader, rights)
    return rights


def _refusal(reader: ExchangeReader, rights: KeyRights) -> KeyCanTrade:
    boxes = ", ".join(f'"{word}"' for word in rights.too_much)
    return KeyCanTrade(
        f"{reader.account}: the key can {_deed(rights)}, so it is not used",
        hint=f"untick {boxes} for this key at {reader.venue}, or make one that may only read; "
        "--allow-writable-key uses it all the same",
        standing=rights.standing,
    )


def _deed(rights: KeyRights) -> str:
    return "move money" if rights.standing == "can-withdraw" else "trade"


class KeyWatch:
    """Watches what the key of one account may do, and keeps it where everybody can see it."""

    def __init__(
        self,
        reader: ExchangeReader,
        deliver: Deliver,
        health: Health,
        clock: Clock,
        *,
        allow_writable: bool,
        every_s: float,
    ) -> None:
        self._reader, self._deliver, self._health, self._clock = reader, deliver, health, clock
        self._allow, self.every_s = allow_writable, every_s
        self._standing: KeyStanding | None = None
        self._ask_soon = False

    @property
    def is_refused(self) -> bool:
        """True while nothing is asked with the key: the exchange refuses it, or it can do more than it may."""
        return self._standing == "rejected" or (self._standing in WRITING and not self._allow)

    async def demand(self) -> None:
        """Ask once and keep the answer. Raises as ``demand_read_only`` does."""
        try:
            rights = await demand_read_only(self._reader, allow_writable=self._allow)
        except KeyCanTrade as error:
            await self._keep("can-withdraw" if error.standing == "can-withdraw" else "can-trade")
            raise
        self._ask_soon = rights is None
        if rights is not None:
            await self._keep(rights.standing, *self._news(rights))
        elif self._standing is None:
            await self._keep("unverified")

    async def watch(self) -> None:
        """Ask again and again; ends only by raising ``KeyCanTrade``."""
        while True:
            soon = self._ask_soon or self._standing == "rejected"
            await self._clock.sleep(min(_ASK_SOON_S, self.every_s) if soon else self.every_s)
            try:
                await self.demand()
            except KeyCanTrade:
                raise
            except AcctError as error:
                with contextlib.suppress(AcctError):  # a database that refuses is told by whoever writes facts
                    await self.rejected(error)

    async def rejected(self, error: AcctError) -> bool:
        """Tell, once, that the key was refused as a whole; False when that is not what ``error`` says."""
        if not isinstance(error, KeyRejected) or not error.whole:
            return False
        text = error.message + (f" ({error.hint})" if error.hint else "")
        await self._keep("rejected", self._health.notice("critical", error.code, text))
        return True

    async def _keep(self, standing: KeyStanding, *notices: Notice) -> None:
        before = self._standing
        if standing == before:
            return
        self._standing = standing  # at once: several loops hear the same refusal
        row = AccountRow(account=self._reader.account, key=standing)
        try:
            await self._deliver(Delivery(account=self._reader.account, account_row=row, notices=notices))
        except AcctError:
            self._standing = before
            raise

    def _news(self, rights: KeyRights) -> tuple[Notice, ...]:
        if not rights.writes:
            again = self._standing == "rejected"
            return (self._health.notice("info", "key-accepted", "the key is accepted again"),) if again else ()
        text = f"the key can {_deed(rights)} ({', '.join(rights.too_much)}) and is used all the same, as allowed"
        return (self._health.notice("warning", "key-can-trade", text),)
