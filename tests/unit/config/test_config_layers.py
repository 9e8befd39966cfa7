"""The file, a profile of it and the environment lie over one another, and an error names the layer that is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from account_cli.config import load_config
from account_cli.config.catalogue import ANY
from account_cli.config.environment import from_environment
from account_cli.config.known import KEYS
from account_cli.config.layers import Origin
from account_cli.config.load import read_document
from account_cli.errors import ConfigError

FILE = """
currency = "EUR"
timeout = 3
[accounts."my.kraken"]
exchange = "kraken"
strategy = { fills = "poll", orders = "poll" }
[profiles.test]
currency = "USD"
[profiles.test.accounts."my.kraken"]
sandbox = true
strategy = { fills = "off" }
[profiles.other]
timeout = 9
"""


def written(folder: Path, text: str = FILE) -> Path:
    file = folder / "c.toml"
    file.write_text(text)
    file.chmod(0o600)
    return file


def test_a_profile_lies_over_the_file_and_the_environment_over_both(tmp_path: Path) -> None:
    file = written(tmp_path)
    plain, test = load_config(file, {}), load_config(file, {}, profile="test")
    assert (plain.currency, test.currency, test.profile) == ("EUR", "USD", "test")
    mine = test.accounts["my.kraken"]
    assert (plain.accounts["my.kraken"].sandbox, mine.sandbox, mine.exchange) == (False, True, "kraken")
    assert mine.strategies == {"fills": "off", "orders": "poll"}
    assert load_config(file, {"ACCT_PROFILE": "other"}).accounts["my.kraken"].timeout == 9
    env = {"ACCT_PROFILE": "test", "ACCT_CURRENCY": "gbp", "ACCT_ACCOUNTS__MY_KRAKEN__SANDBOX": "false"}
    over = load_config(file, env)
    assert (over.currency, over.accounts["my.kraken"].sandbox) == ("GBP", False)


def test_a_variable_is_read_as_what_its_key_holds(tmp_path: Path) -> None:
    env = {
        "ACCT_PEGGED": "USDT, DAI",
        "ACCT_TIMEOUT": "2.5",
        "ACCT_POLL_INTERVAL": "5m",
        "ACCT_INBOX__KEEP_DAYS": "3",
        "ACCT_RECONCILE__TOLERANCE": '{ balance = "0.1" }',
        "ACCT_RECONCILE__DUST__BTC": "0.001",
        "ACCT_RECONCILE__DUST__KRAKEN__USD": "0.01",
        "ACCT_ALERTS__HIDE_AMOUNTS": "true",
        "ACCT_ALERTS__RULES__LOW_BALANCE__THRESHOLD": "0.5",
        "ACCT_ALERTS__CHANNELS__HOOK": "https://example.org/x",
        "ACCT_ACCOUNTS__MINE__EXCHANGE": "kraken",
        "ACCT_ACCOUNTS__MINE__SYMBOLS": '["BTC/USD"]',
        "ACCT_ACCOUNTS__MINE__STRATEGY__FILLS": "poll",
        "ACCT_LOG__LEVELS__STORAGE": "debug",
        "ACCT_TEST_POSTGRES": "is another program's",
    }
    config = load_config(None, env, home=tmp_path)
    mine = config.accounts["mine"]
    assert (config.pegged, mine.timeout, mine.poll_interval, config.inbox.keep_days) == (("USDT", "DAI"), 2.5, 300, 3)
    assert mine.symbols == frozenset({"BTC/USD"})
    assert dict(mine.strategies) == {"fills": "poll"}
    assert str(config.reconcile.tolerance_at("x").balance) == "0.1"
    assert {name: str(value) for name, value in config.reconcile.tolerance_at("KRAKEN").dust.items()} == {
        "BTC": "0.001",
        "USD": "0.01",
    }
    assert config.alerts.hide_amounts
    assert str(config.alerts.settings.rules["LOW_BALANCE"].threshold) == "0.5"
    assert (set(config.alerts.channels), config.log.levels) == ({"hook"}, {"storage": "debug"})


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key.dotted)
def test_every_key_has_a_variable(key: object) -> None:
    path = key.path  # type: ignore[attr-defined]
    variable = "ACCT_" + "__".join("MINE" if part == ANY else part.upper() for part in path)
    given = from_environment({variable: "x"}, {})
    if path in {("data_dir",), ("cache_dir",)}:
        assert given == []  # read with the other places
        return
    ((found, _, said),) = given
    assert said == variable
    assert [part for part, known in zip(found, path, strict=True) if known != ANY] == [p for p in path if p != ANY]


@pytest.mark.parametrize(
    ("name", "value", "message", "hint"),
    [
        ("ACCT_STORAGE__REDS", "x", "means no key", "ACCT_STORAGE__REDIS"),
        ("ACCT_INBOX__KEEP_DAYS", "many", "whole number of days", None),
        ("ACCT_TIMEOUT", "soon", "must be seconds", None),
        ("ACCT_LOG__LEVEL", "loud", "one of: debug", None),
        ("ACCT_ACCOUNTS__MINE__SANDBOX", "maybe", "true or false", None),
        ("ACCT_STORAGE__REDIS_FILE", "/nowhere", "cannot be read", None),
        ("ACCT_CURRENCY_FILE", "x", None, None),
        ("ACCT_INBOX__KEEP_DAYS_FILE", "x", "means no key", None),
    ],
)
def test_a_wrong_variable_is_named(
    tmp_path: Path, name: str, value: str, message: str | None, hint: str | None
) -> None:
    if message is None:
        load_config(None, {name: value}, home=tmp_path)
        return
    with pytest.raises(ConfigError, match=message) as caught:
        load_config(None, {name: value}, home=tmp_path)
    assert name in caught.value.message
    assert hint is None or hint in str(caught.value.hint)


def test_a_secret_value_may_be_in_a_file_that_a_variable_names(tmp_path: Path) -> None:
    secret = tmp_path / "url"
    secret.write_text("redis://:hunter22@host/0\n")
    secret.chmod(0o600)
    assert (
        load_config(None, {"ACCT_STORAGE__REDIS_FILE": str(secret)}, home=tmp_path).redis == "redis://:hunter22@host/0"
    )
    secret.chmod(0o644)
    with pytest.raises(ConfigError, match="may be read by others") as caught:
        load_config(None, {"ACCT_STORAGE__REDIS_FILE": str(secret)}, home=tmp_path)
    assert "hunter22" not in str(caught.value)


def test_a_secret_of_the_environment_asks_nothing_of_the_file(tmp_path: Path) -> None:
    file = written(tmp_path, "[accounts.kraken]\n")
    file.chmod(0o644)
    assert load_config(file, {"ACCT_ACCOUNTS__KRAKEN__SECRET": "hunter22"}).accounts["kraken"].keys.holds_secret
    file.write_text("[profiles.p.accounts.kraken]\nsecret = 'hunter22'\n")
    with pytest.raises(ConfigError, match="may be read by others"):
        load_config(file, {})


@pytest.mark.parametrize(
    ("text", "profile", "line", "key", "message"),
    [
        ("[profiles.p]\ncurency = 'USD'", None, 2, "profiles.p.curency", "unknown key"),
        ("[profiles.p]\ncurency = 'USD'", "p", 2, "profiles.p.curency", "unknown key"),
        ("[profiles.p.accounts.a]\n[profiles.p.inbox]\nkeep_days = 0", None, 3, "profiles.p.inbox.keep_days", "from 1"),
        ("timeout = 1\n[profiles.p]\nreconnect_delay = 50", "p", 3, "profiles.p.reconnect_delay", "more than"),
        ("[profiles.p]\n[profiles.p.profiles.q]\n", None, 2, "profiles.p.profiles", "unknown key"),
        ("profiles = 3", None, 1, "profiles", "must be a table"),
        ("[profiles]\np = 3", None, 2, "profiles.p", "must be a table"),
        ("[profiles.test]\n", "tset", None, None, "no profile 'tset'"),
    ],
)
def test_a_wrong_profile_is_refused_whether_it_is_in_use_or_not(
    tmp_path: Path, text: str, profile: str | None, line: int | None, key: str | None, message: str
) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        load_config(written(tmp_path, text), {}, profile=profile)
    assert (caught.value.line, caught.value.key) == (line, key)


def test_each_value_knows_where_it_came_from(tmp_path: Path) -> None:
    document = read_document(written(tmp_path), {"ACCT_TIMEOUT": "1"}, profile="test")
    document.config()
    origin = document.layers.origin
    assert origin(("currency",)) == Origin("profile", document.file, 8)
    assert origin(("timeout",)) == Origin("environment", variable="ACCT_TIMEOUT")
    assert origin(("accounts", "my.kraken", "exchange")) == Origin("file", document.file, 5)
    assert str(origin(("accounts", "my.kraken", "sandbox"))) == f"{document.file}:10"
    assert str(origin(("keepalive",))) == "default"
