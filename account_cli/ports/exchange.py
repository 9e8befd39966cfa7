"""An exchange, as the core sees it: something that is asked and listened to, and can do nothing else."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from contextvars import ContextVar
from typing import Literal, Protocol

import msgspec

from account_cli.domain.events import Event
from account_cli.domain.health import Coverage, DataKind
from account_cli.domain.instruments import Instrument
from account_cli.domain.keys import KeyRights
from account_cli.domain.observations import Observation, PriceSeen, RunningBalance
from account_cli.errors import AcctError
from account_cli.ports.inbox import Inbox, Rereader

patient: ContextVar[bool] = ContextVar("patient", default=False)
"""True in a task that can wait: what it asks leaves a part of every request limit to whoever cannot."""


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """One raw answer or frame of an exchange and all that it says.

    ``raw`` is the received text with secrets redacted; it is kept whether or not it could be read. ``unreadable`` has
    one line for each element that could not be read: the rest of the frame counts all the same. ``running`` are the
    entries of the exchange's own ledger that it holds, where that says what was held after each. ``inbox`` is the id
    under which the text is stored already (``raw`` may be empty then); None when it is to be stored with what it says.
    ``traded`` is True where trades alone moved the balances in it: the stream tells those, and nothing has to be asked.
    """

    account: str
    received_ns: int
    source: Literal["stream", "rest"]
    channel: str
    raw: str
    events: tuple[Event, ...] = ()
    observations: tuple[Observation, ...] = ()
    unreadable: tuple[str, ...] = ()
    running: tuple[RunningBalance, ...] = ()
    inbox: int | None = None
    traded: bool = False


class Subscribed(msgspec.Struct, frozen=True, kw_only=True):
    """The exchange confirmed that these kinds stream from now on; others may be confirmed apart."""

    kinds: frozenset[DataKind]


class Beat(msgspec.Struct, frozen=True, kw_only=True):
    """The stream is alive although it said nothing about the account (heartbeat, pong, acknowledgement)."""

    received_ns: int


class Declined(msgspec.Struct, frozen=True, kw_only=True):
    """The exchange refused to stream these kinds; the others stream all the same."""

    kinds: frozenset[DataKind]
    error: AcctError


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """A message about these kinds was lost on the way; the stream goes on."""

    kinds: frozenset[DataKind]
    detail: str


class Closing(msgspec.Struct, frozen=True, kw_only=True):
    """The exchange says that it is about to close this connection; another one may be opened already."""

    reason: str


StreamItem = Heard | Subscribed | Beat | Declined | Gap | Closing


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """A step of a walk through an exchange's history.

    ``cursors`` are to be stored in the transaction that stores what was heard, and not before: they say what is proved
    to be known. They are the adapter's own, opaque to everybody else.
    """

    heard: tuple[Heard, ...]
    cursors: Mapping[str, str] = {}
    coverage: tuple[Coverage, ...] = ()


class Abilities(msgspec.Struct, frozen=True, kw_only=True):
    """What an exchange, through its adapter, can do for each kind of data."""

    streams: frozenset[DataKind]
    polls: frozenset[DataKind]
    has_positions: bool
    generic: bool = False
    """Through a library's own streams: no second one can be opened to replace the first without a break."""
    numbered: bool = False
    """The frames of a stream are numbered: one that is lost on the way is missed at once."""
    silent_after_s: float = 60.0
    """A stream that says nothing for so long, not even a heartbeat, is dead."""
    stream_life_s: float = 82_800.0
    """A connection is replaced before it is so old: most venues close one after a day."""


class Remark(msgspec.Struct, frozen=True, kw_only=True):
    """Something worth a word on the status line, for as long as it lasts; a warning is told as a notice too, once."""

    code: str
    text: str
    warning: bool = False


class ReaderSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What an adapter needs to know to read one account; secrets are already registered for redaction."""

    account: str
    venue: str
    api_key: str | None = None
    secret: str | None = None
    passphrase: str | None = None
    wallet_address: str | None = None
    urls: Mapping[str, object] = {}
    """Merged deeply over the adapter's own ``urls`` (ccxt's key names, for example ``{"api": {"public": ...}}``)."""
    sandbox: bool = False
    symbols: frozenset[str] = frozenset()
    """Markets to ask for besides those discovered."""
    timeout_s: float = 10.0
    keepalive_s: float = 4.0
    key_interval_s: float = 600.0
    """How long a key that was refused is left alone before it is tried once more."""
    rate_limit: bool = True
    forbidden_s: float = 1800.0
    """How long to send nothing to a host whose firewall refused (403) and named no time."""

    def __repr__(self) -> str:
        return f"ReaderSettings(account={self.account!r}, venue={self.venue!r}, ...)"


class ExchangeReader(Protocol):
    """Reads one account at one exchange. There is no method that writes.

    Every method raises only ``AcctError``s: ``Temporary`` when trying again later may help.
    """

    account: str
    venue: str

    def abilities(self) -> Abilities:
        """What can be streamed and polled; needs no connection."""
        ...

    def remarks(self) -> tuple[Remark, ...]:
        """Return what there is to say of the connection now: a walk that takes long, a clock that is off."""
        ...

    async def connect(self) -> None:
        """Load markets (from disk when fresh) and the clock's offset; check that the key is accepted."""
        ...

    async def key(self) -> KeyRights:
        """Ask the exchange what this key may do, before anything else; unverified where it does not tell."""
        ...

    async def close(self) -> None:
        """Close every connection; leaves no task behind; may be called twice."""
        ...

    def instruments(self) -> Mapping[str, Instrument]:
        """Return the known markets by unified symbol; empty before ``connect``."""
        ...

    async def prepare(self, *, stale: bool = False) -> None:
        """Load the markets, which needs no key; with ``stale`` those on disk will do however old they are."""
        ...

    def rereader(self) -> Rereader:
        """What reads stored texts of this account again; after ``connect`` or ``prepare``."""
        ...

    def keep_in(self, inbox: Inbox) -> None:
        """Store every frame and page there, from now on, before anything may raise on it."""
        ...

    async def observe(self, kind: Literal["balances", "orders", "positions"]) -> tuple[Heard, ...]:
        """Ask once, by REST, for the complete present state of ``kind``.

        For orders also the latest states of recently ended ones, as an incomplete ``OrdersSeen``.
        """
        ...

    async def query_orders(self, ids: Sequence[str]) -> tuple[Heard, ...]:
        """Ask once how these orders, fifty at most, stand, ended or not.

        Raises ``NotSupported`` where the exchange cannot be asked so.
        """
        ...

    def catch_up(
        self, kinds: frozenset[DataKind], cursors: Mapping[str, str], symbols: frozenset[str], *, deeper_s: int = 0
    ) -> AsyncIterator[Page]:
        """Walk from what ``cursors`` prove to be known up to now, with overlap.

        On a first run (no cursor) this is only the newest page; ``backfill`` does the rest. ``symbols`` are those ever
        met in this account, for exchanges that want to be asked symbol by symbol. The overlap is ``deeper_s`` seconds
        longer than usual.
        """
        ...

    def backfill(
        self, kinds: frozenset[DataKind], cursors: Mapping[str, str], symbols: frozenset[str]
    ) -> AsyncIterator[Page]:
        """Walk from the oldest known fact back to the first one, newest first; resumable; empty when done."""
        ...

    async def count_fills(self, since_ns: int, until_ns: int, symbols: frozenset[str]) -> Mapping[str, int]:
        """Return how many fills there were later than ``since_ns`` and up to ``until_ns``, both whole seconds.

        By unified symbol, for those of ``symbols`` that are listed; or under "" in all markets at once. Raises
        ``NotSupported`` where the exchange cannot be asked so.
        """
        ...

    def stream(self, kinds: frozenset[DataKind]) -> AbstractAsyncContextManager[AsyncIterator[StreamItem]]:
        """Open the private stream. The iterator ends only by an error, and never swallows a frame."""
        ...

    async def prices(self, symbols: frozenset[str]) -> tuple[PriceSeen, ...]:
        """Sample prices of these markets once; unknown symbols are left out."""
        ...

    async def candles(self, symbol: str, since_ns: int, until_ns: int) -> tuple[PriceSeen, ...]:
        """Return one-minute closing prices within ``[since_ns, until_ns]`` where the exchange still has them."""
        ...
