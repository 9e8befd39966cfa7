"""Start is recovery: what was received and not yet read when a process died is read before anything new is heard.

Later too, whatever still waits after a minute (a connection ended while frames stood in line, a page was given up) is
read, so that nothing waits for ever.
"""

from __future__ import annotations

from account_cli.collector.delivery import Deliver, Delivery, Receipt
from account_cli.ports import ExchangeReader, JournalReader, RawRow

_AT_ONCE = 500


async def recover(
    reader: ExchangeReader, deliver: Deliver, memory: JournalReader, *, until_ns: int | None = None
) -> tuple[int, list[Receipt]]:
    """Read what waits in the inbox and was received before ``until_ns``; return how many texts, and what became of it.

    Raises the ``StorageError`` that kept it off; what was not written still waits.
    """
    count, last, receipts = 0, 0, list[Receipt]()
    rereader = reader.rereader()
    while rows := memory.raws_after(reader.account, last, states=["waiting"], until_ns=until_ns, limit=_AT_ONCE):
        rereader.learn(rows)
        for part in (_of(rows, "stream"), _of(rows, "rest")):
            if part:
                heard = tuple(rereader.read(part))
                origin = heard[0].source
                receipts.append(await deliver(Delivery(account=reader.account, origin=origin, heard=heard)))
        count, last = count + len(rows), rows[-1].id
    return count, receipts


def _of(rows: list[RawRow], source: str) -> list[RawRow]:
    return [row for row in rows if row.source == source]
