"""``[alerts]``: which rules speak, from where on, and to whom; every name in it is judged, with the nearest right one.

What is wrong with a rule or a channel is left out and told (``refused``), key by key: the rest goes on. A channel's URL
is a secret as often as not, so it may be named instead of written (``references``). It is looked up when the channel is
opened, and never shown.
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
    refused: tuple[ConfigError, ...] = field(default=(), compare=False)
    """What is wrong with rules and channels, and left out; of profiles that are not in use too."""


Refuse = Callable[[Wrong], None]


def alerts_config(table: Mapping[str, Any], accounts: Collection[str], refuse: Refuse) -> AlertsConfig:
    """Read the section; ``refuse`` hears what is left out of its rules and channels, by the place below the section.

    Raises ``Wrong`` for what is wrong with anything else of it.
    """
    given = _table(table, (), _KEYS)
    preset = PRESETS[given.get("preset", "default")]
    rules = dict(preset.rules)
    for name, own in given.get("rules", {}).items():
        if name not in _NAMES:
            hint = did_you_mean(name, _NAMES) or f"acct alerts rules lists them: {', '.join(_NAMES)}"
            refuse(Wrong("unknown rule", below=("rules", name), hint=hint))
            continue
        made = _rule(name, own, accounts, refuse)
        rules[name] = msgspec.structs.replace(made.over(rules.get(name, RuleSetting())), accounts=made.accounts)
    channels = {name: _channel(name, one, refuse) for name, one in given.get("channels", {}).items()}
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
        channels={name: made for name, made in channels.items() if made is not None},
        hide_amounts=given.get("hide_amounts", False),
        allow_link_local=given.get("allow_link_local", False),
        heartbeat_url=given.get("heartbeat_url"),
    )


def _table(
    value: object, below: tuple[str, ...], keys: Mapping[str, Callable[[Any], Any]], refuse: Refuse | None = None
) -> dict[str, Any]:
    """Return what the keys of a table hold. ``refuse`` hears of each that is wrong; without it ``Wrong`` is raised."""
    if not isinstance(value, dict):
        raise Wrong("must be a table", below=below)
    done = {}
    for key, one in value.items():
        try:
            if key not in keys:
                raise Wrong("unknown key", hint=did_you_mean(key, keys) or f"known keys: {', '.join(keys)}")
            done[key] = keys[key](one)
        except Wrong as wrong:
            placed = Wrong(wrong.message, below=(*below, key, *wrong.below), hint=wrong.hint)
            if refuse is None:
                raise placed from None
            refuse(placed)
    return done


def _rule(name: str, table: object, accounts: Collection[str], refuse: Refuse) -> RuleSetting:
    here = ("rules", name)
    if not isinstance(table, dict):
        table = {"threshold": table} if _kept(_number, table, here, refuse) is not None else {}
    own, of_accounts = _setting(name, table, here, refuse, {"accounts": _is_table})
    made = {}
    for account, one in of_accounts.items():
        place = (*here, "accounts", account)
        if account not in accounts:
            hint = did_you_mean(account, accounts) or "name an account of this file, [accounts.NAME]"
            refuse(Wrong("unknown account", below=place, hint=hint))
        elif _kept(_is_table, one, place, refuse) is not None:
            made[account], _ = _setting(name, one, place, refuse, {})
    return msgspec.structs.replace(own, accounts=made)


def _setting(
    rule: str, table: dict[str, Any], here: tuple[str, ...], refuse: Refuse, more: dict[str, Callable[[Any], Any]]
) -> tuple[RuleSetting, dict[str, Any]]:
    """Return what a table decides about a rule, and what it says of accounts where it may (``more``)."""
    own = _table(table, here, {**_RULE_KEYS, "assets": lambda value: _assets(rule, value), **more}, refuse)
    of_accounts, assets = own.pop("accounts", {}), own.pop("assets", {})
    amounts = _table(assets, (*here, "assets"), {asset: _amount_of(rule, asset) for asset in assets}, refuse)
    return RuleSetting(for_s=own.pop("for", None), **own, assets=amounts), of_accounts


def _kept(check: Callable[[Any], Any], value: object, below: tuple[str, ...], refuse: Refuse) -> Any:
    """Return what a check makes of a value; None for what it refuses."""
    try:
        return check(value)
    except Wrong as wrong:
        refuse(Wrong(wrong.message, below=(*below, *wrong.below), hint=wrong.hint))
        return None


def _number(value: object) -> Decimal:
    try:
        if isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool)):
            return decimal(value)
    except ValueError:
        pass
    raise Wrong('must be a number: a whole one, or an exact one in quotes, like "0.8"')


def _assets(rule: str, value: object) -> dict[str, Any]:
    if _PER[rule] not in {"asset", "symbol"}:
        raise Wrong("this rule is not about assets", hint="set threshold, or a table for an account")
    if not isinstance(value, dict):
        raise Wrong('must be a table, like { BTC = "0.1" }')
    return value


def _amount_of(rule: str, asset: str) -> Callable[[object], Decimal]:
    def checked(amount: object) -> Decimal:
        if _PER[rule] == "asset" and not _ASSET.fullmatch(asset):
            raise Wrong('must be the name of an asset, like "BTC"')
        return _number(amount)

    return checked


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


def _channel(name: str, value: object, refuse: Refuse) -> ChannelConfig | None:
    """Return a channel; None for one that nothing can be told."""
    here = ("channels", name)
    if not _NAME.fullmatch(name):
        refuse(Wrong("a channel's name is letters, digits, '_' and '-'", below=here))
        return None
    if not isinstance(value, dict):
        url = _kept(_url, value, here, refuse)
        return None if url is None else ChannelConfig(given=url)
    made = _table(value, here, {"url": _url, "least": _one_of(_SEVERITIES)}, refuse)
    if "url" not in value:
        refuse(Wrong("must name a url", below=here))
    return ChannelConfig(given=made["url"], least=made.get("least", "info")) if "url" in made else None


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


def _is_table(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Wrong("must be a table")
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
    "channels": _is_table,
    "rules": _is_table,
}
