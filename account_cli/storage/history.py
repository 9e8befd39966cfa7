"""History, stored: the same statements on plain tables and on hypertables."""

from __future__ import annotations

from collections.abc import Sequence

from account_cli.ports.history import PointRow
from account_cli.storage.database import Database

_POINTS = """
SELECT at_ns, symbol, currency, body FROM history
WHERE account = :account AND span = :span AND at_ns >= :since AND at_ns < :until ORDER BY at_ns, symbol, currency
"""
_POINTS_OF = _POINTS.replace("FROM history", "FROM history INDEXED BY history_symbol").replace(
    "WHERE", "WHERE symbol = :symbol AND"
)
_PUT_POINT = """
INSERT INTO history (account, span, at_ns, symbol, currency, body) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (account, span, at_ns, symbol, currency) DO UPDATE SET body = excluded.body
"""
_PUT_POSITIONS = """
INSERT INTO position_snapshots (account, at_ns, body) VALUES (?, ?, ?)
ON CONFLICT (account, at_ns) DO UPDATE SET body = excluded.body
"""
_FIRST, _LAST = -(2**63), 2**63 - 1


class HistoryReads:
    """What a ``JournalReader`` answers about history; see ``ports.HistoryReader``."""

    _db: Database

    def points(
        self, account: str, span: str, *, symbol: str | None = None, since_ns: int | None = None,
        until_ns: int | None = None,
    ) -> list[PointRow]:  # fmt: skip
        """Return points by time, symbol and currency."""
        asked = {
            "account": account,
            "span": span,
            "symbol": symbol,
            "since": _FIRST if since_ns is None else since_ns,
            "until": _LAST if until_ns is None else until_ns,
        }
        if symbol is None:
            del asked["symbol"]
        rows = self._db.rows(_POINTS if symbol is None else _POINTS_OF, asked)
        return [PointRow(at, its, currency, bytes(body)) for at, its, currency, body in rows]

    def position_snapshots(
        self, account: str, *, since_ns: int | None = None, until_ns: int | None = None
    ) -> list[bytes]:
        """Return snapshots by time."""
        sql = "SELECT body FROM position_snapshots WHERE account = ? AND at_ns >= ? AND at_ns < ? ORDER BY at_ns"
        between = (_FIRST if since_ns is None else since_ns, _LAST if until_ns is None else until_ns)
        return [bytes(body) for (body,) in self._db.rows(sql, (account, *between))]

    def feature(self, name: str) -> str | None:
        """Return what was noted last."""
        row = self._db.row("SELECT value FROM features WHERE name = ?", (name,))
        return None if row is None else str(row[0])


class HistoryWrites(HistoryReads):
    """What a ``JournalTx`` writes about history; see ``ports.HistoryTx``."""

    def put_points(self, account: str, span: str, rows: Sequence[PointRow]) -> None:
        """Store the last samples of buckets."""
        self._db.many(_PUT_POINT, [(account, span, *row) for row in rows])

    def drop_points(self, account: str, span: str, before_ns: int) -> None:
        """Forget old buckets."""
        self._db.put("DELETE FROM history WHERE account = ? AND span = ? AND at_ns < ?", (account, span, before_ns))

    def put_position_snapshot(self, account: str, at_ns: int, body: bytes) -> None:
        """Store what was open at an instant."""
        self._db.put(_PUT_POSITIONS, (account, at_ns, body))

    def drop_position_snapshots(self, account: str, before_ns: int) -> None:
        """Forget old snapshots."""
        self._db.put("DELETE FROM position_snapshots WHERE account = ? AND at_ns < ?", (account, before_ns))
