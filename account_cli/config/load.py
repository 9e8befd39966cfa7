"""A configuration is read whole or refused with file, line and key; nothing in it is guessed at or ignored.

Only what is wrong with a rule or a channel of alerts is left out by itself, and told by every command.
``tomllib`` reads the text, ``keys`` knows every key and what it may hold. A value is never repeated in a message when
its key is that of a secret.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from account_cli.alerts import RuleSetting
from account_cli.config.alerts import AlertsConfig, alerts_config
from account_cli.config.keys import (
    ACCOUNT_KEYS,
    INBOX_KEYS,
    LOG_KEYS,
    RECONCILE_KEYS,
    RETENTION_KEYS,
    STORAGE_KEYS,
    TIMES,
    TOP_KEYS,
    Wrong,
    secret_keys,
)
from account_cli.config.layers import Layers
from account_cli.config.log import LogConfig, log_config
from account_cli.config.model import PEGGED, AccountConfig, Config, InboxConfig, ReconcileConfig, RetentionConfig
from account_cli.config.nearest import did_you_mean
from account_cli.config.paths import Places, expand, places
from account_cli.config.references import demand_private, follow, is_reference
from account_cli.config.secrets import SECRETS, KeySource
from account_cli.errors import AcctError, ConfigError
from account_cli.ports.location import holds_password, located, redis_url
from account_cli.reconciliation import Tolerance

ACCOUNT_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}")
_AT_LINE = re.compile(r"\s*\(at (?:line (\d+), column \d+|end of document)\)")
_LARGEST = 1_000_000
_SECTIONS = {
    "accounts": 'write [accounts.NAME] with exchange = "kraken"',
    "inbox": "write [inbox] with keep_days = 7",
    "storage": 'write [storage] with database = "postgresql://…"',
    "retention": "write [retention] with observations_days = 30",
    "reconcile": 'write [reconcile] with every = "60s"',
    "alerts": 'write [alerts] with preset = "b25"',
    "log": 'write [log] with level = "info"',
}
"""Every table at the top, and what to write where it is none."""
_FIELDS = AccountConfig.__dataclass_fields__


def load_config(
    path: Path | None = None,
    env: Mapping[str, str] | None = None,
    *,
    home: Path | None = None,
    venues: Callable[[], Sequence[str]] = tuple,
    profile: str | None = None,
) -> Config:
    """Read the configuration: ``path``, else ``ACCT_CONFIG``, else the XDG place, else all defaults.

    Variables of the environment go before ``profile`` (else ``ACCT_PROFILE``), which goes before the rest of the file.
    ``venues`` gives the names of exchanges, asked only when an account's exchange is judged. Raises ``ConfigError``.
    """
    environment = os.environ if env is None else env
    return read_document(path, environment, home=home, profile=profile).config(venues)


def read_document(
    path: Path | None, env: Mapping[str, str], *, home: Path | None = None, profile: str | None = None
) -> Document:
    """Read the layers of the configuration without judging them. Raises ``ConfigError`` for what is no TOML."""
    where = places(env, home=home, config=path)
    text = _read(where)
    return Document(where, text, profile or env.get("ACCT_PROFILE") or None, env, home)


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


class Document:
    """One configuration while it is read; ``layers`` says where each value came from."""

    def __init__(
        self, where: Places, text: str | None, profile: str | None, env: Mapping[str, str], home: Path | None
    ) -> None:
        self.where, self.text, self.profile = where, text or "", profile
        self.env, self._home = env, home
        self.exists = text is not None
        self.file = str(where.config_file)
        self.layers = Layers(self._parse(), self.text, self.file)
        self._left_out: set[tuple[str, ...]] = set()
        """Values that ``every_error`` found wrong and goes on without."""

    def config(self, venues: Callable[[], Sequence[str]] = tuple) -> Config:
        """Judge all of it; profiles that are not in use are judged too. Raises ``ConfigError``."""
        configs = list(self._each(venues))
        refused = {one.message: one for config in configs for one in config.alerts.refused}
        return replace(configs[-1], alerts=replace(configs[-1].alerts, refused=tuple(refused.values())))

    def _each(self, venues: Callable[[], Sequence[str]]) -> Iterator[Config]:
        """Judge every profile that is not in use, then what holds."""
        for name in self.layers.profiles():
            if name != self.profile:
                self.layers.lay({}, name)
                yield self._judged(venues)
        self.layers.lay(self.env, self.profile)
        yield self._judged(venues, follows=True)

    def every_error(self, venues: Callable[[], Sequence[str]] = tuple) -> list[AcctError]:
        """Return all that is wrong, by its line: each wrong value is left out in turn, and the rest judged again.

        What is wrong only because something in it was left out is no error of its own. The document is no longer
        what was read.
        """
        found: dict[str, AcctError] = {}
        configs: list[Config] = []
        while not configs:
            try:
                configs = list(self._each(venues))
            except AcctError as error:
                path = error.path if isinstance(error, ConfigError) else ()
                if not any(path and left[: len(path)] == path and left != path for left in self._left_out):
                    found.setdefault(str(error), error)
                if not self._leave_out(error):
                    break
        for config in configs:
            found |= {str(error): error for error in config.alerts.refused}
            for name in config.accounts:
                try:
                    config.account(name)
                except ConfigError as error:
                    if ("accounts", name, "exchange") not in self._left_out:
                        found.setdefault(str(error), error)
        return sorted(found.values(), key=lambda error: getattr(error, "line", None) or 0)

    def _leave_out(self, error: AcctError) -> bool:
        """Go on without the value that is wrong; False where none can be named."""
        if not isinstance(error, ConfigError):
            return False
        self._left_out.add(error.path)
        if error.key is not None and error.key in self.env:
            self.env = {name: value for name, value in self.env.items() if name != error.key}
            return True
        return self.layers.leave_out(error.path)

    def _judged(self, venues: Callable[[], Sequence[str]], *, follows: bool = False) -> Config:
        """Judge what is laid over one another now; ``follows`` what says where a database is."""
        tables = dict(self.layers.merged)
        section = {name: self._table(tables.pop(name, {}), name) for name in _SECTIONS}
        top = self._checked(tables, TOP_KEYS, ())
        stored = self._checked(section["storage"], STORAGE_KEYS, ("storage",))
        kept = self._checked(section["inbox"], INBOX_KEYS, ("inbox",))
        times = {key: top[key] for key in TIMES if key in top}
        self._delays_in_order(times, times, ())
        made = {name: self._account(name, table, times) for name, table in section["accounts"].items()}
        told = self._alerts(section["alerts"], made)
        self._demand_private(stored, made, told)
        base = self._home or Path(self.env.get("HOME") or "~").expanduser()

        def folder(key: str, variable: str, default: Path) -> Path:
            return expand(top[key], base) if key in top and not self.env.get(variable) else default

        return Config(
            path=self.where.config_file if self.exists else None,
            place=self.where.config_file,
            profile=self.profile,
            data_dir=folder("data_dir", "ACCT_DATA_DIR", self.where.data_dir),
            cache_dir=folder("cache_dir", "ACCT_CACHE_DIR", self.where.cache_dir),
            state_dir=self.where.state_dir,
            currency=top.get("currency", "USD"),
            pegged=top.get("pegged", PEGGED),
            accounts=made,
            defaults=times,
            inbox=InboxConfig(**kept),
            retention=RetentionConfig(**self._checked(section["retention"], RETENTION_KEYS, ("retention",))),
            timescale=stored.get("timescale", "auto"),
            reconcile=self._reconcile(section["reconcile"], venues),
            alerts=told,
            log=self._log(section["log"]),
            database_at=self._followed(stored, "database", located) if follows else None,
            redis=self._followed(stored, "redis", redis_url) if follows else None,
            redis_prefix=stored.get("redis_prefix", ""),
            venues=venues,
        )

    def _table(self, value: object, name: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise self.error((name,), "must be a table", hint=_SECTIONS[name])
        return value

    def _followed(self, stored: Mapping[str, Any], key: str, read: Callable[[str], Any]) -> Any:
        """Return the place that a key names, or that what it refers to names."""
        value = stored.get(key)
        if not isinstance(value, str) or not is_reference(value):
            return value
        try:
            text = follow(value, self.env, what=f"storage.{key}", file=self.file)
        except ConfigError as wrong:
            wrong.path = ("storage", key)
            raise
        try:
            return read(text)
        except ValueError as wrong:
            raise self.error(("storage", key), str(wrong)) from None

    def _demand_private(
        self, stored: Mapping[str, Any], accounts: Mapping[str, AccountConfig], alerts: AlertsConfig
    ) -> None:
        """Refuse a file that others may read once a secret stands in it."""
        secret: list[tuple[str, ...]] = [
            ("storage", key) for key in ("database", "redis") if key in stored and holds_password(stored[key])
        ]
        secret += [("alerts", "channels", name) for name, channel in alerts.channels.items() if channel.holds_secret]
        secret += [
            ("accounts", name, key)
            for name, account in accounts.items()
            if account.keys.holds_secret
            for key in SECRETS
            if key in account.keys.given
        ]
        written = [path for path in secret if self.layers.in_file(path)]
        if self.exists and written:
            try:
                demand_private(self.where.config_file.stat(), self.file)
            except ConfigError as wrong:
                wrong.path = written[0]
                raise

    def _log(self, table: Mapping[str, Any]) -> LogConfig:
        try:
            return log_config(self._checked(table, LOG_KEYS, ("log",)))
        except Wrong as wrong:
            raise self.error(("log", *wrong.below), wrong.message, hint=wrong.hint) from None

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

    def _reconcile(self, table: Mapping[str, Any], venues: Callable[[], Sequence[str]]) -> ReconcileConfig:
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

    def _alerts(self, table: Mapping[str, Any], accounts: Iterable[str]) -> AlertsConfig:
        refused: list[ConfigError] = []

        def error(wrong: Wrong) -> ConfigError:
            return self.error(("alerts", *wrong.below), wrong.message, hint=wrong.hint)

        try:
            told = alerts_config(table, tuple(accounts), lambda wrong: refused.append(error(wrong)))
        except Wrong as wrong:
            raise error(wrong) from None
        written = self._written(told.settings.rules)
        settings = msgspec.structs.replace(told.settings, written=written, worked_out={})
        return replace(told, settings=settings, refused=tuple(refused))

    def _written(self, rules: Mapping[str, RuleSetting]) -> dict[tuple[str, str, str], str]:
        """Return where each asset stands that a rule has a threshold of its own for."""
        found = {}
        for rule, of_rule in rules.items():
            for account, mine in (("", of_rule), *of_rule.accounts.items()):
                for asset in mine.assets:
                    above = ("accounts", account) if account else ()
                    path = ("alerts", "rules", rule, *above, "assets", asset)
                    found[rule, account, asset] = self.layers.place(path)
        return found

    def _account(self, name: str, table: object, times: Mapping[str, float]) -> AccountConfig:
        here = ("accounts", name)
        if not isinstance(table, dict):
            raise self.error(here, "must be a table", hint=f"write [accounts.{name}]")
        if not ACCOUNT_NAME.fullmatch(name):
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
            line=self.layers.origin((*here, "exchange")).line,
            **given,
        )

    def _checked(self, table: Mapping[str, Any], allowed: Mapping[str, Any], here: tuple[str, ...]) -> dict[str, Any]:
        done = {}
        for key, value in table.items():
            check = allowed.get(key)
            if check is None:
                names = list(allowed) if here else [*allowed, *_SECTIONS, "profiles"]
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
        pair = ("reconnect_delay", "reconnect_max_delay")
        if self._left_out & {(*table, key) for table in ((), here) for key in pair}:
            return
        low = given.get("reconnect_delay", _FIELDS["reconnect_delay"].default)
        high = given.get("reconnect_max_delay", _FIELDS["reconnect_max_delay"].default)
        if high >= low:
            return
        if "reconnect_max_delay" in own:
            raise self.error((*here, "reconnect_max_delay"), f"{high:g} s is less than reconnect_delay, {low:g} s")
        raise self.error((*here, "reconnect_delay"), f"{low:g} s is more than reconnect_max_delay, {high:g} s")

    def error(self, path: tuple[str, ...], message: str, *, hint: str | None = None) -> ConfigError:
        """Say what is wrong with the key at ``path``."""
        return self.layers.error(path, message, hint)


def _no_private_key(key: str) -> str | None:
    """Return what to say to who wanted to hand over a wallet's private key."""
    plain = key.lower().replace("_", "").replace("-", "")
    if any(word in plain for word in ("privatekey", "mnemonic", "seedphrase")):
        return (
            "acct never takes a wallet's private key: wallet_address is enough to read; take the key out of this file"
        )
    return None
