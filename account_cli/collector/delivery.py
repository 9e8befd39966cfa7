"""What a collector hands over: things to be written down together, and what became of them."""

from __future__ import annotations

from collections.abc import Awaitable
from decimal import Decimal
from typing import NamedTuple, Protocol

import msgspec

from account_cli.domain.events import Event, PriceQuoted
from account_cli.domain.health import Coverage, Notice, StreamRow
from account_cli.domain.instruments import Instrument
from account_cli.domain.observations import Observation, PriceSeen
from account_cli.ports import AccountRow, Heard, Origin


class Unexplained(NamedTuple):
    """So much more (negative: less) of an asset is held in a wallet than the facts add up to.

    ``before_history`` when that is put down to the time before the oldest known fact, or was corrected.
    """

    wallet: str
    asset: str
    amount: Decimal
    before_history: bool


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """Something to be written down, all of it or none."""

    account: str
    origin: Origin = "rest"
    heard: tuple[Heard, ...] = ()
    events: tuple[Event, ...] = ()
    observations: tuple[Observation, ...] = ()
    cursors: dict[str, str] = {}
    coverage: tuple[Coverage, ...] = ()
    notices: tuple[Notice, ...] = ()
    streams: tuple[StreamRow, ...] = ()
    prices: tuple[PriceSeen, ...] = ()
    quotes: tuple[PriceQuoted, ...] = ()
    instruments: tuple[Instrument, ...] = ()
    account_row: AccountRow | None = None
    settle_openings: bool = False
    """The observed balances in ``heard`` were the same before and after a catch-up: what the known facts do not
    explain of them lay before the oldest known fact."""
    compare_books: bool = False
    """The observed balances in ``heard`` came after a catch-up: say what the facts do not explain of them."""


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a delivery: the account's head, and how many facts were new, completed, repeated, refused.

    ``kinds`` counts the new ones by the name of their kind, as the ledger file has it.
    ``unexplained`` is what the balances that it told hold beyond the facts, where it was fit to say so; that is so
    when it is ``settled`` what lay before the oldest known fact.
    """

    account: str
    n: int
    new: int = 0
    completed: int = 0
    repeated: int = 0
    refused: int = 0
    kinds: dict[str, int] = {}
    unexplained: tuple[Unexplained, ...] = ()
    settled: bool = False


class Deliver(Protocol):
    """Queues a delivery; the awaitable ends when it is on disk, or raises the ``StorageError`` that kept it off."""

    def __call__(self, delivery: Delivery) -> Awaitable[Receipt]: ...
