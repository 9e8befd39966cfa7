"""Keys beside collecting: what one may do, asked before it is kept, and whether one has been replaced by another."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
from dataclasses import replace
from pathlib import Path

from account_cli.collector.key import demand_read_only
from account_cli.config import AccountConfig, Config
from account_cli.config.references import beside
from account_cli.domain.keys import KeyRights
from account_cli.errors import AcctError
from account_cli.exchanges.key_pages import KeyPage
from account_cli.exchanges.key_pages import key_page as _key_page
from account_cli.ports import Clock, ReaderSettings

_LOG = logging.getLogger(__name__)
_AGAIN_S = 30.0
"""How often a place is looked into again for a key that is refused, or that could not be had."""


def key_page(venue: str) -> KeyPage:
    """Return where a key for ``venue`` is made, and which boxes it needs."""
    return _key_page(venue)


def key_rights(account: AccountConfig, config: Config, *, allow_writable: bool) -> KeyRights | None:
    """Ask the exchange what an account's key may do; None when it cannot be asked just now.

    Raises ``KeyCanTrade`` for one that writes unless that is allowed, ``KeyRejected`` for one that is refused,
    ``KeyMissing`` and ``ConfigError`` when it is not where it is said to be.
    """
    from account_cli.bootstrap.collecting import SystemClock, make_reader

    async def ask() -> KeyRights | None:
        reader = make_reader(account, config, SystemClock())
        try:
            return await demand_read_only(reader, allow_writable=allow_writable)
        finally:
            await reader.close()

    return asyncio.run(ask())


class Keys:
    """Knows by which key each account is read, and sees when another one is in its place.

    Files are looked at every time, since that costs nothing; every other place only once the exchange refuses the key.
    Of a key no more than a digest is kept.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._digests: dict[str, bytes] = {}
        self._accounts: dict[str, AccountConfig] = {}
        self._stamps: dict[str, object] = {}
        self._not_before: dict[str, float] = {}

    def used(self, account: AccountConfig, settings: ReaderSettings) -> None:
        """Remember by which key an account is read from now on."""
        self._digests[account.name] = _digest(settings)
        self._accounts[account.name] = _decided(account)
        self._stamps[account.name] = _stamp(account)

    async def news(self, account: AccountConfig, *, refused: bool) -> str | None:
        """Say what has changed about an account that is being read; None for nothing.

        ``refused``: the exchange refuses its key. A key that cannot be had is said in the log, and is no news.
        """
        name = account.name
        if name not in self._digests:
            return None
        decided = self._accounts[name] != _decided(account)
        stamp = _stamp(account)
        due = self._clock.monotonic() >= self._not_before.get(name, 0.0)
        if stamp == self._stamps[name] and not (due and (decided or refused)):
            return None
        self._stamps[name] = stamp
        self._not_before[name] = self._clock.monotonic() + _AGAIN_S
        try:
            settings = await asyncio.to_thread(account.reader_settings)
        except AcctError as error:
            _LOG.warning("%s: read on as before, for its key cannot be had: %s", name, error.message)
            return None
        if _digest(settings) != self._digests[name]:
            return "with its new key"
        return "as it is configured now" if decided else None


def _decided(account: AccountConfig) -> AccountConfig:
    """Return an account without where it is written down: a line more above it changes nothing."""
    return replace(account, file=None, line=None)


def _digest(settings: ReaderSettings) -> bytes:
    parts = (settings.api_key, settings.secret, settings.passphrase, settings.wallet_address)
    return hashlib.sha256("\0".join(part or "" for part in parts).encode()).digest()


def _stamp(account: AccountConfig) -> object:
    """Return what changes when a file that holds a secret of this account is written anew."""
    found: list[tuple[int, int, int] | None] = []
    for path in _files(account):
        try:
            status = path.stat()
        except OSError:
            found.append(None)
        else:
            found.append((status.st_mtime_ns, status.st_size, status.st_ino))
    return found


def _files(account: AccountConfig) -> list[Path]:
    """Return the files that hold secrets of an account."""
    from account_cli.config.secrets import SECRETS, variable

    paths = []
    for key in SECRETS:
        if named := os.environ.get(f"{variable(account.name, key)}_FILE", "").strip():
            paths.append(Path(named))
        if written := account.keys.given.get(f"{key}_file"):
            paths.append(beside(written, account.file))
        kind, _, where = account.keys.given.get(key, "").strip().partition(":")
        if kind == "file":
            paths.append(beside(where, account.file))
    return paths
