"""One connection to a PostgreSQL server (15 or later), lazily made and made again when the server was away.

Values are put into statements by the driver, on this side. What only writes waits for the next statement that reads,
or for the commit, and goes with it: a transaction waits for the network as often as it asks something. Many rows go by
``COPY`` or, where they may be there already, as one text of JSON: values in a statement cost twice as much. A session
says ``acct`` and what it is for as its ``application_name``, and never waits for a lock or for the network for ever.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.pq import TransactionStatus

from account_cli.domain.times import MINUTE, SECOND
from account_cli.errors import ConfigError, Unavailable
from account_cli.ports.location import named
from account_cli.storage.database import Parameters, Row, number_in
from account_cli.storage.dialect import for_postgres, values_for_postgres
from account_cli.storage.failures_postgres import translated
from account_cli.storage.inserting import insertion

T = TypeVar("T")

CHANGED = "acct_changed"
"""The channel that every commit that writes is told on."""
_CONNECT_S = 5
_SESSION = """
SET lock_timeout = '5s'; SET tcp_keepalives_idle = 4; SET tcp_keepalives_interval = 2; SET tcp_keepalives_count = 3;
SET tcp_user_timeout = '10s'
"""
"""A lock is waited for as long as SQLite's writer is; the server lets go of a silent machine's locks in ten seconds."""
_DIAL_AGAIN_S = 1.0
"""A server that could not be reached is left alone for so long: whoever asks meanwhile hears so at once."""
_SETTINGS = {
    "connect_timeout": _CONNECT_S,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
    "application_name": "acct",
}
_CHUNK = 500
_TOGETHER = 1000
_POUR_FROM = 20
"""As many rows, and more, are poured in, or go as JSON; fewer are written into the statement."""
_MOST_UNSENT = 500
_MOST_USUAL = 2000
"""Questions of a view that are remembered: a rebuild asks a million, and never the same ones again."""
_HOLD = "SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || ' ' || ?, 0))"
_HOLD_BRIEFLY = _HOLD + ", set_config('idle_in_transaction_session_timeout', '8s', true)"
"""A process that is paused in the middle of a transaction is shut out before its leases may be taken over."""


def dialled(url: str) -> str:
    """Return what the driver connects with: what the URL leaves open is set so that a dead server is noticed.

    Raises ``ConfigError`` for a URL with a setting that the driver does not know.
    """
    try:
        given: dict[str, Any] = {**_SETTINGS, **conninfo_to_dict(url)}
    except psycopg.ProgrammingError:  # what it says may hold a part of the password
        raise ConfigError(
            f"the URL of the database {named(url)} has a setting that nobody knows",
            hint="postgresql.org/docs/current/libpq-connect.html lists what may stand behind its ?",
        ) from None
    return make_conninfo("", **given)


class PostgresDatabase:
    """A connection and the server that it is to; see ``database.Database``."""

    def __init__(self, url: str, *, read_only: bool = False) -> None:
        self.url = url
        self._name = named(url)
        self._read_only = read_only
        self._cursors = self._open = 0
        self._lent = False
        self._changes = 0
        self._listener: psycopg.Connection[Row] | None = None
        self._closed = self._begun = self._sent = False
        self._unsent: list[str] = []
        """Statements of this transaction that the server has not heard of yet."""
        self._views = False
        """True in a transaction that only reads, and so reads one and the same state however it asks."""
        self._asked: list[str] = []
        self._before: list[str] = []
        self._usual: dict[str, None] = {}
        """What was asked in the last two views, and will be in this one: one way there and back, not twenty."""
        self._answers: dict[str, list[Row]] = {}
        self._failed: Unavailable | None = None
        self._failed_at = 0.0
        self._ahead_ns = self._set_to = 0
        self._compared_ns = -MINUTE
        self._connection = self._connect()

    def _connect(self) -> psycopg.Connection[Row]:
        if self._failed is not None and time.monotonic() < self._failed_at + _DIAL_AGAIN_S:
            raise Unavailable(self._failed.message, hint=self._failed.hint)
        try:
            with translated(self._name):
                made = psycopg.connect(dialled(self.url), autocommit=True, cursor_factory=psycopg.ClientCursor)
                made.execute(_SESSION)
                if self._read_only:
                    made.execute("SET default_transaction_read_only = on")
        except Unavailable as error:
            self._failed, self._failed_at = error, time.monotonic()
            raise
        self._failed = None
        return made

    @property
    def raw(self) -> psycopg.Connection[Row]:
        """The driver's connection, for migrating."""
        return self._connection

    @property
    def in_transaction(self) -> bool:
        """True between BEGIN and its end; False once the connection was lost or given back."""
        lost = self._connection.closed and (self._sent or self._closed)
        return not lost and (self._begun or self._status in {TransactionStatus.INTRANS, TransactionStatus.INERROR})

    @property
    def _status(self) -> TransactionStatus:
        return self._connection.info.transaction_status

    def begin(self, *, writing: bool) -> None:
        """Begin a transaction: the server hears of it with its first statement."""
        self._begun = True
        self._views = not writing and not self._lent
        if self._views:
            before, self._before, self._asked = set(self._before), self._asked, []
            self._usual = dict.fromkeys(text for text in self._before if text in before)
        self._unsent.append("BEGIN" if writing else "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")

    def commit(self) -> None:
        """Store what was written, and wake whoever follows."""
        self.run(f"NOTIFY {CHANGED}; COMMIT")
        self._begun = self._sent = False

    def abandon(self) -> None:
        """End a transaction that was not committed, if there is one; a lost connection has ended it already."""
        self._unsent.clear()
        self._answers.clear()
        try:
            if self._status in {TransactionStatus.INTRANS, TransactionStatus.INERROR}:
                with contextlib.suppress(Unavailable):
                    self.run("ROLLBACK")
        finally:
            self._begun = self._sent = False
            if self._status != TransactionStatus.IDLE:
                self._connection.close()  # broken off in the middle of a statement: the server ends what it began

    def hold(self, account: str, *, briefly: bool = False) -> None:
        """Wait until nobody else writes about ``account``; see ``database.Database``."""
        self.put(_HOLD_BRIEFLY if briefly else _HOLD, (account,))

    def new_ids(self, table: str, count: int) -> list[int]:
        """Return so many ids that no row of ``table`` has, nor will have by anybody else's hand."""
        sql = "SELECT nextval(pg_get_serial_sequence(?, 'id')) FROM generate_series(1, ?)"
        return [number for (number,) in self.rows(sql, (table, count))]

    def now_ns(self) -> int:
        """Return the server's time: the clocks of other machines may differ."""
        sql = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000000)::bigint"
        return number_in(self._sending(sql, lambda cursor: cursor.fetchone()))

    def ahead_ns(self) -> int:
        """Return how far the server's clock is ahead; asked once a minute, and when this machine's clock was set."""
        here, since_boot = time.time_ns(), time.monotonic_ns()
        if since_boot - self._compared_ns > MINUTE or abs(here - since_boot - self._set_to) > SECOND:
            self._ahead_ns = self.now_ns() - time.time_ns()
            self._compared_ns, self._set_to = since_boot, here - since_boot
        return self._ahead_ns if abs(self._ahead_ns) >= SECOND else 0

    def change_token(self) -> int:
        """Return a number that changes when anybody commits: how many commits were heard of since the first call."""
        with translated(self._name):
            if self._listener is None or self._listener.closed:
                self._listener = psycopg.connect(dialled(self.url), autocommit=True)
                self._listener.execute(f"LISTEN {CHANGED}")
                self._changes += 1
            self._listener.execute("SELECT 1")  # what was committed before this is heard of by the time it is answered
            self._changes += sum(1 for _ in self._listener.notifies(timeout=0))
        return self._changes

    def another(self) -> PostgresDatabase:
        """Open a further connection to the same server, for reading only."""
        return PostgresDatabase(self.url, read_only=True)

    def close(self) -> None:
        """Give the connection back; may be called twice."""
        self._closed = True
        self._connection.close()
        if self._listener is not None:
            self._listener.close()

    def run(self, sql: str, parameters: Parameters = ()) -> int:
        """Execute one statement; return how many rows it changed."""
        return self._execute(sql, parameters, lambda cursor: cursor.rowcount)

    def put(self, sql: str, parameters: Parameters = ()) -> None:
        """Execute one statement together with the next one that reads, or with the end of the transaction."""
        self._put_text(self._text(sql, parameters))

    def many(self, sql: str, rows: Iterable[Parameters]) -> None:
        """Execute one statement for each of ``rows``: an insertion of many rows by ``COPY``, or by one statement."""
        found, ordered = insertion(sql), [tuple(row) for row in rows]
        if found is None:
            for row in ordered:
                self.put(sql, row)
            return
        if found.is_plain and len(ordered) >= _POUR_FROM:
            self.pour(found.table, found.columns, ordered)
            return
        for at in range(0, len(ordered), _TOGETHER):
            for chunk in found.apart(ordered[at : at + _TOGETHER]):
                if len(chunk) >= _POUR_FROM:
                    self.put(found.from_json(), (found.to_json(chunk),))
                else:
                    values = ", ".join(self._text(found.group, row) for row in chunk)
                    self._put_text(f"{for_postgres(found.head)} {values} {found.tail}")

    def pour(self, table: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
        """Insert rows by ``COPY``."""
        if self._unsent:
            self.run("SELECT 1")
        sql = f"COPY {table} ({', '.join(columns)}) FROM STDIN"
        with translated(self._name), self._connection.cursor() as cursor, cursor.copy(sql) as copy:
            for row in rows:
                copy.write_row(row)

    def lock_tables(self, tables: Sequence[str]) -> None:
        """Let nobody else write to these tables until the transaction ends."""
        self.run(f"LOCK TABLE {', '.join(tables)} IN EXCLUSIVE MODE")

    def resume_ids(self, table: str) -> None:
        """Let the sequence behind a table's ids go on behind the greatest one."""
        last = self.number(f"SELECT max(id) FROM {table}")  # noqa: S608 -- a name of ours
        if last:
            self.row("SELECT setval(pg_get_serial_sequence(?, 'id'), ?)", (table, last))

    def row(self, sql: str, parameters: Parameters = ()) -> Row | None:
        """Return the first row, or None."""
        if self._views:
            return next(iter(self.rows(sql, parameters)), None)
        return self._execute(sql, parameters, lambda cursor: cursor.fetchone())

    def number(self, sql: str, parameters: Parameters = ()) -> int:
        """Return the integer in the first column of the only row; 0 where it is NULL or there is no row."""
        return number_in(self.row(sql, parameters))

    def rows(self, sql: str, parameters: Parameters = ()) -> list[Row]:
        """Return all rows; for what is known to be small."""
        text = self._text(sql, parameters)
        if not (self._views and self._begun):
            return self._sending(text, _all)
        if len(self._asked) < _MOST_USUAL:
            self._asked.append(text)
        if text in self._usual and not self._answers:
            answers = self._sending("; ".join(self._usual), _each, whole=True)
            self._answers = dict(zip(self._usual, answers[-len(self._usual) :], strict=True))
        found = self._answers.get(text)
        return self._sending(text, _all) if found is None else [*found]

    def stream(self, sql: str, parameters: Parameters = (), *, most: int | None = None) -> Iterator[Row]:
        """Yield rows as they are asked for, by a cursor on the server; see ``database.Database``."""
        if most is not None and most <= _CHUNK:
            yield from self.rows(f"{sql} LIMIT {most:d}", parameters)
            return
        size = _CHUNK
        if not self.in_transaction:  # cursors live in a transaction: the last one to be closed ends it
            self._lent = True
            self.begin(writing=False)
        self._cursors += 1
        self._open += 1
        name, connection = f"acct_{self._cursors:d}", self._connection
        fetching = f"FETCH {size:d} FROM {name}"
        try:
            declaring = f"DECLARE {name} NO SCROLL CURSOR FOR {self._text(sql, parameters)}"
            chunk = self._sending(f"{declaring}; {fetching}", _all)
            connection = self._connection
            yield from chunk
            while len(chunk) == size:
                chunk = self._send(fetching, _all)
                yield from chunk
        finally:
            self._open -= 1
            self._close_cursor(name, connection)

    def _close_cursor(self, name: str, connection: psycopg.Connection[Row]) -> None:
        if self._lent and not self._open:
            self._lent = False
            self.abandon()
        elif connection is self._connection and connection.info.transaction_status == TransactionStatus.INTRANS:
            self.put(f"CLOSE {name}")

    def _execute(self, sql: str, parameters: Parameters, take: Callable[[psycopg.Cursor[Row]], T]) -> T:
        return self._sending(self._text(sql, parameters), take)

    def _text(self, sql: str, parameters: Parameters) -> str:
        """Return the statement with its values in it."""
        if not parameters:
            return for_postgres(sql).replace("%%", "%")
        self._alive()
        with translated(self._name):
            cursor = psycopg.ClientCursor(self._connection)
            return cursor.mogrify(for_postgres(sql), values_for_postgres(sql, parameters))

    def _put_text(self, text: str) -> None:
        if not self._begun:
            self._sending(text, _nothing)
            return
        self._unsent.append(text)
        if len(self._unsent) > _MOST_UNSENT:
            self._sending("SELECT 1", _nothing)

    def _sending(self, text: str, take: Callable[[psycopg.Cursor[Row]], T], *, whole: bool = False) -> T:
        """Send what has waited, and ``text``; a connection that was lost before anything was sent is made again.

        ``take`` is given the last answer, or with ``whole`` the first one.
        """
        repeatable = not self._sent and (self._begun or text.lstrip().startswith("SELECT")) and "COMMIT" not in text
        try:
            return self._send(text, take, whole=whole)
        except Unavailable:
            if not repeatable or not self._connection.closed:
                raise
        return self._send(text, take, whole=whole)

    def _send(self, text: str, take: Callable[[psycopg.Cursor[Row]], T], *, whole: bool = False) -> T:
        self._alive()
        with translated(self._name), self._connection.cursor() as cursor:
            cursor.execute("; ".join([*self._unsent, text]))
            self._sent = self._begun
            self._unsent.clear()
            while not whole and cursor.nextset():
                pass
            return take(cursor)

    def _alive(self) -> None:
        """Make the connection again when it was lost; raises when a transaction was lost with it."""
        if self._connection.closed and not self._closed:
            if self._sent:  # what follows would be stored without what came before
                raise Unavailable(
                    f"the database {self._name} was lost in the middle of a transaction; nothing of it is stored",
                    hint="What is heard meanwhile waits; check the server and the network.",
                )
            self._connection = self._connect()


def _nothing(_: psycopg.Cursor[Row]) -> None: ...


def _each(cursor: psycopg.Cursor[Row]) -> list[list[Row]]:
    """Return the rows of every answer that has any."""
    answers = [cursor.fetchall()] if cursor.description else []
    while cursor.nextset():
        if cursor.description:
            answers.append(cursor.fetchall())
    return answers


def _all(cursor: psycopg.Cursor[Row]) -> list[Row]:
    return cursor.fetchall()
