"""What was observed and how the watching goes, read back: balances, orders, prices, streams, notices."""

from __future__ import annotations

from collections.abc import Collection

from account_cli.domain.events import PriceQuoted
from account_cli.domain.health import Coverage, Notice, StreamRow
from account_cli.domain.instruments import Instrument
from account_cli.domain.money import decimal
from account_cli.domain.observations import BalancesSeen, Order, PositionsSeen, PriceSeen
from account_cli.ports.storage import KnownNow
from account_cli.reconciliation import Run
from account_cli.storage import codec
from account_cli.storage.clocks import later
from account_cli.storage.database import Database, Row
from account_cli.storage.inbox import InboxReads

_OBSERVED = "SELECT at_ns, complete_ns FROM observed WHERE account = ? AND kind = ?"
_OBSERVED_ROWS = "SELECT body FROM observed_rows WHERE account = ? AND kind = ? ORDER BY key"
_OPEN_ORDERS = """
SELECT body FROM orders INDEXED BY orders_open WHERE account = ? AND open = 1 ORDER BY sort_ns DESC, id LIMIT ?
"""
_ALL_ORDERS = "SELECT body FROM orders INDEXED BY orders_all WHERE account = ? ORDER BY sort_ns DESC, id LIMIT ?"
_NOTICES = "SELECT body FROM notices WHERE ?1 IS NULL OR account = ?1 ORDER BY id DESC LIMIT ?2"
_QUOTES = """
SELECT time_ns, asset, price, currency, source FROM quotes
WHERE time_ns >= ?1 AND time_ns < ?2 ORDER BY time_ns, asset, currency, source
"""
_QUOTES_OF = _QUOTES.replace("WHERE", "WHERE asset = ?3 AND")
_BESIDE = """
SELECT time_ns, asset, price, currency, source FROM (
  SELECT * FROM quotes WHERE asset = ?1 AND currency = ?2 AND time_ns >= ?3 AND time_ns <= ?4
  ORDER BY time_ns DESC, source LIMIT 1
) AS before
UNION ALL
SELECT time_ns, asset, price, currency, source FROM (
  SELECT * FROM quotes WHERE asset = ?1 AND currency = ?2 AND time_ns >= ?5 AND time_ns <= ?6
  ORDER BY time_ns, source LIMIT 1
) AS behind
"""
_RUNS = "SELECT id, body FROM reconciliations WHERE ?1 IS NULL OR account = ?1 ORDER BY id DESC LIMIT ?2"
_FIRST, _LAST = -(2**63), 2**63 - 1
_ALL = _LAST
"""A limit that is none."""

_STREAMS = "SELECT body FROM streams ORDER BY account, kind"
_STREAMS_OF = "SELECT body FROM streams WHERE account = ? ORDER BY kind"
_NOW = "SELECT account, kind, at_ns, complete_ns FROM observed WHERE account IN (SELECT value FROM json_each(?))"
_NOW_ROWS = """
SELECT account, kind, body FROM observed_rows WHERE account IN (SELECT value FROM json_each(?))
ORDER BY account, kind, key
"""
_NOW_STREAMS = """
SELECT account, body FROM streams WHERE account IN (SELECT value FROM json_each(?)) ORDER BY account, kind
"""
_NOW_HEADS = """
SELECT account, (SELECT max(n) FROM journal WHERE journal.account = accounts.account) FROM accounts
WHERE account IN (SELECT value FROM json_each(?))
"""
_NOW_MARKS = "SELECT account, name, value FROM marks WHERE account IN (SELECT value FROM json_each(?))"


class StateReads(InboxReads):
    """What a ``JournalReader`` answers about observations, references and the watching itself."""

    _db: Database

    def balances(self, account: str) -> BalancesSeen | None:
        """Return the last stated balances; ``complete`` when a complete statement was among what they rest on."""
        header = self._observed(account, "balances")
        if header is None:
            return None
        bodies = self._db.rows(_OBSERVED_ROWS, (account, "balances"))
        rows = tuple(codec.decode_balance(body) for (body,) in bodies)
        return BalancesSeen(account=account, at_ns=header[0], complete=header[1] is not None, rows=rows)

    def positions(self, account: str) -> PositionsSeen | None:
        """Return the last stated positions, closed ones (quantity 0) included until a complete statement drops them."""
        header = self._observed(account, "positions")
        if header is None:
            return None
        bodies = self._db.rows(_OBSERVED_ROWS, (account, "positions"))
        rows = tuple(codec.decode_position(body) for (body,) in bodies)
        return PositionsSeen(account=account, at_ns=header[0], complete=header[1] is not None, rows=rows)

    def _observed(self, account: str, kind: str) -> tuple[int, int | None] | None:
        """Return of when the newest statement of ``kind`` is, and the newest complete one."""
        found = self._db.row(_OBSERVED, (account, kind))
        return None if found is None else (found[0], found[1])

    def known_now(self, accounts: Collection[str]) -> dict[str, KnownNow]:
        """Return what is wanted of each account to hold it to its rules: five questions, however many there are."""
        asked = (codec.names(sorted(accounts)),)
        marks: dict[str, dict[str, str]] = {}
        for account, name, value in self._db.rows(_NOW_MARKS, asked):
            marks.setdefault(account, {})[name] = value
        streams: dict[str, list[StreamRow]] = {}
        for account, body in self._db.rows(_NOW_STREAMS, asked):
            streams.setdefault(account, []).append(self._stream(body))
        rows: dict[tuple[str, str], list[bytes]] = {}
        for account, kind, body in self._db.rows(_NOW_ROWS, asked):
            rows.setdefault((account, kind), []).append(body)
        headers = {(one[0], one[1]): (one[2], one[3] is not None) for one in self._db.rows(_NOW, asked)}

        def balances(account: str) -> BalancesSeen | None:
            at_ns, complete = headers.get((account, "balances"), (None, False))
            found = tuple(codec.decode_balance(body) for body in rows.get((account, "balances"), ()))
            return None if at_ns is None else BalancesSeen(account=account, at_ns=at_ns, complete=complete, rows=found)

        def positions(account: str) -> PositionsSeen | None:
            at_ns, complete = headers.get((account, "positions"), (None, False))
            found = tuple(codec.decode_position(body) for body in rows.get((account, "positions"), ()))
            return None if at_ns is None else PositionsSeen(account=account, at_ns=at_ns, complete=complete, rows=found)

        return {
            account: KnownNow(
                head or 0, marks.get(account, {}), balances(account), positions(account), streams.get(account, [])
            )
            for account, head in self._db.rows(_NOW_HEADS, asked)
        }

    def orders(self, account: str, *, only_open: bool = True, limit: int | None = None) -> list[Order]:
        """Return orders, last changed first."""
        sql = _OPEN_ORDERS if only_open else _ALL_ORDERS
        bodies = self._db.rows(sql, (account, _ALL if limit is None else limit))
        return [codec.decode_order(body) for (body,) in bodies]

    def cursors(self, account: str) -> dict[str, str]:
        """Return the adapter's own marks of what is proved to be known."""
        return dict(self._db.rows("SELECT name, value FROM cursors WHERE account = ? ORDER BY name", (account,)))

    def coverage(self, account: str) -> list[Coverage]:
        """Return the intervals that are proved complete, by kind and scope, oldest first."""
        sql = "SELECT body FROM coverage WHERE account = ? ORDER BY kind, scope, since_ns"
        return [codec.decode_coverage(body) for (body,) in self._db.rows(sql, (account,))]

    def runs(self, account: str | None = None, *, limit: int | None = None) -> list[tuple[int, Run]]:
        """Return runs of reconciliation with their numbers, newest first."""
        rows = self._db.rows(_RUNS, (account, _ALL if limit is None else limit))
        return [(number, codec.decode_run(body)) for number, body in rows]

    def run(self, number: int) -> Run | None:
        """Return the run of reconciliation of this number."""
        found = self._db.row("SELECT body FROM reconciliations WHERE id = ?", (number,))
        return None if found is None else codec.decode_run(found[0])

    def streams(self, account: str | None = None) -> list[StreamRow]:
        """Return how each kind of each account, or of this one, is being followed."""
        bodies = self._db.rows(_STREAMS) if account is None else self._db.rows(_STREAMS_OF, (account,))
        return [self._stream(body) for (body,) in bodies]

    def _stream(self, body: str) -> StreamRow:
        return later(codec.decode_stream(body), -self._db.ahead_ns())

    def prices(self) -> list[PriceSeen]:
        """Return the last sampled price of each (venue, symbol)."""
        bodies = self._db.rows("SELECT body FROM prices ORDER BY venue, symbol")
        return [codec.decode_price(body) for (body,) in bodies]

    def notices(self, *, limit: int = 100, account: str | None = None) -> list[Notice]:
        """Return what was said last, newest first."""
        return [codec.decode_notice(body) for (body,) in self._db.rows(_NOTICES, (account, limit))]

    def instruments(self) -> dict[str, Instrument]:
        """Return every known market by its unified symbol."""
        found = (
            codec.decode_instrument(body) for (body,) in self._db.rows("SELECT body FROM instruments ORDER BY symbol")
        )
        return {instrument.symbol: instrument for instrument in found}

    def instrument(self, symbol: str) -> Instrument | None:
        """Return the market of this unified symbol, if it was declared."""
        found = self._db.row("SELECT body FROM instruments WHERE symbol = ?", (symbol,))
        return None if found is None else codec.decode_instrument(found[0])

    def quotes(
        self, asset: str | None = None, since_ns: int | None = None, until_ns: int | None = None
    ) -> list[PriceQuoted]:
        """Return stored prices within ``[since, until)``."""
        bounds = (_FIRST if since_ns is None else since_ns, _LAST if until_ns is None else until_ns)
        rows = self._db.rows(_QUOTES, bounds) if asset is None else self._db.rows(_QUOTES_OF, (*bounds, asset))
        return [_quote(row) for row in rows]

    def quotes_beside(self, asset: str, currency: str, before_ns: int, behind_ns: int, reach: int) -> list[PriceQuoted]:
        """Return the last stored price at ``before_ns`` or before, and the first at ``behind_ns`` or later."""
        bounds = (before_ns - reach, before_ns, behind_ns, behind_ns + reach)
        return [_quote(row) for row in self._db.rows(_BESIDE, (asset, currency, *bounds))]


def _quote(row: Row) -> PriceQuoted:
    time_ns, asset, price, currency, source = row
    return PriceQuoted(time_ns=time_ns, asset=asset, price=decimal(price), currency=currency, source=source)
