"""What is not a fact is kept as long as a person says, and goes a small batch at a time, so that nobody waits for it.

The inbox is bounded by age and by size: what is done goes first, oldest first. What could not be read, or still waits,
is kept for ninety days, because it may yet be read, and leaves for its size only once nothing else is there. What the
exchange stated from time to time goes by its age, but for the last of each figure; so do proofs of runs in which all
agreed, and checkpoints but the last. Runs, and proofs of those in which something differed, stay. A message to others
that waited for long is given up, and removed if nobody asks for it. Facts are never removed (docs/retention.md says
why).
"""

from __future__ import annotations

import contextlib
from functools import partial
from itertools import count

import msgspec

from account_cli.domain.times import DAY, SECOND
from account_cli.engine.writing import Writer
from account_cli.errors import AcctError
from account_cli.killing import fault
from account_cli.ports import Clock, JournalTx

UNREADABLE_KEPT_NS = 90 * DAY
BATCH = 500
_EVERY_S = 600.0
_PAUSE_S = 0.05


class Retention(msgspec.Struct, frozen=True, kw_only=True):
    """How long texts are kept that were read, and how many bytes of all of them; how long the rest."""

    keep_ns: int = 7 * DAY
    most_bytes: int = 512_000_000
    observations_ns: int = 30 * DAY
    proofs_ns: int = 365 * DAY
    """Proofs of runs in which all agreed, and checkpoints."""
    snapshots_ns: int = 90 * DAY
    """Snapshots of positions, and the fine buckets of the history."""
    positions_every_ns: int = 300 * SECOND
    """How often positions are recorded."""
    outbox_ns: int = 7 * DAY
    """How long a message waits to be told before it is dead, and as long again until it is removed."""


async def keep_small(writer: Writer, clock: Clock, retention: Retention) -> None:
    """Prune until cancelled, first at once and then every ten minutes."""
    while True:
        await prune_some(writer, clock, retention)
        await clock.sleep(_EVERY_S)


async def prune_some(writer: Writer, clock: Clock, retention: Retention, batches: int | None = None) -> None:
    """Prune batch by batch until nothing is left that may go, or for so many batches."""
    with contextlib.suppress(AcctError):  # whoever writes facts next says what is wrong with the database
        for _ in count() if batches is None else range(batches):
            if not await writer.do(partial(prune, retention=retention, now_ns=clock.now_ns())):
                return
            await clock.sleep(_PAUSE_S)


def prune(tx: JournalTx, *, retention: Retention, now_ns: int) -> int:
    """Forget one batch of what need not be kept any longer; return how many rows, 0 when there is no more."""
    gone = tx.prune_raws(now_ns - retention.keep_ns, limit=BATCH)
    gone = gone or tx.prune_raws(now_ns - UNREADABLE_KEPT_NS, unreadable=True, limit=BATCH)
    if not gone and tx.inbox_bytes() > retention.most_bytes:
        gone = tx.prune_raws(now_ns, limit=BATCH) or tx.prune_raws(now_ns, unreadable=True, limit=BATCH)
    gone += tx.prune_readings(now_ns - retention.observations_ns, limit=BATCH)
    gone = gone or tx.prune_running(now_ns - retention.observations_ns, limit=BATCH)
    gone = gone or tx.prune_proofs(now_ns - retention.proofs_ns, limit=BATCH)
    days = retention.outbox_ns // DAY
    gone += tx.give_up_outbox(now_ns - retention.outbox_ns, f"waited for {days} days to be told", limit=BATCH)
    gone += tx.forget_dead(now_ns - 2 * retention.outbox_ns, limit=BATCH)
    fault("during_retention")
    return gone
