"""A database, as the core sees it: a journal that is read, and written in transactions."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Literal, NamedTuple, Protocol

import msgspec

from account_cli.domain.events import Event, PriceQuoted
from account_cli.domain.health import Coverage, Notice, StreamRow
from account_cli.domain.identity import OrderKey
from account_cli.domain.instruments import Instrument
from account_cli.domain.keys import KeyStanding
from account_cli.domain.observations import BalancesSeen, Observation, Order, PositionsSeen, PriceSeen
from account_cli.ports.alerts import AlertReader, AlertTx
from account_cli.ports.history import HistoryReader, HistoryTx
from account_cli.ports.inbox import InboxReader, InboxTx
from account_cli.ports.leases import LeaseReader, LeaseTx
from account_cli.ports.outbox import OutboxReader, OutboxTx
from account_cli.ports.proofs import ProofReader, ProofTx
from account_cli.ports.requests import RequestReader, RequestTx
from account_cli.reconciliation import Run

Origin = Literal["stream", "rest", "import", "derived", "repair"]
"""How a fact became known; ``derived``: made by acct itself, ``repair``: asked for again to explain a difference."""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A fact as the journal holds it: the ``n``-th line of its account, without gaps."""

    n: int
    event: Event
    origin: Origin
    heard_ns: int
    revision: int = 0


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """The fold of ALL current facts whose order key is at most ``last_key``, taken when the head was ``n``."""

    n: int
    last_key: OrderKey
    rules: int
    state: bytes


class KeptRow(msgspec.Struct, frozen=True, kw_only=True):
    """A result of the ledger that is kept beside the fact it follows from (a closing), to be read back unfolded.

    ``key`` is the order key of that fact, ``ordinal`` tells several results of one fact apart.
    """

    key: OrderKey
    ordinal: int
    symbol: str
    currency: str
    body: bytes


KeptTuple = tuple[int, int, str, int, str, str, bytes]
"""A ``KeptRow`` as the database gives it: time, seq and identity of its key, ordinal, symbol, currency, body."""


class AccountRow(msgspec.Struct, frozen=True, kw_only=True):
    """An account that this database has ever collected or imported."""

    account: str
    venue: str | None = None
    user: str | None = None
    derived_strategy: str | None = None
    key: KeyStanding | None = None
    """How its key stood when last asked for."""
    head: int = 0


class KnownNow(NamedTuple):
    """An account's head and marks, what its exchange stated last, and how it is followed."""

    head: int
    marks: dict[str, str]
    balances: BalancesSeen | None
    positions: PositionsSeen | None
    streams: list[StreamRow]


class JournalReader(
    HistoryReader, InboxReader, RequestReader, ProofReader, LeaseReader, AlertReader, OutboxReader, Protocol
):
    """Reads one database; every call sees one consistent state. All calls are synchronous."""

    def close(self) -> None: ...
    def snapshot_view(self) -> AbstractContextManager[None]:
        """All reads inside see the same committed state."""
        ...

    def change_token(self) -> int:
        """A number that changes when any other connection commits. Costs next to nothing."""
        ...

    def accounts(self, only: str | None = None) -> list[AccountRow]: ...
    def head(self, account: str) -> int: ...  # the last n of the account; 0 when it has none
    def load_snapshot(
        self, account: str, rules: int, method: str = "average", *, at_most: OrderKey | None = None
    ) -> Snapshot | None:
        """The valid snapshot by ``method`` under the rules version ``rules`` that reaches furthest.

        With ``at_most`` none that reaches beyond that key.
        """
        ...

    def events_after(self, account: str, key: OrderKey | None, until: OrderKey | None = None) -> Iterator[Event]:
        """Current facts (latest revision, not retracted) in order, those of ``(key, until]`` only; streamed."""
        ...

    def entries_since(self, account: str, n: int, limit: int | None = None) -> list[Entry]:
        """The journal's tail: entries with a number greater than ``n``, by number, the first ``limit`` of them."""
        ...

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
        """Current facts of one or all accounts by (time, seq, identity); ``[since, until)``."""
        ...

    def active(self, since_ns: int, until_ns: int) -> list[str]:
        """The accounts with facts within ``[since, until)``."""
        ...

    def symbols(self, account: str) -> frozenset[str]:
        """Every symbol that a fact of this account names."""
        ...

    def find(self, account: str, identities: Sequence[str], at_most: int | None = None) -> dict[str, Entry]:
        """The latest telling of each of these facts that the journal has, retracted ones included.

        With ``at_most`` the latest that it had when its head was that line.
        """
        ...

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
        """Kept results with their account, by key; ``[since, until)``."""
        ...

    def kept_within(self, account: str, method: str, since: OrderKey, until: OrderKey) -> list[KeptTuple]:
        """All kept results with a key in ``[since, until]``, by key and ordinal, as plain tuples: half the cost."""
        ...

    def marks(self, account: str) -> dict[str, str]:
        """What the writer noted about its own kept results of the account, by name."""
        ...

    def known_now(self, accounts: Collection[str]) -> dict[str, KnownNow]:
        """What is wanted of accounts to hold them to their rules, read together; one that is not known is left out."""
        ...

    def balances(self, account: str) -> BalancesSeen | None: ...
    def positions(self, account: str) -> PositionsSeen | None: ...
    def orders(self, account: str, *, only_open: bool = True, limit: int | None = None) -> list[Order]: ...
    def cursors(self, account: str) -> dict[str, str]: ...
    def coverage(self, account: str) -> list[Coverage]: ...
    def runs(self, account: str | None = None, *, limit: int | None = None) -> list[tuple[int, Run]]:
        """Runs of reconciliation with their numbers, newest first."""
        ...

    def run(self, number: int) -> Run | None: ...
    def streams(self, account: str | None = None) -> list[StreamRow]: ...
    def prices(self) -> list[PriceSeen]: ...  # the last sample of each (venue, symbol)
    def notices(self, *, limit: int = 100, account: str | None = None) -> list[Notice]: ...  # newest first
    def instruments(self) -> dict[str, Instrument]: ...
    def instrument(self, symbol: str) -> Instrument | None: ...
    def quotes(
        self, asset: str | None = None, since_ns: int | None = None, until_ns: int | None = None
    ) -> list[PriceQuoted]:
        """Stored prices (imported, from candles, sampled for fees), by (time, asset, currency, source)."""
        ...

    def quotes_beside(self, asset: str, currency: str, before_ns: int, behind_ns: int, reach: int) -> list[PriceQuoted]:
        """The last stored price at ``before_ns`` or before, and the first at ``behind_ns`` or later.

        Each at most ``reach`` nanoseconds away; of several at one time that of the first source.
        """
        ...


class JournalTx(JournalReader, HistoryTx, InboxTx, RequestTx, ProofTx, LeaseTx, AlertTx, OutboxTx, Protocol):
    """One write transaction: everything in it is stored, or nothing."""

    def hold(self, account: str) -> None:
        """Wait until nobody else writes about ``account``, and keep it so until the transaction ends.

        To be called before anything is read that what will be written rests on; of several accounts in their order.
        Raises ``Unavailable`` when another one holds it too long.
        """
        ...

    def append(self, account: str, entries: Sequence[Entry]) -> None:
        """Add entries numbered head+1, head+2, …; any other number is a bug and raises ``InternalError``.

        A revision replaces its forerunner as the current telling; a ``Retracted`` takes its target out of the current
        facts, also when the target comes later.
        """
        ...

    def put_observation(self, seen: Observation, now_ns: int | None = None) -> None:
        """Store a state: a complete batch replaces, an incomplete one updates row by row.

        A batch older (``at_ns``) than what is stored changes nothing, but for what is stored as later than ``now_ns``:
        a clock that has been set back dated that, and it counts as told just now. Without ``now_ns`` a clock that was
        more than ten minutes ahead is noticed. Orders are merged one by one with
        ``observations.update_order``; an order that was open and is absent from a newer complete ``OrdersSeen`` is no
        longer listed as open; its status stays what it was until a later telling.
        """
        ...

    def put_cursors(self, account: str, cursors: Mapping[str, str]) -> None: ...
    def put_coverage(self, account: str, coverage: Sequence[Coverage]) -> None: ...
    def put_snapshot(self, account: str, snapshot: Snapshot, method: str = "average") -> None: ...
    def drop_snapshots(self, account: str, from_key: OrderKey) -> None:
        """Forget snapshots, of every method, whose ``last_key`` is at or beyond ``from_key``: they became untrue."""
        ...

    def put_kept(self, account: str, method: str, rows: Sequence[KeptRow]) -> None: ...
    def drop_kept(self, account: str, method: str, from_key: OrderKey, to_key: OrderKey | None = None) -> None:
        """Forget kept results whose ``key`` is at or beyond ``from_key``, and with ``to_key`` at or before that."""
        ...

    def put_marks(self, account: str, marks: Mapping[str, str]) -> None: ...
    def put_account(self, row: AccountRow) -> None: ...
    def put_run(self, run: Run) -> int: ...  # its number
    def put_streams(self, rows: Sequence[StreamRow]) -> None: ...
    def put_prices(self, prices: Sequence[PriceSeen], now_ns: int | None = None) -> None: ...
    def put_notices(self, notices: Sequence[Notice]) -> None: ...
    def put_instruments(self, instruments: Sequence[Instrument]) -> None: ...
    def put_quotes(self, quotes: Sequence[PriceQuoted]) -> None: ...


class Journal(Protocol):
    """A database that can be written. Owned by one thread at a time."""

    def transaction(self) -> AbstractContextManager[JournalTx]:
        """Begin; commit at the end of the block, roll back on any exception.

        Raises ``StorageError`` (``DiskFull``, ``Unavailable``); after it nothing of the block is stored.
        """
        ...

    def reader(self) -> JournalReader:
        """Open a further read-only connection to the same database, for use in one thread."""
        ...

    def close(self) -> None: ...
