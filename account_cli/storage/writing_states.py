"""What an exchange states, and how the watching goes, written down: each row knows how old it is.

A complete statement is a floor: nothing older than it, and nothing that it leaves out, survives it. Above the floor
each row stands at its own time, and only a telling at least as new replaces it. A clock that was ahead and has been set
right must not shut out everything that is told from then on: what is dated later than now counts as told just now.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import blake2b

from msgspec.structs import replace

from account_cli.domain.events import PriceQuoted
from account_cli.domain.health import Coverage, Notice, StreamRow, claimed
from account_cli.domain.instruments import Instrument
from account_cli.domain.observations import BalancesSeen, Observation, OrdersSeen, PositionsSeen, PriceSeen
from account_cli.domain.times import MINUTE
from account_cli.ports.outbox import Message
from account_cli.reconciliation import Run
from account_cli.storage.clocks import later
from account_cli.storage.codec import digits, encode, storable
from account_cli.storage.database import Database
from account_cli.storage.inbox import InboxWrites
from account_cli.storage.outbox import OutboxWrites
from account_cli.storage.reading_states import StateReads
from account_cli.storage.writing_orders import put_orders

_PUT_OBSERVED = """
INSERT INTO observed (account, kind, at_ns, complete_ns) VALUES (?, ?, ?, ?)
ON CONFLICT (account, kind) DO UPDATE SET at_ns = excluded.at_ns, complete_ns = excluded.complete_ns
"""
_CLEAR_OBSERVED = "DELETE FROM observed_rows WHERE account = ? AND kind = ? AND at_ns <= ?"
_PUT_OBSERVED_ROW = """
INSERT INTO observed_rows (account, kind, key, at_ns, body) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (account, kind, key) DO UPDATE SET at_ns = excluded.at_ns, body = excluded.body
WHERE excluded.at_ns >= observed_rows.at_ns
"""
_SET_BACK_NS = 10 * MINUTE
"""Where nobody says what time it is: no telling is later than this, one that seems so was dated by another clock."""
_DATE_ROWS_ANEW = "UPDATE observed_rows SET at_ns = min(at_ns, ?1) WHERE account = ?2 AND kind = ?3"
_DATE_ORDERS_ANEW = "UPDATE orders SET at_ns = min(at_ns, ?1) WHERE account = ?2"
_PUT_CURSOR = """
INSERT INTO cursors (account, name, value) VALUES (?, ?, ?)
ON CONFLICT (account, name) DO UPDATE SET value = excluded.value
"""
_PUT_COVERAGE = "INSERT INTO coverage (account, kind, scope, since_ns, body) VALUES (?, ?, ?, ?, ?)"
_PUT_STREAM = """
INSERT INTO streams (account, kind, body) VALUES (?, ?, ?)
ON CONFLICT (account, kind) DO UPDATE SET body = excluded.body
"""
_PUT_PRICE = """
INSERT INTO prices (venue, symbol, at_ns, body) VALUES (?, ?, ?, ?)
ON CONFLICT (venue, symbol) DO UPDATE SET at_ns = excluded.at_ns, body = excluded.body
WHERE excluded.at_ns >= prices.at_ns OR prices.at_ns > ?
"""
_PUT_QUOTE = """
INSERT INTO quotes (time_ns, asset, price, currency, source) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (asset, currency, time_ns, source) DO UPDATE SET price = excluded.price
"""
_PUT_INSTRUMENT = """
INSERT INTO instruments (symbol, body) VALUES (?, ?) ON CONFLICT (symbol) DO UPDATE SET body = excluded.body
"""
_PUT_RUN = "INSERT INTO reconciliations (account, at_ns, body) VALUES (?, ?, ?) RETURNING id"
_PUT_LOOK = """
INSERT INTO looks (account, at_ns, run) VALUES (?, ?, ?)
ON CONFLICT (account) DO UPDATE SET at_ns = excluded.at_ns, run = excluded.run
"""
_KEPT_NOTICES = 10_000


class StateWrites(InboxWrites, OutboxWrites, StateReads):
    """What a ``JournalTx`` writes about observations, references and the watching itself."""

    _db: Database

    def put_observation(self, seen: Observation, now_ns: int | None = None) -> None:
        """Store a state; see ``ports.JournalTx``."""
        now_ns = seen.at_ns + _SET_BACK_NS if now_ns is None else max(now_ns, seen.at_ns)
        match seen:
            case BalancesSeen():
                rows = {f"{row.wallet}|{row.asset}": encode(row) for row in seen.rows}
                self._put_rows(seen, "balances", rows, now_ns)
            case PositionsSeen():
                rows = {f"{row.wallet}|{row.symbol}|{row.side}": encode(row) for row in seen.rows}
                self._put_rows(seen, "positions", rows, now_ns)
            case OrdersSeen():
                floor = self._floor(seen, "orders", now_ns)
                put_orders(self._db, seen, floor)
                if floor is None or seen.at_ns >= floor:
                    self._raise_floor(seen, "orders")

    def _put_rows(self, seen: BalancesSeen | PositionsSeen, kind: str, rows: Mapping[str, str], now_ns: int) -> None:
        floor = self._floor(seen, kind, now_ns)
        if floor is not None and seen.at_ns < floor:
            return
        if seen.complete:
            self._db.put(_CLEAR_OBSERVED, (seen.account, kind, seen.at_ns))
        self._db.many(_PUT_OBSERVED_ROW, [(seen.account, kind, key, seen.at_ns, body) for key, body in rows.items()])
        self._raise_floor(seen, kind)

    def _floor(self, seen: Observation, kind: str, now_ns: int) -> int | None:
        """Return the time of the last complete statement of ``kind``.

        Where what is stored was dated by a clock that was ahead, it stands at the time of this telling from now on.
        """
        known = self._observed(seen.account, kind)
        if known is None or known[0] <= now_ns:
            return None if known is None else known[1]
        floor = None if known[1] is None else min(known[1], seen.at_ns)
        self._put_observed(seen.account, kind, seen.at_ns, floor)
        self._db.put(_DATE_ROWS_ANEW, (seen.at_ns, seen.account, kind))
        if kind == "orders":
            self._db.put(_DATE_ORDERS_ANEW, (seen.at_ns, seen.account))
        return floor

    def _raise_floor(self, seen: Observation, kind: str) -> None:
        at_ns, floor = self._observed(seen.account, kind) or (seen.at_ns, None)
        self._put_observed(seen.account, kind, max(at_ns, seen.at_ns), seen.at_ns if seen.complete else floor)

    def _put_observed(self, account: str, kind: str, at_ns: int, complete_ns: int | None) -> None:
        self._db.put(_PUT_OBSERVED, (account, kind, at_ns, complete_ns))

    def put_cursors(self, account: str, cursors: Mapping[str, str]) -> None:
        """Store the adapter's own marks; those not named stay."""
        self._db.many(_PUT_CURSOR, [(account, name, value) for name, value in cursors.items()])

    def put_coverage(self, account: str, coverage: Sequence[Coverage]) -> None:
        """Store what is proved of these kinds, all of it: what was claimed of them before is forgotten."""
        known = claimed(self.coverage(account), coverage)
        self._db.put("DELETE FROM coverage WHERE account = ?", (account,))
        self._db.many(_PUT_COVERAGE, [(account, p.kind, p.scope, p.since_ns, encode(p)) for p in known])

    def put_run(self, run: Run) -> int:
        """Keep a run of reconciliation; return its number."""
        number = self._db.number(_PUT_RUN, (run.account, run.at_ns, encode(run)))
        self._db.put(_PUT_LOOK, (run.account, run.at_ns, number))
        return number

    def put_streams(self, rows: Sequence[StreamRow]) -> None:
        """Store how these kinds are being followed."""
        ahead_ns = self._db.ahead_ns()
        self._db.many(_PUT_STREAM, [(row.account, row.kind, encode(later(row, ahead_ns))) for row in rows])

    def put_prices(self, prices: Sequence[PriceSeen], now_ns: int | None = None) -> None:
        """Store sampled prices; an older sample does not replace a newer one, unless that is from the future."""
        ordered = sorted(prices, key=lambda one: (one.venue, one.symbol))  # so that no two processes wait in a circle
        rows = [(p, p.at_ns + _SET_BACK_NS if now_ns is None else max(now_ns, p.at_ns)) for p in ordered]
        self._db.many(_PUT_PRICE, [(p.venue, p.symbol, p.at_ns, encode(p), now) for p, now in rows])

    def put_notices(self, notices: Sequence[Notice]) -> None:
        """Store what was said; the oldest are forgotten beyond ten thousand."""
        self._db.many(
            "INSERT INTO notices (account, at_ns, body) VALUES (?, ?, ?)",
            [(said.account, said.at_ns, encode(replace(said, text=storable(said.text)))) for said in notices],
        )
        self._db.put("DELETE FROM notices WHERE id <= (SELECT max(id) FROM notices) - ?", (_KEPT_NOTICES,))
        if self.announces:
            self.put_outbox([_message(said) for said in notices if said.severity != "info" and said.code != "alert"])

    def put_instruments(self, instruments: Sequence[Instrument]) -> None:
        """Store markets by their symbol."""
        ordered = sorted(instruments, key=lambda one: one.symbol)
        self._db.many(_PUT_INSTRUMENT, [(instrument.symbol, encode(instrument)) for instrument in ordered])

    def put_quotes(self, quotes: Sequence[PriceQuoted]) -> None:
        """Store prices to value things by; the same (asset, currency, time, source) is replaced."""
        ordered = sorted(quotes, key=lambda one: (one.asset, one.currency, one.time_ns, one.source))
        self._db.many(_PUT_QUOTE, [(q.time_ns, q.asset, digits(q.price), q.currency, q.source) for q in ordered])


def _message(said: Notice) -> Message:
    """Return what is told of a notice; the same notice has the same id."""
    body = encode(replace(said, text=storable(said.text))).encode()
    name = blake2b(body, digest_size=8).hexdigest()
    return Message(id=f"{said.account}/notice/{name}", account=said.account, topic="notice", n=0, body=body)
