"""What is to leave the process, in SQL: rows that are put with their cause and settled once they were told."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence

from account_cli.ports.outbox import Message, OutboxRow, OutboxState, Topic
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
INSERT INTO outbox (message, account, topic, n, body, next_ns, state, tries) VALUES (?, ?, ?, ?, ?, ?, 'pending', 0)
"""
_DELIVERED = "UPDATE outbox SET state = 'delivered', tries = tries + 1, error = NULL WHERE id = ?"
_FAILED = "UPDATE outbox SET state = ?, tries = ?, next_ns = ?, error = ? WHERE id = ?"
_FIRST_WAITING = """
SELECT n FROM outbox INDEXED BY outbox_waiting
WHERE state IN ('pending', 'failed') AND account = ? AND topic = 'fact' ORDER BY id LIMIT 1
"""
_TOLD = """
SELECT message, account, topic, n, body FROM outbox INDEXED BY outbox_told
WHERE state = 'delivered' AND topic IN ('notice', 'alert') AND account = ? ORDER BY id
"""
_FORGET = """
DELETE FROM outbox WHERE state = 'delivered' AND topic = ?1 AND id <= (
  SELECT id FROM outbox WHERE state = 'delivered' AND topic = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)
"""
_KEPT: dict[Topic, int] = {"fact": 1000, "notice": 10_000, "alert": 10_000}
"""So many that were told are kept: of facts, which are in the journal, for who wants to see what was told last."""
_GIVE_UP = """
UPDATE outbox SET state = 'dead', error = ?3 WHERE id IN (
  SELECT id FROM (SELECT id, next_ns FROM outbox INDEXED BY outbox_waiting
    WHERE state IN ('pending', 'failed') ORDER BY id LIMIT ?2) AS oldest WHERE next_ns < ?1)
"""
_FORGET_DEAD = """
DELETE FROM outbox WHERE id IN (
  SELECT id FROM (SELECT id, next_ns FROM outbox INDEXED BY outbox_dead WHERE state = 'dead' ORDER BY id LIMIT ?2)
    AS oldest WHERE next_ns < ?1)
"""
_RETRY = """
UPDATE outbox SET state = 'pending', tries = 0, next_ns = ?, error = NULL WHERE state IN ('failed', 'dead')
"""
_RETRY_SOME = _RETRY.replace("WHERE", "WHERE message IN (SELECT value FROM json_each(?)) AND")


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

    def first_waiting(self, account: str) -> int | None:
        """Return the line of the account's first fact that waits to be told."""
        row = self._db.row(_FIRST_WAITING, (account,))
        return None if row is None else int(row[0])

    def told(self, account: str) -> list[Message]:
        """Return the notices and alerts of the account that were told and are kept, in their order."""
        return [_message(*row) for row in self._db.rows(_TOLD, (account,))]


class OutboxWrites(OutboxReads):
    """What a ``JournalTx`` writes about what is to leave; see ``ports.OutboxTx``."""

    announces = False

    def put_outbox(self, messages: Sequence[Message]) -> None:
        """Leave messages, in the transaction of what they tell of."""
        if self.announces and messages:
            now = time.time_ns()
            self._db.many(_PUT, [(one.id, one.account, one.topic, one.n, one.body, now) for one in messages])

    def settle_outbox(self, delivered: Sequence[OutboxRow], failed: Sequence[OutboxRow]) -> None:
        """Store what became of messages."""
        self._db.many(_DELIVERED, [(row.row,) for row in delivered])
        self._db.many(
            _FAILED, [(row.state, row.tries, row.next_ns, storable(row.error or ""), row.row) for row in failed]
        )
        for topic in sorted({row.message.topic for row in delivered}):
            self._db.put(_FORGET, (topic, _KEPT[topic]))

    def retry_outbox(self, ids: Sequence[str]) -> int:
        """Let messages be told again at once."""
        now = time.time_ns()
        return self._db.run(_RETRY_SOME, (now, array(ids))) if ids else self._db.run(_RETRY, (now,))

    def give_up_outbox(self, before_ns: int, why: str, *, limit: int) -> int:
        """Let the oldest that wait be dead, where they were due before then; return how many."""
        return self._db.run(_GIVE_UP, (before_ns, limit, why))

    def forget_dead(self, before_ns: int, *, limit: int) -> int:
        """Remove the oldest dead messages, where they were due before then; return how many."""
        return self._db.run(_FORGET_DEAD, (before_ns, limit))


def _row(row: Row) -> OutboxRow:
    number, message, account, topic, n, body, state, tries, next_ns, error = row
    told = _message(message, account, topic, n, body)
    return OutboxRow(row=number, message=told, state=state, tries=tries, next_ns=next_ns, error=error)


def _message(name: str, account: str, topic: Topic, n: int, body: bytes) -> Message:
    return Message(id=name, account=account, topic=topic, n=n, body=bytes(body))
