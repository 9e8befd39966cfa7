"""``acct config`` begins, shows and changes the configuration as a person meets it; no secret is shown by any of it."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import tomllib
from pathlib import Path

import pytest

from tests.cli.running import ACCT, acct, environment

CANARY = "canary-4f1d9b7e55aa"
FILE = f"""# mine
currency = "EUR"   # not dollars

[storage]
redis = "redis://user:{CANARY}@cache/0"  # a cache
[alerts.channels]
hook = "https://example.org/{CANARY}"
phone = "tgram://{CANARY}/1"
[accounts.main]    # the first one
exchange = "kraken"
api_key = "{CANARY}"
secret = "cmd:tell {CANARY}"
passphrase_command = "tell {CANARY}"
[profiles.test]
data_dir = "/srv/test"
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    file = tmp_path / ".config/acct/config.toml"
    file.parent.mkdir(parents=True)
    file.write_text(FILE)
    file.chmod(0o600)
    return tmp_path


def file_of(home: Path) -> Path:
    return home / ".config/acct/config.toml"


def test_no_secret_is_shown_by_anything(home: Path) -> None:
    for words in (("show",), ("show", "--origin"), ("show", "--json"), ("get", "accounts.main.api_key")):
        done = acct(home, "config", *words)
        assert done.code == 0, done.err
        assert CANARY not in done.out + done.err
    shown = acct(home, "config", "show").out
    assert 'accounts.main.api_key = "[redacted]"' in shown
    assert 'accounts.main.secret = "cmd:tell …"' in shown
    assert 'storage.redis = "redis://user:[redacted]@cache/0"' in shown
    assert 'alerts.channels.hook = "https://example.org/…"' in shown


def test_every_value_says_where_it_came_from(home: Path) -> None:
    file = file_of(home)
    done = acct(home, "--profile", "test", "config", "show", "--json", ACCT_TIMEOUT="3")
    where = {item["key"]: (item["origin"], item["where"]) for item in json.loads(done.out)["items"]}
    assert where["currency"] == ("file", f"{file}:2")
    assert where["data_dir"] == ("profile", f"{file}:15")
    assert where["timeout"] == ("environment", "ACCT_TIMEOUT")
    assert where["accounts.main.timeout"] == ("environment", "ACCT_TIMEOUT")
    assert where["inbox.keep_days"] == ("default", "default")
    assert acct(home, "config", "get", "timeout", "--origin", ACCT_TIMEOUT="3").out == "3  # ACCT_TIMEOUT\n"


def test_one_key_is_changed_and_nothing_else(home: Path) -> None:
    file = file_of(home)
    assert acct(home, "config", "set", "currency", "GBP").code == 0
    assert file.read_text() == FILE.replace('"EUR"', '"GBP"')
    assert acct(home, "config", "set", "accounts.main.symbols", "BTC/USD,ETH/USD").code == 0
    assert acct(home, "config", "set", "accounts.main.poll_interval", "5m").code == 0
    assert tomllib.loads(file.read_text())["accounts"]["main"]["symbols"] == ["BTC/USD", "ETH/USD"]
    assert acct(home, "config", "unset", "accounts.main.symbols").code == 0
    assert acct(home, "config", "unset", "accounts.main.poll_interval").code == 0
    assert file.read_text() == FILE.replace('"EUR"', '"GBP"')
    assert acct(home, "--profile", "new", "config", "set", "inbox.keep_days", "9").code == 0
    assert acct(home, "--profile", "new", "config", "get", "inbox.keep_days").out == "9\n"
    assert acct(home, "config", "get", "inbox.keep_days").out == "7\n"
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_link_to_the_file_stays_a_link(home: Path) -> None:
    real = home / "dotfiles.toml"
    file_of(home).rename(real)
    file_of(home).symlink_to(real)
    assert acct(home, "config", "set", "currency", "GBP").code == 0
    assert file_of(home).is_symlink()
    assert 'currency = "GBP"' in real.read_text()


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("set", "curency", "EUR"), 2, "did you mean 'currency'"),
        (("set", "accounts.main.pol_interval", "5m"), 2, "did you mean 'accounts.main.poll_interval'"),
        (("set", "timeout", "soon"), 8, "must be seconds"),
        (("set", "accounts.main.exchange", "krakn"), 8, "did you mean 'kraken'"),
        (("set", "accounts.main.secret", CANARY), 2, "may not be given as an argument"),
        (("set", "accounts.main.secret", "keyring:only"), 8, "keyring:SERVICE/NAME"),
        (("set", "currency"), 2, "takes a key and its value"),
        (("get",), 2, "takes a key"),
        (("get", "a b"), 2, "no such key"),
        (("get", "x = 1\ny"), 2, "no such key"),
        (("get", "accounts.mian.user"), 2, "did you mean 'main'"),
        (("unset", "timeout"), 2, "is not set"),
        (("path", "--origin"), 2, "belongs to show and get"),
        (("edit",), 2, "one of: init"),
        (("init",), 2, "is there already"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_changes(
    home: Path, words: tuple[str, ...], code: int, said: str
) -> None:
    done = acct(home, "config", *words)
    assert (done.code, done.out) == (code, "")
    assert said in done.err
    assert CANARY not in done.err
    assert file_of(home).read_text() == FILE
    assert [path.name for path in file_of(home).parent.iterdir()] == ["config.toml"]


def test_a_file_that_is_no_toml_is_named_by_its_line(home: Path) -> None:
    file_of(home).write_text('currency = "EUR"\nx = = 1\n')
    for words in (("show",), ("validate",), ("set", "currency", "GBP"), ("get", "currency")):
        done = acct(home, "config", *words)
        assert (done.code, f"{file_of(home)}:2: not TOML" in done.err) == (8, True), done.err


WRONG = """curency = "EUR"
reconnect_delay = 20
reconnect_max_delay = "x"
[storage]
database = "env:NOWHERE"
[alerts.channels]
hook = { url = 5 }
[alerts.rules]
LOW_BALANC = { threshold = 1 }
[log.levels]
storag = "debug"
[accounts.main]
exchange = "krakn"
strategy = { fills = "pol", order = "poll" }
[accounts.two]
exchange = 5
[profiles.test]
currency = 5
[profiles.test.accounts.main]
exchange = "binanc"
"""
ALL_WRONG = [
    "[ACCT_LOG__LEVELL]: means no key of the configuration. hint: did you mean 'ACCT_LOG__LEVEL'? [E-",
    "[storage.database]: the variable NOWHERE is not set. hint: export NOWHERE=… [E-",
    ":1 [curency]: unknown key. hint: did you mean 'currency'? [E-",
    ":3 [reconnect_max_delay]: must be seconds",
    ":7 [alerts.channels.hook.url]: must be a URL",
    ":9 [alerts.rules.LOW_BALANC]: unknown rule. hint: did you mean 'LOW_BALANCE'? [E-",
    ":11 [log.levels.storag]: unknown component. hint: did you mean 'storage'? [E-",
    ":13 [accounts.main.exchange]: unknown exchange 'krakn'. hint: did you mean 'kraken'? [E-",
    ":14 [accounts.main.strategy.fills]: unknown strategy. hint: did you mean 'poll'? [E-",
    ":14 [accounts.main.strategy.order]: unknown kind of data. hint: did you mean 'orders'? [E-",
    ":16 [accounts.two.exchange]: must be a text in quotes",
    ":18 [profiles.test.currency]: must be the name of an asset",
    ":20 [accounts.main.exchange]: unknown exchange 'binanc'. hint: did you mean 'binance'? [E-",
]


def test_everything_that_is_wrong_is_said_at_once_and_nothing_that_only_follows_from_it(home: Path) -> None:
    file_of(home).write_text(WRONG)
    done = acct(home, "config", "validate", ACCT_LOG__LEVELL="info")
    said = done.err.splitlines()
    assert (done.code, done.out, said[-1]) == (8, "", f"note: {file_of(home)}: 13 errors")
    for line, wanted in zip(said, ALL_WRONG, strict=False):
        assert wanted in line
    assert file_of(home).read_text() == WRONG
    told = [json.loads(line)["error"] for line in acct(home, "config", "validate", "--json").err.splitlines()]
    assert len(told) == 12
    assert "did you mean 'currency'?" in [one["hint"] for one in told]


def test_a_file_that_others_may_read_is_said_once_among_what_else_is_wrong(home: Path) -> None:
    file_of(home).write_text(FILE.replace('"EUR"', "5"))
    file_of(home).chmod(0o644)
    first, second, note = acct(home, "config", "validate").err.splitlines()
    assert "may be read by others (mode 0644)" in first
    assert ":2 [currency]: must be the name of an asset" in second
    assert note.endswith(": 2 errors")


def test_a_file_is_begun_without_a_question_and_is_in_order(tmp_path: Path) -> None:
    done = acct(tmp_path, "config", "init", "--no-input")
    assert (done.code, done.out) == (0, "")
    file = file_of(tmp_path)
    assert file.stat().st_mode & 0o777 == 0o600
    assert tomllib.loads(file.read_text()) == {}
    assert "is in order: 0 accounts" in acct(tmp_path, "config", "validate").err
    assert acct(tmp_path, "config", "path").out == f"{file}\n"


def test_a_person_is_asked_until_the_answer_can_be_used(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*ACCT, "config", "init"], stdin=theirs, stdout=theirs, stderr=theirs, env=environment(tmp_path), cwd=tmp_path
    )
    os.close(theirs)
    os.write(ours, b"US Dollar\neur\nkrakn\nkraken\nbad name\nsavings\n")
    said = b""
    while True:
        try:
            part = os.read(ours, 4096)
        except OSError:
            break
        if not part:
            break
        said += part
    os.close(ours)
    assert process.wait(timeout=30) == 0, said
    assert b"must be the name of an asset" in said
    assert b"did you mean 'kraken'" in said
    assert b"name is letters" in said
    assert b"acct accounts key savings" in said
    read = tomllib.loads(file_of(tmp_path).read_text())
    assert read == {"currency": "EUR", "accounts": {"savings": {"exchange": "kraken"}}}


def test_the_schema_names_every_key(tmp_path: Path) -> None:
    found = json.loads(acct(tmp_path, "config", "schema").out)
    assert found["properties"]["storage"]["properties"]["timescale"]["enum"] == ["auto", "on", "off"]
    account = found["properties"]["accounts"]["additionalProperties"]
    assert set(account["properties"]) >= {"exchange", "api_key", "strategy", "poll_interval"}
    assert account["additionalProperties"] is False
    channel = found["properties"]["alerts"]["properties"]["channels"]["additionalProperties"]
    assert [kind["type"] for kind in channel["anyOf"]] == ["string", "object"]
