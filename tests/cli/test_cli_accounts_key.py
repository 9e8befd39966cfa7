"""A key is typed unseen, looked at by the exchange, kept where only its owner reads it, and never shown."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import subprocess
import tomllib
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from account_cli.exchanges.key_pages import key_page
from account_cli.simulator import Simulator
from tests.cli.running import ACCT, Ended, acct, environment

BACKEND = (Path(__file__).parents[1] / "unit/config/test_config_references.py").read_text()
BACKEND = BACKEND.partition("BACKEND = '''")[2].partition("'''\n")[0]
KEY, WRONG = "simulated-key-7", "a-key-of-nobody-at-all"


@pytest.fixture(params=[False])
async def exchange(request: pytest.FixtureRequest) -> AsyncIterator[Simulator]:
    sim = Simulator("kraken", seed=7, rate_limit=False)
    sim.grant(trade=request.param)
    await sim.start()
    yield sim
    await sim.stop()


def urls(sim: Simulator) -> str:
    """Return the addresses of a simulator as the variable of an account wants them."""
    found = tomllib.loads(sim.config_toml("x"))["accounts"]["x"]["urls"]

    def inline(value: object) -> str:
        if isinstance(value, dict):
            return "{ " + ", ".join(f'"{key}" = {inline(inner)}' for key, inner in value.items()) + " }"
        return json.dumps(value)

    return inline(found)


async def typed(home: Path, lines: Sequence[str], *arguments: str, **env: str) -> Ended:
    """Run ``acct`` on a terminal and answer each question, which ends with a colon, with the next line."""
    return await asyncio.to_thread(_typed, home, lines, arguments, env)


def _typed(home: Path, lines: Sequence[str], arguments: Sequence[str], env: dict[str, str]) -> Ended:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*ACCT, *arguments], stdin=theirs, stdout=theirs, stderr=theirs, env=environment(home, **env), cwd=home
    )
    os.close(theirs)
    shown, answers = b"", list(lines)
    while True:
        try:
            part = os.read(ours, 4096)
        except OSError:
            break
        if not part:
            break
        shown += part
        if answers and shown.endswith(b": "):
            os.write(ours, answers.pop(0).encode() + b"\n")
    os.close(ours)
    return Ended(process.wait(timeout=60), shown.decode(), "")


async def run(home: Path, *arguments: str, **env: str) -> Ended:
    return await asyncio.to_thread(lambda: acct(home, *arguments, **env))


def config(home: Path) -> dict[str, dict[str, object]]:
    file = home / ".config/acct/config.toml"
    found: dict[str, dict[str, object]] = tomllib.loads(file.read_text()).get("accounts", {}) if file.exists() else {}
    return found


async def test_a_key_is_typed_unseen_judged_and_kept_in_files_of_its_owner(exchange: Simulator, tmp_path: Path) -> None:
    env = {"ACCT_ACCOUNTS__KRAKEN__URLS": urls(exchange)}
    done = await typed(tmp_path, [KEY, exchange.secret], "accounts", "add", "kraken", "--store", "file", **env)
    assert done.code == 0, done.out
    for box in key_page("kraken").ticked:
        assert box in done.out
    assert "says that this key may only read" in done.out
    assert KEY not in done.out
    assert exchange.secret not in done.out
    folder = tmp_path / ".config/acct"
    assert config(tmp_path) == {"kraken": {"api_key": "file:keys/kraken.api_key", "secret": "file:keys/kraken.secret"}}
    assert (folder / "keys/kraken.secret").read_text() == f"{exchange.secret}\n"
    assert [path.stat().st_mode & 0o777 for path in (folder / "keys", *sorted((folder / "keys").iterdir()))] == [
        *(0o700, 0o600, 0o600)
    ]
    done = await run(tmp_path, "accounts", "remove", "kraken", **env)
    assert (done.code, list((folder / "keys").iterdir()), config(tmp_path)) == (0, [], {})


async def test_a_key_that_is_refused_is_kept_nowhere(exchange: Simulator, tmp_path: Path) -> None:
    env = {"ACCT_ACCOUNTS__KRAKEN__URLS": urls(exchange)}
    done = await typed(tmp_path, [WRONG, exchange.secret], "accounts", "add", "kraken", "--store", "file", **env)
    assert done.code == 5
    assert "Invalid key" in done.out
    assert WRONG not in done.out
    assert not (tmp_path / ".config/acct/keys").exists()
    assert config(tmp_path) == {}
    done = await typed(tmp_path, [KEY, ""], "accounts", "add", "kraken", "--store", "file", **env)
    assert (done.code, "its secret is missing" in done.out) == (2, True)
    assert config(tmp_path) == {}


@pytest.mark.parametrize("exchange", [True], indirect=True)
async def test_a_key_that_can_trade_is_not_kept_unless_its_owner_insists(exchange: Simulator, tmp_path: Path) -> None:
    env = {"ACCT_ACCOUNTS__MINE__URLS": urls(exchange), "K": KEY, "S": exchange.secret}
    words = ("accounts", "add", "mine", "--exchange", "kraken", "--key-from", "env:K", "--secret-from", "env:S")
    done = await run(tmp_path, *words, "--no-input", **env)
    assert (done.code, "the key can trade" in done.err, config(tmp_path)) == (5, True, {})
    done = await run(tmp_path, *words, "--no-input", "--allow-writable-key", **env)
    assert (done.code, "used all the same" in done.err) == (0, True)
    assert config(tmp_path)["mine"] == {
        "exchange": "kraken",
        "api_key": "env:K",
        "secret": "env:S",
        "allow_writable_key": True,
    }


async def test_without_questions_a_key_of_the_environment_is_judged_too(exchange: Simulator, tmp_path: Path) -> None:
    env = {"ACCT_ACCOUNTS__KRAKEN__URLS": urls(exchange), "KRAKEN_API_SECRET": exchange.secret}
    done = await run(tmp_path, "accounts", "add", "kraken", "--no-input", KRAKEN_API_KEY=WRONG, **env)
    assert (done.code, config(tmp_path)) == (5, {})
    done = await run(tmp_path, "accounts", "add", "kraken", "--no-input", KRAKEN_API_KEY=KEY, **env)
    assert (done.code, config(tmp_path)) == (0, {"kraken": {}})
    assert "says that this key may only read" in done.err


async def test_an_exchange_that_is_away_keeps_nothing_unless_it_need_not_be_asked(tmp_path: Path) -> None:
    sim = Simulator("kraken", seed=7)
    await sim.start()
    env = {"ACCT_ACCOUNTS__KRAKEN__URLS": urls(sim), "K": KEY, "S": sim.secret}
    await sim.stop()
    words = ("accounts", "add", "kraken", "--key-from", "env:K", "--secret-from", "env:S", "--no-input")
    done = await run(tmp_path, *words, **env)
    assert (done.code, "--no-check" in done.err, config(tmp_path)) == (6, True, {})
    assert (await run(tmp_path, *words, "--no-check", **env)).code == 0


async def test_a_new_key_takes_the_place_of_whatever_was_said_before(exchange: Simulator, tmp_path: Path) -> None:
    file = tmp_path / ".config/acct/config.toml"
    file.parent.mkdir(parents=True)
    file.write_text('[accounts.kraken]   # mine\napi_key_file = "old"\nsecret_command = "pass x"\n')
    file.chmod(0o600)
    env = {"ACCT_ACCOUNTS__KRAKEN__URLS": urls(exchange), "K": KEY, "S": exchange.secret}
    done = await run(tmp_path, "accounts", "key", "kraken", "--key-from", "env:K", "--secret-from", "env:S", **env)
    assert done.code == 0, done.err
    assert config(tmp_path)["kraken"] == {"api_key": "env:K", "secret": "env:S"}
    assert "# mine" in file.read_text()


async def test_a_key_goes_into_the_keyring_and_with_its_account_out_of_it(exchange: Simulator, tmp_path: Path) -> None:
    pytest.importorskip("keyring", reason="the extra keyring is not installed")
    (tmp_path / "keyring_of_tests.py").write_text(BACKEND)
    env = {
        "ACCT_ACCOUNTS__KRAKEN__URLS": urls(exchange),
        "PYTHON_KEYRING_BACKEND": "keyring_of_tests.Keyring",
        "ACCT_TEST_KEYRING": str(tmp_path / "ring.json"),
        "PYTHONPATH": f"{Path(__file__).parents[2]}{os.pathsep}{tmp_path}",
    }
    done = await typed(tmp_path, [KEY, exchange.secret], "accounts", "add", "kraken", **env)
    assert done.code == 0, done.out
    assert config(tmp_path)["kraken"] == {
        "api_key": "keyring:acct/kraken/api_key",
        "secret": "keyring:acct/kraken/secret",
    }
    assert json.loads((tmp_path / "ring.json").read_text()) == {
        "acct|kraken/api_key": KEY,
        "acct|kraken/secret": exchange.secret,
    }
    assert (await run(tmp_path, "accounts", "remove", "kraken", **env)).code == 0
    assert json.loads((tmp_path / "ring.json").read_text()) == {}


async def test_where_nothing_keeps_a_key_that_is_said_before_it_is_typed(tmp_path: Path) -> None:
    env = {"PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}
    done = await typed(tmp_path, [], "accounts", "add", "kraken", **env)
    assert (done.code, "no keyring here" in done.out, "--store file" in done.out) == (2, True, True)
    assert "KRAKEN_API_KEY" in done.out


async def test_of_a_wallet_only_its_address_is_asked(tmp_path: Path) -> None:
    done = await typed(tmp_path, ["0xabc"], "accounts", "add", "hyperliquid")
    assert (done.code, config(tmp_path)) == (0, {"hyperliquid": {"wallet_address": "0xabc"}})
    assert "API key" not in done.out


def test_no_argument_of_a_running_acct_holds_a_key() -> None:
    from account_cli.cli.app import build
    from account_cli.cli.session import Session

    group = build()
    context = group.make_context("acct", [], obj=Session(), resilient_parsing=True)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        for param in command.get_params(context):
            taken = {word.strip("-") for word in getattr(param, "opts", ())}
            assert not taken & {"key", "api-key", "secret", "api-secret", "passphrase", "password", "token"}, name
