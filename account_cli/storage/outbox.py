"""What is to leave the process, in SQL: rows that are put with their cause and settled once they were told."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from account_cli.ports.outbox import Message, OutboxRow, OutboxState
from account_cli.storage.codec import names as array
from account_cli.storage.codec import storable
from account_cli.storage.database import Database, Row

_COLUMNS = "id, message, account, topic, n, body, state, tries, next_ns, error"
_NEWEST = "SELECT COLUMNS FROM outbox ORDER BY id DESC LIMIT ?".replace("COLUMNS", _COLUMNS)
_NEWEST_OF = _NEWEST.replace("ORDER", "WHERE state IN (SELECT value FROM json_each(?)) ORDER")
_COUNTS = "SELECT state, count(*) FROM outbox WHERE state <> 'delivered' GROUP BY state"
_DUE = """
SELECT COLUMNS FROM outbox INDEXED BY outbox_waiting
WHERE state IN ('pending', 'failed') AND account IN (SELECT value FROM json_each(?)) AND NOT EXISTS (
  SELECT 1 FROM outbox AS earlier INDEXED BY outbox_failed WHERE earlier.state = 'failed' AND earlier.next_ns > ?
    AND earlier.account = outbox.account AND earlier.topic = outbox.topic)
ORDER BY id LIMIT ?
""".replace("COLUMNS", _COLUMNS)
_PUT = """
INSERT INTO outbox (message, account, topic, n, body, state, tries, next_ns) VALUES (?, ?, ?, ?, ?, 'pending', 0, 0)
"""
_DELIVERED = "UPDATE outbox SET state = 'delivered', tries = tries + 1, error = NULL WHERE id = ?"
_FAILED = "UPDATE outbox SET state = ?, tries = ?, next_ns = ?, error = ? WHERE id = ?"
_FORGET = "DELETE FROM outbox WHERE state = 'delivered' AND id <= ? AND account = ?"
_RETRY = "UPDATE outbox SET state = 'pending', tries = 0, next_ns = 0, error = NULL WHERE state IN ('failed', 'dead')"
_RETRY_SOME = _RETRY.replace("WHERE", "WHERE message IN (SELECT value FROM json_each(?)) AND")
_KEPT = 1000
"""Delivered messages are kept for so many more, for whoever wants to see what was told last."""


class OutboxReads:
    """What a ``JournalReader`` answers about what is to leave; see ``ports.OutboxReader``."""

    _db: Database

    def outbox(self, states: Sequence[OutboxState] = (), *, limit: int = 100) -> list[OutboxRow]:
        """Return the newest rows."""
        if not states:
            return [_row(row) for row in self._db.rows(_NEWEST, (limit,))]
        return [_row(row) for row in self._db.rows(_NEWEST_OF, (array(states), limit))]

    def outbox_counts(self) -> dict[OutboxState, int]:
        """Return how many messages are in which state, but for those that were delivered."""
        return dict(self._db.rows(_COUNTS))

    def due(self, accounts: Collection[str], now_ns: int, *, limit: int = 1000) -> list[OutboxRow]:
        """Return what is to be told now, in order."""
        return [_row(row) for row in self._db.rows(_DUE, (array(sorted(accounts)), now_ns, limit))]


class OutboxWrites(OutboxReads):
    """What a ``JournalTx`` writes about what is to leave; see ``ports.OutboxTx``."""

    announces = False

    def put_outbox(self, messages: Sequence[Message]) -> None:
        """Leave messages, in the transaction of what they tell of."""
        if self.announces and messages:
            self._db.many(_PUT, [(one.id, one.account, one.topic, one.n, one.body) for one in messages])

    def settle_outbox(self, delivered: Sequence[OutboxRow], failed: Sequence[OutboxRow]) -> None:
        """Store what became of messages."""
        self._db.many(_DELIVERED, [(row.row,) for row in delivered])
        self._db.many(
            _FAILED, [(row.state, row.tries, row.next_ns, storable(row.error or ""), row.row) for row in failed]
        )
        if delivered:
            until = delivered[-1].row - _KEPT
            self._db.many(_FORGET, [(until, account) for account in sorted({row.message.account for row in delivered})])

    def retry_outbox(self, ids: Sequence[str]) -> int:
        """Let messages be told again at once."""
        if not ids:
            return self._db.run(_RETRY)
        return self._db.run(_RETRY_SOME, (array(ids),))


def _row(row: Row) -> OutboxRow:
    number, message, account, topic, n, body, state, tries, next_ns, error = row
    told = Message(id=message, account=account, topic=topic, n=n, body=bytes(body))
    return OutboxRow(row=number, message=told, state=state, tries=tries, next_ns=next_ns, error=error)
