"""A configuration is read whole, or refused with its file, line and key."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest

from account_cli.config import AccountConfig, Config, load_config
from account_cli.config.lines import line_of
from account_cli.errors import ConfigError, InputError
from account_cli.reconciliation import Tolerance

VENUES = ("binanceusdm", "hyperliquid", "kraken")


def load(tmp_path: Path, text: str, env: dict[str, str] | None = None, mode: int = 0o600) -> Config:
    file = tmp_path / "config.toml"
    file.write_text(text)
    file.chmod(mode)
    return load_config(file, {} if env is None else env, home=tmp_path, venues=lambda: VENUES)


def test_without_a_file_everything_has_its_default(tmp_path: Path) -> None:
    config = load_config(None, {}, home=tmp_path, venues=lambda: VENUES)
    assert config.path is None
    assert config.database == tmp_path / ".local/share/acct/acct.db"
    assert (config.currency, config.pegged) == ("USD", ("USDT", "USDC", "DAI", "FDUSD"))
    account = config.account("kraken")
    assert (account.exchange, account.poll_interval, account.keepalive, account.timeout) == ("kraken", 60.0, 4.0, 10.0)
    assert (account.reconnect_delay, account.reconnect_max_delay, account.rate_limit) == (1.0, 10.0, True)


def test_the_environment_names_every_place(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text('currency = "eur"\ndata_dir = "/from/file"\n')
    env = {
        "ACCT_CONFIG": "~/own.toml",
        "XDG_DATA_HOME": "/xdg/data",
        "XDG_CACHE_HOME": "relative/is/ignored",
        "XDG_STATE_HOME": "/xdg/state",
    }
    config = load_config(None, env, home=tmp_path)
    assert (config.currency, config.data_dir) == ("EUR", Path("/from/file"))
    assert (config.cache_dir, config.state_dir) == (tmp_path / ".cache/acct", Path("/xdg/state/acct"))
    assert load_config(None, {**env, "ACCT_DATA_DIR": "/mine"}, home=tmp_path).database == Path("/mine/acct.db")


def test_the_xdg_file_is_found_by_itself(tmp_path: Path) -> None:
    (tmp_path / "acct").mkdir()
    (tmp_path / "acct/config.toml").write_text("[accounts.kraken]\n")
    config = load_config(None, {"XDG_CONFIG_HOME": str(tmp_path)}, home=tmp_path / "nowhere", venues=lambda: VENUES)
    assert [account.exchange for account in config.select()] == ["kraken"]


def test_a_whole_account(tmp_path: Path) -> None:
    config = load(
        tmp_path,
        """
poll_interval = "5m"
keepalive = "2500ms"
[accounts.main]
exchange = "kraken"
user = "alice"
sandbox = true
rate_limit = false
symbols = ["BTC/USD", "BTC/USDT:USDT"]
strategy = { fills = "poll", transfers = "off" }
timeout = 3
[accounts.main.urls.api]
public = "http://127.0.0.1:8000/"
ws = { private = "ws://127.0.0.1:8000" }
""",
    )
    account = config.account("main")
    assert account == AccountConfig(
        name="main",
        exchange="kraken",
        user="alice",
        sandbox=True,
        rate_limit=False,
        symbols=frozenset({"BTC/USD", "BTC/USDT:USDT"}),
        strategies={"fills": "poll", "transfers": "off"},
        timeout=3.0,
        poll_interval=300.0,
        keepalive=2.5,
        urls={"api": {"public": "http://127.0.0.1:8000", "ws": {"private": "ws://127.0.0.1:8000"}}},
        file=str(tmp_path / "config.toml"),
        line=5,
    )
    settings = account.reader_settings({"MAIN_API_KEY": "key-of-main", "MAIN_API_SECRET": "secret-of-main"})
    assert (settings.account, settings.venue, settings.timeout_s, settings.keepalive_s) == ("main", "kraken", 3.0, 2.5)
    assert (settings.symbols, settings.sandbox, settings.rate_limit) == (account.symbols, True, False)
    assert config.account("binanceusdm").poll_interval == 300.0, "the times at the top hold for unwritten accounts too"


BAD = {
    "unknown key at the top": ('curency = "USD"', 1, "curency", "unknown key", "'currency'"),
    "unknown key of an account": (
        "[accounts.a]\nexchange = 'kraken'\napi_kye = 'x'",
        3,
        "accounts.a.api_kye",
        "unknown key",
        "'api_key'",
    ),
    "syntax": ("a = 1\nb = = 2", 2, None, "not TOML", None),
    "unclosed table": ("[accounts\n", 1, None, "not TOML", None),
    "key given twice": ("timeout = 1\ntimeout = 2", 2, None, "not TOML", None),
    "kind of a value": ("\n\ntimeout = true", 3, "timeout", "must be seconds", None),
    "time of zero": ("keepalive = 0", 1, "keepalive", "more than 0", None),
    "negative time": ("[accounts.a]\ntimeout = -1", 2, "accounts.a.timeout", "more than 0", None),
    "infinite time": ("timeout = inf", 1, "timeout", "more than 0", None),
    "not a time": ('timeout = "soon"', 1, "timeout", "must be seconds", None),
    "time of a week": ('poll_interval = "200h"', 1, "poll_interval", "at most a day", None),
    "delays upside down": ("reconnect_delay = 90", 1, "reconnect_delay", "more than reconnect_max_delay", None),
    "delays of an account": (
        "[accounts.a]\nreconnect_delay = 2\nreconnect_max_delay = 1",
        3,
        "accounts.a.reconnect_max_delay",
        "less than",
        None,
    ),
    "kind of data": (
        "[accounts.a]\nstrategy = { fils = 'poll' }",
        2,
        "accounts.a.strategy.fils",
        "unknown kind",
        "'fills'",
    ),
    "strategy": ("[accounts.a.strategy]\nfills = 'pol'", 2, "accounts.a.strategy.fills", "unknown strategy", "'poll'"),
    "symbol": ("[accounts.a]\nsymbols = ['BTCUSD']", 2, "accounts.a.symbols", "not a unified symbol", None),
    "symbols no list": ("[accounts.a]\nsymbols = 'BTC/USD'", 2, "accounts.a.symbols", "must be a list", None),
    "address": (
        "[accounts.a.urls.api]\npublic = 'ftp://x'",
        2,
        "accounts.a.urls.api.public",
        "must be an address",
        None,
    ),
    "flag": ("[accounts.a]\nsandbox = 'yes'", 2, "accounts.a.sandbox", "true or false", None),
    "currency": ("currency = 'US Dollar'", 1, "currency", "name of an asset", None),
    "accounts no table": ("accounts = 3", 1, "accounts", "must be a table", None),
    "account no table": ("[accounts]\na = 3", 2, "accounts.a", "must be a table", None),
    "name of an account": ('[accounts."a b"]\nexchange = "kraken"', 1, "accounts.a b", "name is letters", None),
    "inbox no table": ("inbox = 3", 1, "inbox", "must be a table", None),
    "unknown key of the inbox": ("[inbox]\nkeep_dys = 1", 2, "inbox.keep_dys", "unknown key", "'keep_days'"),
    "days of the inbox": ("[inbox]\nkeep_days = 0", 2, "inbox.keep_days", "from 1 to 3650 days", None),
    "part of a day of the inbox": ("[inbox]\nkeep_days = 1.5", 2, "inbox.keep_days", "whole number of days", None),
    "size of the inbox": ("[inbox]\nmax_mb = -1", 2, "inbox.max_mb", "from 1 to", None),
    "size of the inbox, a text": ("[inbox]\nmax_mb = '1 GB'", 2, "inbox.max_mb", "whole number of megabytes", None),
    "retention no table": ("retention = 3", 1, "retention", "must be a table", None),
    "days of observations": ("[retention]\nobservations_days = 0", 2, "retention.observations_days", "from 1 to", None),
    "positions too often": (
        "[retention]\npositions_every = '29s'",
        2,
        "retention.positions_every",
        "from 30 s to",
        None,
    ),
    "fills that are to go": ("[retention]\nfills_days = 90", 2, "retention.fills_days", "kept for good", "acct export"),
    "facts that are to go": (
        "[retention]\nledger_days = 9",
        2,
        "retention.ledger_days",
        "kept for good",
        "acct export",
    ),
    "timescale, in words": ("[storage]\ntimescale = 'yes'", 2, "storage.timescale", '"auto", "on" or "off"', None),
    "reconcile no table": ("reconcile = 3", 1, "reconcile", "must be a table", None),
    "unknown key of reconcile": (
        "[reconcile]\ntolerence = 'exact'",
        2,
        "reconcile.tolerence",
        "unknown",
        "'tolerance'",
    ),
    "cadence too fast": ("[reconcile]\nevery = '4s'", 2, "reconcile.every", "from 5 s to", None),
    "settle too long": ("[reconcile]\nsettle = '2m'", 2, "reconcile.settle", "from 1 s to 90 s", None),
    "preset of a tolerance": ("[reconcile]\ntolerance = 'exakt'", 2, "reconcile.tolerance", "must be", "'exact'"),
    "number of a tolerance": (
        "[reconcile]\ntolerance = { balance = 0.1 }",
        2,
        "reconcile.tolerance.balance",
        "exact number in quotes",
        None,
    ),
    "key of a tolerance": (
        "[reconcile.tolerance]\nbalnce = '1'",
        2,
        "reconcile.tolerance.balnce",
        "unknown",
        "'balance'",
    ),
    "dust as a fraction": ("[reconcile.dust]\nBTC = 0.00000001", 2, "reconcile.dust.BTC", "exact number", None),
    "dust below zero": ("[reconcile.dust.kraken]\nBTC = '-1'", 2, "reconcile.dust.kraken.BTC", "exact number", None),
    "dust of no asset": ("[reconcile.dust]\n'B C' = '1'", 2, "reconcile.dust.B C", "name of an asset", None),
    "dust of no venue": (
        "[reconcile.dust.krakn]\nBTC = '1'",
        1,
        "reconcile.dust.krakn",
        "unknown exchange",
        "'kraken'",
    ),
    "correct, in words": ("[reconcile]\nauto_correct = 'yes'", 2, "reconcile.auto_correct", "true or false", None),
    "secret of a wrong kind": ("[accounts.a]\nsecret = 12345678", 2, "accounts.a.secret", "must be a text", None),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_wrong_is_named_by_file_line_and_key(tmp_path: Path, case: str) -> None:
    text, line, key, message, hint = BAD[case]
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, text)
    error = caught.value
    assert (error.file, error.line, error.key) == (str(tmp_path / "config.toml"), line, key)
    assert message in error.message
    assert "\n" not in error.message
    assert hint is None or hint in (error.hint or "")
    assert "12345678" not in error.message


def test_bytes_that_are_no_text_are_refused_with_their_line(tmp_path: Path) -> None:
    file = tmp_path / "c.toml"
    file.write_bytes(b'currency = "USD"\nx = "\xff"\n')
    with pytest.raises(ConfigError, match="not UTF-8") as caught:
        load_config(file, {})
    assert caught.value.line == 2


def test_a_named_file_must_be_there(tmp_path: Path) -> None:
    for path, env in ((tmp_path / "no.toml", {}), (None, {"ACCT_CONFIG": str(tmp_path / "no.toml")})):
        with pytest.raises(ConfigError, match="no such file"):
            load_config(path, env, home=tmp_path)
    with pytest.raises(ConfigError, match="cannot be read"):
        load_config(tmp_path, {})


def test_an_unknown_account_gets_the_nearest_name(tmp_path: Path) -> None:
    config = load(tmp_path, "[accounts.savings]\nexchange = 'kraken'")
    for wrong, right in (("saving", "savings"), ("krakn", "kraken"), ("Kraken", "kraken")):
        with pytest.raises(InputError) as caught:
            config.account(wrong)
        assert repr(right) in (caught.value.hint or "")
    with pytest.raises(InputError) as caught:
        config.account("zzz")
    assert "[accounts.zzz]" in (caught.value.hint or "")


def test_an_unknown_exchange_is_named_with_its_line(tmp_path: Path) -> None:
    config = load(tmp_path, "[accounts.main]\nuser = 'bob'\nexchange = 'krakken'")
    with pytest.raises(ConfigError) as caught:
        config.account("main")
    assert (caught.value.line, caught.value.key) == (3, "accounts.main.exchange")
    assert "'kraken'" in (caught.value.hint or "")


def test_accounts_are_selected_once_each_and_in_order(tmp_path: Path) -> None:
    config = load(tmp_path, "[accounts.b]\nexchange='kraken'\n[accounts.a]\nexchange='kraken'")
    assert [account.name for account in config.select()] == ["b", "a"]
    assert [account.name for account in config.select(["@all"])] == ["b", "a"]
    assert [account.name for account in config.select(["kraken", "a", "kraken"])] == ["kraken", "a"]
    with pytest.raises(ConfigError, match="no account is configured"):
        load_config(None, {}, home=tmp_path, venues=lambda: VENUES).select()


def test_lines_are_found_past_comments_texts_and_tables() -> None:
    text = '# x = 1\nnote = """\nx = 2\n"""\nx = 3\n[a."b.c"]\n[a.d]\nx.y = 4\n'
    assert line_of(text, ("x",)) == 5
    assert line_of(text, ("a", "b.c")) == 6
    assert line_of(text, ("a", "d", "x", "y")) == 8
    assert line_of(text, ("a", "d", "nothing")) == 7
    assert line_of(text, ("nothing",)) is None


def test_the_example_is_a_configuration(tmp_path: Path) -> None:
    example = Path(__file__).parents[3] / "config.toml.example"
    config = load_config(example, {}, home=tmp_path, venues=lambda: VENUES)
    assert config.account("main").exchange == "kraken"
    whole = load(tmp_path, re.sub(r"(?m)^# (?=\[[a-z]|[A-Za-z_]+ = )", "", example.read_text()))
    assert set(whole.accounts) == {"main"}
    assert set(whole.reconcile.tolerance_at("kraken").dust) == {"BTC", "USD"}
    assert set(whole.alerts.channels) == {"hook", "mail"}


def test_a_key_that_writes_is_allowed_for_one_account_in_the_file_and_for_all_by_the_option(tmp_path: Path) -> None:
    config = load(tmp_path, '[accounts.kraken]\nallow_writable_key = true\n[accounts.other]\nexchange = "kraken"\n')
    assert [account.allow_writable_key for account in config.select()] == [True, False]
    allowed = config.with_writable_keys()
    assert [account.allow_writable_key for account in allowed.select()] == [True, True]
    assert allowed.account("binanceusdm").allow_writable_key
    assert not config.account("binanceusdm").allow_writable_key


def test_how_to_reconcile_has_defaults_and_a_dust_rule_for_every_venue_or_one(tmp_path: Path) -> None:
    plain = load(tmp_path, "").reconcile
    assert (plain.every, plain.settle, plain.auto_correct, plain.tolerance_at("kraken")) == (60, 5, False, Tolerance())
    said = load(
        tmp_path,
        """
[reconcile]
every = "5s"
tolerance = "b25"
auto_correct = true
dust = { BTC = "0.00000001", USD = "0.01", kraken = { USD = "0.0001" } }
""",
    ).reconcile
    assert (said.every, said.auto_correct) == (5.0, True)
    assert said.tolerance_at("binanceusdm").dust == {"BTC": Decimal("1E-8"), "USD": Decimal("0.01")}
    kraken = said.tolerance_at("kraken")
    assert kraken.dust == {"BTC": Decimal("1E-8"), "USD": Decimal("0.0001")}
    assert (kraken.balance, kraken.position) == (Decimal("0.00001"), Decimal("0.0001"))
    numbers = load(tmp_path, '[reconcile]\ntolerance = { balance = "0.5" }').reconcile.tolerance
    assert (numbers.balance, numbers.position) == (Decimal("0.5"), Decimal(0))


@pytest.mark.parametrize("key", ["private_key", "privateKey", "walletPrivateKey", "mnemonic"])
def test_a_private_key_has_no_place_in_a_configuration(tmp_path: Path, key: str) -> None:
    with pytest.raises(ConfigError) as refused:
        load(tmp_path, f'[accounts.hyperliquid]\n{key} = "{"5e" * 32}"\n')
    assert "never takes" in str(refused.value.hint)
    assert "5e5e" not in str(refused.value)
