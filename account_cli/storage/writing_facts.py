"""Facts written down: numbered without gaps, never changed, with the latest telling of each marked as current."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from account_cli.domain.events import Retracted
from account_cli.domain.identity import OrderKey, identity, kind_of
from account_cli.errors import InternalError
from account_cli.ports import AccountRow, Entry, KeptRow, Snapshot
from account_cli.storage.codec import encode, names
from account_cli.storage.database import Database, Row
from account_cli.storage.reading_facts import BEYOND_ALL, FactReads

# OR FAIL: a doubled fact is a bug and ends the transaction anyway. The default, undoing the one statement, would make
# SQLite copy aside every page that a statement of fifty rows is about to touch.
_INSERT: Final = """
INSERT OR FAIL INTO journal
  (account, n, identity, revision, kind, time_ns, seq, symbol, current, origin, heard_ns, body)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_NAME, _REVISION, _SYMBOL, _CURRENT = 2, 3, 7, 8
"""Places in a row of ``_INSERT``."""

_ADD_ACCOUNT = "INSERT INTO accounts (account) VALUES (?) ON CONFLICT DO NOTHING"
_PUT_ACCOUNT = """
INSERT INTO accounts (account, venue, "user", derived_strategy, key_standing) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (account) DO UPDATE SET
  venue = coalesce(excluded.venue, accounts.venue), "user" = coalesce(excluded."user", accounts."user"),
  derived_strategy = coalesce(excluded.derived_strategy, accounts.derived_strategy),
  key_standing = coalesce(excluded.key_standing, accounts.key_standing)
"""
_ADD_SYMBOL = "INSERT INTO symbols (account, symbol) VALUES (?, ?) ON CONFLICT DO NOTHING"
_ADD_RETRACTION = "INSERT INTO retractions (account, target) VALUES (?, ?) ON CONFLICT DO NOTHING"
_RETRACTED = "SELECT target FROM retractions WHERE account = ? AND target IN (SELECT value FROM json_each(?))"
_OUTDATE = "UPDATE journal SET current = 0 WHERE account = ? AND identity = ? AND current = 1"
_LAST_REVISION = "SELECT coalesce(max(revision), -1) FROM journal WHERE account = ? AND identity = ?"
_PUT_SNAPSHOT = """
INSERT INTO snapshots (account, method, rules, time_ns, seq, identity, n, state)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (account, method, rules, time_ns, seq, identity) DO UPDATE SET n = excluded.n, state = excluded.state
"""
_SNAPSHOT_KEYS = """
SELECT time_ns, seq, identity FROM snapshots WHERE account = ? AND method = ? AND rules = ?
ORDER BY time_ns DESC, seq DESC, identity DESC
"""
_DROP_SNAPSHOT = """
DELETE FROM snapshots WHERE account = ? AND method = ? AND rules = ? AND time_ns = ? AND seq = ? AND identity = ?
"""
_PUT_KEPT = """
INSERT INTO kept (account, method, time_ns, seq, identity, ordinal, symbol, currency, body)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (account, method, time_ns, seq, identity, ordinal)
DO UPDATE SET symbol = excluded.symbol, currency = excluded.currency, body = excluded.body
"""
_DROP_KEPT = """
DELETE FROM kept WHERE account = ? AND method = ? AND (time_ns, seq, identity) >= (?, ?, ?)
  AND (time_ns, seq, identity) <= (?, ?, ?)
"""
_PUT_MARK = """
INSERT INTO marks (account, name, value) VALUES (?, ?, ?)
ON CONFLICT (account, name) DO UPDATE SET value = excluded.value
"""
_MOST_SNAPSHOTS = 32
_NEWEST_SNAPSHOTS = 8
"""When there are too many, every second one is forgotten, these newest and the oldest excepted: dense near now."""


class FactWrites(FactReads):
    """What a ``JournalTx`` writes about facts and about what follows from them."""

    _db: Database

    def append(self, account: str, entries: Sequence[Entry]) -> None:
        """Add entries numbered head+1, head+2, …; see ``ports.JournalTx``."""
        if not entries:
            return
        head = self.head(account)
        if head == 0:
            self._db.put(_ADD_ACCOUNT, (account,))
        rows = _rows(account, entries, head)
        for entry in entries:
            match entry.event:
                case Retracted(target=target):
                    self._db.put(_ADD_RETRACTION, (account, target))
                    self._db.put(_OUTDATE, (account, target))
        changes = any(entry.revision or isinstance(entry.event, Retracted) for entry in entries)
        if changes or self.has_retractions(account):
            self._insert_carefully(account, rows)
        else:
            self._db.many(_INSERT, rows)
        symbols = {row[_SYMBOL] for row in rows}
        self._db.many(_ADD_SYMBOL, [(account, symbol) for symbol in symbols if symbol is not None])

    def _insert_carefully(self, account: str, rows: Sequence[Row]) -> None:
        """Insert one by one: a revision takes the place of its forerunner, a retracted fact takes none."""
        retracted = {target for (target,) in self._db.rows(_RETRACTED, (account, names(row[_NAME] for row in rows)))}
        for row in rows:
            name, revision = row[_NAME], row[_REVISION]
            if revision:
                self._outdate(account, name, revision)
            self._db.put(_INSERT, row if name not in retracted else (*row[:_CURRENT], 0, *row[_CURRENT + 1 :]))

    def _outdate(self, account: str, name: str, revision: int) -> None:
        last = self._db.number(_LAST_REVISION, (account, name))
        if revision != last + 1:
            raise InternalError(f"journal of {account!r}: revision {revision} of {name} came after {last}")
        self._db.put(_OUTDATE, (account, name))

    def put_account(self, row: AccountRow) -> None:
        """Store what is known of an account; None keeps what was known. ``head`` is the journal's own."""
        self._db.put(_PUT_ACCOUNT, (row.account, row.venue, row.user, row.derived_strategy, row.key))

    def put_snapshot(self, account: str, snapshot: Snapshot, method: str = "average") -> None:
        """Store a fold; of many, the older ones are thinned out."""
        self._db.put(_PUT_SNAPSHOT, (account, method, snapshot.rules, *snapshot.last_key, snapshot.n, snapshot.state))
        found = self._db.rows(_SNAPSHOT_KEYS, (account, method, snapshot.rules))
        if len(found) > _MOST_SNAPSHOTS:
            surplus = found[_NEWEST_SNAPSHOTS:-1:2]
            self._db.many(_DROP_SNAPSHOT, [(account, method, snapshot.rules, *key) for key in surplus])

    def drop_snapshots(self, account: str, from_key: OrderKey) -> None:
        """Forget folds that reach to ``from_key`` or beyond, by whatever method and rules they were made."""
        sql = "DELETE FROM snapshots WHERE account = ? AND (time_ns, seq, identity) >= (?, ?, ?)"
        self._db.put(sql, (account, *from_key))

    def put_kept(self, account: str, method: str, rows: Sequence[KeptRow]) -> None:
        """Keep results; one with the same key and ordinal is replaced."""
        self._db.many(_PUT_KEPT, [(account, method, *r.key, r.ordinal, r.symbol, r.currency, r.body) for r in rows])

    def drop_kept(self, account: str, method: str, from_key: OrderKey, to_key: OrderKey | None = None) -> None:
        """Forget results from ``from_key`` on, up to ``to_key`` and that included."""
        self._db.put(_DROP_KEPT, (account, method, *from_key, *(to_key or BEYOND_ALL)))

    def put_marks(self, account: str, marks: Mapping[str, str]) -> None:
        """Note something about kept results; what is not named stays."""
        self._db.many(_PUT_MARK, [(account, name, value) for name, value in marks.items()])


def _rows(account: str, entries: Sequence[Entry], head: int) -> list[Row]:
    """Turn entries into rows, all current, making sure that they go on where the journal ends."""
    rows = []
    for due, entry in enumerate(entries, head + 1):
        event, n = entry.event, entry.n
        if n != due:
            raise InternalError(f"journal of {account!r}: entry {n} came where {due} was due")
        if event.account != account:
            raise InternalError(f"journal of {account!r}: was offered a fact of {event.account!r}")
        seq, symbol = event.seq, getattr(event, "symbol", None)
        seq = -1 if seq is None else seq
        told = (kind_of(event), event.time_ns, seq, symbol, 1, entry.origin, entry.heard_ns, encode(event))
        rows.append((account, n, identity(event), entry.revision, *told))
    return rows
