"""What waits to be told to others: to programs through Redis, and to people on the channels of alerts."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing

import msgspec

from account_cli.config import Config
from account_cli.ports import OutboxRow, TellingRow
from account_cli.ports.outbox import OutboxState
from account_cli.reports.outbox import OutboxMessageRow
from account_cli.storage import has_database, open_journal, open_reader

_MOST = 1_000_000


def outbox(config: Config, states: Sequence[OutboxState], limit: int) -> list[OutboxMessageRow]:
    """Return what waits to be told, or was: what goes to channels, then what goes to Redis, each newest first."""
    if not has_database(config.database):
        return []
    with closing(open_reader(config.database)) as reader:
        told = [_of_channel(row) for row in reader.tellings(states=states, limit=limit)]
        return told + [_of_redis(row) for row in reader.outbox(states, limit=limit)]


def retry_outbox(config: Config, ids: Sequence[str]) -> int:
    """Let messages that failed or are dead, all of them for no id, be told again; return how many."""
    if not has_database(config.database):
        return 0
    with closing(open_journal(config.database)) as journal, journal.transaction() as tx:
        rows = [one for one in tx.tellings(states=("failed", "dead"), limit=_MOST) if not ids or one.alert.id in ids]
        for row in rows:
            tx.settle_telling(msgspec.structs.replace(row, state="pending", tries=0, next_ns=0, error=None))
        return len(rows) + tx.retry_outbox(ids)


def _of_channel(row: TellingRow) -> OutboxMessageRow:
    return OutboxMessageRow(
        id=row.alert.id,
        account=row.alert.account,
        topic="alert",
        n=None,
        state=row.outbox_state,
        tries=row.tries,
        next_at=row.next_ns if row.outbox_state == "failed" else None,
        error=row.error,
        channel=row.channel,
    )


def _of_redis(row: OutboxRow) -> OutboxMessageRow:
    return OutboxMessageRow(
        id=row.message.id,
        account=row.message.account,
        topic=row.message.topic,
        n=row.message.n or None,
        state=row.state,
        tries=row.tries,
        next_at=row.next_ns if row.state == "failed" else None,
        error=row.error or None,
    )
