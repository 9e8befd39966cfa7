"""A configuration is read whole or refused with file, line and key; nothing in it is guessed at or ignored.

``tomllib`` reads the text, ``keys`` knows every key and what it may hold. A value is never repeated in a message when
its key is that of a secret.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from account_cli.config.alerts import AlertsConfig, alerts_config
from account_cli.config.keys import (
    ACCOUNT_KEYS,
    INBOX_KEYS,
    RECONCILE_KEYS,
    RETENTION_KEYS,
    STORAGE_KEYS,
    TIMES,
    TOP_KEYS,
    Wrong,
    secret_keys,
)
from account_cli.config.lines import line_of
from account_cli.config.model import PEGGED, AccountConfig, Config, InboxConfig, ReconcileConfig, RetentionConfig
from account_cli.config.nearest import did_you_mean
from account_cli.config.paths import Places, expand, places
from account_cli.config.secrets import KeySource, demand_private
from account_cli.errors import ConfigError
from account_cli.ports import Location
from account_cli.ports.location import holds_password, located, redis_url
from account_cli.reconciliation import Tolerance

_ACCOUNT_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}")
_AT_LINE = re.compile(r"\s*\(at (?:line (\d+), column \d+|end of document)\)")
_LARGEST = 1_000_000
DATABASE_VARIABLE = "ACCT_STORAGE__DATABASE"
REDIS_VARIABLE = "ACCT_STORAGE__REDIS"
_FIELDS = AccountConfig.__dataclass_fields__


def load_config(
    path: Path | None = None,
    env: Mapping[str, str] | None = None,
    *,
    home: Path | None = None,
    venues: Callable[[], Sequence[str]] = tuple,
) -> Config:
    """Read the configuration: ``path``, else ``ACCT_CONFIG``, else the XDG place, else all defaults.

    ``venues`` gives the names of exchanges, asked only when an account's exchange is judged. Raises ``ConfigError``.
    """
    environment = os.environ if env is None else env
    where = places(environment, home=home, config=path)
    text = _read(where)
    if text is None:
        return _plain(where, environment, venues)
    return _Document(where, text).config(environment, venues, home)


def _plain(where: Places, env: Mapping[str, str], venues: Callable[[], Sequence[str]]) -> Config:
    return Config(
        path=None,
        place=where.config_file,
        data_dir=where.data_dir,
        cache_dir=where.cache_dir,
        state_dir=where.state_dir,
        database_at=database_named(env),
        redis=redis_named(env),
        venues=venues,
    )


def database_named(env: Mapping[str, str]) -> Location | None:
    """Return the database that the environment names, None when it names none."""
    url = env.get(DATABASE_VARIABLE)
    if not url:
        return None
    try:
        return located(url)
    except ValueError as wrong:
        raise ConfigError(str(wrong), key=DATABASE_VARIABLE) from None


def redis_named(env: Mapping[str, str]) -> str | None:
    """Return the Redis that the environment names, None when it names none."""
    url = env.get(REDIS_VARIABLE)
    if not url:
        return None
    try:
        return redis_url(url)
    except ValueError as wrong:
        raise ConfigError(str(wrong), key=REDIS_VARIABLE) from None


def _read(where: Places) -> str | None:
    """Return the file's text; None when it is not there and nobody named it."""
    file = where.config_file
    try:
        with file.open("rb") as stream:
            data = stream.read(_LARGEST + 1)
    except (FileNotFoundError, NotADirectoryError):
        if not where.config_named:
            return None
        raise ConfigError("no such file", file=str(file), hint="see config.toml.example for what it may hold") from None
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", file=str(file)) from None
    if len(data) > _LARGEST:
        raise ConfigError("too large for a configuration", file=str(file))
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise ConfigError("not UTF-8 text", file=str(file), line=line) from None


class _Document:
    """One configuration file while it is read."""

    def __init__(self, where: Places, text: str) -> None:
        self.where, self.text = where, text
        self.file = str(where.config_file)

    def config(self, env: Mapping[str, str], venues: Callable[[], Sequence[str]], home: Path | None) -> Config:
        raw = self._parse()
        accounts, inbox = raw.pop("accounts", {}), raw.pop("inbox", {})
        reconcile, alerts = raw.pop("reconcile", {}), raw.pop("alerts", {})
        storage, retention = raw.pop("storage", {}), raw.pop("retention", {})
        top = self._checked(raw, TOP_KEYS, ())
        if not isinstance(accounts, dict):
            raise self.error(("accounts",), "must be a table", hint='write [accounts.NAME] with exchange = "kraken"')
        if not isinstance(inbox, dict):
            raise self.error(("inbox",), "must be a table", hint="write [inbox] with keep_days = 7")
        if not isinstance(storage, dict):
            raise self.error(("storage",), "must be a table", hint='write [storage] with database = "postgresql://…"')
        if not isinstance(retention, dict):
            raise self.error(("retention",), "must be a table", hint="write [retention] with observations_days = 30")
        stored = self._checked(storage, STORAGE_KEYS, ("storage",))
        kept = self._checked(inbox, INBOX_KEYS, ("inbox",))
        times = {key: top[key] for key in TIMES if key in top}
        self._delays_in_order(times, times, ())
        made = {name: self._account(name, table, times) for name, table in accounts.items()}
        told = self._alerts(alerts, made)
        secret = any(holds_password(stored[key]) for key in ("database", "redis") if key in stored)
        secret = secret or any(channel.holds_secret for channel in told.channels.values())
        if secret or any(account.keys.holds_secret for account in made.values()):
            demand_private(self.where.config_file.stat(), self.file)
        base = home or Path(env.get("HOME") or "~").expanduser()

        def folder(key: str, variable: str, default: Path) -> Path:
            return expand(top[key], base) if key in top and not env.get(variable) else default

        return Config(
            path=self.where.config_file,
            place=self.where.config_file,
            data_dir=folder("data_dir", "ACCT_DATA_DIR", self.where.data_dir),
            cache_dir=folder("cache_dir", "ACCT_CACHE_DIR", self.where.cache_dir),
            state_dir=self.where.state_dir,
            currency=top.get("currency", "USD"),
            pegged=top.get("pegged", PEGGED),
            accounts=made,
            defaults=times,
            inbox=InboxConfig(**kept),
            retention=RetentionConfig(**self._checked(retention, RETENTION_KEYS, ("retention",))),
            timescale=stored.get("timescale", "auto"),
            reconcile=self._reconcile(reconcile, venues),
            alerts=told,
            database_at=database_named(env) or stored.get("database"),
            redis=redis_named(env) or stored.get("redis"),
            redis_prefix=stored.get("redis_prefix", ""),
            venues=venues,
        )

    def _parse(self) -> dict[str, Any]:
        try:
            return tomllib.loads(self.text.replace("\r\n", "\n"))
        except tomllib.TOMLDecodeError as error:
            message = str(error)
            match = _AT_LINE.search(message)
            line = int(match[1]) if match and match[1] else self.text.count("\n") + 1
            raise ConfigError(
                f"not TOML: {_AT_LINE.sub('', message)[:1].lower()}{_AT_LINE.sub('', message)[1:]}",
                file=self.file,
                line=line,
            ) from None

    def _reconcile(self, table: object, venues: Callable[[], Sequence[str]]) -> ReconcileConfig:
        if not isinstance(table, dict):
            raise self.error(("reconcile",), "must be a table", hint='write [reconcile] with every = "60s"')
        given = self._checked(table, RECONCILE_KEYS, ("reconcile",))
        dust = given.pop("dust", {})
        of_venues = {name: amounts for name, amounts in dust.items() if isinstance(amounts, dict)}
        known = venues() if of_venues else ()
        for name in of_venues:
            if known and name not in known:
                hint = did_you_mean(name, known) or f"one of: {', '.join(known)}"
                raise self.error(("reconcile", "dust", name), f"unknown exchange {name!r}", hint=hint)
        everywhere = {asset: amount for asset, amount in dust.items() if asset not in of_venues}
        tolerance = msgspec.structs.replace(given.pop("tolerance", Tolerance()), dust=everywhere)
        return ReconcileConfig(tolerance=tolerance, venue_dust=of_venues, **given)

    def _alerts(self, table: object, accounts: Iterable[str]) -> AlertsConfig:
        if not isinstance(table, dict):
            raise self.error(("alerts",), "must be a table", hint='write [alerts] with preset = "b25"')
        try:
            return alerts_config(table, tuple(accounts))
        except Wrong as wrong:
            raise self.error(("alerts", *wrong.below), wrong.message, hint=wrong.hint) from None

    def _account(self, name: str, table: object, times: Mapping[str, float]) -> AccountConfig:
        here = ("accounts", name)
        if not isinstance(table, dict):
            raise self.error(here, "must be a table", hint=f"write [accounts.{name}]")
        if not _ACCOUNT_NAME.fullmatch(name):
            raise self.error(here, "an account's name is letters, digits, '_', '-', '.' and ':'")
        given = self._checked(table, ACCOUNT_KEYS, here)
        own = {key: given.pop(key) for key in secret_keys() if key in given}
        written, given = given, {**times, **given}
        self._delays_in_order(given, written, here)
        if "strategy" in given:
            given["strategies"] = given.pop("strategy")
        return AccountConfig(
            name=name,
            exchange=given.pop("exchange", name),
            keys=KeySource(own),
            file=self.file,
            line=line_of(self.text, (*here, "exchange")),
            **given,
        )

    def _checked(self, table: Mapping[str, Any], allowed: Mapping[str, Any], here: tuple[str, ...]) -> dict[str, Any]:
        done = {}
        for key, value in table.items():
            check = allowed.get(key)
            if check is None:
                names = (
                    [*allowed, "accounts", "inbox", "reconcile", "retention", "storage"] if not here else list(allowed)
                )
                raise self.error(
                    (*here, key),
                    "unknown key",
                    hint=_no_private_key(key) or did_you_mean(key, names) or f"known keys: {', '.join(names)}",
                )
            try:
                done[key] = check(value)
            except Wrong as wrong:
                raise self.error((*here, key, *wrong.below), wrong.message, hint=wrong.hint) from None
        return done

    def _delays_in_order(self, given: Mapping[str, Any], own: Iterable[str], here: tuple[str, ...]) -> None:
        """Refuse a longest wait below the first one, naming the key that stands in this table."""
        low = given.get("reconnect_delay", _FIELDS["reconnect_delay"].default)
        high = given.get("reconnect_max_delay", _FIELDS["reconnect_max_delay"].default)
        if high >= low:
            return
        if "reconnect_max_delay" in own:
            raise self.error((*here, "reconnect_max_delay"), f"{high:g} s is less than reconnect_delay, {low:g} s")
        raise self.error((*here, "reconnect_delay"), f"{low:g} s is more than reconnect_max_delay, {high:g} s")

    def error(self, path: tuple[str, ...], message: str, *, hint: str | None = None) -> ConfigError:
        """Say what is wrong with the key at ``path``."""
        return ConfigError(message, file=self.file, line=line_of(self.text, path), key=".".join(path), hint=hint)


def _no_private_key(key: str) -> str | None:
    """Return what to say to who wanted to hand over a wallet's private key."""
    plain = key.lower().replace("_", "").replace("-", "")
    if any(word in plain for word in ("privatekey", "mnemonic", "seedphrase")):
        return (
            "acct never takes a wallet's private key: wallet_address is enough to read; take the key out of this file"
        )
    return None
