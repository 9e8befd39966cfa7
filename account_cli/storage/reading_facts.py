"""The journal read back: facts in their order, the tail by number, snapshots and kept results.

Facts come in the order of ``identity.order_key`` from an index kept in that order, so that a million of them can be
folded while only a few hundred are in memory.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from operator import itemgetter
from typing import Any, Final, TypeVar

from account_cli.domain.events import Event
from account_cli.domain.identity import OrderKey
from account_cli.ports import AccountRow, Entry, KeptRow, KeptTuple, Snapshot
from account_cli.storage.codec import decode_event, names
from account_cli.storage.database import Database, Row

T = TypeVar("T")

_FIRST: Final = -(2**63)
_LAST: Final = 2**63 - 1
BEYOND_ALL: Final[OrderKey] = (_LAST, _LAST, "\U0010ffff")

_AFTER = """
SELECT body FROM journal INDEXED BY journal_order
WHERE account = ? AND current = 1 AND (time_ns, seq, identity) > (?, ?, ?)
  AND (time_ns, seq, identity) <= (?, ?, ?)
ORDER BY time_ns, seq, identity
"""
_SINCE = "SELECT n, body, origin, heard_ns, revision FROM journal WHERE account = ? AND n > ? ORDER BY n LIMIT ?"
_FIND = """
SELECT identity, n, body, origin, heard_ns, revision FROM journal
WHERE account = ? AND identity IN (SELECT value FROM json_each(?))
ORDER BY identity, revision
"""
_FIND_AT = _FIND.replace("ORDER BY", "AND +n <= ? ORDER BY")  # the sign keeps the index on identities in use
_EVENTS = """
SELECT time_ns, seq, identity, body FROM journal INDEXED BY journal_order
WHERE account = :account AND current = 1 AND time_ns >= :since AND time_ns < :until
  AND (:kinds IS NULL OR kind IN (SELECT value FROM json_each(:kinds)))
ORDER BY time_ns ASC, seq ASC, identity ASC
"""
_EVENTS_OF = _EVENTS.replace("BY journal_order", "BY journal_symbol").replace(
    "current = 1", "current = 1 AND symbol = :symbol"
)
_OTHER_EVENTS = _EVENTS.replace("BY journal_order", "BY journal_order_other").replace(
    "current = 1", "current = 1 AND kind <> 'fill'"
)
_KEPT = """
SELECT time_ns, seq, identity, ordinal, symbol, currency, body FROM kept
WHERE account = :account AND method = :method AND time_ns >= :since AND time_ns < :until
ORDER BY time_ns ASC, seq ASC, identity ASC, ordinal ASC
"""
_KEPT_OF = _KEPT.replace("FROM kept", "FROM kept INDEXED BY kept_symbol").replace("WHERE", "WHERE symbol = :symbol AND")
_KEPT_WITHIN = """
SELECT time_ns, seq, identity, ordinal, symbol, currency, body FROM kept
WHERE account = ? AND method = ? AND (time_ns, seq, identity) >= (?, ?, ?) AND (time_ns, seq, identity) <= (?, ?, ?)
ORDER BY time_ns, seq, identity, ordinal
"""
_SNAPSHOT = """
SELECT n, time_ns, seq, identity, state FROM snapshots
WHERE account = ? AND method = ? AND rules = ? AND (time_ns, seq, identity) <= (?, ?, ?)
ORDER BY time_ns DESC, seq DESC, identity DESC LIMIT 1
"""
_ACTIVE = """
SELECT account FROM accounts WHERE EXISTS (
  SELECT 1 FROM journal INDEXED BY journal_order
  WHERE journal.account = accounts.account AND current = 1 AND time_ns >= ? AND time_ns < ?)
ORDER BY account
"""
_NAMING = "SELECT account FROM symbols WHERE symbol = ? ORDER BY account"
_ANY_RETRACTION = "SELECT EXISTS (SELECT 1 FROM retractions WHERE account = ?)"
_MARKS = "SELECT name, value FROM marks WHERE account = ? ORDER BY name"
_ACCOUNTS = """
SELECT account, venue, "user", derived_strategy, key_standing,
  (SELECT max(n) FROM journal WHERE journal.account = accounts.account)
FROM accounts WHERE ?1 IS NULL OR account = ?1 ORDER BY account
"""
_HEAD = "SELECT max(n) FROM journal WHERE account = ?"


class FactReads:
    """What a ``JournalReader`` answers about facts and about what follows from them."""

    _db: Database

    def accounts(self, only: str | None = None) -> list[AccountRow]:
        """Return every account ever collected or imported, by name, or just this one."""
        return [
            AccountRow(account=account, venue=venue, user=user, derived_strategy=derived, key=key, head=head or 0)
            for account, venue, user, derived, key, head in self._db.rows(_ACCOUNTS, (only,))
        ]

    def head(self, account: str) -> int:
        """Return the last number of the account's journal; 0 when it has none."""
        return self._db.number(_HEAD, (account,))

    def has_retractions(self, account: str) -> bool:
        """Return whether any fact of the account was ever withdrawn."""
        return bool(self._db.number(_ANY_RETRACTION, (account,)))

    def active(self, since_ns: int, until_ns: int) -> list[str]:
        """Return the accounts with facts within ``[since, until)``."""
        return [name for (name,) in self._db.rows(_ACTIVE, (since_ns, until_ns))]

    def symbols(self, account: str) -> frozenset[str]:
        """Return every symbol that any fact of this account ever named."""
        return frozenset(s for (s,) in self._db.rows("SELECT symbol FROM symbols WHERE account = ?", (account,)))

    def load_snapshot(
        self, account: str, rules: int, method: str = "average", *, at_most: OrderKey | None = None
    ) -> Snapshot | None:
        """Return the snapshot under ``rules`` that reaches furthest; untrue ones have been dropped by the writer."""
        row = self._db.row(_SNAPSHOT, (account, method, rules, *(at_most or BEYOND_ALL)))
        if row is None:
            return None
        n, time_ns, seq, identity, state = row
        return Snapshot(n=n, last_key=(time_ns, seq, identity), rules=rules, state=state)

    def events_after(self, account: str, key: OrderKey | None, until: OrderKey | None = None) -> Iterator[Event]:
        """Yield the current facts beyond ``key``, up to ``until`` and that included, in order."""
        beyond = key if key is not None else (_FIRST, _FIRST, "")
        for (body,) in self._db.stream(_AFTER, (account, *beyond, *(until or BEYOND_ALL))):
            yield decode_event(body)

    def entries_since(self, account: str, n: int, limit: int | None = None) -> list[Entry]:
        """Return the journal lines numbered beyond ``n``, the first ``limit`` of them."""
        return [_entry(row) for row in self._db.rows(_SINCE, (account, n, _LAST if limit is None else limit))]

    def find(self, account: str, identities: Sequence[str], at_most: int | None = None) -> dict[str, Entry]:
        """Return the latest telling of each of these facts that the journal has, or had at line ``at_most``."""
        if not identities:
            return {}
        wanted = (account, names(identities))
        rows = self._db.rows(_FIND, wanted) if at_most is None else self._db.rows(_FIND_AT, (*wanted, at_most))
        # Ordered by revision: of several tellings the latest is put last and stays.
        return {row[0]: _entry(row[1:]) for row in rows}

    def events(
        self,
        account: str | None = None,
        *,
        kinds: Sequence[str] = (),
        symbol: str | None = None,
        since_ns: int | None = None,
        until_ns: int | None = None,
        limit: int | None = None,
        newest_first: bool = False,
    ) -> Iterator[Event]:
        """Yield current facts of one or all accounts by (time, seq, identity) within ``[since, until)``."""
        everything = _EVENTS if not kinds or "fill" in kinds else _OTHER_EVENTS
        sql = everything if symbol is None else _EVENTS_OF
        asked = {
            "kinds": names(kinds) if kinds else None,
            "symbol": symbol,
            "since": _FIRST if since_ns is None else since_ns,
            "until": _LAST if until_ns is None else until_ns,
        }
        streams = [
            self._db.stream(_directed(sql, newest_first), {**asked, "account": name}, most=limit)
            for name in self._named(account, symbol)
        ]
        merged = _merged(streams, itemgetter(0, 1, 2), newest_first)
        for row in islice(merged, limit):
            yield decode_event(row[3])

    def kept(
        self,
        account: str | None,
        method: str,
        *,
        symbol: str | None = None,
        since_ns: int | None = None,
        until_ns: int | None = None,
        limit: int | None = None,
        newest_first: bool = False,
    ) -> Iterator[tuple[str, KeptRow]]:
        """Yield kept results with their account by (key, ordinal) within ``[since, until)``."""
        asked = {
            "method": method,
            "symbol": symbol,
            "since": _FIRST if since_ns is None else since_ns,
            "until": _LAST if until_ns is None else until_ns,
        }
        sql = _directed(_KEPT if symbol is None else _KEPT_OF, newest_first)
        streams = [
            _with_account(name, self._db.stream(sql, {**asked, "account": name}, most=limit))
            for name in self._named(account, symbol)
        ]
        merged = _merged(streams, lambda item: item[1][:4], newest_first)
        for name, (time_ns, seq, identity, ordinal, its_symbol, currency, body) in islice(merged, limit):
            key = (time_ns, seq, identity)
            yield name, KeptRow(key=key, ordinal=ordinal, symbol=its_symbol, currency=currency, body=body)

    def kept_within(self, account: str, method: str, since: OrderKey, until: OrderKey) -> list[KeptTuple]:
        """Return the kept results from ``since`` to ``until``, both included, by key and ordinal."""
        return self._db.rows(_KEPT_WITHIN, (account, method, *since, *until))

    def marks(self, account: str) -> dict[str, str]:
        """Return what the writer noted about its own kept results."""
        return dict(self._db.rows(_MARKS, (account,)))

    def _named(self, account: str | None, symbol: str | None) -> list[str]:
        """Return the accounts to look at: the one, or all, of a market those that ever named it."""
        if account is not None:
            return [account]
        if symbol is not None:
            return [name for (name,) in self._db.rows(_NAMING, (symbol,))]
        return [name for (name,) in self._db.rows("SELECT account FROM accounts ORDER BY account")]


def _merged(streams: list[Iterator[T]], key: Callable[[T], Any], newest_first: bool) -> Iterator[T]:
    """Return the streams as one, in order; a single one costs nothing."""
    return streams[0] if len(streams) == 1 else heapq.merge(*streams, key=key, reverse=newest_first)


def _directed(sql: str, newest_first: bool) -> str:
    return sql.replace(" ASC", " DESC") if newest_first else sql


def _with_account(account: str, rows: Iterator[Row]) -> Iterator[tuple[str, Row]]:
    for row in rows:
        yield account, row


def _entry(row: Row) -> Entry:
    n, body, origin, heard_ns, revision = row
    return Entry(n=n, event=decode_event(body), origin=origin, heard_ns=heard_ns, revision=revision)
