"""What a person may decide, and what holds when they decide nothing.

Values only: ``load`` makes them from a file, ``secrets`` finds the keys. Waiting times are seconds; an account inherits
the times that the file sets at its top. ``repr`` shows no secret.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import msgspec

from account_cli.config.alerts import AlertsConfig
from account_cli.config.log import LogConfig
from account_cli.config.nearest import did_you_mean
from account_cli.config.paths import DATABASE
from account_cli.config.secrets import KeySource, resolve
from account_cli.domain.health import DataKind
from account_cli.errors import ConfigError, InputError
from account_cli.ports import Location, ReaderSettings
from account_cli.reconciliation import Tolerance
from account_cli.redaction import Redactor

Strategy = Literal["stream", "poll", "off"]
Timescale = Literal["auto", "on", "off"]
PEGGED = ("USDT", "USDC", "DAI", "FDUSD")
EVERY = "@all"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountConfig:
    """One account: where it is, how it is followed, and where its key is to be found."""

    name: str
    exchange: str
    user: str | None = None
    keys: KeySource = field(default_factory=KeySource, repr=False)
    wallet_address: str | None = None
    urls: Mapping[str, object] = field(default_factory=dict)
    sandbox: bool = False
    symbols: frozenset[str] = frozenset()
    strategies: Mapping[DataKind, Strategy] = field(default_factory=dict)
    """Overrides only: a kind that is not named here is decided by what the exchange offers."""
    reconnect_delay: float = 1.0
    reconnect_max_delay: float = 10.0
    keepalive: float = 4.0
    timeout: float = 10.0
    poll_interval: float = 60.0
    forbidden_wait: float = 1800.0
    key_interval: float = 600.0
    rate_limit: bool = True
    allow_writable_key: bool = False
    """Use a key even when the exchange says that it can trade or withdraw."""
    file: str | None = None
    line: int | None = None
    """Where the account is written down; None when it needed no file."""

    def reader_settings(
        self, env: Mapping[str, str] | None = None, *, redactor: Redactor | None = None
    ) -> ReaderSettings:
        """Find the key and return what an adapter needs; every secret found is taught to ``redactor`` first.

        Raises ``KeyMissing`` naming the two variables to set, and ``ConfigError`` for a secret's file that cannot be
        read or that others may read.
        """
        found = resolve(
            self.name,
            self.keys,
            os.environ if env is None else env,
            needed=self.wallet_address is None,
            file=self.file,
        )
        if redactor is not None:
            redactor.learn(found.api_key, found.secret, found.passphrase)
        return ReaderSettings(
            account=self.name,
            venue=self.exchange,
            api_key=found.api_key,
            secret=found.secret,
            passphrase=found.passphrase,
            wallet_address=self.wallet_address or found.wallet_address,
            urls=self.urls,
            sandbox=self.sandbox,
            symbols=self.symbols,
            timeout_s=self.timeout,
            keepalive_s=self.keepalive,
            rate_limit=self.rate_limit,
            forbidden_s=self.forbidden_wait,
            key_interval_s=self.key_interval,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxConfig:
    """How long what was received is kept, and how much of it (a megabyte is a million bytes of text)."""

    keep_days: int = 7
    max_mb: int = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionConfig:
    """How long what is no fact is kept, and how often positions are recorded; facts are kept for good."""

    observations_days: int = 30
    """What the exchange stated of each figure, whenever that changed."""
    proofs_days: int = 365
    """Proofs of runs in which all agreed, and checkpoints but the last."""
    snapshots_days: int = 90
    """Snapshots of positions, and the history's points of 5 minutes and less (which may go sooner)."""
    positions_every: float = 300.0
    """Seconds between two snapshots of positions."""
    outbox_days: int = 7
    """How long a message to others waits before it is dead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconcileConfig:
    """How often ledger and exchange are compared beside a collector, and from when on a difference is a break."""

    every: float = 60.0
    settle: float = 5.0
    """A difference must last so long."""
    tolerance: Tolerance = field(default_factory=Tolerance)
    """For every venue; ``dust`` is what holds for an asset wherever it is."""
    venue_dust: Mapping[str, Mapping[str, Decimal]] = field(default_factory=dict)
    """By venue, then by asset; goes before the ``dust`` of every venue."""
    auto_correct: bool = False

    def tolerance_at(self, venue: str) -> Tolerance:
        """Return how far apart the figures of an account at this venue may be."""
        own = self.venue_dust.get(venue)
        return msgspec.structs.replace(self.tolerance, dust={**self.tolerance.dust, **own}) if own else self.tolerance


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """All of it. ``path`` is None when there is no file, which is fine."""

    path: Path | None
    place: Path
    """Where the file is, or would be."""
    data_dir: Path
    cache_dir: Path
    state_dir: Path
    currency: str = "USD"
    pegged: tuple[str, ...] = PEGGED
    accounts: Mapping[str, AccountConfig] = field(default_factory=dict)
    defaults: Mapping[str, Any] = field(default_factory=dict)
    """The times set at the top of the file, for accounts that need no table."""
    inbox: InboxConfig = field(default_factory=InboxConfig)
    retention: RetentionConfig = field(default_factory=RetentionConfig)
    timescale: Timescale = "auto"
    """Whether history goes into hypertables of TimescaleDB: where it is loaded, always, or never."""
    reconcile: ReconcileConfig = field(default_factory=ReconcileConfig)
    alerts: AlertsConfig = field(default_factory=AlertsConfig)
    log: LogConfig = field(default_factory=LogConfig)
    profile: str | None = None
    """The profile in use, None for the file as it stands."""
    database_at: Location | None = field(default=None, repr=False)
    redis: str | None = field(default=None, repr=False)
    """The URL of a Redis that others read from, beside the database; None where there is none."""
    redis_prefix: str = ""
    """What every key and channel there begins with."""
    venues: Callable[[], Sequence[str]] = field(default=tuple, repr=False, compare=False)
    """Names of the exchanges that can be read; called only when a name has to be judged."""

    @property
    def database(self) -> Location:
        """Where the facts are kept: a file in ``data_dir``, unless a person named another place."""
        return self.data_dir / DATABASE if self.database_at is None else self.database_at

    def account(self, name: str) -> AccountConfig:
        """Return the account called ``name``; one named like an exchange needs no table in the file.

        Raises ``InputError`` with the nearest name when there is none, ``ConfigError`` when its exchange is unknown.
        """
        found = self.accounts.get(name)
        venues = self.venues()
        if found is not None:
            if venues and found.exchange not in venues:
                raise ConfigError(
                    f"unknown exchange {found.exchange!r}",
                    file=found.file,
                    line=found.line,
                    key=f"accounts.{name}.exchange",
                    hint=did_you_mean(found.exchange, venues) or f'say where the account is: exchange = "{venues[0]}"',
                )
            return found
        if name in venues:
            return AccountConfig(name=name, exchange=name, file=str(self.place), **self.defaults)
        raise InputError(
            f"unknown account or exchange {name!r}",
            hint=did_you_mean(name, [*self.accounts, *venues])
            or f"add [accounts.{name}] to {self.place}, or name an exchange",
        )

    def with_writable_keys(self) -> Config:
        """Return this configuration with every account allowed to use a key that can do more than read."""
        allowed = {name: replace(account, allow_writable_key=True) for name, account in self.accounts.items()}
        return replace(self, accounts=allowed, defaults={**self.defaults, "allow_writable_key": True})

    def select(self, names: Sequence[str] = ()) -> list[AccountConfig]:
        """Return the named accounts, each once, in the order given; all configured ones for no name or ``@all``.

        Raises ``ConfigError`` when all are asked for and none is configured.
        """
        if names and EVERY not in names:
            return [self.account(name) for name in dict.fromkeys(names)]
        if not self.accounts:
            raise ConfigError(
                "no account is configured",
                hint=f"name an exchange (acct watch kraken), add [accounts.NAME] to {self.place}, or try acct demo",
            )
        return [self.account(name) for name in self.accounts]
