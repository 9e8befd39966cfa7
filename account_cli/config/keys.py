"""Every key that a configuration may hold, and what it may be: the one list that loading, help and tests share."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from account_cli.config.log import COMPONENTS, FORMATS, LEVELS
from account_cli.config.nearest import did_you_mean
from account_cli.config.references import is_reference, wrong_form
from account_cli.config.secrets import SECRETS, SUFFIXES
from account_cli.domain.health import DATA_KINDS
from account_cli.domain.instruments import from_symbol
from account_cli.domain.money import ZERO, decimal
from account_cli.ports import Location
from account_cli.ports.location import located, redis_url
from account_cli.reconciliation import PRESETS, Tolerance

TIMES = (
    "reconnect_delay",
    "reconnect_max_delay",
    "keepalive",
    "timeout",
    "poll_interval",
    "forbidden_wait",
    "key_interval",
)
_STRATEGIES = ("stream", "poll", "off")
_TIMESCALE = ("auto", "on", "off")
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h)", re.ASCII)
_UNIT = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_LONGEST = 86_400.0
_PREFIX = re.compile(r"[A-Za-z0-9._:-]{0,64}")
_ASSET = re.compile(r"[A-Za-z0-9._-]{1,20}")


class Wrong(ValueError):
    """A value is not what its key may hold; ``below`` names the part of a table that is wrong."""

    def __init__(self, message: str, *, below: tuple[str, ...] = (), hint: str | None = None) -> None:
        super().__init__(message)
        self.message, self.below, self.hint = message, below, hint


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise Wrong("must be a text in quotes")
    if not value.strip() or not value.isprintable():
        raise Wrong("must be a text of one line that is not empty")
    return value.strip()


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise Wrong("must be true or false")
    return value


def seconds(value: object) -> float:
    """Read a waiting time: seconds as a number, or a text like ``"90s"``, ``"5m"``, ``"1h"``, ``"500ms"``."""
    if isinstance(value, str) and (match := _DURATION.fullmatch(value.strip())):
        value = float(match[1]) * _UNIT[match[2]]
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise Wrong('must be seconds, or a text like "90s" or "5m"')
    if not math.isfinite(value) or value <= 0:
        raise Wrong("must be more than 0 s")
    if value > _LONGEST:
        raise Wrong("must be at most a day")
    return float(value)


def _seconds(least: float, most: float) -> Callable[[object], float]:
    def checked(value: object) -> float:
        found = seconds(value)
        if not least <= found <= most:
            raise Wrong(f"must be from {least:g} s to {most:g} s")
        return found

    return checked


def _whole(most: int, unit: str) -> Callable[[object], int]:
    def checked(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise Wrong(f"must be a whole number of {unit}")
        if not 1 <= value <= most:
            raise Wrong(f"must be from 1 to {most} {unit}")
        return value

    return checked


def _asset(value: object) -> str:
    if not isinstance(value, str) or not _ASSET.fullmatch(value):
        raise Wrong('must be the name of an asset, like "USD"')
    return value.upper()


def _list_of(check: Callable[[object], str]) -> Callable[[object], tuple[str, ...]]:
    def checked(value: object) -> tuple[str, ...]:
        if not isinstance(value, list):
            raise Wrong('must be a list, like ["..."]')
        return tuple(dict.fromkeys(check(item) for item in value))

    return checked


def _symbol(value: object) -> str:
    text = _text(value)
    try:
        from_symbol(text)
    except ValueError:
        raise Wrong(f'not a unified symbol: {text!r}; they look like "BTC/USD" or "BTC/USDT:USDT"') from None
    return text


def _symbols(value: object) -> frozenset[str]:
    return frozenset(_list_of(_symbol)(value))


def _strategy(value: object) -> dict[str, str]:
    if not isinstance(value, dict):
        raise Wrong('must be a table, like { fills = "poll" }')
    for kind, how in value.items():
        if kind not in DATA_KINDS:
            raise Wrong(
                "unknown kind of data", below=(kind,), hint=did_you_mean(kind, DATA_KINDS) or _one_of(DATA_KINDS)
            )
        if how not in _STRATEGIES:
            raise Wrong(
                "unknown strategy", below=(kind,), hint=did_you_mean(str(how), _STRATEGIES) or _one_of(_STRATEGIES)
            )
    return dict(value)


def _urls(value: object, below: tuple[str, ...] = ()) -> dict[str, object]:
    if not isinstance(value, dict):
        raise Wrong("must be a table of addresses", below=below)
    return {key: _url(item, (*below, key)) for key, item in value.items()}


def _url(value: object, below: tuple[str, ...]) -> object:
    if isinstance(value, dict):
        return _urls(value, below)
    if not isinstance(value, str) or not re.match(r"(https?|wss?)://[^\s/]", value):
        raise Wrong("must be an address that starts with https://, wss://, http:// or ws://", below=below)
    return value.rstrip("/")


def _amount(value: object, below: tuple[str, ...] = ()) -> Decimal:
    """Read an exact number: a text, for a bare number in TOML is a binary fraction."""
    try:
        found = decimal(value) if isinstance(value, str) else None
    except ValueError:
        found = None
    if found is None or found < 0:
        raise Wrong('must be an exact number in quotes, like "0.00000001"', below=below)
    return found


def _tolerance(value: object) -> Tolerance:
    if isinstance(value, str) and value in PRESETS:
        return PRESETS[value]
    names = ("balance", "position")
    if not isinstance(value, dict):
        text = did_you_mean(value, PRESETS) if isinstance(value, str) else None
        raise Wrong('must be "exact", "b25" or a table, like { balance = "0.00001", position = "0.0001" }', hint=text)
    for key in value:
        if key not in names:
            raise Wrong("unknown key", below=(key,), hint=did_you_mean(key, names) or _one_of(names))
    given = {key: _amount(amount, (key,)) for key, amount in value.items()}
    return Tolerance(balance=given.get("balance", ZERO), position=given.get("position", ZERO))


def _dust(value: object) -> dict[str, Decimal | dict[str, Decimal]]:
    if not isinstance(value, dict):
        raise Wrong('must be a table, like { BTC = "0.00000001" }')
    found: dict[str, Decimal | dict[str, Decimal]] = {}
    for key, inner in value.items():
        if isinstance(inner, dict):
            found[key] = {_dusty(asset, (key,)): _amount(amount, (key, asset)) for asset, amount in inner.items()}
        else:
            found[_dusty(key, ())] = _amount(inner, (key,))
    return found


def _dusty(asset: str, below: tuple[str, ...]) -> str:
    if not _ASSET.fullmatch(asset):
        raise Wrong('must be the name of an asset, like "USD"', below=(*below, asset))
    return asset


def _one_of(names: tuple[str, ...]) -> str:
    return f"one of: {', '.join(names)}"


def secret_keys() -> tuple[str, ...]:
    """Return the keys that hold a secret or say where it is."""
    return tuple(f"{key}{suffix}" for key in SECRETS for suffix in SUFFIXES)


_TIMES: dict[str, Callable[[Any], Any]] = dict.fromkeys(TIMES, seconds)
TOP_KEYS: dict[str, Callable[[Any], Any]] = {
    "currency": _asset,
    "pegged": _list_of(_asset),
    "data_dir": _text,
    "cache_dir": _text,
    **_TIMES,
}


def _reference(value: object) -> str | None:
    """Return what says where the value is, None for the value itself."""
    text = _text(value)
    form = wrong_form(text)
    if form is not None:
        raise Wrong(f"this reference would have to look like {form}")
    return text if is_reference(text) else None


def _secret(value: object) -> str:
    return _reference(value) or _text(value)


def _database(value: object) -> Location:
    text = _reference(value)
    if text is not None:
        return text
    text = _text(value)
    try:
        return located(text)
    except ValueError as wrong:
        raise Wrong(str(wrong), hint='"sqlite:////home/me/acct.db" or "postgresql://user@host/database"') from None


def _redis(value: object) -> str:
    reference = _reference(value)
    if reference is not None:
        return reference
    try:
        return redis_url(_text(value))
    except ValueError as wrong:
        raise Wrong(str(wrong), hint='"redis://host:6379/0", or "rediss://…" with TLS') from None


def _prefix(value: object) -> str:
    if not isinstance(value, str) or not _PREFIX.fullmatch(value):
        raise Wrong('must be letters, digits, ".", "_", "-" and ":", like "acct:"')
    return value


def _choice(names: tuple[str, ...]) -> Callable[[object], str]:
    def checked(value: object) -> str:
        if value not in names:
            raise Wrong(f"must be {_one_of(names)}", hint=did_you_mean(str(value), names))
        return str(value)

    return checked


def _levels(value: object) -> dict[str, str]:
    if not isinstance(value, dict):
        raise Wrong('must be a table, like { storage = "debug" }')
    checked = _choice(LEVELS)
    done = {}
    for component, level in value.items():
        if str(component).partition(".")[0] not in COMPONENTS:
            hint = did_you_mean(component, COMPONENTS) or _one_of(COMPONENTS)
            raise Wrong("unknown component", below=(component,), hint=hint)
        try:
            done[component] = checked(level)
        except Wrong as wrong:
            raise Wrong(wrong.message, below=(component,), hint=wrong.hint) from None
    return done


def _timescale(value: object) -> str:
    if value not in _TIMESCALE:
        raise Wrong('must be "auto", "on" or "off"')
    return str(value)


def _facts(_: object) -> None:
    raise Wrong(
        "facts are kept for good: the journal has no gaps, and what is held follows from its first line on",
        hint="take the key out; acct export archives facts, and docs/retention.md says why none is removed",
    )


STORAGE_KEYS: dict[str, Callable[[Any], Any]] = {
    "database": _database,
    "timescale": _timescale,
    "redis": _redis,
    "redis_prefix": _prefix,
}
RETENTION_KEYS: dict[str, Callable[[Any], Any]] = {
    "observations_days": _whole(3650, "days"),
    "proofs_days": _whole(3650, "days"),
    "snapshots_days": _whole(3650, "days"),
    "positions_every": _seconds(30.0, _LONGEST),
    "outbox_days": _whole(3650, "days"),
    "fills_days": _facts,
    "ledger_days": _facts,
}
INBOX_KEYS: dict[str, Callable[[Any], Any]] = {
    "keep_days": _whole(3650, "days"),
    "max_mb": _whole(1_000_000, "megabytes"),
}
RECONCILE_KEYS: dict[str, Callable[[Any], Any]] = {
    "every": _seconds(5.0, _LONGEST),
    "settle": _seconds(1.0, 90.0),
    "tolerance": _tolerance,
    "auto_correct": _flag,
    "dust": _dust,
}
LOG_KEYS: dict[str, Callable[[Any], Any]] = {
    "level": _choice(LEVELS),
    "format": _choice(FORMATS),
    "output": _text,
    "levels": _levels,
    "traces": _flag,
}
ACCOUNT_KEYS: dict[str, Callable[[Any], Any]] = {
    "exchange": _text,
    "user": _text,
    **dict.fromkeys(secret_keys(), _text),
    **dict.fromkeys(SECRETS, _secret),
    "wallet_address": _text,
    "urls": _urls,
    "sandbox": _flag,
    "symbols": _symbols,
    "strategy": _strategy,
    "rate_limit": _flag,
    "allow_writable_key": _flag,
    **_TIMES,
}
