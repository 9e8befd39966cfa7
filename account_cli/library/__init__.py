"""What other programs may build on: read a store, follow an account, collect in one's own process.

Everything in ``__all__``, and nothing else of the package, keeps its name and its meaning from version to version
(docs/library.md).

``Store``, ``AsyncStore``   open a database for reading: balances, positions, orders, fills with their P&L
``follow``                  an account's changes, each with its reason, from a journal line on
``listen``                  the same as callbacks
``Collecting``              start and stop collecting accounts in this process; ``configuration`` says which

Promises:

1. Amounts are ``Decimal`` with the exchange's own digits; times are integer nanoseconds since 1970 UTC.
2. What is not known is None, never 0. Every answer says ``as_of`` when, whether it is ``complete``, and why not.
3. A store is opened for reading only. Nothing here can trade, withdraw or change anything at an exchange.
4. Every error is an ``AcctError``; its text holds no secret, its ``hint`` says what to do.
"""

from account_cli.config import Config
from account_cli.engine.telling import AccountChange, Move, PositionMove, Reason
from account_cli.errors import (
    AcctError,
    ConfigError,
    CredentialError,
    ExchangeError,
    HalfRunning,
    InputError,
    StorageError,
)
from account_cli.library.callbacks import listen
from account_cli.library.collecting import Collecting, configuration
from account_cli.library.following import SIGNIFICANT, follow
from account_cli.library.store import AsyncStore, Store
from account_cli.reports.rows import (
    AccountStatusRow,
    BalanceRow,
    FeeRow,
    FillRow,
    OrderRow,
    PositionRow,
    Report,
    TransferRow,
)

__all__ = [
    "SIGNIFICANT",
    "AccountChange",
    "AccountStatusRow",
    "AcctError",
    "AsyncStore",
    "BalanceRow",
    "Collecting",
    "Config",
    "ConfigError",
    "CredentialError",
    "ExchangeError",
    "FeeRow",
    "FillRow",
    "HalfRunning",
    "InputError",
    "Move",
    "OrderRow",
    "PositionMove",
    "PositionRow",
    "Reason",
    "Report",
    "StorageError",
    "Store",
    "TransferRow",
    "configuration",
    "follow",
    "listen",
]
