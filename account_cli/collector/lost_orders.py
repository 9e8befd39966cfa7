"""An order that is listed as open no longer, and of which nobody told how it ended, is asked for by its id.

An exchange tells of the last few orders that ended. One that ended before those, while nobody listened, would stay
unknown for ever. Each is asked for once, and once more where something was told of it since.
"""

from __future__ import annotations

import msgspec

from account_cli.collector.delivery import Deliver, Delivery
from account_cli.domain.observations import TERMINAL
from account_cli.errors import NotSupported, Permanent, Temporary
from account_cli.ports import ExchangeReader, JournalReader

CURSOR = "orders.asked"
MOST = 50
"""So many are asked for at once; the others the next time."""
_LOOKED_AT = 1000


class LostOrders:
    """Asks ``reader`` for what ``memory`` has no end of, and delivers what it says."""

    def __init__(self, reader: ExchangeReader, deliver: Deliver, memory: JournalReader) -> None:
        self._reader, self._deliver, self._memory = reader, deliver, memory
        self._supported = True

    async def look(self) -> None:
        """Ask where an order is lost; to be called when all open orders were told. What fails is tried again."""
        account = self._reader.account
        if not self._supported:
            return
        listed = {order.id for order in self._memory.orders(account)}
        lost = {
            order.id: order.updated_ns or 0
            for order in self._memory.orders(account, only_open=False, limit=_LOOKED_AT)
            if order.status not in TERMINAL and order.id not in listed
        }
        told = self._memory.cursors(account).get(CURSOR, "{}")
        asked = {
            name: at for name, at in msgspec.json.decode(told, type=dict[str, int]).items() if lost.get(name) == at
        }
        due = [name for name in lost if name not in asked][:MOST]
        if not due:
            return
        try:
            heard = await self._reader.query_orders(due)
        except NotSupported:
            self._supported = False
            return
        except Temporary:
            return
        except Permanent:
            heard = ()
        asked |= {name: lost[name] for name in due}
        cursors = {CURSOR: msgspec.json.encode(asked).decode()}
        await self._deliver(Delivery(account=account, heard=heard, cursors=cursors))
