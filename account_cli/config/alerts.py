"""``[alerts]``: which rules speak, from where on, and to whom; every name in it is judged, with the nearest right one.

A channel's URL is a secret as often as not, so it may be named instead of written (``references``). It is looked up
when the channel is opened, and never shown.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, get_args
from urllib.parse import urlsplit

import msgspec

from account_cli.alerts import B25, RULES, RuleSetting, Settings, Severity
from account_cli.config.keys import Wrong, seconds
from account_cli.config.nearest import did_you_mean
from account_cli.config.references import follow, is_reference, wrong_form
from account_cli.domain.money import decimal
from account_cli.domain.times import SECOND
from account_cli.errors import ConfigError

_NAMES = tuple(rule.name for rule in RULES)
_PER = {rule.name: rule.per for rule in RULES}
PRESETS = {"default": Settings(), "b25": B25}
_SEVERITIES = get_args(Severity)
_NAME = re.compile(r"[A-Za-z0-9_-]{1,40}")
_ASSET = re.compile(r"[A-Za-z0-9._-]{1,20}")
_QUIET = re.compile(r"([01]\d|2[0-3]):([0-5]\d)\s*-\s*([01]\d|2[0-3]):([0-5]\d)")
OWN_SCHEMES = ("http", "https", "smtp", "smtps", "bell", "log")
_APPRISE = """
bark barks dbus discord gchat gnome gotify gotifys hassio hassios ifttt macosx mailgun mailto mailtos matrix matrixs
mmost mmosts mqtt mqtts msteams ncloud nclouds ntfy ntfys opsgenie pagerduty pbul pover prowl pushjet pushjets rocket
rockets sendgrid ses signal signals slack sns syslog tgram twilio vonage webex whatsapp windows wxteams zulip
"""
"""Not those that post to any address (``json``, ``xml``, ``form``): they would follow redirects; ``https`` does not."""
APPRISE_SCHEMES = tuple(_APPRISE.split())


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelConfig:
    """One place that alerts go to. ``given`` is a URL or names where it is; ``repr`` shows neither."""

    given: str = field(repr=False)
    least: Severity = "info"

    @property
    def holds_secret(self) -> bool:
        """True when the URL itself stands in the file and holds what nobody else may know."""
        parts = urlsplit(self.given)
        return not is_reference(self.given) and (parts.password is not None or parts.scheme in APPRISE_SCHEMES)

    def url(self, name: str, env: Mapping[str, str] | None = None, *, file: str | None = None) -> str:
        """Return the URL; ``file`` is the configuration that names it.

        Raises ``ConfigError`` when it is not where it is said to be, or is none.
        """
        key = f"alerts.channels.{name}"
        if not is_reference(self.given):
            return self.given
        found = follow(self.given, os.environ if env is None else env, what=key, file=file)
        try:
            return _plain_url(found.strip())
        except Wrong as wrong:
            raise ConfigError(wrong.message, key=key, hint=wrong.hint) from None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertsConfig:
    """All of ``[alerts]``; without it the rules speak to the screen and the history alone."""

    settings: Settings = field(default_factory=Settings)
    channels: Mapping[str, ChannelConfig] = field(default_factory=dict)
    hide_amounts: bool = False
    allow_link_local: bool = False
    heartbeat_url: str | None = field(default=None, repr=False)


def alerts_config(table: Mapping[str, Any], accounts: Collection[str]) -> AlertsConfig:
    """Read the section. Raises ``Wrong`` naming what is wrong below it."""
    given = _table(table, (), _KEYS)
    preset = PRESETS[given.get("preset", "default")]
    rules = dict(preset.rules)
    for name, own in given.get("rules", {}).items():
        made = _rule(name, own, accounts)
        rules[name] = msgspec.structs.replace(made.over(rules.get(name, RuleSetting())), accounts=made.accounts)
    settings = Settings(
        rules=rules,
        suppress_ns=given.get("suppress", preset.suppress_ns),
        repeat_ns=given.get("repeat", preset.repeat_ns),
        escalate_ns=given.get("escalate", preset.escalate_ns),
        quiet=given.get("quiet", preset.quiet),
        window_ns=given.get("window", preset.window_ns),
    )
    return AlertsConfig(
        settings=settings,
        channels=given.get("channels", {}),
        hide_amounts=given.get("hide_amounts", False),
        allow_link_local=given.get("allow_link_local", False),
        heartbeat_url=given.get("heartbeat_url"),
    )


def _table(value: object, below: tuple[str, ...], keys: Mapping[str, Callable[[Any], Any]]) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Wrong("must be a table", below=below)
    done = {}
    for key, one in value.items():
        if key not in keys:
            hint = did_you_mean(key, keys) or f"known keys: {', '.join(keys)}"
            raise Wrong("unknown key", below=(*below, key), hint=hint)
        try:
            done[key] = keys[key](one)
        except Wrong as wrong:
            raise Wrong(wrong.message, below=(*below, key, *wrong.below), hint=wrong.hint) from None
    return done


def _rule(name: str, table: object, accounts: Collection[str]) -> RuleSetting:
    if name not in _NAMES:
        hint = did_you_mean(name, _NAMES) or f"acct alerts rules lists them: {', '.join(_NAMES)}"
        raise Wrong("unknown rule", below=("rules", name), hint=hint)
    here = ("rules", name)
    keys = {**_RULE_KEYS, "accounts": dict, "assets": lambda value: _assets(name, value)}
    if isinstance(table, (str, int)) and not isinstance(table, bool):
        return RuleSetting(threshold=_at(here, _number, table))
    own = _table(table, here, keys)
    of_accounts = own.pop("accounts", {})
    made = {}
    for account, one in of_accounts.items():
        if account not in accounts:
            hint = did_you_mean(account, accounts) or "name an account of this file, [accounts.NAME]"
            raise Wrong("unknown account", below=(*here, "accounts", account), hint=hint)
        inner = {key: check for key, check in keys.items() if key != "accounts"}
        made[account] = _setting(_table(one, (*here, "accounts", account), inner))
    return _setting(own, made)


def _setting(own: dict[str, Any], accounts: Mapping[str, RuleSetting] | None = None) -> RuleSetting:
    return RuleSetting(for_s=own.pop("for", None), **own, accounts=accounts or {})


def _at(below: tuple[str, ...], check: Callable[[Any], Any], value: object) -> Any:
    try:
        return check(value)
    except Wrong as wrong:
        raise Wrong(wrong.message, below=(*below, *wrong.below), hint=wrong.hint) from None


def _number(value: object) -> Decimal:
    try:
        if isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool)):
            return decimal(value)
    except ValueError:
        pass
    raise Wrong('must be a number: a whole one, or an exact one in quotes, like "0.8"')


def _assets(rule: str, value: object) -> dict[str, Decimal]:
    if _PER[rule] not in {"asset", "symbol"}:
        raise Wrong("this rule is not about assets", hint="set threshold, or a table for an account")
    if not isinstance(value, dict):
        raise Wrong('must be a table, like { BTC = "0.1" }')
    for asset in value:
        if _PER[rule] == "asset" and not _ASSET.fullmatch(asset):
            raise Wrong('must be the name of an asset, like "BTC"', below=(asset,))
    return {asset: _at((asset,), _number, amount) for asset, amount in value.items()}


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise Wrong("must be true or false")
    return value


def _one_of(names: Collection[str]) -> Callable[[object], str]:
    def checked(value: object) -> str:
        if not isinstance(value, str) or value.lower() not in names:
            raise Wrong(f"must be one of: {', '.join(names)}", hint=did_you_mean(str(value), names))
        return value.lower()

    return checked


def _span_ns(value: object) -> int:
    return 0 if value == "off" else int(seconds(value) * SECOND)


def _days_ns(value: object) -> int:
    found = re.fullmatch(r"(\d{1,4})d", value) if isinstance(value, str) else None
    if found is None or not 1 <= int(found[1]) <= 3650:
        raise Wrong('must be days, like "30d"')
    return int(found[1]) * 86_400 * SECOND


def _quiet(value: object) -> tuple[int, int]:
    found = _QUIET.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        raise Wrong('must be hours of the day in UTC, like "22:00-07:00"')
    begin_hour, begin_minute, end_hour, end_minute = (int(part) for part in found.groups())
    return (begin_hour * 60 + begin_minute) * 60, (end_hour * 60 + end_minute) * 60


def _plain_url(url: str) -> str:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise Wrong("not a URL") from None
    schemes = (*OWN_SCHEMES, *APPRISE_SCHEMES)
    if "://" not in url or not url.isprintable() or " " in url:
        raise Wrong("not a URL", hint='"https://…", "smtp://host/?to=me@example.org", "tgram://…", or "env:NAME"')
    if parts.scheme not in schemes:
        raise Wrong(f"unknown kind of channel {parts.scheme!r}", hint=did_you_mean(parts.scheme, schemes))
    if parts.scheme in {"http", "https", "smtp", "smtps"} and not parts.hostname:
        raise Wrong("names no host")
    if parts.scheme in {"smtp", "smtps"} and "to=" not in parts.query:
        raise Wrong("names nobody to write to", hint='end it with "/?to=me@example.org"')
    return url


def _url(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise Wrong("must be a URL in quotes, or where it is: env:NAME, file:PATH, …")
    form = wrong_form(value)
    if form is not None:
        raise Wrong(f"this reference would have to look like {form}")
    return value if is_reference(value) else _plain_url(value)


def _web_url(value: object) -> str:
    url = _url(value)
    if urlsplit(url).scheme not in {"http", "https"}:
        raise Wrong("must be an address that starts with https:// or http://")
    return url


def _channel(value: object) -> ChannelConfig:
    if not isinstance(value, dict):
        return ChannelConfig(given=_url(value))
    made = _table(value, (), {"url": _url, "least": _one_of(_SEVERITIES)})
    if "url" not in made:
        raise Wrong("must name a url")
    return ChannelConfig(given=made["url"], least=made.get("least", "info"))


def _channels(value: object) -> dict[str, ChannelConfig]:
    if not isinstance(value, dict):
        raise Wrong('must be a table, like { mail = "smtp://host/?to=me@example.org" }')
    for name in value:
        if not _NAME.fullmatch(name):
            raise Wrong("a channel's name is letters, digits, '_' and '-'", below=(name,))
    return {name: _at((name,), _channel, one) for name, one in value.items()}


def _whole_seconds(value: object) -> int:
    return int(seconds(value))


_RULE_KEYS: dict[str, Callable[[Any], Any]] = {
    "enabled": _flag,
    "threshold": _number,
    "critical": _number,
    "severity": _one_of(_SEVERITIES),
    "absolute": _number,
    "clear_pct": _number,
    "for": _whole_seconds,
}


def _rules(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Wrong('must be a table, like { LOW_BALANCE = { threshold = "1000" } }')
    return value


_KEYS: dict[str, Callable[[Any], Any]] = {
    "preset": _one_of(PRESETS),
    "suppress": _span_ns,
    "repeat": _span_ns,
    "escalate": _span_ns,
    "quiet": _quiet,
    "window": _days_ns,
    "hide_amounts": _flag,
    "allow_link_local": _flag,
    "heartbeat_url": _web_url,
    "channels": _channels,
    "rules": _rules,
}
