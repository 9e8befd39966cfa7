"""The raw inbox on SQLite: texts as they were received, each with a mark once what it said is stored.

``size`` is the text's length in bytes. It stands in an index beside the time of receipt, so that the size of everything
is summed, and the oldest are found, without reading a text.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from account_cli.ports import InboxCount, RawRow, RawState
from account_cli.storage.codec import names, storable
from account_cli.storage.database import Database, Row

_RAW = "SELECT id, account, received_ns, source, channel, raw, unreadable, done_ns FROM raws WHERE id = ?"
_RAWS = _RAW.replace("WHERE id = ?", "WHERE account = ? ORDER BY id DESC LIMIT ?")
_UNREADABLE = _RAWS.replace("WHERE", "INDEXED BY raws_unreadable WHERE unreadable IS NOT NULL AND")
_STATE = "CASE WHEN unreadable IS NOT NULL THEN 'unreadable' WHEN done_ns IS NULL THEN 'waiting' ELSE 'done' END"
_AFTER = _RAW.replace(
    "WHERE id = ?",
    "WHERE account = ?1 AND id > ?2 AND (?3 IS NULL OR received_ns >= ?3) AND (?4 IS NULL OR received_ns < ?4) "
    f"AND (?5 = '' OR ?5 LIKE '%' || {_STATE} || '%') ORDER BY id LIMIT ?6",
)
_WAITING_AFTER = _AFTER.replace("WHERE", "INDEXED BY raws_waiting WHERE done_ns IS NULL AND")
_COUNTS = """
SELECT account, source, channel, STATE, count(*), sum(size), min(received_ns), max(received_ns)
FROM raws GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
""".replace("STATE", _STATE)
_COUNT_UNREADABLE = """
SELECT count(*) FROM raws INDEXED BY raws_unreadable WHERE unreadable IS NOT NULL AND account = ?
"""
_PUT = """
INSERT INTO raws (id, account, received_ns, source, channel, raw, unreadable, done_ns, size)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_TOLD = "id IN (SELECT CAST(value AS BIGINT) FROM (SELECT value FROM json_each(?)) AS told)"
_SETTLE = "UPDATE raws SET channel = ?, unreadable = ?, done_ns = ? WHERE account = ? AND TOLD".replace("TOLD", _TOLD)
_FORGET = "DELETE FROM raws WHERE TOLD".replace("TOLD", _TOLD)
_DONE = "(unreadable IS NULL AND done_ns IS NOT NULL)"
_PRUNE_DONE = """
DELETE FROM raws WHERE id IN
(SELECT id FROM raws INDEXED BY raws_received WHERE received_ns < ? AND DONE ORDER BY received_ns LIMIT ?)
""".replace("DONE", _DONE)
_PRUNE_OTHERS = _PRUNE_DONE.replace(_DONE, "(unreadable IS NOT NULL OR done_ns IS NULL)")


class InboxReads:
    """What a ``JournalReader`` answers about the inbox; see ``ports.InboxReader``."""

    _db: Database

    def raws(self, account: str, *, unreadable_only: bool = False, limit: int = 100) -> list[RawRow]:
        """Return the newest rows of an account, newest first."""
        return _rows(self._db.rows(_UNREADABLE if unreadable_only else _RAWS, (account, limit)))

    def raws_after(
        self,
        account: str,
        after_id: int = 0,
        *,
        states: Sequence[RawState] = (),
        since_ns: int | None = None,
        until_ns: int | None = None,
        limit: int = 500,
    ) -> list[RawRow]:
        """Return the rows after ``after_id`` in the order of arrival."""
        sql = _WAITING_AFTER if tuple(states) == ("waiting",) else _AFTER
        return _rows(self._db.rows(sql, (account, after_id, since_ns, until_ns, " ".join(states), limit)))

    def raw(self, row_id: int) -> RawRow | None:
        """Return one row."""
        found = _rows(self._db.rows(_RAW, (row_id,)))
        return found[0] if found else None

    def inbox_counts(self) -> list[InboxCount]:
        """Return all of the inbox, counted."""
        names = ("account", "source", "channel", "state", "rows", "bytes", "oldest_ns", "newest_ns")
        return [InboxCount(**dict(zip(names, row, strict=True))) for row in self._db.rows(_COUNTS)]

    def unreadable_count(self, account: str) -> int:
        """Return how many texts of an account could not be read whole."""
        return self._db.number(_COUNT_UNREADABLE, (account,))

    def inbox_bytes(self) -> int:
        """Return how much text there is."""
        return self._db.number("SELECT sum(size) FROM raws INDEXED BY raws_received")


class InboxWrites(InboxReads):
    """What a ``JournalTx`` writes about the inbox; see ``ports.InboxTx``."""

    def put_raws(self, rows: Sequence[RawRow]) -> list[int]:
        """Add rows; return their ids."""
        if not rows:
            return []
        ids = self._db.new_ids("raws", len(rows))
        self._db.many(_PUT, ((row_id, *_values(row)) for row_id, row in zip(ids, rows, strict=True)))
        return list(ids)

    def settle_raws(self, rows: Sequence[RawRow]) -> None:
        """Mark stored rows with what became of them."""
        same: dict[tuple[str | None, str | None, int | None, str], list[int]] = {}
        for row in rows:
            unreadable = row.unreadable and storable(row.unreadable)
            same.setdefault((row.channel, unreadable, row.done_ns, row.account), []).append(row.id)
        for what, ids in same.items():
            self._db.put(_SETTLE, (*what, names(ids)))

    def forget_raws(self, ids: Sequence[int]) -> None:
        """Remove rows that say nothing."""
        if ids:
            self._db.put(_FORGET, (names(ids),))

    def prune_raws(self, before_ns: int, *, unreadable: bool = False, limit: int = 1000) -> int:
        """Forget the oldest rows received before then; return how many."""
        return self._db.run(_PRUNE_OTHERS if unreadable else _PRUNE_DONE, (before_ns, limit))


def _values(row: RawRow) -> tuple[Any, ...]:
    text = storable(row.raw)
    unreadable = row.unreadable and storable(row.unreadable)
    return row.account, row.received_ns, row.source, row.channel, text, unreadable, row.done_ns, len(text.encode())


def _rows(found: Iterable[Row]) -> list[RawRow]:
    return [
        RawRow(
            id=row_id,
            account=account,
            received_ns=at,
            source=source,
            channel=channel,
            raw=raw,
            unreadable=unreadable,
            done_ns=done,
        )
        for row_id, account, at, source, channel, raw, unreadable, done in found
    ]
